//! What every demo does: starts the local AWS, plays, and ends what it has started.

use std::future::Future;

use runtime::deliver::LEDGER_CALL_FAILED;
use synth::{
    commands::account_file::LoadedFile,
    terminal::{Stop, Terminal},
};

use crate::{
    Error,
    cli::{Demo, Fault},
    investigate,
    local_aws::LocalAws,
    receiver::{self, Receiver},
    scenario, storm,
};

/// Plays the demo. Everything that it starts ends with it, however it ends.
///
/// # Errors
///
/// Returns an [`Error`] if the local AWS does not start, if the deploy fails, if an incident is missing or does
/// not verify, if an investigation does not end in the ledger, or if the run is stopped.
pub async fn play(args: &Demo, terminal: Terminal) -> Result<(), Error> {
    let stop = Stop::on_signal();
    let (mut file, _) = LoadedFile::read(args.config.clone(), None)?;
    if let Some(events) = args.storm {
        storm::prepare(&mut file.account, events.into());
    }
    terminal.say("1. starting the local AWS, and an agent that investigates");
    let region = file
        .account
        .regions
        .first()
        .cloned()
        .unwrap_or_else(|| "eu-central-1".to_owned());
    let secret = receiver::fresh_secret();
    let expected = match args.fault {
        Some(Fault::WrongSecret) => receiver::fresh_secret(),
        None => secret.clone(),
    };
    let agent = investigate::agent(&file.account, &region);
    let listening = match args.storm {
        Some(_) => Receiver::listen_limited(expected, storm::LIMIT).await,
        None => Receiver::listen_as(agent.clone(), expected).await,
    };
    let mut receiver = listening.map_err(Error::Receiver)?;
    // The functions' own way to the agent.
    let variables = [("AWS_ENDPOINT_URL_DEVOPS_AGENT", receiver.endpoint())];
    let starting =
        async { Ok::<_, Error>(LocalAws::start_with(&args.local_aws, &region, &variables).await?) };
    let local = or_stopped(starting, &stop).await?;
    terminal.say(&format!("   MiniStack at {}", local.endpoint()));
    let played = async {
        if let Some(events) = args.storm {
            let events = events.into();
            storm::play(events, &file, &local, &mut receiver, &secret, terminal).await?;
        } else {
            let queue = investigate::subscribe(&file.account, &local).await?;
            let deployed = scenario::play(&file, &local, &mut receiver, &secret, terminal).await?;
            investigate::play(&file.account, &deployed, &agent, queue.as_deref(), terminal).await?;
        }
        // Whatever arrives without the ledger, nobody has decided what may be sent.
        if local.has_said(LEDGER_CALL_FAILED) {
            return Err(Error::LedgerAway);
        }
        Ok(())
    };
    let played = or_stopped(played, &stop).await;
    let failed = !matches!(played, Ok(()) | Err(Error::Interrupted));
    if failed {
        terminal.say(&format!(
            "   the log of the local AWS: {}",
            local.log().display()
        ));
    }
    local.stop(failed).await;
    played
}

/// What `work` comes to, unless a person or a supervisor ends it before.
async fn or_stopped<T>(
    work: impl Future<Output = Result<T, Error>>,
    stop: &Stop,
) -> Result<T, Error> {
    tokio::select! {
        result = work => result,
        () = stop.given() => Err(Error::Interrupted),
    }
}
