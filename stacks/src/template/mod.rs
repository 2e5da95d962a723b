//! The template: what CloudFormation reads. Its properties are JSON from the first resource on, and text only where
//! they are written.

mod section;
mod text;

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    marker::PhantomData,
};

use serde_json::json;

use crate::{
    json::{Json, ToJson},
    logical_id::LogicalId,
    suppression::{self, Reason},
    value::Value,
};

/// A resource type of the CloudFormation registry.
pub trait Resource: ToJson {
    /// The registry's name, such as `AWS::SQS::Queue`.
    const TYPE: &'static str;
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

/// A resource. What it says to validators is the same for thousands of alarms, and becomes JSON only where the
/// template is read.
#[derive(Debug)]
struct Declared {
    /// The path in the model that its logical ID is made of.
    origin: String,
    resource_type: &'static str,
    attributes: Attributes,
    properties: Json,
}

/// A CloudFormation template.
#[derive(Debug)]
pub struct Template {
    /// Everything but the resources.
    head: Json,
    resources: BTreeMap<LogicalId, Declared>,
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
            head: json!({
                "AWSTemplateFormatVersion": "2010-09-09",
                "Description": description.into(),
                "Metadata": suppression::of_template(),
            }),
            resources: BTreeMap::new(),
        }
    }

    /// Adds a resource. Its logical ID is `path`; see [`LogicalId::from_path`].
    ///
    /// # Errors
    ///
    /// Returns a [`DuplicateLogicalId`] with both paths if the template has a resource with this logical ID
    /// already.
    pub fn add<R: Resource>(
        &mut self,
        path: &[&str],
        resource: &R,
    ) -> Result<Handle<R>, DuplicateLogicalId> {
        self.add_with(path, resource, Attributes::default())
    }

    /// Adds a resource with attributes beside its properties.
    ///
    /// # Errors
    ///
    /// Returns a [`DuplicateLogicalId`] with both paths if the template has a resource with this logical ID
    /// already.
    pub fn add_with<R: Resource>(
        &mut self,
        path: &[&str],
        resource: &R,
        attributes: Attributes,
    ) -> Result<Handle<R>, DuplicateLogicalId> {
        let id = LogicalId::from_path(path);
        let origin = format!("`{}`", path.join(" / "));
        match self.resources.entry(id.clone()) {
            Entry::Occupied(taken) => {
                return Err(DuplicateLogicalId {
                    id,
                    first: taken.get().origin.clone(),
                    second: origin,
                });
            }
            Entry::Vacant(slot) => slot.insert(Declared {
                origin,
                resource_type: R::TYPE,
                attributes,
                properties: resource.to_json(),
            }),
        };
        Ok(Handle {
            id,
            kind: PhantomData,
        })
    }

    fn put(&mut self, section: &str, id: &LogicalId, json: Json) {
        self.head[section][id.as_str()] = json;
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
        self.put("Parameters", &id, section::parameter(kind, description));
        value
    }

    /// Declares the condition that a value, which only whoever deploys knows, is not empty.
    pub fn condition_of_presence(&mut self, name: &str, value: &Value<String>) -> ConditionName {
        let id = LogicalId::from(name);
        let is_empty = json!({ "Fn::Equals": [value.to_json(), ""] });
        self.put("Conditions", &id, json!({ "Fn::Not": [is_empty] }));
        ConditionName(id)
    }

    /// Declares the condition that the stack is in this region.
    pub fn condition_of_region(&mut self, name: &str, region: &str) -> ConditionName {
        let id = LogicalId::from(name);
        let here = json!({ "Ref": "AWS::Region" });
        self.put("Conditions", &id, json!({ "Fn::Equals": [here, region] }));
        ConditionName(id)
    }

    /// Declares the condition that the stack is in one of these regions; none where there are none.
    ///
    /// `Fn::Or` takes two to ten. Source: "Condition functions" in the CloudFormation user guide.
    pub fn condition_of_regions(&mut self, regions: &[String]) -> Option<ConditionName> {
        let (first, rest) = regions.split_first()?;
        let mut path = vec!["In"];
        path.extend(regions.iter().map(String::as_str));
        let id = LogicalId::from_path(&path);
        let is = |region: &str| json!({ "Fn::Equals": [{ "Ref": "AWS::Region" }, region] });
        let condition = rest.iter().fold(
            is(first),
            |any, region| json!({ "Fn::Or": [any, is(region)] }),
        );
        self.put("Conditions", &id, condition);
        Some(ConditionName(id))
    }

    /// Declares what the deployed stack shows under `name`.
    pub fn output(&mut self, name: &str, description: &'static str, value: &dyn ToJson) {
        let id = LogicalId::from(name);
        self.put("Outputs", &id, section::output(description, value));
    }

    /// The template as CloudFormation reads it.
    pub fn to_json(&self) -> Json {
        text::written(serde_json::to_value(self))
    }

    /// How many resources there are.
    pub fn resource_count(&self) -> usize {
        self.resources.len()
    }

    /// How many parameters there are.
    pub fn parameter_count(&self) -> usize {
        self.entries("Parameters")
    }

    /// How many outputs there are.
    pub fn output_count(&self) -> usize {
        self.entries("Outputs")
    }

    fn entries(&self, section: &str) -> usize {
        self.head[section]
            .as_object()
            .map_or(0, serde_json::Map::len)
    }

    /// The logical ID and type of every resource, in the order of the IDs.
    pub fn resources(&self) -> impl Iterator<Item = (&LogicalId, &'static str)> {
        self.resources.iter().map(|(id, it)| (id, it.resource_type))
    }

    /// The properties of a resource; null where there is no such resource.
    pub fn properties(&self, id: &LogicalId) -> &Json {
        self.resources
            .get(id)
            .map_or(&Json::Null, |it| &it.properties)
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
    use crate::resources::sqs_queue::Queue;

    #[test]
    fn an_attribute_of_any_resource_is_printed() {
        let mut template = Template::new("two queues");
        let first = template.add(&["first"], &Queue::default()).unwrap();
        let attributes = Attributes {
            depends_on: vec![first.logical_id().clone()],
            metadata: Some(json!({ "Why": "a test" })),
            ..Attributes::retained()
        };
        template
            .add_with(&["second"], &Queue::default(), attributes)
            .unwrap();
        assert_eq!(
            template.to_json()["Resources"]["Second"],
            json!({
                "Type": "AWS::SQS::Queue",
                "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain",
                "DependsOn": ["First"],
                "Metadata": { "Why": "a test" },
            })
        );
    }

    #[test]
    fn a_template_is_written_as_the_json_that_it_is() {
        let mut template = Template::new("a queue");
        let queue = Queue {
            queue_name: Some("orders".to_owned().into()),
            ..Queue::default()
        };
        template.add(&["first"], &queue).unwrap();
        template.add(&["second"], &Queue::default()).unwrap();
        template.output(
            "Name",
            "what it is called",
            &Value::from("orders".to_owned()),
        );
        let json = template.to_json();
        assert_eq!(template.to_pretty(), format!("{json:#}\n"));
        assert_eq!(template.bytes(), json.to_string().len());
        assert_eq!(
            json["Resources"]["First"]["Properties"]["QueueName"],
            "orders"
        );
        assert_eq!(
            json["Resources"]["Second"],
            json!({ "Type": "AWS::SQS::Queue" })
        );
    }

    #[test]
    fn a_clash_names_both_places_and_keeps_the_first() {
        let mut template = Template::new("clash");
        template
            .add_with(&["a-b", "c"], &Queue::default(), Attributes::retained())
            .unwrap();
        let before = template.to_json();
        let clash = template.add(&["a", "b-c"], &Queue::default()).unwrap_err();
        assert_eq!(
            clash.to_string(),
            "`a-b / c` and `a / b-c` would both be the resource `ABC`: rename one of them"
        );
        assert_eq!(template.to_json(), before);
    }

    #[test]
    fn the_bytes_are_those_of_the_text_without_spaces() {
        let mut template = Template::new("ü\u{1}\"");
        assert_eq!(template.bytes(), template.to_json().to_string().len());
        template.add(&["one"], &Queue::default()).unwrap();
        template.output("One", "a text", &"value");
        assert_eq!(template.bytes(), template.to_json().to_string().len());
    }
}
