//! An alarm's message to an SNS topic: an older shape, with names of its own.
//!
//! Source: "Alarm actions" in the CloudWatch user guide.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::{
    missing,
    read::{Channel, Contributor, Metric, StateChange, metric},
};
use crate::{
    place::Place,
    read::{UnreadableEvent, at, list, text, time},
};

/// The message, if the event is one: as a topic hands it to a function, or bare.
pub(super) fn message(event: &Json) -> Result<Option<Json>, UnreadableEvent> {
    if text(event, "NewStateValue").is_some() {
        return Ok(Some(event.clone()));
    }
    let records = list(event, "Records");
    if text(event, "Records.0.Sns.Message").is_none() {
        return Ok(None);
    }
    // SNS hands over one message at a time. More would need more than one decision.
    if records.len() > 1 {
        return Err(missing("a single record"));
    }
    let body = text(event, "Records.0.Sns.Message").unwrap_or_default();
    let mut message: Json = serde_json::from_str(body)
        .ok()
        .filter(|it| text(it, "NewStateValue").is_some())
        .ok_or(UnreadableEvent::Foreign(super::ALARMS))?;
    if message.get("AlarmArn").is_none()
        && let Some(arn) = arn_beside_topic(event, &message)
    {
        message["AlarmArn"] = json!(arn);
    }
    Ok(Some(message))
}

/// Older messages do not hold the alarm's ARN, and call the region by a name for people. The topic
/// is in the alarm's region.
fn arn_beside_topic(event: &Json, message: &Json) -> Option<String> {
    let topic = Place::of_arn(text(event, "Records.0.Sns.TopicArn")?)?;
    let account = text(message, "AWSAccountId").unwrap_or(topic.account);
    let name = text(message, "AlarmName")?;
    Some(format!(
        "arn:{}:cloudwatch:{}:{account}:alarm:{name}",
        topic.partition, topic.region
    ))
}

/// Reads a message.
pub(super) fn read(message: &Json) -> Result<StateChange<'_>, UnreadableEvent> {
    let contributor = Contributor::new(
        text(message, "AlarmContributorId"),
        at(message, "AlarmContributorAttributes"),
    );
    let listed = list(message, "Trigger.Metrics")
        .iter()
        .filter_map(|it| metric(&lower_case(it)));
    Ok(StateChange {
        channel: Channel::Action,
        arn: text(message, "AlarmArn")
            .ok_or(missing("the alarm's ARN"))?
            .to_owned(),
        name: text(message, "AlarmName").ok_or(missing("the alarm's name"))?,
        state: text(message, "NewStateValue").ok_or(missing("a state"))?,
        previous_state: text(message, "OldStateValue"),
        at: time(message, "StateChangeTime").ok_or(missing("a time"))?,
        reason: text(message, "NewStateReason"),
        reason_data: reason_data(message),
        description: text(message, "AlarmDescription"),
        metrics: single_metric(message).into_iter().chain(listed).collect(),
        rule: text(message, "AlarmRule"),
        suppressed_by: None,
        suppressed_before_by: None,
        suppressor: None,
        mute: None,
        contributor,
        tags: Vec::new(),
    })
}

/// What the other forms say for machines: the threshold, or the alarms that triggered a composite one.
fn reason_data(message: &Json) -> Option<Json> {
    let threshold = at(message, "Trigger.Threshold").map(|it| json!({ "threshold": it }));
    let children = || {
        let children = lower_case(at(message, "TriggeringChildren")?);
        Some(json!({ "triggeringAlarms": children }))
    };
    threshold.or_else(children)
}

fn single_metric(message: &Json) -> Option<Metric> {
    let dimensions = list(message, "Trigger.Dimensions")
        .iter()
        .filter_map(|it| Some((text(it, "name")?.to_owned(), text(it, "value")?.to_owned())));
    Some(Metric::Stat {
        id: None,
        account: None,
        namespace: text(message, "Trigger.Namespace").map(str::to_owned),
        name: text(message, "Trigger.MetricName")?.to_owned(),
        dimensions: dimensions.collect(),
        statistic: text(message, "Trigger.Statistic").map(str::to_owned),
        period: at(message, "Trigger.Period").and_then(Json::as_i64),
    })
}

/// The same object with keys that begin in lower case, and dimensions as a map: as the other forms
/// have them.
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
                        dimension_map(value)
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

fn dimension_map(dimensions: &Json) -> Json {
    let entries = dimensions
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| Some((text(it, "name")?.to_owned(), Json::from(text(it, "value")?))));
    Json::Object(entries.collect())
}
