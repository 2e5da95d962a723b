//! What is around delivery, on a clock that only waiting moves: a queue with the numbers of the template,
//! and the environments that Lambda runs.

pub(crate) mod agent;
pub(crate) mod around;
pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod queue;

use std::time::Duration;

use contract::{DeliverySettings, Limits, Priority};

/// Incidents are grouped as by default, and the budget has room for all of them.
pub(crate) fn unlimited() -> DeliverySettings {
    DeliverySettings {
        account_name: None,
        wait: Duration::from_secs(30),
        window: Duration::from_mins(20),
        limits: Limits {
            per_hour: 100_000,
            per_day: 100_000,
            low_per_day: 100_000,
            rule_per_day: 100_000,
            always_send: Priority::Critical,
            always_per_day: 100_000,
            dollars_per_day: None,
            dollars_per_month: None,
        },
        quiet_hours: None,
        knows_results: false,
    }
}
