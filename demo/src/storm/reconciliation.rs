//! What became of every incident of a storm, by what the receiver has taken and the ledger says. Pure.

use std::collections::{BTreeMap, BTreeSet};

use contract::{DeliverySettings, IncidentId};
use jiff::Timestamp;
use runtime::ledger::{Hold, Window};
use stacks::Json;
use synth::ledger::Contents;

/// The reports that the receiver has taken, by ID, and how many incidents each of them counts.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeMap<String, u64>);

impl Taken {
    /// Notes a report, which counts once however often it comes. Says whether it is new.
    pub(super) fn add(&mut self, report: &Json) -> bool {
        let id = report["incidentId"].as_str().unwrap_or_default();
        let incidents = report["data"]["incidents"].as_u64().unwrap_or(1);
        self.0.insert(id.to_owned(), incidents).is_none()
    }

    /// How many reports there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// How many incidents they count.
    pub(super) fn incidents(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether the report of a window is there, and counts all of its incidents.
    fn has(&self, window: &Window) -> bool {
        self.0.get(window.report_id().as_str()) == Some(&window.count())
    }
}

/// What became of every incident of a storm.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reconciliation {
    /// So many are in reports that the agent has.
    pub(super) sent: usize,
    /// So many are covered by an investigation that had ended.
    pub(super) covered: usize,
    /// So many are held until then, by the name of what is broken.
    pub(super) held: BTreeMap<(Hold, Timestamp), BTreeMap<String, usize>>,
    /// So many came after the report on their group, and are sent with the next,
    pub(super) late: usize,
    /// until then.
    pub(super) late_until: Option<Timestamp>,
    /// So many are gathered, or being sent.
    pub(super) gathered: usize,
    /// The agent refused so many.
    pub(super) rejected: usize,
    /// The ledger knows nothing of so many.
    pub(super) unknown: usize,
}

impl Reconciliation {
    /// What became of these incidents by now.
    pub(super) fn of(
        incidents: &BTreeSet<IncidentId>,
        contents: &Contents,
        settings: &DeliverySettings,
        taken: &Taken,
        now: Timestamp,
    ) -> Self {
        let plan = contents.plan(settings, now);
        let mut reconciliation = Self::default();
        for incident in incidents {
            let Some(window) = contents.window_of(incident) else {
                reconciliation.unknown += 1;
                continue;
            };
            if taken.has(window) {
                reconciliation.sent += 1;
            } else if window.is_covered() {
                reconciliation.covered += 1;
            } else if window.is_dead() {
                reconciliation.rejected += 1;
            } else if let Some(hold) = plan.held.get(&window.key) {
                let groups = reconciliation.held.entry(*hold).or_default();
                *groups.entry(window.name.clone()).or_default() += 1;
            } else if window.is_open() && window.key.before().is_some() && now < window.due {
                reconciliation.late += 1;
                reconciliation.late_until = reconciliation.late_until.max(Some(window.due));
            } else {
                reconciliation.gathered += 1;
            }
        }
        reconciliation
    }

    /// How many are held.
    pub(super) fn held(&self) -> usize {
        self.held.values().flat_map(BTreeMap::values).sum()
    }

    /// Whether everything was sent, or is held for longer than a storm lasts.
    pub(super) fn is_complete(&self) -> bool {
        self.gathered + self.rejected + self.unknown == 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use contract::{Group, GroupKey, Incident, Limits, Priority};
    use runtime::ledger::{Identity, Item, Key, Latest, Members, Newcomer, State, Versioned};
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-01-02T03:04:05Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn id(name: &str) -> IncidentId {
        IncidentId::of("alarm", &[name])
    }

    fn settings(per_hour: u32) -> DeliverySettings {
        DeliverySettings {
            account_name: None,
            wait: Duration::from_secs(30),
            window: Duration::from_mins(20),
            limits: Limits::new(per_hour, 24),
            quiet_hours: None,
            knows_results: false,
        }
    }

    /// The items of a group in whose windows these are recorded, one window after the other.
    fn items(group: &str, windows: &[(&[&str], State)]) -> Vec<(Key, Option<Item>)> {
        let key = Key::head(&GroupKey::of("x", &[group]));
        let mut latest = Latest {
            key,
            head: 0,
            number: 0,
            window: None,
            previous: None,
        };
        let mut items = Vec::new();
        for (names, state) in windows {
            for name in *names {
                let incident = Incident::new(
                    id(name),
                    Priority::High,
                    name,
                    "",
                    at(NOW),
                    "shop",
                    json!({}),
                );
                let newcomer = Newcomer {
                    waker: None,
                    name: group,
                    alarm: None,
                    covers: false,
                    rule: None,
                    size: None,
                    members: Members::one(&incident, &Group::alone(&incident)),
                };
                let window = latest.join(&newcomer, at(NOW), &settings(6));
                let identity = Identity {
                    window: Some(window),
                    at: at(NOW),
                };
                items.push((Key::identity(&id(name)), Some(Item::Identity(identity))));
            }
            let Some(Versioned { item: window, .. }) = &mut latest.window else {
                panic!("{group} has no window");
            };
            window.state = state.clone();
            window.ends = at("2026-01-02T03:24:05Z");
            items.push((
                window.key.clone(),
                Some(Item::Window(Box::new(window.clone()))),
            ));
        }
        items
    }

    fn sent() -> State {
        State::Sent {
            at: at(NOW),
            id: id("sent"),
        }
    }

    fn taken(reports: &[(&Contents, &str, u64)]) -> Taken {
        let mut taken = Taken::default();
        for (contents, name, incidents) in reports {
            let id = contents.window_of(&id(name)).unwrap().report_id();
            taken.add(&json!({ "incidentId": id, "data": { "incidents": incidents } }));
        }
        taken
    }

    #[test]
    fn every_incident_is_sent_or_held_or_missed() {
        let windows = [
            items("a", &[(&["one"], sent())]),
            items(
                "b",
                &[(&["two", "three"], sent()), (&["late"], State::Open)],
            ),
            items("c", &[(&["gathered"], State::Open)]),
            items(
                "d",
                &[(
                    &["refused"],
                    State::Rejected {
                        at: at(NOW),
                        reason: "no title".to_owned(),
                    },
                )],
            ),
        ];
        let contents = Contents::read(windows.into_iter().flatten(), at(NOW));
        let taken = taken(&[(&contents, "one", 1), (&contents, "two", 2)]);
        let names = ["one", "two", "three", "late", "gathered", "refused", "lost"];
        let incidents: BTreeSet<IncidentId> = names.map(id).into();
        let of = |per_hour, now| {
            let now = at(now);
            Reconciliation::of(&incidents, &contents, &settings(per_hour), &taken, now)
        };
        let expected = Reconciliation {
            sent: 3,
            late: 1,
            late_until: Some(at("2026-01-02T03:24:05Z")),
            gathered: 1,
            rejected: 1,
            unknown: 1,
            ..Reconciliation::default()
        };
        assert_eq!(of(6, NOW), expected);
        assert!(!expected.is_complete());
        // Where the budget has no room, what is due is held.
        let held = of(0, "2026-01-02T03:05:05Z");
        assert_eq!((held.held(), held.gathered), (1, 0));
        let (hold, until) = held.held.keys().next().unwrap();
        assert_eq!((*hold, *until), (Hold::Budget, at("2026-01-02T04:00:00Z")));
    }

    #[test]
    fn what_is_not_counted_in_its_report_is_not_sent() {
        let windows = items("b", &[(&["two", "three"], sent())]);
        let contents = Contents::read(windows, at(NOW));
        let incidents: BTreeSet<IncidentId> = [id("two"), id("three")].into();
        for (counted, sent) in [(2, 2), (1, 0)] {
            let taken = taken(&[(&contents, "two", counted)]);
            let reconciliation =
                Reconciliation::of(&incidents, &contents, &settings(6), &taken, at(NOW));
            assert_eq!(
                (reconciliation.sent, reconciliation.gathered),
                (sent, 2 - sent)
            );
        }
    }

    #[test]
    fn a_report_that_comes_twice_counts_once() {
        let report = json!({ "incidentId": "group-1", "data": { "incidents": 2 } });
        let mut taken = Taken::default();
        assert!(taken.add(&report));
        assert!(!taken.add(&report));
        assert_eq!((taken.len(), taken.incidents()), (1, 2));
    }
}
