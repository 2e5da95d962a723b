//! Limits in dollars.

use super::*;
use crate::ledger::Spent;

fn investigation(task: &str, status: Status, dollars: Option<f64>) -> Investigation {
    Investigation {
        incident: IncidentId::of("alarm", &[task]),
        task: task.to_owned(),
        execution: None,
        primary: None,
        ended: status.is_end().then_some(at(600)),
        status,
        reason: None,
        created: at(0),
        began: Some(at(0)),
        seconds: dollars.map(|_| 60),
        dollars,
        verdict: None,
        gaps: Vec::new(),
        skills: Vec::new(),
        at: at(0),
        gave_back: false,
        summarized: None,
        is_read: true,
        notice: None,
        mitigation: None,
    }
}

fn spent(day: u64, month: u64) -> Spent {
    Spent { day, month }
}

#[test]
fn what_ended_counts_on_its_day_and_what_runs_until_now() {
    let mut spending = Spending::new(at(0));
    assert_eq!(
        spending.begins(),
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap()
    );
    let running = investigation("a", Status::InProgress, Some(0.1));
    spending.replace(None, Some(&running), 0.01);
    assert_eq!(spending.until(at(90)), spent(90, 90));
    // Its end may have been missed.
    assert_eq!(spending.until(at(3 * 3_600)), spent(3_600, 3_600));
    let ended = investigation("a", Status::Completed, Some(1.59));
    spending.replace(Some(&running), Some(&ended), 0.01);
    spending.replace(Some(&ended), Some(&ended), 0.01);
    assert_eq!(spending.until(at(90)), spent(159, 159));
    // The next day has spent nothing, the month has.
    assert_eq!(spending.until(at(86_400)), spent(0, 159));
    // Of one that turns out to be linked nothing is left.
    let linked = investigation("a", Status::Linked, Some(1.59));
    spending.replace(Some(&ended), Some(&linked), 0.01);
    assert_eq!(spending, Spending::new(at(0)));
    // What an earlier version recorded was not counted.
    spending.replace(Some(&ended), None, 0.01);
    assert_eq!(spending, Spending::new(at(0)));
}

/// People start investigations, too; and the agent's count comes late.
#[test]
fn what_the_agent_counts_is_spent_where_it_is_more() {
    let mut spending = Spending::new(at(0));
    let ended = investigation("a", Status::Completed, Some(1.59));
    spending.replace(None, Some(&ended), 0.01);
    spending.meter(&[(at(0), 100.0)], 0.01);
    assert_eq!(spending.until(at(90)), spent(159, 159));
    spending.meter(&[(at(0), 300.0), (at(86_400), 50.0)], 0.01);
    assert_eq!(spending.until(at(90)), spent(300, 350));
    let running = investigation("b", Status::InProgress, None);
    spending.replace(None, Some(&running), 0.01);
    assert_eq!(spending.until(at(200)), spent(359, 409));
    // Another month has an item of its own, and what cannot be a number is none.
    let month = SignedDuration::from_hours(24 * 31);
    spending.meter(&[(at(0) + month, 9_000.0), (at(0), f64::NAN)], 0.01);
    assert_eq!(spending.until(at(200)), spent(359, 409));
}

/// An investigation counts on the day on which it began, and the agent's time on the day on which it worked.
#[test]
fn what_goes_on_past_midnight_is_spent_once_in_the_month() {
    let mut spending = Spending::new(at(0));
    let ended = investigation("a", Status::Completed, Some(48.0));
    spending.replace(None, Some(&ended), 0.01);
    let next = at(86_400);
    spending.meter(&[(next, 4_800.0)], 0.01);
    assert_eq!(spending.until(next), spent(4_800, 4_800));
    // What the agent has not counted yet comes on top.
    let running = investigation("b", Status::InProgress, None);
    let running = Investigation {
        began: Some(next),
        ..running
    };
    spending.meter(&[(at(0), 4_800.0), (next, 100.0)], 0.01);
    spending.replace(None, Some(&running), 0.01);
    let later = at(86_400 + 300);
    assert_eq!(spending.until(later), spent(300, 5_100));
}

#[test]
fn a_month_has_an_item_of_its_own() {
    let time = |it: &str| it.parse::<Timestamp>().unwrap();
    let last = Spending::key(time("2026-01-31T23:59:59Z"));
    assert_eq!(last, Spending::key(at(0)));
    assert_ne!(last, Spending::key(time("2026-02-01T00:00:00Z")));
}

#[test]
fn what_is_over_the_dollars_of_a_day_waits_for_the_next() {
    let limits = Limits {
        dollars_per_day: Some(10),
        ..Limits::new(3, 12)
    };
    let mut day = Day::new(Hour::of(at(0)));
    let slot = Slot {
        priority: Priority::High,
        rule: None,
    };
    day.take(Hour::of(at(0)), slot, &limits);
    assert_eq!(spent(999, 5_000).bounds(&limits, &day), limits);
    let over = spent(1_000, 5_000).bounds(&limits, &day);
    assert_eq!(day.room(Hour::of(at(0)), &over), 0);
    assert_eq!(
        day.next_room(Hour::of(at(0)), &over),
        Hour::of(at(0)).end_of_day()
    );
    assert_eq!(over.always_per_day, limits.always_per_day);
    // Without a limit any sum is allowed.
    let unlimited = Limits::new(3, 12);
    assert_eq!(
        spent(u64::MAX, u64::MAX).bounds(&unlimited, &day),
        unlimited
    );
}

#[test]
fn over_the_dollars_of_a_month_there_is_one_report_a_day() {
    let limits = Limits {
        dollars_per_month: Some(100),
        ..Limits::new(3, 12)
    };
    let hour = Hour::of(at(0));
    let mut day = Day::new(hour);
    let over = spent(0, 10_000).bounds(&limits, &day);
    assert_eq!(day.room(hour, &over), 1);
    let slot = Slot {
        priority: Priority::High,
        rule: None,
    };
    day.take(hour, slot, &over);
    let over = spent(0, 10_000).bounds(&limits, &day);
    assert_eq!(day.room(hour, &over), 0);
}
