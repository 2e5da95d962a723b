//! Delivery with a clock that only waiting moves, a ledger in memory, and a receiver that answers as it is
//! told to.

#![expect(
    clippy::unnecessary_wraps,
    reason = "a script is made of answers and failures"
)]

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
};

use jiff::SignedDuration;
use webhook::{Answer, Envelope, IncidentId, Priority, Signal, SignedRequest, UrlPolicy, Webhook};

use super::*;
use crate::ledger::{Item, Key, Limits, MemoryLedger, Pending, Put, Versioned};

/// What the receiver does with a request.
type Script = VecDeque<Result<Answer, TransportError>>;

struct FakePorts {
    now: RefCell<Timestamp>,
    script: RefCell<Script>,
    secret: RefCell<Result<Webhook, SecretError>>,
    secret_reads: RefCell<u32>,
    secret_takes: Duration,
    posts: RefCell<Vec<(Timestamp, SignedRequest)>>,
    deferred: RefCell<Vec<(String, u64)>>,
    letters: RefCell<Vec<DeadLetter>>,
    takes_letters: bool,
    ledger: RefCell<MemoryLedger>,
    ledger_is_away: RefCell<bool>,
    metrics: RefCell<Vec<(&'static str, Vec<u64>)>>,
}

fn webhook() -> Webhook {
    let value = r#"{"url":"https://event-ai.eu-central-1.api.aws/webhook/generic/x","secret":"s"}"#;
    Webhook::parse(value, &UrlPolicy::default()).unwrap()
}

impl FakePorts {
    fn new(script: impl IntoIterator<Item = Result<Answer, TransportError>>) -> Self {
        Self {
            now: RefCell::new("2026-01-02T03:04:05Z".parse().unwrap()),
            script: RefCell::new(script.into_iter().collect()),
            secret: RefCell::new(Ok(webhook())),
            secret_reads: RefCell::new(0),
            secret_takes: Duration::ZERO,
            posts: RefCell::new(Vec::new()),
            deferred: RefCell::new(Vec::new()),
            letters: RefCell::new(Vec::new()),
            takes_letters: true,
            ledger: RefCell::default(),
            ledger_is_away: RefCell::new(false),
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

impl Clock for FakePorts {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn jitter(&self) -> f64 {
        0.5
    }

    async fn sleep(&self, time: Duration) {
        let time = SignedDuration::try_from(time).unwrap();
        let later = self.now().checked_add(time).unwrap();
        *self.now.borrow_mut() = later;
    }
}

impl Endpoint for FakePorts {
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
}

impl Queue for FakePorts {
    async fn defer(&self, messages: &[(String, u64)], _: Timestamp) {
        self.deferred.borrow_mut().extend(messages.iter().cloned());
    }

    async fn dead_letter(&self, letters: &[DeadLetter], _: Timestamp) -> Vec<bool> {
        if self.takes_letters {
            self.letters.borrow_mut().extend(letters.iter().cloned());
        }
        letters.iter().map(|_| self.takes_letters).collect()
    }
}

impl Ledger for FakePorts {
    async fn read(
        &self,
        keys: &[Key],
    ) -> BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>> {
        let ledger = self.ledger.borrow();
        let read = |key: &Key| match *self.ledger_is_away.borrow() {
            true => Err(LedgerError::Late),
            false => Ok(ledger.get(key).cloned()),
        };
        keys.iter().map(|key| (key.clone(), read(key))).collect()
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        match *self.ledger_is_away.borrow() {
            true => Err(LedgerError::Late),
            false => Ok(self.ledger.borrow_mut().write(puts)),
        }
    }

    async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        match *self.ledger_is_away.borrow() {
            true => Err(LedgerError::Late),
            false => Ok(self.ledger.borrow().due(by)),
        }
    }
}

impl Telemetry for FakePorts {
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

/// An environment in which nothing waits for its group.
fn environment() -> Deliver {
    Deliver::new(Grouping {
        wait: Duration::ZERO,
        length: Duration::from_mins(20),
        limits: Limits {
            per_hour: 10_000,
            per_day: 10_000,
            low_per_day: 10_000,
            rule_per_day: 10_000,
            always_send: Priority::Critical,
            always_per_day: 10_000,
        },
        quiet: None,
    })
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

async fn deliver(it: &mut Deliver, ports: &FakePorts, names: &[&str]) -> Vec<String> {
    handle(it, ports, batch(names)).await
}

/// What goes back of a batch.
async fn handle(it: &mut Deliver, ports: &FakePorts, batch: Json) -> Vec<String> {
    let deadline = ports
        .now()
        .checked_add(SignedDuration::from_secs(120))
        .unwrap();
    let answer = it.handle(ports, &batch, deadline).await;
    answer["batchItemFailures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["itemIdentifier"].as_str().unwrap().to_owned())
        .collect()
}

async fn deliver_once(ports: &FakePorts, names: &[&str]) -> Vec<String> {
    deliver(&mut environment(), ports, names).await
}

#[tokio::test]
async fn what_the_agent_takes_leaves_the_queue() {
    let ports = FakePorts::new([Ok(confirmed()), status(204)]);
    assert!(deliver_once(&ports, &["a", "b"]).await.is_empty());
    assert_eq!((ports.posted(), ports.metric("Confirmed")), (2, 1));
}

#[tokio::test]
async fn posts_keep_their_pace() {
    let ports = FakePorts::new([]);
    deliver_once(&ports, &["a", "b", "c"]).await;
    let posts = ports.posts.borrow();
    let apart = posts[2].0.duration_since(posts[0].0);
    assert!(apart >= SignedDuration::from_secs(2), "{apart}");
}

#[tokio::test]
async fn duplicates_share_one_post() {
    let ports = FakePorts::new([]);
    assert!(deliver_once(&ports, &["a", "a", "a"]).await.is_empty());
    assert_eq!(ports.posted(), 1);
}

#[tokio::test]
async fn a_rejected_incident_is_dead_and_the_others_go_on() {
    let rejected = Answer {
        body: br#"{"errors":["no title"]}"#.to_vec(),
        ..confirmed()
    };
    let ports = FakePorts::new([Ok(rejected)]);
    assert!(deliver_once(&ports, &["a", "b"]).await.is_empty());
    let letters = ports.letters.borrow();
    assert_eq!(letters[0].reason, r#"rejected: ["no title"]"#);
    assert_eq!(letters[0].queued, "2026-01-02T03:04:05.000Z");
    assert_eq!(
        (letters.len(), ports.posted(), ports.metric("Rejected")),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn what_cannot_be_put_among_the_dead_letters_stays() {
    let ports = FakePorts {
        takes_letters: false,
        ..FakePorts::new([status(413)])
    };
    assert_eq!(deliver_once(&ports, &["a"]).await, ["0"]);
}

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

#[tokio::test]
async fn what_there_is_no_time_for_goes_back() {
    let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ports = FakePorts::new([]);
    let back = deliver_once(&ports, &names).await;
    assert_eq!(back.len() + ports.posted(), 200);
    assert!((90..=120).contains(&ports.posted()), "{}", ports.posted());
}

#[tokio::test]
async fn what_is_no_incident_is_dead() {
    let ports = FakePorts::new([]);
    let event =
        json!({ "Records": [{ "messageId": "m", "receiptHandle": "r", "body": "nonsense" }] });
    let deadline = ports
        .now()
        .checked_add(SignedDuration::from_secs(120))
        .unwrap();
    let answer = environment().handle(&ports, &event, deadline).await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert!(
        ports.letters.borrow()[0]
            .reason
            .starts_with("not an envelope")
    );
}

/// When nothing can be recorded for minutes, what is urgent is sent by itself, within a sixth of the budget.
/// Its message stays until the ledger knows, and then ends without another post.
#[tokio::test]
async fn without_the_ledger_what_is_urgent_is_sent_alone() {
    let ports = FakePorts::new([]);
    *ports.ledger_is_away.borrow_mut() = true;
    let mut it = Deliver::new(Grouping {
        limits: Limits {
            per_day: 12,
            ..environment().grouping.limits
        },
        ..environment().grouping
    });
    let names = ["a", "b", "c"];
    for _ in 0..10 {
        assert_eq!(deliver(&mut it, &ports, &names).await.len(), 3);
        ports.sleep(Duration::from_secs(30)).await;
    }
    assert_eq!(ports.posted(), 0, "a few minutes are waited");
    for _ in 0..10 {
        assert_eq!(deliver(&mut it, &ports, &names).await.len(), 3);
        ports.sleep(Duration::from_secs(30)).await;
    }
    assert_eq!(ports.posted(), 2, "a sixth of twelve");
    *ports.ledger_is_away.borrow_mut() = false;
    assert!(deliver(&mut it, &ports, &names).await.is_empty());
    assert_eq!(ports.posted(), 3, "what was sent is not sent again");
}

/// A person has put a rejected report back among the incidents: it is tried again under the same ID.
#[tokio::test]
async fn a_letter_that_is_put_back_is_tried_again() {
    let rejected = || {
        Ok(Answer {
            body: br#"{"errors":["no title"]}"#.to_vec(),
            ..confirmed()
        })
    };
    let ports = FakePorts::new([rejected(), rejected()]);
    let mut it = environment();
    deliver(&mut it, &ports, &["a"]).await;
    for sent in 2..4 {
        let letter = ports.letters.borrow().last().unwrap().clone();
        assert_eq!(
            letter.window.as_deref().map(|it| it.ends_with("/1")),
            Some(true)
        );
        // A duplicate of the incident is nothing new.
        assert!(deliver(&mut it, &ports, &["a"]).await.is_empty());
        let mut body: Json = serde_json::from_str(&letter.body).unwrap();
        body["redriven"] = json!(true);
        let put_back = json!({ "Records": [
            { "messageId": "put back", "receiptHandle": "r", "body": body.to_string() },
        ] });
        assert!(handle(&mut it, &ports, put_back).await.is_empty());
        assert_eq!(ports.posted(), sent);
    }
    let posts = ports.posts.borrow();
    assert!(posts.iter().all(|(_, it)| it.body == posts[0].1.body));
    assert_eq!(ports.letters.borrow().len(), 2);
}
