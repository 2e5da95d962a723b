//! How a run ends.

use std::{io, path::PathBuf};

use crate::config::Diagnostic;

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
    /// A stack needs a person.
    NeedsPerson = 6,
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
    /// What is to be watched does not fit into stacks.
    #[error(transparent)]
    Synthesis(#[from] stacks::SynthesisError),
}

impl Error {
    /// The code that `synth` ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::AccountFile { .. } | Self::Synthesis(_) => Exit::Usage,
            Self::File {
                source,
                action: "read",
                ..
            } if source.kind() == io::ErrorKind::NotFound => Exit::Usage,
            Self::File { .. } => Exit::Failed,
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
                let dir = path.parent()?;
                let mut known: Vec<String> = std::fs::read_dir(dir)
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
                known.sort();
                (!known.is_empty()).then(|| format!("accounts here: {}", known.join(", ")))
            }
            _ => None,
        }
    }
}

fn problems(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.iter().filter(|it| it.is_error()).count() {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    }
}
