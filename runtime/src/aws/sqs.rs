//! Amazon SQS: queues of incidents and dead letters.
//!
//! The endpoint is the configured one; a queue's URL is only a field of the request.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{CallError, Service};
use crate::{
    read::{list, text},
    settings::{Environment, InvalidVariable},
};

/// Entries of a batch at most. Source: `SendMessageBatch` in the SQS API reference.
pub const BATCH: usize = 10;

/// Bytes of a message, and of a batch, at most. Source: as for [`BATCH`].
const MAX_BYTES: usize = 1_048_576;

/// A client of SQS.
#[derive(Clone, Debug)]
pub struct Sqs(Service);

/// A message to send, with attributes that say what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The body.
    pub body: String,
    /// At most ten. Values may not be empty.
    pub attributes: Vec<(&'static str, String)>,
}

impl Outgoing {
    /// A message whose attributes are left out where the body leaves no room for them.
    pub fn new(body: String, attributes: Vec<(&'static str, String)>) -> Self {
        let whole = Self { body, attributes };
        if whole.size() <= MAX_BYTES {
            return whole;
        }
        Self {
            attributes: Vec::new(),
            ..whole
        }
    }

    fn size(&self) -> usize {
        let attributes = self.attributes.iter();
        let attributes: usize = attributes
            .map(|(name, value)| name.len() + "String".len() + value.len())
            .sum();
        self.body.len() + attributes
    }
}

/// The messages in batches that SQS takes, in order.
pub fn batches(mut messages: &[Outgoing]) -> Vec<&[Outgoing]> {
    let mut batches = Vec::new();
    while !messages.is_empty() {
        let mut size = 0;
        let fitting = messages.iter().take(BATCH).take_while(|message| {
            size += message.size();
            size <= MAX_BYTES
        });
        // One that is too large goes alone, to be refused alone.
        let (batch, rest) = messages.split_at(fitting.count().max(1));
        batches.push(batch);
        messages = rest;
    }
    batches
}

impl Sqs {
    /// A client as the environment says.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment names no region or has no credentials.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, InvalidVariable> {
        Service::new(http, environment, "sqs", "SQS").map(Self)
    }

    async fn call(&self, operation: &'static str, input: &Json) -> Result<Json, CallError> {
        self.0.json("AmazonSQS", operation, "1.0", input).await
    }

    /// Sends one message.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if SQS refuses, cannot be reached, or gives an answer that cannot be read.
    pub async fn send(&self, queue_url: &str, body: &str) -> Result<(), CallError> {
        let input = json!({ "QueueUrl": queue_url, "MessageBody": body });
        self.call("SendMessage", &input).await.map(drop)
    }

    /// Sends one message, once and within so long: for who tries again on their own terms.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if SQS refuses, does not answer within that time, or gives an answer that cannot be
    /// read. The message may have been sent all the same.
    pub async fn send_once(
        &self,
        queue_url: &str,
        body: &str,
        within: Duration,
    ) -> Result<(), CallError> {
        let input = json!({ "QueueUrl": queue_url, "MessageBody": body });
        let sent = self
            .0
            .json_once("AmazonSQS", "SendMessage", "1.0", &input, within);
        sent.await.map(drop)
    }

    /// Sends up to [`BATCH`] messages; says of each whether it was taken.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if SQS refuses, cannot be reached, or gives an answer that cannot be read. A single
    /// message that SQS does not take is not an error.
    pub async fn send_batch(
        &self,
        queue_url: &str,
        messages: &[Outgoing],
    ) -> Result<Vec<bool>, CallError> {
        let entries = messages.iter().enumerate().map(|(index, message)| {
            let attributes: serde_json::Map<String, Json> = message
                .attributes
                .iter()
                .map(|(name, value)| {
                    let value = json!({ "DataType": "String", "StringValue": value });
                    ((*name).to_owned(), value)
                })
                .collect();
            json!({
                "Id": index.to_string(),
                "MessageBody": message.body,
                "MessageAttributes": attributes,
            })
        });
        self.batch("SendMessageBatch", queue_url, entries.collect())
            .await
    }

    /// Hides up to [`BATCH`] received messages for so many seconds each, from now; says of each
    /// whether that was taken.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if SQS refuses, cannot be reached, or gives an answer that cannot be read. A single
    /// message that SQS does not hide is not an error.
    pub async fn hide_batch(
        &self,
        queue_url: &str,
        messages: &[(String, u64)],
    ) -> Result<Vec<bool>, CallError> {
        let entries = messages
            .iter()
            .enumerate()
            .map(|(index, (receipt, seconds))| {
                json!({
                    "Id": index.to_string(),
                    "ReceiptHandle": receipt,
                    "VisibilityTimeout": seconds,
                })
            });
        self.batch("ChangeMessageVisibilityBatch", queue_url, entries.collect())
            .await
    }

    async fn batch(
        &self,
        operation: &'static str,
        queue_url: &str,
        entries: Vec<Json>,
    ) -> Result<Vec<bool>, CallError> {
        let mut taken = vec![false; entries.len()];
        let input = json!({ "QueueUrl": queue_url, "Entries": entries });
        let answer = self.call(operation, &input).await?;
        for entry in list(&answer, "Successful") {
            let index = text(entry, "Id").and_then(|id| id.parse::<usize>().ok());
            if let Some(slot) = index.and_then(|index| taken.get_mut(index)) {
                *slot = true;
            }
        }
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(size: usize) -> Outgoing {
        Outgoing::new("x".repeat(size), Vec::new())
    }

    #[test]
    fn batches_keep_both_limits() {
        let large = MAX_BYTES / 2;
        for (sizes, expected) in [
            (vec![], vec![]),
            (vec![1; 25], vec![10, 10, 5]),
            (vec![large, large, 1], vec![2, 1]),
            (vec![large, large + 1, 1], vec![1, 2]),
            (vec![1, MAX_BYTES + 1, 1], vec![1, 1, 1]),
        ] {
            let messages: Vec<Outgoing> = sizes.into_iter().map(message).collect();
            let counts: Vec<usize> = batches(&messages).iter().map(|it| it.len()).collect();
            assert_eq!(counts, expected);
        }
    }

    /// What came out of a queue fits into another, though not always with a reason beside it.
    #[test]
    fn a_message_as_large_as_can_be_goes_without_attributes() {
        let attributes = || vec![("TOCSIN_REASON", "r".to_owned())];
        let room = "TOCSIN_REASON".len() + "String".len() + "r".len();
        let body = |size| "x".repeat(size);
        let fits = Outgoing::new(body(MAX_BYTES - room), attributes());
        assert_eq!(fits.attributes, attributes());
        let full = Outgoing::new(body(MAX_BYTES), attributes());
        assert_eq!((full.attributes.len(), full.body.len()), (0, MAX_BYTES));
    }
}
