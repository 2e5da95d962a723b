//! Delivery itself, with a clock, a queue and a ledger in memory: how many reports would have been sent.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    time::Duration,
};

use contract::DeliverySettings;
use jiff::Timestamp;
use runtime::{
    deliver::{
        Clock, DeadLetter, Deliver, Endpoint, Ledger, LedgerError, Posted, Queue, SecretError,
        Telemetry, TransportError,
    },
    ledger::{Item, Key, MemoryLedger, Pending, Put, Versioned, later},
    log::Level,
};
use serde_json::{Value as Json, json};
use webhook::{Answer, SignedRequest, UrlPolicy, Webhook};

/// How long an invocation may take. Nothing here takes any time.
const INVOCATION: Duration = Duration::from_mins(1);
/// When a message comes back of which nothing else is known.
const UNKNOWN: u64 = 60;
/// Messages of a batch at most.
const BATCH: usize = 100;
/// For how long after the last incident what is held may still be sent.
const AFTERWARDS: Duration = Duration::from_hours(24 * 7);
/// A webhook that nothing is sent to.
const WEBHOOK: &str =
    r#"{"url":"https://event-ai.eu-central-1.api.aws/webhook/generic/x","secret":"none"}"#;

/// What is around delivery.
struct Around {
    now: Cell<Timestamp>,
    ledger: RefCell<MemoryLedger>,
    /// For how many seconds messages are deferred, by receipt.
    deferred: RefCell<BTreeMap<String, u64>>,
    reports: Cell<usize>,
}

/// How many reports would have been sent of these incidents, which were queued then.
pub(super) async fn reports(settings: DeliverySettings, queued: Vec<(Timestamp, String)>) -> usize {
    let mut queue: BTreeMap<Timestamp, Vec<Json>> = BTreeMap::new();
    for (index, (at, body)) in queued.into_iter().enumerate() {
        let message = message(index, at, &body);
        queue.entry(at).or_default().push(message);
    }
    let Some((last, _)) = queue.last_key_value() else {
        return 0;
    };
    let end = later(*last, AFTERWARDS);
    let around = Around {
        now: Cell::new(Timestamp::MIN),
        ledger: RefCell::default(),
        deferred: RefCell::default(),
        reports: Cell::default(),
    };
    let mut deliver = Deliver::new(settings);
    while let Some((at, messages)) = queue.pop_first() {
        if at > end {
            break;
        }
        around.now.set(around.now.get().max(at));
        for batch in messages.chunks(BATCH) {
            let deadline = later(around.now.get(), INVOCATION);
            let event = json!({ "Records": batch });
            let answer = deliver.handle(&around, &event, deadline).await;
            for message in batch.iter().filter(|it| stays(&answer, it)) {
                let receipt = message["receiptHandle"].as_str().unwrap_or_default();
                let seconds = around.deferred.borrow_mut().remove(receipt);
                let pause = Duration::from_secs(seconds.unwrap_or(UNKNOWN).max(1));
                let back = later(around.now.get(), pause);
                queue.entry(back).or_default().push(message.clone());
            }
        }
    }
    around.reports.get()
}

/// A message as Lambda hands it to a function.
fn message(index: usize, queued: Timestamp, body: &str) -> Json {
    json!({
        "messageId": index.to_string(),
        "receiptHandle": index.to_string(),
        "body": body,
        "attributes": {
            "SentTimestamp": queued.as_millisecond().to_string(),
            "ApproximateReceiveCount": "1",
        },
    })
}

/// Whether a message stays in the queue.
fn stays(answer: &Json, message: &Json) -> bool {
    let stay = answer["batchItemFailures"].as_array().into_iter().flatten();
    stay.into_iter()
        .any(|it| it["itemIdentifier"] == message["messageId"])
}

impl Clock for Around {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn jitter(&self) -> f64 {
        0.5
    }

    async fn sleep(&self, time: Duration) {
        self.now.set(later(self.now.get(), time));
    }
}

impl Ledger for Around {
    async fn read(
        &self,
        keys: &[Key],
    ) -> BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>> {
        let ledger = self.ledger.borrow();
        let of = |key: &Key| (key.clone(), Ok(ledger.get(key).cloned()));
        keys.iter().map(of).collect()
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        Ok(self.ledger.borrow_mut().write(puts))
    }

    async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        Ok(self.ledger.borrow().due(by))
    }
}

impl Queue for Around {
    async fn defer(&self, messages: &[(String, u64)], _: Timestamp) {
        self.deferred.borrow_mut().extend(messages.iter().cloned());
    }

    async fn dead_letter(&self, letters: &[DeadLetter], _: Timestamp) -> Vec<bool> {
        vec![true; letters.len()]
    }
}

impl Endpoint for Around {
    async fn secret(&self) -> Result<Webhook, SecretError> {
        Ok(Webhook::parse(WEBHOOK, &UrlPolicy::default())?)
    }

    async fn post(&self, _: SignedRequest, _: Duration) -> Result<Posted, TransportError> {
        self.reports.set(self.reports.get() + 1);
        let answer = Answer {
            status: 200,
            retry_after: None,
            body: br#"{"message":"Webhook received"}"#.to_vec(),
        };
        Ok(Posted {
            answer,
            clock_skew: None,
        })
    }
}

impl Telemetry for Around {
    fn log(&self, _: Level, _: &str, _: Json) {}

    fn metrics(&self, _: &[(&'static str, &[u64])]) {}
}
