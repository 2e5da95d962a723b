//! Dead letters, as whoever gives them up sends them.

use contract::{Envelope, FunctionName, Incident, IncidentId, Priority};
use serde_json::{Value as Json, json};

use crate::lifecycle::REGION;

/// A message of the dead-letter queue, and what is expected of it.
pub(crate) struct Letter {
    /// What `synth` is to call it.
    pub(crate) kind: &'static str,
    /// Whether it has a way back.
    pub(crate) goes: bool,
    pub(crate) body: String,
    pub(crate) attributes: Vec<(&'static str, String)>,
}

/// An ARN of the local AWS.
fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:000000000000:{resource}")
}

pub(crate) fn envelope(name: &str) -> Envelope {
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let id = IncidentId::of("alarm", &[name]);
    let title = format!("{name} in ALARM ({REGION})");
    let incident = Incident::new(id, Priority::High, &title, "It is.", at, name, json!({}));
    Envelope::new(FunctionName::Alarm, incident)
}

/// What CloudWatch hands to an alarm's action.
pub(crate) fn action(name: &str) -> Json {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": arn("cloudwatch", &format!("alarm:{name}")),
        "accountId": "000000000000",
        "time": "2026-01-02T03:04:05.000+0000",
        "region": REGION,
        "alarmData": {
            "alarmName": name,
            "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05.000+0000" },
            "configuration": { "metrics": [] },
        },
    })
}

/// What EventBridge hands on of an alarm.
pub(crate) fn watched(name: &str) -> Json {
    let detail = json!({ "alarmName": name, "state": { "value": "ALARM" } });
    let resource = arn("cloudwatch", &format!("alarm:{name}"));
    event(
        "aws.cloudwatch",
        "CloudWatch Alarm State Change",
        &resource,
        detail,
    )
}

/// A task that could not start. What it was to be started with is nobody's business.
pub(crate) fn task(service: &str) -> Json {
    let task = arn("ecs", &format!("task/checkout/{service}"));
    let detail = json!({
        "clusterArn": arn("ecs", "cluster/checkout"),
        "taskArn": task,
        "group": format!("service:{service}"),
        "lastStatus": "STOPPED",
        "stopCode": "TaskFailedToStart",
        "stoppedReason": "CannotPullContainerError",
        "overrides": { "containerOverrides": [{ "environment": [{ "value": "planted" }] }] },
    });
    event("aws.ecs", "ECS Task State Change", &task, detail)
}

/// An event of an application.
pub(crate) fn order(id: &str) -> Json {
    let detail = json!({ "order": id, "token": "planted" });
    event("shop.orders", "Order Failed", id, detail)
}

fn event(source: &str, detail_type: &str, resource: &str, detail: Json) -> Json {
    json!({
        "version": "0",
        "id": resource,
        "detail-type": detail_type,
        "source": source,
        "account": "000000000000",
        "time": "2026-01-02T03:04:05Z",
        "region": REGION,
        "resources": [resource],
        "detail": detail,
    })
}

/// An incident that `deliver` put among the dead letters for this reason, or that nobody explains.
pub(crate) fn incident(name: &str, reason: Option<&str>) -> Letter {
    let attributes = reason.map(|it| ("TOCSIN_REASON", it.to_owned()));
    Letter {
        kind: "incident",
        goes: reason.is_some_and(|it| !it.starts_with("rejected: ")),
        body: envelope(name).to_body(),
        attributes: attributes.into_iter().collect(),
    }
}

/// An event that a function failed on.
pub(crate) fn by_function(event: &Json) -> Letter {
    Letter {
        kind: "function",
        goes: true,
        body: event.to_string(),
        attributes: vec![
            (
                "RequestID",
                "e4b46cbf-b738-4880-8880-a18cdf61200e".to_owned(),
            ),
            ("ErrorCode", "200".to_owned()),
            (
                "ErrorMessage",
                "the incident could not be queued".to_owned(),
            ),
        ],
    }
}

/// The same, as the record of a destination.
pub(crate) fn by_destination(function: &str, event: &Json) -> Letter {
    let function = arn("lambda", &format!("function:{function}:$LATEST"));
    let record = json!({
        "version": "1.0",
        "requestContext": { "functionArn": function, "condition": "RetriesExhausted" },
        "requestPayload": event,
        "responsePayload": { "errorMessage": "the incident could not be queued" },
    });
    Letter {
        kind: "on-failure",
        goes: true,
        body: record.to_string(),
        attributes: Vec::new(),
    }
}

/// An event that a rule could not hand to its function.
pub(crate) fn by_rule(rule: &str, event: &Json) -> Letter {
    Letter {
        kind: "rule",
        goes: true,
        body: event.to_string(),
        attributes: vec![
            (
                "RULE_ARN",
                arn("events", &format!("rule/tocsin-life-{rule}")),
            ),
            ("TARGET_ARN", arn("lambda", "function:of-last-year")),
            ("ERROR_CODE", "NO_PERMISSIONS".to_owned()),
            (
                "ERROR_MESSAGE",
                "not authorized to perform: lambda:InvokeFunction".to_owned(),
            ),
            ("RETRY_ATTEMPTS", "0".to_owned()),
        ],
    }
}

/// A cost report that the scheduler could not ask for.
pub(crate) fn by_schedule(day: usize) -> Letter {
    let input = json!({
        "report": "cost",
        "scheduledTime": "<aws.scheduler.scheduled-time>",
        "schedule": "<aws.scheduler.schedule-arn>",
    });
    Letter {
        kind: "schedule",
        goes: true,
        body: input.to_string(),
        attributes: vec![
            ("SCHEDULE_ARN", arn("scheduler", "schedule/default/cost")),
            ("SCHEDULED_TIME", format!("2026-01-{day:02}T07:30:00Z")),
            ("ERROR_CODE", "ThrottlingException".to_owned()),
        ],
    }
}

/// What has no way back.
pub(crate) fn poison(kind: &'static str, body: String) -> Letter {
    Letter {
        kind,
        goes: false,
        body,
        attributes: Vec::new(),
    }
}
