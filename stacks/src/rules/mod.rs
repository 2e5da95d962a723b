//! Which events reach which function: the EventBridge rules of a monitor, without their resources.

pub(crate) mod ecs;
mod watched_alarms;

use crate::{asset::CodeAsset, event_pattern::EventPattern, monitor::Monitor};

/// An EventBridge rule that hands events to a function.
#[derive(Clone, Debug)]
pub struct EventRule {
    /// The rule's name after the stack's, in letters, digits and hyphens.
    pub slug: String,
    /// What it is for.
    pub description: &'static str,
    /// Which events it catches.
    pub pattern: EventPattern,
    /// The function that gets them.
    pub function: CodeAsset,
}

impl EventRule {
    /// The rule's name. It begins with the stack's, so that policies can speak of all of a stack's
    /// rules at once.
    pub fn name(&self, monitor: &Monitor) -> String {
        format!("{}-{}", monitor.stack, self.slug)
    }
}

/// Every rule of a monitor.
pub fn rules(monitor: &Monitor) -> Vec<EventRule> {
    let mut rules: Vec<EventRule> = watched_alarms::rule(monitor).into_iter().collect();
    rules.extend(ecs::rules(monitor));
    rules
}
