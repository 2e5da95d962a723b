//! From a task of the agent's to the ledger.

use std::{collections::BTreeMap, time::Duration};

use contract::{AgentSettings, IncidentId};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{
    Agent, Clock, Executions, GAP, Journal, NotOurs, SUMMARY, Store, Task, UTILIZATION,
    has_summary, investigation, merge,
};
use crate::{
    aws::CallError,
    ledger::{
        Day, Hour, Identity, Investigation, Item, Key, Put, Slot, Spending, State, Status,
        Versioned, Window,
    },
};

/// How often a write is tried anew because somebody else has written.
const TRIES: u32 = 8;
/// How long after its end a summary is still expected.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(24);
/// The pause before it is tried anew, times the number of the try.
const PAUSE: Duration = Duration::from_millis(50);

/// How a summary is waited for that is not readable yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often it is asked for again.
    pub again: u32,
    /// The pause before it is.
    pub pause: Duration,
}

impl Patience {
    /// The agent's event may come before its summary can be read: three times, five seconds each.
    pub const USUAL: Self = Self {
        again: 3,
        pause: Duration::from_secs(5),
    };
    /// The summary is asked for once.
    pub const NONE: Self = Self {
        again: 0,
        pause: Duration::ZERO,
    };
}

/// What a task came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It leads to no result.
    NotOurs(NotOurs),
    /// The ledger knows as much already.
    Unchanged(Box<Investigation>),
    /// It is in the ledger now.
    Recorded {
        /// What was known before, if anything.
        before: Option<Box<Investigation>>,
        /// What is known now.
        now: Box<Investigation>,
    },
}

/// Why a result is not known as it should be. Lambda tries again, and then keeps the event.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// The agent could not be asked.
    #[error("the agent could not be asked: {0}")]
    Agent(#[source] CallError),
    /// The ledger could not be read or written.
    #[error("the ledger cannot be used: {0}")]
    Ledger(#[source] CallError),
    /// An item of the ledger is not what this version knows.
    #[error("an item of the ledger cannot be read: {0}")]
    Unreadable(Key),
    /// Others wrote at the same time, again and again.
    #[error("others write the same result at once")]
    Busy,
    /// It has ended, which is recorded, but what was found cannot be read.
    #[error("the investigation has ended, but its summary cannot be read yet")]
    NoSummary(Box<Outcome>),
    /// Its status is recorded, but not everything else could be read.
    #[error("not everything could be read of the investigation: {why}")]
    Incomplete {
        /// Why not.
        #[source]
        why: CallError,
        /// What was recorded.
        outcome: Box<Outcome>,
    },
    /// A plan that the agent has written cannot be read.
    #[error("the agent has written a plan, but it cannot be read yet")]
    NoPlan,
    /// The event bus did not take the event.
    #[error("the event bus did not take the event: {0}")]
    Bus(#[source] CallError),
    /// The topic did not take the message about the result.
    #[error("the topic did not take the message: {0}")]
    Topic(#[source] CallError),
}

impl Outcome {
    /// What the ledger knows now, if the task is one of ours.
    pub fn investigation(&self) -> Option<&Investigation> {
        match self {
            Self::NotOurs(_) => None,
            Self::Unchanged(now) | Self::Recorded { now, .. } => Some(now),
        }
    }
}

impl ResultError {
    /// What was recorded all the same.
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::NoSummary(outcome) | Self::Incomplete { outcome, .. } => Some(outcome),
            _ => None,
        }
    }
}

/// What follows the agent's tasks.
#[derive(Debug)]
pub struct Follow<'a, A, S, C> {
    /// The agent.
    pub agent: &'a A,
    /// The ledger.
    pub store: &'a S,
    /// Time.
    pub clock: &'a C,
    /// Which agent it is, and what it costs.
    pub settings: &'a AgentSettings,
    /// How a summary is waited for.
    pub patience: Patience,
}

/// What could be read of a task beside its status.
#[derive(Default)]
struct Details {
    executions: Executions,
    journal: Journal,
    /// Why that is not everything.
    missing: Option<CallError>,
}

/// What the ledger has of an incident.
struct Known {
    identity: Identity,
    investigation: Option<Versioned<Investigation>>,
}

impl<A: Agent, S: Store, C: Clock> Follow<'_, A, S, C> {
    /// Reads a task by its ID, and records what it came to.
    ///
    /// # Errors
    ///
    /// When that is to be tried again. What could be read is recorded all the same.
    pub async fn task(&self, id: &str) -> Result<Outcome, ResultError> {
        match self.agent.task(id).await {
            Ok(task) => self.read(&task).await,
            Err(error) if error.is("ResourceNotFoundException") => {
                Ok(Outcome::NotOurs(NotOurs::Gone))
            }
            Err(error) => Err(ResultError::Agent(error)),
        }
    }

    /// Records what a task came to, as the agent shows it.
    ///
    /// # Errors
    ///
    /// As [`Follow::task`].
    pub async fn read(&self, task: &Json) -> Result<Outcome, ResultError> {
        let Some(task) = Task::read(task, self.clock.now()) else {
            return Ok(Outcome::NotOurs(NotOurs::NoInvestigation));
        };
        let incident = task.reference.clone();
        let incident = incident.and_then(|it| IncidentId::try_from(it).ok());
        let Some(incident) = incident else {
            return Ok(Outcome::NotOurs(NotOurs::NoIncident));
        };
        let Some(known) = self.known(&incident).await? else {
            return Ok(Outcome::NotOurs(NotOurs::UnknownIncident));
        };
        if let Some(Versioned { item, .. }) = known.investigation
            && is_known(&item, &task)
        {
            return Ok(Outcome::Unchanged(Box::new(item)));
        }
        let Details {
            executions,
            journal,
            missing,
        } = self.details(&task).await;
        let price = self.settings.price;
        let mut seen = investigation(incident, &task, &executions, &journal, price);
        let has_verdict = seen.verdict.is_some() || !has_summary(&task.status);
        seen.is_read = task.status.is_end() && missing.is_none() && has_verdict;
        let outcome = self.record(&seen).await?;
        let Some(now) = outcome.investigation() else {
            return Ok(outcome);
        };
        if let Some(why) = missing
            && (now.lacks_details() || !now.status.is_end())
        {
            let outcome = Box::new(outcome);
            return Err(ResultError::Incomplete { why, outcome });
        }
        // It is recorded that it has ended; only what was found is not.
        if now.lacks_details() && !self.is_long_over(now) {
            return Err(ResultError::NoSummary(Box::new(outcome)));
        }
        Ok(outcome)
    }

    /// Whether it ended so long ago that nobody waits for its summary any more.
    fn is_long_over(&self, it: &Investigation) -> bool {
        let since = |ended: Timestamp| self.clock.now().duration_since(ended);
        it.ended.is_some_and(|it| since(it) >= GIVEN_UP)
    }

    /// Reads the executions and the journal of a task, until something cannot be read.
    async fn details(&self, task: &Task) -> Details {
        let mut details = Details::default();
        // Of one that is linked there is nothing to read, and what its primary cost is the primary's.
        if task.status == Status::Linked {
            return details;
        }
        match self.agent.executions(&task.id).await {
            Ok(executions) => details.executions = Executions::read(&executions),
            Err(why) => {
                details.missing = Some(why);
                return details;
            }
        }
        let execution = details.executions.investigation();
        let execution = execution.or_else(|| task.execution.clone());
        if let Some(execution) = execution
            && task.status.is_end()
        {
            let journal = self.journal(&execution, has_summary(&task.status)).await;
            (details.journal, details.missing) = journal;
        }
        details
    }

    /// The journal of an execution, and why that is not all of it; `waits` for its summary, if there should be one.
    async fn journal(&self, execution: &str, waits: bool) -> (Journal, Option<CallError>) {
        let mut again = 0;
        loop {
            let mut records = Vec::new();
            let mut missing = None;
            for kind in [SUMMARY, GAP, UTILIZATION] {
                match self.agent.records(execution, kind).await {
                    Ok(more) => records.extend(more),
                    Err(why) => {
                        missing = Some(why);
                        break;
                    }
                }
            }
            let journal = Journal::read(&records);
            let is_enough = journal.verdict.is_some() || !waits || missing.is_some();
            if is_enough || again >= self.patience.again {
                return (journal, missing);
            }
            again += 1;
            self.clock.sleep(self.patience.pause).await;
        }
    }

    /// Writes what was seen, after whatever was written meanwhile.
    async fn record(&self, seen: &Investigation) -> Result<Outcome, ResultError> {
        for attempt in 1..=TRIES {
            let Some(known) = self.known(&seen.incident).await? else {
                return Ok(Outcome::NotOurs(NotOurs::UnknownIncident));
            };
            let (before, version) = match known.investigation {
                Some(Versioned { item, version }) => (Some(item), version),
                None => (None, 0),
            };
            let mut now = before
                .as_ref()
                .map_or_else(|| seen.clone(), |before| merge(before, seen));
            let day = if now.status == Status::Linked && !now.gave_back {
                self.gives_back(&now, known.identity.window.as_ref())
                    .await?
            } else {
                None
            };
            now.gave_back |= day.is_some();
            if before.as_ref() == Some(&now) {
                return Ok(Outcome::Unchanged(Box::new(now)));
            }
            let mut puts = vec![Put {
                key: Key::investigation(&now.incident),
                after: Some(version),
                item: Item::Investigation(Box::new(now.clone())),
            }];
            puts.extend(day);
            puts.extend(self.spending(before.as_ref(), &now).await?);
            let written = self.store.write(&puts).await;
            if written.map_err(ResultError::Ledger)? {
                return Ok(Outcome::Recorded {
                    before: before.map(Box::new),
                    now: Box::new(now),
                });
            }
            self.clock.sleep(PAUSE * attempt).await;
        }
        Err(ResultError::Busy)
    }

    /// The write that gives back the slot of a report that the agent linked; nothing where it took none.
    async fn gives_back(
        &self,
        linked: &Investigation,
        window: Option<&Key>,
    ) -> Result<Option<Put>, ResultError> {
        let Some(window) = window else {
            return Ok(None);
        };
        let read = self.items(std::slice::from_ref(window)).await?;
        // What cannot be read gives nothing back: a slot less is a nuisance, a result that is not recorded a loss.
        let Some(Some(Item::Window(window))) = read.get(window).map(|it| it.as_ref().map(item_of))
        else {
            return Ok(None);
        };
        let hour = counted(window).filter(|_| window.report_id() == linked.incident);
        let Some(hour) = hour else {
            return Ok(None);
        };
        let key = Key::day(hour.day());
        let read = self.items(std::slice::from_ref(&key)).await?;
        let Some(Some(Versioned {
            item: Item::Day(day),
            version,
        })) = read.get(&key)
        else {
            return Ok(None);
        };
        let mut day: Day = day.clone();
        let is_always_sent = window.priority() <= self.settings.always_send;
        day.give_back(hour, Slot::of(window), is_always_sent);
        Ok(Some(Put {
            key,
            after: Some(*version),
            item: Item::Day(day),
        }))
    }

    /// The writes that count in its month what an investigation costs, or that it runs.
    async fn spending(
        &self,
        before: Option<&Investigation>,
        now: &Investigation,
    ) -> Result<Vec<Put>, ResultError> {
        let made = before.into_iter().chain([now]).map(|it| it.created);
        let months: BTreeMap<Key, Timestamp> = made.map(|it| (Spending::key(it), it)).collect();
        let keys: Vec<Key> = months.keys().cloned().collect();
        let read = self.items(&keys).await?;
        let mut puts = Vec::new();
        for (key, made) in months {
            let of_month = |it: &&Investigation| Spending::key(it.created) == key;
            puts.extend(Spending::change(&read, made, |it| {
                let (before, now) = (before.filter(of_month), Some(now).filter(of_month));
                it.replace(before, now, self.settings.price);
            }));
        }
        Ok(puts)
    }

    /// What the ledger has of an incident; nothing where it does not know it.
    async fn known(&self, incident: &IncidentId) -> Result<Option<Known>, ResultError> {
        let keys = [Key::identity(incident), Key::investigation(incident)];
        let mut read = self.items(&keys).await?;
        let [identity, investigation] = keys.map(|key| {
            let item = read.remove(&key);
            item.map(|item| item.ok_or(ResultError::Unreadable(key)))
        });
        let investigation = match investigation.transpose()? {
            Some(Versioned {
                item: Item::Investigation(item),
                version,
            }) => Some(Versioned {
                item: *item,
                version,
            }),
            _ => None,
        };
        match identity.transpose()? {
            Some(Versioned {
                item: Item::Identity(identity),
                ..
            }) => Ok(Some(Known {
                identity,
                investigation,
            })),
            _ => Ok(None),
        }
    }

    async fn items(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, ResultError> {
        self.store.read(keys).await.map_err(ResultError::Ledger)
    }
}

fn item_of(stored: &Versioned<Item>) -> &Item {
    &stored.item
}

/// The hour in whose budget a window was counted. One that an earlier version sent does not say: then the hour in which
/// it was sent.
fn counted(window: &Window) -> Option<Hour> {
    let sent = |at: Timestamp| Hour::of(at);
    match &window.state {
        State::Sent { at, .. } => Some(window.counted.unwrap_or_else(|| sent(*at))),
        State::Claimed { .. } => window.counted,
        State::Open
        | State::Rejected { .. }
        | State::Expired { .. }
        | State::Merged { .. }
        | State::Covered { .. } => None,
    }
}

/// Whether nothing more can be read of the task than is known: it has ended, and what was found is known.
fn is_known(known: &Investigation, task: &Task) -> bool {
    known.task == task.id
        && known.status == task.status
        && known.at == task.updated
        && known.status.is_end()
        && !known.lacks_details()
        && (known.status != Status::Linked || known.gave_back)
}
