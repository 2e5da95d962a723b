//! Which alarms the rule for existing alarms catches: wildcards, exceptions and regions.

use serde_json::json;
use stacks::{
    event_pattern::Scope,
    monitor::Architecture,
    rules::{Purpose, rules},
};
use synth::config::{self, Context};

const NAMES: [&str; 6] = [
    "prod-api-5xx",
    "prod-db-cpu",
    "test-api-5xx",
    "TargetTracking-service/x",
    "tocsin-x-pipeline-dead-letters",
    "a${b}-5xx",
];

/// Which alarms are caught in a region, where an account file of two regions says this.
fn caught(watched: &str, region: &str) -> Vec<&'static str> {
    let text = format!(
        "name: x\nregions: [eu-central-1, us-east-1]\nops-topic: ops\nwatched-alarms: {watched}\n"
    );
    let context = Context {
        file_stem: None,
        host: Architecture::Arm64,
    };
    let (account, problems) = config::parse(&text, context);
    let account = account.unwrap_or_else(|| panic!("{problems:?}"));
    let rules = rules(&account.monitor);
    let rule = rules
        .iter()
        .find(|it| matches!(it.purpose, Purpose::WatchedAlarms));
    let pattern = &rule.unwrap().pattern;
    let scope = Scope {
        partition: "aws",
        region,
        account: "111122223333",
        stack: "tocsin-x",
    };
    let event = |name: &str| {
        json!({
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "resources": [format!("arn:aws:cloudwatch:{region}:111122223333:alarm:{name}")],
            "detail": { "alarmName": name, "state": { "value": "ALARM" } },
        })
    };
    let names = NAMES.into_iter();
    names
        .filter(|it| pattern.matches(&event(it), &scope))
        .collect()
}

#[test]
fn wildcards_and_exceptions_are_matched() {
    for (watched, expected) in [
        ("[prod-*]", &["prod-api-5xx", "prod-db-cpu"][..]),
        ("['*-5xx']", &["prod-api-5xx", "test-api-5xx", "a${b}-5xx"]),
        ("[prod-*-5xx, test-*]", &["prod-api-5xx", "test-api-5xx"]),
        (
            "['*', '!TargetTracking-*']",
            &["prod-api-5xx", "prod-db-cpu", "test-api-5xx", "a${b}-5xx"],
        ),
        ("[all, '!*-5xx', '!Target*']", &["prod-db-cpu"]),
        ("[prod-*, '!*-cpu']", &["prod-api-5xx"]),
        ("['a${*', prod-db-*, '!*-cpu']", &["a${b}-5xx"]),
    ] {
        assert_eq!(caught(watched, "eu-central-1"), expected, "{watched}");
    }
}

#[test]
fn an_entry_can_be_of_one_region() {
    let watched =
        "[prod-*, {name: test-*, regions: [us-east-1]}, {name: '*-cpu', regions: [eu-central-1]}]";
    for (region, expected) in [
        (
            "us-east-1",
            &["prod-api-5xx", "prod-db-cpu", "test-api-5xx"][..],
        ),
        ("eu-central-1", &["prod-api-5xx", "prod-db-cpu"]),
    ] {
        assert_eq!(caught(watched, region), expected, "{region}");
    }
    let all = "[{name: all, regions: [us-east-1]}]";
    assert_eq!(caught(all, "eu-central-1"), [""; 0]);
    assert_eq!(caught(all, "us-east-1").len(), 5);
}
