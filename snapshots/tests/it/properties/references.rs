//! What resources of a template refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use snapshots::directory;

/// The attributes that each resource type has when it is deployed, from the registry's schemas.
pub(crate) fn attributes() -> BTreeMap<String, BTreeSet<String>> {
    let schemas = std::fs::read_dir(directory("../stacks/schemas")).unwrap();
    let mut attributes: BTreeMap<String, BTreeSet<String>> = schemas
        .filter_map(|entry| {
            let path = entry.unwrap().path();
            let text = (path.extension()? == "json").then(|| std::fs::read_to_string(&path))?;
            let schema: Json = serde_json::from_str(&text.unwrap()).unwrap();
            let names = schema["readOnlyProperties"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|it| it.as_str()?.strip_prefix("/properties/"))
                .map(str::to_owned)
                .collect();
            Some((schema["typeName"].as_str()?.to_owned(), names))
        })
        .collect();
    // Documented beside the schema: "Return values" of `AWS::SQS::Queue` in the CloudFormation
    // template reference.
    attributes
        .entry("AWS::SQS::Queue".to_owned())
        .or_default()
        .insert("QueueName".to_owned());
    attributes
}

/// The resource types that can have tags.
pub(crate) fn taggable() -> BTreeSet<String> {
    let schemas = std::fs::read_dir(directory("../stacks/schemas")).unwrap();
    schemas
        .filter_map(|entry| {
            let text = std::fs::read_to_string(entry.unwrap().path()).ok()?;
            let schema: Json = serde_json::from_str(&text).ok()?;
            schema["properties"].get("Tags")?;
            Some(schema["typeName"].as_str()?.to_owned())
        })
        .collect()
}

/// Everything that a resource or an output refers to: a logical ID, and an attribute of it if that
/// is what is wanted.
pub(crate) fn references(json: &Json) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    collect(json, &mut found);
    found
}

fn collect(json: &Json, found: &mut Vec<(String, Option<String>)>) {
    match json {
        Json::Array(items) => items.iter().for_each(|it| collect(it, found)),
        Json::Object(fields) => {
            for (key, value) in fields {
                match key.as_str() {
                    "Ref" => found.push((value.as_str().unwrap().to_owned(), None)),
                    "Fn::GetAtt" => found.push((
                        value[0].as_str().unwrap().to_owned(),
                        Some(value[1].as_str().unwrap().to_owned()),
                    )),
                    "DependsOn" => found.extend(
                        value
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(|it| (it.as_str().unwrap().to_owned(), None)),
                    ),
                    "Fn::Sub" => substituted(value, found),
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

/// What a text speaks of in `${..}`, other than the names that it brings along.
fn substituted(sub: &Json, found: &mut Vec<(String, Option<String>)>) {
    let (text, names) = if let Json::String(text) = sub {
        (text.as_str(), BTreeSet::new())
    } else {
        let names = sub[1].as_object().unwrap();
        collect(&sub[1], found);
        let names = names.keys().map(String::as_str).collect();
        (sub[0].as_str().unwrap(), names)
    };
    for part in text.split("${").skip(1) {
        let name = part.split('}').next().unwrap();
        if name.starts_with('!') || names.contains(name) {
            continue;
        }
        match name.split_once('.') {
            Some((id, attribute)) => found.push((id.to_owned(), Some(attribute.to_owned()))),
            None => found.push((name.to_owned(), None)),
        }
    }
}

/// Whether something leads back to itself.
pub(crate) fn has_cycle(edges: &BTreeMap<String, BTreeSet<String>>) -> bool {
    let mut waiting = edges.clone();
    loop {
        let ready: Vec<String> = waiting
            .iter()
            .filter(|(_, to)| to.iter().all(|it| !waiting.contains_key(it)))
            .map(|(id, _)| id.clone())
            .collect();
        if ready.is_empty() {
            return !waiting.is_empty();
        }
        for id in ready {
            waiting.remove(&id);
        }
    }
}
