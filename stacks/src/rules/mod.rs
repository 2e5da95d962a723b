//! Which events reach which function: the EventBridge rules of a monitor, without their resources.

mod clusters;
mod denied_calls;
mod ecs;
mod events;
mod input;
mod purpose;
mod results;
mod watched_alarms;

pub use input::Input;
pub(crate) use purpose::prefix;
pub use purpose::{EcsKind, Purpose};
pub(crate) use results::events_of;

use contract::names;

use crate::{
    event_pattern::{EventPattern, Scope},
    monitor::Monitor,
};

/// An EventBridge rule that hands events to a function.
#[derive(Clone, Debug)]
pub struct EventRule {
    /// What it is for.
    pub purpose: Purpose,
    /// Which events it catches.
    pub pattern: EventPattern,
    /// What the function receives beside the event; without it, the function gets the event alone.
    pub input: Option<Input>,
}

impl EventRule {
    /// The rule's name. It begins with the stack's, so that policies can speak of all of a stack's
    /// rules at once.
    pub fn name(&self, monitor: &Monitor) -> String {
        names::rule(monitor.stack.as_str(), &self.purpose.slug())
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
    rules.extend(results::rule(monitor));
    rules
}
