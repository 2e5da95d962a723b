//! What a first deploy that failed has left behind.

use aws_sdk_cloudformation::{
    Client,
    types::{ResourceStatus, StackResource},
};
use stacks::Json;

use crate::aws::AwsError;

/// What becomes of the resources of a stack that is deleted to be made again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// What is deleted with it, as far as it holds data.
    pub deleted: Vec<Resource>,
    /// What stays in the account, and belongs to no stack then.
    pub kept: Vec<Resource>,
}

/// A resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its logical ID.
    pub id: String,
    /// Its type, such as `AWS::SQS::Queue`.
    pub kind: String,
    /// Its physical name.
    pub name: String,
}

/// The types of resources that hold data.
const DATA: [&str; 6] = [
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
];

/// What becomes of the resources of a stack with this template when it is deleted.
pub(super) async fn remains(
    cloudformation: &Client,
    stack: &str,
    template: &Json,
) -> Result<Remains, AwsError> {
    let answer = cloudformation
        .describe_stack_resources()
        .stack_name(stack)
        .send()
        .await
        .map_err(|it| AwsError::call("CloudFormation DescribeStackResources", it))?;
    let mut remains = Remains::default();
    for resource in answer.stack_resources.unwrap_or_default() {
        let Some(resource) = there(resource) else {
            continue;
        };
        let policy = &template["Resources"][&resource.id]["DeletionPolicy"];
        // What the policy `RetainExceptOnCreate` keeps, a failed create does not.
        if policy == "Retain" {
            remains.kept.push(resource);
        } else if DATA.contains(&resource.kind.as_str()) {
            remains.deleted.push(resource);
        }
    }
    Ok(remains)
}

/// A resource that is there.
fn there(resource: StackResource) -> Option<Resource> {
    let is_gone = matches!(
        resource.resource_status,
        Some(ResourceStatus::DeleteComplete)
    );
    let name = resource.physical_resource_id.filter(|it| !it.is_empty())?;
    (!is_gone).then(|| Resource {
        id: resource.logical_resource_id.unwrap_or_default(),
        kind: resource.resource_type.unwrap_or_default(),
        name,
    })
}
