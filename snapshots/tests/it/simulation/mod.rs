//! What is around delivery, on a clock that only waiting moves: a queue with the numbers of the template,
//! and the environments that Lambda runs.

pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod ledger;
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
            floor: Priority::Critical,
        },
        quiet: None,
    }
}
