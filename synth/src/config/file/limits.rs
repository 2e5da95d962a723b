//! What bounds the price.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Priority;
use crate::config::field::Field;

/// What bounds the price.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Limits {
    /// How many investigations may start in an hour. The last of them is a digest of all other groups that are due;
    /// incidents after that are held until the next hour.
    /// Default: 6, or `investigations-per-day` if that is less. Investigations of 3 to 21 minutes were seen, which are
    /// 1.6 to 10.5 dollars at the list price of November 2026 (0.0083 dollars a second), so that 6 an hour are 10 to 63
    /// dollars.
    pub(crate) investigations_per_hour: Option<Field<u32>>,
    /// How many investigations may start in a day. Default: 24, which are 38 to 252
    /// dollars.
    pub(crate) investigations_per_day: Option<Field<u32>>,
    /// How many of a day's investigations there may be of incidents of the priorities `LOW` and `MINIMAL`. Default: a
    /// quarter of the day's, at least 1.
    pub(crate) low_per_day: Option<Field<u32>>,
    /// How many of a day's investigations each entry of `events`, and all denied calls together, may have. Default: a
    /// third of the day's, at least 1.
    pub(crate) rule_per_day: Option<Field<u32>>,
    /// The priority from which incidents are sent whatever the budget says. Default: `CRITICAL`.
    pub(crate) always_send: Option<Field<Priority>>,
    /// How many of the incidents that are always sent have slots of their own in a day. Those beyond it use the budget,
    /// and the `ops-topic` is notified. Default: four times the day's investigations.
    pub(crate) always_send_per_day: Option<Field<u32>>,
    /// Dollars of investigations in a day, by UTC, as `synth results` counts them, with the time so far of what runs; or by
    /// the agent's own count of its time in the whole space, where that is more. After
    /// that only what is always sent is sent on that day. Whole dollars. Needs `agent`. Default: no such limit.
    pub(crate) dollars_per_day: Option<Field<u32>>,
    /// The same in a month. After that there is one report a day beside what is always sent. Default: no such limit.
    pub(crate) dollars_per_month: Option<Field<u32>>,
    /// The earlier name of `always-send`.
    pub(crate) floor: Option<Field<Priority>>,
    /// When incidents of the priorities `LOW` and `MINIMAL` wait; what waited arrives as one digest.
    /// Default: never.
    pub(crate) quiet_hours: Option<Field<QuietHours>>,
    /// The UUID of the agent space, if it is in the same account and region. Goes with
    /// `agent-minutes-per-day`.
    pub(crate) agent_space: Option<Field<String>>,
    /// Minutes of investigations in a day, at the agent's own count, after which the `ops-topic` is
    /// notified. At the list price of November 2026 an hour is about 30 dollars.
    pub(crate) agent_minutes_per_day: Option<Field<u32>>,
}

/// Quiet hours: the daily period during which LOW and MINIMAL incidents are held.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct QuietHours {
    /// When they begin, in quotes, such as `"22:00"`.
    pub(crate) from: Field<String>,
    /// When they end, in quotes, such as `"07:00"`; before `from`, it is on the next day.
    pub(crate) until: Field<String>,
    /// The time zone, such as `Europe/Berlin`. Default: `UTC`.
    pub(crate) time_zone: Option<Field<String>>,
}
