//! What investigations have cost in a month, for limits in dollars.

use std::{collections::BTreeMap, time::Duration};

use contract::Limits;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Day, Investigation, Item, Key, Put, Status, Versioned};

/// How long an investigation is counted as running at most: its end may not have been read.
const LONGEST: Duration = Duration::from_hours(1);

/// What investigations have cost in a month, by UTC. Each counts on the day on which the agent made its task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spending {
    /// When the month begins.
    begins: Timestamp,
    /// Cents of investigations that have ended, by the day of the month, from `1`.
    cents: BTreeMap<String, u64>,
    /// Investigations that run, by the IDs of their tasks.
    running: BTreeMap<String, Running>,
    /// Cents of the time that the agent itself counts, by the day of the month. It is of everything in the space.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metered: BTreeMap<String, u64>,
}

/// An investigation that runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Running {
    since: Timestamp,
    /// Dollars a second.
    price: f64,
}

/// What was spent until a point in time, in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// On its day.
    pub day: u64,
    /// In its month.
    pub month: u64,
}

impl Spending {
    /// The month that a point in time is in, of which nothing was spent.
    pub fn new(at: Timestamp) -> Self {
        let first = at.to_zoned(TimeZone::UTC).date().first_of_month();
        let begins = first.to_zoned(TimeZone::UTC).map(|it| it.timestamp());
        Self {
            begins: begins.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// Where the month that a point in time is in has its item.
    pub fn key(at: Timestamp) -> Key {
        Key::spending(&at.to_zoned(TimeZone::UTC).strftime("%Y-%m").to_string())
    }

    /// The write that changes the sum of the month that a point in time is in, of which the item was read; nothing where
    /// nothing changes, or where the sum cannot be read: that keeps nothing else from being recorded.
    pub fn change(
        read: &BTreeMap<Key, Option<Versioned<Item>>>,
        at: Timestamp,
        change: impl FnOnce(&mut Self),
    ) -> Option<Put> {
        let key = Self::key(at);
        let (known, version) = match read.get(&key) {
            None => (Self::new(at), 0),
            Some(Some(Versioned {
                item: Item::Spending(it),
                version,
            })) => (it.clone(), *version),
            Some(_) => return None,
        };
        let mut next = known.clone();
        change(&mut next);
        (next != known).then_some(Put {
            key,
            after: Some(version),
            item: Item::Spending(next),
        })
    }

    /// When the month begins.
    pub fn begins(&self) -> Timestamp {
        self.begins
    }

    /// Counts an investigation as it is `now`, and no longer as it was `before`. `price` is in dollars a second of what
    /// runs.
    pub fn replace(
        &mut self,
        before: Option<&Investigation>,
        now: Option<&Investigation>,
        price: f64,
    ) {
        if let Some(it) = before {
            let day = self.cents.entry(day(it.created)).or_default();
            *day = day.saturating_sub(cents(it));
            self.running.remove(&it.task);
        }
        if let Some(it) = now {
            let day = self.cents.entry(day(it.created)).or_default();
            *day = day.saturating_add(cents(it));
            if matches!(it.status, Status::InProgress | Status::Waiting) {
                let since = it.began.unwrap_or(it.created);
                self.running
                    .insert(it.task.clone(), Running { since, price });
            }
        }
        self.cents.retain(|_, it| *it > 0);
    }

    /// Takes over how many seconds the agent itself counts on days of this month, at this price of a second.
    pub fn meter(&mut self, seconds: &[(Timestamp, f64)], price: f64) {
        let of_month = |at: Timestamp| Self::key(at) == Self::key(self.begins);
        for (at, seconds) in seconds.iter().filter(|(at, _)| of_month(*at)) {
            self.metered
                .insert(day(*at), whole(seconds * price * 100.0));
        }
    }

    /// What was spent until now: what has ended, and the time so far of what runs. On a day on which the agent itself counts
    /// more, that.
    pub fn until(&self, now: Timestamp) -> Spent {
        let running: f64 = self.running.values().map(|it| it.dollars(now)).sum();
        let running = whole(running * 100.0);
        let today = day(now);
        let of_today =
            |cents: &BTreeMap<String, u64>| cents.get(&today).copied().unwrap_or_default();
        let of_month = |cents: &BTreeMap<String, u64>| {
            cents
                .values()
                .fold(0, |sum: u64, it| sum.saturating_add(*it))
        };
        let (own, metered) = (
            of_today(&self.cents).saturating_add(running),
            of_today(&self.metered),
        );
        // An investigation counts here on the day on which it began, and there on those on which it worked: over the month
        // that is the same. What the agent has not counted yet of today is added to its count.
        let uncounted = own.saturating_sub(metered);
        let own_of_month = of_month(&self.cents).saturating_add(running);
        Spent {
            day: own.max(metered),
            month: own_of_month.max(of_month(&self.metered).saturating_add(uncounted)),
        }
    }
}

impl Running {
    fn dollars(&self, now: Timestamp) -> f64 {
        let time = Duration::try_from(now.duration_since(self.since)).unwrap_or_default();
        time.min(LONGEST).as_secs_f64() * self.price
    }
}

impl Spent {
    /// The limits that hold once this was spent. Over the dollars of a day nothing more is sent on it; over those of a
    /// month one report a day, so that nothing expires. What is always sent has slots of its own.
    pub fn bounds(self, limits: &Limits, day: &Day) -> Limits {
        let is_over = |limit: Option<u32>, cents: u64| {
            limit.is_some_and(|dollars| cents >= u64::from(dollars) * 100)
        };
        let mut per_day = limits.per_day;
        if is_over(limits.dollars_per_month, self.month) {
            per_day = per_day.min(day.used().max(1));
        }
        if is_over(limits.dollars_per_day, self.day) {
            per_day = per_day.min(day.used());
        }
        Limits { per_day, ..*limits }
    }
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).day().to_string()
}

/// What an investigation that has ended has cost, as far as that is known.
fn cents(it: &Investigation) -> u64 {
    let dollars = it.own_cost().1.filter(|_| it.status.is_end());
    whole(dollars.unwrap_or_default() * 100.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit is the nearest that does"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}
