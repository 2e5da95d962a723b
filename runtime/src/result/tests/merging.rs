use contract::IncidentId;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::now;
use crate::{
    ledger::{Finding, Gap, Investigation, Notice, Status, Verdict},
    result::merge,
};

fn reading(status: Status, minute: i64) -> Investigation {
    let at = now() + SignedDuration::from_mins(minute);
    Investigation {
        incident: IncidentId::of("alarm", &["1"]),
        task: "task-1".to_owned(),
        execution: None,
        primary: None,
        ended: status.is_end().then_some(at),
        status,
        reason: None,
        created: now(),
        began: None,
        seconds: None,
        dollars: None,
        verdict: None,
        gaps: Vec::new(),
        skills: Vec::new(),
        at,
        gave_back: false,
        summarized: None,
        is_read: false,
        notice: None,
        mitigation: None,
    }
}

fn all(readings: &[Investigation]) -> Investigation {
    let merged = readings.iter().cloned().reduce(|one, it| merge(&one, &it));
    merged.unwrap()
}

#[test]
fn an_end_is_not_undone_by_what_was_read_before() {
    for end in [
        Status::Completed,
        Status::Linked,
        Status::Failed,
        Status::TimedOut,
        Status::Cancelled,
        Status::Skipped,
    ] {
        let ended = reading(end.clone(), 5);
        // A mitigation reopens the task, so the reading may also be later.
        for minute in [1, 9] {
            let running = reading(Status::InProgress, minute);
            let merged = merge(&ended, &running);
            assert_eq!((&merged.status, merged.at), (&end, ended.at));
            assert_eq!(merged, merge(&running, &ended));
        }
    }
}

#[test]
fn a_repeated_end_changes_nothing() {
    let ended = reading(Status::Completed, 5);
    assert_eq!(merge(&ended, &ended), ended);
    let later = reading(Status::Completed, 9);
    assert_eq!(merge(&ended, &later), ended);
}

#[test]
fn what_has_a_finding_is_further_than_what_only_ended() {
    let cancelled = reading(Status::Cancelled, 5);
    let completed = reading(Status::Completed, 9);
    assert_eq!(merge(&cancelled, &completed).status, Status::Completed);
    let linked = reading(Status::Linked, 1);
    assert_eq!(merge(&linked, &completed).status, Status::Linked);
}

#[test]
fn the_first_task_of_an_incident_is_the_incidents() {
    let first = reading(Status::InProgress, 1);
    let mut again = reading(Status::Linked, 2);
    again.task = "task-0".to_owned();
    again.created = now() + SignedDuration::from_secs(1);
    again.gave_back = true;
    let merged = merge(&first, &again);
    assert_eq!((merged.task.as_str(), merged.gave_back), ("task-1", true));
    assert_eq!(merge(&again, &first), merged);
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(vec![
        Status::PendingTriage,
        Status::PendingStart,
        Status::InProgress,
        Status::Waiting,
        Status::Linked,
        Status::Completed,
        Status::Failed,
        Status::TimedOut,
        Status::Cancelled,
        Status::Skipped,
        Status::Other("NEW".to_owned()),
    ])
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let findings = vec![Finding::RootCause, Finding::Cause, Finding::Nothing];
    (prop::sample::select(findings), "[ab]").prop_map(|(finding, line)| Verdict {
        finding,
        line,
        paragraph: String::new(),
    })
}

prop_compose! {
    /// Few values of each field, so that readings often differ in one alone.
    fn any_reading()(
        status in status(),
        minute in 0_i64..4,
        task in 0_u8..8,
        (execution, primary) in (prop::option::of("[ab]"), prop::option::of("[ab]")),
        reason in prop::option::of("[ab]"),
        (began, seconds) in (prop::option::of(0_i64..3), prop::option::of(0_u64..300)),
        verdict in prop::option::of(verdict()),
        summarized in prop::option::of(0_i64..3),
        gaps in prop::collection::vec(("[a-o]", any::<bool>()), 0..8),
        skills in prop::collection::vec("[a-z]", 0..16),
        (gave_back, is_read) in (any::<bool>(), any::<bool>()),
        notice in prop::option::of((any::<bool>(), 0_i64..3)),
    ) -> Investigation {
        let minutes = |minute| now() + SignedDuration::from_mins(minute);
        let gaps = gaps.into_iter().map(|(title, is_access)| Gap { title, is_access });
        // Seldom another task.
        let task = task.saturating_sub(6);
        Investigation {
            task: format!("task-{task}"),
            created: now() + SignedDuration::from_secs(i64::from(task)),
            execution,
            primary,
            reason,
            began: began.map(minutes),
            seconds,
            dollars: seconds.map(|it| f64::from(u32::try_from(it).unwrap()) / 100.0),
            verdict,
            summarized: summarized.map(minutes),
            gaps: super::super::journal::sorted_gaps(gaps),
            skills: super::super::journal::sorted_skills(skills),
            gave_back,
            is_read,
            notice: notice.map(|(sent, minute)| Notice { sent, since: minutes(minute) }),
            ..reading(status, minute)
        }
    }
}

/// Readings, and the same in another order with repetitions.
fn orders() -> impl Strategy<Value = (Vec<Investigation>, Vec<Investigation>)> {
    prop::collection::vec(any_reading(), 1..6).prop_flat_map(|readings| {
        let indices = prop::collection::vec(0..readings.len(), 0..6);
        let readings = Just(readings);
        (readings, indices).prop_flat_map(|(readings, again)| {
            let again = again.into_iter().map(|it| readings[it].clone());
            let repeated: Vec<Investigation> = readings.iter().cloned().chain(again).collect();
            (Just(readings), Just(repeated).prop_shuffle())
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_order_and_repetitions_do_not_matter((readings, repeated) in orders()) {
        prop_assert_eq!(all(&repeated), all(&readings));
    }
}

proptest! {
    /// Whoever has merged two of them already comes to the same.
    #[test]
    fn it_does_not_matter_what_is_merged_first(
        (a, b, c) in (any_reading(), any_reading(), any_reading()),
    ) {
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
    }
}

/// A reading's time is the agent's: the first and the last that there can be are no exception.
#[test]
fn the_ends_of_time_are_times() {
    for at in [Timestamp::MIN, Timestamp::MAX] {
        let mut ended = reading(Status::Completed, 0);
        ended.at = at;
        ended.created = at;
        assert_eq!(merge(&ended, &ended), ended);
    }
}
