//! What becomes of incidents that come after the report on their group.

use proptest::prelude::*;

use super::*;

const TASK: &str = "12729dbc-d07c-4a7c-86b2-d0c1aea6039f";
const MINUTE: i64 = 60;

fn investigation(report: &IncidentId, status: Status) -> Investigation {
    Investigation {
        incident: report.clone(),
        task: TASK.to_owned(),
        execution: None,
        primary: None,
        ended: status.is_end().then_some(at(5 * MINUTE)),
        status,
        reason: None,
        created: at(12),
        began: None,
        seconds: None,
        dollars: None,
        verdict: None,
        gaps: Vec::new(),
        skills: Vec::new(),
        at: at(30),
        gave_back: false,
        summarized: None,
        is_read: true,
        notice: None,
        mitigation: None,
    }
}

/// A window of the group, with incidents of these causes, the last of which came in this minute.
fn window(number: u64, incidents: &[(&str, Priority)], joined: i64) -> Window {
    let joined = at(joined * MINUTE);
    Window {
        key: Key::head(&GroupKey::of("queue", &["x"])).numbered(number),
        name: "queue x".to_owned(),
        opened: joined,
        since: joined,
        due: joined,
        ends: joined,
        waker: None,
        contents: Contents::Incidents(many(incidents)),
        state: State::Open,
        follows: None,
        alarm: None,
        rule: None,
        nearby: Nearby::default(),
        size: None,
        counted: None,
        earlier: None,
        joined: Some(joined),
        series: None,
    }
}

/// The same, which the agent has, and which ends in this minute.
fn sent(window: Window, ends: i64) -> Window {
    Window {
        state: State::Sent {
            at: window.opened,
            id: window.report_id(),
        },
        ends: at(ends * MINUTE),
        ..window
    }
}

/// The first report: `HIGH`, out of memory, in a window that ends after 20 minutes.
fn first() -> Window {
    sent(window(1, &[("out of memory", Priority::High)], 0), 20)
}

/// The first report and so many follow-ups.
fn follow_ups(count: u64) -> Window {
    let causes = ["exited with code 1", "cannot pull", "no capacity"];
    let mut last = first();
    for (number, cause) in (2..2 + count).zip(causes) {
        let next = window(number, &[(cause, Priority::Low)], 3);
        last = Window {
            series: Series::continued(&last, true),
            ..sent(next, 20)
        };
    }
    last
}

fn same(count: usize) -> Vec<(&'static str, Priority)> {
    vec![("out of memory", Priority::High); count]
}

fn new(priority: Priority) -> Vec<(&'static str, Priority)> {
    vec![("cannot connect", priority)]
}

fn until(minute: i64) -> Late {
    Late::Wait(at(minute * MINUTE))
}

fn covered(by: &Window) -> Late {
    Late::Covered {
        report: by.report_id(),
        task: TASK.to_owned(),
    }
}

/// How far the investigation is, what comes, the minute in which it is decided on, and what becomes of it.
type Row = (Option<Status>, Vec<(&'static str, Priority)>, i64, Late);

#[test]
fn what_comes_late_follows_up_waits_or_is_covered() {
    use Priority::{Critical, High, Low};
    use Status::{
        Cancelled, Completed, Failed, InProgress, Linked, PendingStart, Skipped, TimedOut,
    };
    let covered = covered(&first());
    let open = Some(InProgress);
    let done = Some(Completed);
    let rows: Vec<Row> = vec![
        // While it is open, what is worth it follows up.
        (open.clone(), new(High), 4, Late::FollowUp),
        (open.clone(), new(Low), 4, Late::FollowUp),
        (open.clone(), same(5), 4, Late::FollowUp),
        (open.clone(), same(4), 4, until(20)),
        (open.clone(), new(Critical), 4, Late::Send),
        (open, same(4), 20, Late::Send),
        // After its end a new cause does, and what shows nothing new is covered.
        (done.clone(), new(Low), 8, Late::FollowUp),
        (done.clone(), same(5), 8, until(20)),
        (done.clone(), same(5), 20, covered.clone()),
        (done.clone(), same(1), 20, covered),
        (done.clone(), new(High), 20, Late::Send),
        (done, new(Critical), 8, Late::Send),
        // Before it is open it may be soon.
        (None, new(High), 4, until(7)),
        (None, new(High), 18, until(20)),
        (None, same(4), 4, until(20)),
        (None, same(5), 20, Late::Send),
        (Some(PendingStart), same(5), 4, until(7)),
        (Some(PendingStart), same(5), 20, Late::Send),
    ];
    let nothing = [Failed, TimedOut, Cancelled, Skipped, Linked].map(Some);
    let nothing = nothing.into_iter().flat_map(|status| {
        [
            (status.clone(), new(High), 4, until(20)),
            (status.clone(), same(5), 4, until(20)),
            (status, same(5), 20, Late::Send),
        ]
    });
    for (status, incidents, minute, expected) in rows.into_iter().chain(nothing) {
        let before = first();
        let known = status.iter().cloned();
        let known: Vec<_> = known
            .map(|it| investigation(&before.report_id(), it))
            .collect();
        let decided = late(
            &window(2, &incidents, 3),
            &before,
            &known,
            at(minute * MINUTE),
        );
        assert_eq!(
            decided, expected,
            "{status:?}, {incidents:?}, minute {minute}"
        );
    }
}

/// The agent says that it waits for a person: it is open all the same.
#[test]
fn an_investigation_that_was_in_progress_is_open_until_its_end() {
    let before = first();
    for (began, expected) in [(Some(at(40)), Late::FollowUp), (None, until(7))] {
        let known = Investigation {
            began,
            ..investigation(&before.report_id(), Status::Waiting)
        };
        let decided = late(
            &window(2, &new(Priority::High), 3),
            &before,
            &[known],
            at(240),
        );
        assert_eq!(decided, expected);
    }
}

/// Of the group nothing is known to be over that came later, was held since, or has grown.
#[test]
fn what_came_after_the_window_or_has_grown_is_not_covered() {
    let before = first();
    let known = [investigation(&before.report_id(), Status::Completed)];
    let later = window(2, &same(2), 20);
    let older = Window {
        joined: None,
        ..window(2, &same(2), 3)
    };
    let grown = Window {
        size: Some(1_200),
        ..window(2, &same(2), 3)
    };
    for window in [later, older, grown] {
        assert_eq!(late(&window, &before, &known, at(25 * MINUTE)), Late::Send);
    }
}

/// A report that was rejected, or merged into a digest, is not investigated by itself.
#[test]
fn without_a_report_before_everything_waits_for_the_end_of_its_window() {
    let id = first().report_id();
    let known = [investigation(&id, Status::Completed)];
    for state in [
        State::Rejected {
            at: at(1),
            reason: "no title".to_owned(),
        },
        State::Merged {
            at: at(1),
            into: Key::digests().numbered(1),
        },
    ] {
        let before = Window { state, ..first() };
        for (minute, expected) in [(4, until(20)), (20, Late::Send)] {
            let window = window(2, &new(Priority::High), 3);
            assert_eq!(
                late(&window, &before, &known, at(minute * MINUTE)),
                expected
            );
        }
    }
}

#[test]
fn there_are_two_follow_ups_at_most() {
    for (count, expected) in [(0, Late::FollowUp), (1, Late::FollowUp), (2, until(20))] {
        let before = follow_ups(count);
        let known = [investigation(&first().report_id(), Status::InProgress)];
        let window = window(5, &new(Priority::High), 8);
        assert_eq!(late(&window, &before, &known, at(11 * MINUTE)), expected);
    }
}

/// What a follow-up named is not new, and it is covered only once that has been looked at as well.
#[test]
fn a_follow_up_counts_for_its_series() {
    let before = follow_ups(1);
    let completed = investigation(&first().report_id(), Status::Completed);
    for (status, expected) in [
        (Some(Status::Linked), covered(&first())),
        (Some(Status::Failed), Late::Send),
        (Some(Status::InProgress), Late::Send),
        (None, Late::Send),
    ] {
        let mut known = vec![completed.clone()];
        known.extend(status.map(|it| investigation(&before.report_id(), it)));
        let both = [
            ("out of memory", Priority::High),
            ("exited with code 1", Priority::High),
        ];
        // As urgent as the first report, though not as the follow-up.
        let decided = late(&window(3, &both, 8), &before, &known, at(20 * MINUTE));
        assert_eq!(decided, expected);
    }
}

/// Where causes are not distinguished any more, none is new.
#[test]
fn a_cause_among_too_many_is_not_new() {
    let mut all = members("0", Priority::High);
    for number in 1..200 {
        all.add(&members(&number.to_string(), Priority::High));
    }
    let before = Window {
        contents: Contents::Incidents(all),
        ..first()
    };
    let before = sent(before, 20);
    let known = [investigation(&before.report_id(), Status::Completed)];
    let decided = late(
        &window(2, &new(Priority::High), 3),
        &before,
        &known,
        at(1_200),
    );
    assert_eq!(decided, covered(&before));
}

fn any_status() -> impl Strategy<Value = Option<Status>> {
    proptest::option::of(prop_oneof![
        Just(Status::PendingTriage),
        Just(Status::PendingStart),
        Just(Status::InProgress),
        Just(Status::Waiting),
        Just(Status::Linked),
        Just(Status::Completed),
        Just(Status::Failed),
        Just(Status::TimedOut),
        Just(Status::Cancelled),
        Just(Status::Skipped),
        Just(Status::Other("ON_HOLIDAY".to_owned())),
    ])
}

fn any_incidents() -> impl Strategy<Value = Vec<(&'static str, Priority)>> {
    let causes = prop_oneof![
        Just("out of memory"),
        Just("exited with code 1"),
        Just("cannot connect")
    ];
    let priorities = prop_oneof![
        Just(Priority::Critical),
        Just(Priority::High),
        Just(Priority::Low)
    ];
    proptest::collection::vec((causes, priorities), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever is known when, everything is sent or covered once its window has ended, and nothing is covered that shows
    /// anything new.
    #[test]
    fn nothing_waits_for_longer_than_its_window_and_nothing_new_is_covered(
        count in 0_u64..4,
        statuses in proptest::collection::vec(any_status(), 4),
        incidents in any_incidents(),
        joined in 1_i64..25,
        now in 1_i64..40,
    ) {
        let before = follow_ups(count);
        let series = Series::of(&before).unwrap();
        let known: Vec<Investigation> = series
            .reports
            .iter()
            .zip(statuses)
            .filter_map(|(id, status)| Some(investigation(id, status?)))
            .collect();
        let window = window(9, &incidents, joined);
        let (now, ends) = (at(now * MINUTE), before.ends);
        let is_new = incidents.iter().any(|(cause, _)| !series.causes.contains(*cause));
        let rises = window.priority() < Priority::High;
        match late(&window, &before, &known, now) {
            Late::Send => prop_assert!(rises || now >= ends),
            Late::FollowUp => {
                prop_assert!(now < ends && !rises && count < 2);
                prop_assert!(is_new || incidents.len() >= 5);
                prop_assert!(!known.is_empty());
            }
            Late::Wait(until) => prop_assert!(now < until && until <= ends && !rises),
            Late::Covered { report, .. } => {
                prop_assert!(now >= ends && window.joined < Some(ends) && !rises && !is_new);
                let of = |id: &IncidentId| known.iter().find(|it| it.incident == *id);
                prop_assert_eq!(&of(&report).unwrap().status, &Status::Completed);
                prop_assert!(series.reports.iter().all(|it| of(it).is_some_and(|it| it.status.is_end())));
            }
        }
    }
}
