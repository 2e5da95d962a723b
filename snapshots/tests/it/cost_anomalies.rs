//! Anomalies of what an account costs: which the rule catches, where it is, and what makes them one group.

use std::fs;

use contract::names;
use runtime::{
    decision::{Decision, Finding},
    event,
};
use serde_json::{Value as Json, json};
use snapshots::{account, directory};
use stacks::{event_pattern::Scope, rules::rules};

const SAMPLES: [&str; 3] = [
    "event-DERIVED-cost-anomaly.json",
    "event-DERIVED-cost-anomaly-again.json",
    "event-DERIVED-cost-anomaly-nothing-expected.json",
];

fn sample(name: &str) -> Json {
    let text = fs::read_to_string(directory("events").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the rule hands to the function of an event; nothing if it does not catch it.
fn handed_over(event: &Json) -> Option<Json> {
    let account = account(&directory("cases/cost_report"));
    let scope = Scope {
        partition: "aws",
        region: "us-east-1",
        account: "111122223333",
        stack: account.monitor.stack.as_str(),
    };
    let name = names::rule(scope.stack, "event-cost-anomalies");
    let rules = rules(&account.monitor);
    let rule = rules.iter().find(|it| it.name(&account.monitor) == name);
    let rule = rule.unwrap();
    let input = rule.input.as_ref().unwrap();
    let is_caught = rule.pattern.matches(event, &scope);
    is_caught.then(|| input.filled(event))
}

fn finding(payload: &Json) -> Finding {
    match event::decide(payload) {
        Ok(Decision::Investigate(finding)) => *finding,
        other => panic!("no incident: {other:?}"),
    }
}

#[test]
fn samples_are_what_the_rule_hands_over() {
    for name in SAMPLES {
        let sample = sample(name);
        assert_eq!(handed_over(&sample["event"]), Some(sample), "{name}");
    }
}

#[test]
fn an_anomaly_is_caught_from_the_amount_of_the_account_file_on() {
    for (impact, is_caught) in [
        (json!(250), true),
        (json!(250.0), true),
        (json!(249.99), false),
        (json!(null), false),
    ] {
        let mut event = sample(SAMPLES[0])["event"].clone();
        event["detail"]["impact"]["totalImpact"] = impact.clone();
        assert_eq!(handed_over(&event).is_some(), is_caught, "{impact}");
    }
}

/// An anomaly that goes on is one group, and its size says whether it has grown.
#[test]
fn an_anomaly_that_goes_on_is_one_group() {
    let [first, again, other] = SAMPLES.map(|name| finding(&sample(name)));
    assert_eq!(first.group.key, again.group.key);
    assert_ne!(first.group.key, other.group.key);
    assert_ne!(first.incident.id(), again.incident.id());
    let sizes = [first, again, other].map(|it| it.group.size);
    assert_eq!(sizes, [Some(100_100), Some(120_100), Some(25_175)]);
}

/// Only one region has these events. The template is the same in each, and has the rule only there.
#[test]
fn the_rule_is_in_the_region_that_has_the_events() {
    let account = account(&directory("cases/cost_report"));
    let stacks = stacks::synthesize(&account.monitor).unwrap();
    let template = stacks[0].template.to_json();
    let rule = &template["Resources"]["RuleEventCostAnomalies"];
    let condition = rule["Condition"].as_str().unwrap();
    assert_eq!(
        template["Conditions"][condition],
        json!({ "Fn::Equals": [{ "Ref": "AWS::Region" }, "us-east-1"] })
    );
}
