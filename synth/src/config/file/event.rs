//! Other events as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Priority;
use crate::config::{field::Field, tree::Tree};

/// Events that are incidents.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Event {
    /// What the rule is called, after the stack's name: lowercase letters, digits and hyphens.
    pub(crate) name: Field<String>,
    /// The incident's title, with places of the event in braces: `Job {detail.jobName} failed`.
    /// `{detail.a|detail.b}` is the first that is there.
    pub(crate) title: Field<String>,
    /// The event pattern, in EventBridge's language.
    pub(crate) pattern: Field<Tree>,
    /// How urgent the incidents are. Default: `HIGH`.
    pub(crate) priority: Option<Field<Priority>>,
    /// Places of the event, such as `detail.jobName`. Within twenty minutes, events with the same
    /// values there are one incident. Default: each event is its own.
    pub(crate) group_by: Option<Field<Vec<Field<String>>>>,
}

/// Anomalies of what the account costs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CostAnomalies {
    /// How much more than expected an anomaly must have cost, in USD. Default: 100.
    pub(crate) from: Option<Field<f64>>,
}

/// API calls that were denied.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct UnauthorizedApiCalls {
    /// How urgent the incidents are. Default: `HIGH`.
    pub(crate) priority: Option<Field<Priority>>,
    /// Principals whose denied calls are ignored, such as `arn:aws:iam::111122223333:role/path/scanner` for a role and
    /// all of its sessions. `*` at the end makes an entry a prefix. Users, the root user, sessions
    /// (`arn:aws:sts::111122223333:assumed-role/scanner/`) and AWS services (`config.amazonaws.com`) work, too.
    pub(crate) ignore_principals: Option<Field<Vec<Field<String>>>>,
}
