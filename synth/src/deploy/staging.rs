//! What must leave before the rest can be deployed.
//!
//! The name of an alarm is taken as long as any resource has it, so what moves to another stack, or
//! becomes another resource of the same one, leaves its old place first. And CloudWatch does not delete an alarm that a composite alarm looks at, so
//! composite alarms that look at what leaves go before it, and come back at the end.
//! Source: `DeleteAlarms` in the CloudWatch API reference.

use std::collections::{BTreeMap, BTreeSet};

use stacks::Json;

/// Templates by the names of their stacks.
pub(super) type Templates = BTreeMap<String, Json>;

/// What must leave first, in this order, and what moves by it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Staging {
    /// What happens to which stack.
    pub(super) steps: Vec<Step>,
    /// The names of the alarms that move from one place to another.
    pub(super) moved: BTreeSet<String>,
}

/// What happens to a stack before the rest is deployed.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// It becomes smaller.
    Shrink {
        /// Its name.
        stack: String,
        /// What is left.
        template: Json,
    },
    /// It is deleted.
    Delete {
        /// Its name.
        stack: String,
    },
}

const ALARM: &str = "AWS::CloudWatch::Alarm";
const COMPOSITE: &str = "AWS::CloudWatch::CompositeAlarm";

/// What must leave the `deployed` stacks of alarms before the `wanted` ones can be deployed. Both
/// leave the core stack out.
pub(super) fn staging(wanted: &Templates, deployed: &Templates) -> Staging {
    let homes = alarms(wanted);
    let now = alarms(deployed);
    let moved: BTreeSet<String> = now
        .iter()
        .filter(|(name, place)| homes.get(*name).is_some_and(|home| home != *place))
        .map(|(name, _)| name.clone())
        .collect();
    let leaving: BTreeSet<&String> = now
        .keys()
        .filter(|name| moved.contains(*name) || !homes.contains_key(*name))
        .collect();

    let mut steps = Vec::new();
    for (stack, template) in deployed {
        if looks_at(template, &leaving) || has_name_of(template, &homes) {
            let rest = wanted
                .get(stack)
                .map(|template| composites_that_stay(template, &homes, &now, &leaving));
            steps.push(step(stack, rest));
        }
    }
    for (stack, template) in deployed {
        if steps.iter().any(|step| step.stack() == stack) {
            continue;
        }
        let moves_out = resources(template, ALARM).any(|(_, name, _)| moved.contains(name));
        if !wanted.contains_key(stack) {
            steps.push(step(stack, None));
        } else if moves_out {
            steps.push(step(stack, Some(without(template, &moved))));
        }
    }
    Staging { steps, moved }
}

impl Step {
    /// The name of the stack.
    pub(super) fn stack(&self) -> &str {
        match self {
            Self::Shrink { stack, .. } | Self::Delete { stack } => stack,
        }
    }
}

/// A stack without resources cannot be: it is deleted.
fn step(stack: &str, rest: Option<Json>) -> Step {
    let stack = stack.to_owned();
    match rest {
        Some(template)
            if template["Resources"]
                .as_object()
                .is_some_and(|it| !it.is_empty()) =>
        {
            Step::Shrink { stack, template }
        }
        _ => Step::Delete { stack },
    }
}

/// Where an alarm is: in which stack, under which logical ID.
type Place<'a> = (&'a String, &'a String);

/// Where each metric alarm is, by the alarm's name.
fn alarms(templates: &Templates) -> BTreeMap<String, Place<'_>> {
    templates
        .iter()
        .flat_map(|(stack, template)| {
            resources(template, ALARM).map(move |(id, name, _)| (name.to_owned(), (stack, id)))
        })
        .collect()
}

/// Whether a composite alarm has the name that a metric alarm is to have.
fn has_name_of(template: &Json, homes: &BTreeMap<String, Place<'_>>) -> bool {
    resources(template, COMPOSITE).any(|(_, name, _)| homes.contains_key(name))
}

/// Logical ID, alarm name and properties of the alarms of a kind.
fn resources<'a>(
    template: &'a Json,
    kind: &'static str,
) -> impl Iterator<Item = (&'a String, &'a str, &'a Json)> {
    template["Resources"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(move |(_, resource)| resource["Type"] == kind)
        .filter_map(|(id, resource)| {
            let properties = &resource["Properties"];
            Some((id, properties["AlarmName"].as_str()?, properties))
        })
}

fn looks_at(template: &Json, leaving: &BTreeSet<&String>) -> bool {
    resources(template, COMPOSITE).any(|(_, _, properties)| {
        named_in(properties).any(|name| leaving.iter().any(|it| *it == name))
    })
}

/// The names that the rule of a composite alarm speaks of: what stands in quotes.
fn named_in(properties: &Json) -> impl Iterator<Item = &str> {
    properties["AlarmRule"]
        .as_str()
        .unwrap_or_default()
        .split('"')
        .skip(1)
        .step_by(2)
}

/// The composite alarms that can be while others leave: those that look at what is there and stays,
/// and at each other.
fn composites_that_stay(
    wanted: &Json,
    homes: &BTreeMap<String, Place<'_>>,
    now: &BTreeMap<String, Place<'_>>,
    leaving: &BTreeSet<&String>,
) -> Json {
    let mut gone: BTreeSet<&str> = homes
        .keys()
        .filter(|name| !now.contains_key(*name))
        .chain(leaving.iter().copied())
        .map(String::as_str)
        .collect();
    loop {
        let next: Vec<&str> = resources(wanted, COMPOSITE)
            .filter(|(_, name, properties)| {
                !gone.contains(name) && named_in(properties).any(|other| gone.contains(other))
            })
            .map(|(_, name, _)| name)
            .collect();
        if next.is_empty() {
            break;
        }
        gone.extend(next);
    }
    let gone = gone.into_iter().map(str::to_owned).collect();
    without(wanted, &gone)
}

/// The template without the alarms of these names.
fn without(template: &Json, names: &BTreeSet<String>) -> Json {
    let mut rest = template.clone();
    if let Some(resources) = rest["Resources"].as_object_mut() {
        resources.retain(|_, resource| {
            resource["Properties"]["AlarmName"]
                .as_str()
                .is_none_or(|name| !names.contains(name))
        });
    }
    rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shard(names: &[&str]) -> Json {
        let resources: serde_json::Map<String, Json> = names
            .iter()
            .map(|name| {
                let resource = json!({ "Type": ALARM, "Properties": { "AlarmName": name } });
                ((*name).to_owned(), resource)
            })
            .collect();
        json!({ "Resources": resources })
    }

    fn composites(rules: &[(&str, &str)]) -> Json {
        let resources: serde_json::Map<String, Json> = rules
            .iter()
            .map(|(name, rule)| {
                let properties = json!({ "AlarmName": name, "AlarmRule": rule });
                let resource = json!({ "Type": COMPOSITE, "Properties": properties });
                ((*name).to_owned(), resource)
            })
            .collect();
        json!({ "Resources": resources })
    }

    fn templates(stacks: &[(&str, Json)]) -> Templates {
        stacks
            .iter()
            .map(|(name, template)| ((*name).to_owned(), template.clone()))
            .collect()
    }

    fn shrink(stack: &str, template: Json) -> Step {
        Step::Shrink {
            stack: stack.to_owned(),
            template,
        }
    }

    fn delete(stack: &str) -> Step {
        Step::Delete {
            stack: stack.to_owned(),
        }
    }

    #[test]
    fn nothing_leaves_when_alarms_come_and_go_in_their_stacks() {
        let deployed = templates(&[("alarms-1", shard(&["a", "b"]))]);
        let wanted = templates(&[
            ("alarms-1", shard(&["b", "c"])),
            ("alarms-2", shard(&["d"])),
        ]);
        assert_eq!(staging(&wanted, &deployed), Staging::default());
        assert_eq!(staging(&wanted, &Templates::new()), Staging::default());
    }

    #[test]
    fn what_moves_leaves_first() {
        let deployed = templates(&[("alarms-1", shard(&["a", "b"]))]);
        let wanted = templates(&[("alarms-1", shard(&["a"])), ("alarms-2", shard(&["b"]))]);
        let staging = staging(&wanted, &deployed);
        assert_eq!(staging.moved, BTreeSet::from(["b".to_owned()]));
        assert_eq!(staging.steps, [shrink("alarms-1", shard(&["a"]))]);
    }

    #[test]
    fn a_stack_of_which_everything_moves_is_deleted() {
        let deployed = templates(&[("alarms-1", shard(&["a"])), ("alarms-2", shard(&["b"]))]);
        let wanted = templates(&[("alarms-1", shard(&["a", "b"]))]);
        assert_eq!(staging(&wanted, &deployed).steps, [delete("alarms-2")]);
        let wanted = templates(&[("alarms-1", shard(&["b"])), ("alarms-2", shard(&["a"]))]);
        assert_eq!(
            staging(&wanted, &deployed).steps,
            [delete("alarms-1"), delete("alarms-2")]
        );
    }

    #[test]
    fn a_stack_that_is_no_longer_wanted_is_deleted() {
        let deployed = templates(&[("alarms-2", shard(&["b"])), ("composites", composites(&[]))]);
        let staging = staging(&Templates::new(), &deployed);
        assert!(staging.moved.is_empty());
        assert_eq!(staging.steps, [delete("alarms-2"), delete("composites")]);
    }

    #[test]
    fn composites_go_before_what_they_look_at() {
        let both = composites(&[
            ("on-a", r#"ALARM("a") AND ALARM("elsewhere")"#),
            ("on-b", r#"ALARM("b")"#),
            ("on-on-b", r#"NOT (ALARM("on-b"))"#),
        ]);
        let deployed = templates(&[
            ("alarms-1", shard(&["a", "b"])),
            ("composites", both.clone()),
        ]);
        // `b` moves: what looks at it, and what looks at that, comes back at the end.
        let wanted = templates(&[
            ("alarms-1", shard(&["a"])),
            ("alarms-2", shard(&["b"])),
            ("composites", both),
        ]);
        let rest = composites(&[("on-a", r#"ALARM("a") AND ALARM("elsewhere")"#)]);
        assert_eq!(
            staging(&wanted, &deployed).steps,
            [
                shrink("composites", rest),
                shrink("alarms-1", shard(&["a"]))
            ]
        );
        // `b` is gone for good, and `c` is not there yet.
        let wanted = templates(&[
            ("alarms-1", shard(&["a", "c"])),
            ("composites", composites(&[("on-c", r#"ALARM("c")"#)])),
        ]);
        assert_eq!(staging(&wanted, &deployed).steps, [delete("composites")]);
    }

    #[test]
    fn an_alarm_that_becomes_another_resource_leaves_its_name_first() {
        let named = |id: &str| {
            let resource = json!({ "Type": ALARM, "Properties": { "AlarmName": "a" } });
            json!({ "Resources": { id: resource, "Other": { "Type": ALARM, "Properties": { "AlarmName": "b" } } } })
        };
        let deployed = templates(&[("alarms-1", named("AlarmA"))]);
        let wanted = templates(&[("alarms-1", named("ServiceA"))]);
        let staging = staging(&wanted, &deployed);
        assert_eq!(staging.moved, BTreeSet::from(["a".to_owned()]));
        let mut rest = named("AlarmA");
        rest["Resources"].as_object_mut().unwrap().remove("AlarmA");
        assert_eq!(staging.steps, [shrink("alarms-1", rest)]);
    }

    #[test]
    fn a_composite_alarm_that_becomes_a_metric_alarm_leaves_its_name_first() {
        let deployed = templates(&[
            ("alarms-1", shard(&["a"])),
            (
                "composites",
                composites(&[("c", r#"ALARM("a")"#), ("d", r#"ALARM("a")"#)]),
            ),
        ]);
        let rest = composites(&[("d", r#"ALARM("a")"#)]);
        let wanted = templates(&[
            ("alarms-1", shard(&["a", "c"])),
            ("composites", rest.clone()),
        ]);
        assert_eq!(
            staging(&wanted, &deployed).steps,
            [shrink("composites", rest)]
        );
    }

    #[test]
    fn composites_stay_where_nothing_leaves_that_they_look_at() {
        let rules = composites(&[("on-a", r#"ALARM("a")"#)]);
        let deployed = templates(&[
            ("alarms-1", shard(&["a", "b"])),
            ("composites", rules.clone()),
        ]);
        let wanted = templates(&[("alarms-1", shard(&["a"])), ("composites", rules)]);
        assert!(staging(&wanted, &deployed).steps.is_empty());
    }
}
