//! A dead letter as SQS hands it out, or as Lambda wrote it.

use std::collections::BTreeMap;

use contract::dead_letter;
use jiff::Timestamp;

/// By which a dead letter is given back or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// A message of the queue, in one receive of it.
    Message(String),
    /// An object of the bucket of failed events, by its key. It is hidden from nobody.
    Object(String),
}

impl Default for Receipt {
    fn default() -> Self {
        Self::Message(String::new())
    }
}

/// A message of the dead-letter queue, or a record in the bucket of failed events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The same in every receive; of a record the end of its key.
    pub(crate) id: String,
    pub(crate) receipt: Receipt,
    pub(crate) body: String,
    /// When it came into this queue, or into the queue that SQS moved it from.
    pub(crate) sent: Option<Timestamp>,
    /// Whether SQS itself moved it here, because it had been received too often.
    pub(crate) moved: bool,
    /// The attributes that whoever sent it gave it.
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Message {
    /// An attribute that says something.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let value = self.attributes.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    /// Since when it waits: an incident, since it was queued for the first time.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.attribute(dead_letter::QUEUED)
            .and_then(|it| it.parse().ok())
            .or(self.sent)
    }
}
