//! Which resources a stack has, by the conditions of its template.
//!
//! Source: "Condition functions" in the CloudFormation user guide.

use stacks::Json;

use super::Source;

/// Removes the resources that a stack does not have, and the conditions of those that it has. What depends on
/// something that is not known stays as it is.
pub(super) fn apply(source: &Source, template: &mut Json) {
    let Some(resources) = template.get_mut("Resources").and_then(Json::as_object_mut) else {
        return;
    };
    resources.retain(|_, resource| {
        let Some(name) = resource.get("Condition") else {
            return true;
        };
        let holds = name.as_str().and_then(|name| named(source, name, 0));
        if let (Some(true), Some(fields)) = (holds, resource.as_object_mut()) {
            fields.remove("Condition");
        }
        holds != Some(false)
    });
}

/// Conditions within conditions that are followed at most: a template can name one in itself.
const DEPTH: usize = 16;

fn named(source: &Source, name: &str, depth: usize) -> Option<bool> {
    holds(source, source.template.get("Conditions")?.get(name)?, depth)
}

fn holds(source: &Source, condition: &Json, depth: usize) -> Option<bool> {
    let fields = condition.as_object().filter(|_| depth < DEPTH)?;
    let (function, argument) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let each = || {
        let parts = argument.as_array()?.iter();
        let parts = parts.map(|it| holds(source, it, depth + 1));
        parts.collect::<Option<Vec<bool>>>()
    };
    match function.as_str() {
        "Condition" => named(source, argument.as_str()?, depth + 1),
        "Fn::Not" => Some(!*each()?.first()?),
        "Fn::And" => Some(each()?.into_iter().all(|it| it)),
        "Fn::Or" => Some(each()?.into_iter().any(|it| it)),
        "Fn::Equals" => {
            let [a, b] = argument.as_array()?.as_slice() else {
                return None;
            };
            Some(value(source, a)? == value(source, b)?)
        }
        _ => None,
    }
}

fn value<'a>(source: &'a Source, json: &'a Json) -> Option<&'a str> {
    if let Some(text) = json.as_str() {
        return Some(text);
    }
    match json.get("Ref")?.as_str()? {
        "AWS::Region" => Some(&source.region),
        name => source.parameters.get(name).map(String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The resources that are left of one with this condition, where `List` is empty and `Absent` not known.
    fn left(condition: &Json) -> Json {
        let template = json!({
            "Conditions": { "It": condition, "Itself": { "Condition": "Itself" } },
            "Resources": { "One": { "Type": "T", "Condition": "It" } },
        });
        let source = Source {
            template: template.clone(),
            parameters: [("List".to_owned(), String::new())].into(),
            region: "us-east-1".to_owned(),
        };
        let mut template = template;
        apply(&source, &mut template);
        template["Resources"].clone()
    }

    #[test]
    fn a_resource_is_there_if_its_condition_holds() {
        let equals = |a: Json, b: &str| json!({ "Fn::Equals": [a, b] });
        let here = equals(json!({ "Ref": "AWS::Region" }), "us-east-1");
        let elsewhere = equals(json!({ "Ref": "AWS::Region" }), "eu-west-1");
        let empty = equals(json!({ "Ref": "List" }), "");
        let unknown = equals(json!({ "Ref": "Absent" }), "");
        let not = |it: &Json| json!({ "Fn::Not": [it] });
        let there = json!({ "One": { "Type": "T" } });
        let as_it_was = json!({ "One": { "Type": "T", "Condition": "It" } });
        for (condition, expected) in [
            (here.clone(), &there),
            (elsewhere.clone(), &json!({})),
            (empty.clone(), &there),
            (not(&empty), &json!({})),
            (not(&not(&empty)), &there),
            (json!({ "Fn::And": [here, elsewhere] }), &json!({})),
            (json!({ "Fn::Or": [here, elsewhere] }), &there),
            (json!({ "Fn::And": [here, unknown] }), &as_it_was),
            (unknown, &as_it_was),
            (json!({ "Condition": "Itself" }), &as_it_was),
            (json!({ "Fn::Equals": ["a"] }), &as_it_was),
            (json!("It"), &as_it_was),
        ] {
            assert_eq!(left(&condition), *expected, "{condition}");
        }
    }
}
