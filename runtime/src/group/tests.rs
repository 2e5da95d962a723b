//! The table in docs/grouping.md, row by row.

use contract::{Group, GroupKey};
use serde_json::{Value as Json, json};

use crate::{alarm, cost, decision::Decision, ecs, event, read::UnreadableEvent};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";
const TIME: &str = "2026-01-02T03:04:05Z";
const DOWN: &str = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:down";
const PIPELINE: &str = "arn:aws:codepipeline:eu-central-1:111122223333:release";
const TASK: &str = "arn:aws:ecs:eu-central-1:111122223333:task/checkout/0a1b";

#[track_caller]
fn of(decision: Result<Decision, UnreadableEvent>) -> Group {
    match decision {
        Ok(Decision::Investigate(finding)) => finding.group,
        other => panic!("no incident: {other:?}"),
    }
}

fn event(source: &str, kind: &str, resources: Json, detail: Json) -> Json {
    json!({
        "id": "6f87d04b", "source": source, "detail-type": kind, "account": ACCOUNT,
        "region": REGION, "time": TIME, "resources": resources, "detail": detail,
    })
}

#[track_caller]
fn of_task(started_as: Option<&str>) -> Group {
    of(ecs::decide(&event(
        "aws.ecs",
        "ECS Task State Change",
        json!([TASK]),
        json!({
            "taskArn": TASK, "group": started_as, "lastStatus": "STOPPED", "stoppedAt": TIME,
            "containers": [{ "name": "app", "exitCode": 1 }],
        }),
    )))
}

#[track_caller]
fn of_own_group(group: &str) -> Group {
    let definition = "arn:aws:ecs:eu-central-1:111122223333:task-definition/batch:7";
    of(ecs::decide(&event(
        "aws.ecs",
        "ECS Task State Change",
        json!([TASK]),
        json!({
            "taskArn": TASK, "group": group, "taskDefinitionArn": definition,
            "lastStatus": "STOPPED", "stoppedAt": TIME,
        }),
    )))
}

#[track_caller]
fn of_old_service() -> Group {
    of(ecs::decide(&event(
        "aws.ecs",
        "ECS Deployment State Change",
        json!(["arn:aws:ecs:eu-central-1:111122223333:service/api"]),
        json!({ "eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED" }),
    )))
}

#[track_caller]
fn of_daemon(kind: &str) -> Group {
    of(ecs::decide(&event(
        "aws.ecs",
        kind,
        json!([TASK]),
        json!({
            "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/checkout",
            "daemonArn": "arn:aws:ecs:eu-central-1:111122223333:daemon/checkout/logs",
            "eventType": "WARNING", "eventName": "DAEMON_TASK_START_IMPAIRED",
        }),
    )))
}

#[track_caller]
fn of_instance() -> Group {
    of(ecs::decide(&event(
        "aws.ecs",
        "ECS Container Instance Health Change",
        json!(["arn:aws:ecs:eu-central-1:111122223333:container-instance/checkout/9a8b"]),
        json!({ "overallStatus": "IMPAIRED" }),
    )))
}

#[track_caller]
fn of_service(kind: &str, name: &str) -> Group {
    let service = "arn:aws:ecs:eu-central-1:111122223333:service/checkout/api";
    let detail = json!({ "eventType": "ERROR", "eventName": name });
    of(ecs::decide(&event(
        "aws.ecs",
        kind,
        json!([service]),
        detail,
    )))
}

fn alarm(name: &str, configuration: Json) -> Json {
    json!({
        "alarmArn": format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"),
        "alarmData": {
            "alarmName": name, "state": { "value": "ALARM", "timestamp": TIME },
            "configuration": configuration,
        },
    })
}

fn metric(namespace: &str, dimensions: Json) -> Json {
    json!({ "metricStat": { "metric": {
        "namespace": namespace, "name": "x", "dimensions": dimensions,
    } } })
}

#[track_caller]
fn of_alarm(metrics: &[Json]) -> Group {
    of(alarm::tests::decide(&alarm(
        "down",
        json!({ "metrics": metrics }),
    )))
}

#[track_caller]
fn of_series(attributes: Json) -> Group {
    of_series_beside(&[], attributes)
}

/// One of the time series of an alarm that says that it has these metrics.
#[track_caller]
fn of_series_beside(metrics: &[Json], attributes: Json) -> Group {
    let mut alarm = alarm("down", json!({ "metrics": metrics }));
    alarm["alarmData"]["alarmContributor"] = json!({ "id": "6d44", "attributes": attributes });
    of(alarm::tests::decide(&alarm))
}

#[track_caller]
fn of_rule(rule: Option<&str>, group_by: Json, resources: Json) -> Group {
    let event = event(
        "shop",
        "Order Failed",
        resources,
        json!({ "a": "b", "c": 7 }),
    );
    let handed_over = json!({ "rule": rule, "groupBy": group_by, "event": event });
    of(event::decide(&handed_over))
}

fn of_report() -> Group {
    cost::group(ACCOUNT, REGION)
}

#[test]
#[rustfmt::skip]
fn every_row_of_the_table() {
    let api = json!({ "ServiceName": "api", "ClusterName": "checkout" });
    let web = json!({ "ServiceName": "web", "ClusterName": "checkout" });
    let queue = json!({ "QueueName": "payments" });
    let broker = json!({ "Queue": "orders", "Broker": "b-1" });
    let formula = json!({ "id": "e1", "expression": "m1/m2" });
    let insights = json!({ "id": "q1", "expression": " select MAX(Load) FROM Shop GROUP BY Team" });
    let composite = || of(alarm::tests::decide(&alarm("down", json!({ "alarmRule": "ALARM(a)", "metrics": [metric("AWS/SQS", queue.clone())] }))));
    for (what, group, kind, facts) in [
        ("a task of a service", of_task(Some("service:api")), "service", vec!["checkout", "api"]),
        ("a service", of_service("ECS Service Action", "SERVICE_TASK_PLACEMENT_FAILURE"), "service", vec!["checkout", "api"]),
        ("a deployment", of_service("ECS Deployment State Change", "SERVICE_DEPLOYMENT_FAILED"), "service", vec!["checkout", "api"]),
        ("a task of a family", of_task(Some("family:batch")), "family", vec!["checkout", "batch"]),
        ("a task with a group of its own", of_own_group("nightly"), "family", vec!["checkout", "batch"]),
        ("with a colon in it", of_own_group("team:nightly"), "family", vec!["checkout", "batch"]),
        ("a task by itself", of_task(None), "task", vec!["checkout", "0a1b"]),
        ("a service of an unknown cluster", of_old_service(), "service", vec!["", "api"]),
        ("a daemon", of_daemon("ECS Daemon Service Action"), "daemon", vec!["checkout", "logs"]),
        ("a daemon's deployment", of_daemon("ECS Daemon Deployment State Change"), "daemon", vec!["checkout", "logs"]),
        ("a container instance", of_instance(), "instance", vec!["checkout", "9a8b"]),
        ("an alarm on a service", of_alarm(&[metric("AWS/ECS", api.clone())]), "service", vec!["checkout", "api"]),
        ("in another namespace", of_alarm(&[metric("ECS/ContainerInsights", api.clone())]), "service", vec!["checkout", "api"]),
        ("with others beside it", of_alarm(&[formula.clone(), metric("AWS/ECS", api.clone()), metric("AWS/SQS", queue.clone())]), "service", vec!["checkout", "api"]),
        ("an alarm on a resource", of_alarm(&[metric("AWS/SQS", queue.clone())]), "resource", vec!["AWS/SQS", "QueueName", "payments"]),
        ("by a formula", of_alarm(&[formula.clone(), metric("AWS/SQS", queue.clone()), metric("AWS/SQS", queue.clone())]), "resource", vec!["AWS/SQS", "QueueName", "payments"]),
        ("with more dimensions", of_alarm(&[metric("AWS/MQ", broker)]), "resource", vec!["AWS/MQ", "Broker", "b-1", "Queue", "orders"]),
        ("a time series of an alarm", of_series(json!({ "b": "2", "a": "1" })), "alarm", vec![DOWN]),
        ("one of a service", of_series(api.clone()), "alarm", vec![DOWN]),
        ("one of a metric", of_series_beside(&[metric("AWS/ECS", api.clone())], json!({ "a": "1" })), "alarm", vec![DOWN]),
        ("one in another account", of_series(json!({ "AWS.AccountId": "999999999999" })), "alarm", vec![DOWN]),
        ("one without attributes", of_series(json!({})), "alarm", vec![DOWN]),
        ("a composite alarm", composite(), "alarm", vec![DOWN]),
        ("an alarm on two resources", of_alarm(&[metric("AWS/SQS", queue.clone()), metric("AWS/SNS", queue)]), "alarm", vec![DOWN]),
        ("an alarm on two services", of_alarm(&[metric("AWS/ECS", api.clone()), metric("AWS/ECS", web)]), "alarm", vec![DOWN]),
        ("an alarm on a namespace", of_alarm(&[metric("AWS/Usage", json!({}))]), "alarm", vec![DOWN]),
        ("an alarm on a query", of_alarm(std::slice::from_ref(&insights)), "alarm", vec![DOWN]),
        ("an alarm on a query and a metric", of_alarm(&[insights, metric("AWS/ECS", api.clone())]), "alarm", vec![DOWN]),
        ("an alarm on a formula of nothing", of_alarm(&[formula]), "alarm", vec![DOWN]),
        ("an alarm that says nothing", of_alarm(&[]), "alarm", vec![DOWN]),
        ("an event that is grouped", of_rule(Some("r"), json!(["detail.a", "detail.x", "detail.c"]), json!([PIPELINE])), "values", vec!["r", "b", "", "7"]),
        ("an event with a resource", of_rule(Some("r"), json!(["detail.x"]), json!([PIPELINE, "arn:other"])), "rule", vec!["r", PIPELINE]),
        ("any other event of a rule", of_rule(Some("r"), json!([]), json!([])), "rule", vec!["r"]),
        ("a bare event", of_rule(None, json!([]), json!([PIPELINE])), "event", vec!["shop", "Order Failed", PIPELINE]),
        ("a bare event of nothing", of_rule(None, json!([]), json!([])), "event", vec!["shop", "Order Failed"]),
        ("the cost report", of_report(), "report", vec!["idle-instances"]),
    ] {
        let facts = [vec![ACCOUNT, REGION], facts].concat();
        assert_eq!(group.key, GroupKey::of(kind, &facts), "{what}: {group:?}");
    }
}

#[test]
fn names_and_causes_are_for_people() {
    let queue = [metric("AWS/SQS", json!({ "QueueName": "payments" }))];
    for (group, name, cause) in [
        (
            of_task(Some("service:api")),
            "ECS service api (cluster checkout, eu-central-1)",
            "exit code 1",
        ),
        (
            of_service("ECS Service Action", "SERVICE_TASK_PLACEMENT_FAILURE"),
            "ECS service api (cluster checkout, eu-central-1)",
            "cannot place tasks",
        ),
        (
            of_task(Some("family:batch")),
            "ECS tasks of the family batch (cluster checkout, eu-central-1)",
            "exit code 1",
        ),
        (
            of_task(None),
            "ECS task 0a1b (cluster checkout, eu-central-1)",
            "exit code 1",
        ),
        (
            of_old_service(),
            "ECS service api (unknown cluster, eu-central-1)",
            "failed to deploy",
        ),
        (
            of_daemon("ECS Daemon Service Action"),
            "ECS daemon logs (cluster checkout, eu-central-1)",
            "cannot start tasks",
        ),
        (
            of_instance(),
            "ECS container instance 9a8b (cluster checkout, eu-central-1)",
            "health is IMPAIRED",
        ),
        (
            of_alarm(&queue),
            "QueueName=payments (AWS/SQS, eu-central-1)",
            "alarm down",
        ),
        (
            of_series(json!({ "TableName": "orders", "Stage": "prod" })),
            "alarm down (eu-central-1)",
            "Stage=prod, TableName=orders",
        ),
        (
            of_series(json!({})),
            "alarm down (eu-central-1)",
            "time series 6d44",
        ),
        (of_alarm(&[]), "alarm down (eu-central-1)", "alarm down"),
        (
            of_rule(Some("r"), json!(["detail.a", "detail.x"]), json!([])),
            "rule r (eu-central-1): b, not there",
            "Order Failed",
        ),
        (
            of_rule(Some("r"), json!([]), json!([PIPELINE])),
            "rule r (eu-central-1): arn:aws:codepipeline:eu-central-1:111122223333:release",
            "Order Failed",
        ),
        (
            of_rule(None, json!([]), json!([])),
            "Order Failed of shop (eu-central-1)",
            "Order Failed",
        ),
        (
            of_report(),
            "report idle-instances of account 111122223333 (eu-central-1)",
            "spend that may not be needed",
        ),
    ] {
        assert_eq!((group.name.as_str(), group.cause.as_str()), (name, cause));
    }
}

/// CloudWatch can watch what is in another account, where things may have the same names.
#[test]
fn what_is_in_another_account_is_of_that_account() {
    let theirs = GroupKey::of("service", &["999999999999", REGION, "checkout", "api"]);
    let mut metric = metric(
        "AWS/ECS",
        json!({ "ClusterName": "checkout", "ServiceName": "api" }),
    );
    metric["accountId"] = json!("999999999999");
    assert_eq!(of_alarm(&[metric]).key, theirs);
}

#[test]
fn a_composite_alarm_covers_what_can_have_set_it_off() {
    let arn = |name: &str| format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}");
    let far = "arn:aws:cloudwatch:eu-central-1:999999999999:alarm:far";
    let long = "x".repeat(2_000);
    let rule = format!(
        "(ALARM(slow) OR ALARM(\"{far}\") OR ALARM(errors) OR ALARM(down) OR ALARM({long})) \
         AND NOT ALARM(deploying)"
    );
    let mut event = alarm("down", json!({ "alarmRule": rule }));
    let triggering = json!({ "triggeringAlarms": [
        { "arn": arn("errors"), "state": { "value": "ALARM" } },
        { "arn": arn("another"), "state": { "value": "ALARM" } },
        { "arn": arn("deploying"), "state": { "value": "OK" } },
    ] });
    event["alarmData"]["state"]["reasonData"] = json!(triggering.to_string());
    let group = of(alarm::tests::decide(&event));
    assert_eq!(group.alarm.as_deref(), Some(DOWN));
    assert_eq!(group.covers, [arn("another"), arn("errors"), arn("slow")]);
    // Whoever may write an alarm can name any other in its rule. What CloudWatch says is in ALARM counts.
    let stranger = alarm::decide(&event, &contract::AlarmSettings::default());
    assert_eq!(of(stranger).covers, [arn("another"), arn("errors")]);

    let many: Vec<String> = (0..150).map(|it| format!("ALARM(a{it})")).collect();
    let event = alarm("down", json!({ "alarmRule": many.join(" OR ") }));
    assert_eq!(of(alarm::tests::decide(&event)).covers.len(), 100);
    // Any other alarm is sent by itself.
    let group = of_alarm(&[]);
    assert_eq!(group.alarm.as_deref(), Some(DOWN));
    assert!(group.covers.is_empty());
}

/// However often the same thing is reported, and whatever else happens to it.
#[test]
fn an_incident_is_what_happened_once() {
    let id = |decision: Result<Decision, UnreadableEvent>| match decision {
        Ok(Decision::Investigate(finding)) => finding.incident.id().clone(),
        other => panic!("no incident: {other:?}"),
    };
    let task = |event_id: &str, arn: &str, stopped: &str, reason: &str| {
        let mut event = event(
            "aws.ecs",
            "ECS Task State Change",
            json!([]),
            json!({
                "taskArn": arn, "group": "service:api", "lastStatus": "STOPPED",
                "stoppedAt": stopped, "stoppedReason": reason,
            }),
        );
        event["id"] = json!(event_id);
        id(ecs::decide(&event))
    };
    let once = task("1", TASK, TIME, "OutOfMemoryError: x");
    // A task stops once, however many events say so.
    let later = "2026-01-02T03:04:06Z";
    assert_eq!(task("2", TASK, later, "OutOfMemoryError: x"), once);
    assert_ne!(task("1", TASK, TIME, "CannotPullContainerError: x"), once);
    assert_ne!(
        task("1", &format!("{TASK}2"), TIME, "OutOfMemoryError: x"),
        once
    );

    let service = |event_id: &str, name: &str, at: &str| {
        let mut event = event(
            "aws.ecs",
            "ECS Service Action",
            json!(["arn:aws:ecs:eu-central-1:111122223333:service/checkout/api"]),
            json!({ "eventType": "ERROR", "eventName": name }),
        );
        event["id"] = json!(event_id);
        event["time"] = json!(at);
        id(ecs::decide(&event))
    };
    let once = service("1", "X", TIME);
    assert_eq!(service("2", "X", TIME), once);
    assert_ne!(service("1", "Y", TIME), once);
    assert_ne!(service("1", "X", later), once);

    let deployment = |at: &str, name: &str| {
        let mut event = event(
            "aws.ecs",
            "ECS Deployment State Change",
            json!(["arn:aws:ecs:eu-central-1:111122223333:service/checkout/api"]),
            json!({ "eventType": "ERROR", "eventName": name, "deploymentId": "ecs-svc/1" }),
        );
        event["time"] = json!(at);
        id(ecs::decide(&event))
    };
    let once = deployment(TIME, "SERVICE_DEPLOYMENT_FAILED");
    assert_eq!(deployment(later, "SERVICE_DEPLOYMENT_FAILED"), once);
    assert_ne!(deployment(TIME, "SERVICE_DEPLOYMENT_ABORTED"), once);
}
