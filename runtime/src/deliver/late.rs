//! What is due of groups whose last report is being investigated, or was: it follows up, waits, or is covered.

use jiff::Timestamp;
use serde_json::json;

use super::{
    load,
    ports::Ports,
    send::{FAILED, Sending},
    session::Session,
};
use crate::{
    ledger::{
        Earlier, Investigation, Key, Late, Pending, Series, State, Versioned, Window, late, later,
    },
    log::Level,
};

/// Decides on all that is due by then and has a window before it. Says whether anything is to be planned anew.
///
/// What cannot be read is not decided on: it is sent as where results are not known.
pub(super) async fn decide<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    pending: &[Pending],
    by: Timestamp,
) -> bool {
    if !session.settings.knows_results {
        return false;
    }
    let asked = pending
        .iter()
        .filter(|it| it.due <= by && it.claimed.is_none() && !sending.is_decided(&it.key))
        .filter_map(|it| Some((it.key.clone(), it.key.before()?)));
    let asked: Vec<(Key, Key)> = asked.collect();
    if asked.is_empty() {
        return false;
    }
    let both = asked.iter().flat_map(|(key, before)| [key, before]);
    let read = session.read(&both.cloned().collect::<Vec<Key>>()).await;
    let now = session.now();
    let pairs = asked.iter().filter_map(|(key, before)| {
        let window = load::window(&read, key).ok()??;
        let before = load::window(&read, before).ok()??.item;
        let is_due = window.item.is_open() && window.item.due <= now;
        (is_due && !before.is_pending()).then_some((window, before))
    });
    let came_within = |(window, before): &(Versioned<Window>, Window)| {
        window.item.joined.is_some_and(|it| it < before.ends)
    };
    let (pairs, others): (Vec<_>, Vec<_>) = pairs.partition(came_within);
    for (window, _) in others {
        sending.is_sendable(&window.item.key, false);
    }
    let series = pairs.iter().filter_map(|(_, it)| Series::of(it));
    let reports: Vec<Key> = series
        .flat_map(|it| it.reports)
        .map(|it| Key::investigation(&it))
        .collect();
    if pairs.is_empty() {
        return false;
    }
    let known = load::investigations(&session.read(&reports).await);
    let mut is_changed = false;
    for (window, before) in pairs {
        let key = window.item.key.clone();
        is_changed |= match late(&window.item, &before, &known, session.now()) {
            Late::Send => {
                sending.is_sendable(&key, false);
                false
            }
            Late::FollowUp => {
                sending.is_sendable(&key, true);
                false
            }
            Late::Wait(until) => {
                wait(session, sending, window, until).await;
                true
            }
            Late::Covered { report, task } => {
                let state = State::Covered {
                    at: now,
                    report,
                    task,
                };
                cover(session, sending, window, &before, state, &known).await;
                true
            }
        };
    }
    is_changed
}

/// It is due later.
async fn wait<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    mut window: Versioned<Window>,
    until: Timestamp,
) {
    let key = window.item.key.clone();
    window.item.due = until;
    match session.write(&[window.put()]).await {
        Ok(true) => sending.waits(&key, until),
        // Somebody else has written meanwhile: then it is decided on anew.
        Ok(false) => {}
        Err(_) => sending.waits(&key, later(session.now(), FAILED)),
    }
}

/// Nothing is sent of it.
async fn cover<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    mut window: Versioned<Window>,
    before: &Window,
    state: State,
    known: &[Investigation],
) {
    let State::Covered { report, task, .. } = &state else {
        return;
    };
    let fields = json!({
        "group": window.item.name,
        "incidents": window.item.count(),
        "window": window.item.key.to_string(),
        "incidentId": report,
        "task": task,
    });
    let found = known.iter().find(|it| it.incident == *report);
    let found = found.and_then(Earlier::of);
    window.item.earlier = found.or_else(|| before.earlier.clone());
    window.item.state = state;
    let key = window.item.key.clone();
    match session.write(&[window.put()]).await {
        Ok(true) => {
            let message = "covered by an investigation that has ended";
            session.ports.log(Level::Info, message, fields);
            sending.is_over(&key);
        }
        Ok(false) => {}
        Err(_) => sending.waits(&key, later(session.now(), FAILED)),
    }
}
