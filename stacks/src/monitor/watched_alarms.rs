//! Alarms that exist already and are watched.

use super::{AlarmPrefix, Priority};

/// Alarms that exist already and are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedAlarms {
    /// What their names begin with.
    pub prefix: AlarmPrefix,
    /// How urgent they are, unless their descriptions say.
    pub priority: Priority,
    /// How urgent their descriptions can make them at most.
    pub at_most: Priority,
}

impl WatchedAlarms {
    /// Alarms that are `HIGH`, whatever urgency above that their descriptions claim.
    pub fn new(prefix: AlarmPrefix) -> Self {
        Self {
            prefix,
            priority: Priority::High,
            at_most: Priority::High,
        }
    }
}
