//! What following an investigation needs of the outside, by role. Tests bring another.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{
    aws::{CallError, Page, eventbridge::Event, sns::Message},
    ledger::{Item, Key, Put, Versioned},
};

/// The agent's API, for one space.
#[expect(
    async_fn_in_trait,
    reason = "what implements it is known where it is used, and runs on one thread"
)]
pub trait Agent {
    /// A task.
    async fn task(&self, id: &str) -> Result<Json, CallError>;
    /// A page of the tasks that were made in this time, the latest first.
    async fn tasks(
        &self,
        made: Range<Timestamp>,
        token: Option<&str>,
    ) -> Result<Page<Json>, CallError>;
    /// The executions of a task.
    async fn executions(&self, task: &str) -> Result<Vec<Json>, CallError>;
    /// The records of one type in the journal of an execution.
    async fn records(&self, execution: &str, kind: &str) -> Result<Vec<Json>, CallError>;
    /// Asks the agent to plan what to do about the root cause of a task that is completed. However often it is asked for
    /// the same task, that is one request.
    async fn plan(&self, task: &str) -> Result<(), CallError>;
}

/// The account's default event bus.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Bus {
    /// Puts an event of Tocsin's on it.
    async fn put(&self, event: &Event) -> Result<(), CallError>;
}

/// The ledger.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Store {
    /// Reads up to a hundred items. What is not there has no entry; what cannot be read says so.
    async fn read(&self, keys: &[Key])
    -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError>;
    /// Writes all of these; `false`, and nothing is written, where somebody else has written one of them since it was
    /// read.
    async fn write(&self, puts: &[Put]) -> Result<bool, CallError>;
}

/// The topic that results are published to.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Publisher {
    /// Publishes a message.
    async fn publish(&self, message: &Message) -> Result<(), CallError>;
}

/// The agent's own count of its time.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Meter {
    /// How many seconds it has investigated for in this time, by day: when each began, by UTC, and how many.
    async fn seconds(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, CallError>;
}

/// Time.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Clock {
    /// What time it is.
    fn now(&self) -> Timestamp;
    /// Waits.
    async fn sleep(&self, time: Duration);
}
