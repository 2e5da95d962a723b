//! A ledger in memory, for tests and forecasts: it answers as the table does.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Item, Key, Pending, Put, Versioned};

/// What the table would have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryLedger(BTreeMap<Key, Versioned<Item>>);

impl MemoryLedger {
    /// The item of a key.
    pub fn get(&self, key: &Key) -> Option<&Versioned<Item>> {
        self.0.get(key)
    }

    /// Every item.
    pub fn items(&self) -> impl Iterator<Item = (&Key, &Item)> {
        self.0.iter().map(|(key, stored)| (key, &stored.item))
    }

    /// Writes all of these, or nothing where somebody else has written one of them.
    pub fn write(&mut self, puts: &[Put]) -> bool {
        let version = |key: &Key| self.0.get(key).map_or(0, |it| it.version);
        let is_current = |put: &Put| put.after.is_none_or(|after| version(&put.key) == after);
        if !puts.iter().all(is_current) {
            return false;
        }
        for put in puts {
            let stored = Versioned {
                item: put.item.clone(),
                version: put.after.unwrap_or_default() + 1,
            };
            self.0.insert(put.key.clone(), stored);
        }
        true
    }

    /// Windows that are due by then, the earliest first.
    pub fn due(&self, by: Timestamp) -> Vec<Pending> {
        let pending = self.0.values().filter_map(|it| it.item.pending());
        let mut due: Vec<Pending> = pending.filter(|it| it.due <= by).collect();
        due.sort_by_key(|it| it.due);
        due
    }

    /// Forgets every item for which this says no.
    pub fn retain(&mut self, keeps: impl Fn(&Item) -> bool) {
        self.0.retain(|_, it| keeps(&it.item));
    }

    /// Forgets the item that expires first, before its time.
    pub fn forget_first(&mut self) {
        let expiring = self
            .0
            .iter()
            .filter_map(|(key, it)| Some((it.item.expires()?, key)));
        if let Some(key) = expiring.min().map(|(_, key)| key.clone()) {
            self.0.remove(&key);
        }
    }
}
