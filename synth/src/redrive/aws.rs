//! The queues and functions of a region of AWS.

use std::collections::BTreeMap;

use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchRequestEntry,
    DeleteMessageBatchResultEntry, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use jiff::Timestamp;

use super::{
    Message,
    ports::{BATCH, Entries, Ports},
};
use crate::{
    aws::{Aws, AwsError},
    terminal::Stop,
};

/// How long a received message stays hidden, in seconds: for longer than a run takes, and not for much
/// longer where a run is killed.
const HOLD: i32 = 900;
/// How long a receive waits for messages, in seconds: one that waits asks all of the queue's servers.
const WAIT: i32 = 1;

/// A region of AWS.
#[derive(Clone, Debug)]
pub(crate) struct AwsPorts {
    sqs: aws_sdk_sqs::Client,
    lambda: aws_sdk_lambda::Client,
    dead_letters: String,
    incidents: String,
    stop: Stop,
}

impl AwsPorts {
    /// The queues go by their URLs.
    pub(crate) fn new(aws: &Aws, dead_letters: String, incidents: String, stop: Stop) -> Self {
        Self {
            sqs: aws.sqs(),
            lambda: aws.lambda(),
            dead_letters,
            incidents,
            stop,
        }
    }
}

impl Ports for AwsPorts {
    async fn count(&self) -> Result<usize, AwsError> {
        let answer = self
            .sqs
            .get_queue_attributes()
            .queue_url(&self.dead_letters)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .send()
            .await
            .map_err(|it| AwsError::call("SQS GetQueueAttributes", it))?;
        let count = answer
            .attributes
            .unwrap_or_default()
            .remove(&QueueAttributeName::ApproximateNumberOfMessages);
        Ok(count.and_then(|it| it.parse().ok()).unwrap_or_default())
    }

    async fn receive(&self) -> Result<Vec<Message>, AwsError> {
        let answer = self
            .sqs
            .receive_message()
            .queue_url(&self.dead_letters)
            .max_number_of_messages(i32::try_from(BATCH).unwrap_or(1))
            .visibility_timeout(HOLD)
            .wait_time_seconds(WAIT)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|it| AwsError::call("SQS ReceiveMessage", it))?;
        let messages = answer.messages.unwrap_or_default();
        Ok(messages.into_iter().filter_map(message).collect())
    }

    async fn give_back(&self, receipts: &[String]) -> Result<Entries, AwsError> {
        let entries = numbered(receipts).map(|(id, receipt)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(id)
                .receipt_handle(receipt)
                .visibility_timeout(0)
                .build()
        });
        let answer = self
            .sqs
            .change_message_visibility_batch()
            .queue_url(&self.dead_letters)
            .set_entries(Some(built(entries)?))
            .send()
            .await
            .map_err(|it| AwsError::call("SQS ChangeMessageVisibilityBatch", it))?;
        Ok(outcomes(
            receipts.len(),
            answer
                .successful
                .iter()
                .map(ChangeMessageVisibilityBatchResultEntry::id),
            answer.failed,
        ))
    }

    async fn delete(&self, receipts: &[String]) -> Result<Entries, AwsError> {
        let entries = numbered(receipts).map(|(id, receipt)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(id)
                .receipt_handle(receipt)
                .build()
        });
        let answer = self
            .sqs
            .delete_message_batch()
            .queue_url(&self.dead_letters)
            .set_entries(Some(built(entries)?))
            .send()
            .await
            .map_err(|it| AwsError::call("SQS DeleteMessageBatch", it))?;
        Ok(outcomes(
            receipts.len(),
            answer
                .successful
                .iter()
                .map(DeleteMessageBatchResultEntry::id),
            answer.failed,
        ))
    }

    async fn queue(&self, bodies: &[String]) -> Result<Entries, AwsError> {
        let entries = numbered(bodies).map(|(id, body)| {
            SendMessageBatchRequestEntry::builder()
                .id(id)
                .message_body(body)
                .build()
        });
        let answer = self
            .sqs
            .send_message_batch()
            .queue_url(&self.incidents)
            .set_entries(Some(built(entries)?))
            .send()
            .await
            .map_err(|it| AwsError::call("SQS SendMessageBatch", it))?;
        Ok(outcomes(
            bodies.len(),
            answer
                .successful
                .iter()
                .map(SendMessageBatchResultEntry::id),
            answer.failed,
        ))
    }

    async fn invoke(&self, function: &str, payload: &str) -> Result<(), AwsError> {
        self.lambda
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(payload))
            .send()
            .await
            .map(drop)
            .map_err(|it| AwsError::call("Lambda Invoke", it))
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_given()
    }
}

fn numbered(texts: &[String]) -> impl Iterator<Item = (String, &String)> {
    (0..)
        .zip(texts)
        .map(|(index, text): (usize, _)| (index.to_string(), text))
}

/// The entries of a batch, all of which have the fields that they must have.
fn built<T>(
    entries: impl Iterator<Item = Result<T, aws_sdk_sqs::error::BuildError>>,
) -> Result<Vec<T>, AwsError> {
    entries
        .collect::<Result<_, _>>()
        .map_err(|error| AwsError::NoAnswer {
            operation: "SQS",
            reason: error.to_string(),
        })
}

/// Only what is said to have been taken was.
fn outcomes<'a>(
    count: usize,
    taken: impl Iterator<Item = &'a str>,
    refused: Vec<BatchResultErrorEntry>,
) -> Entries {
    let mut outcomes: Entries = vec![Some("no answer".to_owned()); count];
    let taken = taken.map(|id| (id.to_owned(), None));
    let refused = refused.into_iter().map(|it| {
        let message = it.message.unwrap_or_else(|| "refused".to_owned());
        (it.id, Some(format!("{message} ({})", it.code)))
    });
    for (id, outcome) in taken.chain(refused) {
        if let Some(slot) = id.parse::<usize>().ok().and_then(|it| outcomes.get_mut(it)) {
            *slot = outcome;
        }
    }
    outcomes
}

fn message(message: aws_sdk_sqs::types::Message) -> Option<Message> {
    let mut own = message.attributes.unwrap_or_default();
    let attributes: BTreeMap<String, String> = message
        .message_attributes
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.string_value?)))
        .collect();
    Some(Message {
        id: message.message_id?,
        receipt: message.receipt_handle?,
        body: message.body.unwrap_or_default(),
        sent: own
            .remove(&MessageSystemAttributeName::SentTimestamp)
            .and_then(|it| it.parse().ok())
            .and_then(|it| Timestamp::from_millisecond(it).ok()),
        moved: own.contains_key(&MessageSystemAttributeName::DeadLetterQueueSourceArn),
        attributes,
    })
}
