//! What the ledger's table has: one kind of item for each thing that is remembered.

use std::time::Duration;

use contract::{GroupKey, Priority};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    CostFindings, CostRun, Day, Investigation, Key, Pending, Spending, Window, window::later,
};

/// How long an item is kept after nothing will become of it any more: longer than the six days in which an
/// incident is tried to be sent and the fourteen that it may be among the dead letters.
const KEPT: Duration = Duration::from_hours(35 * 24);
/// The longest month.
const MONTH: Duration = Duration::from_hours(31 * 24);
/// How much longer what cost reports said is kept: 90 days in all, and a day for the last run to come.
const COST_KEPT: Duration = Duration::from_hours(56 * 24);

/// An item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Item {
    /// Which window of a group is the latest.
    Head(Head),
    /// A window.
    Window(Box<Window>),
    /// Where an incident was recorded.
    Identity(Identity),
    /// That a composite alarm covers another alarm.
    Suppression(Suppression),
    /// What was used of the budget on a day.
    Day(Day),
    /// What investigations have cost in a month.
    Spending(Spending),
    /// What the agent did about an incident.
    Investigation(Box<Investigation>),
    /// Which cost reports were made.
    CostRun(Box<CostRun>),
    /// What cost reports said of resources.
    CostFindings(CostFindings),
}

/// Which window of a group is the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Its number.
    pub latest: u64,
    /// Since when.
    pub at: Timestamp,
}

/// Where an incident was recorded, by its ID: so whatever comes under that ID again is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The window that counts it; nothing where it was sent alone while the ledger was away.
    pub window: Option<Key>,
    /// Since when.
    pub at: Timestamp,
}

/// That a composite alarm covers another alarm: incidents of that alarm are counted in the windows of the
/// composite alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// The group of the composite alarm.
    pub into: GroupKey,
    /// What that is called, for people.
    pub name: String,
    /// How urgent the composite alarm is: what is more urgent is not covered.
    pub priority: Priority,
    /// Until when.
    pub until: Timestamp,
}

/// Something that was read, and the version that it had. A write on the condition of that version fails
/// once somebody else has written.
#[derive(Clone, Debug, PartialEq)]
pub struct Versioned<T> {
    /// What was read.
    pub item: T,
    /// How often it had been written; 0 where it is not in the ledger yet.
    pub version: u64,
}

/// A write of one item.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// Where.
    pub key: Key,
    /// The version that it follows; 0 where there must be nothing. Without, it replaces whatever is there.
    pub after: Option<u64>,
    /// What is written.
    pub item: Item,
}

impl Item {
    /// When the table may forget it. Windows that are still to be sent never expire.
    pub fn expires(&self) -> Option<Timestamp> {
        let from = match self {
            Self::Head(it) => Some(it.at),
            Self::Window(it) => it.state.is_final_since(),
            Self::Identity(it) => Some(it.at),
            Self::Suppression(it) => Some(it.until),
            Self::Day(it) => Some(it.begins()),
            Self::Spending(it) => Some(later(it.begins(), MONTH)),
            Self::Investigation(it) => Some(it.at),
            Self::CostRun(it) => Some(later(it.scheduled, COST_KEPT)),
            Self::CostFindings(it) => Some(later(it.at, COST_KEPT)),
        };
        from.map(|it| later(it, KEPT))
    }

    /// What the index of windows that are still to be sent has of it.
    pub fn pending(&self) -> Option<Pending> {
        match self {
            Self::Window(it) if it.is_pending() => Some(Pending::of(it)),
            _ => None,
        }
    }
}

impl<T> Versioned<T> {
    /// Something that is not in the ledger yet.
    pub fn new(item: T) -> Self {
        Self { item, version: 0 }
    }
}

impl Versioned<Window> {
    /// Its write.
    pub fn put(&self) -> Put {
        Put {
            key: self.item.key.clone(),
            after: Some(self.version),
            item: Item::Window(Box::new(self.item.clone())),
        }
    }
}
