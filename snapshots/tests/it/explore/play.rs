//! Plays a scenario with faults at some of its calls, and says what is wrong with what comes of it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    rc::Rc,
};

use contract::Priority;
use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::Deliver,
    ledger::{Hour, Item, Key, MemoryLedger, Pending, plan},
};

use super::scenario::Scenario;
use crate::simulation::{
    agent::Learned,
    around::{Around, Call, Fault, Shared, What},
    clock::{Clock, Task},
    environment::{Life, environment, sweeper},
    queue::{Numbers, Queue},
};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// With the call of this number.
    Call(usize, Fault),
    /// The clock of one function is so many seconds off.
    Skew(i64),
    /// At the call of this number the item that would expire first is gone.
    Expires(usize),
    /// At the call of this number the ledger learns how far an investigation is.
    Learns(usize, Learned),
}

/// A mistake that is made on purpose, to see that it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// Whatever the function says, every message of a batch ends.
    EverythingEnds,
    /// Wake-ups end, and nothing sweeps.
    NobodyComesBack,
    /// An identity that is there is written over.
    IdentitiesAreOverwritten,
    /// What is deferred comes back five minutes later than it was to.
    DeferredForTooLong,
}

impl Mistake {
    pub(super) const ALL: [Self; 4] = [
        Self::EverythingEnds,
        Self::NobodyComesBack,
        Self::IdentitiesAreOverwritten,
        Self::DeferredForTooLong,
    ];
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    /// An incident is neither sent, nor held, nor among the dead letters.
    Lost(String),
    /// A window or a message is left that nothing will become of.
    Stuck(String),
    /// An incident is in reports of several IDs.
    TwoIds(String),
    /// A report counts an incident twice.
    CountedTwice(String),
    /// An urgent incident was sent so many seconds too late.
    Late(String, i64),
}

/// What came of it.
pub(super) struct Played {
    /// What was called, as long as half an hour is left after it.
    pub(super) calls: Vec<What>,
    pub(super) wrong: BTreeSet<Wrong>,
    /// Says what all came to: the same where everything was the same and at the same times, so that what
    /// comes of another trouble afterwards is the same, too.
    pub(super) state: Box<dyn Fn() -> u64>,
}

#[expect(
    clippy::use_debug,
    reason = "a fault is shown to whoever reads a failed test"
)]
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(number, fault) => write!(f, "call {number}: {fault:?}"),
            Self::Skew(seconds) => write!(f, "a clock is {seconds} s off"),
            Self::Expires(number) => write!(f, "call {number}: an item expires"),
            Self::Learns(number, it) => write!(f, "call {number}: {it:?}"),
        }
    }
}

/// Plays a scenario.
pub(super) fn play(
    scenario: &Scenario,
    numbers: Numbers,
    troubles: &[Trouble],
    mistake: Option<Mistake>,
) -> Played {
    let after = |seconds| {
        let by = SignedDuration::from_secs(seconds);
        scenario.begin.checked_add(by).unwrap()
    };
    let clock = Rc::new(Clock::new(scenario.begin, 7));
    let mut queue = Queue::new(Rc::clone(&clock), numbers);
    queue.added_delay = match mistake {
        Some(Mistake::DeferredForTooLong) => 300,
        _ => 0,
    };
    let queue = Rc::new(queue);
    for (number, it) in scenario.arrivals.iter().enumerate() {
        queue.send(&format!("m{number}"), it.body(scenario.begin), after(it.at));
    }
    let calls = Rc::new(RefCell::new(Vec::new()));
    let troubles = troubles.to_vec();
    let (noted, down) = (
        Rc::clone(&calls),
        after(scenario.down.0)..after(scenario.down.1),
    );
    let faulty = troubles.clone();
    let quiet_from = after(scenario.length.as_secs() - 1_800);
    let shared = Rc::new(Shared::new(
        Rc::clone(&clock),
        Rc::clone(&queue),
        move |call: Call| {
            if call.at < quiet_from {
                noted.borrow_mut().push(call.what);
            }
            let planned = faulty.iter().find_map(|it| match it {
                Trouble::Call(number, fault) if *number == call.number => Some(*fault),
                _ => None,
            });
            let is_down = call.what == What::Post && down.contains(&call.at);
            planned.or(is_down.then_some(Fault::Status(503)))
        },
    ));
    shared
        .overwrites
        .set(mistake == Some(Mistake::IdentitiesAreOverwritten));
    let expires = troubles.iter().filter_map(|it| match it {
        Trouble::Expires(number) => Some(*number),
        _ => None,
    });
    shared.expires.borrow_mut().extend(expires);
    let learns = troubles.iter().filter_map(|it| match it {
        Trouble::Learns(number, learned) => Some((*number, *learned)),
        _ => None,
    });
    shared.learns.borrow_mut().extend(learns);
    let skew = troubles.iter().find_map(|it| match it {
        Trouble::Skew(seconds) => Some(*seconds),
        _ => None,
    });
    shared.versions.set(scenario.versions);
    let end = scenario.begin.checked_add(scenario.length).unwrap();
    let life = || Life {
        timeout: numbers.timeout,
        length: SignedDuration::from_hours(4),
        born: scenario.begin,
        end,
        everything_ends: mistake == Some(Mistake::EverythingEnds),
        wakers_end: mistake == Some(Mistake::NobodyComesBack),
    };
    let around = |skew: i64| Around {
        shared: Rc::clone(&shared),
        killed: Rc::new(Cell::new(false)),
        skew: SignedDuration::from_secs(skew),
    };
    let fresh = || Deliver::new(scenario.settings.clone());
    let mut tasks: Vec<Task<'_>> = vec![
        Box::pin(environment(
            around(skew.unwrap_or(0)),
            Rc::clone(&queue),
            life(),
            fresh,
        )),
        Box::pin(environment(around(0), Rc::clone(&queue), life(), fresh)),
    ];
    if mistake != Some(Mistake::NobodyComesBack) {
        tasks.push(Box::pin(sweeper(around(0), life(), numbers.sweep, fresh)));
    }
    if let Some(at) = scenario.restored {
        tasks.push(Box::pin(restore(&shared, after(at - 300), after(at))));
    }
    tasks.push(Box::pin(learn(&shared, &scenario.learned, scenario.begin)));
    clock.run(tasks);
    let wrong = judge(scenario, &troubles, &shared, end);
    Played {
        calls: calls.take(),
        wrong,
        state: Box::new(move || state(&shared)),
    }
}

/// Every line of the log, every call and all that is left.
fn state(shared: &Shared) -> u64 {
    let mut hash = DefaultHasher::new();
    for (at, message, fields) in shared.log.borrow().iter() {
        (at, message, fields.to_string()).hash(&mut hash);
    }
    shared.history.borrow().hash(&mut hash);
    for (key, item) in shared.ledger.borrow().items() {
        (key, serde_json::to_string(item).unwrap()).hash(&mut hash);
    }
    hash.finish()
}

/// The ledger becomes what it was, as a restored table does.
async fn restore(shared: &Shared, then: Timestamp, now: Timestamp) {
    let wait = |at: Timestamp| {
        at.duration_since(shared.clock.now())
            .try_into()
            .unwrap_or_default()
    };
    shared.clock.sleep(wait(then)).await;
    let saved = shared.ledger.borrow().clone();
    shared.clock.sleep(wait(now)).await;
    *shared.ledger.borrow_mut() = saved;
}

/// The ledger learns of investigations when the scenario says so.
async fn learn(shared: &Shared, learned: &[(i64, Learned)], begin: Timestamp) {
    for (seconds, it) in learned {
        let at = begin + SignedDuration::from_secs(*seconds);
        let wait = at.duration_since(shared.clock.now());
        shared
            .clock
            .sleep(wait.try_into().unwrap_or_default())
            .await;
        shared.learn(*it);
    }
}

/// Causes by the reports that the agent has: the ID, when it first came, and how often it is counted.
fn reported(shared: &Shared) -> BTreeMap<String, BTreeMap<String, (Timestamp, u64)>> {
    let mut reported: BTreeMap<String, BTreeMap<String, (Timestamp, u64)>> = BTreeMap::new();
    for (at, body) in shared.receiver.taken.borrow().iter() {
        let id = body["incidentId"].as_str().unwrap().to_owned();
        for (name, count) in named(body, shared) {
            reported
                .entry(name)
                .or_default()
                .entry(id.clone())
                .or_insert((*at, count));
        }
    }
    reported
}

/// The incidents that a report counts, by name. A digest names groups: the ledger says what was merged.
fn named(body: &serde_json::Value, shared: &Shared) -> Vec<(String, u64)> {
    if let Some(causes) = body["data"]["causes"].as_array() {
        let each = causes.iter().map(|it| {
            let name = it["cause"].as_str().unwrap().to_owned();
            (name, it["incidents"].as_u64().unwrap())
        });
        return each.collect();
    }
    let Some(groups) = body["data"]["byGroup"].as_array() else {
        return vec![(body["title"].as_str().unwrap().to_owned(), 1)];
    };
    let names: BTreeSet<&str> = groups
        .iter()
        .filter_map(|it| it["group"].as_str())
        .collect();
    let ledger = shared.ledger.borrow();
    let mut merged = Vec::new();
    for (_, item) in ledger.items() {
        if let Item::Window(window) = item
            && window.merged_into().is_some()
            && names.contains(window.name.as_str())
        {
            merged.extend(super::judge_members(window));
        }
    }
    merged
}

/// What is wrong with what came of a scenario.
fn judge(
    scenario: &Scenario,
    troubles: &[Trouble],
    shared: &Shared,
    end: Timestamp,
) -> BTreeSet<Wrong> {
    let mut wrong = BTreeSet::new();
    let reported = reported(shared);
    let ledger = shared.ledger.borrow();
    let held = held(&ledger, scenario, end);
    // What is forgotten cannot be known again.
    let forgets = troubles.iter().any(|it| matches!(it, Trouble::Expires(_)));
    for it in &scenario.arrivals {
        let name = it.incident.to_owned();
        let reports = reported.get(it.cause);
        let of_cause = scenario.arrivals.iter().filter(|its| its.cause == it.cause);
        let of_cause: BTreeSet<&str> = of_cause.map(|it| it.incident).collect();
        let window = recorded_in(&ledger, &Key::identity(&it.id()));
        let is_covered = window.as_ref().is_some_and(|it| is_covered(&ledger, it));
        // What a restored table lacks is in the log.
        let is_listed = scenario.restored.is_some_and(|at| {
            let lacks = at - 300..at;
            shared.lines("recorded").iter().any(|(its, line)| {
                line["incidentId"] == it.id().as_str()
                    && lacks.contains(&its.duration_since(scenario.begin).as_secs())
            })
        });
        let is_held = window.as_ref().is_some_and(|it| held.contains(it));
        let is_dead = !shared.queue.dead.borrow().is_empty();
        // Nothing is covered of which nobody has reported anything.
        if is_covered && reports.is_none() {
            wrong.insert(Wrong::Lost(name.clone()));
        }
        let report = window.as_ref().and_then(|it| report_of(&ledger, it));
        let is_reported = |reports: &BTreeMap<String, (Timestamp, u64)>| {
            let is_named = report.as_ref().is_some_and(|it| reports.contains_key(it));
            of_cause.len() == 1 || forgets || is_named
        };
        match reports.filter(|it| is_reported(it)) {
            None if is_covered => {}
            None if !is_held && !is_dead && !is_listed => {
                wrong.insert(Wrong::Lost(name));
            }
            None => {}
            Some(reports) => {
                if reports.len() > of_cause.len() && !forgets {
                    wrong.insert(Wrong::TwoIds(name.clone()));
                }
                let counted: u64 = reports.values().map(|(_, count)| *count).sum();
                let is_counted_twice = match of_cause.len() {
                    1 => reports.values().any(|(_, count)| *count > 1),
                    more => counted > more as u64,
                };
                if is_counted_twice && !forgets {
                    wrong.insert(Wrong::CountedTwice(name.clone()));
                }
                let first = scenario
                    .arrivals
                    .iter()
                    .filter(|its| its.incident == it.incident);
                let sent = first.map(|its| its.at).min().unwrap();
                let at = reports.values().map(|(at, _)| *at).min().unwrap();
                let waited = at.duration_since(scenario.begin).as_secs() - sent;
                let late = waited - allowed(scenario, troubles);
                let follows = scenario.arrivals.iter().any(|other| {
                    let first = reported
                        .get(other.cause)
                        .into_iter()
                        .flat_map(BTreeMap::values);
                    (other.group == it.group || other.covers.contains(&it.incident))
                        && other.priority <= it.priority
                        && first.map(|(at, _)| *at).min().is_some_and(|its| its < at)
                });
                // A restored table may have lost it: then late is better than never.
                let is_late = late > 0 && !follows && !is_listed;
                if it.priority <= Priority::High && is_late {
                    wrong.insert(Wrong::Late(name, late));
                }
            }
        }
    }
    for (key, item) in ledger.items() {
        if let Item::Window(window) = item
            && window.is_pending()
            && window.due < end - SignedDuration::from_mins(20)
            && !held.contains(key)
        {
            wrong.insert(Wrong::Stuck(key.to_string()));
        }
    }
    if shared.queue.untaken(end - SignedDuration::from_mins(1)) > 0 {
        wrong.insert(Wrong::Stuck("messages".to_owned()));
    }
    wrong
}

/// Windows that the budget or the quiet hours hold in the end, and those that are not due.
fn held(ledger: &MemoryLedger, scenario: &Scenario, end: Timestamp) -> BTreeSet<Key> {
    let pending: Vec<Pending> = ledger.items().filter_map(|(_, it)| it.pending()).collect();
    let hour = Hour::of(end);
    let day = match ledger.get(&Key::day(hour.day())).map(|it| &it.item) {
        Some(Item::Day(day)) => day.clone(),
        _ => runtime::ledger::Day::new(hour),
    };
    let later = pending
        .iter()
        .filter(|it| it.due > end)
        .map(|it| it.key.clone());
    let later: Vec<Key> = later.collect();
    let plan = plan(pending, &day, &scenario.settings, end);
    plan.held.into_keys().chain(later).collect()
}

/// The window that counts an incident.
fn recorded_in(ledger: &MemoryLedger, identity: &Key) -> Option<Key> {
    let Item::Identity(it) = &ledger.get(identity)?.item else {
        return None;
    };
    let mut key = it.window.clone()?;
    while let Some(Item::Window(window)) = ledger.get(&key).map(|it| &it.item)
        && let Some(into) = window.merged_into()
    {
        key = into.clone();
    }
    Some(key)
}

/// The ID of the report on a window.
fn report_of(ledger: &MemoryLedger, key: &Key) -> Option<String> {
    match ledger.get(key).map(|it| &it.item) {
        Some(Item::Window(window)) => Some(window.report_id().to_string()),
        _ => None,
    }
}

/// Whether an investigation covers a window.
fn is_covered(ledger: &MemoryLedger, key: &Key) -> bool {
    let window = ledger.get(key).map(|it| &it.item);
    matches!(window, Some(Item::Window(it)) if it.is_covered())
}

/// How many seconds an urgent incident may take: a minute, and what each trouble costs.
fn allowed(scenario: &Scenario, troubles: &[Trouble]) -> i64 {
    let down = if scenario.down.1 > 0 {
        scenario.down.1 + 1_100
    } else {
        0
    };
    let cost = |it: &Trouble| match it {
        // The receiver is not asked for two minutes, and for a quarter of an hour the second time.
        Trouble::Call(_, Fault::Status(_)) => 1_000,
        Trouble::Call(_, _) => 180,
        Trouble::Skew(_) => 6,
        Trouble::Expires(_) | Trouble::Learns(..) => 0,
    };
    // Whoever comes late finds the only slot of the hour used.
    if scenario.settings.limits.per_hour == 1 && !troubles.is_empty() {
        return 3_600;
    }
    let restored = if scenario.restored.is_some() { 300 } else { 0 };
    // A composite alarm waits for what it covers.
    60 + 20 + restored + down + troubles.iter().map(cost).sum::<i64>()
}
