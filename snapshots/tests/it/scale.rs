//! A thousand clusters and twelve thousand alarms.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value as Json;
use snapshots::{CONTEXT, stacks_of};
use stacks::{Stack, rules::rules};
use synth::config;

const CLUSTERS: usize = 1_000;

fn account() -> String {
    let mut text = String::from(
        "name: large\naccount: \"111122223333\"\nregions: [eu-central-1]\nops-topic: ops\n\
         alarm-shards: 40\nclusters:\n",
    );
    for cluster in 0..CLUSTERS {
        let _ = writeln!(
            text,
            "  - name: team-{}-cluster-{cluster}\n    services:\n      api: [cpu > 80, running < desired]",
            cluster % 7
        );
    }
    text.push_str("alarms:\n");
    for alarm in 0..10 * CLUSTERS {
        let _ = writeln!(
            text,
            "  - {{name: queue-{alarm}, metric: AWS/SQS ApproximateAgeOfOldestMessage, when: \"> 900\"}}"
        );
    }
    text
}

/// The numbers are AWS's, written down here once more: a test that asked the code for its limits
/// would agree with any.
#[test]
fn a_thousand_clusters_stay_within_every_quota() {
    let (account, _) = config::parse(&account(), CONTEXT);
    let account = account.unwrap();
    let stacks = stacks_of(&account);
    let alarms: usize = stacks.iter().map(|it| it.alarms.len()).sum();
    assert_eq!(alarms, 12 * CLUSTERS);
    for stack in &stacks {
        assert!(stack.template.resource_count() <= 500, "{}", stack.name);
        assert!(
            stack.template.to_json().to_string().len() <= 1_048_576,
            "{}",
            stack.name
        );
        assert!(stack.template.output_count() <= 200, "{}", stack.name);
        assert!(stack.parameters.len() <= 200, "{}", stack.name);
    }
    let rules = rules(&account.monitor);
    assert!(rules.len() <= 300, "{} rules", rules.len());
    for rule in &rules {
        assert!(
            rule.name(&account.monitor).len() <= 64,
            "{}",
            rule.purpose.slug()
        );
        assert!(
            rule.pattern_characters() <= 2_048,
            "{}",
            rule.purpose.slug()
        );
        assert!(rule.input.is_none(), "{}", rule.purpose.slug());
    }
    policies_are_small(&stacks[0]);
}

fn policies_are_small(core: &Stack) {
    let template = core.template.to_json();
    let mut permissions: BTreeMap<String, usize> = BTreeMap::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let properties: &Json = &resource["Properties"];
        let document = properties["PolicyDocument"].to_string().len();
        match resource["Type"].as_str().unwrap() {
            "AWS::IAM::ManagedPolicy" => assert!(document <= 6_144, "{id}"),
            "AWS::SQS::QueuePolicy" => {
                assert!(document <= 8_192, "{id}");
                let statements = &properties["PolicyDocument"]["Statement"];
                assert!(statements.as_array().unwrap().len() <= 20, "{id}");
            }
            "AWS::Lambda::Permission" => {
                *permissions
                    .entry(properties["FunctionName"].to_string())
                    .or_default() += 538;
            }
            _ => {}
        }
    }
    assert!(
        permissions.values().all(|bytes| *bytes <= 20_480),
        "{permissions:?}"
    );
}

/// As few rules as fit: a cluster more changes one of them, and no other resource.
#[test]
fn one_cluster_more_is_one_rule_of_each_kind() {
    let few = account();
    let more = few.replace("clusters:\n", "clusters:\n  - one-more\n");
    let of = |text: &str| {
        let (account, _) = config::parse(text, CONTEXT);
        let core = stacks_of(&account.unwrap()).remove(0);
        let core = core.template.to_json();
        core["Resources"].as_object().unwrap().clone()
    };
    let (before, after) = (of(&few), of(&more));
    let changed: Vec<&String> = after
        .iter()
        .filter(|(id, resource)| before.get(*id) != Some(*resource))
        .map(|(id, _)| id)
        .collect();
    assert!(before.keys().all(|id| after.contains_key(id)));
    // Each rule has an alarm on the events that it could neither hand over nor keep.
    let (rules, others): (Vec<&String>, Vec<&String>) =
        changed.iter().partition(|id| id.starts_with("RuleEcs"));
    assert!((3..=6).contains(&rules.len()), "{changed:?}");
    let are_alarms = others.iter().all(|id| id.starts_with("Pipeline"));
    assert!(others.len() <= rules.len() && are_alarms, "{changed:?}");
}
