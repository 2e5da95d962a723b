//! Which groups opened when: what else broke around an incident, as facts without a cause.

use std::{collections::BTreeMap, time::Duration};

use contract::Priority;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{Key, Pending, Window, window::later};
use crate::report::first;

/// How long before or after a group another one opened that its report names.
pub const NEAR: Duration = Duration::from_mins(10);
/// Openings that are remembered at most: the last ones.
const KEPT: usize = 30;
/// Characters of a list at most, so that it does not push out what a report is about.
const LIST: usize = 2_500;

/// That a window was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// Which window.
    #[serde(flatten)]
    pub key: Key,
    /// When.
    pub at: Timestamp,
    /// What is broken, for people.
    pub name: String,
    /// How urgent the most urgent of its incidents is.
    pub priority: Priority,
    /// How many incidents it has.
    pub incidents: u64,
}

/// The last openings, the earliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Openings(Vec<Opening>);

/// The openings around a window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Nearby {
    /// The openings, the earliest first.
    pub openings: Vec<Opening>,
    /// Whether there may have been earlier ones that are not remembered.
    pub is_cut: bool,
}

impl Opening {
    /// That of a window; nothing for a digest, whose groups have openings of their own.
    pub fn of(window: &Window) -> Option<Self> {
        (!window.is_digest()).then(|| Self {
            key: window.key.clone(),
            at: window.opened,
            name: window.name.clone(),
            priority: window.priority(),
            incidents: window.count(),
        })
    }

    /// That of a window that is still to be sent; nothing for a digest, or where the ledger does not say what it is
    /// called.
    pub fn of_pending(pending: &Pending) -> Option<Self> {
        let is_digest = pending.key.group == Key::digests().group;
        (!is_digest && !pending.name.is_empty()).then(|| Self {
            key: pending.key.clone(),
            at: pending.opened,
            name: pending.name.clone(),
            priority: pending.priority,
            incidents: pending.incidents,
        })
    }

    fn show(&self) -> String {
        let at = self.at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S");
        format!(
            "{at} UTC, {}: {} × {}",
            self.priority.as_str(),
            self.incidents,
            self.name
        )
    }
}

impl Openings {
    /// Remembers openings. What is said of a window last counts.
    pub fn add(&mut self, openings: impl IntoIterator<Item = Opening>) {
        let known = std::mem::take(&mut self.0);
        let all = known.into_iter().chain(openings);
        let by_window: BTreeMap<Key, Opening> = all.map(|it| (it.key.clone(), it)).collect();
        self.0 = by_window.into_values().collect();
        self.0.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        let forgotten = self.0.len().saturating_sub(KEPT);
        self.0.drain(..forgotten);
    }

    /// All of them, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = &Opening> {
        self.0.iter()
    }

    /// Those of other groups, within ten minutes of a window's.
    pub fn around(&self, window: &Window) -> Nearby {
        self.within(window.opened, window.opened, |it| {
            it.key.group != window.key.group
        })
    }

    /// Those of a storm whose windows opened from a point in time to another.
    pub fn of_storm(&self, from: Timestamp, to: Timestamp) -> Nearby {
        self.within(from, to, |_| true)
    }

    fn within(&self, from: Timestamp, to: Timestamp, wanted: impl Fn(&Opening) -> bool) -> Nearby {
        let begin = from.checked_sub(NEAR).unwrap_or(Timestamp::MIN);
        let is_near = |it: &&Opening| (begin..=later(to, NEAR)).contains(&it.at);
        let near = self.0.iter().filter(is_near);
        let is_full = self.0.len() == KEPT;
        Nearby {
            openings: near.filter(|it| wanted(it)).cloned().collect(),
            is_cut: is_full && self.0.first().is_some_and(|it| it.at >= begin),
        }
    }
}

impl Nearby {
    /// A line for each, the earliest first. What is left out is said.
    pub fn lines(&self) -> Vec<String> {
        let all: Vec<String> = self.openings.iter().map(Opening::show).collect();
        let mut length = 0;
        let fitting = all.iter().take_while(|it| {
            length += it.chars().count();
            length <= LIST
        });
        let count = fitting.count();
        let mut lines = first(all, count);
        if self.is_cut {
            lines.insert(
                0,
                format!("there may be earlier ones: the last {KEPT} of a day are remembered"),
            );
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(number: i64, name: &str) -> Opening {
        let begin: Timestamp = "2026-01-02T03:10:00Z".parse().unwrap();
        Opening {
            key: Key {
                group: format!("group#{name}"),
                number: 1,
            },
            at: later(begin, Duration::from_secs(number.unsigned_abs())),
            name: name.to_owned(),
            priority: Priority::High,
            incidents: 2,
        }
    }

    #[test]
    fn the_last_are_remembered_and_the_rest_is_said_to_be_missing() {
        let mut openings = Openings::default();
        openings.add((0..40).rev().map(|it| opening(it, &format!("g{it}"))));
        // What is known already is not there twice.
        openings.add([opening(39, "g39")]);
        let at = opening(39, "").at;
        let nearby = openings.of_storm(at, at);
        assert_eq!(nearby.openings.len(), 30);
        assert_eq!(nearby.openings[0].name, "g10");
        let lines = nearby.lines();
        assert_eq!(
            lines[..2],
            [
                "there may be earlier ones: the last 30 of a day are remembered",
                "03:10:10 UTC, HIGH: 2 × g10"
            ]
        );
    }

    #[test]
    fn what_opened_long_before_is_no_neighbour() {
        let mut openings = Openings::default();
        openings.add([opening(0, "early"), opening(601, "late")]);
        let now = opening(601, "").at;
        let nearby = openings.of_storm(now, now);
        assert_eq!(nearby.lines(), ["03:20:01 UTC, HIGH: 2 × late"]);
    }

    #[test]
    fn a_list_is_bounded() {
        let mut openings = Openings::default();
        openings.add((0..30).map(|it| opening(it, &format!("{it}{}", "x".repeat(400)))));
        let now = opening(30, "").at;
        let lines = openings.of_storm(now, now).lines();
        let length: usize = lines.iter().map(|it| it.chars().count()).sum();
        assert!(length < 2_700, "{length}");
        assert_eq!(lines.last().unwrap(), "and 25 more");
    }
}
