//! The comparison.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Map;
use stacks::{Json, resources::type_info};

use super::{
    Action, Diff, PropertyChange, ResourceChange, Source, access::access, conditions, name_of,
};

/// What would change from `before`, if there is anything yet, to `after`.
pub fn diff(before: Option<&Source>, after: &Source) -> Diff {
    let empty = Source::default();
    let before = before.unwrap_or(&empty);
    let (old, new) = (resolved(before), resolved(after));
    let mut out = Diff::default();
    let none = Map::new();
    let section = |template: &Json, name: &str| {
        template
            .get(name)
            .and_then(Json::as_object)
            .unwrap_or(&none)
            .clone()
    };
    let (old_resources, new_resources) = (section(&old, "Resources"), section(&new, "Resources"));
    for id in keys(&old_resources, &new_resources) {
        out.resources
            .extend(resource(id, old_resources.get(id), new_resources.get(id)));
    }
    if before.template.is_null() {
        return out;
    }
    for name in [
        "Description",
        "Outputs",
        "Parameters",
        "Conditions",
        "Mappings",
        "Metadata",
    ] {
        compare(name, old.get(name), new.get(name), &mut out.other);
    }
    out
}

fn keys<'a>(a: &'a Map<String, Json>, b: &'a Map<String, Json>) -> BTreeSet<&'a String> {
    a.keys().chain(b.keys()).collect()
}

/// The template with what its conditions leave, and the values of its parameters filled in where a property is one. Code is a
/// parameter, so that new code shows as a change of the function that runs it.
fn resolved(source: &Source) -> Json {
    let mut template = source.template.clone();
    conditions::apply(source, &mut template);
    if let Some(resources) = template.get_mut("Resources") {
        fill_in(resources, &source.parameters);
    }
    template
}

fn fill_in(json: &mut Json, parameters: &BTreeMap<String, String>) {
    match json {
        Json::Object(fields) => {
            let name = fields
                .get("Ref")
                .and_then(Json::as_str)
                .filter(|_| fields.len() == 1);
            if let Some(value) = name.and_then(|name| parameters.get(name)) {
                *json = Json::String(value.clone());
            } else {
                fields
                    .values_mut()
                    .for_each(|value| fill_in(value, parameters));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| fill_in(item, parameters)),
        _ => {}
    }
}

fn resource(id: &str, old: Option<&Json>, new: Option<&Json>) -> Option<ResourceChange> {
    let type_of = |it: &Json| it["Type"].as_str().unwrap_or("unknown type").to_owned();
    let change = |resource_type, action, properties| {
        Some(ResourceChange {
            id: id.to_owned(),
            resource_type,
            name: new.or(old).and_then(name_of).map(str::to_owned),
            action,
            properties,
            access: access(id, old, new),
        })
    };
    match (old, new) {
        (None, Some(new)) => change(type_of(new), Action::Add, Vec::new()),
        (Some(old), None) => {
            let kept = old["DeletionPolicy"]
                .as_str()
                .is_some_and(|it| it.starts_with("Retain"));
            change(
                type_of(old),
                if kept { Action::Leave } else { Action::Remove },
                Vec::new(),
            )
        }
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) if old["Type"] != new["Type"] => {
            let changed = PropertyChange {
                path: "Type".to_owned(),
                before: Some(old["Type"].clone()),
                after: Some(new["Type"].clone()),
                replaces: true,
            };
            change(type_of(new), Action::Replace, vec![changed])
        }
        (Some(old), Some(new)) => {
            let mut properties = Vec::new();
            compare(
                "",
                old.get("Properties"),
                new.get("Properties"),
                &mut properties,
            );
            let action = replacement(&type_of(new), &mut properties);
            for name in [
                "DeletionPolicy",
                "UpdateReplacePolicy",
                "DependsOn",
                "Metadata",
            ] {
                compare(name, old.get(name), new.get(name), &mut properties);
            }
            change(type_of(new), action, properties)
        }
        (None, None) => None,
    }
}

/// Whether any of the changes makes CloudFormation replace the resource; marks those that do.
fn replacement(resource_type: &str, properties: &mut [PropertyChange]) -> Action {
    let Some(info) = type_info(resource_type) else {
        return Action::Modify;
    };
    let mut action = Action::Modify;
    for property in properties {
        let names = |paths: &[&str]| {
            paths.iter().any(|path| {
                let path = path.replace('/', ".");
                property.path == path
                    || property
                        .path
                        .strip_prefix(&path)
                        .is_some_and(|rest| rest.starts_with(['.', '[']))
            })
        };
        if names(info.create_only) {
            property.replaces = true;
            action = Action::Replace;
        } else if names(info.conditional_create_only) && action == Action::Modify {
            action = Action::MayReplace;
        }
    }
    action
}

/// Notes every value below `path` that differs. Lists are compared element by element.
fn compare(path: &str, old: Option<&Json>, new: Option<&Json>, out: &mut Vec<PropertyChange>) {
    if old == new {
        return;
    }
    let join = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (old, new) {
        (Some(Json::Object(a)), Some(Json::Object(b))) if !is_intrinsic(a) && !is_intrinsic(b) => {
            for key in keys(a, b) {
                compare(&join(key), a.get(key), b.get(key), out);
            }
        }
        (Some(Json::Array(a)), Some(Json::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(&format!("{path}[{index}]"), a.get(index), b.get(index), out);
            }
        }
        // What has no properties at all is an object without any.
        (None, Some(Json::Object(b))) if path.is_empty() => {
            for (key, value) in b {
                compare(key, None, Some(value), out);
            }
        }
        (Some(Json::Object(a)), None) if path.is_empty() => {
            for (key, value) in a {
                compare(key, Some(value), None, out);
            }
        }
        (old, new) => out.push(PropertyChange {
            path: path.to_owned(),
            before: old.cloned(),
            after: new.cloned(),
            replaces: false,
        }),
    }
}

/// An expression is one value, however it is written.
fn is_intrinsic(fields: &Map<String, Json>) -> bool {
    fields.len() == 1
        && fields
            .keys()
            .all(|key| key == "Ref" || key.starts_with("Fn::"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(resources: Json) -> Source {
        Source {
            template: json!({ "Resources": resources }),
            parameters: BTreeMap::new(),
            region: String::new(),
        }
    }

    fn queue(properties: Json) -> Json {
        json!({ "Queue": { "Type": "AWS::SQS::Queue", "Properties": properties } })
    }

    #[track_caller]
    fn check(before: Json, after: Json, expected: Json) {
        let diff = diff(Some(&source(before)), &source(after));
        assert_eq!(serde_json::to_value(diff.resources).unwrap(), expected);
    }

    #[test]
    fn the_same_is_no_difference() {
        let same = source(queue(json!({ "DelaySeconds": 1 })));
        assert!(diff(Some(&same), &same).is_empty());
    }

    #[test]
    fn without_a_stack_everything_is_added() {
        let after = source(queue(json!({})));
        let diff = diff(None, &after);
        assert_eq!(diff.count(&[Action::Add]), 1);
    }

    #[test]
    fn a_property_changes_where_it_is() {
        check(
            queue(json!({ "DelaySeconds": 1, "Tags": [{ "Key": "a", "Value": "b" }] })),
            queue(
                json!({ "DelaySeconds": 2, "Tags": [{ "Key": "a", "Value": "c" }], "FifoThroughputLimit": "x" }),
            ),
            json!([{
                "id": "Queue",
                "type": "AWS::SQS::Queue",
                "action": "modify",
                "properties": [
                    { "path": "DelaySeconds", "before": 1, "after": 2 },
                    { "path": "FifoThroughputLimit", "after": "x" },
                    { "path": "Tags[0].Value", "before": "b", "after": "c" },
                ],
            }]),
        );
    }

    #[test]
    fn a_create_only_property_replaces() {
        check(
            queue(json!({ "QueueName": "a", "DelaySeconds": 1 })),
            queue(json!({ "QueueName": { "Fn::Sub": "b" }, "DelaySeconds": 1 })),
            json!([{
                "id": "Queue",
                "type": "AWS::SQS::Queue",
                "action": "replace",
                "properties": [
                    { "path": "QueueName", "before": "a", "after": { "Fn::Sub": "b" }, "replaces": true },
                ],
            }]),
        );
    }

    #[test]
    fn what_is_retained_is_left_and_not_removed() {
        let gone = json!({ "Queue": { "Type": "AWS::SQS::Queue" } });
        let kept = json!({ "Queue": { "Type": "AWS::SQS::Queue", "DeletionPolicy": "RetainExceptOnCreate" } });
        for (before, action) in [(gone, "remove"), (kept, "leave")] {
            check(
                before,
                json!({}),
                json!([{ "id": "Queue", "type": "AWS::SQS::Queue", "action": action, "properties": [] }]),
            );
        }
    }

    #[test]
    fn new_code_is_a_change_of_the_function() {
        let template = json!({ "Resources": { "F": {
            "Type": "AWS::Lambda::Function",
            "Properties": { "Code": { "S3Key": { "Ref": "Key" } } },
        } } });
        let with = |key: &str| Source {
            template: template.clone(),
            parameters: BTreeMap::from([("Key".to_owned(), key.to_owned())]),
            region: String::new(),
        };
        let diff = diff(Some(&with("a")), &with("b"));
        assert_eq!(
            serde_json::to_value(&diff.resources[0].properties).unwrap(),
            json!([{ "path": "Code.S3Key", "before": "a", "after": "b" }])
        );
    }
}
