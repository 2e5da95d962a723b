//! Whole runs, with ports of their own.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::{
    super::{Disposition, Message, Receipt, carry_out, give_back},
    alarm, envelope, message,
    ports::{Dead, FakePorts, Fault},
};

/// A third each: an incident, an event, poison. Each body is told from the others.
fn mixed(count: usize) -> Vec<Message> {
    let bodies = (0..count).map(|number| match number % 3 {
        // It was redriven before, so its body stays as it is.
        0 => {
            let mut envelope = json!(envelope(&number.to_string()));
            envelope["redriven"] = json!(true);
            message(&envelope.to_string(), &[("TOCSIN_REASON", "expired")])
        }
        1 => message(
            &alarm(&number.to_string()).to_string(),
            &[("RequestID", "1")],
        ),
        _ => message(&format!("poison {number}"), &[]),
    });
    let numbered = bodies.enumerate().map(|(number, message)| Message {
        id: format!("message-{number:04}"),
        ..message
    });
    numbered.collect()
}

/// What Lambda wrote to the bucket of failed events, each third of it something else.
fn records(count: usize) -> Vec<Message> {
    let records = (0..count).map(|number| {
        let id = format!("record-{number:04}");
        let record = json!({
            "requestContext": { "condition": "RetriesExhausted" },
            "requestPayload": alarm(&id),
        });
        let is_poison = number % 3 == 2;
        let body = if is_poison {
            envelope(&id).to_body()
        } else {
            record.to_string()
        };
        Message {
            receipt: Receipt::Object(format!("aws/lambda/async/alarm-fn/2026/01/02/{id}")),
            ..Message {
                id,
                ..message(&body, &[])
            }
        }
    });
    records.collect()
}

/// What arrives of a message.
fn payload(message: &Message) -> String {
    match serde_json::from_str::<serde_json::Value>(&message.body) {
        Ok(record) if record["requestPayload"].is_object() => record["requestPayload"].to_string(),
        _ => message.body.clone(),
    }
}

/// Records in the bucket go back to their function, and are removed only then. What somebody else put there, be it an
/// incident, stays.
#[tokio::test]
async fn records_go_back_and_leave_the_bucket() {
    let ports = FakePorts::with(records(30));
    let look = ports.look().await.unwrap();
    assert_eq!((look.held.len(), look.count()), (30, 20));
    assert_eq!(give_back(&ports, look.receipts()).await, 0);
    assert_eq!((ports.dead().len(), ports.arrived().len()), (30, 0));

    let report = ports.run().await.unwrap();
    assert!(report.is_clean());
    let left = ports.dead();
    assert!(
        left.len() == 10 && left.keys().all(|id| is_poison(id)),
        "{left:?}"
    );
    let kinds: Vec<&str> = report
        .letters
        .iter()
        .map(|(it, _)| it.kind.as_str())
        .collect();
    let of = |kind: &str| kinds.iter().filter(|it| **it == kind).count();
    assert_eq!((of("on-failure"), of("unknown")), (20, 10));
    assert!(ports.change(|state| state.queued.is_empty()));
}

fn is_poison(id: &str) -> bool {
    let number = id
        .rsplit('-')
        .next()
        .and_then(|it| it.parse::<usize>().ok());
    number.is_some_and(|it| it % 3 == 2)
}

#[tokio::test]
async fn a_look_leaves_everything_as_it_was() {
    let ports = FakePorts::with(mixed(1_000));
    let look = ports.look().await.unwrap();
    assert_eq!((look.held.len(), look.count()), (1_000, 667));
    assert!(ports.dead().values().all(|visible| !visible));
    assert_eq!(give_back(&ports, look.receipts()).await, 0);
    assert!(ports.dead().values().all(|visible| *visible));
    assert_eq!(ports.dead().len(), 1_000);
    assert!(ports.arrived().is_empty());
}

#[tokio::test]
async fn everything_goes_back_once_and_poison_stays() {
    let ports = FakePorts::with(mixed(1_000));
    let report = ports.run().await.unwrap();
    assert_eq!(report.letters.len(), 1_000);
    assert_eq!(
        report.count(|disposition| *disposition == Disposition::Redriven),
        667
    );
    assert!(report.is_clean());
    let left = ports.dead();
    assert_eq!(left.len(), 333);
    assert!(left.iter().all(|(id, visible)| is_poison(id) && *visible));
    let mut arrived = ports.arrived();
    arrived.sort();
    arrived.dedup();
    assert_eq!(arrived.len(), 667);

    let again = ports.run().await.unwrap();
    assert_eq!(
        again.count(|disposition| *disposition == Disposition::Redriven),
        0
    );
    assert_eq!(ports.arrived().len(), 667);
}

/// SQS may hand a message out a second time although it is hidden.
#[tokio::test]
async fn what_comes_twice_is_handled_once() {
    let ports = FakePorts::with(mixed(30));
    ports.change(|state| state.faults = vec![Fault::Twice; 3]);
    let report = ports.run().await.unwrap();
    assert_eq!(report.letters.len(), 30);
    assert_eq!(ports.arrived().len(), 20);
    assert!(
        ports
            .dead()
            .iter()
            .all(|(id, visible)| is_poison(id) && *visible)
    );
}

#[tokio::test]
async fn what_is_not_taken_is_not_removed() {
    for fault in [Fault::Refused, Fault::Unheard] {
        let ports = FakePorts::with([message(&alarm("cpu").to_string(), &[("RequestID", "1")])]);
        let look = ports.look().await.unwrap();
        ports.change(|state| state.faults = vec![fault]);
        let dispositions = carry_out(&ports, &look.held, |_, _| {}).await;
        assert_eq!(
            dispositions,
            [Disposition::Stuck("Test: it went wrong".to_owned())]
        );
        assert!(!look.report(dispositions).is_clean());
        assert_eq!(ports.dead(), [("message".to_owned(), true)].into());
    }
}

#[tokio::test]
async fn what_cannot_be_removed_is_said() {
    let ports = FakePorts::with([message(&alarm("cpu").to_string(), &[("RequestID", "1")])]);
    let look = ports.look().await.unwrap();
    ports.change(|state| state.faults = vec![Fault::Refused, Fault::None]);
    let dispositions = carry_out(&ports, &look.held, |_, _| {}).await;
    assert_eq!(
        dispositions,
        [Disposition::Lingers("Test: it went wrong".to_owned())]
    );
    let report = look.report(dispositions);
    assert!(!report.is_clean());
    assert!(
        report
            .lines()
            .concat()
            .contains("it is still among the dead letters")
    );
    assert_eq!(ports.arrived().len(), 1);
}

#[tokio::test]
async fn a_failed_receive_gives_back_what_others_took() {
    let ports = FakePorts::with(mixed(200));
    ports.change(|state| {
        state.faults = vec![Fault::None; 12];
        state.faults[2] = Fault::Refused;
    });
    assert!(ports.look().await.is_err());
    assert!(ports.dead().values().all(|visible| *visible));
    assert_eq!(ports.dead().len(), 200);
}

#[tokio::test]
async fn a_person_can_stop_it_at_any_time() {
    // In the middle of reading, in the middle of redriving, and too late.
    for (patience, expected) in [(1, 0..=0), (30, 0..=0), (150, 1..=199), (1_000, 200..=200)] {
        let ports = FakePorts::with(mixed(300));
        ports.change(|state| state.patience = Some(patience));
        let report = ports.run().await.unwrap();
        let redriven = report.count(|disposition| *disposition == Disposition::Redriven);
        assert!(expected.contains(&redriven), "{patience}: {redriven}");
        assert_eq!(ports.arrived().len(), redriven, "{patience}");
        assert!(ports.dead().values().all(|visible| *visible), "{patience}");
        assert_eq!(ports.dead().len(), 300 - redriven, "{patience}");
    }
}

#[tokio::test]
async fn only_what_a_person_has_seen_is_redriven() {
    let messages = mixed(6);
    let ports = FakePorts::with(messages[..3].to_vec());
    let seen = ports.look().await.unwrap();
    give_back(&ports, seen.receipts()).await;
    let seen = seen.foreseen();
    // One is taken by somebody else, and others come.
    ports.change(|state| {
        state.dead.remove(0);
        let new = messages[3..].iter().cloned();
        state.dead.extend(new.map(|message| Dead {
            message,
            hidden: false,
        }));
    });
    let mut look = ports.look().await.unwrap();
    look.narrow(seen);
    let dispositions = carry_out(&ports, &look.held, |_, _| {}).await;
    let report = look.report(dispositions);
    assert_eq!(ports.arrived(), [alarm("1").to_string()]);
    assert_eq!(
        report.count(|disposition| *disposition == Disposition::Skipped),
        3
    );
    let gone = report
        .letters
        .iter()
        .find(|(letter, _)| letter.id == "message-0000");
    assert!(matches!(gone, Some((_, Disposition::Kept(why))) if why.starts_with("gone")));
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => Just(Fault::Refused),
        1 => Just(Fault::Unheard),
        1 => Just(Fault::Twice),
    ]
}

proptest! {
    /// Whatever goes wrong in a run, and however often: nothing is lost, nothing that was said to be
    /// redriven is not, and poison never moves.
    #[test]
    fn nothing_is_lost(
        count in 0_usize..60,
        faults in prop::collection::vec(fault(), 0..200),
        patience in prop::option::of(0_usize..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let all = || mixed(count).into_iter().chain(records(count / 2));
        let ports = FakePorts::with(all());
        ports.change(|state| {
            state.faults = faults;
            state.patience = patience;
        });
        let bodies: BTreeMap<String, String> =
            all().map(|it| (it.id.clone(), payload(&it))).collect();
        // The second run meets no faults. What is hidden until then shows again on its own.
        for is_last in [false, true] {
            let report = runtime.block_on(ports.run());
            let (arrived, dead) = (ports.arrived(), ports.dead());
            for (id, body) in &bodies {
                let is_there = dead.contains_key(id);
                prop_assert!(is_there || arrived.contains(body), "{id} is lost");
                prop_assert!(is_there || !is_poison(id), "{id} went");
                prop_assert!(!(is_last && is_there) || is_poison(id), "{id} is stuck");
            }
            if let Ok(report) = report {
                for (letter, disposition) in &report.letters {
                    let is_there = dead.contains_key(&letter.id);
                    match disposition {
                        Disposition::Redriven => prop_assert!(!is_there),
                        Disposition::Kept(_) | Disposition::Stuck(_) => prop_assert!(is_there),
                        Disposition::Lingers(_) => prop_assert!(arrived.contains(&bodies[&letter.id])),
                        Disposition::Skipped | Disposition::WouldRedrive => prop_assert!(false),
                    }
                }
            }
            ports.change(|state| {
                state.faults.clear();
                state.patience = None;
                state.dead.iter_mut().for_each(|it| it.hidden = false);
            });
        }
    }
}
