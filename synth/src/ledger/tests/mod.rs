//! Windows of every state, and what is said of them.

mod shown;
mod states;

use std::iter::repeat_n;

use jiff::{SignedDuration, Timestamp};
use runtime::ledger::{Hour, Kind, MemberId, Place, State, Window};
use serde_json::json;
use stacks::monitor::{Budget, Priority as Floor};
use webhook::{Group, GroupKey, Incident, IncidentId, Priority};

use super::{Contents, History, Queues};
use crate::aws::QueueDepth;

const NOW: &str = "2026-01-02T12:40:00Z";
const BUDGET: &str = "held back by the budget";
const NIGHT: &str = "held back in quiet hours";
const QUEUES: Queues = Queues {
    incidents: QueueDepth {
        waiting: 1,
        in_flight: 14,
        delayed: 0,
    },
    dead_letters: QueueDepth {
        waiting: 2,
        in_flight: 0,
        delayed: 0,
    },
};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn today(time: &str) -> Timestamp {
    at(&format!("2026-01-02T{time}Z"))
}

fn place(group: &str, number: u64) -> Place {
    Place {
        group: group.to_owned(),
        number,
    }
}

/// A window of a group that opened then and gathered for twenty seconds, with so many incidents of each
/// cause, and a place in the budget.
fn window(group: &str, opened: Timestamp, causes: &[(&str, usize)]) -> Window {
    let closes = opened + SignedDuration::from_secs(20);
    let name = format!("ECS service {group}");
    let mut window = Window::digest(Kind::Group, place(group, 1), &name, opened, closes);
    let all = causes
        .iter()
        .flat_map(|(cause, count)| repeat_n(*cause, *count));
    for (index, cause) in all.enumerate() {
        let occurrence = format!("{group}-{opened}-{index}");
        let id = IncidentId::of("ecs", &[&occurrence]);
        let title = format!("{name}: {cause}");
        let incident = Incident::new(id, Priority::High, &title, "", opened, group, json!({}));
        let group = Group {
            key: GroupKey::of("service", &[group]),
            name: name.clone(),
            cause: cause.to_owned(),
            occurrence: occurrence.clone(),
            alarm: None,
            absorbs: Vec::new(),
        };
        window
            .told
            .add(MemberId::of(&occurrence), &incident, &group);
    }
    window.ends = opened + SignedDuration::from_mins(30);
    window.ticket = Some(Hour::of(opened));
    window
}

fn digest(kind: Kind, name: &str, closes: Timestamp, parts: &[&Window]) -> Window {
    let opened = parts[0].opened;
    let mut digest = Window::digest(kind, place(name, 1), name, opened, closes);
    for part in parts {
        digest.take_in(&part.name, &part.told, opened);
    }
    digest
}

fn contents(windows: impl IntoIterator<Item = Window>) -> Contents {
    let windows = windows.into_iter().map(|it| (it.place.clone(), it));
    Contents {
        windows: windows.collect(),
        ..Contents::default()
    }
}

fn budget() -> Budget {
    Budget::new(6, 24, Floor::Critical).unwrap()
}

fn history_at(contents: &Contents, now: Timestamp) -> History {
    let since = now - SignedDuration::from_hours(24);
    History::new(contents, QUEUES, budget(), since, now)
}

/// What a person sees of these windows, without what follows them.
fn lines(windows: impl IntoIterator<Item = Window>, now: &str) -> String {
    let history = history_at(&contents(windows), at(now));
    let lines = history.told.iter().flat_map(|it| it.lines(at(now)));
    lines.collect::<Vec<_>>().join("\n")
}

/// One of each state; the day is quiet but for a storm at noon.
fn storm() -> Vec<Window> {
    let part = |group: &str, into: &str| Window {
        state: State::Moved {
            into: place(into, 1),
        },
        ticket: None,
        ..window(group, today("12:31:00"), &[("exited with code 1", 1)])
    };
    let (a, b) = (part("a", BUDGET), part("b", BUDGET));
    let night = part("night", NIGHT);
    vec![
        window("alone", today("07:00:00"), &[("exited with code 137", 1)]),
        Window {
            state: State::Sent {
                at: today("12:30:23"),
                id: IncidentId::of("group", &["several"]),
            },
            ..window(
                "several",
                today("12:30:00"),
                &[
                    ("exited with code 1", 9),
                    ("out of memory", 3),
                    ("cannot pull", 2),
                    ("no capacity", 1),
                ],
            )
        },
        digest(Kind::Budget, BUDGET, today("13:00:00"), &[&a, &b]),
        digest(
            Kind::QuietHours,
            NIGHT,
            at("2026-01-03T06:00:00Z"),
            &[&night],
        ),
        a,
        night,
        Window {
            state: State::Rejected {
                at: today("12:33:00"),
                reason: "rejected: title is required".to_owned(),
            },
            ..window("rejected", today("12:32:30"), &[("exited with code 1", 1)])
        },
        Window {
            ticket: None,
            ..window("waits", today("12:34:00"), &[("exited with code 1", 1)])
        },
        window("sends", today("12:38:30"), &[("exited with code 1", 1)]),
        Window {
            state: State::Claimed {
                until: today("12:41:00"),
            },
            ..window("claimed", today("12:39:00"), &[("exited with code 1", 2)])
        },
        window("gathers", today("12:39:50"), &[("exited with code 1", 3)]),
    ]
}
