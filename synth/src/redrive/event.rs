//! What an event is, in a line for a person.
//!
//! Nothing is quoted from an event but what things are called: containers, overrides and the requests
//! of API calls may hold secrets.

use serde_json::Value as Json;

/// One line: what happened to what.
pub(super) fn summary(event: &Json) -> String {
    let of = |path: &str| text(event, path);
    if event["report"] == "cost" {
        return match of("/scheduledTime") {
            Some(time) => format!("the cost report of {time}"),
            None => "a cost report".to_owned(),
        };
    }
    if event["event"].is_object() {
        let inner = summary(&event["event"]);
        return match of("/rule") {
            Some(rule) => format!("{inner} (rule {rule})"),
            None => inner,
        };
    }
    if let Some(topic) = of("/Records/0/Sns/TopicArn").or_else(|| of("/TopicArn")) {
        return format!("a message of the topic {topic}");
    }
    let alarm = of("/alarmData/alarmName")
        .or_else(|| of("/detail/alarmName"))
        .or_else(|| of("/AlarmName"));
    if let Some(alarm) = alarm {
        let state = of("/alarmData/state/value")
            .or_else(|| of("/detail/state/value"))
            .or_else(|| of("/NewStateValue"));
        return match state {
            Some(state) => format!("the alarm {alarm} is in {state}"),
            None => format!("an event of the alarm {alarm}"),
        };
    }
    let Some(kind) = of("/detail-type") else {
        return "an event without a type".to_owned();
    };
    let subject = of("/detail/group")
        .or_else(|| of("/resources/0"))
        .map_or(String::new(), |it| format!(": {it}"));
    let source = of("/source").unwrap_or("an unknown source");
    format!("{kind} of {source}{subject}")
}

fn text<'a>(json: &'a Json, path: &str) -> Option<&'a str> {
    json.pointer(path)?.as_str().filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_summary_is_what_things_are_called() {
        let task = json!({
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "resources": ["arn:aws:ecs:eu-central-1:111122223333:task/shop/1"],
            "detail": {
                "group": "service:checkout",
                "overrides": { "containerOverrides": [{ "environment": ["canary"] }] },
                "containers": [{ "name": "canary" }],
            },
        });
        for (event, expected) in [
            (
                json!({ "alarmData": { "alarmName": "cpu", "state": { "value": "ALARM" } } }),
                "the alarm cpu is in ALARM",
            ),
            (
                json!({ "detail-type": "CloudWatch Alarm State Change",
                        "detail": { "alarmName": "cpu", "state": { "value": "OK" } } }),
                "the alarm cpu is in OK",
            ),
            (
                json!({ "detail-type": "CloudWatch Alarm Configuration Change",
                        "detail": { "alarmName": "cpu" } }),
                "an event of the alarm cpu",
            ),
            (
                json!({ "AlarmName": "cpu", "NewStateValue": "ALARM" }),
                "the alarm cpu is in ALARM",
            ),
            (
                json!({ "Records": [{ "Sns": { "TopicArn": "arn:topic", "Message": "canary" } }] }),
                "a message of the topic arn:topic",
            ),
            (
                task.clone(),
                "ECS Task State Change of aws.ecs: service:checkout",
            ),
            (
                json!({ "rule": "tocsin-prod-event-x", "title": "canary", "event": task }),
                "ECS Task State Change of aws.ecs: service:checkout (rule tocsin-prod-event-x)",
            ),
            (
                json!({ "clusters": [{ "ignore": ["canary"] }], "event": task }),
                "ECS Task State Change of aws.ecs: service:checkout",
            ),
            (
                json!({ "detail-type": "Order Failed", "resources": [7], "detail": "canary" }),
                "Order Failed of an unknown source",
            ),
            (
                json!({ "report": "cost", "scheduledTime": "2026-01-02T06:30:00Z" }),
                "the cost report of 2026-01-02T06:30:00Z",
            ),
            (json!({ "report": "cost" }), "a cost report"),
            (json!({ "canary": "canary" }), "an event without a type"),
            (json!(["canary"]), "an event without a type"),
        ] {
            assert_eq!(summary(&event), expected, "{event}");
        }
    }
}
