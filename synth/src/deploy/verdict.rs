//! What is read of a stack says of an operation of ours: the table by which everything is decided. Pure.
//!
//! CloudFormation's answers may be late: after it has taken a request, a read may still show the stack as it was
//! before. So no status alone is the end of anything. What counts is how the status is known.

use super::StackStatus;

/// What was asked of CloudFormation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A stack is made by a change set.
    Create,
    /// A stack is changed by a change set.
    Update,
    /// A stack is deleted.
    Delete,
}

/// How a status is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A read that may be from before the operation began.
    Early,
    /// A read that must be from after the operation began.
    Later,
    /// An event of the stack itself that carries the token of the operation.
    OwnEvent,
}

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing shows that it has begun.
    NotSeen,
    /// It goes on.
    Running,
    /// It did what it should.
    Done,
    /// It failed, and CloudFormation has taken it back, or will not go on with it.
    RolledBack,
    /// It failed, and the stack requires manual intervention.
    Stuck,
    /// CloudFormation has abandoned the deletion: the stack is as it was.
    Abandoned,
    /// Somebody else has deleted the stack.
    Vanished,
    /// The status did not exist when this was written.
    Unknown,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// How a read of the stack is known: `before` is the status when the operation was asked for, `moved` whether
    /// CloudFormation's time of the last update is later than the change set that was carried out.
    pub fn evidence(
        self,
        before: Option<&StackStatus>,
        now: &StackStatus,
        moved: bool,
    ) -> Evidence {
        use StackStatus as S;
        let is_later = match (self, now) {
            // A stack is read by its ID, and this one had never been carried out before.
            (Self::Create, S::ReviewInProgress) => false,
            (Self::Create, _)
            | (Self::Update | Self::Delete, S::DeleteInProgress | S::DeleteComplete) => true,
            (Self::Update | Self::Delete, S::DeleteFailed) => before != Some(&S::DeleteFailed),
            (Self::Update, _) => moved,
            (Self::Delete, _) => false,
        };
        if is_later {
            Evidence::Later
        } else {
            Evidence::Early
        }
    }
}

/// What a status that is known so says of an operation.
#[expect(
    clippy::match_same_arms,
    reason = "what is the same is so for other reasons"
)]
pub fn verdict(operation: Operation, evidence: Evidence, status: &StackStatus) -> Verdict {
    use Operation::{Create, Delete, Update};
    use StackStatus as S;
    if let S::Unknown(_) = status {
        return match evidence {
            _ if !status.is_settled() => Verdict::Running,
            Evidence::Early => Verdict::NotSeen,
            Evidence::Later | Evidence::OwnEvent => Verdict::Unknown,
        };
    }
    if evidence == Evidence::Early {
        return Verdict::NotSeen;
    }
    match (operation, status) {
        (
            Create | Update | Delete,
            S::CreateInProgress
            | S::DeleteInProgress
            | S::ImportInProgress
            | S::ImportRollbackInProgress
            | S::ReviewInProgress
            | S::RollbackInProgress,
        )
        | (
            Update | Delete,
            S::UpdateInProgress
            | S::UpdateRollbackInProgress
            | S::UpdateRollbackCompleteCleanupInProgress,
        )
        | (Delete, S::UpdateCompleteCleanupInProgress) => Verdict::Running,

        // Only a stack that was made can be changed.
        (
            Create,
            S::CreateComplete
            | S::ImportComplete
            | S::ImportRollbackComplete
            | S::ImportRollbackFailed
            | S::UpdateComplete
            | S::UpdateCompleteCleanupInProgress
            | S::UpdateFailed
            | S::UpdateInProgress
            | S::UpdateRollbackComplete
            | S::UpdateRollbackCompleteCleanupInProgress
            | S::UpdateRollbackFailed
            | S::UpdateRollbackInProgress,
        )
        // Cleaning up decides nothing any more.
        | (Update, S::UpdateComplete | S::UpdateCompleteCleanupInProgress)
        | (Delete, S::DeleteComplete) => Verdict::Done,

        (Create, S::RollbackComplete | S::CreateFailed)
        | (Update, S::UpdateRollbackComplete) => Verdict::RolledBack,

        (Create, S::RollbackFailed)
        | (Update, S::UpdateFailed | S::UpdateRollbackFailed)
        | (Create | Update | Delete, S::DeleteFailed) => Verdict::Stuck,

        (Create | Update, S::DeleteComplete) => Verdict::Vanished,

        // An update leads to none of these: what says so is late, or of somebody else.
        (
            Update,
            S::CreateComplete
            | S::CreateFailed
            | S::ImportComplete
            | S::ImportRollbackComplete
            | S::ImportRollbackFailed
            | S::RollbackComplete
            | S::RollbackFailed,
        ) => Verdict::Running,

        // Only an event of the deletion itself proves that this is not how the stack was before it.
        (Delete, _) if evidence == Evidence::OwnEvent => Verdict::Abandoned,
        (Delete, _) => Verdict::Running,
        (_, S::Unknown(_)) => Verdict::Unknown,
    }
}

impl Verdict {
    /// Whether it is known what became of the operation.
    pub fn is_end(self) -> bool {
        !matches!(self, Self::NotSeen | Self::Running)
    }

    /// The word for it in the documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotSeen => "not seen yet",
            Self::Running => "running",
            Self::Done => "done",
            Self::RolledBack => "rolled back",
            Self::Stuck => "stuck",
            Self::Abandoned => "abandoned",
            Self::Vanished => "vanished",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Evidence; 3] = [Evidence::Early, Evidence::Later, Evidence::OwnEvent];

    #[test]
    fn nothing_ends_by_a_read_that_may_be_early() {
        for operation in Operation::ALL {
            for status in StackStatus::ALL {
                let verdict = verdict(operation, Evidence::Early, &status);
                assert!(!verdict.is_end(), "{operation:?} {status}");
            }
        }
    }

    #[test]
    fn what_the_stack_was_before_is_no_evidence() {
        for operation in [Operation::Update, Operation::Delete] {
            for before in StackStatus::ALL {
                if before == StackStatus::DeleteComplete || before == StackStatus::DeleteInProgress
                {
                    continue;
                }
                let evidence = operation.evidence(Some(&before), &before, false);
                assert_eq!(evidence, Evidence::Early, "{operation:?} {before}");
            }
        }
        let review = StackStatus::ReviewInProgress;
        assert_eq!(
            Operation::Create.evidence(Some(&review), &review, true),
            Evidence::Early
        );
    }

    #[test]
    fn what_goes_on_is_no_end() {
        for operation in Operation::ALL {
            for evidence in KNOWN {
                for status in StackStatus::ALL {
                    if !status.is_settled() && operation != Operation::Create {
                        let verdict = verdict(operation, evidence, &status);
                        assert!(!verdict.is_end(), "{operation:?} {status}");
                    }
                }
            }
        }
    }

    #[test]
    fn success_of_a_deletion_is_not_success_of_a_deploy() {
        let is_done = |operation, status: &StackStatus| {
            verdict(operation, Evidence::OwnEvent, status) == Verdict::Done
        };
        for status in StackStatus::ALL {
            let deployed =
                is_done(Operation::Create, &status) || is_done(Operation::Update, &status);
            assert!(
                !(deployed && is_done(Operation::Delete, &status)),
                "{status}"
            );
        }
        let status = StackStatus::UpdateComplete;
        assert_eq!(
            verdict(Operation::Delete, Evidence::OwnEvent, &status),
            Verdict::Abandoned
        );
        assert_eq!(
            verdict(Operation::Delete, Evidence::Later, &status),
            Verdict::Running
        );
    }

    #[test]
    fn an_unknown_status_is_never_success() {
        for name in ["PAUSED", "PAUSING_IN_PROGRESS"] {
            for operation in Operation::ALL {
                for evidence in KNOWN {
                    let status = StackStatus::Unknown(name.to_owned());
                    assert_ne!(verdict(operation, evidence, &status), Verdict::Done);
                }
            }
        }
    }
}
