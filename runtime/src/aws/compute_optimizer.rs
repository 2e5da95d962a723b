//! AWS Compute Optimizer: what it would change about instances.

use serde_json::{Value as Json, json};

use super::{CallError, Service};
use crate::{
    read::{at, list, text},
    settings::{Environment, MissingVariable},
};

/// A client of Compute Optimizer.
#[derive(Clone, Debug)]
pub struct ComputeOptimizer(Service);

/// What Compute Optimizer says of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Recommendation {
    /// The instance's ARN.
    pub instance: String,
    /// The type that it has.
    pub current_type: String,
    /// What is wrong with it.
    pub finding: Finding,
    /// Whether it is idle.
    pub idle: bool,
    /// The type that it should have.
    pub better_type: Option<String>,
    /// What that would save in a month, as an amount and a currency.
    pub saves: Option<(f64, String)>,
}

/// What Compute Optimizer finds about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is larger than it needs to be.
    OverProvisioned,
    /// It is smaller than it needs to be.
    UnderProvisioned,
    /// It is as it should be.
    Optimized,
    /// Compute Optimizer does not say, or in words that are not known.
    Unknown,
}

/// A page of recommendations.
#[derive(Debug)]
pub struct Page {
    /// What is said.
    pub recommendations: Vec<Recommendation>,
    /// Of how many instances nothing could be said.
    pub errors: usize,
    /// The token of the next page.
    pub next: Option<String>,
}

impl ComputeOptimizer {
    /// A client as the environment says.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, MissingVariable> {
        Service::new(http, environment, "compute-optimizer", "COMPUTE_OPTIMIZER").map(Self)
    }

    /// A page of what is said of the region's instances.
    pub async fn recommendations(&self, token: Option<&str>) -> Result<Page, CallError> {
        let input = json!({ "maxResults": 1000, "nextToken": token });
        let answer = self
            .0
            .json(
                "ComputeOptimizerService",
                "GetEC2InstanceRecommendations",
                "1.0",
                &input,
            )
            .await?;
        Ok(page(&answer))
    }
}

fn page(answer: &Json) -> Page {
    Page {
        recommendations: list(answer, "instanceRecommendations")
            .iter()
            .filter_map(recommendation)
            .collect(),
        errors: list(answer, "errors").len(),
        next: text(answer, "nextToken").map(str::to_owned),
    }
}

fn recommendation(json: &Json) -> Option<Recommendation> {
    let best = list(json, "recommendationOptions")
        .iter()
        .min_by_key(|option| {
            at(option, "rank")
                .and_then(Json::as_i64)
                .unwrap_or(i64::MAX)
        });
    let saves = best.and_then(|option| {
        let amount = at(option, "savingsOpportunity.estimatedMonthlySavings.value")?.as_f64()?;
        let currency = text(
            option,
            "savingsOpportunity.estimatedMonthlySavings.currency",
        )?;
        (amount > 0.0).then(|| (amount, currency.to_owned()))
    });
    Some(Recommendation {
        instance: text(json, "instanceArn")?.to_owned(),
        current_type: text(json, "currentInstanceType")
            .unwrap_or("unknown type")
            .to_owned(),
        finding: Finding::parse(text(json, "finding").unwrap_or_default()),
        idle: text(json, "idle").is_some_and(|idle| idle.eq_ignore_ascii_case("true")),
        better_type: best
            .and_then(|option| text(option, "instanceType"))
            .map(str::to_owned),
        saves,
    })
}

impl Finding {
    /// The API answers `OVER_PROVISIONED` where its model says `Overprovisioned`.
    fn parse(text: &str) -> Self {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_ascii_lowercase();
        match plain.as_str() {
            "overprovisioned" => Self::OverProvisioned,
            "underprovisioned" => Self::UnderProvisioned,
            "optimized" => Self::Optimized,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_in_either_spelling() {
        for text in ["OVER_PROVISIONED", "Overprovisioned"] {
            assert_eq!(Finding::parse(text), Finding::OverProvisioned);
        }
        assert_eq!(Finding::parse("Optimized"), Finding::Optimized);
        assert_eq!(Finding::parse("NOT_OPTIMIZED"), Finding::Unknown);
        assert_eq!(Finding::parse(""), Finding::Unknown);
    }

    #[test]
    fn the_best_option_is_the_one_of_the_first_rank() {
        let page = page(&json!({
            "instanceRecommendations": [{
                "instanceArn": "arn:aws:ec2:r:1:instance/i-1",
                "currentInstanceType": "m5.large",
                "finding": "OVER_PROVISIONED",
                "idle": "True",
                "recommendationOptions": [
                    { "instanceType": "m7g.large", "rank": 2 },
                    {
                        "instanceType": "t4g.large",
                        "rank": 1,
                        "savingsOpportunity": {
                            "estimatedMonthlySavings": { "value": 21.5, "currency": "USD" },
                        },
                    },
                ],
            }, { "finding": "without an ARN" }],
            "errors": [{ "code": "x" }],
            "nextToken": "more",
        }));
        assert_eq!(page.recommendations.len(), 1);
        let first = &page.recommendations[0];
        assert_eq!(first.better_type.as_deref(), Some("t4g.large"));
        assert_eq!(first.saves, Some((21.5, "USD".to_owned())));
        assert!(first.idle);
        assert_eq!((page.errors, page.next.as_deref()), (1, Some("more")));
    }
}
