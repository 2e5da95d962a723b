//! How a run ends.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    aws::AwsError,
    config::Diagnostic,
    deploy::DeployError,
    ledger::LedgerError,
    package::PackageError,
    terminal::{InputError, Terminal},
};

/// The exit codes of `synth`. The numbers are a contract with whoever automates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// The command line or the account file is wrong.
    Usage = 2,
    /// `diff --exit-code` found differences.
    Differences = 3,
    /// Declined at the prompt.
    Declined = 4,
    /// The deploy failed and was rolled back.
    RolledBack = 5,
    /// A stack requires manual intervention.
    ManualIntervention = 6,
    /// Contact was lost while the deploy goes on.
    ContactLost = 7,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("failed to {action} `{}`", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// There are no account files.
    #[error("there is no account file in `accounts`")]
    NoAccounts,
    /// An argument that goes with one account only.
    #[error("`{argument}` goes with one account at a time")]
    OneAccount {
        /// The argument.
        argument: &'static str,
    },
    /// The account file cannot be used.
    #[error("{} in `{}`; nothing was written", problems(.diagnostics), path.display())]
    AccountFile {
        /// Which file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// Names in the account file are not in the account.
    #[error("{} in `{}` that the account does not have", names(.diagnostics), path.display())]
    NotThere {
        /// Which file.
        path: PathBuf,
        /// Its text.
        text: String,
        /// Each name.
        diagnostics: Vec<Diagnostic>,
    },
    /// The account file is written in a way that entries cannot be added to.
    #[error("`{}` is written in a way that entries cannot be added to", path.display())]
    NotCompleted {
        /// Which file.
        path: PathBuf,
    },
    /// What is to be tried is no event.
    #[error("{} is not an event: {reason}", path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An account cannot have this name.
    #[error(transparent)]
    AccountName(stacks::monitor::InvalidName),
    /// Alarms would move from one stack or resource to another.
    #[error("alarms that would move to another stack or resource: {count}, such as `{first}`")]
    Moves {
        /// How many.
        count: usize,
        /// One of them.
        first: String,
    },
    /// The functions are not built, or not for where they should run.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// AWS refused or did not answer.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The account file is for other regions.
    #[error("the account file does not name the region `{region}`")]
    Region {
        /// The region that was asked for.
        region: String,
        /// Those of the account file.
        known: Vec<String>,
    },
    /// A policy is for one account.
    #[error("a policy is for one account")]
    PolicyOfNoAccount,
    /// The account file asks for no cost report.
    #[error("the account file has no `cost-report`")]
    NoCostReport,
    /// A stack is not as it should be.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The wish to end came while nothing was going on.
    #[error("interrupted; nothing more was begun")]
    Interrupted,
    /// Somebody else changes the stacks again and again.
    #[error("something goes on in the stacks again and again, so they cannot be compared")]
    NeverAtRest,
    /// Something of an account could not be read; the rest was shown.
    #[error("not everything could be read: {0}")]
    Incomplete(String),
    /// What was said of the webhook cannot be used.
    #[error("the webhook was not set: {0}")]
    Webhook(#[from] webhook::InvalidSecret),
    /// There is no answer, or no input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The program itself could not start.
    #[error("failed to start the asynchronous runtime")]
    Start(#[source] io::Error),
    /// The function's log does not say what became of the test.
    #[error("the log of the function `{function}` does not say what became of the test")]
    NoVerdict {
        /// The function.
        function: String,
    },
}

impl Error {
    /// Says it to whoever is at the terminal: all mistakes of an account file, what went wrong and why, and
    /// what to do about it.
    pub fn report(&self, terminal: Terminal) {
        if let Self::AccountFile {
            path,
            text,
            diagnostics,
        }
        | Self::NotThere {
            path,
            text,
            diagnostics,
        } = self
        {
            for diagnostic in diagnostics {
                let shown = diagnostic.render(&path.to_string_lossy(), text, terminal.color);
                terminal.say(&format!("{shown}\n"));
            }
        }
        terminal.report(self, self.hint().as_deref());
    }

    /// The code that `synth` ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::AccountFile { .. }
            | Self::NotThere { .. }
            | Self::AccountName(_)
            | Self::Event { .. }
            | Self::Webhook(_)
            | Self::Region { .. }
            | Self::NoAccounts
            | Self::OneAccount { .. }
            | Self::NoCostReport
            | Self::PolicyOfNoAccount
            | Self::Aws(AwsError::WrongAccount { .. } | AwsError::NoRegion) => Exit::Usage,
            Self::File {
                source,
                action: "read",
                ..
            } if source.kind() == io::ErrorKind::NotFound => Exit::Usage,
            Self::Input(InputError::NobodyToAsk)
            | Self::Moves { .. }
            | Self::Deploy(DeployError::BeyondPlan { .. }) => Exit::Declined,
            Self::Deploy(DeployError::RolledBack { .. }) => Exit::RolledBack,
            Self::Deploy(
                DeployError::Stuck { .. }
                | DeployError::UnknownStatus { .. }
                | DeployError::NotDeleted { .. },
            ) => Exit::ManualIntervention,
            Self::Deploy(DeployError::ContactLost { .. } | DeployError::Detached { .. }) => {
                Exit::ContactLost
            }
            Self::File { .. }
            | Self::NotCompleted { .. }
            | Self::Package(_)
            | Self::Aws(_)
            | Self::Ledger(_)
            | Self::Deploy(_)
            | Self::Interrupted
            | Self::NeverAtRest
            | Self::Incomplete(_)
            | Self::Input(InputError::Read(_))
            | Self::Start(_)
            | Self::NoVerdict { .. } => Exit::Failed,
        }
    }

    /// What to do about it, where that is not plain from the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File {
                source,
                action: "read",
                path,
            } if source.kind() == io::ErrorKind::NotFound => {
                let known = account_names(path.parent()?);
                (!known.is_empty()).then(|| format!("accounts here: {}", known.join(", ")))
            }
            Self::NoAccounts => Some("make one with: synth init --account NAME".to_owned()),
            Self::Package(error) => error.hint(),
            Self::Aws(error) | Self::Deploy(DeployError::Aws(error)) => Some(
                error
                    .hint()
                    .unwrap_or_else(|| "fix the cause, then run the same command again".to_owned()),
            ),
            Self::Incomplete(_) => {
                Some("fix the cause, or wait, and run the same command again".to_owned())
            }
            Self::Ledger(error) => error.hint(),
            Self::NotCompleted { .. } => {
                Some("add the entries that are shown above by hand; nothing was written".to_owned())
            }
            Self::NotThere { .. } => Some(
                "correct the names, or leave out `--strict` if they will be there later".to_owned(),
            ),
            Self::PolicyOfNoAccount => Some("add `--account NAME`".to_owned()),
            Self::NoCostReport => Some("add one: `cost-report: {at: \"07:30\"}`".to_owned()),
            Self::Region { known, .. } => Some(format!("regions here: {}", known.join(", "))),
            Self::Deploy(
                DeployError::Stuck { next, .. } | DeployError::NotDeleted { next, .. },
            ) => Some(format!("next: {next}")),
            Self::Deploy(DeployError::UnknownStatus { next, .. }) => Some(format!("next: {next}")),
            Self::Deploy(
                DeployError::RolledBack { .. }
                | DeployError::ChangeSet { .. }
                | DeployError::MissingOutput { .. },
            ) => Some("fix the cause, then run the same command again".to_owned()),
            Self::Deploy(DeployError::ContactLost {
                hint: Some(hint), ..
            }) => Some(format!(
                "{hint}; then the same command again waits for it and carries on"
            )),
            Self::Deploy(
                DeployError::ContactLost { .. }
                | DeployError::Detached { .. }
                | DeployError::StillBusy { .. },
            ) => Some("the same command again waits for it and carries on".to_owned()),
            Self::Deploy(
                DeployError::Stopped { .. }
                | DeployError::Stale { .. }
                | DeployError::Vanished { .. },
            )
            | Self::Interrupted
            | Self::NeverAtRest => Some("run the same command again".to_owned()),
            Self::Deploy(DeployError::NotBegun { .. }) => Some(
                "check what is between this machine and AWS (HTTPS_PROXY), then run the same \
                 command again"
                    .to_owned(),
            ),
            Self::Deploy(DeployError::BeyondPlan { .. }) => Some(
                "run it at a terminal without `--yes`: then it asks about this resource".to_owned(),
            ),
            Self::Deploy(DeployError::NotOurs { .. }) => Some(
                "give the account file another `stack`, or remove the other stack by hand"
                    .to_owned(),
            ),
            Self::Deploy(DeployError::NotDeployed { .. }) => {
                Some("deploy it first: make deploy ACCOUNT=NAME".to_owned())
            }
            Self::Deploy(DeployError::Protected { stack, region }) => Some(format!(
                "lift it with: aws cloudformation update-termination-protection \
                 --no-enable-termination-protection --stack-name {stack} --region {region}"
            )),
            Self::Input(InputError::NobodyToAsk) => Some("add `--yes`".to_owned()),
            Self::Moves { .. } => Some(
                "while they move they are gone, and they forget their states: add `--move-alarms`"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

pub(crate) fn account_names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let yaml = path
                .extension()
                .is_some_and(|extension| extension == "yaml");
            yaml.then(|| path.file_stem()?.to_str().map(str::to_owned))?
        })
        .collect();
    names.sort();
    names
}

fn names(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.len() {
        1 => "1 name".to_owned(),
        count => format!("{count} names"),
    }
}

fn problems(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.iter().filter(|it| it.is_error()).count() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    }
}
