//! Sending several windows as one.

use jiff::Timestamp;

use super::{
    claim::{known_by_report, take},
    load,
    merge::WINDOWS,
    ports::Ports,
    poster::Poster,
    send::{AFTER_OTHER, Next, Sending, post},
    session::{Read, Session},
};
use crate::ledger::{
    Contents, Digest, Head, Hold, Hour, Item, Key, Nearby, Opening, Put, State, Versioned, Window,
    later, running,
};

/// Merges these windows into a digest and sends it.
pub(super) async fn send<P: Ports>(
    session: &Session<'_, P>,
    poster: &mut Poster,
    sending: &mut Sending,
    hour: Hour,
    hold: Hold,
    keys: Vec<Key>,
) -> Next {
    let windows = sendable(session, &keys).await;
    // A follow-up is sent by itself or not before the window ends.
    for key in &keys {
        if sending.is_follow_up(key) {
            sending.waits(key, later(session.now(), AFTER_OTHER));
        }
    }
    if let [only] = &windows[..] {
        return super::send::send(session, poster, sending, hour, &only.item.key.clone()).await;
    }
    let head = Key::digests();
    let known = session.read(&[head.clone(), Key::day(hour.day())]).await;
    let latest = session.latest([head.clone()].into(), &known).await;
    let (Some(Ok(latest)), Ok(mut day)) = (latest.into_values().next(), load::day(&known, hour))
    else {
        return Next::Step;
    };
    let Some(urgent) = most_urgent(&windows) else {
        return Next::Step;
    };
    let limits = &session.settings.limits;
    let is_always_sent = limits.always_send(urgent.priority()) && day.item.always_room(limits) > 0;
    if !is_always_sent && day.item.room(hour, limits) == 0 {
        // Somebody else has taken the slot since this was planned.
        return Next::Replan;
    }
    let now = session.now();
    let waker = windows
        .iter()
        .find_map(|it| sending.waker(&it.item.key))
        .cloned();
    let key = head.numbered(latest.number + 1);
    let mut digest = Versioned::new(Window {
        rule: urgent.rule.clone(),
        ..empty(key.clone(), hold, waker, now)
    });
    let opened = windows.iter().map(|it| it.item.opened);
    let from = opened.min().unwrap_or(now);
    let chunks: Vec<&[Versioned<Window>]> = windows.chunks(WINDOWS).collect();
    let last = chunks.len() - 1;
    for (number, chunk) in chunks.into_iter().enumerate() {
        let mut puts = Vec::new();
        for window in chunk {
            add(&mut digest.item, &window.item);
            let mut merged = window.clone();
            merged.item.state = State::Merged {
                at: now,
                into: key.clone(),
            };
            puts.push(merged.put());
        }
        if number == 0 {
            puts.push(Put {
                key: head.clone(),
                after: Some(latest.head),
                item: Item::Head(Head {
                    latest: key.number,
                    at: now,
                }),
            });
        }
        if number == last {
            digest.item.state = State::Claimed {
                until: session.deadline,
                hour: Some(hour),
            };
            digest.item.counted = Some(hour);
            let openings = windows.iter().filter_map(|it| Opening::of(&it.item));
            day.item.opened(openings);
            let known = sending.openings(session, &day, hour, (from, now)).await;
            digest.item.nearby = known.of_storm(from, now);
            puts.push(take(session, &digest.item, &mut day, hour));
            puts.extend(known_by_report(&digest.item, now));
        }
        puts.push(digest.put());
        match session.write(&puts).await {
            Ok(true) => digest.version += 1,
            Ok(false) => return Next::Replan,
            Err(_) => return Next::Step,
        }
        for window in chunk {
            sending.moves(&window.item.key, &key, &digest);
        }
    }
    post(session, poster, sending, digest).await
}

/// Those that are still to be sent, with nothing in the way.
async fn sendable<P: Ports>(session: &Session<'_, P>, keys: &[Key]) -> Vec<Versioned<Window>> {
    let both = keys
        .iter()
        .flat_map(|key| [Some(key.clone()), key.before()].into_iter().flatten());
    let read: Read = session.read(&both.collect::<Vec<Key>>()).await;
    let now = session.now();
    let sendable = keys.iter().filter_map(|key| {
        let window = load::window(&read, key).ok()??;
        let before = match key.before() {
            Some(before) => load::window(&read, &before).ok()?.map(|it| it.item),
            None => None,
        };
        let is_free = running(before.as_ref(), window.item.priority(), now).is_none();
        let is_due = window.item.due <= later(now, session.settings.wait);
        (window.item.is_open() && is_due && is_free).then_some(window)
    });
    sendable.collect()
}

/// The most urgent of these, and of those the oldest: what a digest of them counts as.
fn most_urgent(windows: &[Versioned<Window>]) -> Option<&Window> {
    let windows = windows.iter().map(|it| &it.item);
    windows.min_by_key(|it| (it.priority(), it.opened))
}

fn empty(key: Key, hold: Hold, waker: Option<String>, now: Timestamp) -> Window {
    Window {
        key,
        name: "several groups".to_owned(),
        opened: now,
        since: now,
        due: now,
        ends: now,
        waker,
        contents: Contents::Digest(Digest::new(hold)),
        state: State::Open,
        follows: None,
        alarm: None,
        rule: None,
        nearby: Nearby::default(),
        size: None,
        counted: None,
        earlier: None,
        joined: None,
        series: None,
    }
}

fn add(digest: &mut Window, window: &Window) {
    let Contents::Digest(all) = &mut digest.contents else {
        return;
    };
    match &window.contents {
        Contents::Incidents(members) => all.add(&window.name, members),
        Contents::Digest(other) => all.add_digest(other),
    }
}
