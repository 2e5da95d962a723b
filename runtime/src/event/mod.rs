//! Any other event that a rule is about: from what the rule hands over to an incident.
//!
//! The rule decides what is worth an investigation, so nothing is skipped here.

mod handover;
mod identity;
mod incident;
mod kind;

use serde_json::Value as Json;

use crate::{decision::Decision, read::UnreadableEvent};
use handover::Handover;

/// What the messages of [`UnreadableEvent`] call the source.
const EVENTBRIDGE: &str = "Amazon EventBridge";

/// Judges what a rule hands over: the event with the rule's name, a title, a priority and what to
/// group by; or the bare event, as a redrive or a person at the console does.
pub fn decide(payload: &Json) -> Result<Decision, UnreadableEvent> {
    let handover = Handover::read(payload)?;
    Ok(incident::investigate(&handover))
}

fn missing(what: &'static str) -> UnreadableEvent {
    UnreadableEvent::Incomplete {
        source_name: EVENTBRIDGE,
        missing: what,
    }
}
