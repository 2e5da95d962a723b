//! The entries of a template's sections, as CloudFormation reads them.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::json;

use super::{Attributes, ConditionName, ParameterType, Policy};
use crate::{
    json::{Json, ToJson},
    suppression,
};

/// The parts of a resource, without its properties.
pub(super) fn beside_properties<'a>(
    resource_type: &str,
    attributes: &Attributes,
) -> BTreeMap<&'static str, Cow<'a, Json>> {
    let depends_on = (!attributes.depends_on.is_empty()).then(|| attributes.depends_on.to_json());
    let condition = attributes.condition.as_ref();
    let parts = [
        ("Type", Some(Json::from(resource_type))),
        ("Condition", condition.map(|ConditionName(id)| id.to_json())),
        (
            "DeletionPolicy",
            attributes.deletion_policy.map(|it| it.to_json()),
        ),
        (
            "UpdateReplacePolicy",
            attributes.update_replace_policy.map(|it| it.to_json()),
        ),
        ("DependsOn", depends_on),
        ("Metadata", metadata(attributes, resource_type)),
    ];
    let parts = parts.into_iter();
    let parts = parts.filter_map(|(name, it)| Some((name, Cow::Owned(it?))));
    parts.collect()
}

/// Whether these properties are written: no resource has to have any.
pub(super) fn is_any(properties: &Json) -> bool {
    properties.as_object().is_none_or(|it| !it.is_empty())
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

/// A parameter, without a default.
pub(super) fn parameter(kind: ParameterType, description: &str) -> Json {
    json!({ "Type": kind.to_json(), "Description": description })
}

/// An output.
pub(super) fn output(description: &str, value: &dyn ToJson) -> Json {
    json!({ "Description": description, "Value": value.to_json() })
}

impl ToJson for ParameterType {
    fn to_json(&self) -> Json {
        Json::from(match self {
            Self::String => "String",
            Self::Subnets => "List<AWS::EC2::Subnet::Id>",
            Self::SecurityGroups => "List<AWS::EC2::SecurityGroup::Id>",
        })
    }
}

impl ToJson for Policy {
    fn to_json(&self) -> Json {
        Json::from(match self {
            Self::Delete => "Delete",
            Self::Retain => "Retain",
            Self::RetainExceptOnCreate => "RetainExceptOnCreate",
        })
    }
}
