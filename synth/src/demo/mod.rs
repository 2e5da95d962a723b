//! The main job, end to end, on a local AWS: what `synth demo` plays.

mod deployed;
mod events;
mod storm;
mod story;

use std::{future::Future, path::Path};

use runtime::deliver::LEDGER_AWAY;
use stacks::SynthesisError;

use crate::{
    cli::{Demo, Fault},
    config::{self, Account, Context},
    error::{Error, Exit},
    local_aws::{LocalAws, LocalAwsError},
    receiver::{self, Receiver},
    terminal::Terminal,
};

/// Why a demo did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The local AWS is not there.
    #[error(transparent)]
    LocalAws(#[from] LocalAwsError),
    /// The receiver could not listen.
    #[error("the receiver could not listen on loopback")]
    Receiver(#[source] std::io::Error),
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
    /// An event of the storm that the functions would not make an incident of.
    #[error("an event of the storm is no incident by the functions' own judgement")]
    Judged,
    /// No account can be made for a storm.
    #[error("the account file does not suit a storm")]
    Synthesis(#[from] SynthesisError),
    /// The receiver refused what should have been right.
    #[error("the receiver refused an incident: {0}")]
    Refused(&'static str),
    /// The functions delivered without the ledger.
    #[error("the ledger was not available to the function that delivers")]
    LedgerAway,
    /// A storm of which not everything is told, or waits to be.
    #[error(
        "of {of} incidents {unknown} are not in the ledger, {gathered} were gathered and not told in time, and \
         {rejected} were rejected"
    )]
    Unaccounted {
        /// How many the ledger does not know.
        unknown: usize,
        /// How many should have been told by now.
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

/// Plays the demo. Everything that it starts ends with it, however it ends.
pub(crate) async fn run(args: &Demo, terminal: Terminal) -> Result<Exit, Error> {
    let account = match args.storm {
        Some(events) => storm::prepared(load(args)?, events.into())?,
        None => load(args)?,
    };
    terminal.say("1. starting the local AWS");
    let region = account
        .regions
        .first()
        .cloned()
        .unwrap_or_else(|| "eu-central-1".to_owned());
    let local = or_interrupted(start(&args.local_aws, &region)).await?;
    terminal.say(&format!("   MiniStack at {}", local.endpoint()));
    let played = or_interrupted(play(args, &account, &local, terminal)).await;
    let failed = !matches!(played, Ok(()) | Err(Error::Demo(DemoError::Interrupted)));
    if failed {
        terminal.say(&format!(
            "   the log of the local AWS: {}",
            local.log().display()
        ));
    }
    local.stop(failed).await;
    played.map(|()| Exit::Done)
}

async fn start(environment: &Path, region: &str) -> Result<LocalAws, DemoError> {
    Ok(LocalAws::start(environment, region).await?)
}

async fn play(
    args: &Demo,
    account: &Account,
    local: &LocalAws,
    terminal: Terminal,
) -> Result<(), Error> {
    let secret = receiver::fresh_secret();
    let expected = match args.fault {
        Some(Fault::WrongSecret) => receiver::fresh_secret(),
        None => secret.clone(),
    };
    let listening = match args.storm {
        Some(_) => Receiver::listen_limited(expected, storm::LIMIT).await,
        None => Receiver::listen(expected).await,
    };
    let mut receiver = listening.map_err(DemoError::Receiver)?;
    match args.storm {
        Some(events) => {
            let events = events.into();
            storm::play(events, account, local, &mut receiver, &secret, terminal).await?;
        }
        None => story::play(account, local, &mut receiver, &secret, terminal).await?,
    }
    // Whatever arrives without the ledger, nobody has decided what may be told.
    if local.has_said(LEDGER_AWAY) {
        return Err(DemoError::LedgerAway.into());
    }
    Ok(())
}

/// What `work` comes to, unless a person or a supervisor ends it before.
async fn or_interrupted<T, E: Into<Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Error> {
    tokio::select! {
        result = work => result.map_err(Into::into),
        () = interruption() => Err(DemoError::Interrupted.into()),
    }
}

/// The first of Ctrl-C and a request to terminate.
async fn interruption() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

fn load(args: &Demo) -> Result<Account, Error> {
    let path = args.config.clone();
    let text = std::fs::read_to_string(&path).map_err(|source| Error::File {
        action: "read",
        path: path.clone(),
        source,
    })?;
    let context = Context {
        file_stem: None,
        host: crate::host_architecture(),
    };
    let (account, diagnostics) = config::parse(&text, context);
    account.ok_or(Error::AccountFile {
        path,
        text,
        diagnostics,
    })
}
