//! An alarm's message to an SNS topic: an older shape, with names of its own.
//!
//! Source: "Alarm actions" in the CloudWatch user guide.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::{
    missing,
    query::Query,
    read::{Channel, Contributor, Metric, StateChange, metric, owned, pairs, reason_data},
};
use crate::{
    place::Place,
    read::{UnreadableEvent, at, list, text, time},
};

/// A message as a topic hands it to a subscriber.
pub(super) struct Notification<'a> {
    /// The message; nothing where it is empty.
    pub(super) message: Option<&'a str>,
    topic: Option<&'a str>,
}

/// The notification, if the event is one: the record that a function gets, or the body that other
/// subscribers get.
///
/// Source: "Amazon SNS message and JSON formats" in the SNS developer guide.
pub(super) fn notification(event: &Json) -> Result<Option<Notification<'_>>, UnreadableEvent> {
    let record = at(event, "Records.0.Sns").filter(|it| it.is_object());
    let body = || (text(event, "Type") == Some("Notification")).then_some(event);
    let Some(notification) = record.or_else(body) else {
        return Ok(None);
    };
    if list(event, "Records").len() > 1 {
        return Err(missing("a single record"));
    }
    Ok(Some(Notification {
        message: text(notification, "Message"),
        topic: text(notification, "TopicArn"),
    }))
}

/// Whether this is an alarm's message.
pub(super) fn is_message(json: &Json) -> bool {
    json.get("NewStateValue").is_some()
}

/// Reads a message; `notification` is what it came in.
pub(super) fn read<'a>(
    message: &'a Json,
    notification: Option<&Notification<'_>>,
) -> Result<StateChange<'a>, UnreadableEvent> {
    let arn = match text(message, "AlarmArn") {
        Some(arn) => Some(arn.to_owned()),
        None => arn_of_old(message, notification.and_then(|it| it.topic)),
    };
    let contributor = Contributor::new(
        text(message, "AlarmContributorId"),
        at(message, "AlarmContributorAttributes"),
    );
    let listed = list(message, "Trigger.Metrics")
        .iter()
        .filter_map(|it| metric(&lower_case(it)));
    Ok(StateChange {
        channel: Channel::Action,
        arn: arn.ok_or(missing("the alarm's ARN"))?,
        name: text(message, "AlarmName").ok_or(missing("the alarm's name"))?,
        state: text(message, "NewStateValue").ok_or(missing("a state"))?,
        previous_state: text(message, "OldStateValue"),
        at: time(message, "StateChangeTime").ok_or(missing("a time"))?,
        reason: text(message, "NewStateReason"),
        reason_data: evidence(message),
        description: text(message, "AlarmDescription"),
        metrics: single_metric(message).into_iter().chain(listed).collect(),
        query: Query::read(&lower_case(message)),
        rule: text(message, "AlarmRule"),
        suppressed_by: None,
        suppressed_before_by: None,
        suppressor: None,
        mute: None,
        is_after_mute: at(message, "ActionExecutedAfterMuteWindow") == Some(&Json::Bool(true)),
        contributor,
        tags: pairs(at(message, "AlarmTags")),
    })
}

/// Older messages do not hold the alarm's ARN, and call the region by a name for people. Topics, and
/// whatever else an alarm acts on, are in the alarm's region.
fn arn_of_old(message: &Json, topic: Option<&str>) -> Option<String> {
    let actions = ["AlarmActions", "OKActions", "InsufficientDataActions"]
        .into_iter()
        .flat_map(|key| list(message, key).iter().filter_map(Json::as_str));
    let beside = topic.into_iter().chain(actions).find_map(Place::of_arn)?;
    let account = text(message, "AWSAccountId").unwrap_or(beside.account);
    let name = text(message, "AlarmName")?;
    Some(format!(
        "arn:{}:cloudwatch:{}:{account}:alarm:{name}",
        beside.partition, beside.region
    ))
}

/// What the other forms say for machines: a message can hold the same, or the threshold, or the alarms
/// that triggered a composite one.
fn evidence(message: &Json) -> Option<Json> {
    let mut data = reason_data(message, "NewStateReasonData").unwrap_or_else(|| json!({}));
    let children = at(message, "TriggeringChildren").map(lower_case);
    let threshold = at(message, "Trigger.Threshold").cloned();
    for (key, value) in [("threshold", threshold), ("triggeringAlarms", children)] {
        if let Some(value) = value
            && data.get(key).is_none()
        {
            data[key] = value;
        }
    }
    data.as_object()
        .is_some_and(|it| !it.is_empty())
        .then_some(data)
}

fn single_metric(message: &Json) -> Option<Metric> {
    let extended = text(message, "Trigger.ExtendedStatistic");
    let statistic = extended.or_else(|| text(message, "Trigger.Statistic"));
    Some(Metric::Stat {
        id: None,
        account: None,
        namespace: text(message, "Trigger.Namespace").map(str::to_owned),
        name: text(message, "Trigger.MetricName")?.to_owned(),
        dimensions: owned(pairs(at(message, "Trigger.Dimensions"))),
        statistic: statistic.map(str::to_owned),
        period: at(message, "Trigger.Period").and_then(Json::as_i64),
    })
}

/// The same object with keys that begin in lower case, as the other forms have them. The names of
/// dimensions stay as they are.
fn lower_case(json: &Json) -> Json {
    match json {
        Json::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(key, value)| {
                    let key = match key.as_str() {
                        "MetricName" => Cow::Borrowed("name"),
                        other => Cow::Owned(uncapitalized(other)),
                    };
                    let value = if key == "dimensions" {
                        value.clone()
                    } else {
                        lower_case(value)
                    };
                    (key.into_owned(), value)
                })
                .collect(),
        ),
        Json::Array(items) => items.iter().map(lower_case).collect(),
        scalar => scalar.clone(),
    }
}

fn uncapitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().collect::<String>() + chars.as_str()
    })
}
