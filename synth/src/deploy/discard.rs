//! Takes away what was made for a change that is not carried out.

use std::time::Duration;

use super::{
    Deployer, StackStatus, change_set::ChangeSet, describe, made::is_not_found, watch::LATEST,
};
use crate::aws::AwsError;

/// How long that may take.
pub(super) const LONGEST: Duration = Duration::from_mins(2);
/// What decides whether a stack is deleted must come from CloudFormation, and not from somebody in between.
const LIST: &str = "CloudFormation ListChangeSets";
/// The pause between looks.
const PAUSE: Duration = Duration::from_secs(3);

impl Deployer<'_> {
    /// Takes a change set away, and the empty stack that CloudFormation makes for the first one. What has to stay is
    /// reported, with the command that removes it. `may_be_executed` says that it was asked to be carried out.
    pub(super) async fn discard(&self, change: &ChangeSet<'_>, may_be_executed: bool) {
        if !change.may_exist {
            return;
        }
        let region = self.region.name();
        let stack = change.stack;
        let clock = self.region.aws.clock();
        let deleted = clock.at_most(LONGEST, self.delete_change_set(change));
        let deleted = self.unless_insisted(deleted).await.flatten();
        let Some(Ok(was_there)) = deleted else {
            self.may_be_left(change);
            if !change.update {
                self.left_behind(
                    &format!("the empty stack `{stack}` in {region}"),
                    &format!(
                        "aws cloudformation delete-stack --stack-name {stack} --region {region}"
                    ),
                );
            }
            return;
        };
        if change.update || (may_be_executed && !was_there) {
            return;
        }
        let expected = was_there || change.stack_id.is_some();
        let removed = clock.at_most(LONGEST, self.remove_empty(change.stack_key(), expected));
        let removed = self.unless_insisted(removed).await.flatten();
        if !matches!(removed, Some(Ok(()))) {
            self.left_behind(
                &format!("the empty stack `{stack}` in {region}"),
                &format!("aws cloudformation delete-stack --stack-name {stack} --region {region}"),
            );
        }
    }

    /// Cleans up, unless the wish to end comes a second time.
    async fn unless_insisted<T>(&self, cleaning: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = cleaning => Some(done),
            () = self.stop.insisted() => None,
        }
    }

    /// Reports that the change set stays, or may.
    pub(super) fn may_be_left(&self, change: &ChangeSet<'_>) {
        let (stack, region, name) = (change.stack, self.region.name(), &change.name);
        self.left_behind(
            &format!("the change set `{name}` of the stack `{stack}` in {region}, unless it is carried out"),
            &format!(
                "aws cloudformation delete-change-set --stack-name {stack} --change-set-name {name} \
                 --region {region}"
            ),
        );
    }

    /// Deletes the change set; whether there was one.
    async fn delete_change_set(&self, change: &ChangeSet<'_>) -> Result<bool, AwsError> {
        let (stack, name) = change.key();
        let request = self
            .client()
            .delete_change_set()
            .set_stack_name(stack)
            .change_set_name(name);
        let clock = self.region.aws.clock();
        loop {
            let answer = self
                .region
                .aws
                .patiently(|| async {
                    let answer = request.clone().send().await;
                    answer.map_err(|it| AwsError::call("CloudFormation DeleteChangeSet", it))
                })
                .await;
            match answer {
                Ok(_) => {
                    // An answer of somebody in between has no effect.
                    match self.describe_change_set(change, None).await {
                        Err(error) if is_not_found(&error) => return Ok(true),
                        Err(error) => return Err(error),
                        Ok(_) => {}
                    }
                }
                Err(error) if is_not_found(&error) => return Ok(false),
                // It is still being made.
                Err(error)
                    if error
                        .code()
                        .is_some_and(|it| it.starts_with("InvalidChangeSetStatus")) => {}
                Err(error) => return Err(error),
            }
            clock.pause(PAUSE).await;
        }
    }

    /// Deletes a stack that was never carried out and that nobody else is about to make. `expected` says that there
    /// must be one, even if it is found late.
    pub(super) async fn remove_empty(&self, stack: &str, expected: bool) -> Result<(), AwsError> {
        let clock = self.region.aws.clock();
        let begin = clock.now();
        let mut is_asked = false;
        loop {
            match describe(&self.region.aws, stack).await? {
                Some(found) if found.status == StackStatus::ReviewInProgress => {
                    if self.has_change_sets(&found.id).await? {
                        return Ok(());
                    }
                    let role = self.region.cloudformation_role.clone();
                    let request = self.client().delete_stack().stack_name(&found.id);
                    let request = request.set_role_arn(role);
                    self.region
                        .aws
                        .patiently(|| async {
                            let answer = request.clone().send().await;
                            answer.map_err(|it| AwsError::call("CloudFormation DeleteStack", it))
                        })
                        .await?;
                    is_asked = true;
                }
                Some(found) if found.status == StackStatus::DeleteInProgress => {}
                Some(_) => return Ok(()),
                None if !expected || is_asked || clock.since(begin) > LATEST => return Ok(()),
                None => {}
            }
            clock.pause(PAUSE).await;
        }
    }

    /// Whether a stack has any change sets.
    async fn has_change_sets(&self, stack: &str) -> Result<bool, AwsError> {
        Ok(!self.change_sets(stack).await?.is_empty())
    }

    /// The names of a stack's change sets.
    async fn change_sets(&self, stack: &str) -> Result<Vec<String>, AwsError> {
        let request = self.client().list_change_sets().stack_name(stack);
        let answer = self
            .region
            .aws
            .patiently(|| async {
                let answer = request.clone().send().await;
                answer
                    .map_err(|it| AwsError::call(LIST, it))
                    .and_then(|it| self.region.aws.own_answer(LIST, it))
            })
            .await;
        match answer {
            Ok(answer) => {
                let summaries = answer.summaries.unwrap_or_default().into_iter();
                Ok(summaries.filter_map(|it| it.change_set_name).collect())
            }
            Err(error) if is_not_found(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Deletes the change sets of a stack that runs of Tocsin have made.
    pub(super) async fn remove_own_change_sets(&self, stack: &str) -> Result<(), AwsError> {
        for name in self.change_sets(stack).await? {
            if name.starts_with(ChangeSet::PREFIX) {
                let change = ChangeSet {
                    stack,
                    name,
                    update: false,
                    stack_id: Some(stack.to_owned()),
                    id: None,
                    may_exist: true,
                };
                self.delete_change_set(&change).await?;
            }
        }
        Ok(())
    }
}
