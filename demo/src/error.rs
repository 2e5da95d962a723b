//! How a demo ends that does not end as it should.

use std::io;

use synth::{aws::AwsError, deploy::DeployError, ledger::LedgerError, package::PackageError};

use crate::local_aws::LocalAwsError;

/// Why a demo did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What `synth` does failed.
    #[error(transparent)]
    Synth(#[from] synth::error::Error),
    /// The local AWS is not there.
    #[error(transparent)]
    LocalAws(#[from] LocalAwsError),
    /// The receiver could not listen.
    #[error("the receiver could not listen on loopback")]
    Receiver(#[source] io::Error),
    /// The deployed rule does not do what it should.
    #[error("the rule `{rule}` {problem}")]
    Rule {
        /// The rule.
        rule: String,
        /// What it does wrong.
        problem: &'static str,
    },
    /// A function answered with an error.
    #[error("the function `{0}` could not be invoked")]
    Invoke(String),
    /// Something is not where the deploy should have put it.
    #[error("{0} is not there")]
    Absent(String),
    /// Incidents are missing, or did not verify.
    #[error("{verified} of {expected} incidents arrived and verified")]
    Incidents {
        /// How many did.
        verified: usize,
        /// How many should have.
        expected: usize,
    },
    /// Investigations whose ends are not in the ledger.
    #[error("of {expected} investigations {known} are in the ledger with their ends")]
    Investigations {
        /// How many are.
        known: usize,
        /// How many should be.
        expected: usize,
    },
    /// An event of the storm that the functions would not make an incident of.
    #[error("an event of the storm is no incident by the functions' own evaluation")]
    NoIncident,
    /// The receiver refused what should have been right.
    #[error("the receiver refused an incident: {0}")]
    Refused(&'static str),
    /// The functions delivered without the ledger.
    #[error("the ledger was not available to the function that delivers")]
    LedgerAway,
    /// A storm of which not everything is in a report, or held.
    #[error(
        "of {of} incidents {unknown} are not in the ledger, {gathered} were not sent in time, and {rejected} were \
         rejected"
    )]
    Unaccounted {
        /// How many the ledger does not know.
        unknown: usize,
        /// How many should have been sent by now.
        gathered: usize,
        /// How many the receiver rejected.
        rejected: usize,
        /// How many there are.
        of: usize,
    },
    /// A person pressed Ctrl-C.
    #[error("interrupted; everything that was started has ended")]
    Interrupted,
}

impl Error {
    /// What to do about it, where that is not plain from the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Synth(error) => error.hint(),
            Self::LocalAws(LocalAwsError::NotInstalled(_)) => {
                Some("`make demo` installs it".to_owned())
            }
            _ => None,
        }
    }
}

/// What `synth` is made of fails as `synth` does.
macro_rules! of_synth {
    ($($error:ty),+) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::Synth(error.into())
            }
        })+
    };
}

of_synth!(AwsError, DeployError, LedgerError, PackageError);
