//! Amazon SQS: queues of incidents and dead letters.
//!
//! The endpoint is the configured one; a queue's URL is only a field of the request.

use serde_json::{Value as Json, json};

use super::{CallError, Service};
use crate::{
    read::{list, text},
    settings::{Environment, MissingVariable},
};

/// Entries of a batch at most. Source: `SendMessageBatch` in the SQS API reference.
pub const BATCH: usize = 10;

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

impl Sqs {
    /// A client as the environment says.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, MissingVariable> {
        Service::new(http, environment, "sqs", "SQS").map(Self)
    }

    async fn call(&self, operation: &'static str, input: &Json) -> Result<Json, CallError> {
        self.0.json("AmazonSQS", operation, "1.0", input).await
    }

    /// Sends one message.
    pub async fn send(&self, queue_url: &str, body: &str) -> Result<(), CallError> {
        let input = json!({ "QueueUrl": queue_url, "MessageBody": body });
        self.call("SendMessage", &input).await.map(drop)
    }

    /// Sends up to [`BATCH`] messages; says of each whether it was taken.
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
