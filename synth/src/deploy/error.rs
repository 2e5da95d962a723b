//! A deploy that did not end well.

use contract::Output;

use super::{StackCondition, StackStatus};
use crate::aws::AwsError;

/// Why a stack is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// AWS refused or did not answer, before anything was changed.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// CloudFormation takes no update in this state.
    #[error("the stack `{stack}` is in {status} and needs a person")]
    Stuck {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
        /// The command that gets it out.
        next: String,
    },
    /// CloudFormation has a status that did not exist when this was written.
    #[error(
        "the stack `{stack}` is in {status}, a status that this version of `synth` does not know"
    )]
    UnknownStatus {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
        /// The command that shows the stack.
        next: String,
    },
    /// CloudFormation could not make a change set: the template is at fault, most often.
    #[error("the change set of the stack `{stack}` failed: {reason}")]
    ChangeSet {
        /// The stack.
        stack: String,
        /// CloudFormation's words.
        reason: String,
    },
    /// The deploy failed, and everything is as it was before.
    #[error("the stack `{stack}` was rolled back ({status}){}", list(.reasons))]
    RolledBack {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
        /// What failed first, in CloudFormation's words.
        reasons: Vec<String>,
    },
    /// The stack could not be deleted.
    #[error("the stack `{stack}` could not be deleted ({status}){}", list(.reasons))]
    NotDeleted {
        /// The stack.
        stack: String,
        /// Its status.
        status: StackStatus,
        /// What failed first, in CloudFormation's words.
        reasons: Vec<String>,
        /// The command that gets it out.
        next: String,
    },
    /// Nobody knows how the deploy goes on.
    #[error("contact with AWS was lost while the stack `{stack}` is being deployed: {reason}")]
    ContactLost {
        /// The stack.
        stack: String,
        /// Why.
        reason: String,
    },
    /// A person pressed Ctrl-C while a stack was being deployed.
    #[error("stopped watching; the stack `{stack}` goes on without")]
    Detached {
        /// The stack.
        stack: String,
    },
    /// The wish to end came between two stacks.
    #[error("stopped before the stack `{stack}`")]
    Stopped {
        /// The stack that would have been next.
        stack: String,
    },
    /// A stack is not there that must be.
    #[error("the stack `{stack}` is not deployed in {region}")]
    NotDeployed {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// A stack does not show what another needs.
    #[error("the stack `{stack}` has no output `{}`: deploy it first", output.as_str())]
    MissingOutput {
        /// The stack that should.
        stack: String,
        /// What it should show.
        output: Output,
    },
    /// Someone else changed the stack since it was compared.
    #[error("the stack `{stack}` has changed since it was compared: look at the differences again")]
    Stale {
        /// The stack.
        stack: String,
    },
}

impl DeployError {
    /// The error if a person has to decide what becomes of a stack in this status.
    pub(super) fn stuck(stack: &str, region: &str, status: &StackStatus) -> Option<Self> {
        let (stack, status) = (stack.to_owned(), status.clone());
        if status.condition() == StackCondition::Unknown {
            return Some(Self::UnknownStatus {
                next: format!(
                    "aws cloudformation describe-stacks --stack-name {stack} --region {region}"
                ),
                stack,
                status,
            });
        }
        let next = status.way_out(&stack, region)?;
        Some(Self::Stuck {
            stack,
            status,
            next,
        })
    }
}

fn list(reasons: &[String]) -> String {
    reasons
        .iter()
        .flat_map(|reason| ["\n  ", reason.as_str()])
        .collect()
}
