//! The report on spend that may not be needed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::field::Field;

/// A daily report on spend that may not be needed, of all regions together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CostReport {
    /// The time of day, in quotes, such as `"07:00"`.
    pub(crate) at: Field<String>,
    /// The time zone, such as `Europe/Berlin`. Default: `UTC`.
    pub(crate) time_zone: Option<Field<String>>,
    /// Where findings come from. Default: all that the regions have.
    pub(crate) sources: Option<Field<Vec<Field<CostSource>>>>,
    /// How many days of metrics are looked at, 7 to 63. Default: 14.
    pub(crate) lookback_days: Option<Field<u32>>,
    /// An instance is idle if its CPU never reached this percentage, and its traffic is low. Default: 5.
    pub(crate) idle_below_percent: Option<Field<f64>>,
    /// An instance is idle if its traffic of a day never reached so many megabytes, and its CPU is low.
    /// Default: 5.
    pub(crate) idle_below_megabytes: Option<Field<f64>>,
    /// The tag of what is excluded: one key and its value. Default: `{tocsin: ignore}`.
    pub(crate) ignore_tag: Option<Field<BTreeMap<String, Field<String>>>>,
    /// The keys of the tags that name the owner of a resource, the best first. Default: `[owner, team]`.
    pub(crate) owner_tags: Option<Field<Vec<Field<String>>>>,
    /// How many metrics a report asks CloudWatch for at most; a thousand are a cent. The largest instances
    /// come first, the others are unknown. Default: 10000.
    pub(crate) max_metrics: Option<Field<u32>>,
    /// Whether Cost Explorer is asked what the listed instances and volumes have cost: once a week at most, and for
    /// three cents at most. Default: false.
    pub(crate) actual_costs: Option<Field<bool>>,
    /// What is new must save so much in a month to be worth an incident, in the currency of AWS's
    /// recommendations. Default: 50.
    pub(crate) report_from: Option<Field<f64>>,
    /// How long after an incident what is new, and has no amount, is worth another: `1 day` to `90 days`.
    /// Default: `7 days`.
    pub(crate) report_every: Option<Field<String>>,
}

/// Where findings of the cost report come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CostSource {
    /// Recommendations of AWS Cost Optimization Hub, for which the account must have opted in.
    CostOptimizationHub,
    /// Recommendations of AWS Compute Optimizer, for which the account must have opted in.
    ComputeOptimizer,
    /// What Tocsin sees for itself: CPU and traffic of instances of which AWS recommends nothing, volumes of
    /// instances that have been stopped for long, and addresses that nothing uses.
    Metrics,
}
