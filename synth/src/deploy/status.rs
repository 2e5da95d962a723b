//! What CloudFormation says of a stack, and what can be done with it then.

use std::fmt;

/// The status of a stack. Source: "Stack status codes" in the CloudFormation user guide.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are CloudFormation's")]
pub enum StackStatus {
    CreateComplete,
    CreateFailed,
    CreateInProgress,
    DeleteComplete,
    DeleteFailed,
    DeleteInProgress,
    ImportComplete,
    ImportInProgress,
    ImportRollbackComplete,
    ImportRollbackFailed,
    ImportRollbackInProgress,
    ReviewInProgress,
    RollbackComplete,
    RollbackFailed,
    RollbackInProgress,
    UpdateComplete,
    UpdateCompleteCleanupInProgress,
    UpdateFailed,
    UpdateInProgress,
    UpdateRollbackComplete,
    UpdateRollbackCompleteCleanupInProgress,
    UpdateRollbackFailed,
    UpdateRollbackInProgress,
    /// One that did not exist when this was written, by CloudFormation's name.
    Unknown(String),
}

/// What can be done with a stack as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackCondition {
    /// There is none, or only a change set that was never carried out.
    Absent,
    /// It can be updated.
    Ready,
    /// Something goes on.
    Busy,
    /// The first deploy failed. It can only be deleted; there is nothing in it.
    NeverCreated,
    /// It requires manual intervention.
    Stuck,
    /// Nobody knows: the status is newer than this.
    Unknown,
}

impl StackStatus {
    /// Every status that is known.
    pub const ALL: [Self; 23] = [
        Self::CreateComplete,
        Self::CreateFailed,
        Self::CreateInProgress,
        Self::DeleteComplete,
        Self::DeleteFailed,
        Self::DeleteInProgress,
        Self::ImportComplete,
        Self::ImportInProgress,
        Self::ImportRollbackComplete,
        Self::ImportRollbackFailed,
        Self::ImportRollbackInProgress,
        Self::ReviewInProgress,
        Self::RollbackComplete,
        Self::RollbackFailed,
        Self::RollbackInProgress,
        Self::UpdateComplete,
        Self::UpdateCompleteCleanupInProgress,
        Self::UpdateFailed,
        Self::UpdateInProgress,
        Self::UpdateRollbackComplete,
        Self::UpdateRollbackCompleteCleanupInProgress,
        Self::UpdateRollbackFailed,
        Self::UpdateRollbackInProgress,
    ];

    /// Reads CloudFormation's own name.
    pub fn parse(text: &str) -> Self {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.unwrap_or_else(|| Self::Unknown(text.to_owned()))
    }

    /// CloudFormation's own name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::CreateFailed => "CREATE_FAILED",
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::ImportComplete => "IMPORT_COMPLETE",
            Self::ImportInProgress => "IMPORT_IN_PROGRESS",
            Self::ImportRollbackComplete => "IMPORT_ROLLBACK_COMPLETE",
            Self::ImportRollbackFailed => "IMPORT_ROLLBACK_FAILED",
            Self::ImportRollbackInProgress => "IMPORT_ROLLBACK_IN_PROGRESS",
            Self::ReviewInProgress => "REVIEW_IN_PROGRESS",
            Self::RollbackComplete => "ROLLBACK_COMPLETE",
            Self::RollbackFailed => "ROLLBACK_FAILED",
            Self::RollbackInProgress => "ROLLBACK_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateCompleteCleanupInProgress => "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateRollbackComplete => "UPDATE_ROLLBACK_COMPLETE",
            Self::UpdateRollbackCompleteCleanupInProgress => {
                "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
            }
            Self::UpdateRollbackFailed => "UPDATE_ROLLBACK_FAILED",
            Self::UpdateRollbackInProgress => "UPDATE_ROLLBACK_IN_PROGRESS",
            Self::Unknown(name) => name,
        }
    }

    /// What can be done with the stack.
    pub fn condition(&self) -> StackCondition {
        match self {
            Self::DeleteComplete | Self::ReviewInProgress => StackCondition::Absent,
            Self::CreateComplete
            | Self::ImportComplete
            | Self::ImportRollbackComplete
            | Self::UpdateComplete
            | Self::UpdateRollbackComplete => StackCondition::Ready,
            Self::CreateInProgress
            | Self::DeleteInProgress
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress
            | Self::RollbackInProgress
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress => StackCondition::Busy,
            Self::RollbackComplete | Self::CreateFailed => StackCondition::NeverCreated,
            Self::DeleteFailed
            | Self::ImportRollbackFailed
            | Self::RollbackFailed
            | Self::UpdateFailed
            | Self::UpdateRollbackFailed => StackCondition::Stuck,
            Self::Unknown(_) => StackCondition::Unknown,
        }
    }

    /// Whether a stack in this status was ever made as a whole.
    pub fn was_ever_made(&self) -> bool {
        !matches!(
            self,
            Self::CreateFailed
                | Self::CreateInProgress
                | Self::ReviewInProgress
                | Self::RollbackComplete
                | Self::RollbackFailed
                | Self::RollbackInProgress
        )
    }

    /// Whether a deploy that ends so has done what it should.
    pub fn is_success(&self) -> bool {
        matches!(
            self,
            Self::CreateComplete
                | Self::UpdateComplete
                | Self::UpdateCompleteCleanupInProgress
                | Self::ImportComplete
                | Self::DeleteComplete
        )
    }

    /// Whether nothing goes on that decides how a deploy ends. Cleaning up after an update is over
    /// does not. Of a status that is not known the name says it: CloudFormation's end in `_IN_PROGRESS`.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::UpdateCompleteCleanupInProgress => true,
            Self::Unknown(name) => !name.ends_with("_IN_PROGRESS"),
            known => known.condition() != StackCondition::Busy,
        }
    }

    /// The AWS CLI command that gets a stuck stack out of it. What is protected is not deleted before that is lifted.
    pub fn way_out(&self, stack: &str, region: &str, protected: bool) -> Option<String> {
        let verb = match self {
            Self::UpdateRollbackFailed => "continue-update-rollback",
            Self::UpdateFailed => "rollback-stack",
            Self::DeleteFailed | Self::RollbackFailed if protected => {
                "update-termination-protection --no-enable-termination-protection"
            }
            Self::DeleteFailed | Self::RollbackFailed => "delete-stack",
            // No command gets it out: the events say what to repair.
            Self::ImportRollbackFailed => "describe-stack-events",
            _ => return None,
        };
        Some(format!(
            "aws cloudformation {verb} --stack-name {stack} --region {region}"
        ))
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in StackStatus::ALL {
            assert_eq!(StackStatus::parse(status.as_str()), status);
        }
    }

    #[test]
    fn a_status_that_is_not_known_stays_so() {
        for (name, settled) in [
            ("SOMETHING_NEW", true),
            ("SOMETHING_NEW_IN_PROGRESS", false),
            ("", true),
        ] {
            let status = StackStatus::parse(name);
            assert_eq!(status.to_string(), name);
            assert_eq!(status.condition(), StackCondition::Unknown);
            assert_eq!(status.is_settled(), settled, "{name}");
            assert!(!status.is_success());
            assert_eq!(status.way_out("s", "r", false), None);
        }
    }

    #[test]
    fn what_is_stuck_has_a_way_out() {
        for status in StackStatus::ALL {
            let stuck = status.condition() == StackCondition::Stuck;
            for protected in [false, true] {
                assert_eq!(
                    status.way_out("s", "r", protected).is_some(),
                    stuck,
                    "{status}"
                );
            }
        }
    }

    #[test]
    fn nothing_that_goes_on_counts_as_failed() {
        for status in StackStatus::ALL {
            if status.as_str().ends_with("_IN_PROGRESS") && status.is_settled() {
                let harmless = matches!(
                    status,
                    StackStatus::ReviewInProgress | StackStatus::UpdateCompleteCleanupInProgress
                );
                assert!(harmless, "{status}");
            }
        }
    }
}
