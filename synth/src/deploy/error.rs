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
    /// A stack has the name of one of ours, and its resources do not say that it is.
    #[error("the stack `{stack}` in {region} is not one of the account file's: {whose}")]
    NotOurs {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Whose it is.
        whose: String,
    },
    /// CloudFormation takes no update in this state.
    #[error(
        "the stack `{stack}` in {region} is in {status} and requires manual intervention{}",
        list(.reasons)
    )]
    Stuck {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Its status.
        status: StackStatus,
        /// What failed first, in CloudFormation's words.
        reasons: Box<[String]>,
        /// The command that gets it out.
        next: Box<str>,
    },
    /// CloudFormation has a status that did not exist when this was written.
    #[error(
        "the stack `{stack}` in {region} is in {status}, a status that this version of `synth` does \
         not know"
    )]
    UnknownStatus {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Its status.
        status: StackStatus,
        /// The command that shows the stack.
        next: String,
    },
    /// The stack may not be deleted.
    #[error("the stack `{stack}` in {region} has termination protection")]
    Protected {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// CloudFormation could not make a change set: the template is at fault, most often.
    #[error("the change set of the stack `{stack}` in {region} failed: {reason}{}", list(.details))]
    ChangeSet {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// CloudFormation's words.
        reason: String,
        /// What hooks and checks say.
        details: Vec<String>,
    },
    /// CloudFormation would replace or remove what holds data, and the comparison did not say so.
    #[error(
        "CloudFormation would replace or remove `{id}` ({kind}) of the stack `{stack}` in {region}, \
         which holds data; the comparison does not show that"
    )]
    BeyondPlan {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// The logical ID.
        id: String,
        /// The type.
        kind: String,
    },
    /// The deploy failed, and CloudFormation has taken it back.
    #[error("the stack `{stack}` in {region} was rolled back ({status}){}", list(.reasons))]
    RolledBack {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Its status.
        status: StackStatus,
        /// What failed first, in CloudFormation's words.
        reasons: Vec<String>,
    },
    /// The stack could not be deleted.
    #[error("the stack `{stack}` in {region} could not be deleted ({status}){}", list(.reasons))]
    NotDeleted {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Its status.
        status: StackStatus,
        /// What failed first, in CloudFormation's words.
        reasons: Box<[String]>,
        /// The command that gets it out.
        next: Box<str>,
    },
    /// CloudFormation took the request, and nothing shows that it did anything.
    #[error(
        "AWS answered the request for the stack `{stack}` in {region}, and nothing came of it: \
         the answer was not CloudFormation's"
    )]
    NotBegun {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// Somebody else has deleted the stack meanwhile.
    #[error("the stack `{stack}` in {region} was deleted by somebody else while it was deployed")]
    Vanished {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// Nobody knows how the deploy goes on.
    #[error(
        "contact with AWS was lost while the stack `{stack}` in {region} is being changed: {reason}"
    )]
    ContactLost {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Why.
        reason: String,
        /// What is needed to have contact again.
        hint: Option<String>,
    },
    /// A person pressed Ctrl-C while a stack was being changed.
    #[error("stopped watching; CloudFormation goes on with the stack `{stack}` in {region}")]
    Detached {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// The wish to end came before CloudFormation had begun with a stack.
    #[error("stopped before the stack `{stack}` in {region} was changed")]
    Stopped {
        /// The stack that would have been next.
        stack: String,
        /// The region.
        region: String,
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
    #[error("the stack `{stack}` in {region} has no output `{}`", output.as_str())]
    MissingOutput {
        /// The stack that should.
        stack: String,
        /// The region.
        region: String,
        /// What it should show.
        output: Output,
    },
    /// Someone else changed the stack since it was compared.
    #[error(
        "the stack `{stack}` in {region} has changed since it was compared: look at the differences \
         again"
    )]
    Stale {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// An operation of somebody else does not end.
    #[error("the stack `{stack}` in {region} is still in {status} after three hours")]
    StillBusy {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
        /// Its status.
        status: StackStatus,
    },
}

impl DeployError {
    /// The error if a stack in this status requires manual intervention.
    pub(super) fn stuck(
        stack: &str,
        region: &str,
        status: &StackStatus,
        protected: bool,
    ) -> Option<Self> {
        let (region, stack, status) = (region.to_owned(), stack.to_owned(), status.clone());
        if status.condition() == StackCondition::Unknown {
            return Some(Self::UnknownStatus {
                next: format!(
                    "aws cloudformation describe-stacks --stack-name {stack} --region {region}"
                ),
                stack,
                region,
                status,
            });
        }
        let next = status.way_out(&stack, &region, protected)?;
        Some(Self::Stuck {
            stack,
            region,
            status,
            reasons: Box::default(),
            next: next.into(),
        })
    }

    /// The same, with what failed first.
    pub(super) fn because(self, causes: Vec<String>) -> Self {
        match self {
            Self::Stuck {
                stack,
                region,
                status,
                next,
                ..
            } => Self::Stuck {
                stack,
                region,
                status,
                reasons: causes.into(),
                next,
            },
            other => other,
        }
    }
}

fn list(reasons: &[String]) -> String {
    reasons
        .iter()
        .flat_map(|reason| ["\n  ", reason.as_str()])
        .collect()
}
