//! What each of the events leads to that one alarm sends, by whichever channel.

use serde_json::{Value as Json, json};
use webhook::Priority;

use super::{decide, decide_each};
use crate::decision::{Decision, Finding};

const ALARM: &str = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:down";

/// `incident`, or the name of the skip.
fn outcome(event: &Json) -> String {
    match decide(event) {
        Ok(Decision::Investigate(_)) => "incident".to_owned(),
        Ok(Decision::Skip(skip)) => skip.to_string(),
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

/// The phases that a composite alarm goes through: its state, and what suppresses its actions.
type Phase = (&'static str, Option<&'static str>);

/// The state changes that lead from each phase to the next.
fn changes(phases: &[Phase]) -> Vec<Json> {
    let state = |(value, by): Phase, minute: usize| {
        json!({
            "value": value, "actionsSuppressedBy": by,
            "timestamp": format!("2026-01-02T03:{minute:02}:00.000+0000"),
        })
    };
    phases
        .windows(2)
        .enumerate()
        .map(|(minute, pair)| {
            json!({
                "alarmName": "down",
                "previousState": state(pair[0], minute), "state": state(pair[1], minute + 1),
                "configuration": { "alarmRule": "ALARM(a)", "actionsSuppressor": "maintenance" },
            })
        })
        .collect()
}

#[test]
fn each_time_a_composite_alarm_goes_off_is_reported_once_whatever_suppresses_it() {
    let (wait, suppressed, extension) = (
        ("ALARM", Some("WaitPeriod")),
        ("ALARM", Some("Alarm")),
        ("ALARM", Some("ExtensionPeriod")),
    );
    let (ok, off) = (("OK", None), ("ALARM", None));
    for phases in [
        vec![ok, off],
        vec![("INSUFFICIENT_DATA", None), off],
        vec![ok, wait, off],
        vec![ok, wait, suppressed, extension, off],
        vec![ok, suppressed, extension, off],
        vec![ok, off, suppressed, extension, off],
        vec![ok, wait, suppressed, ok],
        vec![ok, wait, off, ok, wait, off],
    ] {
        let changes = changes(&phases);
        let went_off = phases
            .windows(2)
            .filter(|pair| pair[0].0 != "ALARM" && pair[1].0 == "ALARM");
        let reported = changes
            .iter()
            .filter(|it| outcome(&by_rule((*it).clone())) == "incident");
        assert_eq!(reported.count(), went_off.count(), "{phases:?}");
        for (change, pair) in changes.iter().zip(phases.windows(2)) {
            let expected = match (pair[0].0, pair[1].0) {
                (_, "OK") => "not-in-alarm",
                ("ALARM", _) => "still-in-alarm",
                _ => "incident",
            };
            assert_eq!(outcome(&by_rule(change.clone())), expected, "{phases:?}");
        }
    }
}

#[test]
fn an_action_that_is_executed_late_is_reported_with_the_reason() {
    let phases = [("ALARM", Some("ExtensionPeriod")), ("ALARM", None)];
    let description = finding(&by_action(changes(&phases).remove(0)))
        .incident
        .description()
        .to_owned();
    assert!(
        description.contains("was in ALARM before 2026-01-02 03:01:00 UTC and still is"),
        "{description}"
    );
    assert!(
        description.contains(
            "actions were suppressed until now by ExtensionPeriod, the suppressor is maintenance"
        ),
        "{description}"
    );
    let message = json!({
        "AlarmName": "down", "AlarmArn": ALARM, "NewStateValue": "ALARM", "OldStateValue": "ALARM",
        "StateChangeTime": "2026-01-02T03:01:00.000+0000",
    });
    assert_eq!(outcome(&by_topic(message)), "incident");
}

#[test]
fn one_more_time_series_is_reported_although_the_alarm_was_in_alarm() {
    let detail = json!({
        "alarmName": "down", "alarmContributor": { "id": "6d44", "attributes": { "Team": "a" } },
        "previousState": { "value": "ALARM" },
        "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
    });
    let description = finding(&by_rule(detail)).incident.description().to_owned();
    assert!(
        description.starts_with("The CloudWatch alarm \"down\" went to ALARM at"),
        "{description}"
    );
}

/// An event that does not say what was before can be the first.
#[test]
fn a_state_change_without_the_state_before_is_reported() {
    let mut detail = json!({
        "alarmName": "down", "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
    });
    assert_eq!(outcome(&by_rule(detail.clone())), "incident");
    detail["previousState"] = Json::Null;
    assert_eq!(outcome(&by_rule(detail)), "incident");
}

#[test]
fn a_description_that_begins_with_a_priority_sets_it() {
    for (text, priority, meaning) in [
        (
            "[CRITICAL] Orders are stuck",
            Priority::Critical,
            "Orders are stuck",
        ),
        (
            "[Critical] Orders are stuck",
            Priority::Critical,
            "Orders are stuck",
        ),
        (
            "\n [ low ]Orders are slow",
            Priority::Low,
            "Orders are slow",
        ),
        ("[minimal]\tOrders wait", Priority::Minimal, "Orders wait"),
        (
            "[P1] Orders are stuck",
            Priority::High,
            "[P1] Orders are stuck",
        ),
        ("[] Orders are stuck", Priority::High, "[] Orders are stuck"),
        (
            "[critical Orders are stuck",
            Priority::High,
            "[critical Orders are stuck",
        ),
        (
            "Orders [LOW] are stuck",
            Priority::High,
            "Orders [LOW] are stuck",
        ),
    ] {
        let incident = finding(&by_action(json!({
            "alarmName": "down", "configuration": { "description": text },
            "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
        })))
        .incident;
        assert_eq!(incident.priority(), priority, "{text}");
        let section = format!("What the alarm means:\n- {meaning}\n");
        assert!(
            incident.description().contains(&section),
            "{}",
            incident.description()
        );
    }
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

#[test]
fn a_percentile_of_a_topics_message_is_shown() {
    let trigger = json!({
        "MetricName": "Latency", "Namespace": "Web", "StatisticType": "ExtendedStatistic",
        "ExtendedStatistic": "p99", "Period": 60, "Threshold": 0.28,
        "Dimensions": [{ "value": "www.example.com", "name": "URL" }],
    });
    let event = by_topic(message(json!({ "Trigger": trigger })));
    says(
        &event,
        "\n- Web Latency, p99 over 60 s, URL=www.example.com\n",
    );
    says(&event, "\n- threshold 0.28\n");
}

#[test]
fn what_a_topics_message_says_for_machines_is_evidence() {
    let data = json!({ "threshold": 5.0, "recentDatapoints": [6.5, 7.0] });
    let threshold = json!({ "Threshold": 9.0 });
    for data in [json!(data.to_string()), data] {
        let event = by_topic(message(json!({
            "NewStateReasonData": data, "Trigger": threshold,
        })));
        says(&event, "\n- threshold 5.0\n");
        says(&event, "\n- datapoints, oldest first: 6.5, 7.0\n");
    }
    // What cannot be read does not hide the rest.
    let event = by_topic(message(
        json!({ "NewStateReasonData": "{", "Trigger": threshold }),
    ));
    says(&event, "\n- threshold 9.0\n");
    let child = json!([{ "Arn": "arn:child", "State": { "Value": "ALARM" } }]);
    let event = by_topic(message(json!({
        "NewStateReasonData": "{\"version\": \"1.0\"}", "TriggeringChildren": child,
    })));
    says(&event, "\n- triggered by arn:child in ALARM\n");
}

#[test]
fn an_action_after_a_mute_window_says_so() {
    let fact = "this one is executed after the mute window";
    says(
        &by_topic(message(json!({ "ActionExecutedAfterMuteWindow": true }))),
        fact,
    );
    let event = by_topic(message(json!({ "ActionExecutedAfterMuteWindow": false })));
    assert!(!finding(&event).incident.description().contains(fact));
    says(
        &by_action(json!({
            "alarmName": "down", "actionExecutedAfterMuteWindow": true,
            "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
        })),
        fact,
    );
}

#[test]
fn what_is_no_alarm_on_a_topic_is_skipped() {
    for text in [
        "Autoscaling: test notification",
        "",
        "null",
        "[1, 2]",
        "\"ALARM\"",
        r#"{"Event": "autoscaling:EC2_INSTANCE_LAUNCH", "AccountId": "1"}"#,
        r#"{"detail-type": "AWS Health Event", "source": "aws.health", "detail": {}}"#,
    ] {
        let event = json!({ "Records": [{ "Sns": { "TopicArn": "arn:topic", "Message": text } }] });
        assert_eq!(outcome(&event), "not-an-alarm", "{text}");
        let event = json!({ "Type": "Notification", "TopicArn": "arn:topic", "Message": text });
        assert_eq!(outcome(&event), "not-an-alarm", "{text}");
    }
    assert_eq!(
        outcome(&json!({ "Records": [{ "Sns": {} }] })),
        "not-an-alarm"
    );
    // An alarm's message that was damaged is kept among the dead letters.
    for text in [
        "{\"AlarmName\":\"down\",\"NewStateValue\":\"ALARM\"",
        "{\"NewStateValue\": null}",
    ] {
        let event = json!({ "Records": [{ "Sns": { "Message": text } }] });
        assert!(decide(&event).is_err(), "{text}");
    }
}

#[test]
fn whatever_a_topics_message_comes_in_it_is_the_same_incident() {
    let message = message(json!({}));
    let known = finding(&by_topic(message.clone()));
    let topic = "arn:aws:sns:eu-central-1:111122223333:alerts";
    let envelope = json!({
        "Type": "Notification", "TopicArn": topic, "Message": message.to_string(),
    });
    for event in [message.clone(), envelope] {
        assert_eq!(finding(&event), known);
    }
    // A rule can send an alarm's event to a topic, which then carries it.
    let detail = json!({
        "alarmName": "down", "previousState": { "value": "ALARM" },
        "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
    });
    assert_eq!(outcome(&by_topic(by_rule(detail))), "still-in-alarm");
}

#[test]
fn the_region_of_an_old_message_is_where_its_topic_or_its_actions_are() {
    let chinese = "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:down";
    let topic = "arn:aws-cn:sns:cn-north-1:999999999999:alerts";
    let mut old = message(json!({ "AlarmArn": null, "OKActions": "" }));
    let mut event = by_topic(old.clone());
    event["Records"][0]["Sns"]["TopicArn"] = json!(topic);
    assert_eq!(finding(&event).group.alarm.as_deref(), Some(chinese));
    assert_eq!(
        outcome(&old),
        "an event of CloudWatch alarms without the alarm's ARN"
    );
    old["AlarmActions"] = json!(["", topic]);
    assert_eq!(finding(&old).group.alarm.as_deref(), Some(chinese));
}

#[test]
fn each_of_several_messages_has_a_decision_of_its_own() {
    let records: Vec<Json> = ["ALARM", "OK", "ALARM"]
        .into_iter()
        .enumerate()
        .map(|(number, state)| {
            let name = format!("down-{number}");
            let arn = format!("{ALARM}-{number}");
            let message = message(json!({
                "AlarmName": name, "AlarmArn": arn, "NewStateValue": state,
            }));
            by_topic(message)["Records"][0].clone()
        })
        .collect();
    let decisions = decide_each(&json!({ "Records": records }));
    let titles: Vec<String> = decisions
        .into_iter()
        .map(|it| match it {
            Ok(Decision::Investigate(finding)) => finding.incident.title().to_owned(),
            Ok(Decision::Skip(skip)) => skip.to_string(),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(
        titles,
        [
            "Alarm down-0 is in ALARM in eu-central-1",
            "not-in-alarm",
            "Alarm down-2 is in ALARM in eu-central-1",
        ]
    );
    assert_eq!(decide_each(&json!({})).len(), 1);
}
