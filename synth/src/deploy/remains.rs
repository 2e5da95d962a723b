//! What becomes of the resources of a stack that is deleted.

use aws_sdk_cloudformation::types::{ResourceStatus, StackResourceSummary};
use stacks::Json;

use crate::{
    aws::{Aws, AwsError},
    diff::holds_data,
};

/// What decides whether data is named must come from CloudFormation, and not from somebody in between.
const LIST: &str = "CloudFormation ListStackResources";

/// What becomes of the resources of a stack that is deleted.
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

/// What becomes of the resources of a stack with this template when it is deleted. `created` says whether it was
/// ever made as a whole.
pub(crate) async fn remains(
    aws: &Aws,
    stack: &str,
    template: &Json,
    created: bool,
) -> Result<Remains, AwsError> {
    let mut remains = Remains::default();
    let mut page = None;
    loop {
        let request = aws
            .cloudformation()
            .list_stack_resources()
            .stack_name(stack)
            .set_next_token(page);
        let answer = aws
            .patiently(|| async {
                let answer = request.clone().send().await;
                answer
                    .map_err(|it| AwsError::call(LIST, it))
                    .and_then(|it| aws.own_answer(LIST, it))
            })
            .await?;
        for resource in answer.stack_resource_summaries.unwrap_or_default() {
            let Some(resource) = there(resource) else {
                continue;
            };
            let policy = template["Resources"][&resource.id]["DeletionPolicy"].as_str();
            // What the policy `RetainExceptOnCreate` keeps, a failed create does not.
            if policy == Some("Retain") || policy == Some("RetainExceptOnCreate") && created {
                remains.kept.push(resource);
            } else if holds_data(&resource.kind) {
                remains.deleted.push(resource);
            }
        }
        page = answer.next_token;
        if page.is_none() {
            return Ok(remains);
        }
    }
}

/// A resource that is there.
fn there(resource: StackResourceSummary) -> Option<Resource> {
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
