//! When a window is due, and who comes back for it.

use super::*;

fn latest() -> Latest {
    Latest {
        key: Key::head(&contract::GroupKey::of("resource", &["x"])),
        head: 0,
        number: 0,
        window: None,
        previous: None,
    }
}

fn join(latest: &mut Latest, message: &str, priority: Priority, seconds: i64) {
    let newcomer = Newcomer {
        waker: Some(message),
        name: "x",
        alarm: None,
        covers: false,
        rule: None,
        size: None,
        members: members(message, priority),
    };
    latest.join(&newcomer, at(seconds), &settings());
}

/// What may be worth a follow-up is looked at three minutes later, whoever brings it about.
#[test]
fn what_may_follow_up_is_due_three_minutes_later() {
    let settings = DeliverySettings {
        knows_results: true,
        ..settings()
    };
    let join = |latest: &mut Latest, message: &str, cause: &str, seconds: i64| {
        let newcomer = Newcomer {
            waker: Some(message),
            name: "x",
            alarm: None,
            covers: false,
            rule: None,
            size: None,
            members: members(cause, Priority::High),
        };
        latest.join(&newcomer, at(seconds), &settings);
    };
    let mut it = latest();
    join(&mut it, "a", "out of memory", 0);
    check(&it, 1, 30, "a");
    send(&mut it, 31);
    join(&mut it, "b", "out of memory", 100);
    check(&it, 2, 1_231, "b");
    // A cause that no report named; the second time it is nothing new.
    join(&mut it, "c", "cannot pull", 200);
    check(&it, 2, 380, "c");
    join(&mut it, "d", "cannot pull", 210);
    check(&it, 2, 380, "c");
    // It was looked at, and waits for the end of the window: the fifth incident is worth another look.
    it.window.as_mut().unwrap().item.due = at(1_231);
    join(&mut it, "e", "out of memory", 400);
    check(&it, 2, 1_231, "c");
    join(&mut it, "f", "out of memory", 410);
    check(&it, 2, 590, "f");
    it.window.as_mut().unwrap().item.due = at(1_231);
    join(&mut it, "g", "out of memory", 420);
    check(&it, 2, 1_231, "f");
    // Nothing waits for longer than the window before runs.
    let mut it = latest();
    join(&mut it, "a", "out of memory", 0);
    send(&mut it, 31);
    join(&mut it, "b", "cannot pull", 1_100);
    check(&it, 2, 1_231, "b");
    // Nor is anything looked at that can follow up no more.
    let mut it = latest();
    join(&mut it, "a", "out of memory", 0);
    send(&mut it, 31);
    it.window.as_mut().unwrap().item.series = Some(Series {
        follow_ups: 2,
        ..Series::default()
    });
    join(&mut it, "b", "cannot pull", 100);
    check(&it, 2, 1_231, "b");
}

/// The window is sent, so that the next can follow.
fn send(latest: &mut Latest, seconds: i64) {
    let window = &mut latest.window.as_mut().unwrap().item;
    window.state = State::Sent {
        at: at(seconds),
        id: window.report_id(),
    };
    window.ends = at(seconds + 1_200);
}

#[track_caller]
fn check(latest: &Latest, number: u64, due: i64, waker: &str) {
    let window = &latest.window.as_ref().unwrap().item;
    assert_eq!(
        (window.key.number, window.due, window.waker.as_deref()),
        (number, at(due), Some(waker))
    );
}

#[test]
fn the_first_incident_opens_a_window_and_comes_back_for_it() {
    let mut it = latest();
    join(&mut it, "a", Priority::High, 0);
    check(&it, 1, 30, "a");
    join(&mut it, "b", Priority::High, 10);
    check(&it, 1, 30, "a");
    assert_eq!(it.window.as_ref().unwrap().item.count(), 2);
}

#[test]
fn a_more_urgent_incident_does_not_make_a_window_later() {
    let mut it = latest();
    join(&mut it, "a", Priority::Low, 0);
    join(&mut it, "b", Priority::High, 10);
    check(&it, 1, 30, "a");
    assert_eq!(it.window.as_ref().unwrap().item.priority(), Priority::High);
}

#[test]
fn what_follows_is_due_when_the_window_before_ends() {
    let mut it = latest();
    join(&mut it, "a", Priority::High, 0);
    send(&mut it, 31);
    join(&mut it, "b", Priority::High, 100);
    check(&it, 2, 1_231, "b");
    join(&mut it, "c", Priority::Low, 200);
    check(&it, 2, 1_231, "b");
    // Just before the end it still waits for others.
    let mut it = latest();
    join(&mut it, "a", Priority::High, 0);
    send(&mut it, 31);
    join(&mut it, "b", Priority::High, 1_230);
    check(&it, 2, 1_260, "b");
    // After the end it is like the first.
    let mut it = latest();
    join(&mut it, "a", Priority::High, 0);
    send(&mut it, 31);
    join(&mut it, "b", Priority::High, 1_231);
    check(&it, 2, 1_261, "b");
}

#[test]
fn what_is_more_urgent_than_everything_before_does_not_wait_for_the_end() {
    let mut it = latest();
    join(&mut it, "a", Priority::Low, 0);
    send(&mut it, 31);
    join(&mut it, "b", Priority::Low, 100);
    check(&it, 2, 1_231, "b");
    join(&mut it, "c", Priority::High, 200);
    check(&it, 2, 230, "c");
    // Another one that is as urgent changes nothing.
    join(&mut it, "d", Priority::High, 210);
    check(&it, 2, 230, "c");
}

/// A window that is held, because of the budget or quiet hours, is past due: whoever comes and is more
/// urgent is not held with it, and is the one to come back.
#[test]
fn what_is_more_urgent_is_not_held_with_what_is_not() {
    let mut it = latest();
    join(&mut it, "a", Priority::Low, 0);
    join(&mut it, "b", Priority::High, 7_200);
    check(&it, 1, 7_230, "b");
}

#[test]
fn what_has_been_claimed_does_not_change() {
    let mut it = latest();
    join(&mut it, "a", Priority::High, 0);
    let window = &mut it.window.as_mut().unwrap().item;
    window.state = State::Claimed {
        until: at(120),
        hour: None,
    };
    window.ends = at(1_230);
    join(&mut it, "b", Priority::High, 40);
    check(&it, 2, 1_230, "b");
    assert_eq!(it.previous.as_ref().unwrap().count(), 1);
}

/// A window that still gathers takes everything, and is as large as the largest.
#[test]
fn an_open_window_is_as_large_as_the_largest_problem_in_it() {
    let mut it = latest();
    for (message, size) in [("a", 1_000), ("b", 900), ("c", 1_010)] {
        assert!(it.reported(Some(size)).is_none());
        let newcomer = Newcomer {
            waker: Some(message),
            name: "x",
            alarm: None,
            covers: false,
            rule: None,
            size: Some(size),
            members: members(message, Priority::Low),
        };
        it.join(&newcomer, at(0), &settings());
    }
    send(&mut it, 30);
    let window = it.window.as_ref().unwrap();
    assert_eq!((window.item.count(), window.item.size), (3, Some(1_010)));
    assert!(it.reported(Some(1_211)).is_some());
    assert!(it.reported(Some(1_212)).is_none() && it.reported(None).is_none());
}

#[test]
fn a_composite_alarm_waits_for_what_it_covers() {
    let mut it = latest();
    let newcomer = Newcomer {
        waker: Some("a"),
        name: "x",
        alarm: Some("arn"),
        covers: true,
        rule: None,
        size: None,
        members: members("a", Priority::High),
    };
    it.join(&newcomer, at(0), &settings());
    check(&it, 1, 50, "a");
}

#[test]
fn a_window_and_its_head_are_written_under_the_versions_that_were_read() {
    let mut it = latest();
    join(&mut it, "a", Priority::High, 0);
    let after: Vec<Option<u64>> = it.puts(at(0)).iter().map(|it| it.after).collect();
    assert_eq!(after, [Some(0), Some(0)]);
    it.is_written();
    join(&mut it, "b", Priority::High, 10);
    let after: Vec<Option<u64>> = it.puts(at(10)).iter().map(|it| it.after).collect();
    assert_eq!(after, [Some(1)]);
}
