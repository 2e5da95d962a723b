//! Waits until CloudFormation has made a change set, and reads what it would do.

use std::time::Duration;

use aws_sdk_cloudformation::{
    operation::describe_change_set::DescribeChangeSetOutput,
    primitives::DateTime,
    types::{Change, ChangeAction, ChangeSetStatus, Replacement},
};

use super::{DeployError, DeployEvent, Deployer, StackPlan, change_set::ChangeSet, watch::LATEST};
use crate::{
    aws::AwsError,
    diff::{Action, holds_data},
};

/// How long CloudFormation may take to make a change set.
const LONGEST: Duration = Duration::from_mins(15);
/// The pauses between looks: the first one, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(1_500), Duration::from_secs(5)];

/// How long the details of a failure are asked for: what failed is known without.
const DETAILS: Duration = Duration::from_secs(20);

/// CloudFormation's words for a change set that would change nothing, in full: a hook or a transform may use any
/// others. Source: aws-cdk-cli, `changeSetHasNoChanges`.
const NO_CHANGES: [&str; 3] = [
    "The submitted information didn't contain changes. Submit different information to create a change set.",
    "The submitted information didn't contain changes.",
    "No updates are to be performed.",
];

/// What became of a change set.
pub(super) enum Made {
    /// It can be carried out.
    Ready(Description),
    /// It would change nothing.
    NoChanges,
}

/// A change set that was made.
pub(super) struct Description {
    pub(super) id: String,
    pub(super) stack_id: Option<String>,
    /// When it was made.
    pub(super) made: Option<DateTime>,
    /// What it would do.
    pub(super) changes: Vec<Change>,
}

impl Deployer<'_> {
    /// Waits for a change set.
    pub(super) async fn wait_until_made(
        &self,
        change: &ChangeSet<'_>,
    ) -> Result<Made, DeployError> {
        let clock = self.region.aws.clock();
        let begin = clock.now();
        let [mut pause, longest] = PAUSES;
        loop {
            clock.pause(pause).await;
            pause = (pause * 3 / 2).min(longest);
            let answer = match self.describe_change_set(change, None).await {
                Ok(answer) => Some(answer),
                Err(error) if is_not_found(&error) && clock.since(begin) < LATEST => None,
                Err(error) => return Err(error.into()),
            };
            match answer.as_ref().and_then(|it| it.status.clone()) {
                Some(ChangeSetStatus::CreateComplete) => {
                    let Some(answer) = answer else { continue };
                    return Ok(Made::Ready(self.description(change, answer).await?));
                }
                Some(ChangeSetStatus::Failed) => {
                    let answer = answer.as_ref();
                    let reason = answer.and_then(|it| it.status_reason()).unwrap_or_default();
                    let has_changes = answer.is_some_and(|it| !it.changes().is_empty());
                    if says_no_changes(reason) && !has_changes {
                        return Ok(Made::NoChanges);
                    }
                    return Err(DeployError::ChangeSet {
                        stack: change.stack.to_owned(),
                        region: self.region.name().to_owned(),
                        reason: reason.to_owned(),
                        details: self.why_not_made(change).await,
                    });
                }
                _ => {}
            }
            if clock.since(begin) > LONGEST {
                return Err(DeployError::ChangeSet {
                    stack: change.stack.to_owned(),
                    region: self.region.name().to_owned(),
                    reason: "CloudFormation has not finished making it within 15 minutes"
                        .to_owned(),
                    details: Vec::new(),
                });
            }
        }
    }

    pub(super) async fn describe_change_set(
        &self,
        change: &ChangeSet<'_>,
        page: Option<String>,
    ) -> Result<DescribeChangeSetOutput, AwsError> {
        let (stack, name) = change.key();
        let request = self
            .client()
            .describe_change_set()
            .set_stack_name(stack)
            .change_set_name(name)
            .set_next_token(page);
        let call = self.region.aws.patiently(|| async {
            let answer = request.clone().send().await;
            answer.map_err(|it| AwsError::call("CloudFormation DescribeChangeSet", it))
        });
        call.await
    }

    /// Everything that the change set would do.
    async fn description(
        &self,
        change: &ChangeSet<'_>,
        first: DescribeChangeSetOutput,
    ) -> Result<Description, DeployError> {
        let mut changes = first.changes.unwrap_or_default();
        let mut page = first.next_token;
        while let Some(token) = page {
            let answer = self.describe_change_set(change, Some(token)).await?;
            changes.extend(answer.changes.unwrap_or_default());
            page = answer.next_token;
        }
        Ok(Description {
            id: first.change_set_id.unwrap_or_else(|| change.name.clone()),
            stack_id: first.stack_id,
            made: first.creation_time,
            changes,
        })
    }

    /// What failed while the change set was made, by operation events: hooks, guards, early validation. What cannot be
    /// read is not there.
    async fn why_not_made(&self, change: &ChangeSet<'_>) -> Vec<String> {
        let request = self
            .client()
            .describe_events()
            .stack_name(change.stack_key())
            .change_set_name(&change.name);
        let call = self.region.aws.patiently(|| async {
            let answer = request.clone().send().await;
            answer.map_err(|it| AwsError::call("CloudFormation DescribeEvents", it))
        });
        let answer = self.region.aws.clock().at_most(DETAILS, call).await;
        let events = answer
            .and_then(Result::ok)
            .and_then(|it| it.operation_events);
        let mut details: Vec<String> = Vec::new();
        for event in events.unwrap_or_default() {
            let id = event.logical_resource_id().unwrap_or(change.stack);
            let of_hook = event
                .hook_status_reason()
                .map(|reason| format!("{id}: {}: {reason}", event.hook_type().unwrap_or("a hook")));
            let of_validation = event.validation_status_reason().map(|reason| {
                let path = event.validation_path().unwrap_or_default();
                format!("{id} {path}: {reason}")
            });
            let failed = |it: &str| it.contains("FAILED");
            let of_resource = event
                .resource_status()
                .filter(|it| failed(it.as_str()))
                .and_then(|_| event.resource_status_reason())
                .map(|reason| format!("{id}: {reason}"));
            let is_hook_failed = event.hook_status().is_some_and(|it| failed(it.as_str()));
            let is_invalid = event
                .validation_status()
                .is_some_and(|it| failed(it.as_str()));
            details.extend(of_hook.filter(|_| is_hook_failed));
            details.extend(of_validation.filter(|_| is_invalid));
            details.extend(of_resource);
        }
        details.dedup();
        details.truncate(5);
        details
    }

    /// Shows what CloudFormation would do beyond what the comparison says; an error if data would go by it that
    /// nobody was asked about.
    pub(super) fn compare_with_plan(
        &self,
        plan: &StackPlan<'_>,
        changes: &[Change],
    ) -> Result<(), DeployError> {
        if plan.deployed.is_none() {
            return Ok(());
        }
        let stack = plan.stack.name.as_str();
        for change in changes.iter().filter_map(|it| it.resource_change()) {
            let id = change.logical_resource_id().unwrap_or_default();
            let kind = change.resource_type().unwrap_or_default();
            // `Conditional` is known only while it is carried out: of what holds data that is too late to ask.
            let is_replaced = match change.replacement() {
                Some(Replacement::True) => true,
                Some(Replacement::Conditional) => holds_data(kind),
                _ => false,
            };
            let is_removed = change.action() == Some(&ChangeAction::Remove);
            let was_shown = plan.diff.resources.iter().any(|it| {
                let gone = [
                    Action::Remove,
                    Action::Leave,
                    Action::Replace,
                    Action::MayReplace,
                ];
                it.id == id && gone.contains(&it.action)
            });
            if was_shown || !(is_replaced || is_removed && !plan.is_shrunk) {
                continue;
            }
            (self.observer)(&DeployEvent::BeyondPlan { stack, id, kind });
            let accepted = format!("{stack}/{id}");
            if holds_data(kind) && !self.accepted.contains(&accepted) {
                return Err(DeployError::BeyondPlan {
                    stack: stack.to_owned(),
                    region: self.region.name().to_owned(),
                    id: id.to_owned(),
                    kind: kind.to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Whether there is no such change set, or no stack that could have one.
pub(super) fn is_not_found(error: &AwsError) -> bool {
    error.code() == Some("ChangeSetNotFoundException")
        || error.code() == Some("ChangeSetNotFound")
        || error.code() == Some("ValidationError")
            && error
                .message()
                .is_some_and(|it| it.starts_with("Stack ") && it.ends_with(" does not exist"))
}

fn says_no_changes(reason: &str) -> bool {
    NO_CHANGES.contains(&reason.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cloudformations_own_words_say_that_nothing_changes() {
        for reason in NO_CHANGES {
            assert!(says_no_changes(reason), "{reason}");
        }
        for reason in [
            "There are no changes allowed on Fridays",
            "Hook failed: No updates are to be performed.",
            "The submitted information didn't contain changes. Ask the platform team.",
            "Template error: instance of Fn::GetAtt references undefined resource X",
            "",
        ] {
            assert!(!says_no_changes(reason), "{reason}");
        }
    }
}
