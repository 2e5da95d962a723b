//! What became of everything that happened, by what the receiver has taken and the ledger says. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use runtime::ledger::{Kind, MemberId, State, Window};
use stacks::Json;

/// The incidents that the receiver has taken, by ID, and how many incidents each of them tells.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeMap<String, usize>);

impl Taken {
    /// Notes an incident, which counts once however often it comes. Says whether it is new.
    pub(super) fn add(&mut self, incident: &Json) -> bool {
        let id = incident["incidentId"].as_str().unwrap_or_default();
        let members = if id.starts_with("group-") {
            incident["data"]["members"].as_u64().unwrap_or_default()
        } else {
            1
        };
        let members = usize::try_from(members).unwrap_or(usize::MAX);
        self.0.insert(id.to_owned(), members).is_none()
    }

    /// How many incidents there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many they tell.
    pub(super) fn members(&self) -> usize {
        self.0.values().sum()
    }

    /// Whether the incident that tells a window is there, and tells all of it.
    fn tells(&self, window: &Window) -> bool {
        self.0.get(&window.told_as()) == Some(&window.told.len())
    }
}

/// A digest that waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) incidents: usize,
    /// Each of its groups, and how many incidents of it there are.
    pub(super) groups: Vec<(String, usize)>,
    pub(super) until: Timestamp,
}

/// What became of everything that happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reconciliation {
    /// The agent has been told of so many, each by itself or counted.
    pub(super) told: usize,
    /// So many are held back by the budget,
    pub(super) held: usize,
    /// in these digests.
    pub(super) digests: Vec<Digest>,
    /// So many came when their group had been told, and wait to be told with others,
    pub(super) late: usize,
    /// until then.
    pub(super) late_until: Option<Timestamp>,
    /// So many are gathered, or told right now.
    pub(super) gathered: usize,
    /// The agent refused so many.
    pub(super) rejected: usize,
    /// The ledger knows nothing of so many.
    pub(super) unknown: usize,
}

impl Reconciliation {
    /// What became of what happened.
    pub(super) fn of<'a>(
        happened: &BTreeSet<MemberId>,
        windows: impl IntoIterator<Item = &'a Window>,
        taken: &Taken,
    ) -> Self {
        let windows: Vec<&Window> = windows.into_iter().collect();
        let those = |are: &dyn Fn(&Window) -> bool| -> Vec<&Window> {
            windows.iter().copied().filter(|it| are(it)).collect()
        };
        let told = those(&|it| taken.tells(it));
        let digests = those(&|it| it.kind != Kind::Group && it.state == State::Open);
        let rejected = those(&|it| matches!(it.state, State::Rejected { .. }));
        let mut reconciliation = Self {
            digests: digests.iter().map(|it| Digest::of(it)).collect(),
            ..Self::default()
        };
        for member in happened {
            let is_in = |windows: &[&Window]| windows.iter().any(|it| it.told.contains(member));
            let late = windows.iter().filter(|it| it.later.contains(member));
            let late_until = late.map(|it| it.ends).max();
            let counted = if is_in(&told) {
                &mut reconciliation.told
            } else if is_in(&digests) {
                &mut reconciliation.held
            } else if is_in(&rejected) {
                &mut reconciliation.rejected
            } else if late_until.is_some() {
                reconciliation.late_until = reconciliation.late_until.max(late_until);
                &mut reconciliation.late
            } else if windows.iter().any(|it| it.told.contains(member)) {
                &mut reconciliation.gathered
            } else {
                &mut reconciliation.unknown
            };
            *counted += 1;
        }
        reconciliation
    }

    /// Whether everything has been told, or waits for longer than a storm lasts.
    pub(super) fn is_complete(&self) -> bool {
        self.gathered + self.rejected + self.unknown == 0
    }
}

impl Digest {
    fn of(window: &Window) -> Self {
        let groups = window.told.causes().into_iter();
        Self {
            incidents: window.told.len(),
            groups: groups
                .map(|(name, count)| (name.to_owned(), count))
                .collect(),
            until: window.closes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use runtime::ledger::{Grouping, Limits, Place};
    use serde_json::json;
    use webhook::{Group, GroupKey, Incident, IncidentId, Priority};

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn member(name: &str) -> MemberId {
        MemberId::of(name)
    }

    fn incident(name: &str) -> Incident {
        let id = IncidentId::of("alarm", &[name]);
        Incident::new(
            id,
            Priority::High,
            name,
            "",
            Timestamp::UNIX_EPOCH,
            "shop",
            json!({}),
        )
    }

    /// A window of a group that tells what is named so.
    fn window(group: &str, names: &[&str]) -> Window {
        let now = at("2026-01-02T03:04:05Z");
        let grouping = Grouping {
            wait: Duration::from_secs(30),
            length: Duration::from_mins(20),
            limits: Limits {
                per_hour: 6,
                per_day: 24,
                floor: Priority::Critical,
            },
            quiet: None,
        };
        let place = Place {
            group: group.to_owned(),
            number: 1,
        };
        let mut window = Window::open(None, place, group, "message", now, now, &grouping);
        for name in names {
            let group = Group::new(
                GroupKey::of("x", &[group]),
                group,
                "broke",
                incident(name).id(),
            );
            window.told.add(member(name), &incident(name), &group);
        }
        window
    }

    fn taken(incidents: &[Json]) -> Taken {
        let mut taken = Taken::default();
        for it in incidents {
            taken.add(it);
        }
        taken
    }

    fn body(window: &Window, members: usize) -> Json {
        json!({ "incidentId": window.id(), "data": { "members": members } })
    }

    #[test]
    fn everything_is_told_or_waits_or_is_missed() {
        let names = [
            "one", "two", "three", "late", "held", "gathered", "refused", "lost",
        ];
        let happened: BTreeSet<MemberId> = names.map(member).into();
        let alone = window("a", &["one"]);
        let mut group = window("b", &["two", "three"]);
        let late = Group::alone(&incident("late"));
        group.later.add(member("late"), &incident("late"), &late);
        let gathering = window("c", &["gathered"]);
        let mut refused = window("d", &["refused"]);
        refused.state = State::Rejected {
            at: at("2026-01-02T03:05:00Z"),
            reason: "no title".to_owned(),
        };
        let mut moved = window("e", &["held"]);
        let (now, until) = (at("2026-01-02T03:05:00Z"), at("2026-01-02T04:00:00Z"));
        let mut digest = Window::digest(Kind::Budget, window("f", &[]).place, "digest", now, until);
        digest.take_in(&moved.name, &moved.told, now);
        moved.state = State::Moved {
            into: digest.place.clone(),
        };
        let single = json!({ "incidentId": incident("one").id(), "data": {} });
        let taken = taken(&[single, body(&group, 2)]);
        let windows = [alone, group, gathering, refused, moved, digest];
        let reconciliation = Reconciliation::of(&happened, &windows, &taken);
        let expected = Reconciliation {
            told: 3,
            held: 1,
            digests: vec![Digest {
                incidents: 1,
                groups: vec![("e".to_owned(), 1)],
                until,
            }],
            late: 1,
            late_until: Some(at("2026-01-02T03:24:05Z")),
            gathered: 1,
            rejected: 1,
            unknown: 1,
        };
        assert_eq!(reconciliation, expected);
        assert!(!reconciliation.is_complete());
    }

    #[test]
    fn what_is_not_counted_in_its_incident_is_not_told() {
        let group = window("b", &["two", "three"]);
        let happened: BTreeSet<MemberId> = [member("two"), member("three")].into();
        for (members, told) in [(2, 2), (1, 0)] {
            let taken = taken(&[body(&group, members)]);
            let reconciliation =
                Reconciliation::of(&happened, std::slice::from_ref(&group), &taken);
            assert_eq!(
                (reconciliation.told, reconciliation.gathered),
                (told, 2 - told)
            );
        }
    }

    #[test]
    fn an_incident_that_comes_twice_counts_once() {
        let group = window("b", &["two", "three"]);
        let twice = taken(&[body(&group, 2), body(&group, 2)]);
        assert_eq!((twice.len(), twice.members()), (1, 2));
    }
}
