//! What is around an environment in a storm: a receiver with a limit, a ledger that may be away, and
//! whoever kills the function in the middle of what it does.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    future::pending,
    ops::Range,
    rc::Rc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::{DeadLetter, LedgerError, Posted, Saved, SecretError, TransportError, World},
    ledger::{Place, Tally, Window},
    log::Level,
};
use serde_json::Value as Json;
use webhook::{Answer, SignedRequest, UrlPolicy, Webhook};

use crate::simulation::{clock::Clock, ledger::Ledger, queue::Queue};

/// How long a call to AWS takes.
const CALL: Duration = Duration::from_millis(5);
/// What the receiver takes for an incident that is ill-formed.
const POISON: &str = "QueueName=queue-13";
/// How long the receiver takes.
const ANSWER: Duration = Duration::from_millis(100);

/// The receiver, which takes two requests a second and answers 429 beyond.
#[derive(Default)]
pub(super) struct Receiver {
    posts: RefCell<Vec<Timestamp>>,
    /// When it has taken what.
    pub(super) taken: RefCell<Vec<(Timestamp, Json)>>,
    /// How often it was asked for too much.
    pub(super) refused: Cell<usize>,
}

/// What the log says of each occurrence: the incidents that told it.
pub(super) type Told = BTreeMap<String, BTreeSet<String>>;

/// What all environments share.
pub(super) struct Shared {
    pub(super) clock: Rc<Clock>,
    pub(super) queue: Rc<Queue>,
    pub(super) receiver: Receiver,
    pub(super) ledger: Ledger,
    /// When the ledger cannot be reached.
    pub(super) away: Range<Timestamp>,
    /// One of how many calls to the ledger fails besides, and whether it had an effect.
    pub(super) flaky: usize,
    /// When the receiver is down.
    pub(super) down: Range<Timestamp>,
    pub(super) told: RefCell<Told>,
    pub(super) held: Cell<u64>,
    /// How many steps were taken, and those after or before which the function is killed.
    pub(super) steps: Cell<usize>,
    pub(super) kills: BTreeSet<usize>,
}

/// What one environment has around it.
pub(super) struct Around {
    pub(super) shared: Rc<Shared>,
    pub(super) killed: Rc<Cell<bool>>,
}

impl Around {
    /// One of the points at which the function may be killed.
    async fn step(&self) {
        let step = self.shared.steps.get() + 1;
        self.shared.steps.set(step);
        if self.shared.kills.contains(&step) {
            self.killed.set(true);
            pending::<()>().await;
        }
    }

    /// A call that may be the last, before it has an effect or after.
    async fn call<T>(&self, takes: Duration, effect: impl FnOnce() -> T) -> T {
        self.step().await;
        self.shared.clock.sleep(takes).await;
        let result = effect();
        self.step().await;
        result
    }

    async fn ask<T>(&self, effect: impl FnOnce(&Ledger) -> T) -> Result<T, LedgerError> {
        let shared = &self.shared;
        if shared.away.contains(&self.now()) {
            self.step().await;
            shared.clock.sleep(Duration::from_secs(4)).await;
            return Err(LedgerError::Late);
        }
        let number = shared.ledger.reads.get() + shared.ledger.writes.get() + 1;
        let fails = shared.flaky > 0 && number.is_multiple_of(shared.flaky);
        let answer = self.call(CALL, || effect(&shared.ledger)).await;
        if fails {
            return Err(LedgerError::Late);
        }
        Ok(answer)
    }
}

impl World for Around {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn chance(&self) -> f64 {
        self.shared.clock.chance()
    }

    async fn sleep(&self, time: Duration) {
        self.step().await;
        self.shared.clock.sleep(time).await;
    }

    async fn secret(&self) -> Result<Webhook, SecretError> {
        let value =
            r#"{"url":"https://event-ai.eu-central-1.api.aws/webhook/generic/x","secret":"s"}"#;
        Ok(Webhook::parse(value, &UrlPolicy::default())?)
    }

    async fn post(&self, request: SignedRequest, _: Duration) -> Result<Posted, TransportError> {
        self.step().await;
        let (shared, now) = (&self.shared, self.now());
        let receiver = &shared.receiver;
        let second = SignedDuration::from_secs(1);
        let in_second = |it: &&Timestamp| now.duration_since(**it) < second;
        let busy = receiver
            .posts
            .borrow()
            .iter()
            .rev()
            .take_while(in_second)
            .count()
            >= 2;
        receiver.posts.borrow_mut().push(now);
        let posted = |status, body: &str| Posted {
            answer: Answer {
                status,
                retry_after: (status == 429).then(|| "1".to_owned()),
                body: body.as_bytes().to_vec(),
            },
            clock_skew: None,
        };
        if shared.down.contains(&now) {
            return Ok(posted(503, ""));
        }
        if busy {
            receiver.refused.set(receiver.refused.get() + 1);
            return Ok(posted(429, ""));
        }
        shared.clock.sleep(ANSWER).await;
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        if body["description"].as_str().unwrap().contains(POISON) {
            return Ok(posted(200, r#"{"errors":["no"]}"#));
        }
        receiver.taken.borrow_mut().push((now, body));
        self.step().await;
        Ok(posted(200, r#"{"message":"Webhook received"}"#))
    }

    async fn hide(&self, messages: &[(String, u64)], _: Timestamp) {
        for batch in messages.chunks(10) {
            self.call(CALL, || {
                for (receipt, seconds) in batch {
                    self.shared.queue.hide(receipt, *seconds);
                }
            })
            .await;
        }
    }

    async fn bury(&self, letters: &[DeadLetter], _: Timestamp) -> Vec<bool> {
        let reasons = letters.iter().map(|letter| letter.reason.clone());
        self.shared.queue.dead.borrow_mut().extend(reasons);
        vec![true; letters.len()]
    }

    fn log(&self, _: Level, message: &str, fields: Json) {
        if message != "told" {
            return;
        }
        let id = fields["incidentId"].as_str().unwrap().to_owned();
        let mut told = self.shared.told.borrow_mut();
        for member in fields["members"].as_array().unwrap() {
            let member = member.as_str().unwrap().to_owned();
            told.entry(member).or_default().insert(id.clone());
        }
    }

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        for (name, values) in metrics {
            if *name == "Held" {
                let held: u64 = values.iter().sum();
                self.shared.held.set(self.shared.held.get() + held);
            }
        }
    }

    async fn latest(&self, group: &str) -> Result<Option<Window>, LedgerError> {
        self.ask(|ledger| ledger.latest(group)).await
    }

    async fn window(&self, place: &Place) -> Result<Option<Window>, LedgerError> {
        self.ask(|ledger| ledger.window(place)).await
    }

    async fn save(&self, windows: &[&Window], tallies: &[Tally]) -> Result<Saved, LedgerError> {
        self.ask(|ledger| ledger.save(windows, tallies)).await
    }
}

/// What came of a storm.
pub(super) struct Aftermath {
    pub(super) taken: Vec<(Timestamp, Json)>,
    pub(super) refused: usize,
    pub(super) told: Told,
    /// How often something was held back.
    pub(super) held: u64,
    pub(super) dead: Vec<String>,
    pub(super) left: usize,
    pub(super) steps: usize,
    pub(super) used: Vec<i64>,
    pub(super) reads: usize,
    pub(super) writes: usize,
}

impl Aftermath {
    pub(super) fn of(shared: &Shared) -> Self {
        Self {
            taken: shared.receiver.taken.borrow().clone(),
            refused: shared.receiver.refused.get(),
            told: shared.told.borrow().clone(),
            held: shared.held.get(),
            dead: shared.queue.dead.borrow().clone(),
            left: shared.queue.left(),
            steps: shared.steps.get(),
            used: shared.ledger.days().values().map(|day| day.used).collect(),
            reads: shared.ledger.reads.get(),
            writes: shared.ledger.writes.get(),
        }
    }
}

/// How many incidents a body tells.
pub(super) fn members(body: &Json) -> u64 {
    body["data"]["members"].as_u64().unwrap_or(1)
}
