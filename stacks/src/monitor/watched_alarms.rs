//! Alarms that exist already and are watched.

use super::{AlarmPattern, Priority};

/// Alarms that exist already and are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedAlarms {
    /// Which, by their names.
    pub pattern: AlarmPattern,
    /// How urgent they are, unless their descriptions say.
    pub priority: Priority,
    /// How urgent their descriptions can make them at most.
    pub at_most: Priority,
    /// The regions that they are watched in; empty for all.
    pub regions: Vec<String>,
}

impl WatchedAlarms {
    /// Alarms that are `HIGH`, whatever urgency above that their descriptions claim.
    pub fn new(pattern: AlarmPattern) -> Self {
        Self {
            pattern,
            priority: Priority::High,
            at_most: Priority::High,
            regions: Vec::new(),
        }
    }

    /// Whether nothing but the pattern distinguishes them from alarms that are watched without further keys.
    pub fn is_like_any(&self) -> bool {
        *self == Self::new(self.pattern.clone())
    }
}
