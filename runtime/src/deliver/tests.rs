//! Delivery in a world of its own: a clock that only waiting moves, and a receiver that answers as it
//! is told to.

#![expect(
    clippy::unnecessary_wraps,
    reason = "a script is made of answers and failures"
)]

use std::{cell::RefCell, collections::VecDeque};

use jiff::SignedDuration;
use webhook::{Answer, Envelope, IncidentId, Priority, SignedRequest, UrlPolicy, Webhook};

use super::*;

/// What the receiver does with a request.
type Script = VecDeque<Result<Answer, TransportError>>;

struct FakeWorld {
    now: RefCell<Timestamp>,
    script: RefCell<Script>,
    secret: RefCell<Result<Webhook, SecretError>>,
    secret_reads: RefCell<u32>,
    secret_takes: Duration,
    posts: RefCell<Vec<(Timestamp, SignedRequest)>>,
    hidden: RefCell<Vec<(String, u64)>>,
    buried: RefCell<Vec<DeadLetter>>,
    can_bury: bool,
    metrics: RefCell<Vec<(&'static str, Vec<u64>)>>,
}

fn webhook() -> Webhook {
    let value = r#"{"url":"https://event-ai.eu-central-1.api.aws/webhook/generic/x","secret":"s"}"#;
    Webhook::parse(value, &UrlPolicy::default()).unwrap()
}

impl FakeWorld {
    fn new(script: impl IntoIterator<Item = Result<Answer, TransportError>>) -> Self {
        Self {
            now: RefCell::new("2026-01-02T03:04:05Z".parse().unwrap()),
            script: RefCell::new(script.into_iter().collect()),
            secret: RefCell::new(Ok(webhook())),
            secret_reads: RefCell::new(0),
            secret_takes: Duration::ZERO,
            posts: RefCell::new(Vec::new()),
            hidden: RefCell::new(Vec::new()),
            buried: RefCell::new(Vec::new()),
            can_bury: true,
            metrics: RefCell::new(Vec::new()),
        }
    }

    fn metric(&self, name: &str) -> u64 {
        self.metrics
            .borrow()
            .iter()
            .filter(|(it, _)| *it == name)
            .flat_map(|(_, it)| it)
            .sum()
    }

    fn posted(&self) -> usize {
        self.posts.borrow().len()
    }
}

impl World for FakeWorld {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn chance(&self) -> f64 {
        0.5
    }

    async fn sleep(&self, time: Duration) {
        let time = SignedDuration::try_from(time).unwrap();
        let later = self.now().checked_add(time).unwrap();
        *self.now.borrow_mut() = later;
    }

    async fn secret(&self) -> Result<Webhook, SecretError> {
        *self.secret_reads.borrow_mut() += 1;
        self.sleep(self.secret_takes).await;
        self.secret.borrow().clone()
    }

    async fn post(&self, request: SignedRequest, _: Duration) -> Result<Posted, TransportError> {
        self.posts.borrow_mut().push((self.now(), request));
        let answer = self
            .script
            .borrow_mut()
            .pop_front()
            .unwrap_or_else(|| Ok(confirmed()));
        answer.map(|answer| Posted {
            answer,
            clock_skew: None,
        })
    }

    async fn hide(&self, messages: &[(String, u64)], _: Timestamp) {
        self.hidden.borrow_mut().extend(messages.iter().cloned());
    }

    async fn bury(&self, letters: &[DeadLetter], _: Timestamp) -> Vec<bool> {
        if self.can_bury {
            self.buried.borrow_mut().extend(letters.iter().cloned());
        }
        letters.iter().map(|_| self.can_bury).collect()
    }

    fn log(&self, _: Level, _: &str, _: Json) {}

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        let mut known = self.metrics.borrow_mut();
        known.extend(
            metrics
                .iter()
                .map(|(name, values)| (*name, values.to_vec())),
        );
    }
}

fn confirmed() -> Answer {
    Answer {
        status: 200,
        body: br#"{"message":"Webhook received"}"#.to_vec(),
        ..Answer::default()
    }
}

fn status(status: u16) -> Result<Answer, TransportError> {
    Ok(Answer {
        status,
        ..Answer::default()
    })
}

fn wait(status: u16, seconds: &str) -> Result<Answer, TransportError> {
    Ok(Answer {
        status,
        retry_after: Some(seconds.to_owned()),
        ..Answer::default()
    })
}

fn incident(name: &str) -> Incident {
    let at = "2026-01-02T03:00:00Z".parse().unwrap();
    Incident::new(
        IncidentId::of("alarm", &[name]),
        Priority::High,
        name,
        "d",
        at,
        "s",
        json!({}),
    )
}

/// A batch of incidents, whose messages are called as they are.
fn batch(names: &[&str]) -> Json {
    received(names, 1)
}

/// A batch of incidents that have been received so many times.
fn received(names: &[&str], times: u32) -> Json {
    let records: Vec<Json> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            json!({
                "messageId": format!("{index}"),
                "receiptHandle": format!("receipt-{index}"),
                "body": Envelope::new(Signal::Alarm, incident(name)).to_body(),
                "attributes": {
                    "SentTimestamp": "1767323000000",
                    "ApproximateReceiveCount": times.to_string(),
                },
            })
        })
        .collect();
    json!({ "Records": records })
}

async fn deliver(it: &mut Deliver, world: &FakeWorld, names: &[&str]) -> Vec<String> {
    handle(it, world, batch(names)).await
}

/// What goes back of a batch.
async fn handle(it: &mut Deliver, world: &FakeWorld, batch: Json) -> Vec<String> {
    let deadline = world
        .now()
        .checked_add(SignedDuration::from_secs(120))
        .unwrap();
    let answer = it.handle(world, &batch, deadline).await;
    answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["itemIdentifier"].as_str().unwrap().to_owned())
        .collect()
}

async fn deliver_once(world: &FakeWorld, names: &[&str]) -> Vec<String> {
    deliver(&mut Deliver::default(), world, names).await
}

#[tokio::test]
async fn what_the_agent_takes_leaves_the_queue() {
    let world = FakeWorld::new([Ok(confirmed()), status(204)]);
    assert!(deliver_once(&world, &["a", "b"]).await.is_empty());
    assert_eq!((world.posted(), world.metric("Confirmed")), (2, 1));
}

#[tokio::test]
async fn posts_keep_their_pace() {
    let world = FakeWorld::new([]);
    deliver_once(&world, &["a", "b", "c"]).await;
    let posts = world.posts.borrow();
    let apart = posts[2].0.duration_since(posts[0].0);
    assert!(apart >= SignedDuration::from_secs(2), "{apart}");
}

#[tokio::test]
async fn duplicates_share_one_post() {
    let world = FakeWorld::new([]);
    assert!(deliver_once(&world, &["a", "a", "a"]).await.is_empty());
    assert_eq!(world.posted(), 1);
}

#[tokio::test]
async fn a_rejected_incident_is_dead_and_the_others_go_on() {
    let rejected = Answer {
        body: br#"{"errors":["no title"]}"#.to_vec(),
        ..confirmed()
    };
    let world = FakeWorld::new([Ok(rejected)]);
    assert!(deliver_once(&world, &["a", "b"]).await.is_empty());
    let buried = world.buried.borrow();
    assert_eq!(buried[0].reason, r#"rejected: ["no title"]"#);
    assert_eq!(buried[0].queued, "2026-01-02T03:03:20.000Z");
    assert_eq!(
        (buried.len(), world.posted(), world.metric("Rejected")),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn what_cannot_be_buried_stays() {
    let world = FakeWorld {
        can_bury: false,
        ..FakeWorld::new([status(413)])
    };
    assert_eq!(deliver_once(&world, &["a"]).await, ["0"]);
}

#[tokio::test]
async fn a_refused_secret_is_read_again_once() {
    let world = FakeWorld::new([status(401)]);
    assert!(deliver_once(&world, &["a"]).await.is_empty());
    assert_eq!((world.posted(), *world.secret_reads.borrow()), (2, 2));
    let posts = world.posts.borrow();
    assert_eq!(posts[0].1.body, posts[1].1.body);
    assert_ne!(
        posts[0].1.headers[1], posts[1].1.headers[1],
        "each attempt has its own timestamp"
    );
}

#[tokio::test]
async fn a_webhook_that_refuses_everything_is_left_alone() {
    for code in [302, 400, 401, 403, 404, 410, 422] {
        let world = FakeWorld::new([status(code), status(code), status(code)]);
        assert_eq!(
            deliver_once(&world, &["a", "b", "c"]).await.len(),
            3,
            "{code}"
        );
        let expected = if matches!(code, 401 | 403) { 2 } else { 1 };
        assert_eq!(
            (world.posted(), world.metric("Misconfigured")),
            (expected, 1),
            "{code}"
        );
        assert_eq!(world.hidden.borrow().len(), 3);
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
        let world = FakeWorld::new([first]);
        assert!(deliver_once(&world, &["a"]).await.is_empty());
        assert_eq!(world.posted(), 2);
    }
}

#[tokio::test]
async fn two_failures_send_the_rest_back_unsent() {
    for failure in [status(500), Err(TransportError("connect"))] {
        let world = FakeWorld::new([failure.clone(), failure]);
        assert_eq!(deliver_once(&world, &["a", "b", "c"]).await.len(), 3);
        assert_eq!((world.posted(), world.metric("FailedAttempts")), (2, 2));
    }
}

/// The queue's own age leaves out what was received three times, as what waits for a webhook is.
#[tokio::test]
async fn how_long_incidents_wait_for_the_webhook_is_counted() {
    let world = FakeWorld::new([status(503), status(503)]);
    world.sleep(Duration::from_hours(2)).await;
    assert_eq!(deliver_once(&world, &["a", "b"]).await, ["0", "1"]);
    let waited = world.metric("Undelivered");
    assert!((7_245..7_255).contains(&waited), "{waited} s");

    let world = FakeWorld::new([]);
    world.sleep(Duration::from_hours(2)).await;
    deliver_once(&world, &["a"]).await;
    assert_eq!(world.metric("Undelivered"), 0);
}

#[tokio::test]
async fn nothing_is_sent_before_the_receiver_said() {
    let world = FakeWorld::new([wait(429, "2"), Ok(confirmed())]);
    deliver_once(&world, &["a"]).await;
    let times: Vec<Timestamp> = world.posts.borrow().iter().map(|(time, _)| *time).collect();
    let apart = times[1].duration_since(times[0]);
    assert!(apart >= SignedDuration::from_secs(2), "{apart}");

    let world = FakeWorld::new([wait(503, "600")]);
    assert_eq!(deliver_once(&world, &["a", "b"]).await.len(), 2);
    assert_eq!(world.posted(), 1);
    assert!(
        world
            .hidden
            .borrow()
            .iter()
            .all(|(_, seconds)| *seconds >= 600)
    );
}

#[tokio::test]
async fn a_receiver_that_is_down_is_asked_by_one_incident_now_and_then() {
    let world = FakeWorld::new((0..100).map(|_| status(503)));
    let mut it = Deliver::default();
    for _ in 0..10 {
        assert_eq!(deliver(&mut it, &world, &["a", "b"]).await.len(), 2);
        world.sleep(Duration::from_secs(20)).await;
    }
    // Two in the first invocation, and then one when the time has come.
    assert!(world.posted() <= 4, "{}", world.posted());
    // A success opens the way again.
    world.script.borrow_mut().clear();
    world.sleep(Duration::from_mins(15)).await;
    assert!(deliver(&mut it, &world, &["a", "b"]).await.is_empty());
    assert!(deliver(&mut it, &world, &["c"]).await.is_empty());
}

#[tokio::test]
async fn a_probe_is_one_post_whatever_the_answer() {
    for code in [401, 403, 404, 429, 500] {
        let world = FakeWorld::new((0..100).map(|_| status(code)));
        let mut it = Deliver::default();
        deliver(&mut it, &world, &["a"]).await;
        for probes in 1..4 {
            let before = (world.posted(), *world.secret_reads.borrow());
            world.sleep(Duration::from_mins(16)).await;
            deliver(&mut it, &world, &["a", "b"]).await;
            let after = (world.posted(), *world.secret_reads.borrow());
            // A secret that is as old as that is read again.
            assert_eq!(after, (before.0 + 1, before.1 + 1), "{code} {probes}");
        }
    }
}

/// The environments that put it back are gone, and with them what they knew.
#[tokio::test]
async fn what_came_back_is_not_tried_twice_by_an_environment_that_has_just_started() {
    let world = FakeWorld::new((0..100).map(|_| status(503)));
    handle(&mut Deliver::default(), &world, received(&["a", "b"], 2)).await;
    assert_eq!(world.posted(), 1);
    assert!(world.hidden.borrow().iter().all(|(_, time)| *time > 800));
}

#[tokio::test]
async fn a_test_by_hand_asks_at_once_and_reads_the_secret_anew() {
    let world = FakeWorld::new([status(404), Ok(confirmed())]);
    let mut it = Deliver::default();
    deliver(&mut it, &world, &["a"]).await;
    let body = Envelope::new(Signal::Test, incident("test")).to_body();
    let by_hand = json!({ "Records": [{ "messageId": "m", "body": body }] });
    assert!(handle(&mut it, &world, by_hand).await.is_empty());
    assert_eq!((world.posted(), *world.secret_reads.borrow()), (2, 2));
}

#[tokio::test]
async fn a_test_by_hand_that_fails_hides_nothing() {
    let world = FakeWorld::new([status(404)]);
    let body = Envelope::new(Signal::Test, incident("test")).to_body();
    let by_hand = json!({ "Records": [{ "messageId": "m", "body": body }] });
    handle(&mut Deliver::default(), &world, by_hand).await;
    assert!(world.hidden.borrow().is_empty());
}

#[tokio::test]
async fn nothing_is_begun_that_may_not_end_in_time() {
    let world = FakeWorld {
        secret_takes: Duration::from_secs(101),
        ..FakeWorld::new([])
    };
    assert_eq!(deliver_once(&world, &["a"]).await, ["0"]);
    assert_eq!(world.posted(), 0);
    // It is back at once, for an environment that has the time.
    assert_eq!(*world.hidden.borrow(), [("receipt-0".to_owned(), 0)]);
}

#[tokio::test]
async fn without_a_webhook_incidents_wait() {
    let world = FakeWorld::new([]);
    *world.secret.borrow_mut() = Err(SecretError::NotSet);
    assert_eq!(deliver_once(&world, &["a", "b"]).await.len(), 2);
    assert_eq!((world.posted(), world.metric("Misconfigured")), (0, 1));
}

#[tokio::test]
async fn a_known_secret_outlives_secrets_manager() {
    let world = FakeWorld::new([]);
    let mut it = Deliver::default();
    assert!(deliver(&mut it, &world, &["a"]).await.is_empty());
    *world.secret.borrow_mut() = Err(SecretError::Unreachable("down".to_owned()));
    world.sleep(Duration::from_hours(1)).await;
    assert!(deliver(&mut it, &world, &["b", "c", "d"]).await.is_empty());
    // Not at each incident: every call that fails takes its time.
    assert_eq!((world.posted(), *world.secret_reads.borrow()), (4, 2));
    world.sleep(Duration::from_mins(1)).await;
    assert!(deliver(&mut it, &world, &["e"]).await.is_empty());
    assert_eq!(*world.secret_reads.borrow(), 3);
}

#[tokio::test]
async fn what_there_is_no_time_for_goes_back() {
    let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let world = FakeWorld::new([]);
    let back = deliver_once(&world, &names).await;
    assert_eq!(back.len() + world.posted(), 200);
    assert!((90..=120).contains(&world.posted()), "{}", world.posted());
}

#[tokio::test]
async fn what_is_no_incident_is_dead() {
    let world = FakeWorld::new([]);
    let event =
        json!({ "Records": [{ "messageId": "m", "receiptHandle": "r", "body": "nonsense" }] });
    let deadline = world
        .now()
        .checked_add(SignedDuration::from_secs(120))
        .unwrap();
    let answer = Deliver::default().handle(&world, &event, deadline).await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert!(
        world.buried.borrow()[0]
            .reason
            .starts_with("not an envelope")
    );
}
