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
use read::{AlarmEvent, Channel, StateChange};

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
    if change.state != "ALARM" {
        return Decision::Skip(Skip::NotInAlarm);
    }
    if !is_news(change) {
        return Decision::Skip(Skip::StillInAlarm);
    }
    let incident = incident::incident(change);
    let group = group::group(change, incident.id());
    Decision::investigate(incident, group)
}

/// Whether an alarm in the state `ALARM` was not reported to this function before, so that one that
/// goes off is reported once by each channel.
///
/// EventBridge sends a state change when the alarm goes off, suppressed or not, and one more at the
/// end of each phase of suppression (`WaitPeriod`, `Alarm`, `ExtensionPeriod`): from `ALARM` to
/// `ALARM`. Actions are executed only when no phase is left, so for them that is the first report.
/// Source: "Suppressing composite alarm actions" in the CloudWatch user guide.
fn is_news(change: &StateChange<'_>) -> bool {
    match change.channel {
        Channel::Action => true,
        // One more time series goes off while the alarm is in `ALARM` because of another.
        Channel::EventBridge if change.contributor.is_some() => true,
        Channel::EventBridge => change.previous_state != Some(change.state),
    }
}

fn missing(what: &'static str) -> UnreadableEvent {
    UnreadableEvent::Incomplete {
        source_name: ALARMS,
        missing: what,
    }
}

#[cfg(test)]
mod tests;
