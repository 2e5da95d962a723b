//! One invocation: what surrounds it, how long it lasts, and what it has counted.

use contract::DeliverySettings;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    counts::Counts,
    health::Health,
    ports::{LedgerError, Ports},
    poster::Attempts,
};
use crate::{
    ledger::{Item, Key, Pending, Put, Versioned},
    log::Level,
};

/// What the log says of a call to the ledger that failed.
pub const LEDGER_CALL_FAILED: &str = "a call to the ledger failed";

/// Calls to the ledger that overlap.
pub(super) const AT_ONCE: usize = 16;
/// Items of one read at most. Source: `BatchGetItem` in the DynamoDB API reference.
const READ: usize = 100;

/// What is read of the ledger at once: each key has an answer of its own.
pub(super) type Read = BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>>;

/// One invocation.
pub(super) struct Session<'a, P> {
    pub(super) ports: &'a P,
    pub(super) settings: &'a DeliverySettings,
    /// When it ends, whatever is left to do.
    pub(super) deadline: Timestamp,
    health: &'a Cell<Health>,
    attempts: RefCell<Attempts>,
    counts: RefCell<Counts>,
}

impl<'a, P: Ports> Session<'a, P> {
    pub(super) fn new(
        ports: &'a P,
        settings: &'a DeliverySettings,
        health: &'a Cell<Health>,
        deadline: Timestamp,
    ) -> Self {
        Self {
            ports,
            settings,
            deadline,
            health,
            attempts: RefCell::default(),
            counts: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.ports.now()
    }

    pub(super) fn time_left(&self) -> Duration {
        Duration::try_from(self.deadline.duration_since(self.now())).unwrap_or_default()
    }

    /// Whether nothing can be recorded for minutes.
    pub(super) fn ledger_is_away(&self) -> bool {
        self.health.get().is_away(self.now())
    }

    /// Whether what was queued then has most likely been recorded, although the ledger is away.
    pub(super) fn has_recorded(&self, queued: Timestamp) -> bool {
        self.health.get().has_recorded(queued)
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.borrow_mut());
    }

    pub(super) fn attempt<T>(&self, change: impl FnOnce(&mut Attempts) -> T) -> T {
        change(&mut self.attempts.borrow_mut())
    }

    pub(super) fn into_counts(self) -> Counts {
        self.counts.into_inner()
    }

    /// Reads items of the ledger.
    pub(super) async fn read(&self, keys: &[Key]) -> Read {
        let batches = keys.chunks(READ).map(|keys| async {
            let started = self.now();
            let read = self.ports.read(keys).await;
            // An item that cannot be read concerns itself: the ledger has answered.
            let error = read.values().find_map(|it| it.as_ref().err());
            let failed = read.values().all(Result::is_err).then_some(error).flatten();
            self.note(started, failed);
            read
        });
        let batches = stream::iter(batches).buffer_unordered(AT_ONCE);
        batches.concat().await
    }

    /// Writes items of the ledger; `false` where somebody else has written one of them since it was read.
    pub(super) async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        let started = self.now();
        let written = self.ports.write(puts).await;
        self.note(started, written.as_ref().err());
        written
    }

    /// Windows that are due by then.
    pub(super) async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        let started = self.now();
        let due = self.ports.due(by).await;
        self.note(started, due.as_ref().err());
        due
    }

    fn note(&self, started: Timestamp, failed: Option<&LedgerError>) {
        let took = self.now().duration_since(started);
        self.health
            .set(self.health.get().after(started, failed.is_some()));
        let took =
            usize::try_from(took.max(SignedDuration::ZERO).as_millis()).unwrap_or(usize::MAX);
        self.count(|it| {
            it.ledger_calls.push(took);
            it.ledger_unavailable += usize::from(failed.is_some());
        });
        if let Some(error) = failed {
            self.ports.log(
                Level::Warn,
                LEDGER_CALL_FAILED,
                json!({ "why": error.to_string() }),
            );
        }
    }
}
