//! AWS Compute Optimizer: what is idle, and what would be better of another size.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::{CallError, Page, Service, ec2::Tags};
use crate::{
    read::{at, list, text},
    settings::{Environment, InvalidVariable},
};

const TARGET: &str = "ComputeOptimizerService";
/// Recommendations of a page at most. Source: `GetEC2InstanceRecommendations` in the Compute Optimizer API
/// reference.
const INSTANCES: u32 = 1_000;
/// Source: `GetIdleRecommendations` in the Compute Optimizer API reference.
const IDLE: u32 = 100;

/// A client of Compute Optimizer in one region.
#[derive(Clone, Debug)]
pub struct ComputeOptimizer(Service);

/// What Compute Optimizer says of the size of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sizing {
    /// The instance's ARN.
    pub arn: String,
    /// What the instance is called.
    pub name: Option<String>,
    /// The type that it has.
    pub current_type: String,
    /// What is found, such as `OVER_PROVISIONED`; the model has it as `Overprovisioned`.
    pub finding: String,
    /// Whether it is idle.
    pub is_idle: bool,
    /// The best of the options, if there is one.
    pub best: Option<Choice>,
    /// What it is based on.
    pub basis: Basis,
}

/// Another type for an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// The type.
    pub instance_type: String,
    /// In what the platform differs, such as `Architecture`.
    pub differences: Vec<String>,
    /// The risk that it is too small, from 0 (none) to 4.
    pub risk: Option<f64>,
    /// How hard the move is, such as `Low`.
    pub effort: Option<String>,
    /// What it saves.
    pub savings: Savings,
}

/// A resource that Compute Optimizer takes for idle.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Idle {
    /// The resource's ARN.
    pub arn: String,
    /// Its ID or name.
    pub id: String,
    /// Such as `EC2Instance` or `NatGateway`; the list is open.
    pub resource_type: String,
    /// `Idle`, `Unattached`, `Unused`, or what is new.
    pub finding: String,
    /// What stopping or deleting it saves.
    pub savings: Savings,
    /// What it is based on.
    pub basis: Basis,
}

/// What a recommendation is based on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// The highest value of each metric, such as `CPU`.
    pub peaks: Vec<(String, f64)>,
    /// Of how many days.
    pub days: Option<f64>,
    /// When it was made.
    pub refreshed: Option<Timestamp>,
    /// The tags of the resource.
    pub tags: Tags,
}

/// What a month without a resource, or with another, saves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Savings {
    /// At On-Demand prices.
    pub before_discounts: Option<Saving>,
    /// After Savings Plans, reserved instances and other discounts.
    pub after_discounts: Option<Saving>,
}

/// An amount, as Compute Optimizer states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Saving {
    /// How much.
    pub amount: f64,
    /// Such as `USD`.
    pub currency: String,
    /// How much of the price that is, in percent.
    pub percentage: Option<f64>,
}

impl Sizing {
    /// Whether anything is found. An instance that is on the list without a finding is not evaluated.
    pub fn has_finding(&self) -> bool {
        self.is_idle || !self.finding.trim().is_empty()
    }
}

impl ComputeOptimizer {
    /// A client as the environment says, of a region.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        region: &str,
    ) -> Result<Self, InvalidVariable> {
        let (name, variable) = ("compute-optimizer", "COMPUTE_OPTIMIZER");
        Service::in_region(http, environment, name, variable, region).map(Self)
    }

    /// Whether this account has opted in: `Active`, `Inactive`, `Pending` or `Failed`.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Compute Optimizer refuses, cannot be reached, or gives an answer that cannot be
    /// read.
    pub async fn enrollment(&self) -> Result<String, CallError> {
        let answer = self
            .0
            .stream_json(TARGET, "GetEnrollmentStatus", &json!({}))
            .await?;
        Ok(text(&answer, "status").unwrap_or_default().to_owned())
    }

    /// A page of what is said of the sizes of the region's instances.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Compute Optimizer refuses, cannot be reached, or gives an answer that cannot be
    /// read.
    pub async fn sizings(&self, token: Option<&str>) -> Result<Page<Sizing>, CallError> {
        let input = json!({ "maxResults": INSTANCES, "nextToken": token });
        let (operation, items) = ("GetEC2InstanceRecommendations", "instanceRecommendations");
        let read = self.0.json_page(TARGET, operation, &input, items, sizing);
        read.await.map(page)
    }

    /// A page of what is idle in the region.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Compute Optimizer refuses, cannot be reached, or gives an answer that cannot be
    /// read.
    pub async fn idle(&self, token: Option<&str>) -> Result<Page<Idle>, CallError> {
        let input = json!({ "maxResults": IDLE, "nextToken": token });
        let (operation, items) = ("GetIdleRecommendations", "idleRecommendations");
        let read = self.0.json_page(TARGET, operation, &input, items, idle);
        read.await.map(page)
    }
}

fn page<T>((items, beside): (Vec<T>, Map<String, Json>)) -> Page<T> {
    let beside = Json::Object(beside);
    Page {
        items,
        errors: list(&beside, "errors").len(),
        next: text(&beside, "nextToken").map(str::to_owned),
    }
}

fn sizing(json: &Json) -> Option<Sizing> {
    let rank = |option: &&Json| {
        at(option, "rank")
            .and_then(Json::as_i64)
            .unwrap_or(i64::MAX)
    };
    Some(Sizing {
        arn: owned(json, "instanceArn")?,
        name: owned(json, "instanceName"),
        current_type: owned(json, "currentInstanceType").unwrap_or_default(),
        finding: owned(json, "finding").unwrap_or_default(),
        is_idle: text(json, "idle").is_some_and(|it| it.eq_ignore_ascii_case("true")),
        best: list(json, "recommendationOptions")
            .iter()
            .min_by_key(rank)
            .and_then(choice),
        basis: basis(json),
    })
}

fn choice(json: &Json) -> Option<Choice> {
    let differences = list(json, "platformDifferences").iter();
    Some(Choice {
        instance_type: owned(json, "instanceType")?,
        differences: differences
            .filter_map(|it| it.as_str().map(str::to_owned))
            .collect(),
        risk: at(json, "performanceRisk").and_then(Json::as_f64),
        effort: owned(json, "migrationEffort"),
        savings: savings(json),
    })
}

fn idle(json: &Json) -> Option<Idle> {
    let arn = owned(json, "resourceArn");
    let id = owned(json, "resourceId");
    Some(Idle {
        id: id.clone().or_else(|| arn.clone())?,
        arn: arn.or(id)?,
        resource_type: owned(json, "resourceType").unwrap_or_default(),
        finding: owned(json, "finding").unwrap_or_default(),
        savings: savings(json),
        basis: basis(json),
    })
}

fn basis(json: &Json) -> Basis {
    let metrics = list(json, "utilizationMetrics").iter();
    let peak = |it: &Json| Some((owned(it, "name")?, at(it, "value")?.as_f64()?));
    let days = |name| at(json, name).and_then(Json::as_f64);
    Basis {
        peaks: metrics
            .filter(|it| text(it, "statistic").is_none_or(|it| it.eq_ignore_ascii_case("maximum")))
            .filter_map(peak)
            .collect(),
        days: days("lookBackPeriodInDays"),
        refreshed: days("lastRefreshTimestamp").and_then(seconds),
        tags: tags(json),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
pub(super) fn seconds(since_1970: f64) -> Option<Timestamp> {
    Timestamp::from_second(since_1970 as i64).ok()
}

pub(super) fn tags(json: &Json) -> Tags {
    let tags = list(json, "tags").iter();
    let tag = |it: &Json| Some((owned(it, "key")?, owned(it, "value").unwrap_or_default()));
    Tags(tags.filter_map(tag).collect())
}

fn savings(json: &Json) -> Savings {
    let saving = |path: &str| {
        let json = at(json, path)?;
        Some(Saving {
            amount: at(json, "estimatedMonthlySavings.value")?.as_f64()?,
            currency: owned(json, "estimatedMonthlySavings.currency")?,
            percentage: at(json, "savingsOpportunityPercentage").and_then(Json::as_f64),
        })
    };
    Savings {
        before_discounts: saving("savingsOpportunity"),
        after_discounts: saving("savingsOpportunityAfterDiscounts"),
    }
}

fn owned(json: &Json, path: &str) -> Option<String> {
    text(json, path).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_option_is_the_one_of_the_first_rank() {
        let read = sizing(&json!({
            "instanceArn": "arn:aws:ec2:r:1:instance/i-1",
            "currentInstanceType": "m5.large",
            "finding": "OVER_PROVISIONED",
            "idle": "True",
            "lookBackPeriodInDays": 14.0,
            "lastRefreshTimestamp": 1_763_900_000.5,
            "utilizationMetrics": [
                { "name": "CPU", "statistic": "MAXIMUM", "value": 3.5 },
                { "name": "CPU", "statistic": "AVERAGE", "value": 1.0 },
            ],
            "tags": [{ "key": "team", "value": "pay" }],
            "recommendationOptions": [
                { "instanceType": "m7g.large", "rank": 2 },
                {
                    "instanceType": "t4g.large",
                    "rank": 1,
                    "performanceRisk": 1,
                    "migrationEffort": "Low",
                    "platformDifferences": ["Architecture"],
                    "savingsOpportunity": {
                        "savingsOpportunityPercentage": 50.0,
                        "estimatedMonthlySavings": { "value": 21.5, "currency": "USD" },
                    },
                    "savingsOpportunityAfterDiscounts": {
                        "estimatedMonthlySavings": { "value": 0, "currency": "USD" },
                    },
                },
            ],
        }))
        .unwrap();
        let saving = |amount, percentage| {
            Some(Saving {
                amount,
                currency: "USD".to_owned(),
                percentage,
            })
        };
        assert!(read.is_idle);
        assert_eq!(
            read.best.unwrap(),
            Choice {
                instance_type: "t4g.large".to_owned(),
                differences: vec!["Architecture".to_owned()],
                risk: Some(1.0),
                effort: Some("Low".to_owned()),
                savings: Savings {
                    before_discounts: saving(21.5, Some(50.0)),
                    after_discounts: saving(0.0, None),
                },
            }
        );
        assert_eq!(
            read.basis,
            Basis {
                peaks: vec![("CPU".to_owned(), 3.5)],
                days: Some(14.0),
                refreshed: "2025-11-23T12:13:20Z".parse().ok(),
                tags: Tags(vec![("team".to_owned(), "pay".to_owned())]),
            }
        );
        assert_eq!(sizing(&json!({ "finding": "without an ARN" })), None);
    }

    #[test]
    fn idle_resources_of_any_type_are_read() {
        let read = idle(
            &json!({ "resourceId": "thing-1", "resourceType": "Timeship", "finding": "Adrift" }),
        );
        let read = read.unwrap();
        assert_eq!(
            (
                read.arn.as_str(),
                read.resource_type.as_str(),
                read.finding.as_str()
            ),
            ("thing-1", "Timeship", "Adrift")
        );
        assert_eq!(idle(&json!({ "resourceType": "EC2Instance" })), None);
    }
}
