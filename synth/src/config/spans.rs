//! Where in an account file each thing is said.

use std::{collections::BTreeMap, ops::Range};

/// Something that an account file says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Declaration {
    Alarm(String),
    Cluster(String),
    Event(String),
    EventPattern(String),
    Name,
    WatchedAlarms,
    WebhookHosts,
}

/// Where in an account file each thing is said.
#[derive(Clone, Debug, Default)]
pub(super) struct Spans(BTreeMap<Declaration, Range<usize>>);

impl Spans {
    pub(super) fn insert(&mut self, said: Declaration, span: &Range<usize>) {
        self.0.insert(said, span.clone());
    }

    pub(super) fn get(&self, said: &Declaration) -> Option<&Range<usize>> {
        self.0.get(said)
    }
}
