//! A batch as Lambda reads it from the queue.

use std::time::Duration;

use contract::{Envelope, Group, Incident, IncidentId, Signal, UnreadableEnvelope};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::ports::DeadLetter;
use crate::{
    ledger::EXPIRES,
    read::{list, text},
};

/// A message of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The ID by which SQS is asked to keep the message.
    pub id: String,
    /// By which the message is deferred; empty where it came in no queue.
    pub receipt: String,
    /// The body, as it was sent.
    pub body: String,
    /// When it was first queued.
    pub queued: Option<Timestamp>,
    /// How often it has been received.
    pub receives: u32,
}

/// An incident that a message holds.
pub(super) struct Arrival<'a> {
    /// Which message of the batch.
    pub(super) index: usize,
    pub(super) message: &'a Message,
    pub(super) queued: Timestamp,
    /// The incident's identity: whatever comes under it again is the same.
    pub(super) id: IncidentId,
    pub(super) incident: Incident,
    pub(super) group: Group,
    /// Whether a person put it back among the incidents, to be tried again.
    pub(super) redriven: bool,
}

/// What a message holds.
pub(super) enum Content<'a> {
    Incident(Box<Arrival<'a>>),
    /// A person tests the webhook.
    Test(Box<Incident>),
    /// The canary of the pipeline. Whatever else the message says is not believed.
    Canary,
    /// An envelope of a version that is not deployed here yet, or any more.
    Newer(u64),
    /// Nothing that can be delivered, for this reason.
    Dead(String),
}

/// Reads the event that Lambda makes of a batch. What is no message is left out: it has no ID by
/// which SQS could be told of it.
pub fn parse_batch(event: &Json) -> Vec<Message> {
    list(event, "Records")
        .iter()
        .filter_map(|record| {
            let number = |path: &str| text(record, path).and_then(|it| it.parse::<i64>().ok());
            Some(Message {
                id: text(record, "messageId")?.to_owned(),
                receipt: text(record, "receiptHandle").unwrap_or_default().to_owned(),
                body: text(record, "body").unwrap_or_default().to_owned(),
                queued: number("attributes.SentTimestamp")
                    .and_then(|it| Timestamp::from_millisecond(it).ok()),
                receives: number("attributes.ApproximateReceiveCount")
                    .and_then(|it| u32::try_from(it).ok())
                    .unwrap_or(1),
            })
        })
        .collect()
}

/// What the message of this index holds, which may be alone in its batch.
pub(super) fn content(
    index: usize,
    message: &Message,
    is_alone: bool,
    now: Timestamp,
) -> Content<'_> {
    let envelope = match Envelope::parse(&message.body) {
        Ok(envelope) => envelope,
        Err(UnreadableEnvelope::Newer(version)) if !message.is_expired(now) => {
            return Content::Newer(version);
        }
        Err(error) => return Content::Dead(error.to_string()),
    };
    match envelope.signal {
        // Whoever tests invokes the function. A message that claims to be a test would pass the ledger and the budget.
        Signal::Test if is_alone && message.receipt.is_empty() => {
            return Content::Test(Box::new(envelope.incident));
        }
        Signal::Test => {
            return Content::Dead("a queued message claims to be a webhook test: tests are accepted only by direct invocation, one at a time".to_owned());
        }
        Signal::Canary => return Content::Canary,
        Signal::Function(_) => {}
    }
    Content::Incident(Box::new(Arrival {
        index,
        message,
        queued: message.queued.unwrap_or(now),
        id: envelope.identity(),
        group: envelope.group(),
        redriven: envelope.redriven,
        incident: envelope.incident,
    }))
}

impl Message {
    /// Whether it has waited for too long.
    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        let waited = self
            .queued
            .and_then(|it| Duration::try_from(now.duration_since(it)).ok());
        waited.is_some_and(|waited| waited >= EXPIRES)
    }

    /// The message as a dead letter.
    pub(super) fn dead_letter(&self, reason: String) -> DeadLetter {
        let queued = self
            .queued
            .map(contract::format_timestamp)
            .unwrap_or_default();
        DeadLetter {
            body: self.body.clone(),
            reason,
            queued,
            window: None,
        }
    }
}
