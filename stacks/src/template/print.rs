//! Templates as the JSON that CloudFormation reads.

use std::collections::BTreeMap;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Attributes, Body, Output, Parameter, ParameterType, Policy, Template};
use crate::{
    json::{Json, ToJson},
    logical_id::LogicalId,
    suppression,
};

impl ToJson for Template {
    fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Written without a copy: templates of large accounts are megabytes.
impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("AWSTemplateFormatVersion", "2010-09-09")?;
        map.serialize_entry("Description", &self.description)?;
        map.serialize_entry("Metadata", &suppression::of_template())?;
        if !self.outputs.is_empty() {
            map.serialize_entry("Outputs", &Section(&self.outputs))?;
        }
        if !self.parameters.is_empty() {
            map.serialize_entry("Parameters", &Section(&self.parameters))?;
        }
        if !self.resources.is_empty() {
            map.serialize_entry("Resources", &Section(&self.resources))?;
        }
        map.end()
    }
}

struct Section<'a, T>(&'a BTreeMap<LogicalId, T>);

impl<T: Serialize> Serialize for Section<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, entry)| (id.as_str(), entry)))
    }
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Description", self.description)?;
        map.serialize_entry("Value", &self.value)?;
        map.end()
    }
}

impl Serialize for Parameter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = match self.kind {
            ParameterType::String => "String",
            ParameterType::Subnets => "List<AWS::EC2::Subnet::Id>",
            ParameterType::SecurityGroups => "List<AWS::EC2::SecurityGroup::Id>",
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("Description", self.description)?;
        map.serialize_entry("Type", kind)?;
        map.end()
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Attributes {
            deletion_policy,
            update_replace_policy,
            depends_on,
            ..
        } = &self.attributes;
        let mut map = serializer.serialize_map(None)?;
        if let Some(policy) = deletion_policy {
            map.serialize_entry("DeletionPolicy", policy.as_str())?;
        }
        if !depends_on.is_empty() {
            let ids: Vec<&str> = depends_on.iter().map(LogicalId::as_str).collect();
            map.serialize_entry("DependsOn", &ids)?;
        }
        if let Some(metadata) = self.metadata() {
            map.serialize_entry("Metadata", &metadata)?;
        }
        if self
            .properties
            .as_object()
            .is_none_or(|properties| !properties.is_empty())
        {
            map.serialize_entry("Properties", &self.properties)?;
        }
        map.serialize_entry("Type", self.resource_type)?;
        if let Some(policy) = update_replace_policy {
            map.serialize_entry("UpdateReplacePolicy", policy.as_str())?;
        }
        map.end()
    }
}

impl Body {
    fn metadata(&self) -> Option<Json> {
        let reasons = suppression::metadata(&self.attributes.suppressed, self.resource_type);
        match (reasons, self.attributes.metadata.clone()) {
            (Some(Json::Object(mut all)), Some(Json::Object(more))) => {
                all.extend(more);
                Some(Json::Object(all))
            }
            (reasons, more) => more.or(reasons),
        }
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
