//! The agent whose investigations are followed.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::field::Field;

/// The agent space that investigates the incidents.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Agent {
    /// Its UUID. It is in the same account.
    pub(crate) space: Field<String>,
    /// The region that it is in, one of `regions`. Default: the first of them.
    pub(crate) region: Option<Field<String>>,
    /// Dollars of a second of an investigation, for what is said of costs. Default: `0.0083`, the list price of November
    /// 2026.
    pub(crate) price: Option<Field<f64>>,
}
