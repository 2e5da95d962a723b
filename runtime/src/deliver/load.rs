//! What is read of the ledger, by what it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ports::{LedgerError, Ports},
    session::{Read, Session},
};
use crate::ledger::{
    Day, Head, Hour, Identity, Investigation, Item, Key, Latest, Opening, Spending, Suppression,
    Versioned, Window,
};

/// How many windows were merged one into the other at most.
const CHAIN: u32 = 4;

/// The version of an item that cannot be read: it is written over.
pub(super) const UNREADABLE: u64 = u64::MAX;

pub(super) type Loaded<T> = Result<Option<Versioned<T>>, LedgerError>;

fn pick<T>(read: &Read, key: &Key, of: impl FnOnce(Item) -> Option<T>) -> Loaded<T> {
    match read.get(key) {
        None | Some(Ok(None)) => Ok(None),
        Some(Err(error)) => Err(error.clone()),
        Some(Ok(Some(Versioned { item, version }))) => {
            let version = *version;
            let item = of(item.clone()).ok_or(LedgerError::Unreadable)?;
            Ok(Some(Versioned { item, version }))
        }
    }
}

pub(super) fn window(read: &Read, key: &Key) -> Loaded<Window> {
    pick(read, key, |it| match it {
        Item::Window(window) => Some(*window),
        _ => None,
    })
}

pub(super) fn identity(read: &Read, key: &Key) -> Loaded<Identity> {
    pick(read, key, |it| match it {
        Item::Identity(identity) => Some(identity),
        _ => None,
    })
}

/// That a composite alarm covers an alarm. What cannot be read covers nothing.
pub(super) fn suppression(read: &Read, key: &Key) -> Option<Suppression> {
    let suppression = pick(read, key, |it| match it {
        Item::Suppression(suppression) => Some(suppression),
        _ => None,
    });
    suppression.ok().flatten().map(|it| it.item)
}

fn head(read: &Read, key: &Key) -> Loaded<Head> {
    pick(read, key, |it| match it {
        Item::Head(head) => Some(head),
        _ => None,
    })
}

/// What was used of an hour's day. One that cannot be read would stop all delivery: it begins anew.
pub(super) fn day(read: &Read, hour: Hour) -> Result<Versioned<Day>, LedgerError> {
    let day = pick(read, &Key::day(hour.day()), |it| match it {
        Item::Day(day) => Some(day),
        _ => None,
    });
    let anew = |version| Versioned {
        item: Day::new(hour),
        version,
    };
    match day {
        Err(LedgerError::Unreadable) => Ok(anew(UNREADABLE)),
        day => Ok(day?.unwrap_or_else(|| anew(0))),
    }
}

/// What the month has cost, if it was read. What cannot be read limits nothing.
pub(super) fn spending(read: &Read, key: &Key) -> Option<Spending> {
    let spending = pick(read, key, |it| match it {
        Item::Spending(it) => Some(it),
        _ => None,
    });
    spending.ok().flatten().map(|it| it.item)
}

/// The investigations among what was read. What cannot be read is not known.
pub(super) fn investigations(read: &Read) -> Vec<Investigation> {
    let items = read.values().filter_map(|it| it.as_ref().ok()?.as_ref());
    let investigations = items.filter_map(|it| match &it.item {
        Item::Investigation(it) => Some((**it).clone()),
        _ => None,
    });
    investigations.collect()
}

/// The openings of another day, if it was read. What cannot be read has none.
pub(super) fn openings(read: &Read, key: &Key) -> Vec<Opening> {
    let day = pick(read, key, |it| match it {
        Item::Day(day) => Some(day),
        _ => None,
    });
    let day = day.ok().flatten();
    day.map(|it| it.item.openings().iter().cloned().collect())
        .unwrap_or_default()
}

fn merged_into(window: &Loaded<Window>) -> Option<&Key> {
    window.as_ref().ok()?.as_ref()?.item.merged_into()
}

impl<P: Ports> Session<'_, P> {
    /// The windows of these keys; of those that were merged, the ones that count their incidents.
    pub(super) async fn windows(&self, keys: BTreeSet<Key>) -> BTreeMap<Key, Loaded<Window>> {
        let mut found: BTreeMap<Key, Loaded<Window>> = BTreeMap::new();
        let mut asked: Vec<Key> = keys.iter().cloned().collect();
        for _ in 0..CHAIN {
            let read = self.read(&asked).await;
            let mut into: BTreeSet<Key> = BTreeSet::new();
            for key in asked {
                let window = window(&read, &key);
                into.extend(merged_into(&window).cloned());
                found.insert(key, window);
            }
            asked = into
                .into_iter()
                .filter(|it| !found.contains_key(it))
                .collect();
        }
        let last = |key: &Key| {
            let mut key = key;
            for _ in 0..CHAIN {
                let window = found.get(key)?;
                match merged_into(window) {
                    Some(into) => key = into,
                    None => return Some(window.clone()),
                }
            }
            None
        };
        keys.iter()
            .map(|key| (key.clone(), last(key).unwrap_or(Ok(None))))
            .collect()
    }

    /// The latest windows of groups, by the keys of their heads. `known` is what was read already.
    pub(super) async fn latest(
        &self,
        heads: BTreeSet<Key>,
        known: &Read,
    ) -> BTreeMap<Key, Result<Latest, LedgerError>> {
        let missing: Vec<Key> = heads
            .iter()
            .filter(|it| !known.contains_key(it))
            .cloned()
            .collect();
        let read = self.read(&missing).await;
        let mut latest: BTreeMap<Key, Result<Latest, LedgerError>> = BTreeMap::new();
        // Where a head is missing or behind, as after a restore, the windows themselves say which is the
        // latest.
        let mut asked: Vec<(Key, u64, u64)> = Vec::new();
        for key in heads {
            let of = if known.contains_key(&key) {
                known
            } else {
                &read
            };
            match head(of, &key) {
                Ok(Some(it)) => asked.push((key, it.version, it.item.latest)),
                Ok(None) => asked.push((key, 0, 0)),
                Err(error) => {
                    latest.insert(key, Err(error));
                }
            }
        }
        while !asked.is_empty() {
            let keys: Vec<Key> = asked
                .iter()
                .flat_map(|(key, _, number)| {
                    let numbers = number.saturating_sub(1).max(1)..=number + 1;
                    numbers.map(|it| key.numbered(it))
                })
                .collect();
            let read = self.read(&keys).await;
            let mut again = Vec::new();
            for (key, version, number) in asked {
                let at = |number: u64| match number {
                    0 => Ok(None),
                    number => window(&read, &key.numbered(number)),
                };
                let found = match (at(number + 1), at(number), at(number.saturating_sub(1))) {
                    (Ok(Some(_)), ..) => {
                        again.push((key, version, number + 1));
                        continue;
                    }
                    (Ok(None), Ok(latest), Ok(previous)) => Ok(Latest {
                        key: key.clone(),
                        head: version,
                        number,
                        window: latest,
                        previous: previous.map(|it| it.item),
                    }),
                    (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => Err(error),
                };
                latest.insert(key, found);
            }
            asked = again;
        }
        latest
    }
}
