//! What is around delivery, on a clock that only waiting moves: a queue with the numbers of the template,
//! and the environments that Lambda runs.

pub(crate) mod around;
pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod queue;

use std::time::Duration;

use runtime::ledger::{Grouping, Limits};
use webhook::Priority;

/// Incidents are grouped as by default, and the budget has room for all of them.
pub(crate) fn unlimited() -> Grouping {
    Grouping {
        wait: Duration::from_secs(30),
        length: Duration::from_mins(20),
        limits: Limits {
            per_hour: 100_000,
            per_day: 100_000,
            low_per_day: 100_000,
            rule_per_day: 100_000,
            always_send: Priority::Critical,
            always_per_day: 100_000,
        },
        quiet: None,
    }
}

/// The shares of a budget, as the account file has them by default.
pub(crate) fn limits(per_hour: u32, per_day: u32) -> Limits {
    Limits {
        per_hour,
        per_day,
        low_per_day: (per_day / 4).max(1),
        rule_per_day: (per_day / 3).max(1),
        always_send: Priority::Critical,
        always_per_day: per_day * 4,
    }
}
