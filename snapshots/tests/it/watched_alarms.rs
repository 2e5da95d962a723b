//! Which alarms the rule for existing alarms catches: wildcards, exceptions and regions.

use contract::{AlarmSettings, Priority};
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

/// An account file of two regions that watches these.
fn account(watched: &str) -> config::Account {
    let text = format!(
        "name: x\nregions: [eu-central-1, us-east-1]\nops-topic: ops\nwatched-alarms: {watched}\n"
    );
    let context = Context {
        file_stem: None,
        host: Architecture::Arm64,
    };
    let (account, problems) = config::parse(&text, context);
    account.unwrap_or_else(|| panic!("{problems:?}"))
}

/// Which alarms are caught in a region, where an account file of two regions says this.
fn caught(watched: &str, region: &str) -> Vec<&'static str> {
    let account = account(watched);
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

/// Otherwise an alarm of one region would be as urgent as an entry for another says.
#[test]
fn the_function_of_a_region_goes_by_entries_of_that_region() {
    let account = account(
        "[{name: prod-*, priority: LOW}, {name: prod-db-*, priority: CRITICAL, regions: [us-east-1]}, \
         {name: test-*, regions: [us-east-1]}]",
    );
    let template = account.synthesize().unwrap()[0].template.to_json();
    let variables =
        &template["Resources"]["AlarmFunction"]["Properties"]["Environment"]["Variables"];
    let settings = |region: &str| {
        let variables = variables.as_object().unwrap().iter();
        let variables =
            variables.filter_map(|(name, it)| Some((name.clone(), it.as_str()?.to_owned())));
        let here = [("AWS_REGION".to_owned(), region.to_owned())];
        AlarmSettings::from_env(&variables.chain(here).collect()).unwrap()
    };
    let (here, there) = (settings("eu-central-1"), settings("us-east-1"));
    assert_eq!(here.priority("prod-db-cpu", None), Priority::Low);
    assert_eq!(there.priority("prod-db-cpu", None), Priority::Critical);
    assert!(!here.knows("test-api-5xx") && there.knows("test-api-5xx"));
}

/// EventBridge says only at a deploy that a rule is too complex.
#[test]
fn many_stars_are_pointed_at() {
    for (watched, expected) in [
        ("['a*b*c*d*']", 0),
        ("['a*b*c*d*e*']", 1),
        ("['a*b*c*d*e*', '!f*g*h*i*j*', x-*]", 2),
    ] {
        let text = format!("name: x\nops-topic: ops\nwatched-alarms: {watched}\n");
        let context = Context {
            file_stem: None,
            host: Architecture::Arm64,
        };
        let (_, problems) = config::parse(&text, context);
        let warned = problems
            .iter()
            .filter(|it| it.message().contains("has 5 `*`"));
        assert_eq!(warned.count(), expected, "{watched}: {problems:?}");
    }
}

/// Not at the name of the account, which says nothing about it.
#[test]
fn too_many_entries_are_shown_where_they_stand() {
    let names: Vec<String> = (0..120)
        .map(|it| format!("team-with-a-long-name-{it:03}-*"))
        .collect();
    let text = format!(
        "name: x\nops-topic: ops\nwatched-alarms: [{}]\n",
        names.join(", ")
    );
    let context = Context {
        file_stem: None,
        host: Architecture::Arm64,
    };
    let (account, _) = config::parse(&text, context);
    let problems = account.unwrap().synthesize().unwrap_err();
    assert!(!problems.is_empty());
    for problem in problems {
        let shown = problem.render("x.yaml", &text, false);
        assert!(shown.contains("x.yaml:3:"), "{shown}");
    }
}
