//! Delivery with a clock that only waiting moves, a ledger in memory, and a receiver that answers as it is
//! told to.

#![expect(
    clippy::unnecessary_wraps,
    reason = "a script is made of answers and failures"
)]

mod batches;
mod canary;
mod endpoint;
mod late;

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
};

use contract::{Envelope, FunctionName, Group, GroupKey, IncidentId, Limits, Priority};
use jiff::SignedDuration;
use webhook::{Answer, SignedRequest, UrlPolicy, Webhook};

use super::*;
use crate::ledger::{Day, Item, Key, MemoryLedger, Pending, Put, Spending, Versioned};

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
        let read = |key: &Key| {
            if *self.ledger_is_away.borrow() {
                return Err(LedgerError::Late);
            }
            Ok(ledger.get(key).cloned())
        };
        keys.iter().map(|key| (key.clone(), read(key))).collect()
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        if *self.ledger_is_away.borrow() {
            return Err(LedgerError::Late);
        }
        Ok(self.ledger.borrow_mut().write(puts))
    }

    async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        if *self.ledger_is_away.borrow() {
            return Err(LedgerError::Late);
        }
        Ok(self.ledger.borrow().due(by))
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
    Deliver::new(DeliverySettings {
        account_name: Some("prod".to_owned()),
        wait: Duration::ZERO,
        window: Duration::from_mins(20),
        limits: Limits {
            per_hour: 10_000,
            per_day: 10_000,
            low_per_day: 10_000,
            rule_per_day: 10_000,
            always_send: Priority::Critical,
            always_per_day: 10_000,
            dollars_per_day: None,
            dollars_per_month: None,
        },
        quiet_hours: None,
        knows_results: false,
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

/// A batch of one incident of a group, whose problem is so large.
fn sized(name: &str, size: u64) -> Json {
    let group = Group::new(GroupKey::of("values", &["anomaly"]), "anomaly", "detected");
    let envelope = Envelope::of_group(
        FunctionName::Event,
        incident(name),
        group.of_size(Some(size)),
    )
    .to_body();
    json!({ "Records": [{
        "messageId": name,
        "receiptHandle": name,
        "body": envelope,
        "attributes": { "SentTimestamp": "1767323000000", "ApproximateReceiveCount": "1" },
    }] })
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
                "body": Envelope::new(FunctionName::Alarm, incident(name)).to_body(),
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
