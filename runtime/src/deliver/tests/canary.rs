//! The canary goes all the way but the post, and touches nothing that is anybody else's.

use contract::Signal;

use super::*;
use crate::ledger::Day;

/// Messages with these bodies.
fn messages(bodies: &[String], sent: &str) -> Json {
    let records = bodies.iter().enumerate().map(|(index, body)| {
        json!({
            "messageId": index.to_string(),
            "receiptHandle": format!("receipt-{index}"),
            "body": body,
            "attributes": { "SentTimestamp": sent, "ApproximateReceiveCount": "1" },
        })
    });
    json!({ "Records": records.collect::<Vec<Json>>() })
}

const NOW: &str = "1767323000000";

fn canary(name: &str) -> String {
    Envelope::new(Signal::Canary, incident(name)).to_body()
}

#[tokio::test]
async fn a_canary_is_counted_and_not_sent() {
    let ports = FakePorts::new([]);
    let batch = messages(&[canary("a")], NOW);
    assert!(handle(&mut environment(), &ports, batch).await.is_empty());
    assert_eq!((ports.metric("Canary"), ports.posted()), (1, 0));
    assert_eq!(*ports.secret_reads.borrow(), 0);
    let ledger = ports.ledger.borrow();
    let keys: Vec<String> = ledger.items().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["canary#pipeline/0", "canary#pipeline/1"]);
    assert!(ledger.due(Timestamp::MAX).is_empty());
}

/// Of many, as somebody may forge them, one says all.
#[tokio::test]
async fn many_canaries_cost_what_one_costs() {
    let ports = FakePorts::new([]);
    let bodies: Vec<String> = (0..100).map(|it| canary(&it.to_string())).collect();
    let batch = messages(&bodies, NOW);
    assert!(handle(&mut environment(), &ports, batch).await.is_empty());
    assert_eq!(ports.metric("Canary"), 1);
}

/// A forged one that says to be an incident which is still to come does not hide that: what a canary says is not
/// believed.
#[tokio::test]
async fn a_forged_canary_hides_no_incident() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    let batch = messages(&[canary("orders")], NOW);
    assert!(handle(&mut it, &ports, batch).await.is_empty());
    assert!(deliver(&mut it, &ports, &["orders"]).await.is_empty());
    assert_eq!(ports.posted(), 1);
    // In one batch, too.
    let real = Envelope::new(FunctionName::Alarm, incident("stock")).to_body();
    let batch = messages(&[canary("stock"), real], NOW);
    handle(&mut it, &ports, batch).await;
    assert_eq!(ports.posted(), 2);
}

#[tokio::test]
async fn a_canary_takes_no_budget() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    deliver(&mut it, &ports, &["a"]).await;
    let used = |ports: &FakePorts| -> Vec<Day> {
        let ledger = ports.ledger.borrow();
        let days = ledger.items().filter_map(|(_, it)| match it {
            Item::Day(day) => Some(day.clone()),
            _ => None,
        });
        days.collect()
    };
    let before = used(&ports);
    assert!(!before.is_empty());
    handle(&mut it, &ports, messages(&[canary("b")], NOW)).await;
    assert_eq!(used(&ports), before);
}

#[tokio::test]
async fn without_the_ledger_a_canary_comes_back_until_it_is_a_day_old() {
    let ports = FakePorts::new([]);
    *ports.ledger_is_away.borrow_mut() = true;
    let mut it = environment();
    let batch = messages(&[canary("a")], NOW);
    assert_eq!(handle(&mut it, &ports, batch).await, ["0"]);
    assert_eq!(ports.metric("Canary"), 0);
    let yesterday = "1767230000000";
    let batch = messages(&[canary("a")], yesterday);
    assert!(handle(&mut it, &ports, batch).await.is_empty());
    assert!(ports.letters.borrow().is_empty());
    *ports.ledger_is_away.borrow_mut() = false;
    let batch = messages(&[canary("a")], NOW);
    assert!(handle(&mut it, &ports, batch).await.is_empty());
    assert_eq!(ports.metric("Canary"), 1);
}
