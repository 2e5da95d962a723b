//! Deletes stacks, and says what stays.

use stacks::Json;

use super::{DeployError, Deployer, StackStatus, describe, events};
use crate::aws::{Aws, AwsError};

/// Whether there was anything to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The stack is gone.
    Deleted,
    /// There was none.
    Absent,
}

impl Deployer<'_> {
    /// Deletes a stack and waits until it is gone.
    pub async fn remove(&self, stack: &str) -> Result<Removed, DeployError> {
        let cloudformation = self.region.aws.cloudformation();
        let Some(found) = describe(&cloudformation, stack).await? else {
            return Ok(Removed::Absent);
        };
        if found.status == StackStatus::DeleteComplete {
            return Ok(Removed::Absent);
        }
        let baseline = events::newest(&cloudformation, stack).await;
        cloudformation
            .delete_stack()
            .stack_name(stack)
            .send()
            .await
            .map_err(|it| AwsError::call("CloudFormation DeleteStack", it))?;
        let settled = self
            .settle(stack, baseline, StackStatus::is_settled)
            .await?;
        if settled.status.is_success() {
            return Ok(Removed::Deleted);
        }
        let status = settled.status;
        Err(DeployError::NotDeleted {
            stack: stack.to_owned(),
            next: status
                .way_out(stack, self.region.name())
                .unwrap_or_default(),
            reasons: settled.reasons,
            status,
        })
    }
}

/// What stays in the account when the stack goes: logical ID, type and physical name of each.
pub async fn kept(
    aws: &Aws,
    stack: &str,
    template: &Json,
) -> Result<Vec<(String, String, String)>, AwsError> {
    let none = serde_json::Map::new();
    let resources = template["Resources"].as_object().unwrap_or(&none);
    let mut kept = Vec::new();
    for (id, resource) in resources {
        if !resource["DeletionPolicy"]
            .as_str()
            .is_some_and(|it| it.starts_with("Retain"))
        {
            continue;
        }
        let answer = aws
            .cloudformation()
            .describe_stack_resource()
            .stack_name(stack)
            .logical_resource_id(id)
            .send()
            .await
            .map_err(|it| AwsError::call("CloudFormation DescribeStackResource", it))?;
        let name = answer
            .stack_resource_detail
            .and_then(|it| it.physical_resource_id)
            .unwrap_or_default();
        let kind = resource["Type"].as_str().unwrap_or_default().to_owned();
        kept.push((id.clone(), kind, name));
    }
    Ok(kept)
}
