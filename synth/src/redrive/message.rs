//! A dead letter as SQS hands it out.

use std::collections::BTreeMap;

use contract::dead_letter;
use jiff::Timestamp;

/// A message of the dead-letter queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// The same in every receive.
    pub(crate) id: String,
    /// By which this receive of it is given back or ended.
    pub(crate) receipt: String,
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
