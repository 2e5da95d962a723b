//! Events tried against an account file.

use serde_json::{Value as Json, json};

use crate::support::{Ended, Run, project};

const ACCOUNT: &str = r#"
name: shop
account: "111122223333"
regions: [eu-central-1]
ops-topic: ops
clusters:
  - name: checkout
    priority: CRITICAL
    ignore-services: [canary-*]
  - payments
watched-alarms: [legacy-*]
pipelines: ["*"]
events:
  - name: batch-failed
    title: Job {detail.jobName} <failed>
    pattern: {source: [aws.batch], detail: {status: [FAILED]}}
"#;

fn try_event(arguments: &[&str], event: &str) -> Ended {
    try_in(ACCOUNT, arguments, event)
}

fn try_in(account: &str, arguments: &[&str], event: &str) -> Ended {
    let project = project("shop", account);
    let arguments = [&["match", "--account", "shop", "-"], arguments].concat();
    Run::inside(project.path(), &arguments).input(event).end()
}

fn task(cluster: &str, service: &str) -> String {
    let arn = |what: &str| format!("arn:aws:ecs:eu-central-1:111122223333:{what}");
    event(
        "aws.ecs",
        "ECS Task State Change",
        json!({
            "clusterArn": arn(&format!("cluster/{cluster}")),
            "taskArn": arn(&format!("task/{cluster}/0a1b")),
            "group": format!("service:{service}"),
            "lastStatus": "STOPPED",
            "stopCode": "EssentialContainerExited",
            "stoppedAt": "2026-03-01T12:00:00Z",
            "containers": [{ "name": "app", "exitCode": 137, "reason": "OutOfMemoryError: killed" }],
        }),
    )
}

fn event(source: &str, kind: &str, detail: Json) -> String {
    json!({
        "version": "0", "id": "5a4b3c2d-0000-1111-2222-333344445555", "source": source,
        "detail-type": kind, "account": "111122223333", "region": "eu-central-1",
        "time": "2026-03-01T12:00:00Z", "resources": [], "detail": detail,
    })
    .to_string()
}

#[test]
fn a_failure_shows_the_incident_that_would_be_sent() {
    try_event(&[], &task("checkout", "api"))
        .code(0)
        .prints("tocsin-shop-ecs-tasks matches: sent to `ecs`")
        .prints("  group service-")
        .prints(": ECS service api (cluster checkout, eu-central-1), out of memory")
        .prints("  CRITICAL ")
        .prints("OutOfMemoryError")
        .prints("rules for other events: tocsin-shop-ecs-");
    try_event(&[], &task("payments", "api"))
        .code(0)
        .prints("  HIGH ");
}

#[test]
fn what_is_not_investigated_says_why() {
    try_event(&[], &task("checkout", "canary-eu"))
        .code(0)
        .prints("no incident: ignored-service");
    try_event(&[], &task("shipping", "api"))
        .code(0)
        .prints("no rule matches")
        .prints(
            "`detail.clusterArn` is \"arn:aws:ecs:eu-central-1:111122223333:cluster/shipping\", \
             expected [\"arn:aws:ecs:eu-central-1:111122223333:cluster/checkout\"",
        );
    let scale_in = task("checkout", "api")
        .replace("EssentialContainerExited", "ServiceSchedulerInitiated")
        .replace(
            "stoppedAt\"",
            "stoppedReason\":\"Scaling activity initiated by (deployment x)\",\"stoppedAt\"",
        );
    try_event(&[], &scale_in).code(0).prints("no rule matches");
}

#[test]
fn other_events_get_the_title_of_the_account_file() {
    let job = json!({ "jobName": "invoices", "status": "FAILED" });
    try_event(&[], &event("aws.batch", "Batch Job State Change", job))
        .code(0)
        .prints("tocsin-shop-event-batch-failed matches: sent to `event`")
        .prints("  HIGH Job invoices <failed>");
    let run = json!({ "pipeline": "release", "state": "FAILED", "execution-id": "e-1" });
    let kind = "CodePipeline Pipeline Execution State Change";
    try_event(&[], &event("aws.codepipeline", kind, run))
        .code(0)
        .prints("  HIGH Pipeline release failed");
}

#[test]
fn everything_is_there_as_json() {
    let ended = try_event(&["--json"], &task("checkout", "api")).code(0);
    let ways: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ways[0]["by"], "tocsin-shop-ecs-tasks");
    assert_eq!(ways[0]["incident"]["priority"], "CRITICAL");
    let group = &ways[0]["group"];
    assert_eq!(
        group["name"],
        "ECS service api (cluster checkout, eu-central-1)"
    );
    assert_eq!(group["cause"], "out of memory");
    assert!(group["key"].as_str().unwrap().starts_with("service-"));
    assert_eq!(ways[1]["matches"], false);
    assert!(ways[1]["mismatches"][0]["wanted"].is_array());
}

#[test]
fn an_event_from_elsewhere_is_said_to_be_from_there() {
    let job = json!({ "jobName": "invoices", "status": "FAILED" });
    let here = event("aws.batch", "Batch Job State Change", job);
    let matches = "tocsin-shop-event-batch-failed matches: sent to `event`";
    let would_match = "tocsin-shop-event-batch-failed would match: would be sent to `event`";
    let bus = "no rule sees it, unless a rule where it is from sends it to this account's default \
               event bus; if it got here all the same:";
    try_event(&[], &here).code(0).prints(matches);

    let of_another_account = here.replace("111122223333", "444455556666");
    try_event(&[], &of_another_account)
        .code(0)
        .prints("the event is from account 444455556666, and the account file is for 111122223333")
        .prints(bus)
        .prints(would_match);
    let of_another_region = here.replace("eu-central-1", "us-east-1");
    try_event(&[], &of_another_region)
        .code(0)
        .prints("the event is from region us-east-1, and the account file deploys to eu-central-1")
        .prints(bus)
        .prints(would_match);

    let ended = try_event(&["--json"], &of_another_account).code(0);
    let ways: Json = serde_json::from_str(&ended.stdout).unwrap();
    let foreign = &ways[0]["foreign"];
    assert_eq!(foreign["account"], "444455556666");
    assert_eq!(foreign["region"], Json::Null);
    assert!(bus.starts_with(foreign["meaning"].as_str().unwrap()));
    let ended = try_event(&["--json"], &here).code(0);
    let ways: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ways[0].get("foreign"), None);
}

#[test]
fn an_alarm_from_elsewhere_is_said_to_be_from_there() {
    let alarm = |account: &str, region: &str| {
        json!({ "accountId": account, "region": region, "alarmData": {} }).to_string()
    };
    try_event(&[], &alarm("444455556666", "eu-central-1"))
        .code(0)
        .prints("alarms of other accounts may not invoke the function");
    try_event(&[], &alarm("111122223333", "us-east-1"))
        .code(0)
        .prints("alarms invoke functions of their own region only");
    try_event(&[], &alarm("111122223333", "eu-central-1"))
        .code(0)
        .prints("the action of an alarm matches");
}

/// A file that says nothing of accounts and regions is for whatever it is deployed to.
#[test]
fn where_the_file_does_not_say_no_event_is_from_elsewhere() {
    let file = ACCOUNT
        .replace("account: \"111122223333\"\n", "")
        .replace("regions: [eu-central-1]\n", "");
    let job = json!({ "jobName": "invoices", "status": "FAILED" });
    let there = event("aws.batch", "Batch Job State Change", job)
        .replace("111122223333", "444455556666")
        .replace("eu-central-1", "us-east-1");
    try_in(&file, &[], &there)
        .code(0)
        .prints("tocsin-shop-event-batch-failed matches: sent to `event`");
}

/// EventBridge keeps the list that it reads last, so the order in the file counts.
#[test]
fn of_two_lists_for_a_field_the_later_one_counts() {
    let pattern = "pattern: {source: [aws.batch], detail: {status: [FAILED]}}";
    let beside_then_inside = ACCOUNT.replace(
        pattern,
        "pattern:\n      status: [FAILED]\n      $or:\n        - status: [STUCK]\n        - size: [1]",
    );
    let inside_then_beside = ACCOUNT.replace(
        pattern,
        "pattern:\n      $or:\n        - status: [STUCK]\n        - size: [1]\n      status: [FAILED]",
    );
    let matches = "tocsin-shop-event-batch-failed matches";
    let warning = "`status` has two lists of values here";
    for (file, event, expected) in [
        (&beside_then_inside, json!({ "status": "STUCK" }), true),
        (
            &beside_then_inside,
            json!({ "status": "FAILED", "size": 1 }),
            true,
        ),
        (&beside_then_inside, json!({ "status": "FAILED" }), false),
        (&inside_then_beside, json!({ "status": "FAILED" }), true),
        (&inside_then_beside, json!({ "status": "STUCK" }), false),
    ] {
        let ended = try_in(file, &[], &event.to_string()).code(0).says(warning);
        assert_eq!(ended.stdout.contains(matches), expected, "{}", ended.stdout);
    }
}

#[test]
fn what_is_no_event_is_said_to_be_none() {
    try_event(&[], "nothing")
        .code(2)
        .says("- is not an event: ");
    try_event(&[], "{\"alarmData\":{}}")
        .code(0)
        .prints("the action of an alarm matches")
        .prints("a dead letter: ");
}
