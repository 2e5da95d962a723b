//! What EventBridge patterns for ECS catch, and what they miss: the traps that make a rule either
//! fire on every deployment or sleep through a failure. The answers are those that AWS's own matcher
//! (`aws/event-ruler`) gave for the same patterns and events.

use std::fs;

use serde_json::{Value as Json, json};
use snapshots::{CONTEXT, account, directory};
use stacks::{EventPattern, event_pattern::Scope};
use synth::config;

use crate::templates::CASES;

const HERE: Scope<'_> = Scope {
    partition: "aws",
    region: "eu-central-1",
    account: "111122223333",
    stack: "tocsin-example",
};

fn recorded(name: &str) -> Json {
    let path = directory("events").join(format!("ecs-task-stopped-{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn with_detail(mut event: Json, changes: &Json) -> Json {
    for (key, value) in changes.as_object().unwrap() {
        event["detail"][key] = value.clone();
    }
    event
}

fn pattern(detail: &Json) -> EventPattern {
    EventPattern::parse(&json!({ "source": ["aws.ecs"], "detail": detail })).unwrap()
}

/// Of what an article recommends: every stop with a reason, scale-ins and deployments too.
fn stopped_for_a_reason() -> EventPattern {
    pattern(&json!({ "lastStatus": ["STOPPED"], "stoppedReason": [{ "exists": true }] }))
}

/// What scale-ins have in common they share with failed health checks.
fn not_by_scheduler_or_user() -> EventPattern {
    let known = ["ServiceSchedulerInitiated", "UserInitiated"];
    pattern(&json!({ "lastStatus": ["STOPPED"], "stopCode": [{ "anything-but": known }] }))
}

/// A scale-in often ends with 137, and what could not start has no exit code.
fn exit_code_over_zero() -> EventPattern {
    let over_zero = json!([{ "numeric": [">", 0] }]);
    pattern(&json!({ "lastStatus": ["STOPPED"], "containers": { "exitCode": over_zero } }))
}

/// Ours, for the cluster `checkout`. It lets more through than becomes an incident: no pattern can tell
/// that every container has an exit code.
fn ours() -> EventPattern {
    let monitor = account(&directory("cases/example")).monitor;
    let rules = stacks::rules::rules(&monitor);
    let rule = rules
        .iter()
        .find(|rule| rule.purpose.slug() == "ecs-tasks")
        .unwrap();
    rule.pattern.clone()
}

/// The rules of an account file that watches these clusters, by which an event comes through.
fn caught(clusters: &str, event: &Json) -> Vec<String> {
    let file = format!(
        "name: shop\naccount: \"111122223333\"\nregions: [eu-central-1]\nclusters: [{clusters}]\n"
    );
    let (account, diagnostics) = config::parse(&file, CONTEXT);
    let account = account.unwrap_or_else(|| panic!("{diagnostics:?}"));
    stacks::rules::rules(&account.monitor)
        .into_iter()
        .filter(|rule| rule.pattern.matches(event, &HERE))
        .map(|rule| rule.purpose.slug())
        .collect()
}

#[test]
fn patterns_catch_what_aws_says_they_catch() {
    let maintenance = json!({
        "stopCode": "ServiceSchedulerInitiated",
        "stoppedReason": "ECS is performing maintenance on the underlying infrastructure hosting the task.",
    });
    let sidecar = json!({ "containers": [
        { "name": "app", "exitCode": 0 },
        { "name": "proxy", "exitCode": 143 },
    ] });
    let without_a_code =
        json!({ "containers": [{ "name": "init", "exitCode": 0 }, { "name": "app" }] });
    let exit_0 = || recorded("essential-exit0-batch");
    let scale_in = || recorded("scale-in-exit137-REAL");
    let (a, c, d, e) = (
        stopped_for_a_reason(),
        not_by_scheduler_or_user(),
        ours(),
        exit_code_over_zero(),
    );
    let mut wrong = Vec::new();
    for (name, event, expected) in [
        // In each row: a reason, not by scheduler or user, ours, exit code over zero.
        (
            "scale-in with exit code 137",
            scale_in(),
            [true, false, false, true],
        ),
        (
            "failed health check",
            recorded("elb-health-check-REAL"),
            [true, false, true, true],
        ),
        (
            "batch job that ended well",
            exit_0(),
            [true, true, true, false],
        ),
        (
            "a container without an exit code beside one with 0",
            with_detail(exit_0(), &without_a_code),
            [true, true, true, false],
        ),
        (
            "task of a service that ended by itself",
            with_detail(exit_0(), &json!({ "group": "service:api" })),
            [true, true, true, false],
        ),
        (
            "image that cannot be pulled",
            recorded("cannotpull-no-exitcode"),
            [true, true, true, false],
        ),
        (
            "Spot interruption",
            recorded("spot"),
            [true, true, false, true],
        ),
        (
            "stopped by a user",
            recorded("user-initiated"),
            [true, false, false, true],
        ),
        (
            "maintenance",
            with_detail(scale_in(), &maintenance),
            [true, false, false, true],
        ),
        (
            "no code and no reason",
            recorded("no-stopcode-no-reason"),
            [false, false, true, true],
        ),
        (
            "app ended well, sidecar killed",
            with_detail(exit_0(), &sidecar),
            [true, true, true, true],
        ),
    ] {
        let here =
            json!({ "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/checkout" });
        let event = with_detail(event, &here);
        let found = [&a, &c, &d, &e].map(|pattern| pattern.matches(&event, &HERE));
        if found != expected {
            wrong.push(format!("{name}: {found:?}, and not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A deployment event names no cluster: a rule that asks for one sleeps through every failure.
#[test]
fn a_failed_deployment_is_found_by_its_service() {
    let path = directory("events/ecs-deployment-failed.json");
    let mut event: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let by_cluster = pattern(&json!({ "clusterArn": [{ "prefix": "arn:aws:ecs:" }] }));
    assert!(!by_cluster.matches(&event, &HERE));
    for (service, clusters, expected) in [
        ("checkout/api", "checkout", true),
        ("checkout/api", "checkout, payments", true),
        ("checkout/api", "\"check*\"", true),
        ("checkout/api", "\"*\"", true),
        ("checkout-2/api", "checkout", false),
        ("payments/checkout", "checkout", false),
        // Of the old format: the cluster is unknown, and watched where every cluster is.
        ("api", "\"*\"", true),
        ("api", "\"*\", checkout", true),
        ("api", "checkout", false),
        ("checkout", "checkout", false),
    ] {
        let arn = format!("arn:aws:ecs:eu-central-1:111122223333:service/{service}");
        event["resources"] = json!([arn]);
        let expected: &[&str] = if expected { &["ecs-deployments"] } else { &[] };
        assert_eq!(caught(clusters, &event), expected, "{service}, {clusters}");
    }
}

/// Whatever names its cluster and reports by itself has one rule.
#[test]
fn services_daemons_and_instances_that_report_a_failure_are_found() {
    let cluster = "arn:aws:ecs:eu-central-1:111122223333:cluster/checkout";
    let event = |kind: &str, detail: Json| {
        let event = json!({ "source": "aws.ecs", "detail-type": kind, "detail": detail });
        with_detail(event, &json!({ "clusterArn": cluster }))
    };
    for (kind, detail, expected) in [
        ("ECS Service Action", json!({ "eventType": "ERROR" }), true),
        (
            "ECS Service Action",
            json!({ "eventType": "SOMETHING_NEW" }),
            true,
        ),
        ("ECS Service Action", json!({}), true),
        ("ECS Service Action", json!({ "eventType": "INFO" }), false),
        (
            "ECS Daemon Service Action",
            json!({ "eventType": "WARNING" }),
            true,
        ),
        (
            "ECS Daemon Deployment State Change",
            json!({ "eventType": "ERROR" }),
            true,
        ),
        (
            "ECS Daemon Deployment State Change",
            json!({ "eventType": "INFO" }),
            false,
        ),
        (
            "ECS Container Instance Health Change",
            json!({ "overallStatus": "IMPAIRED" }),
            true,
        ),
        (
            "ECS Container Instance State Change",
            json!({ "agentConnected": false }),
            false,
        ),
    ] {
        let event = event(kind, detail);
        let expected: &[&str] = if expected { &["ecs-services"] } else { &[] };
        for clusters in ["checkout", "\"*\""] {
            assert_eq!(caught(clusters, &event), expected, "{event}");
        }
        assert!(caught("payments", &event).is_empty(), "{event}");
    }
}

/// `exists: false` under a list holds only where no element has the field, and where there is none.
#[test]
fn an_absent_exit_code_is_absent_from_every_container() {
    let without = pattern(&json!({ "containers": { "exitCode": [{ "exists": false }] } }));
    for (containers, expected) in [
        (json!([]), true),
        (json!([{ "name": "app" }]), true),
        (
            json!([{ "name": "app" }, { "name": "proxy", "exitCode": 0 }]),
            false,
        ),
        (json!([{ "name": "app", "exitCode": null }]), false),
    ] {
        let event = json!({ "source": "aws.ecs", "detail": { "containers": containers } });
        assert_eq!(without.matches(&event, &HERE), expected, "{event}");
    }
}

/// Of two lists of values for one field EventBridge keeps one, and in which order CloudFormation hands
/// it a pattern's fields is not documented. So no rule may have two.
#[test]
fn no_rule_has_two_lists_of_values_for_one_field() {
    for case in CASES {
        let account = account(&directory(&format!("cases/{case}")));
        for rule in stacks::rules::rules(&account.monitor) {
            let (_, replaced) = EventPattern::read(&rule.pattern.resolved(&HERE)).unwrap();
            assert!(
                replaced.is_empty(),
                "{case}, {}: {replaced:?}",
                rule.purpose.slug()
            );
        }
    }
}

/// As `aws/event-ruler` does, by its sources: see `stacks/src/event_pattern/matches.rs`.
#[test]
fn an_absent_exit_code_beside_another_field_is_absent_from_the_same_container() {
    let app = json!({ "exitCode": [{ "exists": false }], "image": ["app"], "name": ["app"] });
    let without_reason = json!({ "name": ["app"], "reason": [{ "exists": false }] });
    for (containers, expected_app, expected_without_reason) in [
        // `exitCode` comes before `name`, so it is absent from every container; `reason` comes after it.
        (
            json!([{ "name": "app", "image": "app" }, { "name": "proxy", "exitCode": 0, "reason": "x" }]),
            false,
            true,
        ),
        (json!([{ "name": "app", "image": "app" }]), true, true),
        (
            json!([{ "name": "app", "image": "app", "reason": "x" }]),
            true,
            false,
        ),
    ] {
        let event = json!({ "source": "aws.ecs", "detail": { "containers": containers } });
        let matches = |it: &Json| pattern(&json!({ "containers": it })).matches(&event, &HERE);
        assert_eq!(matches(&app), expected_app, "{event}");
        assert_eq!(matches(&without_reason), expected_without_reason, "{event}");
    }
}
