//! What a deploy would change: a template against the one that is deployed. Pure.

mod access;
mod compare;
mod conditions;
mod render;
mod shorten;

use std::collections::BTreeMap;

use serde::Serialize;
use stacks::Json;

pub use access::AccessChange;
pub use compare::diff;
pub use render::render;

/// The types of resources that hold data.
const DATA: [&str; 6] = [
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];

/// Whether resources of a type hold data that a replacement does not bring back.
pub fn holds_data(resource_type: &str) -> bool {
    DATA.contains(&resource_type)
}

/// What people know a resource by: the name that its template gives it, if it does.
pub fn name_of(resource: &Json) -> Option<&str> {
    let properties = &resource["Properties"];
    let names = ["AlarmName", "Name", "FunctionName", "LogGroupName"];
    names.iter().find_map(|it| properties[it].as_str())
}

/// A template and the values of its parameters, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    /// The template.
    pub template: Json,
    /// The values of its parameters, by name.
    pub parameters: BTreeMap<String, String>,
    /// The region that it is deployed to.
    pub region: String,
}

/// What would change in one stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// Resources, in the order of their logical IDs.
    pub resources: Vec<ResourceChange>,
    /// Everything else: the description, outputs, parameters.
    pub other: Vec<PropertyChange>,
}

/// What would happen to one resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceChange {
    /// The logical ID.
    pub id: String,
    /// The registry's name of the type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// What people know it by, if its template names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What would happen to it.
    pub action: Action,
    /// What would change in it; empty for what is added or removed as a whole.
    pub properties: Vec<PropertyChange>,
    /// Who may do more or less by it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<AccessChange>,
}

/// What would happen to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It is made.
    Add,
    /// It is deleted.
    Remove,
    /// It leaves the stack and stays in the account.
    Leave,
    /// It is changed where it is.
    Modify,
    /// It may have to be made anew: that depends on more than the template says.
    MayReplace,
    /// It is made anew, and the old one deleted.
    Replace,
}

/// A value that would change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropertyChange {
    /// Where it is, such as `Code.S3Key`.
    pub path: String,
    /// What it is now; nothing for what is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// What it would be; nothing for what goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
    /// Whether this is why the resource is replaced.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaces: bool,
}

impl Diff {
    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.other.is_empty()
    }

    /// How many resources each action would happen to.
    pub fn count(&self, actions: &[Action]) -> usize {
        self.resources
            .iter()
            .filter(|change| actions.contains(&change.action))
            .count()
    }
}
