//! A storm on the local AWS: what the agent is sent when everything breaks at once.

mod events;
mod reconciliation;
mod report;
mod send;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use contract::{IncidentId, Output};
use events::{GROUPS, events};
use jiff::Timestamp;
use reconciliation::{Reconciliation, Taken};
use report::{Now, Summary};
use runtime::ledger::Hour;
use send::Sending;
use stacks::monitor::GroupWait;
use synth::{
    aws::QueueDepth,
    commands::account_file::LoadedFile,
    config::Account,
    ledger::{Contents, Table},
    terminal::Terminal,
};

use crate::{
    Error,
    deployed::deploy,
    local_aws::LocalAws,
    receiver::{Receiver, TOO_MANY},
};

/// Requests that the receiver takes in a second: as many as `deliver` sends at most.
pub(crate) const LIMIT: usize = 2;
/// How often progress is shown.
const TICK: Duration = Duration::from_secs(2);
/// Events that a machine plays in a second at least.
const PLAYED: usize = 60;
/// How long a storm may take beyond the time for which its groups wait.
const PATIENCE: Duration = Duration::from_mins(3);

/// Makes an account suit a storm of so many events: groups wait until this machine has played all of it.
pub(crate) fn prepare(account: &mut Account, count: usize) {
    let grouping = &mut account.monitor.grouping;
    let seconds = count / PLAYED + 5;
    if let Ok(wait) = GroupWait::parse(&format!("{seconds} seconds"))
        && wait.get() > grouping.wait.get()
    {
        grouping.wait = wait;
    }
}

/// Deploys the account, plays a storm of so many events, and accounts for each.
pub(crate) async fn play(
    count: usize,
    file: &LoadedFile,
    local: &LocalAws,
    receiver: &mut Receiver,
    secret: &str,
    terminal: Terminal,
) -> Result<(), Error> {
    let account = &file.account;
    let wait = account.monitor.grouping.wait.get().as_secs();
    terminal.say(&format!(
        "\n2. deploying the account file, which lets groups wait for {wait} seconds here"
    ));
    let deployed = deploy(file, local, receiver, secret, terminal).await?;
    let table = deployed.output(Output::LedgerTable).await?;
    let mut ledger = Table::new(&deployed.region.aws, table);
    let queue = deployed.output(Output::IncidentsUrl).await?;

    let begin = Timestamp::now();
    let events = events(&deployed, count, begin)?;
    let incidents: BTreeSet<IncidentId> = events.iter().map(|it| it.envelope.identity()).collect();
    let settings = account.monitor.delivery();
    terminal.say(&format!(
        "\n4. a storm: {count} events of {GROUPS} groups, each of which waits for {wait} seconds for others; \
         the receiver takes {LIMIT} requests a second"
    ));
    let started = Instant::now();
    let mut sending = Sending::begin(&deployed, events).await?;
    let mut arrived = Arrived::default();
    let patience = PATIENCE + Duration::from_secs(wait);
    let (reconciliation, contents, at) = loop {
        tokio::time::sleep(TICK).await;
        let now = Now {
            elapsed: started.elapsed(),
            sent: sending.sent()?,
            waiting: QueueDepth::of(&deployed.region.aws, &queue).await?,
        };
        arrived.note(receiver)?;
        terminal.say(&report::progress(&now, count, &arrived));
        let is_over = started.elapsed() > patience;
        if now.sent == count || is_over {
            let at = Timestamp::now();
            let contents = Contents::read(ledger.items().await?, at);
            arrived.note(receiver)?;
            let reconciliation =
                Reconciliation::of(&incidents, &contents, &settings, &arrived.taken, at);
            if reconciliation.is_complete() || is_over {
                break (reconciliation, contents, at);
            }
        }
    };
    let summary = Summary {
        events: count,
        reconciliation: &reconciliation,
        arrived: &arrived,
        day: contents.day(),
        hour: Hour::of(at),
        limits: &settings.limits,
        took: started.elapsed(),
    };
    for line in summary.lines() {
        terminal.data(&line);
    }
    if reconciliation.is_complete() {
        return Ok(());
    }
    Err(Error::Unaccounted {
        gathered: reconciliation.gathered,
        rejected: reconciliation.rejected,
        unknown: reconciliation.unknown,
        of: incidents.len(),
    })
}

/// What has arrived so far.
#[derive(Default)]
struct Arrived {
    taken: Taken,
    /// Priority and title of each incident that was taken.
    titles: Vec<(String, String)>,
    /// How often the receiver was asked for more than it takes.
    too_many: usize,
}

impl Arrived {
    fn note(&mut self, receiver: &mut Receiver) -> Result<(), Error> {
        for it in receiver.arrived() {
            match it.refused {
                None => {
                    let text = |key: &str| it.incident[key].as_str().unwrap_or_default().to_owned();
                    if self.taken.add(&it.incident) {
                        self.titles.push((text("priority"), text("title")));
                    }
                }
                Some(TOO_MANY) => self.too_many += 1,
                Some(why) => return Err(Error::Refused(why)),
            }
        }
        Ok(())
    }
}
