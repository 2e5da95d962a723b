//! What each of the events leads to that one alarm sends, by whichever channel.

mod kinds;
mod phases;
mod topics;

use serde_json::{Value as Json, json};

use contract::{AlarmSettings, Priority, WatchedAlarms};

use crate::{
    decision::{Decision, Finding},
    read::UnreadableEvent,
};

const ALARM: &str = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:down";

/// Every alarm is watched, and may say that it is critical.
pub(crate) fn every_alarm() -> AlarmSettings {
    let every = WatchedAlarms {
        prefix: String::new(),
        pattern: None,
        priority: Priority::High,
        at_most: Priority::Critical,
        regions: Vec::new(),
    };
    AlarmSettings {
        own: "tocsin-".to_owned(),
        watched: vec![every],
        excepted: Vec::new(),
    }
}

pub(crate) fn decide(event: &Json) -> Result<Decision, UnreadableEvent> {
    super::decide(event, &every_alarm())
}

/// `incident`, or the name of the skip.
fn outcome(event: &Json) -> String {
    match decide(event) {
        Ok(Decision::Investigate(_)) => "incident".to_owned(),
        Ok(Decision::Skip(skip)) => skip.to_string(),
        Ok(Decision::Canary) => "canary".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn finding(event: &Json) -> Finding {
    match decide(event) {
        Ok(Decision::Investigate(finding)) => *finding,
        other => panic!("no incident: {other:?}"),
    }
}

fn by_rule(detail: Json) -> Json {
    json!({
        "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
        "resources": [ALARM], "detail": detail,
    })
}

fn by_action(data: Json) -> Json {
    json!({ "source": "aws.cloudwatch", "alarmArn": ALARM, "alarmData": data })
}

fn by_topic(message: Json) -> Json {
    let topic = "arn:aws:sns:eu-central-1:111122223333:alerts";
    json!({ "Records": [{
        "EventSource": "aws:sns", "Sns": { "TopicArn": topic, "Message": message.to_string() },
    }] })
}

fn message(more: Json) -> Json {
    let mut message = json!({
        "AlarmName": "down", "AlarmArn": ALARM, "AWSAccountId": "111122223333",
        "NewStateValue": "ALARM", "OldStateValue": "OK", "NewStateReason": "Threshold Crossed",
        "StateChangeTime": "2026-01-02T03:04:05.000+0000", "Region": "EU (Frankfurt)",
    });
    for (key, value) in more.as_object().unwrap() {
        message[key] = value.clone();
    }
    message
}

#[track_caller]
fn says(event: &Json, fact: &str) {
    let incident = finding(event).incident;
    let description = incident.description();
    assert!(
        description.contains(fact),
        "{fact} is not in:\n{description}"
    );
}
