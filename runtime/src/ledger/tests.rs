//! What a window is to a message, from its first incident to its last.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use webhook::{Group, Incident, IncidentId, Priority};

use super::*;

const OPENER: &str = "message-0";

fn at(seconds: i64) -> Timestamp {
    let begin: Timestamp = "2026-01-02T03:00:00Z".parse().unwrap();
    begin
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap()
}

fn grouping() -> Grouping {
    Grouping {
        wait: Duration::from_secs(30),
        length: Duration::from_mins(20),
        limits: Limits {
            per_hour: 6,
            per_day: 24,
            floor: Priority::Critical,
        },
        quiet: None,
    }
}

fn place(number: u64) -> Place {
    Place {
        group: "service-x".to_owned(),
        number,
    }
}

fn incident_of(name: &str, priority: Priority) -> Incident {
    let id = IncidentId::of("alarm", &[name]);
    Incident::new(id, priority, name, "d", at(0), "shop", json!({}))
}

fn add(members: &mut Members, name: &str, cause: &str) {
    let incident = incident_of(name, Priority::High);
    let group = Group {
        cause: cause.to_owned(),
        ..Group::alone(&incident)
    };
    members.add(MemberId::of(name), &incident, &group);
}

/// A window that was opened at once and tells these.
fn window(names: &[&str]) -> Window {
    let mut window = Window::open(None, place(1), "shop", OPENER, at(0), at(0), &grouping());
    for name in names {
        add(&mut window.told, name, "cause");
    }
    window
}

#[track_caller]
fn check(window: &Window, now: i64, expected: &[(&str, &str, Standing)]) {
    for (name, message, standing) in expected {
        assert_eq!(
            window.standing(&MemberId::of(name), message, at(0), at(now)),
            *standing,
            "{name} in {message}, {now} s after the beginning"
        );
    }
}

#[test]
fn a_window_of_one_incident_is_told_by_its_opener() {
    let window = window(&["a"]);
    let due = Standing::Wait(window.due());
    assert_eq!(window.due(), at(32));
    for (now, opener) in [
        (0, &due),
        (31, &due),
        (32, &Standing::Due),
        (9_999, &Standing::Due),
    ] {
        check(
            &window,
            now,
            &[
                ("a", OPENER, opener.clone()),
                // A duplicate: the opener's message holds it.
                ("a", "message-1", Standing::Told),
                ("b", "message-2", Standing::New),
            ],
        );
    }
    let redriven = window.standing(&MemberId::of("a"), "message-1", at(60), at(61));
    assert_eq!(redriven, Standing::New, "nobody else may have it");
    assert!(!window.is_over(at(20 * 60 - 1)));
    assert!(window.is_over(at(20 * 60)));
}

#[test]
fn a_window_of_several_is_told_by_whoever_comes_first() {
    let mut window = window(&["a", "b"]);
    let all = |standing: Standing| {
        [
            ("a", OPENER, standing.clone()),
            ("b", "message-1", standing),
        ]
    };
    check(&window, 31, &all(Standing::Wait(at(32))));
    check(&window, 32, &all(Standing::Due));
    window.state = State::Claimed { until: at(150) };
    check(&window, 60, &all(Standing::Wait(at(70))));
    check(&window, 149, &all(Standing::Wait(at(152))));
    check(&window, 150, &all(Standing::Due));
    assert!(!window.is_over(at(1_499)), "nobody has it yet");
    assert!(window.is_over(at(1_500)), "its messages are gone");
    let id = window.id();
    window.state = State::Sent { at: at(40), id };
    check(&window, 41, &all(Standing::Told));
    assert!(!window.is_over(at(1_199)));
    assert!(window.is_over(at(1_200)));
}

/// What the agent refused may be put back among the incidents by a person who has mended the reason.
#[test]
fn what_was_rejected_is_dead_until_it_is_sent_anew() {
    let mut window = window(&["a", "b"]);
    let reason = "no title".to_owned();
    window.state = State::Rejected {
        at: at(40),
        reason: reason.clone(),
    };
    let member = MemberId::of("a");
    let standing = |queued| window.standing(&member, OPENER, at(queued), at(60));
    assert_eq!(standing(0), Standing::Dead(reason));
    assert_eq!(standing(50), Standing::New);
    assert!(window.is_over(at(41)));
}

#[test]
fn what_comes_too_late_waits_for_the_end_and_is_told_next() {
    let mut first = window(&["a", "b"]);
    add(&mut first.later, "c", "another cause");
    check(&first, 60, &[("c", "message-3", Standing::Wait(at(1_200)))]);
    let id = first.id();
    first.state = State::Sent {
        at: at(40),
        id: id.clone(),
    };
    check(&first, 1_200, &[("c", "message-3", Standing::New)]);

    let second = Window::open(
        Some(&first),
        place(2),
        "another name",
        "message-3",
        at(100),
        at(1_201),
        &grouping(),
    );
    assert!(second.told.contains(&MemberId::of("c")));
    assert_eq!(
        (second.name.as_str(), second.follows.as_ref()),
        ("shop", Some(&id))
    );
    assert_eq!(
        second.closes,
        at(1_231),
        "what has waited waits for others once more"
    );
    assert_ne!(second.id(), first.id());
    let long_after = Window::open(
        Some(&first),
        place(2),
        "shop",
        OPENER,
        at(9_000),
        at(9_010),
        &grouping(),
    );
    assert_eq!(long_after.follows, None);
    assert_eq!(long_after.closes, at(9_030));
}

/// The agent may take an ID for one that it knows.
#[test]
fn a_follow_up_has_an_id_of_its_own() {
    let mut first = window(&["a"]);
    first.ticket = Some(Hour::of(at(0)));
    let mut second = Window::open(
        Some(&first),
        place(2),
        "shop",
        "message-9",
        at(1_300),
        at(1_300),
        &grouping(),
    );
    add(&mut second.told, "a", "cause");
    assert!(!second.is_alone());
    let told = incident(&second);
    assert_ne!(told.id(), incident_of("a", Priority::High).id());
    assert!(
        told.title().starts_with("1 more incident of shop"),
        "{}",
        told.title()
    );
}

#[test]
fn members_are_counted_once_and_by_cause() {
    let mut members = Members::default();
    for (name, cause) in [("a", "x"), ("b", "y"), ("a", "x"), ("c", "y"), ("a", "y")] {
        add(&mut members, name, cause);
    }
    assert_eq!(members.len(), 3);
    assert_eq!(members.causes(), [("y", 2), ("x", 1)]);
    let mut others = Members::default();
    for name in ["c", "d"] {
        add(&mut others, name, "z");
    }
    let mut both = members.clone();
    both.merge(&others, None);
    assert_eq!(both.causes(), [("y", 2), ("x", 1), ("z", 1)]);
    members.merge(&others, Some("all of it"));
    assert_eq!(members.causes(), [("y", 2), ("all of it", 1), ("x", 1)]);
    let before = members.clone();
    members.merge(&Members::default(), None);
    assert_eq!(members, before);
}

#[test]
fn the_most_urgent_member_says_how_urgent_a_group_is() {
    let mut members = Members::default();
    for (name, priority) in [
        ("a", Priority::Low),
        ("b", Priority::High),
        ("c", Priority::Medium),
    ] {
        let incident = incident_of(name, priority);
        members.add(MemberId::of(name), &incident, &Group::alone(&incident));
    }
    assert_eq!(members.priority, Some(Priority::High));
}

/// What is not told apart is counted, and nobody says how many causes it has.
#[test]
fn of_many_groups_a_digest_says_that_they_are_more() {
    let mut digest = Window::digest(Kind::Budget, place(1), "held back", at(0), at(3_000));
    for number in 0..300 {
        let shop = window(&[&format!("a{number}")]);
        digest.take_in(&format!("shop {number}"), &shop.told, at(10));
    }
    let title = incident(&digest).title().to_owned();
    assert!(
        title.starts_with("300 incidents of over 150 groups held back: 150 × others, "),
        "{title}"
    );
}

/// A digest gathers until somebody tries to tell it; then every attempt says the same.
#[test]
fn a_digest_that_was_tried_gathers_no_more() {
    let mut digest = Window::digest(Kind::Budget, place(1), "held back", at(0), at(3_000));
    digest.take_in("shop", &window(&["a"]).told, at(10));
    digest.is_fixed = true;
    digest.take_in("shop", &window(&["b"]).told, at(4_000));
    assert_eq!((digest.told.len(), digest.later.len()), (1, 1));
    assert_eq!(digest.told.causes(), [("shop", 1)]);
}

/// An item of DynamoDB holds 400 KB, also when a window is as full as it can be.
#[test]
fn a_full_window_fits_an_item() {
    let mut window = window(&[]);
    let long = "\u{1f525}".repeat(200);
    let full = |number: usize| {
        let mut members = Members::default();
        let incident = Incident::new(
            IncidentId::of("alarm", &[&number.to_string()]),
            Priority::High,
            &long,
            &long.repeat(50),
            at(0),
            &long,
            json!({}),
        );
        let group = Group {
            cause: format!("{}{long}", number % 500),
            ..Group::alone(&incident)
        };
        members.add(
            MemberId::of(&format!("occurrence-{number}")),
            &incident,
            &group,
        );
        members
    };
    for number in 0.. {
        let member = full(number);
        if !window.has_room(&member) {
            break;
        }
        let half = if number % 2 == 0 {
            &mut window.told
        } else {
            &mut window.later
        };
        half.merge(&member, None);
    }
    assert!(window.has_room(&full(0)), "it is a member");
    let size = serde_json::to_string(&window).unwrap().len();
    assert!((200_000..395_000).contains(&size), "{size} bytes");
}

#[test]
fn whatever_is_told_fits_the_agent() {
    let mut window = window(&[]);
    for number in 0..3_000 {
        let name = format!("{}-{number}", "n".repeat(300));
        let incident = Incident::new(
            IncidentId::of("alarm", &[&name]),
            Priority::High,
            &name,
            &"d".repeat(10_000),
            at(number),
            "shop",
            json!({}),
        );
        let group = Group {
            cause: format!("cause {} {}", "c".repeat(100), number % 300),
            ..Group::alone(&incident)
        };
        window.told.add(MemberId::of(&name), &incident, &group);
    }
    for kind in [Kind::Group, Kind::Budget, Kind::QuietHours] {
        let told = incident(&Window {
            kind,
            ..window.clone()
        });
        assert!(told.title().contains("3000"), "{}", told.title());
        assert!(told.description().contains("Left out:\n- 2998 incidents"));
        assert!(told.to_body().len() < 20_000, "{}", told.to_body().len());
    }
}
