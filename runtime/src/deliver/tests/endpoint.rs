//! How the webhook is asked, and what its answers lead to.

use contract::Signal;

use super::*;

#[tokio::test]
async fn a_refused_secret_is_read_again_once() {
    let ports = FakePorts::new([status(401)]);
    assert!(deliver_once(&ports, &["a"]).await.is_empty());
    assert_eq!((ports.posted(), *ports.secret_reads.borrow()), (2, 2));
    let posts = ports.posts.borrow();
    assert_eq!(posts[0].1.body, posts[1].1.body);
    assert_ne!(
        posts[0].1.headers[1], posts[1].1.headers[1],
        "each attempt has its own timestamp"
    );
}

#[tokio::test]
async fn a_webhook_that_refuses_everything_is_left_alone() {
    for code in [302, 400, 401, 403, 404, 410, 422] {
        let ports = FakePorts::new([status(code), status(code), status(code)]);
        assert_eq!(
            deliver_once(&ports, &["a", "b", "c"]).await.len(),
            3,
            "{code}"
        );
        let expected = if matches!(code, 401 | 403) { 2 } else { 1 };
        assert_eq!(
            (ports.posted(), ports.metric("Misconfigured")),
            (expected, 1),
            "{code}"
        );
        assert_eq!(ports.deferred.borrow().len(), 3);
    }
}

#[tokio::test]
async fn a_passing_failure_is_tried_once_more() {
    for first in [
        status(500),
        status(503),
        wait(429, "2"),
        Err(TransportError("timeout")),
    ] {
        let ports = FakePorts::new([first]);
        assert!(deliver_once(&ports, &["a"]).await.is_empty());
        assert_eq!(ports.posted(), 2);
    }
}

#[tokio::test]
async fn two_failures_send_the_rest_back_unsent() {
    for failure in [status(500), Err(TransportError("connect"))] {
        let ports = FakePorts::new([failure.clone(), failure]);
        assert_eq!(deliver_once(&ports, &["a", "b", "c"]).await.len(), 3);
        assert_eq!((ports.posted(), ports.metric("FailedAttempts")), (2, 2));
    }
}

/// The queue's own age leaves out what was received three times, as what waits for a webhook is.
#[tokio::test]
async fn how_long_incidents_wait_for_the_webhook_is_counted() {
    let ports = FakePorts::new([status(503), status(503)]);
    ports.sleep(Duration::from_hours(2)).await;
    assert_eq!(deliver_once(&ports, &["a", "b"]).await, ["0", "1"]);
    let waited = ports.metric("Undelivered");
    assert!((7_245..7_255).contains(&waited), "{waited} s");

    let ports = FakePorts::new([]);
    ports.sleep(Duration::from_hours(2)).await;
    deliver_once(&ports, &["a"]).await;
    assert_eq!(ports.metric("Undelivered"), 0);
}

#[tokio::test]
async fn nothing_is_sent_before_the_receiver_said() {
    let ports = FakePorts::new([wait(429, "2"), Ok(confirmed())]);
    deliver_once(&ports, &["a"]).await;
    let times: Vec<Timestamp> = ports.posts.borrow().iter().map(|(time, _)| *time).collect();
    let apart = times[1].duration_since(times[0]);
    assert!(apart >= SignedDuration::from_secs(2), "{apart}");

    let ports = FakePorts::new([wait(503, "600")]);
    assert_eq!(deliver_once(&ports, &["a", "b"]).await.len(), 2);
    assert_eq!(ports.posted(), 1);
    assert!(
        ports
            .deferred
            .borrow()
            .iter()
            .all(|(_, seconds)| *seconds >= 600)
    );
}

#[tokio::test]
async fn a_receiver_that_is_down_is_asked_by_one_incident_now_and_then() {
    let ports = FakePorts::new((0..100).map(|_| status(503)));
    let mut it = environment();
    for _ in 0..10 {
        assert_eq!(deliver(&mut it, &ports, &["a", "b"]).await.len(), 2);
        ports.sleep(Duration::from_secs(20)).await;
    }
    // Two in the first invocation, and then one when the time has come.
    assert!(ports.posted() <= 4, "{}", ports.posted());
    // A success opens the way again.
    ports.script.borrow_mut().clear();
    ports.sleep(Duration::from_mins(15)).await;
    assert!(deliver(&mut it, &ports, &["a", "b"]).await.is_empty());
    assert!(deliver(&mut it, &ports, &["c"]).await.is_empty());
}

#[tokio::test]
async fn the_title_that_is_sent_begins_with_the_account() {
    let ports = FakePorts::new([]);
    deliver_once(&ports, &["checkout"]).await;
    let posts = ports.posts.borrow();
    let sent: Incident = serde_json::from_slice(&posts[0].1.body).unwrap();
    assert_eq!(sent.title(), "prod: checkout");
}

#[tokio::test]
async fn a_probe_is_one_post_whatever_the_answer() {
    for code in [401, 403, 404, 429, 500] {
        let ports = FakePorts::new((0..100).map(|_| status(code)));
        let mut it = environment();
        deliver(&mut it, &ports, &["a"]).await;
        for probes in 1..4 {
            let before = (ports.posted(), *ports.secret_reads.borrow());
            ports.sleep(Duration::from_mins(16)).await;
            deliver(&mut it, &ports, &["a", "b"]).await;
            let after = (ports.posted(), *ports.secret_reads.borrow());
            // A secret that is as old as that is read again.
            assert_eq!(after, (before.0 + 1, before.1 + 1), "{code} {probes}");
        }
    }
}

/// The environments that put it back are gone, and with them what they knew.
#[tokio::test]
async fn what_came_back_is_not_tried_twice_by_an_environment_that_has_just_started() {
    let ports = FakePorts::new((0..100).map(|_| status(503)));
    handle(&mut environment(), &ports, received(&["a", "b"], 4)).await;
    assert_eq!(ports.posted(), 1);
    assert!(ports.deferred.borrow().iter().all(|(_, time)| *time > 800));
}

#[tokio::test]
async fn a_test_by_hand_asks_at_once_and_reads_the_secret_anew() {
    let ports = FakePorts::new([status(404), Ok(confirmed())]);
    let mut it = environment();
    deliver(&mut it, &ports, &["a"]).await;
    let body = Envelope::new(Signal::Test, incident("test")).to_body();
    let by_hand = json!({ "Records": [{ "messageId": "m", "body": body }] });
    assert!(handle(&mut it, &ports, by_hand).await.is_empty());
    assert_eq!((ports.posted(), *ports.secret_reads.borrow()), (2, 2));
}

#[tokio::test]
async fn a_test_by_hand_that_fails_hides_nothing() {
    let ports = FakePorts::new([status(404)]);
    let body = Envelope::new(Signal::Test, incident("test")).to_body();
    let by_hand = json!({ "Records": [{ "messageId": "m", "body": body }] });
    handle(&mut environment(), &ports, by_hand).await;
    assert!(ports.deferred.borrow().is_empty());
}

/// Whoever can write to the queue passes neither the ledger nor the budget by calling it a test.
#[tokio::test]
async fn a_message_is_no_test() {
    let body = Envelope::new(Signal::Test, incident("test")).to_body();
    let queued = json!({ "messageId": "m", "receiptHandle": "r", "body": body });
    let by_hand = json!({ "messageId": "n", "body": body });
    for records in [json!([queued]), json!([by_hand, by_hand])] {
        let ports = FakePorts::new([]);
        let count = records.as_array().unwrap().len();
        let batch = json!({ "Records": records });
        assert!(handle(&mut environment(), &ports, batch).await.is_empty());
        assert_eq!((ports.posted(), ports.letters.borrow().len()), (0, count));
    }
}

#[tokio::test]
async fn a_message_that_no_function_wrote_is_not_read() {
    let long = format!("{{\"version\":3,\"x\":\"{}\"}}", "x".repeat(70_000));
    let ports = FakePorts::new([]);
    let batch = json!({ "Records": [{ "messageId": "m", "receiptHandle": "r", "body": long }] });
    assert!(handle(&mut environment(), &ports, batch).await.is_empty());
    let letters = ports.letters.borrow();
    assert_eq!(
        letters[0].reason,
        "70020 bytes: an envelope has 65536 at most"
    );
}

#[tokio::test]
async fn nothing_is_begun_that_may_not_end_in_time() {
    let ports = FakePorts {
        secret_takes: Duration::from_secs(101),
        ..FakePorts::new([])
    };
    assert_eq!(deliver_once(&ports, &["a"]).await, ["0"]);
    assert_eq!(ports.posted(), 0);
    // It is back at once, for an environment that has the time.
    assert_eq!(*ports.deferred.borrow(), [("receipt-0".to_owned(), 0)]);
}

#[tokio::test]
async fn without_a_webhook_incidents_wait() {
    let ports = FakePorts::new([]);
    *ports.secret.borrow_mut() = Err(SecretError::NotSet);
    assert_eq!(deliver_once(&ports, &["a", "b"]).await.len(), 2);
    assert_eq!((ports.posted(), ports.metric("Misconfigured")), (0, 1));
}

#[tokio::test]
async fn a_known_secret_outlives_secrets_manager() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    assert!(deliver(&mut it, &ports, &["a"]).await.is_empty());
    *ports.secret.borrow_mut() = Err(SecretError::Unreachable("down".to_owned()));
    ports.sleep(Duration::from_hours(1)).await;
    assert!(deliver(&mut it, &ports, &["b", "c", "d"]).await.is_empty());
    // Not at each incident: every call that fails takes its time.
    assert_eq!((ports.posted(), *ports.secret_reads.borrow()), (4, 2));
    ports.sleep(Duration::from_mins(1)).await;
    assert!(deliver(&mut it, &ports, &["e"]).await.is_empty());
    assert_eq!(*ports.secret_reads.borrow(), 3);
}
