//! What is sent of a group while its last report is being investigated, and after.

use super::*;
use crate::ledger::{Investigation, State, Window};

const FOUND: &str = "The disk is full";

/// An environment that knows results.
fn environment() -> Deliver {
    let settings = super::environment().settings;
    Deliver::new(DeliverySettings {
        knows_results: true,
        ..settings
    })
}

/// A message with an incident of the group, which has this cause.
fn message(name: &str, cause: &str) -> Json {
    let group = Group::new(GroupKey::of("service", &["shop"]), "shop", cause);
    let body = Envelope::of_group(FunctionName::Ecs, incident(name), group).to_body();
    json!({ "Records": [{
        "messageId": name,
        "receiptHandle": name,
        "body": body,
        "attributes": { "SentTimestamp": "1767323000000", "ApproximateReceiveCount": "1" },
    }] })
}

/// The report that was posted last.
fn posted(ports: &FakePorts) -> Json {
    serde_json::from_slice(&ports.posts.borrow().last().unwrap().1.body).unwrap()
}

fn window(ports: &FakePorts, number: u64) -> Window {
    let key = Key::head(&GroupKey::of("service", &["shop"])).numbered(number);
    match &ports.ledger.borrow().get(&key).unwrap().item {
        Item::Window(window) => (**window).clone(),
        other => panic!("{other:?}"),
    }
}

/// The ledger learns how far the investigation of a report is.
fn learns(ports: &FakePorts, report: &Json, status: &str) {
    let incident: IncidentId = serde_json::from_value(report["incidentId"].clone()).unwrap();
    let investigation: Investigation = serde_json::from_value(json!({
        "incident": incident,
        "task": "task-1",
        "status": status,
        "created": ports.now(),
        "ended": ports.now(),
        "at": ports.now(),
        "verdict": { "finding": "cause", "line": FOUND },
    }))
    .unwrap();
    let put = Put {
        key: Key::investigation(&incident),
        after: None,
        item: Item::Investigation(Box::new(investigation)),
    };
    assert!(ports.ledger.borrow_mut().write(&[put]));
}

/// A message comes, and comes back until it ends. Returns how many seconds it was hidden, one time after the other. A post
/// takes one, so whatever comes after the first report has a second less until its window ends.
async fn comes(it: &mut Deliver, ports: &FakePorts, message: Json) -> Vec<u64> {
    let mut hidden = Vec::new();
    while !handle(it, ports, message.clone()).await.is_empty() {
        let (_, seconds) = ports.deferred.borrow().last().unwrap().clone();
        hidden.push(seconds);
        ports.sleep(Duration::from_secs(seconds)).await;
    }
    hidden
}

#[tokio::test]
async fn a_new_cause_follows_up_in_three_minutes_while_the_investigation_is_open() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    comes(&mut it, &ports, message("a", "out of memory")).await;
    let first = posted(&ports);
    learns(&ports, &first, "IN_PROGRESS");
    for (number, cause) in [(2, "cannot pull"), (3, "no capacity")] {
        let hidden = comes(&mut it, &ports, message(cause, cause)).await;
        assert_eq!((hidden, ports.posted()), (vec![180], number));
    }
    // Both take a slot, and neither makes the window longer.
    assert_eq!(window(&ports, 3).ends, window(&ports, 1).ends);
    let day = crate::ledger::Hour::of(ports.now()).day();
    let Item::Day(day) = ports
        .ledger
        .borrow()
        .get(&Key::day(day))
        .unwrap()
        .item
        .clone()
    else {
        panic!("no day");
    };
    assert_eq!(day.used(), 3);
    // The third waits for the end of the window.
    let hidden = comes(&mut it, &ports, message("d", "exit code 1")).await;
    assert_eq!((hidden, ports.posted()), (vec![839], 4));
}

/// A follow-up that the webhook does not take is tried again like any other report, under the same ID.
#[tokio::test]
async fn a_follow_up_that_fails_is_tried_again_before_the_window_ends() {
    let ports = FakePorts::new([Ok(confirmed()), status(503), status(503)]);
    let mut it = environment();
    comes(&mut it, &ports, message("a", "out of memory")).await;
    learns(&ports, &posted(&ports), "IN_PROGRESS");
    let hidden = comes(&mut it, &ports, message("b", "cannot pull")).await;
    assert_eq!((hidden[0], ports.posted()), (180, 4), "{hidden:?}");
    let State::Sent { at, .. } = window(&ports, 2).state else {
        panic!("{:?}", window(&ports, 2).state);
    };
    assert!(at < window(&ports, 1).ends, "{hidden:?}");
    let posts = ports.posts.borrow();
    assert_eq!(posts[1].1.body, posts[3].1.body);
}

/// The investigation waits for its turn when what is worth it has come: it is looked at again.
#[tokio::test]
async fn a_follow_up_waits_for_the_investigation_to_begin() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    comes(&mut it, &ports, message("a", "out of memory")).await;
    let second = || message("b", "cannot pull");
    assert!(!handle(&mut it, &ports, second()).await.is_empty());
    ports.sleep(Duration::from_mins(3)).await;
    assert!(!handle(&mut it, &ports, second()).await.is_empty());
    assert_eq!(ports.posted(), 1);
    learns(&ports, &posted(&ports), "IN_PROGRESS");
    ports.sleep(Duration::from_mins(3)).await;
    assert!(handle(&mut it, &ports, second()).await.is_empty());
    assert_eq!(ports.posted(), 2);
    assert!(posted(&ports)["incidentId"].is_string());
}

/// It is final: no message waits for it, nothing is in the index, and the next report of the group says what it was.
#[tokio::test]
async fn what_shows_nothing_new_after_the_end_is_covered_and_the_next_report_says_so() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    comes(&mut it, &ports, message("a", "out of memory")).await;
    let first = posted(&ports);
    learns(&ports, &first, "COMPLETED");
    let hidden = comes(&mut it, &ports, message("b", "out of memory")).await;
    assert_eq!((hidden, ports.posted()), (vec![1_199], 1));
    let State::Covered { report, task, .. } = window(&ports, 2).state else {
        panic!("{:?}", window(&ports, 2).state);
    };
    assert_eq!(
        (report.as_str(), task.as_str()),
        (first["incidentId"].as_str().unwrap(), "task-1")
    );
    assert!(ports.ledger.borrow().due(Timestamp::MAX).is_empty());
    // A result that comes late or twice changes nothing, and neither does a duplicate.
    learns(&ports, &first, "IN_PROGRESS");
    learns(&ports, &first, "COMPLETED");
    assert!(
        comes(&mut it, &ports, message("b", "out of memory"))
            .await
            .is_empty()
    );
    assert_eq!(ports.posted(), 1);
    comes(&mut it, &ports, message("c", "out of memory")).await;
    assert_eq!(ports.posted(), 2);
    let text = posted(&ports)["description"].as_str().unwrap().to_owned();
    let found = format!("not necessarily the cause this time): \"{FOUND}\".");
    let covered = "1 more incident of the group came after that report with no new cause, and was not reported: \
                   1 × out of memory.";
    assert!(text.contains(&found) && text.contains(covered), "{text}");
}

#[tokio::test]
async fn without_a_result_everything_waits_for_the_end_of_the_window() {
    for (knows_results, status) in [(false, "COMPLETED"), (true, "FAILED"), (true, "LINKED")] {
        let ports = FakePorts::new([]);
        let mut it = environment();
        it.settings.knows_results = knows_results;
        comes(&mut it, &ports, message("a", "out of memory")).await;
        learns(&ports, &posted(&ports), status);
        let hidden = comes(&mut it, &ports, message("b", "out of memory")).await;
        assert_eq!((hidden, ports.posted()), (vec![1_199], 2), "{status}");
        let second = window(&ports, 2);
        assert!(second.series.is_none() && matches!(second.state, State::Sent { .. }));
        assert_eq!(second.joined.is_some(), knows_results);
    }
}

/// A result that cannot be read is none.
#[tokio::test]
async fn an_investigation_that_cannot_be_read_holds_nothing_back() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    comes(&mut it, &ports, message("a", "out of memory")).await;
    let report: IncidentId = serde_json::from_value(posted(&ports)["incidentId"].clone()).unwrap();
    let put = Put {
        key: Key::investigation(&report),
        after: None,
        item: Item::Spending(Spending::new(ports.now())),
    };
    assert!(ports.ledger.borrow_mut().write(&[put]));
    let hidden = comes(&mut it, &ports, message("b", "out of memory")).await;
    assert_eq!((hidden, ports.posted()), (vec![1_199], 2));
}
