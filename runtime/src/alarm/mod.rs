//! CloudWatch alarms: from what an alarm sends to an incident.

mod group;
mod incident;
mod read;
mod rule;
mod sns;

use serde_json::Value as Json;

use crate::{
    decision::{Decision, Skip},
    read::UnreadableEvent,
};
use read::{AlarmEvent, StateChange};

/// What the messages of [`UnreadableEvent`] call the source.
const ALARMS: &str = "CloudWatch alarms";

/// Judges an event: the action of an alarm, an event of an EventBridge rule, or an alarm's message
/// to an SNS topic.
///
/// Only the state `ALARM` is investigated. A state that nobody knows yet is not: it would be a guess.
pub fn decide(event: &Json) -> Result<Decision, UnreadableEvent> {
    if let Some(message) = sns::message(event)? {
        return Ok(judge(&sns::read(&message)?));
    }
    Ok(match read::read(event)? {
        AlarmEvent::Configuration => Decision::Skip(Skip::AlarmConfiguration),
        AlarmEvent::State(change) => judge(&change),
    })
}

fn judge(change: &StateChange<'_>) -> Decision {
    if change.state == "ALARM" {
        let incident = incident::incident(change);
        let group = group::group(change, incident.id());
        Decision::investigate(incident, group)
    } else {
        Decision::Skip(Skip::NotInAlarm)
    }
}

fn missing(what: &'static str) -> UnreadableEvent {
    UnreadableEvent::Incomplete {
        source_name: ALARMS,
        missing: what,
    }
}
