//! CloudWatch alarms: from what an alarm sends to an incident.

mod evidence;
mod group;
mod incident;
mod query;
mod read;
mod rule;
mod sns;

use contract::AlarmSettings;
use serde_json::{Value as Json, json};

use crate::{
    canary::is_canary,
    decision::{Decision, Skip},
    read::{UnreadableEvent, list, parse},
};
use read::{AlarmEvent, Channel, StateChange};
use sns::Notification;

/// What the messages of [`UnreadableEvent`] call the source.
const ALARMS: &str = "CloudWatch alarms";

/// Evaluates an event: the action of an alarm, an event of an EventBridge rule, or an alarm's message
/// to an SNS topic.
///
/// Only the state `ALARM` is investigated. A state that nobody knows yet is not: it would be a guess.
///
/// # Errors
///
/// Returns [`UnreadableEvent::Foreign`] if this is not an event about an alarm, [`UnreadableEvent::Incomplete`] if
/// a field is missing without which there is no incident, and [`UnreadableEvent::NotJson`] if an alarm's message
/// to a topic is damaged.
pub fn decide(event: &Json, settings: &AlarmSettings) -> Result<Decision, UnreadableEvent> {
    // This function gets the canary, because every stack has it.
    if is_canary(event) {
        return Ok(Decision::Canary);
    }
    match sns::notification(event)? {
        Some(notification) => decide_notification(&notification, settings),
        None => decide_bare(event, None, settings),
    }
}

/// Evaluates each message of an event by itself: SNS hands over one at a time, but nothing says that it
/// always will.
///
/// # Errors
///
/// Each element is the result of [`decide`] for one message; one that cannot be evaluated does not hide the
/// others.
pub fn decide_each(
    event: &Json,
    settings: &AlarmSettings,
) -> Vec<Result<Decision, UnreadableEvent>> {
    match list(event, "Records") {
        [] | [_] => vec![decide(event, settings)],
        records => records
            .iter()
            .map(|record| decide(&json!({ "Records": [record] }), settings))
            .collect(),
    }
}

/// A topic carries whatever is published to it. A message that is no alarm is no mistake.
fn decide_notification(
    notification: &Notification<'_>,
    settings: &AlarmSettings,
) -> Result<Decision, UnreadableEvent> {
    let no_alarm = Ok(Decision::Skip(Skip::NotAnAlarm));
    let Some(text) = notification.message else {
        return no_alarm;
    };
    let message = match parse(text) {
        Ok(message) => message,
        // One that was damaged on its way must not be lost.
        Err(error) if text.contains("\"NewStateValue\"") => return Err(error),
        Err(_) => return no_alarm,
    };
    match decide_bare(&message, Some(notification), settings) {
        Err(UnreadableEvent::Foreign(_)) => no_alarm,
        decision => decision,
    }
}

/// Evaluates an event, or the message of a topic: an alarm's own, or an event that a rule sent there.
fn decide_bare(
    event: &Json,
    notification: Option<&Notification<'_>>,
    settings: &AlarmSettings,
) -> Result<Decision, UnreadableEvent> {
    if sns::is_message(event) {
        return Ok(evaluate(&sns::read(event, notification)?, settings));
    }
    Ok(match read::read(event)? {
        AlarmEvent::Configuration => Decision::Skip(Skip::AlarmConfiguration),
        AlarmEvent::State(change) => evaluate(&change, settings),
    })
}

fn evaluate(change: &StateChange<'_>, settings: &AlarmSettings) -> Decision {
    if change.state != "ALARM" {
        return Decision::Skip(Skip::NotInAlarm);
    }
    if !is_news(change) {
        return Decision::Skip(Skip::StillInAlarm);
    }
    let incident = incident::incident(change, settings);
    let group = group::group(change, settings);
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
pub(crate) mod tests;
