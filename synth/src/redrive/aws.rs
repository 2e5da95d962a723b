//! The queues and functions of a region of AWS.

use std::{collections::BTreeMap, sync::Arc};

use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchRequestEntry,
    DeleteMessageBatchResultEntry, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use contract::names::FAILED_EVENTS;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{
    Message, Receipt,
    ports::{BATCH, Entries, Ports},
};
use crate::{
    aws::{Aws, AwsError},
    terminal::Stop,
};

/// Bytes of a record at most: an event and an answer of 6 MB each, and what Lambda says of them. Source: "Lambda quotas" in
/// the Lambda developer guide.
const LARGEST_RECORD: i64 = 16 * 1_024 * 1_024;

/// How long a received message stays hidden, in seconds: for longer than a run takes, and not for much
/// longer where a run is killed.
const HOLD: i32 = 900;
/// How long a receive waits for messages, in seconds: one that waits asks all of the queue's servers.
const WAIT: i32 = 1;

/// Where dead letters of a region are, and where they go.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The URL of the queue of dead letters.
    pub(crate) dead_letters: String,
    /// The URL of the queue of incidents.
    pub(crate) incidents: String,
    /// The bucket of failed events; what an earlier version deployed has none.
    pub(crate) failed_events: Option<String>,
    /// The role that incidents are sent by; of an earlier version, the caller's own.
    pub(crate) role: Option<String>,
}

/// A region of AWS.
#[derive(Clone, Debug)]
pub(crate) struct AwsPorts {
    aws: Aws,
    sqs: aws_sdk_sqs::Client,
    s3: aws_sdk_s3::Client,
    lambda: aws_sdk_lambda::Client,
    places: Places,
    /// What incidents are sent with, once some are.
    sender: Arc<OnceCell<aws_sdk_sqs::Client>>,
    stop: Stop,
}

impl AwsPorts {
    pub(crate) fn new(aws: &Aws, places: Places, stop: Stop) -> Self {
        Self {
            sqs: aws.sqs(),
            s3: aws.s3(),
            lambda: aws.lambda(),
            aws: aws.clone(),
            places,
            sender: Arc::default(),
            stop,
        }
    }

    async fn sender(&self) -> Result<&aws_sdk_sqs::Client, AwsError> {
        let assume = async || {
            Ok(match &self.places.role {
                Some(role) => self.aws.assume(role, "synth-redrive").await?.sqs(),
                None => self.sqs.clone(),
            })
        };
        self.sender.get_or_try_init(assume).await
    }
}

impl Ports for AwsPorts {
    async fn count(&self) -> Result<usize, AwsError> {
        let answer = self
            .sqs
            .get_queue_attributes()
            .queue_url(&self.places.dead_letters)
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
            .queue_url(&self.places.dead_letters)
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
            .queue_url(&self.places.dead_letters)
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
            .queue_url(&self.places.dead_letters)
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

    async fn records(&self, most: usize) -> Result<Vec<(String, Option<Timestamp>)>, AwsError> {
        let mut records = Vec::new();
        let mut next = None;
        let Some(bucket) = &self.places.failed_events else {
            return Ok(records);
        };
        while records.len() < most && !self.stop.is_given() {
            let page = self
                .s3
                .list_objects_v2()
                .bucket(bucket)
                .prefix(FAILED_EVENTS)
                .set_continuation_token(next)
                .send()
                .await
                .map_err(|it| AwsError::call("S3 ListObjectsV2", it))?;
            let found = page.contents.unwrap_or_default().into_iter();
            records.extend(found.filter_map(|it| {
                let at = it
                    .last_modified
                    .and_then(|it| Timestamp::from_second(it.secs()).ok());
                Some((it.key?, at))
            }));
            next = page.next_continuation_token;
            if next.is_none() {
                break;
            }
        }
        records.truncate(most);
        Ok(records)
    }

    async fn record(&self, key: &str) -> Result<Option<String>, AwsError> {
        let bucket = self.places.failed_events.clone().unwrap_or_default();
        let answer = match self.s3.get_object().bucket(bucket).key(key).send().await {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetObjectError::is_no_such_key) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(AwsError::call("S3 GetObject", error)),
        };
        if answer
            .content_length()
            .is_some_and(|it| it > LARGEST_RECORD)
        {
            return Err(AwsError::NoAnswer {
                operation: "S3 GetObject",
                reason: format!("`{key}` is larger than any record of Lambda's"),
            });
        }
        let bytes = answer
            .body
            .collect()
            .await
            .map_err(|error| AwsError::NoAnswer {
                operation: "S3 GetObject",
                reason: error.to_string(),
            })?;
        Ok(Some(
            String::from_utf8_lossy(&bytes.into_bytes()).into_owned(),
        ))
    }

    async fn delete_records(&self, keys: &[String]) -> Result<Entries, AwsError> {
        let bucket = self.places.failed_events.clone().unwrap_or_default();
        let mut entries = Entries::new();
        for key in keys {
            let deleted = self
                .s3
                .delete_object()
                .bucket(&bucket)
                .key(key)
                .send()
                .await;
            let error = deleted
                .err()
                .map(|it| AwsError::call("S3 DeleteObject", it));
            entries.push(error.map(|it| it.to_string()));
        }
        Ok(entries)
    }

    async fn queue(&self, bodies: &[String]) -> Result<Entries, AwsError> {
        let entries = numbered(bodies).map(|(id, body)| {
            SendMessageBatchRequestEntry::builder()
                .id(id)
                .message_body(body)
                .build()
        });
        let answer = self
            .sender()
            .await?
            .send_message_batch()
            .queue_url(&self.places.incidents)
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
        receipt: Receipt::Message(message.receipt_handle?),
        body: message.body.unwrap_or_default(),
        sent: own
            .remove(&MessageSystemAttributeName::SentTimestamp)
            .and_then(|it| it.parse().ok())
            .and_then(|it| Timestamp::from_millisecond(it).ok()),
        moved: own.contains_key(&MessageSystemAttributeName::DeadLetterQueueSourceArn),
        attributes,
    })
}
