//! Has a change set carried out, and finds out whether that has begun.

use std::{cell::Cell, time::Duration};

use aws_sdk_cloudformation::types::ExecutionStatus;

use super::{Deployer, change_set::ChangeSet, made::is_not_found, watch::LATEST};
use crate::aws::AwsError;

const EXECUTE: &str = "CloudFormation ExecuteChangeSet";
/// How long an answer is waited for that was asked for before the wish to end came.
const GRACE: Duration = Duration::from_secs(15);

/// Whether a change set is being carried out.
pub(super) enum Begin {
    /// It is, or was already.
    Begun,
    /// It is not, and will not be.
    Refused(AwsError),
    /// Nobody knows.
    Unclear(AwsError),
}

/// What a change set looks like.
pub(super) enum Look {
    Begun,
    NotBegun,
    Gone,
    Unreadable,
}

impl Deployer<'_> {
    /// Has a change set carried out. Where the answer does not say whether that has begun, the state does.
    pub(super) async fn execute(&self, change: &ChangeSet<'_>) -> Begin {
        let (stack, name) = change.key();
        let request = self
            .client()
            .execute_change_set()
            .set_stack_name(stack)
            .change_set_name(name)
            .client_request_token(&change.name);
        let (answer, was_lost) = self
            .request(|| async {
                let answer = request.clone().send().await;
                let answer = answer.map_err(|it| AwsError::call(EXECUTE, it))?;
                self.region.aws.own_answer(EXECUTE, answer)
            })
            .await;
        let Err(error) = answer else {
            return Begin::Begun;
        };
        // These may be about an attempt before, whose answer was lost.
        let may_be_begun = was_lost
            || matches!(
                error.code(),
                Some(
                    "InvalidChangeSetStatus"
                        | "InvalidChangeSetStatusException"
                        | "OperationInProgressException"
                        | "TokenAlreadyExistsException"
                )
            );
        if !may_be_begun {
            return Begin::Refused(error);
        }
        let clock = self.region.aws.clock();
        let begin = clock.now();
        loop {
            let look = clock.at_most(LATEST * 2, self.look(change)).await;
            match look.unwrap_or(Look::Unreadable) {
                Look::Begun => return Begin::Begun,
                Look::Unreadable => return Begin::Unclear(error),
                Look::Gone => {
                    return match self.has_events(change).await {
                        Ok(true) => Begin::Begun,
                        Ok(false) => Begin::Refused(error),
                        Err(_) => Begin::Unclear(error),
                    };
                }
                Look::NotBegun if clock.since(begin) > LATEST => return Begin::Refused(error),
                Look::NotBegun => {}
            }
            clock.pause(Duration::from_secs(5)).await;
        }
    }

    pub(super) async fn look(&self, change: &ChangeSet<'_>) -> Look {
        match self.describe_change_set(change, None).await {
            Ok(answer) => match answer.execution_status {
                Some(
                    ExecutionStatus::ExecuteInProgress
                    | ExecutionStatus::ExecuteComplete
                    | ExecutionStatus::ExecuteFailed,
                ) => Look::Begun,
                _ => Look::NotBegun,
            },
            Err(error) if is_not_found(&error) => Look::Gone,
            Err(_) => Look::Unreadable,
        }
    }

    /// Whether any event carries the token of the change set. The latest events are enough: an operation that began just
    /// now has the latest.
    async fn has_events(&self, change: &ChangeSet<'_>) -> Result<bool, AwsError> {
        let request = self
            .client()
            .describe_stack_events()
            .stack_name(change.stack_key());
        let answer = self
            .region
            .aws
            .patiently(|| async {
                let answer = request.clone().send().await;
                answer.map_err(|it| AwsError::call("CloudFormation DescribeStackEvents", it))
            })
            .await;
        let events = answer?.stack_events.unwrap_or_default();
        let mut tokens = events.iter().map(|it| it.client_request_token());
        Ok(tokens.any(|it| it == Some(change.name.as_str())))
    }

    /// Sends a request that changes something, as often as needed, and waits for the answer; for a while only once the
    /// wish to end is there, because the request may be on its way. The second says whether the answer of any attempt
    /// was lost: then the request may have taken effect, whatever the last answer says.
    pub(super) async fn request<T, F>(&self, attempt: impl Fn() -> F) -> (Result<T, AwsError>, bool)
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let was_lost = Cell::new(false);
        let work = self.region.aws.patiently(|| async {
            let answer = attempt().await;
            was_lost.set(was_lost.get() || answer.as_ref().is_err_and(AwsError::is_lost));
            answer
        });
        let answer = {
            tokio::pin!(work);
            tokio::select! {
                biased;
                done = &mut work => done,
                () = self.stop.given() => {
                    let done = self.region.aws.clock().at_most(GRACE, work).await;
                    done.unwrap_or_else(|| {
                        was_lost.set(true);
                        Err(AwsError::NoAnswer {
                            operation: "CloudFormation",
                            reason: "stopped before there was an answer".to_owned(),
                        })
                    })
                }
            }
        };
        (answer, was_lost.get())
    }
}
