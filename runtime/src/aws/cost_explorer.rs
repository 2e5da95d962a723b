//! AWS Cost Explorer: what single resources have cost. Every page of an answer is charged.

use jiff::civil::Date;
use serde_json::{Value as Json, json};

use super::{CallError, Page, Service};
use crate::{
    read::{at, list, text},
    settings::{Environment, InvalidVariable},
};

const TARGET: &str = "AWSInsightsIndexService";
/// The only region that has the API. Source: "Cost Explorer" in the API reference of AWS Billing and Cost
/// Management.
const REGION: &str = "us-east-1";

/// A client of Cost Explorer.
#[derive(Clone, Debug)]
pub struct CostExplorer(Service);

/// What a resource has cost in a part of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The resource's ID.
    pub resource: String,
    /// How much, after discounts; a credit is below zero.
    pub amount: f64,
    /// Such as `USD`.
    pub currency: String,
}

impl CostExplorer {
    /// A client as the environment says.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, InvalidVariable> {
        Service::in_region(http, environment, "ce", "COST_EXPLORER", REGION).map(Self)
    }

    /// A page of what these resources of an account have cost from a day on, and before another. The first may be
    /// 14 days ago. Source: `GetCostAndUsageWithResources` in the same reference.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Cost Explorer refuses, cannot be reached, or gives an answer that cannot be
    /// read.
    pub async fn costs(
        &self,
        account: &str,
        resources: &[String],
        (from, before): (Date, Date),
        token: Option<&str>,
    ) -> Result<Page<Cost>, CallError> {
        let of =
            |key: &str, values: Json| json!({ "Dimensions": { "Key": key, "Values": values } });
        let these = of("RESOURCE_ID", json!(resources));
        let filter = if account.is_empty() {
            these
        } else {
            json!({ "And": [these, of("LINKED_ACCOUNT", json!([account]))] })
        };
        let mut input = json!({
            "TimePeriod": { "Start": from.to_string(), "End": before.to_string() },
            "Granularity": "MONTHLY",
            "Metrics": ["NetAmortizedCost"],
            "GroupBy": [{ "Type": "DIMENSION", "Key": "RESOURCE_ID" }],
            "Filter": filter,
        });
        if let Some(token) = token {
            input["NextPageToken"] = json!(token);
        }
        let operation = "GetCostAndUsageWithResources";
        let headers = [
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{TARGET}.{operation}")),
        ];
        let body = serde_json::to_vec(&input).unwrap_or_default();
        let answer: Json = self
            .0
            .stream(operation, &headers, &body, |answer| {
                serde_json::from_reader(std::io::BufReader::new(answer)).ok()
            })
            .await?;
        Ok(page(&answer))
    }
}

fn page(answer: &Json) -> Page<Cost> {
    let periods = list(answer, "ResultsByTime").iter();
    let groups = periods.flat_map(|it| list(it, "Groups"));
    let cost = |group: &Json| {
        Some(Cost {
            resource: text(group, "Keys.0")?.to_owned(),
            amount: text(group, "Metrics.NetAmortizedCost.Amount")?
                .parse()
                .ok()?,
            currency: text(group, "Metrics.NetAmortizedCost.Unit")?.to_owned(),
        })
    };
    Page {
        items: groups.filter_map(cost).collect(),
        errors: 0,
        next: at(answer, "NextPageToken")
            .and_then(Json::as_str)
            .filter(|it| !it.is_empty())
            .map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_those_of_each_resource_in_each_part_of_the_period() {
        let group = |resource: &str, amount: &str| {
            let cost = json!({ "Amount": amount, "Unit": "USD" });
            json!({ "Keys": [resource], "Metrics": { "NetAmortizedCost": cost } })
        };
        let read = page(&json!({
            "ResultsByTime": [
                { "Groups": [group("i-1", "12.5"), group("i-2", "nothing")] },
                { "Groups": [group("i-1", "-0.25"), { "Keys": [] }] },
            ],
            "NextPageToken": "more",
        }));
        let amounts: Vec<(&str, f64)> = read
            .items
            .iter()
            .map(|it| (it.resource.as_str(), it.amount))
            .collect();
        assert_eq!(amounts, [("i-1", 12.5), ("i-1", -0.25)]);
        assert_eq!(read.next.as_deref(), Some("more"));
        assert_eq!(page(&json!({})), Page::default());
    }
}
