//! What comes from SNS topics.

use serde_json::{Value as Json, json};

use super::{
    ALARM, by_action, by_rule, by_topic, decide, every_alarm, finding, message, outcome, says,
};
use crate::{alarm::decide_each, decision::Decision};

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
    let decisions = decide_each(&json!({ "Records": records }), &every_alarm());
    let titles: Vec<String> = decisions
        .into_iter()
        .map(|it| match it {
            Ok(Decision::Investigate(finding)) => finding.incident.title().to_owned(),
            Ok(Decision::Skip(skip)) => skip.to_string(),
            Ok(Decision::Canary) => "canary".to_owned(),
            Err(error) => error.to_string(),
        })
        .collect();
    assert_eq!(
        titles,
        [
            "down-0 in ALARM (eu-central-1)",
            "not-in-alarm",
            "down-2 in ALARM (eu-central-1)",
        ]
    );
    assert_eq!(decide_each(&json!({}), &every_alarm()).len(), 1);
}
