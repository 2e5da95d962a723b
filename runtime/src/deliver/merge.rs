//! Counting windows in those of a composite alarm that covers the alarms that opened them.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::json;

use super::{
    load,
    ports::Ports,
    send::Sending,
    session::{Read, Session},
};
use crate::{
    ledger::{Contents, Key, Newcomer, Pending, State, Suppression, Versioned, Window},
    log::Level,
};

/// Windows of one write: they can have 50 kB each, and a transaction has four megabytes. Source:
/// `TransactWriteItems` in the DynamoDB API reference.
pub(super) const WINDOWS: usize = 40;
/// How often a merge is tried again that another write came before.
const TRIES: u32 = 6;

/// Merges what is due and covered, all that one composite alarm covers at once. Says whether anything was.
/// What cannot be merged is reported by itself.
pub(super) async fn covered<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    pending: &[Pending],
) -> bool {
    let keys: Vec<Key> = pending
        .iter()
        .filter_map(|it| it.suppression.clone())
        .collect();
    let read = session.read(&keys).await;
    let mut covered: BTreeMap<Key, (Suppression, Vec<Key>)> = BTreeMap::new();
    for window in pending {
        let key = window.suppression.as_ref();
        let Some(it) = key.and_then(|key| load::suppression(&read, key)) else {
            continue;
        };
        if session.now() < it.until && window.claimed.is_none() {
            let (_, keys) = covered
                .entry(Key::head(&it.into))
                .or_insert_with(|| (it, Vec::new()));
            keys.push(window.key.clone());
        }
    }
    // What covers others is merged after them, where it is covered, too.
    let mut left: Vec<(Key, (Suppression, Vec<Key>))> = covered.into_iter().collect();
    let mut is_merged = false;
    while !left.is_empty() {
        let covers_others = |key: &Key| left.iter().any(|(head, _)| head.group == key.group);
        let next = left
            .iter()
            .position(|(_, (_, keys))| !keys.iter().any(covers_others));
        let (head, (suppression, keys)) = left.remove(next.unwrap_or_default());
        for keys in keys.chunks(WINDOWS) {
            is_merged |= merge(session, sending, &head, &suppression, keys).await;
        }
    }
    is_merged
}

/// What is more urgent than the composite alarm is not covered, nor is the composite alarm itself.
fn covers(suppression: &Suppression, window: &Window, now: Timestamp) -> bool {
    now < suppression.until
        && window.is_open()
        && window.priority() >= suppression.priority
        && Key::head(&suppression.into).group != window.key.group
}

async fn merge<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    head: &Key,
    suppression: &Suppression,
    keys: &[Key],
) -> bool {
    for attempt in 0..TRIES {
        let read = session.read(keys).await;
        let latest = session.latest([head.clone()].into(), &Read::new()).await;
        let Some(Ok(mut latest)) = latest.into_values().next() else {
            return false;
        };
        let now = session.now();
        let mut merged: Vec<Versioned<Window>> = Vec::new();
        let mut into = None;
        for key in keys {
            let Ok(Some(mut window)) = load::window(&read, key) else {
                continue;
            };
            let Contents::Incidents(members) = &window.item.contents else {
                continue;
            };
            if !covers(suppression, &window.item, now) {
                continue;
            }
            let target = latest.join(
                &Newcomer {
                    waker: window.item.waker.as_deref(),
                    name: &suppression.name,
                    alarm: None,
                    covers: false,
                    rule: None,
                    size: None,
                    members: members.clone(),
                },
                now,
                session.settings,
            );
            window.item.state = State::Merged {
                at: now,
                into: target.clone(),
            };
            into = Some(target);
            merged.push(window);
        }
        let Some(into) = into else {
            return false;
        };
        let mut puts = latest.puts(now);
        puts.extend(merged.iter().map(Versioned::put));
        match session.write(&puts).await {
            Ok(true) => {
                latest.is_written();
                for window in merged {
                    session.ports.log(
                        Level::Info,
                        "covered by a composite alarm",
                        json!({ "group": window.item.name, "into": suppression.name }),
                    );
                    if let Some(target) = &latest.window {
                        sending.moves(&window.item.key, &into, target);
                    }
                }
                return true;
            }
            Ok(false) => {
                let pause = Duration::from_millis(100).mul_f64(session.ports.jitter());
                session.ports.sleep(pause * attempt).await;
            }
            Err(_) => return false,
        }
    }
    false
}
