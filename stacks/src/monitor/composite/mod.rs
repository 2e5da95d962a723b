//! Alarms on the states of other alarms.

mod parse;
mod rule;

pub use rule::{AlarmRule, AlarmState, InvalidRule, OtherAlarm, Verdict};

use super::{AlarmName, Priority};
use crate::logical_id::LogicalId;

/// An alarm on the states of other alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompositeAlarm {
    /// The name, before which the stack's name is set.
    pub name: AlarmName,
    /// What the alarm means and what to look at first. It becomes part of the incident.
    pub description: Option<String>,
    /// How urgent its incidents are.
    pub priority: Priority,
    /// Whether the alarm leads to incidents by itself, and not only as a part of others.
    pub incident: bool,
    /// When it goes off.
    pub rule: AlarmRule,
    /// The regions that it is made in, sorted; empty for all.
    pub regions: Vec<String>,
}

impl CompositeAlarm {
    /// The alarm's logical ID.
    pub fn logical_id(&self) -> LogicalId {
        LogicalId::from_path(&["Composite", self.name.as_str()])
    }
}
