//! The template: what CloudFormation reads. Built once, then only printed.

mod print;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    marker::PhantomData,
};

use serde_json::json;

use crate::{
    json::{Json, ToJson},
    logical_id::LogicalId,
    suppression::Reason,
    value::Value,
};

/// A resource type of the CloudFormation registry.
pub trait Resource: ToJson {
    /// The registry's name, such as `AWS::SQS::Queue`.
    const TYPE: &'static str;
}

/// A resource of a type that nobody generated: the registry's name, and properties as they are.
#[derive(Debug)]
pub struct Raw {
    /// The registry's name, such as `AWS::S3::Bucket`.
    pub resource_type: &'static str,
    /// The properties, not checked by anyone before CloudFormation.
    pub properties: Json,
}

/// A resource in a template. What it yields when deployed are methods of its type's handle.
pub struct Handle<R> {
    id: LogicalId,
    kind: PhantomData<fn() -> R>,
}

/// What CloudFormation does with a resource that leaves the template, or is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Delete it, which is the default.
    Delete,
    /// Leave it in the account.
    Retain,
    /// Leave it, unless the operation that creates it fails.
    RetainExceptOnCreate,
}

/// The attributes that any resource can have beside its properties.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// What happens when the resource leaves the template.
    pub deletion_policy: Option<Policy>,
    /// What happens to the old resource when an update replaces it.
    pub update_replace_policy: Option<Policy>,
    /// Resources that must be there first, beyond those that a property refers to.
    pub depends_on: Vec<LogicalId>,
    /// Why rules of validators are not followed.
    pub suppressed: Vec<Reason>,
    /// Further notes for tools.
    pub metadata: Option<Json>,
    /// The condition without which the resource is not made.
    pub condition: Option<ConditionName>,
}

/// A condition of a template, by its name.
#[derive(Clone, Debug)]
pub struct ConditionName(LogicalId);

/// A parameter of a template: a value that whoever deploys must give.
#[derive(Debug)]
struct Parameter {
    kind: ParameterType,
    description: &'static str,
}

/// What a parameter holds. CloudFormation checks that what an ID names is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// A text.
    String,
    /// IDs of subnets.
    Subnets,
    /// IDs of security groups.
    SecurityGroups,
}

/// A value that a deployed stack shows.
#[derive(Debug)]
struct Output {
    description: &'static str,
    value: Json,
}

/// A resource as it is printed: large accounts have tens of thousands, and text is the smallest form
/// of them.
#[derive(Debug)]
struct Body {
    origin: String,
    resource_type: &'static str,
    text: String,
}

/// A CloudFormation template.
#[derive(Debug)]
pub struct Template {
    description: String,
    conditions: BTreeMap<LogicalId, Json>,
    parameters: BTreeMap<LogicalId, Parameter>,
    resources: BTreeMap<LogicalId, Body>,
    outputs: BTreeMap<LogicalId, Output>,
}

/// Two parts of a model lead to one logical ID.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{first} and {second} would both be the resource `{id}`: rename one of them")]
pub struct DuplicateLogicalId {
    /// The ID that both want.
    pub id: LogicalId,
    /// What has it.
    pub first: String,
    /// What wants it too.
    pub second: String,
}

impl Template {
    /// An empty template.
    pub fn new(description: impl Into<String>) -> Self {
        Self {
            description: description.into(),
            conditions: BTreeMap::new(),
            parameters: BTreeMap::new(),
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
        }
    }

    /// Adds a resource. Its logical ID is `path`; see [`LogicalId::from_path`].
    pub fn add<R: Resource>(
        &mut self,
        path: &[&str],
        resource: &R,
    ) -> Result<Handle<R>, DuplicateLogicalId> {
        self.add_with(path, resource, Attributes::default())
    }

    /// Adds a resource with attributes beside its properties.
    pub fn add_with<R: Resource>(
        &mut self,
        path: &[&str],
        resource: &R,
        attributes: Attributes,
    ) -> Result<Handle<R>, DuplicateLogicalId> {
        let id = self.insert(path, R::TYPE, resource.to_json(), attributes)?;
        Ok(Handle {
            id,
            kind: PhantomData,
        })
    }

    /// Adds a resource of a type that nobody generated.
    pub fn add_raw(
        &mut self,
        path: &[&str],
        resource: Raw,
        attributes: Attributes,
    ) -> Result<Handle<Raw>, DuplicateLogicalId> {
        let id = self.insert(
            path,
            resource.resource_type,
            resource.properties,
            attributes,
        )?;
        Ok(Handle {
            id,
            kind: PhantomData,
        })
    }

    fn insert(
        &mut self,
        path: &[&str],
        resource_type: &'static str,
        properties: Json,
        attributes: Attributes,
    ) -> Result<LogicalId, DuplicateLogicalId> {
        let id = LogicalId::from_path(path);
        let origin = format!("`{}`", path.join(" / "));
        match self.resources.entry(id.clone()) {
            Entry::Occupied(taken) => Err(DuplicateLogicalId {
                id,
                first: taken.get().origin.clone(),
                second: origin,
            }),
            Entry::Vacant(slot) => {
                let text = print::resource(resource_type, &attributes, &properties);
                slot.insert(Body {
                    origin,
                    resource_type,
                    text,
                });
                Ok(id)
            }
        }
    }

    /// Declares a parameter and returns its value. It has no default: who deploys must give it.
    pub fn parameter<T>(
        &mut self,
        name: &str,
        kind: ParameterType,
        description: &'static str,
    ) -> Value<T> {
        let id = LogicalId::from(name);
        let value = Value::reference(&id);
        self.parameters.insert(id, Parameter { kind, description });
        value
    }

    /// Declares the condition that a value, which only whoever deploys knows, is not empty.
    pub fn condition_of_presence(&mut self, name: &str, value: &Value<String>) -> ConditionName {
        let is_empty = json!({ "Fn::Equals": [value.to_json(), ""] });
        let id = LogicalId::from(name);
        let condition = json!({ "Fn::Not": [is_empty] });
        self.conditions.insert(id.clone(), condition);
        ConditionName(id)
    }

    /// Declares what the deployed stack shows under `name`.
    pub fn output(&mut self, name: &str, description: &'static str, value: &dyn ToJson) {
        let output = Output {
            description,
            value: value.to_json(),
        };
        self.outputs.insert(LogicalId::from(name), output);
    }

    /// How many resources there are.
    pub fn resource_count(&self) -> usize {
        self.resources.len()
    }

    /// How many parameters there are.
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// How many outputs there are.
    pub fn output_count(&self) -> usize {
        self.outputs.len()
    }

    /// The logical ID and type of every resource, in the order of the IDs.
    pub fn resources(&self) -> impl Iterator<Item = (&LogicalId, &'static str)> {
        self.resources
            .iter()
            .map(|(id, body)| (id, body.resource_type))
    }

    /// The properties of a resource; nothing where there is no such resource.
    pub fn properties(&self, id: &LogicalId) -> Json {
        let text = self.resources.get(id).map_or("", |body| &body.text);
        let mut resource: Json = serde_json::from_str(text).unwrap_or_default();
        resource
            .get_mut("Properties")
            .map(Json::take)
            .unwrap_or_default()
    }
}

impl Attributes {
    /// For what holds data: it outlives its stack, unless creating the stack fails.
    pub fn retained() -> Self {
        Self {
            deletion_policy: Some(Policy::RetainExceptOnCreate),
            update_replace_policy: Some(Policy::Retain),
            ..Self::default()
        }
    }

    /// The same, without following some rules of validators.
    #[must_use]
    pub fn but(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.suppressed.extend(reasons);
        self
    }

    /// For what goes with its stack, said in so many words.
    pub fn deleted() -> Self {
        Self {
            deletion_policy: Some(Policy::Delete),
            update_replace_policy: Some(Policy::Delete),
            ..Self::default()
        }
    }
}

impl From<Reason> for Attributes {
    fn from(reason: Reason) -> Self {
        Self::default().but([reason])
    }
}

impl<R> Handle<R> {
    /// The resource's logical ID.
    pub fn logical_id(&self) -> &LogicalId {
        &self.id
    }
}

impl Handle<Raw> {
    /// An attribute of a type that nobody generated, taken on trust.
    pub fn attribute<T>(&self, name: &'static str) -> Value<T> {
        Value::attribute(&self.id, name)
    }

    /// What `Ref` yields, taken on trust.
    pub fn reference<T>(&self) -> Value<T> {
        Value::reference(&self.id)
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            kind: PhantomData,
        }
    }
}

impl<R> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> Raw {
        Raw {
            resource_type: "AWS::S3::Bucket",
            properties: json!({}),
        }
    }

    #[test]
    fn an_attribute_of_any_resource_is_printed() {
        let mut template = Template::new("one bucket");
        let first = template
            .add_raw(&["first"], bucket(), Attributes::default())
            .unwrap();
        let attributes = Attributes {
            depends_on: vec![first.logical_id().clone()],
            metadata: Some(json!({ "Why": "a test" })),
            ..Attributes::retained()
        };
        template.add_raw(&["second"], bucket(), attributes).unwrap();
        assert_eq!(
            template.to_json()["Resources"]["Second"],
            json!({
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "DependsOn": ["First"],
                "Metadata": { "Why": "a test" },
            })
        );
    }

    #[test]
    fn a_clash_names_both_places_and_keeps_the_first() {
        let mut template = Template::new("clash");
        template
            .add_raw(&["a-b", "c"], bucket(), Attributes::retained())
            .unwrap();
        let before = template.to_json();
        let clash = template
            .add_raw(&["a", "b-c"], bucket(), Attributes::default())
            .unwrap_err();
        assert_eq!(
            clash.to_string(),
            "`a-b / c` and `a / b-c` would both be the resource `ABC`: rename one of them"
        );
        assert_eq!(template.to_json(), before);
    }
}
