//! What surrounds an environment: one ledger, one receiver and two queues for all of them, and whatever goes
//! wrong at any of its calls.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    future::pending,
    rc::Rc,
    time::Duration,
};

use demo::agent::Agent;
use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::{
        Clock as ClockPort, DeadLetter, Endpoint, Ledger, LedgerError, Posted, Queue as QueuePort,
        SecretError, Telemetry, TransportError,
    },
    ledger::{Item, Key, MemoryLedger, Pending, Put, Versioned},
    log::Level,
};
use serde_json::{Value as Json, json};
use webhook::{Answer, SignedRequest, UrlPolicy, Webhook};

use super::{agent::Learned, clock::Clock, queue::Queue};

/// How long a call to AWS takes.
const CALL: Duration = Duration::from_millis(5);
/// How long the receiver takes.
const ANSWER: Duration = Duration::from_millis(100);
/// After how long a call to the ledger times out.
const PATIENCE: Duration = Duration::from_secs(4);
/// After how long a write that seemed to fail lands.
const LATE: SignedDuration = SignedDuration::from_secs(6);
/// What the receiver takes for an incident that is ill-formed.
const POISON: &str = "QueueName=queue-99999";

/// One call that a function makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Which of all calls.
    pub(crate) number: usize,
    pub(crate) what: What,
    pub(crate) at: Timestamp,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum What {
    Read,
    Write,
    Due,
    Defer,
    DeadLetter,
    Post,
    /// Nothing: the function has answered, and Lambda removes the messages.
    Answer,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The function is killed before the call has its effect.
    KilledBefore,
    /// The function is killed after it.
    KilledAfter,
    /// It fails, without an effect.
    Fails,
    /// It seems to fail, and has an effect.
    AnswerLost,
    /// It seems to fail, and has an effect a while later.
    LandsLate,
    /// It takes so long.
    Slow(Duration),
    /// Nobody listens: it fails at once, without an effect.
    Refused,
    /// The receiver answers with this status.
    Status(u16),
}

/// What all environments share.
pub(crate) struct Shared {
    pub(crate) clock: Rc<Clock>,
    pub(crate) queue: Rc<Queue>,
    pub(crate) ledger: RefCell<MemoryLedger>,
    /// Writes that land late.
    late: RefCell<Vec<(Timestamp, Vec<Put>)>>,
    pub(crate) receiver: Receiver,
    /// Who investigates what the receiver has taken, if anybody does.
    pub(crate) agent: RefCell<Option<Agent>>,
    /// A mistake: an identity that is there is written over.
    pub(crate) overwrites: Cell<bool>,
    /// Whether what is written has a field that readers do not know.
    pub(crate) versions: Cell<bool>,
    /// What was called when, for each call.
    pub(crate) history: RefCell<Vec<(What, Timestamp)>>,
    /// The calls at which an item expires that would have expired later.
    pub(crate) expires: RefCell<Vec<usize>>,
    /// The calls at which the ledger learns how far the investigation of a report is.
    pub(crate) learns: RefCell<Vec<(usize, Learned)>>,
    pub(crate) faults: RefCell<Box<dyn FnMut(Call) -> Option<Fault>>>,
    pub(crate) calls: Cell<usize>,
    pub(crate) reads: Cell<usize>,
    pub(crate) writes: Cell<usize>,
    pub(crate) log: RefCell<Vec<(Timestamp, String, Json)>>,
    pub(crate) metrics: RefCell<BTreeMap<&'static str, Vec<u64>>>,
    /// Groups whose items cannot be read.
    pub(crate) unreadable: RefCell<BTreeSet<String>>,
    /// After each batch: when, how many messages delivery hides, and how many windows are to be sent or have
    /// been for less than a minute.
    pub(crate) hidden: RefCell<Vec<(Timestamp, usize, usize)>>,
    /// How long the longest invocation took.
    pub(crate) longest: Cell<SignedDuration>,
}

/// The receiver, which takes two requests a second and answers 429 beyond.
#[derive(Default)]
pub(crate) struct Receiver {
    pub(crate) posts: RefCell<Vec<Timestamp>>,
    /// When it has taken what.
    pub(crate) taken: RefCell<Vec<(Timestamp, Json)>>,
    /// How often it was asked for too much.
    pub(crate) refused: Cell<usize>,
}

/// What surrounds one environment.
pub(crate) struct Around {
    pub(crate) shared: Rc<Shared>,
    pub(crate) killed: Rc<Cell<bool>>,
    /// How far its clock is off.
    pub(crate) skew: SignedDuration,
}

impl Shared {
    pub(crate) fn new(
        clock: Rc<Clock>,
        queue: Rc<Queue>,
        faults: impl FnMut(Call) -> Option<Fault> + 'static,
    ) -> Self {
        Self {
            clock,
            queue,
            ledger: RefCell::default(),
            late: RefCell::default(),
            receiver: Receiver::default(),
            agent: RefCell::default(),
            overwrites: Cell::default(),
            versions: Cell::default(),
            history: RefCell::default(),
            expires: RefCell::default(),
            learns: RefCell::default(),
            faults: RefCell::new(Box::new(faults)),
            calls: Cell::default(),
            reads: Cell::default(),
            writes: Cell::default(),
            log: RefCell::default(),
            metrics: RefCell::default(),
            unreadable: RefCell::default(),
            hidden: RefCell::default(),
            longest: Cell::default(),
        }
    }

    /// Notes what a batch has left.
    pub(crate) fn is_batch_done(&self, began: Timestamp) {
        let now = self.clock.now();
        let longest = self.longest.get().max(now.duration_since(began));
        self.longest.set(longest);
        let ledger = self.ledger.borrow();
        let is_new = |at: Timestamp| now.duration_since(at) <= SignedDuration::from_mins(1);
        let windows = ledger.items().filter(|(_, it)| match it {
            Item::Window(it) => it.state.is_final_since().is_none_or(is_new),
            _ => false,
        });
        let state = (now, self.queue.hidden(), windows.count());
        self.hidden.borrow_mut().push(state);
    }

    /// The next call, and what goes wrong with it.
    fn fault(&self, what: What) -> Option<Fault> {
        let number = self.calls.get();
        self.calls.set(number + 1);
        if self.expires.borrow().contains(&number) {
            self.ledger.borrow_mut().forget_first();
        }
        let learns = self.learns.borrow();
        for (_, learned) in learns.iter().filter(|(its, _)| *its == number) {
            self.learn(*learned);
        }
        let at = self.clock.now();
        self.history.borrow_mut().push((what, at));
        (self.faults.borrow_mut())(Call { number, what, at })
    }

    fn land(&self) {
        let now = self.clock.now();
        let mut late = self.late.borrow_mut();
        late.retain(|(at, puts)| {
            if *at <= now {
                self.ledger.borrow_mut().write(puts);
            }
            *at > now
        });
    }

    /// Lines of the log with this message.
    pub(crate) fn lines(&self, message: &str) -> Vec<(Timestamp, Json)> {
        let log = self.log.borrow();
        let lines = log.iter().filter(|(_, its, _)| its == message);
        lines.map(|(at, _, fields)| (*at, fields.clone())).collect()
    }
}

impl Around {
    /// A call that may go wrong; `Err` where it seems to have failed.
    async fn call<T>(&self, what: What, effect: impl FnOnce() -> T) -> Result<T, ()> {
        let fault = self.shared.fault(what);
        self.carry_out(fault, effect).await
    }

    async fn carry_out<T>(
        &self,
        fault: Option<Fault>,
        effect: impl FnOnce() -> T,
    ) -> Result<T, ()> {
        match fault {
            Some(Fault::KilledBefore) => self.killed().await,
            Some(Fault::Fails | Fault::Status(_) | Fault::LandsLate) => {
                self.shared.clock.sleep(PATIENCE).await;
                return Err(());
            }
            Some(Fault::Refused) => return Err(()),
            Some(Fault::Slow(time)) => self.shared.clock.sleep(time).await,
            Some(Fault::KilledAfter | Fault::AnswerLost) | None => {
                self.shared.clock.sleep(CALL).await;
            }
        }
        self.shared.land();
        let result = effect();
        match fault {
            Some(Fault::KilledAfter) => self.killed().await,
            Some(Fault::AnswerLost) => {
                self.shared.clock.sleep(PATIENCE).await;
                return Err(());
            }
            Some(Fault::Slow(time)) if time > PATIENCE => return Err(()),
            _ => {}
        }
        Ok(result)
    }

    async fn killed<T>(&self) -> T {
        self.killed.set(true);
        pending().await
    }

    /// The function has answered. Whether Lambda receives the answer.
    pub(crate) async fn answer(&self) -> bool {
        self.call(What::Answer, || ()).await.is_ok()
    }
}

impl ClockPort for Around {
    fn now(&self) -> Timestamp {
        self.shared.clock.now().checked_add(self.skew).unwrap()
    }

    fn jitter(&self) -> f64 {
        self.shared.clock.chance()
    }

    async fn sleep(&self, time: Duration) {
        self.shared.clock.sleep(time).await;
    }
}

impl Ledger for Around {
    async fn read(
        &self,
        keys: &[Key],
    ) -> BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>> {
        assert!(keys.len() <= 100, "a read has at most 100 items");
        let reads = &self.shared.reads;
        reads.set(reads.get() + 1);
        let read = self.call(What::Read, || {
            let ledger = self.shared.ledger.borrow();
            let each = keys.iter().map(|key| ledger.get(key).cloned());
            each.collect::<Vec<_>>()
        });
        let read = read.await;
        let unreadable = self.shared.unreadable.borrow();
        let of = |index: usize| match &read {
            Ok(_) if unreadable.contains(&keys[index].group) => Err(LedgerError::Unreadable),
            Ok(found) => Ok(found[index].clone()),
            Err(()) => Err(LedgerError::Late),
        };
        let each = keys.iter().enumerate();
        each.map(|(index, key)| (key.clone(), of(index))).collect()
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        assert!(puts.len() <= 100, "a transaction has at most 100 items");
        let shared = &self.shared;
        shared.writes.set(shared.writes.get() + 1);
        let mut puts = puts.to_vec();
        if shared.overwrites.get() {
            let identities = puts
                .iter_mut()
                .filter(|it| matches!(it.item, Item::Identity(_)));
            identities.for_each(|it| it.after = None);
        }
        if shared.versions.get() {
            for put in &mut puts {
                put.item = through_another_version(&put.item);
            }
        }
        let fault = shared.fault(What::Write);
        if fault == Some(Fault::LandsLate) {
            let at = shared.clock.now().checked_add(LATE).unwrap();
            shared.late.borrow_mut().push((at, puts.clone()));
        }
        let written = self.carry_out(fault, || shared.ledger.borrow_mut().write(&puts));
        written.await.map_err(|()| LedgerError::Late)
    }

    async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        let reads = &self.shared.reads;
        reads.set(reads.get() + 1);
        let due = self.call(What::Due, || self.shared.ledger.borrow().due(by));
        due.await.map_err(|()| LedgerError::Late)
    }
}

impl QueuePort for Around {
    async fn defer(&self, messages: &[(String, u64)], _: Timestamp) {
        for batch in messages.chunks(10) {
            let deferred = self.call(What::Defer, || {
                for (receipt, seconds) in batch {
                    self.shared.queue.defer(receipt, *seconds);
                }
            });
            let _ = deferred.await;
        }
    }

    async fn dead_letter(&self, letters: &[DeadLetter], _: Timestamp) -> Vec<bool> {
        let written = self.call(What::DeadLetter, || {
            self.shared
                .queue
                .dead
                .borrow_mut()
                .extend_from_slice(letters);
        });
        let written = written.await.is_ok();
        vec![written; letters.len()]
    }
}

impl Endpoint for Around {
    async fn secret(&self) -> Result<Webhook, SecretError> {
        let value =
            r#"{"url":"https://event-ai.eu-central-1.api.aws/webhook/generic/x","secret":"s"}"#;
        Ok(Webhook::parse(value, &UrlPolicy::default())?)
    }

    async fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> Result<Posted, TransportError> {
        let (shared, now) = (&self.shared, self.shared.clock.now());
        let receiver = &shared.receiver;
        let in_second = |it: &&Timestamp| now.duration_since(**it) < SignedDuration::from_secs(1);
        let recent = receiver
            .posts
            .borrow()
            .iter()
            .rev()
            .take_while(in_second)
            .count();
        receiver.posts.borrow_mut().push(now);
        let fault = shared.fault(What::Post);
        match fault {
            Some(Fault::KilledBefore) => self.killed().await,
            Some(Fault::Status(status)) => return Ok(posted(status, "")),
            Some(Fault::Refused) => return Err(TransportError("connect")),
            Some(Fault::Fails | Fault::LandsLate) => {
                shared.clock.sleep(deadline).await;
                return Err(TransportError("timeout"));
            }
            Some(Fault::Slow(time)) => shared.clock.sleep(time.min(deadline)).await,
            _ => {}
        }
        if recent >= 2 {
            receiver.refused.set(receiver.refused.get() + 1);
            return Ok(posted(429, ""));
        }
        shared.clock.sleep(ANSWER).await;
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let description = body["description"].as_str().unwrap();
        let (own, _) = description
            .split_once("\n\nOther groups of this account")
            .unwrap_or((description, ""));
        if own.contains(POISON) {
            return Ok(posted(200, r#"{"errors":["no"]}"#));
        }
        if let Some(agent) = shared.agent.borrow_mut().as_mut() {
            agent.accept(&body, now);
        }
        receiver.taken.borrow_mut().push((now, body));
        match fault {
            Some(Fault::KilledAfter) => self.killed().await,
            Some(Fault::AnswerLost) => {
                shared.clock.sleep(deadline).await;
                Err(TransportError("timeout"))
            }
            _ => Ok(posted(200, r#"{"message":"Webhook received"}"#)),
        }
    }
}

/// The item as it is read after a newer version has added to it.
fn through_another_version(item: &Item) -> Item {
    let mut json = serde_json::to_value(item).unwrap();
    json["added"] = json!({ "since": "later" });
    serde_json::from_value(json).unwrap()
}

fn posted(status: u16, body: &str) -> Posted {
    Posted {
        answer: Answer {
            status,
            retry_after: (status == 429).then(|| "1".to_owned()),
            body: body.as_bytes().to_vec(),
        },
        clock_skew: None,
    }
}

impl Telemetry for Around {
    fn log(&self, _: Level, message: &str, fields: Json) {
        let line = (self.shared.clock.now(), message.to_owned(), fields);
        self.shared.log.borrow_mut().push(line);
    }

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        let mut all = self.shared.metrics.borrow_mut();
        for (name, values) in metrics {
            all.entry(name).or_default().extend_from_slice(values);
        }
    }
}
