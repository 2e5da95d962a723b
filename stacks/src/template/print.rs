//! Templates as the JSON that CloudFormation reads.
//!
//! Resources are printed once, when they are added: from then on a template is text that is put
//! together, and nothing of it is copied from tree to tree.

use std::collections::BTreeMap;

use super::{Attributes, ConditionName, Output, Parameter, ParameterType, Policy, Template};
use crate::{
    json::{Json, Object, ToJson},
    logical_id::LogicalId,
    suppression,
};

impl ToJson for Template {
    fn to_json(&self) -> Json {
        serde_json::from_str(&self.to_text()).unwrap_or_default()
    }
}

impl Template {
    /// The template without spaces, as CloudFormation gets it.
    pub fn to_text(&self) -> String {
        let mut text = self.all_but_resources();
        section(&mut text, "Resources", &self.resources, |it| {
            it.text.as_str().into()
        });
        text.push('}');
        text
    }

    /// The template as people read it.
    pub fn to_pretty(&self) -> String {
        let mut text = indented(&self.to_text());
        text.push('\n');
        text
    }

    /// How long the template is without spaces, in bytes.
    pub fn bytes(&self) -> usize {
        const AROUND_SECTION: usize = r#","Resources":{}}"#.len();
        const AROUND_ENTRY: usize = r#""":"#.len();
        let entries: Vec<usize> = self
            .resources
            .iter()
            .map(|(id, body)| id.as_str().len() + AROUND_ENTRY + body.text.len())
            .collect();
        let Some(commas) = entries.len().checked_sub(1) else {
            return self.to_text().len();
        };
        self.all_but_resources().len() + AROUND_SECTION + entries.iter().sum::<usize>() + commas
    }

    fn all_but_resources(&self) -> String {
        let mut text = String::from("{");
        let version = Json::from("2010-09-09").to_string();
        entry(&mut text, "AWSTemplateFormatVersion", &version);
        section(&mut text, "Conditions", &self.conditions, |it| {
            it.to_string().into()
        });
        for (name, json) in [
            ("Description", Json::from(self.description.as_str())),
            ("Metadata", suppression::of_template()),
        ] {
            entry(&mut text, name, &json.to_string());
        }
        section(&mut text, "Outputs", &self.outputs, |it| {
            it.to_json().to_string().into()
        });
        section(&mut text, "Parameters", &self.parameters, |it| {
            it.to_json().to_string().into()
        });
        text
    }
}

/// A resource without spaces.
pub(super) fn resource(resource_type: &str, attributes: &Attributes, properties: &Json) -> String {
    let mut text = String::from("{");
    if let Some(ConditionName(id)) = &attributes.condition {
        entry(&mut text, "Condition", &Json::from(id.as_str()).to_string());
    }
    if let Some(policy) = attributes.deletion_policy {
        entry(
            &mut text,
            "DeletionPolicy",
            &Json::from(policy.as_str()).to_string(),
        );
    }
    if !attributes.depends_on.is_empty() {
        entry(
            &mut text,
            "DependsOn",
            &attributes.depends_on.to_json().to_string(),
        );
    }
    if let Some(metadata) = metadata(attributes, resource_type) {
        entry(&mut text, "Metadata", &metadata.to_string());
    }
    if properties.as_object().is_none_or(|it| !it.is_empty()) {
        entry(&mut text, "Properties", &properties.to_string());
    }
    entry(&mut text, "Type", &Json::from(resource_type).to_string());
    if let Some(policy) = attributes.update_replace_policy {
        entry(
            &mut text,
            "UpdateReplacePolicy",
            &Json::from(policy.as_str()).to_string(),
        );
    }
    text.push('}');
    text
}

fn metadata(attributes: &Attributes, resource_type: &str) -> Option<Json> {
    let reasons = suppression::metadata(&attributes.suppressed, resource_type);
    match (reasons, attributes.metadata.clone()) {
        (Some(Json::Object(mut all)), Some(Json::Object(more))) => {
            all.extend(more);
            Some(Json::Object(all))
        }
        (reasons, more) => more.or(reasons),
    }
}

/// Adds `"name":json` to an object. Names are logical IDs and words of CloudFormation: letters and
/// digits.
fn entry(text: &mut String, name: &str, json: &str) {
    if !text.ends_with('{') {
        text.push(',');
    }
    text.push('"');
    text.push_str(name);
    text.push_str("\":");
    text.push_str(json);
}

fn section<'a, T>(
    text: &mut String,
    name: &str,
    entries: &'a BTreeMap<LogicalId, T>,
    print: impl Fn(&'a T) -> std::borrow::Cow<'a, str>,
) {
    if entries.is_empty() {
        return;
    }
    entry(text, name, "{");
    for (id, it) in entries {
        entry(text, id.as_str(), &print(it));
    }
    text.push('}');
}

/// JSON without spaces, with spaces and line breaks as `serde_json` sets them.
fn indented(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let mut depth = 0;
    let mut rest = compact;
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        (0..depth).for_each(|_| out.push_str("  "));
    };
    while let Some(at) = rest.find(['"', '{', '[', '}', ']', ',', ':']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let length = match found.as_bytes() {
            [b'"', ..] => {
                let length = string_length(found);
                out.push_str(found.get(..length).unwrap_or_default());
                length
            }
            [b'{', b'}', ..] | [b'[', b']', ..] => {
                out.push_str(found.get(..2).unwrap_or_default());
                2
            }
            [open @ (b'{' | b'['), ..] => {
                depth += 1;
                out.push(char::from(*open));
                line(&mut out, depth);
                1
            }
            [close @ (b'}' | b']'), ..] => {
                depth -= 1;
                line(&mut out, depth);
                out.push(char::from(*close));
                1
            }
            [b',', ..] => {
                out.push(',');
                line(&mut out, depth);
                1
            }
            _ => {
                out.push_str(": ");
                1
            }
        };
        rest = found.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// The length of the JSON string that a text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    text.bytes()
        .skip(1)
        .position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })
        .map_or(text.len(), |at| at + 2)
}

impl ToJson for Parameter {
    fn to_json(&self) -> Json {
        let mut parameter = Object::default();
        let kind = match self.kind {
            ParameterType::String => "String",
            ParameterType::Subnets => "List<AWS::EC2::Subnet::Id>",
            ParameterType::SecurityGroups => "List<AWS::EC2::SecurityGroup::Id>",
        };
        parameter.put("Type", &kind);
        parameter.put("Description", &self.description);
        parameter.into()
    }
}

impl ToJson for Output {
    fn to_json(&self) -> Json {
        let mut output = Object::default();
        output.put("Description", &self.description);
        output.put("Value", &self.value);
        output.into()
    }
}

impl Policy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_indented_as_serde_json_does_it() {
        for json in [
            json!({}),
            json!([]),
            json!("a\"b\\"),
            json!({ "a": [], "b": {}, "c": [1, -2.5, null, true], "d": { "e": ["{[,:\"\\", "\\"] } }),
            json!([[[{ "x": "ü\u{1}" }]], ["\\\""]]),
        ] {
            assert_eq!(indented(&json.to_string()), format!("{json:#}"));
        }
    }
}
