//! A batch as Lambda reads it from the queue.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;
use webhook::{Envelope, UnreadableEnvelope};

use super::{DeadLetter, GIVE_UP};
use crate::read::{list, text};

/// A message of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// By which SQS is told what stays.
    pub id: String,
    /// By which the message is hidden.
    pub receipt: String,
    /// The body, as it was sent.
    pub body: String,
    /// When it was first queued.
    pub queued: Option<Timestamp>,
    /// How often it has been received.
    pub receives: u32,
}

/// What a message holds.
pub(super) enum Content {
    Incident(Box<Envelope>),
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

/// What the message holds, and whether it has waited for too long.
pub(super) fn content(message: &Message, now: Timestamp) -> Content {
    let waited = message
        .queued
        .and_then(|it| Duration::try_from(now.duration_since(it)).ok());
    if waited.is_some_and(|waited| waited >= GIVE_UP) {
        return Content::Dead("given up after six days in the queue".to_owned());
    }
    match Envelope::parse(&message.body) {
        Ok(envelope) => Content::Incident(Box::new(envelope)),
        Err(UnreadableEnvelope::Newer(version)) => Content::Newer(version),
        Err(error) => Content::Dead(error.to_string()),
    }
}

impl Message {
    /// The message as a dead letter.
    pub(super) fn dead_letter(&self, reason: String) -> DeadLetter {
        let queued = self
            .queued
            .map(webhook::format_timestamp)
            .unwrap_or_default();
        DeadLetter {
            body: self.body.clone(),
            reason,
            queued,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(body: &str, queued: Timestamp) -> Message {
        Message {
            id: "m".to_owned(),
            receipt: "r".to_owned(),
            body: body.to_owned(),
            queued: Some(queued),
            receives: 1,
        }
    }

    #[test]
    fn a_batch_is_read() {
        let event = json!({ "Records": [
            {
                "messageId": "m",
                "receiptHandle": "r",
                "body": "b",
                "attributes": { "SentTimestamp": "1767322800000", "ApproximateReceiveCount": "3" },
            },
            { "body": "without an ID" },
            "nonsense",
        ] });
        let expected = Message {
            receives: 3,
            ..message("b", "2026-01-02T03:00:00Z".parse().unwrap())
        };
        assert_eq!(parse_batch(&event), [expected]);
        assert!(parse_batch(&json!({})).is_empty());
    }

    #[test]
    fn what_waits_for_six_days_is_given_up() {
        let queued: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
        let message = message(r#"{"version":99}"#, queued);
        for (now, dead) in [
            ("2026-01-08T02:59:59Z", false),
            ("2026-01-08T03:00:00Z", true),
        ] {
            let content = content(&message, now.parse().unwrap());
            assert_eq!(matches!(content, Content::Dead(_)), dead, "{now}");
            assert_eq!(matches!(content, Content::Newer(99)), !dead, "{now}");
        }
    }
}
