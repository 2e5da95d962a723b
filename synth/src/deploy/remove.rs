//! Deletes stacks.

use super::{
    DeployError, Deployed, Deployer, Operation, StackStatus, Verdict, describe,
    watch::{End, Watched},
};
use crate::aws::AwsError;

const DELETE: &str = "CloudFormation DeleteStack";

/// Whether there was anything to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// The stack is gone.
    Deleted,
    /// There was none.
    Absent,
}

impl Deployer<'_> {
    /// Deletes a stack and waits until it is gone. With an ID, another stack that has the same name by now is left
    /// alone.
    pub(crate) async fn remove(
        &self,
        stack: &str,
        id: Option<&str>,
    ) -> Result<Removed, DeployError> {
        let found = describe(&self.region.aws, id.unwrap_or(stack));
        let Some(found) = self.unless_stopped(stack, found).await?? else {
            return Ok(Removed::Absent);
        };
        match found.status {
            StackStatus::DeleteComplete => return Ok(Removed::Absent),
            StackStatus::ReviewInProgress => {
                let removed = self.remove_leftover(stack, &found.id);
                self.unless_stopped(stack, removed).await??;
                return Ok(Removed::Deleted);
            }
            _ => {}
        }
        let token = super::change_set::new_name();
        let refused = self.delete_stack(&found, &token).await?;
        let watched = Watched {
            operation: Operation::Delete,
            stack,
            id: &found.id,
            token: &token,
            before: Some(found.status.clone()),
            made: None,
        };
        match self.watch(&watched).await? {
            Some(End {
                verdict: Verdict::Done,
                ..
            }) => Ok(Removed::Deleted),
            Some(end) => Err(self.not_deleted(stack, &found, end)),
            // What was said instead of an answer explains why nothing has begun.
            None => Err(refused.map_or_else(
                || DeployError::NotBegun {
                    stack: stack.to_owned(),
                    region: self.region.name().to_owned(),
                },
                DeployError::Aws,
            )),
        }
    }

    /// Deletes a stack that was never carried out, with the change sets that earlier runs have left in it.
    async fn remove_leftover(&self, stack: &str, id: &str) -> Result<(), DeployError> {
        let removed = async {
            self.remove_own_change_sets(id).await?;
            self.remove_empty(id, true).await
        };
        let clock = self.region.aws.clock();
        if let Some(removed) = clock.at_most(super::discard::LONGEST * 2, removed).await {
            removed?;
        }
        let left = describe(&self.region.aws, id).await?;
        match left.map(|it| it.status) {
            Some(status @ StackStatus::ReviewInProgress) => Err(DeployError::NotDeleted {
                stack: stack.to_owned(),
                region: self.region.name().to_owned(),
                status,
                reasons: Box::new([
                    "it has a change set that this run may not or cannot delete".to_owned()
                ]),
                next: format!(
                    "aws cloudformation list-change-sets --stack-name {stack} --region {}",
                    self.region.name()
                )
                .into(),
            }),
            _ => Ok(()),
        }
    }

    /// Asks for the deletion. What was said instead of an answer, where it may have begun all the same.
    async fn delete_stack(
        &self,
        found: &Deployed,
        token: &str,
    ) -> Result<Option<AwsError>, DeployError> {
        let request = self
            .client()
            .delete_stack()
            .stack_name(&found.id)
            .set_role_arn(self.region.cloudformation_role.clone())
            .client_request_token(token);
        let (answer, was_lost) = self
            .request(|| async {
                let answer = request.clone().send().await;
                let answer = answer.map_err(|it| AwsError::call(DELETE, it))?;
                self.region.aws.own_answer(DELETE, answer)
            })
            .await;
        match answer {
            Ok(_) => Ok(None),
            Err(error) if was_lost => Ok(Some(error)),
            Err(error) => Err(error.into()),
        }
    }

    fn not_deleted(&self, stack: &str, before: &Deployed, end: End) -> DeployError {
        let region = self.region.name();
        let ids: Vec<&str> = end.failures.iter().map(|it| it.id.as_str()).collect();
        let ids: Vec<&str> = ids.into_iter().filter(|it| !it.is_empty()).collect();
        let next = if end.verdict == Verdict::Stuck && !ids.is_empty() {
            format!(
                "remove what stands in the way, or leave it in the account: aws cloudformation \
                 delete-stack --stack-name {stack} --region {region} --retain-resources {}",
                ids.join(" ")
            )
        } else {
            let way_out = end.status.way_out(stack, region, before.protected);
            way_out.unwrap_or_else(|| {
                format!(
                    "aws cloudformation describe-stack-events --stack-name {stack} --region {region}"
                )
            })
        };
        DeployError::NotDeleted {
            stack: stack.to_owned(),
            region: region.to_owned(),
            status: end.status,
            reasons: end.failures.iter().map(ToString::to_string).collect(),
            next: next.into(),
        }
    }
}
