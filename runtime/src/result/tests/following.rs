use std::time::Duration;

use contract::{Priority, results::SAW_NOTHING};
use futures_util::FutureExt as _;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::{
    at, now, record,
    world::{World, completed, hour, incident, task, world},
};
use crate::{
    ledger::{Day, Finding, Investigation, Item, Key, Put, Slot, Spending, State, Status},
    result::{NotOurs, Outcome, ResultError, metrics},
};

#[test]
fn an_investigation_is_followed_from_its_beginning_to_its_end() {
    let world = world(Priority::High, |_| {});
    let id = incident(Priority::High).id().clone();
    world.task.replace(task("PENDING_TRIAGE", 0));
    let outcome = world.task().unwrap();
    assert_eq!(metrics(&outcome), ["Investigations"]);
    // While it runs it has cost its time so far: 13 minutes here.
    completed(&world);
    world.task.replace(task("IN_PROGRESS", 2));
    world.task().unwrap();
    assert_eq!(world.spending().until(now()).month, 647);
    completed(&world);
    let outcome = world.task().unwrap();
    assert_eq!(metrics(&outcome), ["Completed"]);
    let known = world.known(&id).unwrap();
    assert_eq!(known.status, Status::Completed);
    assert_eq!(known.verdict.as_ref().unwrap().line, "The disk is full");
    assert_eq!((known.seconds, known.dollars), (Some(480), Some(3.98)));
    assert_eq!(known.began, Some(at("2026-05-14T07:47:00Z")));
    // A repeated Completed changes nothing, and costs one call.
    world.calls.set(0);
    assert!(matches!(world.task(), Ok(Outcome::Unchanged(_))));
    assert_eq!(world.calls.get(), 1);
    assert_eq!(world.known(&id), Some(known));
    assert_eq!(world.day().used(), 2);
    assert_eq!(world.spending().until(now()).day, 398);
}

#[test]
fn a_summary_that_is_not_readable_yet_is_asked_for_again() {
    let world = world(Priority::High, |_| {});
    let id = incident(Priority::High).id().clone();
    completed(&world);
    world.late.set(3);
    world.task().unwrap();
    assert_eq!(world.now.get(), now() + Duration::from_secs(15));
    assert!(world.known(&id).unwrap().verdict.is_some());
}

#[test]
fn the_end_is_recorded_even_where_the_summary_stays_away() {
    let world = world(Priority::High, |_| {});
    let id = incident(Priority::High).id().clone();
    completed(&world);
    world.late.set(4);
    let Err(ResultError::NoSummary(outcome)) = world.task() else {
        panic!("there is a summary");
    };
    // It is counted, also if no summary ever comes.
    assert_eq!(metrics(&outcome), ["Investigations", "Completed"]);
    let known = world.known(&id).unwrap();
    assert_eq!((known.status, known.verdict), (Status::Completed, None));
    // Lambda tries again.
    let outcome = world.task().unwrap();
    assert!(metrics(&outcome).is_empty());
    assert!(world.known(&id).unwrap().verdict.is_some());
}

#[test]
fn an_agent_that_cannot_be_asked_is_an_error() {
    let world = world(Priority::High, |_| {});
    world.fails.set(true);
    assert!(matches!(world.task(), Err(ResultError::Agent(_))));
}

#[test]
fn tasks_that_are_not_ours_are_counted_and_left_alone() {
    let world = world(Priority::High, |_| {});
    let before = world.ledger.borrow().clone();
    for (field, value, why) in [
        ("taskType", json!("EVALUATION"), NotOurs::NoInvestigation),
        ("reference", json!({}), NotOurs::NoIncident),
        (
            "reference",
            json!({ "referenceId": "not an ID" }),
            NotOurs::NoIncident,
        ),
        (
            "reference",
            json!({ "referenceId": "OPS-1" }),
            NotOurs::UnknownIncident,
        ),
    ] {
        let mut task = task("COMPLETED", 8);
        task[field] = value;
        world.task.replace(task);
        let outcome = world.task().unwrap();
        assert_eq!(outcome, Outcome::NotOurs(why));
        assert_eq!(metrics(&outcome), ["NotOurs"]);
    }
    assert_eq!(*world.ledger.borrow(), before);
}

#[test]
fn what_was_linked_gives_its_slot_back_once() {
    let low = world(Priority::Low, |_| {});
    let mut linked = task("LINKED", 1);
    linked["primaryTaskId"] = json!("task-0");
    linked["statusReason"] = json!("Similar to an open one");
    low.task.replace(linked);
    assert_eq!((low.day().used(), low.day().low()), (2, 2));
    assert_eq!(metrics(&low.task().unwrap()), ["Investigations", "Linked"]);
    let known = low.known(incident(Priority::Low).id()).unwrap();
    assert_eq!(known.primary.as_deref(), Some("task-0"));
    assert!(known.gave_back);
    let day = low.day();
    assert_eq!((day.used(), day.low(), day.always()), (1, 1, 1));
    assert_eq!(day.rules()["orders"], 1);
    // It says so again, and with another time.
    for minute in [1, 2] {
        low.task.borrow_mut()["updatedAt"] = task("LINKED", minute)["updatedAt"].clone();
        low.task().unwrap();
        assert_eq!(low.day(), day);
    }
}

/// A report that was sent twice can have two tasks, and a linked task can be shown as running after that.
#[test]
fn a_slot_is_given_back_once_however_many_tasks_are_linked() {
    let readings = [
        ("task-1", "LINKED", "2026-05-14T07:46:00Z"),
        ("task-1", "IN_PROGRESS", "2026-05-14T07:46:00Z"),
        ("task-0", "LINKED", "2026-05-14T07:45:30Z"),
        ("task-2", "LINKED", "2026-05-14T07:46:30Z"),
    ];
    for first in 0..readings.len() {
        let low = world(Priority::Low, |_| {});
        completed(&low);
        let turned = readings.iter().cycle().skip(first).take(readings.len());
        for (minute, (id, status, made)) in (1..).zip(turned) {
            let mut read = task(status, minute);
            read["taskId"] = json!(id);
            read["createdAt"] = json!(made);
            low.task.replace(read);
            low.task().unwrap();
        }
        assert_eq!((low.day().used(), low.day().low()), (1, 1), "{first}");
        // The ledger shows the first task, which costs nothing of its own.
        let known = low.known(incident(Priority::Low).id()).unwrap();
        assert_eq!((known.task.as_str(), known.gave_back), ("task-0", true));
        assert_eq!(
            (known.status.as_str(), known.own_cost()),
            ("LINKED", (None, None))
        );
        assert_eq!(low.spending().until(now()).month, 0);
    }
}

#[test]
fn what_is_always_sent_gives_back_a_slot_of_its_own() {
    let critical = world(Priority::Critical, |_| {});
    assert_eq!((critical.day().used(), critical.day().always()), (1, 2));
    critical.task.replace(task("LINKED", 1));
    critical.task().unwrap();
    assert_eq!((critical.day().used(), critical.day().always()), (1, 1));
}

#[test]
fn nothing_goes_below_zero() {
    let mut day = Day::new(hour());
    let slot = Slot {
        priority: Priority::Low,
        rule: Some("orders"),
    };
    day.give_back(hour(), slot, false);
    day.give_back(hour(), slot, true);
    assert_eq!(day, Day::new(hour()));
}

#[test]
fn what_took_no_slot_gives_none_back() {
    let merged = world(Priority::High, |window| {
        window.state = State::Open;
    });
    merged.task.replace(task("LINKED", 1));
    let before = merged.day();
    merged.task().unwrap();
    assert_eq!(merged.day(), before);
    // An earlier version did not note the hour: then that of the sending counts.
    let earlier = world(Priority::High, |window| window.counted = None);
    earlier.task.replace(task("LINKED", 1));
    earlier.task().unwrap();
    assert_eq!(earlier.day().used(), 2);
    assert!(
        earlier
            .known(incident(Priority::High).id())
            .unwrap()
            .gave_back
    );
}

#[test]
fn somebody_else_who_writes_is_read_first() {
    let world = world(Priority::High, |_| {});
    completed(&world);
    let id = incident(Priority::High).id().clone();
    // A reading that ended it already, and gave nothing back.
    let other = world.follow().task("task-1").now_or_never().unwrap();
    let Ok(Outcome::Recorded { now: other, .. }) = other else {
        panic!("{other:?}");
    };
    world
        .ledger
        .borrow_mut()
        .retain(|it| !matches!(it, Item::Investigation(_)));
    world.meanwhile.replace(vec![Put {
        key: Key::investigation(&id),
        after: Some(0),
        item: Item::Investigation(other.clone()),
    }]);
    world.task.replace(task("IN_PROGRESS", 1));
    world.task().unwrap();
    assert_eq!(world.known(&id), Some(*other));
}

#[test]
fn what_found_nothing_or_had_no_access_is_counted_once() {
    for (summary, counts) in [
        (json!({ "findings": [] }), true),
        (
            json!({ "findings": [{ "type": "cause", "title": "c" }],
                    "investigation_gaps": ["Access denied to the logs"] }),
            true,
        ),
        (
            json!({ "findings": [{ "type": "cause", "title": "c" }],
                    "investigation_gaps": ["No traces"] }),
            false,
        ),
    ] {
        let world = world(Priority::High, |_| {});
        completed(&world);
        let record = record("investigation_summary", "2026-05-14T07:53:00Z", &summary);
        world.records.replace(vec![record]);
        let counted = |world: &World| metrics(&world.task().unwrap()).contains(&SAW_NOTHING);
        assert_eq!(counted(&world), counts, "{summary}");
        world.task.replace(task("COMPLETED", 20));
        assert!(!counted(&world));
    }
    for (status, metric) in [
        ("CANCELED", "InvestigationsCancelled"),
        ("FAILED", "InvestigationsFailed"),
        ("TIMED_OUT", "InvestigationsFailed"),
    ] {
        let world = world(Priority::High, |_| {});
        world.task.replace(task(status, 1));
        let metrics = metrics(&world.task().unwrap());
        assert_eq!(metrics, ["Investigations", metric]);
    }
}

#[test]
fn an_end_that_is_not_known_is_asked_for() {
    let world = world(Priority::High, |_| {});
    let id = incident(Priority::High).id().clone();
    completed(&world);
    let overdue = |world: &World| world.overdue().len();
    // It was made 14 minutes ago.
    assert_eq!(overdue(&world), 0);
    assert_eq!(world.known(&id), None);
    world.now.set(at("2026-05-14T09:50:00Z"));
    assert_eq!(overdue(&world), 1);
    let finding = world.known(&id).unwrap().verdict.unwrap().finding;
    assert_eq!(finding, Finding::RootCause);
    // Now it has an end.
    assert_eq!(overdue(&world), 0);
    // One of others has none here, and is not asked for.
    world.task.borrow_mut()["reference"]["referenceId"] = json!("OPS-1");
    assert_eq!(overdue(&world), 0);
}

#[test]
fn seconds_that_could_not_be_read_at_the_end_are_asked_for_until_they_are_known() {
    for broken in [
        "ListExecutions",
        "ListJournalRecords",
        "investigation_gap",
        "utilization",
    ] {
        for status in ["COMPLETED", "FAILED", "CANCELED"] {
            let world = world(Priority::High, |_| {});
            completed(&world);
            world.task.replace(task(status, 8));
            world.broken.set(Some(broken));
            let Err(ResultError::Incomplete { outcome, .. }) = world.task() else {
                panic!("{broken} {status}");
            };
            let now = outcome.investigation().unwrap();
            assert!(now.status.is_end() && now.lacks_details());
            // Neither the same event nor the hourly look takes it for known.
            assert!(matches!(world.task(), Err(ResultError::Incomplete { .. })));
            world.now.set(at("2026-05-14T09:50:00Z"));
            let asked = world.overdue();
            assert!(matches!(asked[..], [Err(ResultError::Incomplete { .. })]));
            world.broken.set(None);
            assert_eq!(world.overdue().len(), 1);
            let known = world.known(incident(Priority::High).id()).unwrap();
            assert_eq!((known.seconds, known.dollars), (Some(480), Some(3.98)));
            assert!(!known.lacks_details());
            assert_eq!(world.overdue().len(), 0, "{broken} {status}");
        }
    }
}

/// What was recorded is no news to the next hour, so it is acted on before anything else can fail.
#[test]
fn what_was_asked_for_is_acted_on_before_the_next_call() {
    let world = world(Priority::High, |_| {});
    completed(&world);
    world.now.set(at("2026-05-14T09:50:00Z"));
    // The page after that of the task cannot be listed.
    world.pages.set(3);
    let mut acted = Vec::new();
    let deadline = world.now.get() + SignedDuration::from_secs(40);
    let act = async |_: &str, outcome| {
        acted.push(outcome);
        world.broken.set(Some("ListBacklogTasks"));
    };
    let asked = world
        .follow()
        .overdue(deadline, act)
        .now_or_never()
        .unwrap();
    assert!(matches!(asked, Err(ResultError::Agent(_))));
    assert!(matches!(acted[..], [Ok(Outcome::Recorded { .. })]));
}

#[test]
fn what_never_ran_costs_nothing_and_what_is_linked_costs_nothing_of_its_own() {
    let world = world(Priority::High, |_| {});
    let id = incident(Priority::High).id().clone();
    completed(&world);
    world.task.replace(task("IN_PROGRESS", 2));
    world.task().unwrap();
    assert!(world.known(&id).unwrap().own_cost().1.is_some());
    world.task.replace(task("LINKED", 3));
    world.task().unwrap();
    let linked = world.known(&id).unwrap();
    assert_eq!(
        (linked.own_cost(), linked.lacks_cost()),
        ((None, None), false)
    );
    for (status, lacks) in [
        ("CANCELED", false),
        ("SKIPPED", false),
        ("FAILED", true),
        ("COMPLETED", true),
    ] {
        let world = super::world::world(Priority::High, |_| {});
        completed(&world);
        world.executions.replace(Vec::new());
        world.task.replace(task(status, 3));
        world.task().ok();
        assert_eq!(world.known(&id).unwrap().lacks_cost(), lacks, "{status}");
    }
}

/// A life of a task, as the API shows it step by step.
fn lives() -> impl Strategy<Value = Vec<&'static str>> {
    let begin = ["PENDING_TRIAGE", "PENDING_START", "IN_PROGRESS"];
    let ends = vec![
        "COMPLETED",
        "LINKED",
        "FAILED",
        "TIMED_OUT",
        "CANCELED",
        "SKIPPED",
        "IN_PROGRESS",
    ];
    (1..=3_usize, prop::sample::select(ends), any::<bool>()).prop_map(
        move |(steps, end, repeats)| {
            let mut life = begin[..steps].to_vec();
            life.push(end);
            // A repeated end, and a mitigation that reopens the task.
            if repeats && end == "COMPLETED" {
                life.extend([end, "PENDING_START", "IN_PROGRESS", end]);
            }
            life
        },
    )
}

/// A life, and the order in which its steps are read: each at least once.
fn readings() -> impl Strategy<Value = (Vec<&'static str>, Vec<usize>)> {
    lives().prop_flat_map(|life| {
        let again = prop::collection::vec(0..life.len(), 0..6);
        let steps = life.len();
        let order = again.prop_flat_map(move |again| {
            let all: Vec<usize> = (0..steps).chain(again).collect();
            Just(all).prop_shuffle()
        });
        (Just(life), order)
    })
}

/// What the ledger has after the steps of a life were read in this order.
fn outcome(
    life: &[&str],
    order: &[usize],
    priority: Priority,
) -> (Option<Investigation>, Day, Spending) {
    let world = world(priority, |_| {});
    completed(&world);
    for step in order {
        let minute = i64::try_from(*step).unwrap();
        let mut task = task(life[*step], minute);
        if life[*step] == "LINKED" {
            task["primaryTaskId"] = json!("task-0");
        }
        world.task.replace(task);
        world.task().unwrap();
    }
    let known = world.known(incident(priority).id());
    (known, world.day(), world.spending())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Events come late, twice and out of order: the ledger ends up the same.
    #[test]
    fn the_order_of_events_does_not_matter(
        (life, order) in readings(),
        priority in prop::sample::select(vec![Priority::Critical, Priority::High, Priority::Low]),
    ) {
        let in_order: Vec<usize> = (0..life.len()).collect();
        let expected = outcome(&life, &in_order, priority);
        prop_assert_eq!(outcome(&life, &order, priority), expected);
    }
}
