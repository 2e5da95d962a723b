//! The main job, end to end, on a local AWS: what `synth demo` plays.

mod events;
mod local_aws;
mod receiver;
mod story;

use std::path::PathBuf;

use crate::{
    cli::{Demo, Fault},
    config::{self, Account, Context},
    error::{Error, Exit},
    terminal::Terminal,
};

use local_aws::LocalAws;
use receiver::Receiver;

/// Why a demo did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The local AWS is not installed.
    #[error("the local AWS is not installed in `{}`", .0.display())]
    NotInstalled(PathBuf),
    /// The local AWS did not start.
    #[error("the local AWS did not start: {0}")]
    NotStarted(String),
    /// The receiver could not listen.
    #[error("the receiver could not listen on loopback")]
    Receiver(#[source] std::io::Error),
    /// The instances could not be made.
    #[error("the instances of the cost report could not be made: {0}")]
    Scenery(String),
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
    /// A person pressed Ctrl-C.
    #[error("interrupted; everything that was started has ended")]
    Interrupted,
}

/// Plays the demo. Everything that it starts ends with it, however it ends.
pub(crate) async fn run(args: &Demo, terminal: Terminal) -> Result<Exit, Error> {
    let account = load(args)?;
    tokio::select! {
        result = play(args, &account, terminal) => result,
        () = interruption() => Err(DemoError::Interrupted.into()),
    }
}

async fn play(args: &Demo, account: &Account, terminal: Terminal) -> Result<Exit, Error> {
    terminal.say("1. starting the local AWS");
    let region = account
        .regions
        .first()
        .cloned()
        .unwrap_or_else(|| "eu-central-1".to_owned());
    let local = LocalAws::start(&args.local_aws, &region).await?;
    terminal.say(&format!("   MiniStack at {}", local.endpoint()));

    let secret = receiver::fresh_secret();
    let expected = match args.fault {
        Some(Fault::WrongSecret) => receiver::fresh_secret(),
        None => secret.clone(),
    };
    let mut receiver = Receiver::listen(expected)
        .await
        .map_err(DemoError::Receiver)?;
    let played = story::play(account, &local, &mut receiver, &secret, terminal).await;
    if played.is_err() {
        terminal.say(&format!(
            "   the log of the local AWS: {}",
            local.log().display()
        ));
    }
    local.stop(played.is_err()).await;
    played.map(|()| Exit::Done)
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
