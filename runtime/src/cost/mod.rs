//! The daily report on idle spend: from what runs to what seems not to be needed.

mod collect;
mod judge;
mod report;

use std::str::FromStr;

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

/// Thresholds that the function cannot use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidThresholds {
    /// One is not there.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// One has a value that it cannot have.
    #[error("the environment variable {name} is `{value}`, and not {wanted}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it can be.
        wanted: &'static str,
    },
}

impl Thresholds {
    /// The thresholds that the environment names.
    pub fn new(environment: &Environment) -> Result<Self, InvalidThresholds> {
        Ok(Self {
            lookback_days: parsed(
                environment,
                "LOOKBACK_DAYS",
                "a number of days from 1 to 63",
                |days: &u32| (1..=63).contains(days),
            )?,
            idle_below_percent: parsed(
                environment,
                "IDLE_BELOW_PERCENT",
                "a share over 0 and up to 100",
                |percent: &f64| *percent > 0.0 && *percent <= 100.0,
            )?,
        })
    }
}

fn parsed<T: FromStr>(
    environment: &Environment,
    name: &'static str,
    wanted: &'static str,
    is_valid: impl FnOnce(&T) -> bool,
) -> Result<T, InvalidThresholds> {
    let value = environment.require(name)?;
    let parsed = value.parse().ok().filter(is_valid);
    parsed.ok_or_else(|| InvalidThresholds::Invalid {
        name,
        value: value.to_owned(),
        wanted,
    })
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
    fn a_value_that_cannot_be_is_not_called_missing() {
        let thresholds = |days: &str, percent: &str| {
            let environment = [("LOOKBACK_DAYS", days), ("IDLE_BELOW_PERCENT", percent)];
            let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Thresholds::new(&Environment::new(environment)).map_err(|it| it.to_string())
        };
        assert_eq!(
            thresholds("63", "0.5"),
            Ok(Thresholds {
                lookback_days: 63,
                idle_below_percent: 0.5
            })
        );
        let missing = "the environment variable LOOKBACK_DAYS is missing or empty";
        assert_eq!(thresholds("", "5"), Err(missing.to_owned()));
        for days in ["0", "64", "1.5", "-1", "many"] {
            let wanted = format!(
                "the environment variable LOOKBACK_DAYS is `{days}`, and not a number of days from 1 to 63"
            );
            assert_eq!(thresholds(days, "5"), Err(wanted));
        }
        for percent in ["0", "101", "NaN", "inf"] {
            let error = thresholds("14", percent).unwrap_err();
            assert!(error.contains("IDLE_BELOW_PERCENT is `"), "{error}");
        }
    }

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
