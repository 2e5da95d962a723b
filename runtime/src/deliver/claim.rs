//! The claim: one invocation takes a window, with a slot in the budget.

use super::{
    load,
    ports::{LedgerError, Ports},
    session::Session,
};
use crate::ledger::{
    Contents, Covered, Day, Earlier, Hour, Identity, Item, Key, Members, Opening, Put, Series,
    Slot, State, Versioned, Window, later, running,
};
use jiff::Timestamp;

/// Takes a window for this invocation, and a slot in the budget if it has none yet. From then on what it
/// sends does not change.
pub(super) async fn claim<P: Ports>(
    session: &Session<'_, P>,
    window: &mut Versioned<Window>,
    before: Option<&Window>,
    day: &mut Versioned<Day>,
    hour: Hour,
) -> Result<bool, LedgerError> {
    let now = session.now();
    let slot = window.item.slot();
    if window.item.is_open() {
        // What is sent although the window before has not ended follows up in that.
        let held = running(before, window.item.priority(), now);
        window.item.ends = held.unwrap_or_else(|| later(now, session.settings.window));
        window.item.series = before
            .filter(|it| session.settings.knows_results && it.is_running(now))
            .and_then(|it| Series::continued(it, held.is_some()));
        window.item.follows = before.and_then(|it| it.sent_since(now, session.settings.window));
        window.item.earlier = match before {
            Some(before) if session.settings.knows_results => earlier(session, before).await,
            _ => None,
        };
    }
    window.item.state = State::Claimed {
        until: session.deadline,
        hour: Some(slot.unwrap_or(hour)),
    };
    if slot.is_none() {
        window.item.counted = Some(hour);
    }
    let mut puts = vec![window.put()];
    if slot.is_none() {
        day.item.opened(Opening::of(&window.item));
        puts.push(take(session, &window.item, day, hour));
        puts.extend(known_by_report(&window.item, now));
    }
    let claimed = match session.write(&puts).await {
        Ok(claimed) => claimed,
        // Its answer may have been lost.
        Err(error) => {
            let read = session.read(std::slice::from_ref(&window.item.key)).await;
            let is_ours = |it: &Versioned<Window>| it.item == window.item;
            match load::window(&read, &window.item.key) {
                Ok(Some(it)) if is_ours(&it) => true,
                _ => return Err(error),
            }
        }
    };
    window.version += u64::from(claimed);
    Ok(claimed)
}

/// What was found about the last reports, or else before them, and what was covered since. What cannot be read now is not
/// worth waiting for.
async fn earlier<P: Ports>(session: &Session<'_, P>, before: &Window) -> Option<Earlier> {
    let reports = match &before.state {
        State::Covered { report, .. } => vec![report.clone()],
        _ => Series::of(before).map_or_else(Vec::new, |it| it.reports),
    };
    let keys: Vec<Key> = reports.iter().map(Key::investigation).collect();
    let found = if keys.is_empty() {
        Vec::new()
    } else {
        load::investigations(&session.read(&keys).await)
    };
    let found = found.iter().filter_map(Earlier::of).max_by_key(|it| it.at);
    let found = found.or_else(|| before.earlier.clone())?;
    Some(Earlier {
        covered: Covered::of(before),
        ..found
    })
}

/// The write by which the window is found that a report is of: by the ID that the agent's task names. That of a single
/// incident is its own, and was written when it was recorded.
pub(super) fn known_by_report(window: &Window, at: Timestamp) -> Option<Put> {
    let is_single = matches!(&window.contents, Contents::Incidents(Members::One { .. }));
    (!is_single).then(|| Put {
        key: Key::identity(&window.report_id()),
        after: None,
        item: Item::Identity(Identity {
            window: Some(window.key.clone()),
            at,
        }),
    })
}

/// The write that takes a slot of the day.
pub(super) fn take<P: Ports>(
    session: &Session<'_, P>,
    window: &Window,
    day: &mut Versioned<Day>,
    hour: Hour,
) -> Put {
    let limits = &session.settings.limits;
    day.item.take(hour, Slot::of(window), limits);
    Put {
        key: Key::day(hour.day()),
        after: (day.version != load::UNREADABLE).then_some(day.version),
        item: Item::Day(day.item.clone()),
    }
}
