//! What the items of the table say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::{
    aws::dynamodb::{BUDGET, Used, used, window},
    ledger::{Hour, Kind, Place, Window},
    read::text,
};
use stacks::Json;

/// What is in the ledger.
#[derive(Debug, Default)]
pub struct Contents {
    /// What was told or will be, by place. Pointers to composite alarms are left out.
    pub windows: BTreeMap<Place, Window>,
    /// What was used of the budget by now.
    pub used: Used,
    /// Items that cannot be read: another version wrote them.
    pub unreadable: usize,
}

impl Contents {
    /// Reads the items of the table.
    pub fn read(items: &[Json], now: Timestamp) -> Self {
        let mut contents = Self::default();
        for item in items {
            if text(item, "group.S") == Some(BUDGET) {
                if let Some(used) = used(item, Hour::of(now)) {
                    contents.used = used;
                }
                continue;
            }
            match window(item) {
                Some(it) if it.kind == Kind::Absorbed || it.told.is_empty() => {}
                Some(it) => {
                    contents.windows.insert(it.place.clone(), it);
                }
                None => contents.unreadable += 1,
            }
        }
        contents
    }
}
