//! Any other event that a rule is about: from what the rule hands over to an incident.
//!
//! The rule decides which events are worth an investigation. The function skips only calls of ignored principals
//! and anything that the agent itself does.

mod derived;
mod excluded;
mod identity;
mod incident;
mod kind;
mod principal;
mod rule_input;

use serde_json::Value as Json;

use crate::{decision::Decision, read::UnreadableEvent};
use excluded::excluded;
use rule_input::RuleInput;

/// What the messages of [`UnreadableEvent`] call the source.
const EVENTBRIDGE: &str = "Amazon EventBridge";

/// Evaluates what a rule hands over: the event with the rule's name, a title, a priority and what to
/// group by; or the bare event, as a redrive or a person at the console does.
///
/// # Errors
///
/// Returns [`UnreadableEvent::Foreign`] if the payload is not an object, and [`UnreadableEvent::Incomplete`] if it
/// has no event, or the event has no ID, source, type or time.
pub fn decide(payload: &Json) -> Result<Decision, UnreadableEvent> {
    let input = RuleInput::read(payload)?;
    Ok(match excluded(payload, input.event) {
        Some(skip) => Decision::Skip(skip),
        None => incident::investigate(&input),
    })
}

fn missing(what: &'static str) -> UnreadableEvent {
    UnreadableEvent::Incomplete {
        source_name: EVENTBRIDGE,
        missing: what,
    }
}
