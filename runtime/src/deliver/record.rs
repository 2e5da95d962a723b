//! Recording: every incident of a batch is written into the ledger before its message may end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use contract::Priority;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;

use super::{
    batch::Arrival,
    defer::Defer,
    load,
    ports::{LedgerError, Ports},
    session::{AT_ONCE, Read, Session},
};
use crate::{
    ledger::{
        Identity, Item, Key, Latest, Members, Newcomer, Put, State, Suppression, Versioned, Window,
        later,
    },
    log::Level,
};

/// For how long a batch is recorded. What is due is sent then, and the rest comes back.
const RECORDING: Duration = Duration::from_secs(15);
/// Identities of one write: a transaction has a hundred items at most. Source: `TransactWriteItems` in the
/// DynamoDB API reference.
const IDENTITIES: usize = 90;
/// How often a write is tried again that another came before. Few functions run at once.
const TRIES: u32 = 6;
/// When one comes back whose group others keep writing.
const SOON: Defer = Defer::Exactly(Duration::from_secs(3));

/// What recording came to for a message.
#[derive(Clone, Debug)]
pub(super) enum Recorded {
    /// Its incident is in the ledger, and nothing waits for the message.
    Ends,
    /// Its incident is in the ledger, and it is the one to come back for this window.
    Wakes(Box<Versioned<Window>>),
    /// Its incident is not in the ledger.
    Not(Defer),
}

/// Records the incidents of a batch, the most urgent groups first. Says what it came to for each arrival.
pub(super) async fn record<P: Ports>(
    session: &Session<'_, P>,
    arrivals: &[Arrival<'_>],
) -> Vec<Recorded> {
    let until = later(session.now(), RECORDING);
    let read = session.read(&first_keys(arrivals)).await;
    let mut recorded = vec![Recorded::Not(Defer::Ledger); arrivals.len()];
    let mut known: Vec<(usize, Key)> = Vec::new();
    let mut groups: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (index, arrival) in arrivals.iter().enumerate() {
        match load::identity(&read, &Key::identity(&arrival.id)) {
            Err(_) => {}
            Ok(Some(it)) => match it.item.window {
                Some(window) => known.push((index, window)),
                None => recorded[index] = Recorded::Ends,
            },
            Ok(None) => {
                let group = group_of(arrival, &read, session.now());
                groups.entry(group).or_default().push(index);
            }
        }
    }
    for (index, it) in look_up(session, arrivals, known).await {
        recorded[index] = it;
    }
    let heads: BTreeSet<Key> = groups.keys().cloned().collect();
    let mut latest = session.latest(heads, &read).await;
    let mut groups: Vec<(Key, Vec<usize>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, members)| urgency(arrivals, members));
    let writes = groups.into_iter().map(|(key, members)| {
        let latest = latest.remove(&key);
        async move {
            match latest {
                _ if session.now() >= until => not(&members, Defer::AT_ONCE),
                Some(Ok(latest)) => record_group(session, arrivals, members, latest).await,
                Some(Err(_)) | None => not(&members, Defer::Ledger),
            }
        }
    });
    let written: Vec<Vec<(usize, Recorded)>> = stream::iter(writes)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (index, it) in written.into_iter().flatten() {
        recorded[index] = it;
    }
    recorded
}

/// What a batch is looked up by. Whatever has come back before is most often known, so the windows of its
/// group are left for later.
fn first_keys(arrivals: &[Arrival<'_>]) -> Vec<Key> {
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    for arrival in arrivals {
        keys.insert(Key::identity(&arrival.id));
        if arrival.message.receives <= 1 {
            keys.insert(Key::head(&arrival.group.key));
        }
        keys.extend(arrival.group.alarm.as_deref().map(Key::suppression));
    }
    keys.into_iter().collect()
}

/// The group that counts an incident: its own, or that of a composite alarm that covers its alarm and is as
/// urgent.
fn group_of(arrival: &Arrival<'_>, read: &Read, now: Timestamp) -> Key {
    let covered = arrival
        .group
        .alarm
        .as_deref()
        .and_then(|alarm| load::suppression(read, &Key::suppression(alarm)))
        .filter(|it| now < it.until && arrival.incident.priority() >= it.priority);
    Key::head(covered.as_ref().map_or(&arrival.group.key, |it| &it.into))
}

fn urgency(arrivals: &[Arrival<'_>], members: &[usize]) -> Option<(Priority, Timestamp)> {
    let of = |index: &usize| {
        let arrival = &arrivals[*index];
        (arrival.incident.priority(), arrival.queued)
    };
    members.iter().map(of).min()
}

fn not(members: &[usize], defer: Defer) -> Vec<(usize, Recorded)> {
    let each = members.iter();
    each.map(|index| (*index, Recorded::Not(defer))).collect()
}

/// Records incidents of one group. An identity that is there already, or a window that somebody else has
/// written, makes the write fail as a whole; then what is there is read again.
async fn record_group<P: Ports>(
    session: &Session<'_, P>,
    arrivals: &[Arrival<'_>],
    mut members: Vec<usize>,
    mut latest: Latest,
) -> Vec<(usize, Recorded)> {
    members.sort_by_key(|it| (arrivals[*it].incident.priority(), arrivals[*it].queued));
    let mut done: Vec<(usize, Recorded)> = Vec::new();
    let mut tries = 0;
    while !members.is_empty() {
        let now = session.now();
        let (chunk, rest) = members.split_at(members.len().min(IDENTITIES));
        let mut next = latest.clone();
        let (puts, joins) = puts(arrivals, chunk, &mut next, session, now);
        match session.write(&puts).await {
            Ok(true) => {
                if joins {
                    next.is_written();
                }
                cover(session, arrivals, chunk, &next).await;
                done.extend(written(session, arrivals, chunk, &next));
                members = rest.to_vec();
                latest = next;
            }
            Ok(false) if tries < TRIES => {
                tries += 1;
                let pause = Duration::from_millis(100).mul_f64(session.ports.jitter());
                session.ports.sleep(pause * tries).await;
                let ids = chunk.iter().map(|it| Key::identity(&arrivals[*it].id));
                let read = session.read(&ids.collect::<Vec<Key>>()).await;
                let known = |index: &usize| {
                    let identity = load::identity(&read, &Key::identity(&arrivals[*index].id));
                    Some((*index, identity.ok()??.item.window?))
                };
                let known: Vec<(usize, Key)> = chunk.iter().filter_map(known).collect();
                members.retain(|it| known.iter().all(|(index, _)| index != it));
                done.extend(look_up(session, arrivals, known).await);
                let key = latest.key.clone();
                let again = session.latest([key].into(), &Read::new()).await;
                match again.into_values().next() {
                    Some(Ok(it)) => latest = it,
                    Some(Err(_)) | None => break,
                }
            }
            Ok(false) => {
                done.extend(not(&members, SOON));
                return wakers(done, &latest, arrivals);
            }
            Err(_) => break,
        }
    }
    done.extend(not(&members, Defer::Ledger));
    wakers(done, &latest, arrivals)
}

/// The write that records these in the window that gathers, and whether any joins it. What the last window has
/// reported already is recorded there, and does not change it.
fn puts<P: Ports>(
    arrivals: &[Arrival<'_>],
    members: &[usize],
    latest: &mut Latest,
    session: &Session<'_, P>,
    now: Timestamp,
) -> (Vec<Put>, bool) {
    let mut joins = false;
    let mut identities: BTreeMap<Key, Put> = BTreeMap::new();
    for index in members {
        let arrival = &arrivals[*index];
        let id = Key::identity(&arrival.id);
        // Two messages of a batch can bring the same incident.
        if identities.contains_key(&id) {
            continue;
        }
        let reported = latest.reported(arrival.group.size);
        let window = reported.map(|it| it.key.clone());
        joins |= window.is_none();
        let window =
            window.unwrap_or_else(|| latest.join(&newcomer(arrival), now, session.settings));
        let identity = Identity {
            window: Some(window),
            at: now,
        };
        let put = Put {
            key: id.clone(),
            after: Some(0),
            item: Item::Identity(identity),
        };
        identities.insert(id, put);
    }
    let mut puts: Vec<Put> = identities.into_values().collect();
    if joins {
        puts.extend(latest.puts(now));
    }
    (puts, joins)
}

fn newcomer<'a>(arrival: &'a Arrival<'_>) -> Newcomer<'a> {
    let group = &arrival.group;
    Newcomer {
        waker: Some(&arrival.message.id),
        name: &group.name,
        alarm: group.alarm.as_deref(),
        covers: !group.covers.is_empty(),
        rule: group.rule.as_deref(),
        size: group.size,
        members: Members::one(&arrival.incident, group),
    }
}

/// Says in the log what was recorded: the ledger forgets, and a restored one lacks what was last.
fn written<P: Ports>(
    session: &Session<'_, P>,
    arrivals: &[Arrival<'_>],
    members: &[usize],
    latest: &Latest,
) -> Vec<(usize, Recorded)> {
    let window = latest.window.as_ref().map(|it| &it.item.key);
    let each = members.iter().map(|index| {
        let Arrival {
            id,
            incident,
            group,
            message,
            ..
        } = &arrivals[*index];
        session.ports.log(
            Level::Info,
            "recorded",
            json!({
                "incidentId": id,
                "group": group.name,
                "title": incident.title(),
                "priority": incident.priority(),
                "window": window.map(ToString::to_string),
                "messageId": message.id,
            }),
        );
        (*index, Recorded::Ends)
    });
    each.collect()
}

/// Whoever is to come back for the window stays.
fn wakers(
    mut done: Vec<(usize, Recorded)>,
    latest: &Latest,
    arrivals: &[Arrival<'_>],
) -> Vec<(usize, Recorded)> {
    let Some(window) = &latest.window else {
        return done;
    };
    for (index, it) in &mut done {
        let is_waker = window.item.waker.as_ref() == Some(&arrivals[*index].message.id);
        if is_waker && matches!(it, Recorded::Ends) && window.item.is_pending() {
            *it = Recorded::Wakes(Box::new(window.clone()));
        }
    }
    done
}

/// Writes which alarms a composite alarm covers. Where that fails they are reported by themselves.
async fn cover<P: Ports>(
    session: &Session<'_, P>,
    arrivals: &[Arrival<'_>],
    members: &[usize],
    latest: &Latest,
) {
    let Some(window) = &latest.window else {
        return;
    };
    let covered = members.iter().flat_map(|index| {
        let Arrival {
            incident, group, ..
        } = &arrivals[*index];
        group.covers.iter().map(|alarm| {
            let suppression = Suppression {
                into: group.key.clone(),
                name: group.name.clone(),
                priority: incident.priority(),
                until: later(window.item.due, session.settings.window),
            };
            (Key::suppression(alarm), suppression)
        })
    });
    let covered: BTreeMap<Key, Suppression> = covered.collect();
    let puts: Vec<Put> = covered
        .into_iter()
        .map(|(key, it)| Put {
            key,
            after: None,
            item: Item::Suppression(it),
        })
        .collect();
    for puts in puts.chunks(IDENTITIES) {
        if session.write(puts).await.is_err() {
            break;
        }
    }
}

/// What messages are to the windows that count their incidents.
async fn look_up<P: Ports>(
    session: &Session<'_, P>,
    arrivals: &[Arrival<'_>],
    known: Vec<(usize, Key)>,
) -> Vec<(usize, Recorded)> {
    let keys = known.iter().map(|(_, key)| key.clone()).collect();
    let windows = session.windows(keys).await;
    let mut looked_up = Vec::with_capacity(known.len());
    for (index, key) in known {
        let arrival = &arrivals[index];
        let window = windows.get(&key).cloned().unwrap_or(Ok(None));
        let recorded = match window {
            // It may have expired: then all that was to be done is done.
            Ok(None) => Recorded::Ends,
            Ok(Some(it)) if arrival.redriven && it.item.is_dead() => reopen(session, arrival, it)
                .await
                .unwrap_or(Recorded::Not(Defer::Ledger)),
            Ok(Some(it)) => {
                let is_waker = it.item.waker.as_ref() == Some(&arrival.message.id);
                if is_waker && it.item.is_pending() {
                    Recorded::Wakes(Box::new(it))
                } else {
                    Recorded::Ends
                }
            }
            Err(_) => Recorded::Not(Defer::Ledger),
        };
        looked_up.push((index, recorded));
    }
    looked_up
}

/// A window that was among the dead letters is tried again as it was, under the same ID.
async fn reopen<P: Ports>(
    session: &Session<'_, P>,
    arrival: &Arrival<'_>,
    mut window: Versioned<Window>,
) -> Result<Recorded, LedgerError> {
    let now = session.now();
    window.item.state = State::Claimed {
        until: now,
        hour: None,
    };
    window.item.since = now;
    window.item.due = now;
    window.item.waker = Some(arrival.message.id.clone());
    if !session.write(&[window.put()]).await? {
        return Ok(Recorded::Not(SOON));
    }
    window.version += 1;
    Ok(Recorded::Wakes(Box::new(window)))
}
