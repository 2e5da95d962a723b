//! Which events reach which function: the EventBridge rules of a monitor, without their resources.

mod clusters;
mod denied_calls;
pub(crate) mod ecs;
pub(crate) mod events;
mod input;
mod watched_alarms;

pub use input::Input;

use contract::{FunctionName, names};

use crate::{
    event_pattern::{EventPattern, Scope},
    monitor::{ClusterSelector, EventName, Monitor},
};

/// An EventBridge rule that hands events to a function.
#[derive(Clone, Debug)]
pub struct EventRule {
    /// The rule's name after the stack's, in letters, digits and hyphens.
    pub slug: String,
    /// What it is for.
    pub description: String,
    /// Which events it catches.
    pub pattern: EventPattern,
    /// The function that gets them.
    pub function: FunctionName,
    /// What the function is told beside the event; without it, the function gets the event alone.
    pub input: Option<Input>,
    /// Whether the rule sees the calls that CloudTrail records and that change nothing, too.
    pub management_events: bool,
    /// The clusters whose events it catches.
    pub clusters: Vec<ClusterSelector>,
    /// The event of the account file that it catches.
    pub event: Option<EventName>,
}

impl EventRule {
    /// The rule's name. It begins with the stack's, so that policies can speak of all of a stack's
    /// rules at once.
    pub fn name(&self, monitor: &Monitor) -> String {
        names::rule(monitor.stack.as_str(), &self.slug)
    }

    /// How long its pattern is where it is longest.
    pub fn pattern_characters(&self) -> usize {
        pattern_characters(&self.pattern)
    }
}

/// The account, partition and region with the longest names: a pattern that fits there fits
/// everywhere.
const LONGEST_SCOPE: Scope<'_> = Scope {
    partition: "aws-us-gov",
    region: "us-isof-south-1",
    account: "111122223333",
    stack: "",
};

fn pattern_characters(pattern: &EventPattern) -> usize {
    let text = pattern.resolved(&LONGEST_SCOPE).to_string();
    text.chars().count()
}

/// Every rule of a monitor.
pub fn rules(monitor: &Monitor) -> Vec<EventRule> {
    let mut rules: Vec<EventRule> = watched_alarms::rule(monitor).into_iter().collect();
    rules.extend(ecs::rules(monitor));
    rules.extend(events::rules(monitor));
    rules
}
