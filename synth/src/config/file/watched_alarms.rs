//! Alarms that exist already, as they are written in full.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Priority;
use crate::config::field::Field;

/// Alarms that exist already, and how urgent they are.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WatchedAlarms {
    /// The names of the alarms, with `*` for any characters: `legacy-*`, `*-5xx`; `*` or `all` for all.
    pub(crate) name: Field<String>,
    /// How urgent the alarms are whose descriptions do not begin with a priority, such as `[LOW]`. Default: `HIGH`.
    pub(crate) priority: Option<Field<Priority>>,
    /// How urgent the descriptions of the alarms can make them at most. Everybody who may write such a description can then
    /// use `CRITICAL`, which passes the budget. Default: `HIGH`, or `priority` if that is more urgent.
    pub(crate) at_most: Option<Field<Priority>>,
    /// The regions that they are watched in. Default: all of the file's.
    pub(crate) regions: Option<Field<Vec<Field<String>>>>,
}
