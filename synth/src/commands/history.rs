//! `synth history`: incidents sent to the agent, incidents still pending, and why.

use std::time::Duration;

use contract::{DeliverySettings, Output};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stacks::Json;

use crate::{
    aws::{QueueDepth, Region},
    cli::{AccountFile, History as Arguments},
    commands::connect,
    config::Account,
    deploy::deployed,
    error::{Error, Exit},
    ledger::{Contents, History, LedgerError, Queues, Seen, Table, queue_json},
    terminal::{Stop, Terminal},
};

/// How long `--follow` waits between two looks.
const PAUSE: Duration = Duration::from_secs(2);

pub(crate) async fn run(
    args: &Arguments,
    file: &AccountFile,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let mut account = file.load(terminal)?.account;
    if let Some(region) = &args.region {
        let known = std::mem::replace(&mut account.regions, vec![region.clone()]);
        if !known.is_empty() && !known.contains(region) {
            let region = region.clone();
            return Err(Error::Region { region, known });
        }
    }
    let mut places = Vec::new();
    for region in connect(&account, terminal).await? {
        places.push(Place::of(region, &account).await?);
    }
    let name = &account.monitor.account_name;
    let watched = account.monitor.agent.is_some();
    if args.follow {
        let stop = Stop::on_signal();
        return tokio::select! {
            ended = follow(places, (name, watched), args, terminal) => ended,
            () = stop.given() => Ok(Exit::Done),
        };
    }
    let mut all = Vec::new();
    for place in &mut places {
        let now = Timestamp::now();
        let history = place.look(args.since, now).await?;
        if args.json {
            all.push(history.to_json(place.name(), args.limit));
            continue;
        }
        terminal.data(&History::heading(place.name(), watched));
        for line in history.lines(name, args.limit, terminal.width(), now) {
            terminal.data(&line);
        }
    }
    if args.json {
        terminal.data(&format!("{:#}", Json::Array(all)));
    }
    Ok(Exit::Done)
}

/// How changes are shown.
#[derive(Clone, Copy)]
enum Shown {
    Json,
    Lines { width: usize },
}

/// A region, as far as its history is concerned.
struct Place {
    region: Region,
    table: Table,
    incidents: String,
    dead_letters: String,
    settings: DeliverySettings,
    seen: Seen,
    /// Whether the last look failed.
    is_away: bool,
}

impl Place {
    async fn of(region: Region, account: &Account) -> Result<Self, Error> {
        let core = account.monitor.stack.as_str();
        let deployed = deployed(&region, core).await?;
        let of = |name: Output| {
            deployed
                .output(name)
                .map(str::to_owned)
                .ok_or_else(|| LedgerError::NotDeployed {
                    stack: core.to_owned(),
                    region: region.name().to_owned(),
                })
        };
        Ok(Self {
            table: Table::new(&region.aws, of(Output::LedgerTable)?),
            incidents: of(Output::IncidentsUrl)?,
            dead_letters: of(Output::DeadLettersUrl)?,
            settings: account.monitor.delivery(),
            seen: Seen::default(),
            is_away: false,
            region,
        })
    }

    fn name(&self) -> &str {
        self.region.name()
    }

    async fn look(&mut self, since: SignedDuration, now: Timestamp) -> Result<History, Error> {
        let items = self.table.items().await?;
        let contents = Contents::read(items, now);
        let queues = Queues {
            incidents: QueueDepth::of(&self.region.aws, &self.incidents).await?,
            dead_letters: QueueDepth::of(&self.region.aws, &self.dead_letters).await?,
        };
        let since = now.saturating_sub(since).unwrap_or(Timestamp::MIN);
        Ok(History::new(&contents, queues, &self.settings, since, now))
    }

    /// What is new or has changed since this was asked last, the last `limit` of it.
    fn changes(
        &mut self,
        history: &History,
        account: &str,
        shown: Shown,
        limit: usize,
        now: Timestamp,
    ) -> Vec<String> {
        let (entries, letters) = self.seen.changes(history);
        let entries = &entries[entries.len().saturating_sub(limit)..];
        let region = self.name();
        if let Shown::Lines { width } = shown {
            let lines = entries.iter().flat_map(|it| it.lines(width, now));
            let letters = letters.then(|| history.queues.dead_letter_line(account));
            return lines.chain(letters).collect();
        }
        let windows = entries
            .iter()
            .map(|it| json!({ "region": region, "window": it.to_json() }));
        let letters = letters.then(|| {
            let letters = queue_json(history.queues.dead_letters);
            json!({ "region": region, "deadLetters": letters })
        });
        windows.chain(letters).map(|it| it.to_string()).collect()
    }
}

/// Prints what is there, and then what is new or has changed, for as long as somebody reads it.
async fn follow(
    mut places: Vec<Place>,
    (account, watched): (&str, bool),
    args: &Arguments,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let mut heading = String::new();
    for look in 0_u64.. {
        for place in &mut places {
            let now = Timestamp::now();
            let history = match place.look(args.since, now).await {
                Ok(history) => history,
                Err(error) if look > 0 && is_passing(&error) => {
                    // Once is enough, however long it lasts.
                    if !std::mem::replace(&mut place.is_away, true) {
                        terminal.say(&format!("{}: {error}; trying again", place.name()));
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            place.is_away = false;
            let limit = if look == 0 { args.limit } else { usize::MAX };
            let shown = if args.json {
                Shown::Json
            } else {
                let width = terminal.width();
                Shown::Lines { width }
            };
            let mut lines = place.changes(&history, account, shown, limit, now);
            if !args.json && !lines.is_empty() && heading != place.name() {
                place.name().clone_into(&mut heading);
                lines.insert(0, History::heading(&heading, watched));
            }
            for line in lines {
                if !terminal.try_data(&line) {
                    return Ok(Exit::Done);
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Exit::Done)
}

/// Whether the next look may well succeed.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Aws(error) => error.is_passing(),
        Error::Ledger(error) => error.is_passing(),
        _ => false,
    }
}
