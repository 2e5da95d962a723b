//! Sending what is due: the claim before a post, the post, and the result after it.

use std::{collections::BTreeMap, time::Duration};

use contract::{DeliverySettings, Priority, dead_letter::REJECTED};
use jiff::Timestamp;
use serde_json::json;

use super::{
    claim::claim,
    defer::Defer,
    expire::{dead_letter, expire},
    load,
    ports::Ports,
    poster::{Outcome, Poster},
    session::{Read, Session},
};
use crate::{
    ledger::{
        Day, Hour, Identity, Item, Key, NEAR, Opening, Openings, Pending, Put, Slot, Spending,
        State, Step, Versioned, Window, later, plan, report, running,
    },
    log::Level,
};

/// How often what is due is planned anew because somebody else was at it, too.
const ROUNDS: u32 = 20;
/// How often a result is tried to be recorded.
const TRIES: u32 = 6;
/// When a message looks again whether somebody else has sent its window.
pub(super) const MEANWHILE: Duration = Duration::from_secs(10);
/// When one looks again whose window waits for another of its group.
pub(super) const AFTER_OTHER: Duration = Duration::from_mins(1);
/// When one comes back whose window a call to the ledger failed for.
pub(super) const FAILED: Duration = Duration::from_secs(30);
/// What is kept of an invocation's time to return messages.
const MARGIN: Duration = Duration::from_secs(5);

/// What came of a window for the message that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing waits for it any more.
    Over,
    /// It is to be looked at again then.
    Until(Timestamp),
    /// As long as the webhook or the invocation's time asks for.
    Defer(Defer),
}

/// What an invocation sends.
#[derive(Default)]
pub(super) struct Sending {
    /// Windows that this batch is to wake, by key, and the message that does.
    woken: BTreeMap<Key, (Versioned<Window>, String)>,
    /// What came of them.
    waits: BTreeMap<Key, Wait>,
    /// Windows whose message now waits for another one.
    moved: BTreeMap<Key, Key>,
    /// The openings of all that is still to be sent, as far as it is known.
    pending_openings: Openings,
    /// Windows that nothing known of investigations speaks against, and whether each is a follow-up, which is sent
    /// although the window before has not ended.
    sendable: BTreeMap<Key, bool>,
}

/// How to go on after a step.
pub(super) enum Next {
    Step,
    /// Somebody else has written meanwhile.
    Replan,
    /// Nothing more is sent.
    Stop(Defer),
}

impl Sending {
    /// What came of a window for the message that waited for it.
    pub(super) fn wait(&self, key: &Key, now: Timestamp) -> Wait {
        let mut key = key;
        while let Some(into) = self.moved.get(key) {
            key = into;
        }
        let unknown = || match self.woken.get(key) {
            Some((window, _)) if now < window.item.due => Wait::Until(window.item.due),
            _ => Wait::Until(later(now, FAILED)),
        };
        self.waits.get(key).copied().unwrap_or_else(unknown)
    }

    /// A message of this batch waits for a window.
    pub(super) fn wakes(&mut self, window: Versioned<Window>, message: String) {
        self.woken
            .insert(window.item.key.clone(), (window, message));
    }

    /// Whether a window of this batch is to be sent now.
    pub(super) fn is_anything_due(&self, now: Timestamp) -> bool {
        self.woken.values().any(|(it, _)| it.item.due <= now)
    }

    pub(super) fn waits(&mut self, key: &Key, until: Timestamp) {
        self.waits.insert(key.clone(), Wait::Until(until));
    }

    pub(super) fn is_over(&mut self, key: &Key) {
        self.waits.insert(key.clone(), Wait::Over);
    }

    /// The openings around a period: of what was sent and of what is still to be. Those of another day are read where
    /// the period reaches into it.
    pub(super) async fn openings<P: Ports>(
        &self,
        session: &Session<'_, P>,
        day: &Versioned<Day>,
        hour: Hour,
        (from, to): (Timestamp, Timestamp),
    ) -> Openings {
        let mut all = self.pending_openings.clone();
        let begin = Hour::of(from.checked_sub(NEAR).unwrap_or(from)).day();
        let end = Hour::of(later(to, NEAR)).day();
        let days = (begin..=end).rev().filter(|it| *it < hour.day());
        let keys: Vec<Key> = days.take(2).map(Key::day).collect();
        if !keys.is_empty() {
            let read = session.read(&keys).await;
            all.add(keys.iter().flat_map(|it| load::openings(&read, it)));
        }
        // What a claim has written is what was sent.
        all.add(day.item.openings().iter().cloned());
        all
    }

    /// Everything that is due and not over waits for this.
    pub(super) fn stop(&mut self, defer: Defer, now: Timestamp) {
        for (key, (window, _)) in &self.woken {
            let is_settled = matches!(self.waits.get(key), Some(Wait::Over | Wait::Until(_)));
            if window.item.due <= now && !is_settled {
                self.waits.insert(key.clone(), Wait::Defer(defer));
            }
        }
    }

    /// Nothing that is known of investigations speaks against sending it.
    pub(super) fn is_sendable(&mut self, key: &Key, is_follow_up: bool) {
        self.sendable.insert(key.clone(), is_follow_up);
    }

    /// Whether it was decided on in this invocation by what is known of investigations.
    pub(super) fn is_decided(&self, key: &Key) -> bool {
        self.sendable.contains_key(key)
    }

    /// Whether it is sent although the window before has not ended.
    pub(super) fn is_follow_up(&self, key: &Key) -> bool {
        self.sendable.get(key).copied().unwrap_or_default()
    }

    /// The message that waits for a window.
    pub(super) fn waker(&self, key: &Key) -> Option<&String> {
        self.woken.get(key).map(|(_, message)| message)
    }

    /// The message that waits for one window waits for another.
    pub(super) fn moves(&mut self, from: &Key, into: &Key, target: &Versioned<Window>) {
        if let Some((_, message)) = self.woken.get(from).cloned()
            && target.item.waker.as_ref() == Some(&message)
        {
            self.moved.insert(from.clone(), into.clone());
            self.woken.insert(into.clone(), (target.clone(), message));
        } else {
            self.is_over(from);
        }
    }

    /// All that is due by then or within `group-wait`, as far as it is known: from this batch, and from the
    /// index.
    async fn pending<P: Ports>(&self, session: &Session<'_, P>, by: Timestamp) -> Vec<Pending> {
        let soon = later(by, session.settings.wait);
        let indexed = session.due(soon).await.unwrap_or_default();
        let woken = self.woken.values().map(|(it, _)| Pending::of(&it.item));
        let mut pending: BTreeMap<Key, Pending> = indexed
            .into_iter()
            .chain(woken)
            .filter(|it| it.due <= soon && !self.waits.contains_key(&it.key))
            .map(|it| (it.key.clone(), it))
            .collect();
        // What is next of a group waits until the one before is sent, unless it is more urgent.
        let priorities: BTreeMap<Key, Priority> = pending
            .iter()
            .map(|(key, it)| (key.clone(), it.priority))
            .collect();
        pending.retain(|key, it| {
            let before = key.before().and_then(|key| priorities.get(&key));
            before.is_none_or(|before| it.priority < *before)
        });
        pending.into_values().collect()
    }
}

/// Sends what has been due for `overdue`, the most urgent and oldest first, until nothing is left, there is
/// no time, or the webhook takes no more.
pub(super) async fn send_due<P: Ports>(
    session: &Session<'_, P>,
    poster: &mut Poster,
    sending: &mut Sending,
    overdue: Duration,
) {
    for _ in 0..ROUNDS {
        let now = session.now();
        if let Some(wait) = poster.circuit.wait(now) {
            return sending.stop(Defer::Webhook(wait), now);
        }
        let by = now.checked_sub(overdue).unwrap_or(now);
        let pending = sending.pending(session, by).await;
        let openings = pending.iter().filter_map(Opening::of_pending);
        sending.pending_openings.add(openings);
        if pending.iter().all(|it| it.due > by) {
            return;
        }
        if super::merge::covered(session, sending, &pending).await {
            continue;
        }
        if super::late::decide(session, sending, &pending, by).await {
            continue;
        }
        let hour = Hour::of(now);
        let limits = &session.settings.limits;
        let has_dollars = limits
            .dollars_per_day
            .or(limits.dollars_per_month)
            .is_some();
        let month = Spending::key(now);
        let keys = [
            Some(Key::day(hour.day())),
            has_dollars.then(|| month.clone()),
        ];
        let read = session
            .read(&keys.into_iter().flatten().collect::<Vec<Key>>())
            .await;
        let Ok(day) = load::day(&read, hour) else {
            return;
        };
        let spent = load::spending(&read, &month).map(|it| it.until(now));
        let settings = DeliverySettings {
            limits: spent.unwrap_or_default().bounds(limits, &day.item),
            ..session.settings.clone()
        };
        let plan = plan(pending, &day.item, &settings, now);
        session.count(|it| {
            it.held = plan.held.len();
            it.over_ceiling = it.over_ceiling.max(plan.over_ceiling);
        });
        for (key, (_, until)) in plan.held {
            sending.waits(&key, until);
        }
        let mut next = Next::Step;
        for step in plan.steps {
            if !poster.has_time(session) {
                return sending.stop(Defer::AT_ONCE, session.now());
            }
            next = match step {
                Step::Send(key) => send(session, poster, sending, hour, &key).await,
                Step::Digest(hold, keys) => {
                    super::digest::send(session, poster, sending, hour, hold, keys).await
                }
                Step::Expire(key) => expire(session, sending, &key).await,
            };
            match next {
                Next::Step => {}
                Next::Replan => break,
                Next::Stop(defer) => return sending.stop(defer, session.now()),
            }
        }
        if !matches!(next, Next::Replan) {
            return;
        }
    }
}

/// Sends one window, if it is still to be sent and nothing speaks against it.
pub(super) async fn send<P: Ports>(
    session: &Session<'_, P>,
    poster: &mut Poster,
    sending: &mut Sending,
    hour: Hour,
    key: &Key,
) -> Next {
    let before = key.before();
    let keys = [
        Some(key.clone()),
        Some(Key::day(hour.day())),
        before.clone(),
    ];
    let keys: Vec<Key> = keys.into_iter().flatten().collect();
    let read = session.read(&keys).await;
    let loaded = (
        load::window(&read, key),
        before.map_or(Ok(None), |it| load::window(&read, &it)),
        load::day(&read, hour),
    );
    let now = session.now();
    let (mut window, before, mut day) = match loaded {
        (Ok(Some(window)), Ok(before), Ok(day)) if window.item.is_pending() => {
            (window, before.map(|it| it.item), day)
        }
        (Ok(_), Ok(_), Ok(_)) => {
            sending.is_over(key);
            return Next::Step;
        }
        _ => {
            sending.waits(key, later(now, FAILED));
            return Next::Step;
        }
    };
    if window.item.is_being_sent(now) {
        sending.waits(key, later(now, MEANWHILE));
        return Next::Step;
    }
    if now < window.item.due {
        sending.waits(key, window.item.due);
        return Next::Step;
    }
    if let Some(ends) = running(before.as_ref(), window.item.priority(), now)
        && !sending.is_follow_up(key)
        && !window.item.is_claimed_follow_up()
    {
        return wait_for_other(session, sending, window, before, ends).await;
    }
    let limits = &session.settings.limits;
    let needs_slot = window.item.slot().is_none();
    if needs_slot && !day.item.has_capacity(hour, Slot::of(&window.item), limits) {
        // Somebody else has taken it since this was planned.
        return Next::Replan;
    }
    if window.item.is_open() {
        let opened = window.item.opened;
        let openings = sending
            .openings(session, &day, hour, (opened, opened))
            .await;
        window.item.nearby = openings.around(&window.item);
    }
    match claim(session, &mut window, before.as_ref(), &mut day, hour).await {
        Ok(true) => post(session, poster, sending, window).await,
        Ok(false) => Next::Replan,
        Err(_) => {
            sending.waits(key, later(now, FAILED));
            Next::Step
        }
    }
}

/// The next window of a group becomes due when the one before has ended, where that was sent late.
async fn wait_for_other<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    mut window: Versioned<Window>,
    before: Option<Window>,
    ends: Timestamp,
) -> Next {
    let key = window.item.key.clone();
    if before.is_some_and(|it| it.is_pending()) {
        sending.waits(&key, later(session.now(), AFTER_OTHER));
        return Next::Step;
    }
    window.item.due = ends;
    sending.waits(&key, ends);
    match session.write(&[window.put()]).await {
        Ok(true) | Err(_) => Next::Step,
        Ok(false) => {
            sending.waits.remove(&key);
            Next::Replan
        }
    }
}

/// Posts a window that was claimed, and records the result.
pub(super) async fn post<P: Ports>(
    session: &Session<'_, P>,
    poster: &mut Poster,
    sending: &mut Sending,
    window: Versioned<Window>,
) -> Next {
    let key = window.item.key.clone();
    let report = report(&window.item);
    let outcome = poster.post(session, &report).await;
    let at = session.now();
    let state = match outcome {
        Outcome::Stop(defer) => {
            sending.waits.insert(key, Wait::Defer(defer));
            return Next::Stop(defer);
        }
        Outcome::Sent => {
            session.count(|it| {
                let count = usize::try_from(window.item.count()).unwrap_or(usize::MAX);
                it.grouped += if count > 1 { count } else { 0 };
            });
            session.ports.log(
                Level::Info,
                "sent",
                json!({
                    "incidentId": report.id(),
                    "group": window.item.name,
                    "incidents": window.item.count(),
                    "window": key.to_string(),
                }),
            );
            let id = report.id().clone();
            State::Sent { at, id }
        }
        Outcome::Rejected(reason) => {
            let reason = format!("{REJECTED}{reason}");
            if !dead_letter(session, &window.item, &reason).await {
                sending.waits(&key, later(at, FAILED));
                return Next::Step;
            }
            State::Rejected { at, reason }
        }
    };
    finish(session, sending, window, state).await;
    Next::Step
}

/// Records what became of a window. Where that fails the waker stays, and the same report is sent again
/// under the same ID.
pub(super) async fn finish<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    mut window: Versioned<Window>,
    state: State,
) {
    let key = window.item.key.clone();
    for attempt in 0..TRIES {
        window.item.state = state.clone();
        let mut puts = vec![window.put()];
        if window.item.is_dead() {
            // So a redrive of the letter finds the window.
            let identity = Identity {
                window: Some(key.clone()),
                at: session.now(),
            };
            puts.push(Put {
                key: Key::identity(&window.item.report_id()),
                after: None,
                item: Item::Identity(identity),
            });
        }
        let written = session.write(&puts).await;
        if written == Ok(true) {
            return sending.is_over(&key);
        }
        if session.time_left() < MARGIN {
            break;
        }
        let pause = Duration::from_millis(100).mul_f64(session.ports.jitter());
        session.ports.sleep(pause * attempt).await;
        let read: Read = session.read(std::slice::from_ref(&key)).await;
        match load::window(&read, &key) {
            Ok(Some(current)) if current.item.is_pending() => window = current,
            Ok(_) => return sending.is_over(&key),
            Err(_) => {}
        }
    }
    session.ports.log(
        Level::Warn,
        "the ledger does not say what became of a report: it is sent again under the same ID",
        json!({ "group": window.item.name, "incidentId": window.item.report_id() }),
    );
    sending.waits(&key, later(session.now(), FAILED));
}
