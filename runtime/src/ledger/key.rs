//! The keys of the ledger's items.

use std::fmt;

use contract::{GroupKey, IncidentId};
use serde::{Deserialize, Serialize};

/// The key of an item: what it is about, and which of the items on that it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The partition key.
    pub group: String,
    /// The sort key. Windows count from 1; what a group has once is 0.
    pub number: u64,
}

/// The group of all digests.
const DIGESTS: &str = "digest";

impl Key {
    /// The head of a group: its key is that of its windows, with the number 0.
    pub fn head(group: &GroupKey) -> Self {
        Self::once("group", group.as_str())
    }

    /// The head of the digests.
    pub fn digests() -> Self {
        Self::once("group", DIGESTS)
    }

    /// The window that an incident was recorded in.
    pub fn identity(incident: &IncidentId) -> Self {
        Self::once("id", incident.as_str())
    }

    /// What the agent did about an incident.
    pub fn investigation(incident: &IncidentId) -> Self {
        Self::once("result", incident.as_str())
    }

    /// Whether a composite alarm covers the alarm of this ARN. ARNs can be longer than keys, so a hash of
    /// them is what counts.
    pub fn suppression(alarm: &str) -> Self {
        Self::once("covered", IncidentId::of("alarm", &[alarm]).as_str())
    }

    /// What was used of the budget on a day, counted from 1970.
    pub fn day(day: i64) -> Self {
        Self::once("day", &day.to_string())
    }

    /// What investigations have cost in a month, such as `2026-11`.
    pub fn spending(month: &str) -> Self {
        Self::once("spending", month)
    }

    /// What the canary of the pipeline writes, and nothing else.
    pub fn canary() -> [Self; 2] {
        let first = Self::once("canary", "pipeline");
        let second = first.numbered(1);
        [first, second]
    }

    /// The last run of the cost report, and the reports that were made.
    pub fn cost_run() -> Self {
        Self::once("cost", "run")
    }

    /// What cost reports said of the resources of a shard.
    pub fn cost_findings(shard: u64) -> Self {
        Self::once("cost", "findings").numbered(shard)
    }

    /// The window before this one, of which there is none before the first. Digests follow each other and wait
    /// for nobody.
    pub fn before(&self) -> Option<Self> {
        let is_window = self.number > 1 && self.group != Self::digests().group;
        is_window.then(|| self.numbered(self.number - 1))
    }

    /// The same group's item of another number.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        Self {
            group: self.group.clone(),
            number,
        }
    }

    fn once(kind: &str, name: &str) -> Self {
        Self {
            group: format!("{kind}#{name}"),
            number: 0,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.number)
    }
}
