//! Alarms as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Priority;
use crate::config::field::Field;

/// An alarm to create: on a `metric`, on an `expression` over `metrics`, on a `query`, or on other
/// alarms (`composite`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Alarm {
    /// The alarm's name, before which the stack's name is set.
    pub(crate) name: Field<String>,
    /// What the alarm means, and where to look first. It becomes part of the incident.
    pub(crate) description: Option<Field<String>>,
    /// The regions that it is made in. Default: all of the file's.
    pub(crate) regions: Option<Field<Vec<Field<String>>>>,
    /// How urgent its incidents are. Default: `HIGH`.
    pub(crate) priority: Option<Field<Priority>>,
    /// Whether the alarm leads to incidents by itself, and not only as a part of composite alarms.
    /// Default: `true`.
    pub(crate) incident: Option<Field<bool>>,
    /// The metric's namespace and name, such as `AWS/ApplicationELB HTTPCode_Target_5XX_Count`.
    pub(crate) metric: Option<Field<String>>,
    /// The metric's dimensions.
    pub(crate) dimensions: Option<Field<BTreeMap<String, Field<String>>>>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`.
    /// Default: `Average`.
    pub(crate) statistic: Option<Field<String>>,
    /// Metric math, such as `100 * errors / requests`.
    pub(crate) expression: Option<Field<String>>,
    /// The metrics of the expression, by the names that it calls them.
    pub(crate) metrics: Option<Field<BTreeMap<String, Field<Metric>>>>,
    /// A query of Metrics Insights, such as `SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2",
    /// InstanceId) GROUP BY InstanceId ORDER BY MAX() DESC`. Each group goes off by itself; those that do
    /// so together are one incident. CloudWatch evaluates at most three hours.
    pub(crate) query: Option<Field<String>>,
    /// A condition on other alarms of this file, such as `checkout-5xx and not (deploying or
    /// ok(checkout-latency))`. Alarms that are not of this file: `existing(name)`. Such an alarm has to
    /// exist in the region when the stack is deployed, or CloudWatch refuses the composite alarm.
    pub(crate) composite: Option<Field<String>>,
    /// How long a period is, such as `30 seconds` or `5 minutes`. Default: `1 minute`.
    pub(crate) period: Option<Field<String>>,
    /// The condition, such as `> 80`, `> 80 for 5 minutes`, `>= 1 for 3 of 5 minutes`, or
    /// `above normal for 15 minutes` and `outside normal by 3 deviations` for what CloudWatch has
    /// learned.
    pub(crate) when: Option<Field<String>>,
    /// What periods without datapoints mean. Default: `missing`.
    pub(crate) missing_data: Option<Field<MissingData>>,
}

/// A metric of an expression.
#[expect(clippy::struct_field_names, reason = "the keys of the account file")]
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Metric {
    /// The metric's namespace and name, such as `AWS/ApplicationELB RequestCount`.
    pub(crate) metric: Field<String>,
    /// The metric's dimensions.
    pub(crate) dimensions: Option<Field<BTreeMap<String, Field<String>>>>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, or a percentile such as `p99`.
    /// Default: `Average`.
    pub(crate) statistic: Option<Field<String>>,
}

/// What periods without datapoints mean.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MissingData {
    /// Nothing is known: the alarm shows `INSUFFICIENT_DATA`.
    Missing,
    /// All is well.
    NotBreaching,
    /// Something is wrong.
    Breaching,
    /// The alarm stays as it is.
    Ignore,
}
