//! What delivery needs from outside, by role. A test has its own.

use std::{collections::BTreeMap, future::Future, time::Duration};

use jiff::Timestamp;
use serde_json::Value as Json;
use webhook::{Answer, InvalidSecret, SignedRequest, Webhook};

use crate::{
    ledger::{Item, Key, Pending, Put, Versioned},
    log::Level,
};

/// Time and chance.
pub trait Clock {
    /// What time it is.
    fn now(&self) -> Timestamp;
    /// A number from 0 to 1, by chance.
    fn jitter(&self) -> f64;
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;
}

/// Where incidents are recorded.
pub trait Ledger {
    /// Reads up to a hundred items, consistently. Each key has an answer of its own.
    fn read(
        &self,
        keys: &[Key],
    ) -> impl Future<Output = BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>>>;
    /// Writes all of these; `false`, and nothing is written, where somebody else has written one of them
    /// since it was read. A write that fails may have had an effect.
    fn write(&self, puts: &[Put]) -> impl Future<Output = Result<bool, LedgerError>>;
    /// Windows that are due by then. What was written a moment ago may be missing, or still be there.
    fn due(&self, by: Timestamp) -> impl Future<Output = Result<Vec<Pending>, LedgerError>>;
}

/// The queue of incidents and that of dead letters.
pub trait Queue {
    /// Returns messages to the queue, by receipt, for so many seconds from now; as many as it can by
    /// `deadline`.
    fn defer(&self, messages: &[(String, u64)], deadline: Timestamp) -> impl Future<Output = ()>;
    /// Puts letters among the dead letters by `deadline`; says of each whether it is there.
    fn dead_letter(
        &self,
        letters: &[DeadLetter],
        deadline: Timestamp,
    ) -> impl Future<Output = Vec<bool>>;
}

/// The agent's webhook.
pub trait Endpoint {
    /// Reads the webhook's URL and secret.
    fn secret(&self) -> impl Future<Output = Result<Webhook, SecretError>>;
    /// Sends a request and takes as much of the answer as comes before the deadline.
    fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> impl Future<Output = Result<Posted, TransportError>>;
}

/// What people see of it.
pub trait Telemetry {
    /// Writes a line to the log.
    fn log(&self, level: Level, message: &str, fields: Json);
    /// Values of metrics.
    fn metrics(&self, metrics: &[(&'static str, &[u64])]);
}

/// All of it.
pub trait Ports: Clock + Ledger + Queue + Endpoint + Telemetry {}

impl<T: Clock + Ledger + Queue + Endpoint + Telemetry> Ports for T {}

/// The ledger could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A call took too long; it may have had an effect.
    #[error("the ledger does not answer in time")]
    Late,
    /// A call failed.
    #[error("the ledger cannot be used: {0}")]
    Failed(String),
    /// An item is not what this version knows.
    #[error("an item of the ledger cannot be read")]
    Unreadable,
}

/// An answer, and what its date says of this machine's clock.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// The answer.
    pub answer: Answer,
    /// The receiver's clock less ours, in seconds.
    pub clock_skew: Option<i64>,
}

/// There was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer ({0})")]
pub struct TransportError(pub &'static str);

/// Why there is no webhook to send to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nobody has set it yet.
    #[error("the webhook's URL and secret have not been set")]
    NotSet,
    /// What was set cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidSecret),
    /// It could not be read.
    #[error("the secret could not be read: {0}")]
    Unreachable(String),
}

/// What is put among the dead letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The body: a message as it was queued, or an envelope of a report.
    pub body: String,
    /// Why it is there.
    pub reason: String,
    /// When it was first queued; empty where that is not known.
    pub queued: String,
    /// The window whose report it is.
    pub window: Option<String>,
}
