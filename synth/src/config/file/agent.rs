//! The agent whose investigations are followed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Priority;
use crate::config::field::Field;

/// The agent space that investigates the incidents.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Agent {
    /// Its UUID. It is in the same account.
    pub(crate) space: Field<String>,
    /// The region that it is in. Default: the first of `regions`. Where there are others, a small stack in this region
    /// forwards the agent's events to them.
    pub(crate) region: Option<Field<String>>,
    /// Dollars of a second of an investigation, for what is said of costs. Default: `0.0083`, the list price of November
    /// 2026.
    pub(crate) price: Option<Field<f64>>,
}

/// For which root causes the agent is asked for a plan of what to do. Nothing carries a plan out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Mitigation {
    /// The priority of incidents from which on. Each plan is billed as the agent's time, and takes a slot of the budget.
    pub(crate) from: Field<Priority>,
}

/// Where results of investigations are published: one message for each, except those that the agent linked to another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Results {
    /// The SNS topic: its name, or its ARN. It exists already.
    pub(crate) topic: Field<String>,
    /// Whether `https` subscriptions get a custom notification of Amazon Q Developer in chat applications, and all others
    /// plain text. Default: `false`, which is plain text for all.
    pub(crate) chat: Option<Field<bool>>,
    /// The lowest priority whose investigations are published. Default: `MINIMAL`, which is all.
    pub(crate) from: Option<Field<Priority>>,
}
