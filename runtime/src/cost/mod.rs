//! The daily report on idle spend: from what runs to what seems not to be needed.

mod collect;
mod judge;
mod report;

use jiff::Timestamp;
use serde_json::Value as Json;

pub use collect::Collector;
pub use judge::{Facts, Judgement, Looked, judge};

use crate::{
    decision::Decision,
    read::time,
    settings::{Environment, MissingVariable},
};

/// What counts as idle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// How many days of metrics are looked at.
    pub lookback_days: u32,
    /// An instance whose CPU never went over this is idle, in percent.
    pub idle_below_percent: f64,
}

/// Where and when a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion<'a> {
    /// Twelve digits.
    pub account: &'a str,
    /// Such as `eu-central-1`.
    pub region: &'a str,
    /// The time that the report is for.
    pub at: Timestamp,
}

impl Thresholds {
    /// The thresholds that the environment names.
    pub fn new(environment: &Environment) -> Result<Self, MissingVariable> {
        let parsed = |name: &'static str| {
            environment
                .require(name)?
                .parse::<f64>()
                .map_err(|_| MissingVariable(name))
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the account file allows 1 to 63"
        )]
        let lookback_days = parsed("LOOKBACK_DAYS")?.clamp(1.0, 455.0) as u32;
        Ok(Self {
            lookback_days,
            idle_below_percent: parsed("IDLE_BELOW_PERCENT")?,
        })
    }
}

/// The time that a report is for: the one it was scheduled for, so that a retry a day later is still
/// yesterday's report. A test event such as `{}` is a report of now.
pub fn scheduled_time(event: &Json, now: Timestamp) -> Timestamp {
    time(event, "scheduledTime")
        .or_else(|| time(event, "time"))
        .unwrap_or(now)
}

/// What the facts lead to.
pub fn decide(facts: Facts, thresholds: Thresholds, occasion: Occasion<'_>) -> Decision {
    report::decide(&judge(facts, thresholds), thresholds, occasion)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_retry_reports_for_the_scheduled_time() {
        let now: Timestamp = "2026-01-03T09:00:00Z".parse().unwrap();
        let then: Timestamp = "2026-01-02T06:30:00Z".parse().unwrap();
        assert_eq!(
            scheduled_time(&json!({ "scheduledTime": "2026-01-02T06:30:00Z" }), now),
            then
        );
        assert_eq!(
            scheduled_time(&json!({ "time": "2026-01-02T06:30:00Z" }), now),
            then
        );
        let unfilled = json!({ "scheduledTime": "<aws.scheduler.scheduled-time>" });
        for event in [json!({}), json!(null), json!([]), unfilled] {
            assert_eq!(scheduled_time(&event, now), now);
        }
    }
}
