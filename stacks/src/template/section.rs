//! The entries of a template's sections, as CloudFormation reads them.

use serde_json::json;

use super::{Attributes, ConditionName, ParameterType, Policy};
use crate::{
    json::{Json, ToJson},
    suppression,
};

/// A resource without its properties.
pub(super) fn beside_properties(resource_type: &'static str, attributes: &Attributes) -> Json {
    let mut resource = json!({ "Type": resource_type });
    if let Some(ConditionName(id)) = &attributes.condition {
        resource["Condition"] = id.to_json();
    }
    if let Some(policy) = attributes.deletion_policy {
        resource["DeletionPolicy"] = policy.to_json();
    }
    if let Some(policy) = attributes.update_replace_policy {
        resource["UpdateReplacePolicy"] = policy.to_json();
    }
    if !attributes.depends_on.is_empty() {
        resource["DependsOn"] = attributes.depends_on.to_json();
    }
    if let Some(metadata) = metadata(attributes, resource_type) {
        resource["Metadata"] = metadata;
    }
    resource
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
