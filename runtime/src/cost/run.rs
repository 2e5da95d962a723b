//! One run of the report, so that a run that dies at any step makes one incident: not two, and not none.
//!
//! The order, which the tests kill at every step:
//!
//! 1. A report that an earlier run made and did not queue is queued, as it was made.
//! 2. The run is counted in the ledger.
//! 3. The account is read, and what is found is compared with what was reported.
//! 4. If that is worth it, Cost Explorer is asked, where that is wanted and after that was noted; and what the report
//!    says of each resource is noted. It does not count yet.
//! 5. The report is made: one write that has the incident itself, and with which the notes count.
//! 6. The incident is queued.
//! 7. That it is queued is noted. Without, the next run queues it again, under the same identity.

use std::{collections::BTreeMap, time::Duration};

use contract::{Envelope, FunctionName, IncidentId};
use jiff::{SignedDuration, Timestamp};

use super::{
    actual,
    evaluate::{Evaluation, evaluate},
    facts::Why,
    gate::{News, Past, news},
    look::look,
    port::{Clock, Reads},
    settings::Settings,
    text::{Occasion, identity, incident},
};
use crate::{
    aws::CallError,
    ledger::{CostFindings, CostReported, CostRun, Item, Key, PendingCost, Put, SHARDS, Versioned},
};

/// How often Lambda tries an event: once, and two times more.
const TRIES: u32 = 3;
/// Without a ledger, how long after its time a run is taken for the last try.
const LAST_TRY: SignedDuration = SignedDuration::from_mins(4);
/// For how long reports are remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How often Cost Explorer is asked: once a week, and a run is never at exactly the same second.
const ASKED_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24 - 1);
/// Shards that are read at once: together less than an answer may have.
const AT_ONCE: usize = 4;

/// What is remembered from run to run.
#[expect(
    async_fn_in_trait,
    reason = "what implements it is known where it is used, and runs on one thread"
)]
pub trait Store {
    /// Reads items. What is not there has no entry.
    async fn read(&self, keys: &[Key])
    -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError>;
    /// Writes an item; says `false` if somebody else has written it since it was read.
    async fn write(&self, put: &Put) -> Result<bool, CallError>;
}

/// Where incidents go.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Outbox {
    /// Queues a message.
    async fn send(&self, body: &str) -> Result<(), CallError>;
}

/// What came of a run.
#[derive(Debug)]
pub enum Outcome {
    /// An incident was queued.
    Reported {
        /// Its identity.
        id: IncidentId,
        /// What was found.
        evaluation: Box<Evaluation>,
        /// What of it is new.
        news: News,
    },
    /// An earlier run of the same day had made the report. It is queued, now if it was not yet.
    Repeated {
        /// Its identity.
        id: IncidentId,
    },
    /// There is nothing that is worth an incident.
    NotWorthIt {
        /// What was found.
        evaluation: Box<Evaluation>,
        /// What of it is new.
        news: News,
        /// Whether people must be notified that the run is incomplete: for this reason they were not yet.
        notifies: bool,
    },
}

/// Why a run failed. Lambda tries it again.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Not everything could be read, for reasons that may pass.
    #[error("the run is incomplete, and is tried again: {}", .0.join("; "))]
    Incomplete(Vec<String>),
    /// Another invocation makes the same report at this time.
    #[error("another invocation makes this report")]
    Busy,
    /// The incident could not be queued.
    #[error("the incident could not be queued")]
    Queue(#[source] CallError),
}

/// What a run needs.
#[derive(Debug)]
pub struct Run<'a, R, C, S, O> {
    /// Reads the account.
    pub reads: &'a R,
    /// The time that passes.
    pub clock: &'a C,
    /// What is remembered.
    pub store: &'a S,
    /// Where incidents go.
    pub outbox: &'a O,
    /// What the account file says.
    pub settings: &'a Settings,
}

/// The ledger's run, as it was read; nothing where the ledger is away.
type Ledger = Option<Versioned<CostRun>>;

impl<R: Reads, C: Clock, S: Store, O: Outbox> Run<'_, R, C, S, O> {
    /// Makes the report of an occasion. It is `now`, and reading is over `until`, since the run began.
    ///
    /// # Errors
    ///
    /// When the run is to be tried again.
    pub async fn run(
        &self,
        occasion: Occasion<'_>,
        now: Timestamp,
        until: Duration,
    ) -> Result<Outcome, RunError> {
        let id = identity(occasion, self.settings.day(occasion.at));
        let mut ledger = self.read_run().await;
        if let Some(pending) = ledger.as_ref().and_then(|it| it.item.pending.clone()) {
            self.queue(&pending.body).await?;
            self.change(&mut ledger, |run| run.pending = None).await?;
        }
        if ledger
            .as_ref()
            .is_some_and(|it| it.item.has_made(id.as_str()))
        {
            return Ok(Outcome::Repeated { id });
        }
        self.change(&mut ledger, |run| {
            run.tries = if run.scheduled == occasion.at {
                run.tries + 1
            } else {
                1
            };
            run.scheduled = occasion.at;
            run.reports
                .retain(|it| now.duration_since(it.at) < REMEMBERED);
        })
        .await?;
        let is_last = match &ledger {
            Some(it) => it.item.tries >= TRIES,
            None => now.duration_since(occasion.at) > LAST_TRY,
        };
        let reading = if self.settings.cost.actual_costs {
            until.saturating_sub(actual::RESERVED)
        } else {
            until
        };
        let facts = look(self.reads, self.clock, self.settings, occasion.at, reading).await;
        let mut evaluation = Box::new(evaluate(facts, self.settings, occasion.at));
        if evaluation.is_passing() && !is_last {
            return Err(RunError::Incomplete(evaluation.reasons()));
        }
        let (past, versions) = self.read_past(&mut ledger).await;
        let news = news(&evaluation, &past, self.settings, occasion.at);
        if !news.is_worth_it {
            return self.not_worth_it(ledger, evaluation, news).await;
        }
        if self.settings.cost.actual_costs {
            self.actual_costs(&mut ledger, &mut evaluation, occasion.at, until)
                .await?;
        }
        let news = self
            .report(&mut ledger, &evaluation, news, &past, &versions, occasion)
            .await?;
        Ok(Outcome::Reported {
            id,
            evaluation,
            news,
        })
    }

    /// Asks what the findings have cost, once a week at most. That is noted before, as asking costs: a run that dies
    /// then does without. Without time for it, it is neither asked nor noted.
    async fn actual_costs(
        &self,
        ledger: &mut Ledger,
        evaluation: &mut Evaluation,
        at: Timestamp,
        until: Duration,
    ) -> Result<(), RunError> {
        let asked = ledger.as_ref().and_then(|it| it.item.costs_asked);
        if asked.is_some_and(|it| at.duration_since(it) < ASKED_EVERY) {
            return Ok(());
        }
        // A week's question is not spent on nothing.
        if actual::resources(evaluation).is_empty() {
            return Ok(());
        }
        if !actual::has_time(self.clock, until) {
            evaluation.gaps.push(actual::gap(Why::OutOfTime));
            return Ok(());
        }
        self.change(ledger, |run| run.costs_asked = Some(at))
            .await?;
        if ledger.is_some() {
            actual::add(self.reads, self.clock, until, at, evaluation).await;
        } else {
            evaluation.gaps.push(actual::gap(Why::NotAsked));
        }
        Ok(())
    }

    /// Steps 4 to 7.
    async fn report(
        &self,
        ledger: &mut Ledger,
        evaluation: &Evaluation,
        news: News,
        past: &Past,
        versions: &BTreeMap<u64, u64>,
        occasion: Occasion<'_>,
    ) -> Result<News, RunError> {
        let message = |news: &News| {
            let (incident, group) = incident(evaluation, news, self.settings, occasion);
            let id = incident.id().clone();
            (
                id,
                Envelope::of_group(FunctionName::Cost, incident, group).to_body(),
            )
        };
        let (id, body) = message(&news);
        let reasons = evaluation.reasons();
        if let Some(run) = ledger.as_ref().map(|it| it.item.clone())
            && self
                .note(&run, evaluation, past, versions, &id, occasion.at)
                .await?
        {
            self.change(ledger, |run| {
                run.reports.push(CostReported {
                    id: id.clone(),
                    at: occasion.at,
                });
                run.pending = Some(PendingCost {
                    id: id.clone(),
                    body: body.clone(),
                });
                // People are not notified again of reasons that still apply.
                if run.notified != reasons {
                    run.notified.clear();
                }
            })
            .await?;
            if ledger.is_some() {
                self.queue(&body).await?;
                self.change(ledger, |run| run.pending = None).await?;
                return Ok(news);
            }
        }
        // Nothing can be remembered: the report goes out, and says that nothing is known of the past.
        let news = News {
            past_is_unknown: true,
            ..news
        };
        let (_, body) = message(&news);
        self.queue(&body).await?;
        Ok(news)
    }

    /// Notes what a report says of each resource; says whether that could be done.
    async fn note(
        &self,
        run: &CostRun,
        evaluation: &Evaluation,
        past: &Past,
        versions: &BTreeMap<u64, u64>,
        id: &IncidentId,
        at: Timestamp,
    ) -> Result<bool, RunError> {
        let Past::Known { findings, .. } = past else {
            return Ok(false);
        };
        for (shard, sayings) in past.sayings(evaluation, id.as_str()) {
            let mut item = findings.get(&shard).cloned().unwrap_or_default();
            item.note(sayings, run);
            item.at = at;
            let put = Put {
                key: Key::cost_findings(shard),
                after: Some(versions.get(&shard).copied().unwrap_or_default()),
                item: Item::CostFindings(item),
            };
            match self.store.write(&put).await {
                Ok(true) => {}
                Ok(false) => return Err(RunError::Busy),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn not_worth_it(
        &self,
        mut ledger: Ledger,
        evaluation: Box<Evaluation>,
        news: News,
    ) -> Result<Outcome, RunError> {
        let reasons = evaluation.reasons();
        let known = ledger.as_ref().map(|it| it.item.notified.clone());
        let notifies = !reasons.is_empty() && known.as_ref() != Some(&reasons);
        if known.is_some_and(|it| it != reasons) {
            // If this write fails, people are notified a second time, which is better than never.
            let _ = self.change(&mut ledger, |run| run.notified = reasons).await;
        }
        Ok(Outcome::NotWorthIt {
            evaluation,
            news,
            notifies,
        })
    }

    async fn queue(&self, body: &str) -> Result<(), RunError> {
        self.outbox.send(body).await.map_err(RunError::Queue)
    }

    async fn read_run(&self) -> Ledger {
        let key = Key::cost_run();
        let mut items = self.store.read(std::slice::from_ref(&key)).await.ok()?;
        match items.remove(&key) {
            None => Some(Versioned::new(CostRun::default())),
            Some(Some(Versioned {
                item: Item::CostRun(run),
                version,
            })) => Some(Versioned {
                item: *run,
                version,
            }),
            // Written by a newer version: it is not ours to change.
            Some(_) => None,
        }
    }

    /// Changes the run. Where the ledger cannot be written, it is away from here on.
    async fn change(
        &self,
        ledger: &mut Ledger,
        change: impl FnOnce(&mut CostRun),
    ) -> Result<(), RunError> {
        let Some(stored) = ledger else { return Ok(()) };
        change(&mut stored.item);
        let put = Put {
            key: Key::cost_run(),
            after: Some(stored.version),
            item: Item::CostRun(Box::new(stored.item.clone())),
        };
        match self.store.write(&put).await {
            Ok(true) => stored.version += 1,
            Ok(false) => return Err(RunError::Busy),
            Err(_) => *ledger = None,
        }
        Ok(())
    }

    /// What was reported, and the version of each shard.
    async fn read_past(&self, ledger: &mut Ledger) -> (Past, BTreeMap<u64, u64>) {
        let past = read_past(self.store, ledger.as_ref()).await;
        past.unwrap_or_else(|| {
            *ledger = None;
            (Past::Away, BTreeMap::new())
        })
    }
}

/// What was reported, as the ledger says, for whoever only wants to know.
pub async fn past(store: &impl Store) -> Past {
    let key = Key::cost_run();
    let run = match store.read(std::slice::from_ref(&key)).await {
        Ok(mut items) => match items.remove(&key) {
            Some(Some(Versioned {
                item: Item::CostRun(run),
                version,
            })) => Versioned {
                item: *run,
                version,
            },
            Some(_) => return Past::Away,
            None => Versioned::new(CostRun::default()),
        },
        Err(_) => return Past::Away,
    };
    let past = read_past(store, Some(&run)).await;
    past.map_or(Past::Away, |(past, _)| past)
}

async fn read_past(
    store: &impl Store,
    run: Option<&Versioned<CostRun>>,
) -> Option<(Past, BTreeMap<u64, u64>)> {
    let run = run?.item.clone();
    let keys: Vec<Key> = (0..SHARDS).map(Key::cost_findings).collect();
    let mut findings = BTreeMap::<u64, CostFindings>::new();
    let mut versions = BTreeMap::new();
    for some in keys.chunks(AT_ONCE) {
        for (key, stored) in store.read(some).await.ok()? {
            let stored = stored?;
            let Item::CostFindings(its) = stored.item else {
                return None;
            };
            findings.insert(key.number, its);
            versions.insert(key.number, stored.version);
        }
    }
    Some((Past::Known { run, findings }, versions))
}
