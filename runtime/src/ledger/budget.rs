//! How many investigations there may be, and how many there were.

use std::collections::BTreeMap;

use contract::{Limits, Priority};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Opening, Openings, Window};

/// An hour of the clock, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hour(i64);

/// What an investigation counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<'a> {
    /// How urgent the most urgent of its incidents is.
    pub priority: Priority,
    /// The rule of the account file whose events it is about.
    pub rule: Option<&'a str>,
}

impl<'a> Slot<'a> {
    /// What an investigation of a window counts as.
    pub fn of(window: &'a Window) -> Self {
        Self {
            priority: window.priority(),
            rule: window.rule.as_deref(),
        }
    }
}

/// What was used of the budget on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Day {
    /// Which day, counted from 1970.
    #[serde(rename = "day")]
    number: i64,
    /// Investigations by hour, from `0` to `23`, but those that have slots of their own.
    hours: BTreeMap<String, u32>,
    /// Of these, those of `LOW` and `MINIMAL` incidents.
    low: u32,
    /// Of these, those of a rule of the account file.
    rules: BTreeMap<String, u32>,
    /// Investigations that are always sent, in slots of their own.
    always: u32,
    /// The windows that were opened last.
    openings: Openings,
}

/// Whether an incident is not urgent.
pub(super) fn is_low(priority: Priority) -> bool {
    priority >= Priority::Low
}

impl Hour {
    /// The hour that a point in time is in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_second().div_euclid(3_600))
    }

    /// The day, counted from 1970.
    pub fn day(self) -> i64 {
        self.0.div_euclid(24)
    }

    /// The hour of the day, from `0` to `23`.
    pub fn of_day(self) -> String {
        self.0.rem_euclid(24).to_string()
    }

    /// When the next hour begins.
    pub fn end(self) -> Timestamp {
        Timestamp::from_second((self.0 + 1) * 3_600).unwrap_or(Timestamp::MAX)
    }

    /// When the next day begins.
    pub fn end_of_day(self) -> Timestamp {
        Timestamp::from_second((self.day() + 1) * 86_400).unwrap_or(Timestamp::MAX)
    }
}

impl Day {
    /// The day of an hour, of which nothing was used.
    pub fn new(hour: Hour) -> Self {
        Self {
            number: hour.day(),
            ..Self::default()
        }
    }

    /// When it begins.
    pub fn begins(&self) -> Timestamp {
        Timestamp::from_second(self.number * 86_400).unwrap_or_default()
    }

    /// Investigations in the whole day, but those that have slots of their own.
    pub fn used(&self) -> u32 {
        self.hours.values().sum()
    }

    /// Investigations in an hour of the day.
    pub fn used_in(&self, hour: Hour) -> u32 {
        self.hours.get(&hour.of_day()).copied().unwrap_or_default()
    }

    /// Investigations of `LOW` and `MINIMAL` incidents.
    pub fn low(&self) -> u32 {
        self.low
    }

    /// Investigations of each rule of the account file.
    pub fn rules(&self) -> &BTreeMap<String, u32> {
        &self.rules
    }

    /// The windows that were opened last, of those that were sent.
    pub fn openings(&self) -> &Openings {
        &self.openings
    }

    /// Remembers the windows that an investigation is about.
    pub fn opened(&mut self, openings: impl IntoIterator<Item = Opening>) {
        self.openings.add(openings);
    }

    /// How many more there may be in an hour of what is not always sent.
    pub fn room(&self, hour: Hour, limits: &Limits) -> u32 {
        let in_hour = limits.per_hour.saturating_sub(self.used_in(hour));
        in_hour.min(limits.per_day.saturating_sub(self.used()))
    }

    /// How many more there may be of what is always sent.
    pub fn always_room(&self, limits: &Limits) -> u32 {
        limits.always_per_day.saturating_sub(self.always)
    }

    /// Whether there is a slot for it, of its own or of everything else's.
    pub fn has_capacity(&self, hour: Hour, slot: Slot<'_>, limits: &Limits) -> bool {
        let has_own = limits.always_send(slot.priority) && self.always_room(limits) > 0;
        has_own || (self.room(hour, limits) > 0 && self.has_share(slot, limits))
    }

    /// When there may be room again, where an hour has none.
    pub fn next_room(&self, hour: Hour, limits: &Limits) -> Timestamp {
        if self.used() >= limits.per_day {
            hour.end_of_day()
        } else {
            hour.end()
        }
    }

    /// Investigations of what is always sent, in slots of its own.
    pub fn always(&self) -> u32 {
        self.always
    }

    /// Whether what is not urgent, and the rule, have not used up their shares of the day.
    pub fn has_share(&self, slot: Slot<'_>, limits: &Limits) -> bool {
        let of_rule = slot.rule.and_then(|rule| self.rules.get(rule)).copied();
        if limits.always_send(slot.priority) {
            return true;
        }
        (!is_low(slot.priority) || self.low < limits.low_per_day)
            && of_rule.unwrap_or_default() < limits.rule_per_day
    }

    /// Counts an investigation. What is always sent has slots of its own; over those it takes one of everything else,
    /// and of no share.
    pub fn take(&mut self, hour: Hour, slot: Slot<'_>, limits: &Limits) {
        let is_always_sent = limits.always_send(slot.priority);
        if is_always_sent && self.always_room(limits) > 0 {
            self.always += 1;
            return;
        }
        *self.hours.entry(hour.of_day()).or_default() += 1;
        if is_always_sent {
            return;
        }
        self.low += u32::from(is_low(slot.priority));
        if let Some(rule) = slot.rule {
            *self.rules.entry(rule.to_owned()).or_default() += 1;
        }
    }

    /// Counts an investigation no more. What is always sent gives back a slot of its own while any is taken. Nothing
    /// goes below zero.
    pub fn give_back(&mut self, hour: Hour, slot: Slot<'_>, is_always_sent: bool) {
        if is_always_sent && self.always > 0 {
            self.always -= 1;
            return;
        }
        less(&mut self.hours, &hour.of_day());
        if is_always_sent {
            return;
        }
        self.low = self.low.saturating_sub(u32::from(is_low(slot.priority)));
        if let Some(rule) = slot.rule {
            less(&mut self.rules, rule);
        }
    }
}

/// One less of a key; what is none is not there.
fn less(counts: &mut BTreeMap<String, u32>, key: &str) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
    }
    counts.retain(|_, count| *count > 0);
}
