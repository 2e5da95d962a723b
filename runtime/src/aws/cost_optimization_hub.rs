//! AWS Cost Optimization Hub: recommendations of all regions, from several services, without those that
//! exclude each other.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{
    CallError, Page, Service,
    compute_optimizer::{seconds, tags},
    ec2::Tags,
};
use crate::{
    read::{at, list, text},
    settings::{Environment, InvalidVariable},
};

const TARGET: &str = "CostOptimizationHubService";
/// The only region that has the API; it has the data of all. Source: "Cost Optimization Hub" in the API
/// reference of AWS Billing and Cost Management.
pub const REGION: &str = "us-east-1";
/// Recommendations of a page. Source: `ListRecommendations` in the same reference allows 1,000.
const RECOMMENDATIONS: u32 = 1_000;

/// A client of the hub.
#[derive(Clone, Debug)]
pub struct CostOptimizationHub(Service);

/// What the hub recommends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recommendation {
    /// Twelve digits.
    pub account: Option<String>,
    /// Such as `eu-central-1`.
    pub region: String,
    /// The resource's ID, if it has one.
    pub id: Option<String>,
    /// The resource's ARN, if it has one.
    pub arn: Option<String>,
    /// Such as `Ec2Instance`; the list is open.
    pub resource_type: String,
    /// `Rightsize`, `Stop`, `Delete`, `ScaleIn`, `Upgrade`, `MigrateToGraviton`, `PurchaseSavingsPlans`,
    /// `PurchaseReservedInstances`, or what is new.
    pub action: String,
    /// What it saves in a month, in `currency`.
    pub savings: Option<f64>,
    /// Such as `USD`.
    pub currency: Option<String>,
    /// How much of the price that is, in percent.
    pub percentage: Option<f64>,
    /// How hard it is, such as `Low`.
    pub effort: Option<String>,
    /// Whether it takes a restart.
    pub restart: Option<bool>,
    /// Whether it can be undone.
    pub rollback: Option<bool>,
    /// What there is, such as `m5.large`.
    pub current: Option<String>,
    /// What should be there.
    pub recommended: Option<String>,
    /// Of how many days.
    pub days: Option<f64>,
    /// When it was made.
    pub refreshed: Option<Timestamp>,
    /// The tags of the resource.
    pub tags: Tags,
}

impl CostOptimizationHub {
    /// A client as the environment says.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, InvalidVariable> {
        let (name, variable) = ("cost-optimization-hub", "COST_OPTIMIZATION_HUB");
        Service::in_region(http, environment, name, variable, REGION).map(Self)
    }

    /// Whether this account is enrolled: `Active` or `Inactive`; empty if the hub does not say.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Cost Optimization Hub refuses, cannot be reached, or gives an answer that cannot
    /// be read.
    pub async fn enrollment(&self) -> Result<String, CallError> {
        let answer = self
            .0
            .stream_json(TARGET, "ListEnrollmentStatuses", &json!({}))
            .await?;
        let status = text(&answer, "items.0.status").unwrap_or_default();
        Ok(status.to_owned())
    }

    /// What the amounts are: `AfterDiscounts` or `BeforeDiscounts`.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Cost Optimization Hub refuses, cannot be reached, or gives an answer that cannot
    /// be read.
    pub async fn estimation_mode(&self) -> Result<String, CallError> {
        let answer = self
            .0
            .stream_json(TARGET, "GetPreferences", &json!({}))
            .await?;
        let mode = text(&answer, "savingsEstimationMode").unwrap_or_default();
        Ok(mode.to_owned())
    }

    /// A page of what is recommended for an account in some regions.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Cost Optimization Hub refuses, cannot be reached, or gives an answer that cannot
    /// be read.
    pub async fn recommendations(
        &self,
        account: &str,
        regions: &[String],
        token: Option<&str>,
    ) -> Result<Page<Recommendation>, CallError> {
        let mut filter = json!({ "regions": regions });
        if !account.is_empty() {
            filter["accountIds"] = json!([account]);
        }
        let mut input = json!({ "filter": filter, "maxResults": RECOMMENDATIONS });
        if let Some(token) = token {
            input["nextToken"] = json!(token);
        }
        let operation = "ListRecommendations";
        let (items, beside) = self
            .0
            .json_page(TARGET, operation, &input, "items", recommendation)
            .await?;
        let beside = Json::Object(beside);
        Ok(Page {
            items,
            errors: list(&beside, "errors").len(),
            next: text(&beside, "nextToken").map(str::to_owned),
        })
    }
}

fn recommendation(json: &Json) -> Option<Recommendation> {
    let owned = |path: &str| text(json, path).map(str::to_owned);
    let number = |path: &str| at(json, path).and_then(Json::as_f64);
    let flag = |path: &str| at(json, path).and_then(Json::as_bool);
    let (id, arn) = (owned("resourceId"), owned("resourceArn"));
    let action = owned("actionType")?;
    if id.is_none() && arn.is_none() && !action.starts_with("Purchase") {
        return None;
    }
    Some(Recommendation {
        account: owned("accountId"),
        region: owned("region").unwrap_or_default(),
        id,
        arn,
        resource_type: owned("currentResourceType").unwrap_or_default(),
        action,
        savings: number("estimatedMonthlySavings"),
        currency: owned("currencyCode"),
        percentage: number("estimatedSavingsPercentage"),
        effort: owned("implementationEffort"),
        restart: flag("restartNeeded"),
        rollback: flag("rollbackPossible"),
        current: owned("currentResourceSummary"),
        recommended: owned("recommendedResourceSummary"),
        days: number("recommendationLookbackPeriodInDays"),
        refreshed: number("lastRefreshTimestamp").and_then(seconds),
        tags: tags(json),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recommendations_are_about_something() {
        let read = recommendation(&json!({
            "recommendationId": "r", "accountId": "111122223333", "region": "eu-central-1",
            "resourceId": "i-1", "currentResourceType": "Ec2Instance", "actionType": "Stop",
            "estimatedMonthlySavings": 12.5, "currencyCode": "USD", "restartNeeded": true,
            "currentResourceSummary": "m5.large", "recommendationLookbackPeriodInDays": 14,
        }))
        .unwrap();
        assert_eq!(
            (read.savings, read.restart, read.rollback),
            (Some(12.5), Some(true), None)
        );
        assert_eq!((read.id.as_deref(), read.days), (Some("i-1"), Some(14.0)));
        assert!(recommendation(&json!({ "actionType": "PurchaseSavingsPlans" })).is_some());
        assert_eq!(recommendation(&json!({ "actionType": "Stop" })), None);
        assert_eq!(recommendation(&json!({ "resourceId": "i-1" })), None);
    }
}
