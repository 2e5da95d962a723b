//! What is sent of all that is due: by itself, as a digest of several, or later.

use std::collections::BTreeMap;

use contract::{DeliverySettings, Limits, Priority};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Day, Hold, Hour, Key, State, Window,
    budget::{Slot, is_low},
    window::{EXPIRES, later},
};

/// A window that is still to be sent, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Where it is.
    pub key: Key,
    /// What is broken, for people.
    #[serde(default)]
    pub name: String,
    /// How many incidents it has.
    #[serde(default)]
    pub incidents: u64,
    /// How urgent it is.
    pub priority: Priority,
    /// When its first incident was recorded.
    pub opened: Timestamp,
    /// Since when it is tried to be sent.
    pub since: Timestamp,
    /// When it may be sent.
    pub due: Timestamp,
    /// Until when a function is sending it.
    pub claimed: Option<Timestamp>,
    /// Whether it has a slot in the budget from an earlier attempt.
    pub has_slot: bool,
    /// The rule of the account file whose events it is about.
    pub rule: Option<String>,
    /// Where the ledger says whether a composite alarm covers the alarm that opened it.
    pub suppression: Option<Key>,
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send a window.
    Send(Key),
    /// Send these as one.
    Digest(Hold, Vec<Key>),
    /// Put a window among the dead letters: it could not be sent for too long.
    Expire(Key),
}

/// What is to be done now, in this order, and what waits until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is to be done.
    pub steps: Vec<Step>,
    /// What is due and not sent.
    pub held: BTreeMap<Key, (Hold, Timestamp)>,
    /// How many windows would always be sent, of which the day has had as many as there may be.
    pub over_ceiling: usize,
}

/// What takes one slot of the budget: a window, or those that were held in quiet hours.
struct Unit {
    windows: Vec<Pending>,
    hold: Hold,
}

/// What is sent only where there is a digest anyway.
#[derive(Default)]
struct Rest {
    /// What is over its share of the day.
    over: Vec<Unit>,
    /// What is not due yet, and will be in a moment.
    soon: Vec<Unit>,
    /// Whether some of that is as urgent as what would take the last slot, and has a share of the day: it is not to wait for
    /// the next.
    presses: bool,
}

impl Pending {
    /// What is to be known of a window.
    pub fn of(window: &Window) -> Self {
        let (claimed, has_slot) = match window.state {
            State::Claimed { until, hour } => (Some(until), hour.is_some()),
            _ => (None, false),
        };
        Self {
            key: window.key.clone(),
            name: window.name.clone(),
            incidents: window.count(),
            priority: window.priority(),
            opened: window.opened,
            since: window.since,
            due: window.due,
            claimed,
            has_slot,
            rule: window.rule.clone(),
            suppression: window.alarm.as_deref().map(Key::suppression),
        }
    }

    pub(super) fn slot(&self) -> Slot<'_> {
        Slot {
            priority: self.priority,
            rule: self.rule.as_deref(),
        }
    }
}

/// Plans what is sent of `pending`: the most urgent first, and of these the oldest.
///
/// What has a slot already needs none. What is always sent has slots of its own. Of the rest, each window
/// takes a slot as long as there are enough for all of them; if there are not, the last slot of the hour is
/// a digest of all that would be left, and of what is due within `group-wait`.
pub fn plan(pending: Vec<Pending>, day: &Day, settings: &DeliverySettings, now: Timestamp) -> Plan {
    let (limits, hour) = (&settings.limits, Hour::of(now));
    let mut plan = Plan::default();
    let is_free = |it: &Pending| it.claimed.is_none_or(|until| until <= now);
    let (mut pending, soon): (Vec<Pending>, Vec<Pending>) = pending
        .into_iter()
        .filter(is_free)
        .partition(|it| it.due <= now);
    let soon: Vec<Unit> = soon
        .into_iter()
        .filter(|it| it.claimed.is_none() && it.due <= later(now, settings.wait))
        .filter(|it| !limits.always_send(it.priority))
        .filter(|it| !is_low(it.priority) || settings.quiet_hours.is_none())
        .map(Unit::one)
        .collect();
    pending.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let (mut always, mut others, mut held_quiet) = (Vec::new(), Vec::new(), Vec::new());
    for it in pending {
        let quiet = settings
            .quiet_hours
            .as_ref()
            .filter(|_| is_low(it.priority));
        if later(it.since, EXPIRES) <= now {
            plan.steps.push(Step::Expire(it.key));
        } else if it.has_slot {
            plan.steps.push(Step::Send(it.key));
        } else if limits.always_send(it.priority) {
            always.push(Unit::one(it));
        } else if let Some(end) = quiet.and_then(|quiet| quiet.end(now)) {
            plan.held.insert(it.key, (Hold::QuietHours, end));
        } else if quiet.is_some_and(|quiet| quiet.end(it.due).is_some()) {
            held_quiet.push(it);
        } else {
            others.push(Unit::one(it));
        }
    }
    if !held_quiet.is_empty() {
        others.push(Unit {
            windows: held_quiet,
            hold: Hold::QuietHours,
        });
        others.sort_by(|a, b| a.rank().cmp(&b.rank()));
    }
    let tomorrow = hour.end_of_day();
    let always_room = day.always_room(limits);
    plan.over_ceiling = always
        .len()
        .saturating_sub(usize::try_from(always_room).unwrap_or(usize::MAX));
    if always_room == 0 {
        // It is never worse off than what is less urgent.
        others.extend(always);
        others.sort_by(|a, b| a.rank().cmp(&b.rank()));
    } else {
        plan.fill(always, Rest::default(), always_room, tomorrow, tomorrow);
    }
    let (fits, over) = shares(others, day, hour, limits);
    let next = day.next_room(hour, limits);
    let last = fits.last().and_then(Unit::priority);
    let presses = |it: &Unit| {
        let has_share = it.slot().is_some_and(|slot| day.has_share(slot, limits));
        has_share && it.priority() <= last
    };
    let rest = Rest {
        over,
        presses: soon.iter().any(presses),
        soon,
    };
    plan.fill(fits, rest, day.room(hour, limits), next, tomorrow);
    plan
}

/// Those that have a share left of the day, and those whose share is used up. The last slot of a share is a
/// digest of all that would be left, so that nothing waits for longer than for the next day.
fn shares(units: Vec<Unit>, day: &Day, hour: Hour, limits: &Limits) -> (Vec<Unit>, Vec<Unit>) {
    let mut day = day.clone();
    let (mut fits, over): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(|unit| {
        let Some(slot) = unit.slot() else {
            return false;
        };
        let has_share = day.has_share(slot, limits);
        if has_share {
            day.take(hour, slot, limits);
        }
        has_share
    });
    let mut left = Vec::new();
    for unit in over {
        match fits.iter_mut().rfind(|it| it.shares_with(&unit)) {
            Some(last) => {
                last.hold = last.hold.min(unit.hold);
                last.windows.extend(unit.windows);
            }
            None => left.push(unit),
        }
    }
    (fits, left)
}

impl Plan {
    /// Sends what there is room for, and holds the others until the `next` room.
    fn fill(
        &mut self,
        mut units: Vec<Unit>,
        rest: Rest,
        room: u32,
        next: Timestamp,
        tomorrow: Timestamp,
    ) {
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let Rest {
            over,
            soon,
            presses,
        } = rest;
        let is_last_of_several = units.len() == room && presses;
        if room > 0 && (units.len() > room || is_last_of_several) {
            let digest = units.split_off(room - 1);
            self.steps.extend(units.into_iter().map(Unit::step));
            let windows = digest.into_iter().chain(over).chain(soon);
            let keys = windows.flat_map(|it| it.windows).map(|it| it.key);
            self.steps.push(Step::Digest(Hold::Budget, keys.collect()));
        } else if units.len() <= room {
            self.steps.extend(units.into_iter().map(Unit::step));
            self.hold(over, tomorrow);
        } else {
            self.hold(units, next);
            self.hold(over, tomorrow);
        }
    }

    fn hold(&mut self, units: Vec<Unit>, until: Timestamp) {
        let windows = units.into_iter().flat_map(|it| it.windows);
        self.held
            .extend(windows.map(|it| (it.key, (Hold::Budget, until))));
    }
}

impl Unit {
    fn one(window: Pending) -> Self {
        Self {
            windows: vec![window],
            hold: Hold::Budget,
        }
    }

    fn priority(&self) -> Option<Priority> {
        self.windows.first().map(|it| it.priority)
    }

    fn slot(&self) -> Option<Slot<'_>> {
        self.windows.first().map(Pending::slot)
    }

    /// Whether a share that is used up for one is used up for the other.
    fn shares_with(&self, other: &Self) -> bool {
        let (Some(own), Some(other)) = (self.slot(), other.slot()) else {
            return false;
        };
        let are_low = is_low(own.priority) && is_low(other.priority);
        are_low || (own.rule.is_some() && own.rule == other.rule)
    }

    fn step(self) -> Step {
        let mut keys: Vec<Key> = self.windows.into_iter().map(|it| it.key).collect();
        match (keys.len(), keys.pop()) {
            (1, Some(only)) => Step::Send(only),
            (_, last) => {
                keys.extend(last);
                Step::Digest(self.hold, keys)
            }
        }
    }

    fn rank(&self) -> Option<(bool, Priority, Timestamp, &Key)> {
        self.windows.first().map(rank)
    }
}

/// What comes first: what has a slot already, then the most urgent, then the oldest.
fn rank(it: &Pending) -> (bool, Priority, Timestamp, &Key) {
    (!it.has_slot, it.priority, it.opened, &it.key)
}
