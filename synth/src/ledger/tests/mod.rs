//! Windows of every state, and what is said of them.

mod found;
mod results;
mod rows;
mod shown;
mod states;

use std::iter::repeat_n;

use contract::{DeliverySettings, Group, GroupKey, Incident, IncidentId, Limits, Priority};
use jiff::{SignedDuration, Timestamp};
use runtime::ledger::{Contents as Sends, Digest, Hold, Key, Members, Nearby, State, Window};
use serde_json::json;

use super::{Contents, History, Queues};
use crate::aws::QueueDepth;

const NOW: &str = "2026-01-02T12:40:00Z";
const BUDGET: &str = "groups over the budget";
const NIGHT: &str = "groups held in quiet hours";
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

fn key(group: &str, number: u64) -> Key {
    Key::head(&GroupKey::of("service", &[group])).numbered(number)
}

/// A window of a group that opened then and gathers for twenty seconds, with so many incidents of each cause.
fn window(group: &str, opened: Timestamp, causes: &[(&str, usize)]) -> Window {
    let name = format!("ECS service {group}");
    let all = causes
        .iter()
        .flat_map(|(cause, count)| repeat_n(*cause, *count));
    let mut members: Option<Members> = None;
    for (index, cause) in all.enumerate() {
        let id = IncidentId::of("ecs", &[&format!("{group}-{opened}-{index}")]);
        let title = format!("{name}: {cause}");
        let incident = Incident::new(id, Priority::High, &title, "", opened, group, json!({}));
        let group = Group::new(GroupKey::of("service", &[group]), &name, cause);
        let one = Members::one(&incident, &group);
        match &mut members {
            Some(members) => members.add(&one),
            None => members = Some(one),
        }
    }
    let due = opened + SignedDuration::from_secs(20);
    Window {
        key: key(group, 1),
        name,
        opened,
        since: opened,
        due,
        ends: due,
        waker: None,
        contents: Sends::Incidents(members.unwrap()),
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

/// A window that the agent has.
fn sent(group: &str, opened: Timestamp, causes: &[(&str, usize)]) -> Window {
    let window = window(group, opened, causes);
    let (at, id) = (window.due, window.report_id());
    Window {
        state: State::Sent { at, id },
        ..window
    }
}

/// A window that is sent as a part of a digest.
fn merged(group: &str, opened: Timestamp, into: &Key) -> Window {
    let window = window(group, opened, &[("exited with code 1", 1)]);
    Window {
        state: State::Merged {
            at: window.due,
            into: into.clone(),
        },
        ..window
    }
}

fn digest(hold: Hold, name: &str, opened: Timestamp, parts: &[&Window]) -> Window {
    let mut digest = Digest::new(hold);
    for part in parts {
        let Sends::Incidents(members) = &part.contents else {
            panic!("a digest of digests");
        };
        digest.add(&part.name, members);
    }
    Window {
        key: Key::digests().numbered(if hold == Hold::Budget { 1 } else { 2 }),
        name: name.to_owned(),
        contents: Sends::Digest(digest),
        ..window("digest", opened, &[("", 1)])
    }
}

fn contents(windows: impl IntoIterator<Item = Window>) -> Contents {
    Contents {
        windows: windows.into_iter().map(|it| (it.key.clone(), it)).collect(),
        ..Contents::default()
    }
}

/// So many investigations an hour; at night what is not urgent is held.
fn settings(per_hour: u32) -> DeliverySettings {
    DeliverySettings {
        account_name: None,
        wait: std::time::Duration::from_secs(20),
        window: std::time::Duration::from_mins(20),
        limits: Limits::new(per_hour, 24),
        quiet_hours: Some("12:00-07:00 UTC0".parse().unwrap()),
        knows_results: false,
    }
}

fn history_at(contents: &Contents, now: Timestamp) -> History {
    let since = now - SignedDuration::from_hours(24);
    History::new(contents, QUEUES, &settings(6), since, now)
}

/// What a person sees of these windows, without what follows them.
fn lines(windows: impl IntoIterator<Item = Window>, per_hour: u32, now: &str) -> String {
    let (since, now) = (at(now) - SignedDuration::from_hours(24), at(now));
    let history = History::new(&contents(windows), QUEUES, &settings(per_hour), since, now);
    let lines = history.entries.iter().flat_map(|it| it.lines(100, now));
    lines.collect::<Vec<_>>().join("\n")
}

/// One of each state; the day is quiet but for a storm at noon.
fn storm() -> Vec<Window> {
    let one = &[("exited with code 1", 1)];
    let (of_budget, of_night) = (Key::digests().numbered(1), Key::digests().numbered(2));
    let a = merged("a", today("12:31:00"), &of_budget);
    let b = merged("b", today("12:31:00"), &of_budget);
    let night = merged("night", today("06:31:00"), &of_night);
    let low = |mut window: Window| {
        if let Sends::Incidents(Members::One { incident, .. }) = &mut window.contents {
            **incident = incident.clone().with_priority(Priority::Low);
        }
        window
    };
    vec![
        sent("alone", today("07:00:00"), &[("exited with code 137", 1)]),
        sent(
            "several",
            today("12:30:00"),
            &[
                ("exited with code 1", 9),
                ("out of memory", 3),
                ("cannot pull", 2),
                ("no capacity", 1),
            ],
        ),
        digest(Hold::Budget, BUDGET, today("12:31:20"), &[&a, &b]),
        Window {
            state: State::Sent {
                at: today("07:00:05"),
                id: IncidentId::of("group", &["night"]),
            },
            ..digest(Hold::QuietHours, NIGHT, today("07:00:00"), &[&night])
        },
        a,
        b,
        night,
        Window {
            state: State::Rejected {
                at: today("12:33:00"),
                reason: "rejected: title is required".to_owned(),
            },
            ..window("rejected", today("12:32:30"), one)
        },
        Window {
            state: State::Expired {
                at: today("12:33:30"),
            },
            ..window("expired", at("2025-12-27T12:33:00Z"), one)
        },
        low(window("held at night", today("12:34:00"), one)),
        Window {
            state: State::Claimed {
                until: today("12:41:00"),
                hour: None,
            },
            ..window("sending", today("12:39:00"), &[("exited with code 1", 2)])
        },
        window("gathers", today("12:39:50"), &[("exited with code 1", 3)]),
        Window {
            state: State::Covered {
                at: today("12:32:00"),
                report: IncidentId::of("group", &["covered"]),
                task: "12729dbc-d07c-4a7c-86b2-d0c1aea6039f".to_owned(),
            },
            ..window("covered", today("12:12:00"), &[("exited with code 1", 4)])
        },
    ]
}
