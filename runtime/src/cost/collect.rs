//! Looks at an account: its instances, what they did, and what Compute Optimizer says of them.

use jiff::{SignedDuration, Timestamp};

use super::{
    Facts, Thresholds,
    judge::{Details, excluded, low_peak},
};
use crate::{
    aws::{
        CallError,
        cloudwatch::{CloudWatch, DailyValues, Query},
        compute_optimizer::{ComputeOptimizer, Recommendation},
        ec2::{Ec2, Instance},
    },
    settings::{Environment, MissingVariable},
};

/// Pages of anything at most: a token that never ends must not end the function.
const PAGES: usize = 1_000;

/// What looks.
#[derive(Debug)]
pub struct Collector {
    ec2: Ec2,
    cloudwatch: CloudWatch,
    compute_optimizer: ComputeOptimizer,
}

impl Collector {
    /// A collector as the environment says.
    pub fn new(http: &reqwest::Client, environment: &Environment) -> Result<Self, MissingVariable> {
        Ok(Self {
            ec2: Ec2::new(http.clone(), environment)?,
            cloudwatch: CloudWatch::new(http.clone(), environment)?,
            compute_optimizer: ComputeOptimizer::new(http.clone(), environment)?,
        })
    }

    /// Looks at everything. What fails is a gap in the facts and not the end of them.
    pub async fn look(&self, thresholds: Thresholds, at: Timestamp) -> Facts {
        let instances = self.instances().await;
        let judged: Vec<&Instance> = instances
            .as_ref()
            .map(|all| all.iter().filter(|it| excluded(it).is_none()).collect())
            .unwrap_or_default();
        let peaks = self.peaks(&judged, thresholds, at).await;
        let low: Vec<&str> = peaks
            .as_ref()
            .map(|all| {
                all.iter()
                    .filter(|(_, values)| matches!(low_peak(values, thresholds), Ok(Some(_))))
                    .map(|(id, _)| id.as_str())
                    .collect()
            })
            .unwrap_or_default();
        let details = self.details(&low, thresholds, at).await;
        let recommendations = self.recommendations().await;
        Facts {
            details: details.map_err(|error| why(&error)),
            recommendations: recommendations.map_err(|error| why(&error)),
            peaks: peaks.map_err(|error| why(&error)),
            instances: instances.map_err(|error| why(&error)),
        }
    }

    async fn instances(&self) -> Result<Vec<Instance>, CallError> {
        let mut instances = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let (page, next) = self.ec2.running_instances(token.as_deref()).await?;
            instances.extend(page);
            token = next;
            if token.is_none() {
                break;
            }
        }
        Ok(instances)
    }

    async fn peaks(
        &self,
        instances: &[&Instance],
        thresholds: Thresholds,
        at: Timestamp,
    ) -> Result<Vec<(String, DailyValues)>, CallError> {
        let queries: Vec<Query> = instances
            .iter()
            .map(|it| query(&it.id, "CPUUtilization", "Maximum"))
            .collect();
        let values = self.ask(&queries, thresholds, at).await?;
        Ok(instances
            .iter()
            .map(|it| it.id.clone())
            .zip(values)
            .collect())
    }

    async fn details(
        &self,
        ids: &[&str],
        thresholds: Thresholds,
        at: Timestamp,
    ) -> Result<Vec<(String, Details)>, CallError> {
        let queries: Vec<Query> = ids
            .iter()
            .flat_map(|id| {
                [
                    query(id, "CPUUtilization", "Average"),
                    query(id, "NetworkIn", "Sum"),
                    query(id, "NetworkOut", "Sum"),
                ]
            })
            .collect();
        let mut values = self.ask(&queries, thresholds, at).await?.into_iter();
        let mut next = || values.next().unwrap_or_default();
        Ok(ids
            .iter()
            .map(|id| {
                let details = Details {
                    means: next(),
                    received: next(),
                    sent: next(),
                };
                ((*id).to_owned(), details)
            })
            .collect())
    }

    async fn ask(
        &self,
        queries: &[Query],
        thresholds: Thresholds,
        at: Timestamp,
    ) -> Result<Vec<DailyValues>, CallError> {
        if queries.is_empty() {
            return Ok(Vec::new());
        }
        let days = SignedDuration::from_hours(24 * i64::from(thresholds.lookback_days));
        let start = at.checked_sub(days).unwrap_or(Timestamp::UNIX_EPOCH);
        self.cloudwatch.daily(queries, start, at).await
    }

    async fn recommendations(&self) -> Result<(Vec<Recommendation>, usize), CallError> {
        let mut all = (Vec::new(), 0);
        let mut token = None;
        for _ in 0..PAGES {
            let page = self
                .compute_optimizer
                .recommendations(token.as_deref())
                .await?;
            all.0.extend(page.recommendations);
            all.1 += page.errors;
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(all)
    }
}

fn query(instance: &str, metric: &'static str, statistic: &'static str) -> Query {
    Query {
        instance: instance.to_owned(),
        metric,
        statistic,
    }
}

/// How the services say that a permission is missing. Source: "Common errors" in the API references of Compute
/// Optimizer and CloudWatch, "Error codes for the Amazon EC2 API".
const DENIED: [&str; 4] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
];

/// Why a call failed, for a reader who may have to do something about it.
fn why(error: &CallError) -> String {
    let is_any = |names: &[&str]| names.iter().any(|name| error.is(name));
    if error.is("OptInRequiredException") {
        format!("this account has not opted in to Compute Optimizer ({error})")
    } else if is_any(&DENIED) {
        format!("the function lacks a permission ({error})")
    } else {
        error.to_string()
    }
}
