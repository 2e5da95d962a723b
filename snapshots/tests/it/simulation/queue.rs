//! A standard queue of SQS and the event source mapping that reads it, as both are documented.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeSet, HashMap},
    rc::Rc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use runtime::deliver::{DeadLetter, Message};
use serde_json::{Value as Json, json};
use snapshots::{account, directory};

use super::clock::Clock;

/// Bytes of a batch at most, with room for what Lambda says of each message. Source: "Lambda quotas".
const PAYLOAD: usize = 5_500_000;

/// What the template says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    pub(crate) timeout: SignedDuration,
    pub(crate) visibility: SignedDuration,
    pub(crate) retention: SignedDuration,
    pub(crate) max_receives: u32,
    pub(crate) batch: usize,
    pub(crate) window: Duration,
    pub(crate) concurrency: usize,
    pub(crate) sweep: SignedDuration,
}

/// The queue of incidents.
pub(crate) struct Queue {
    clock: Rc<Clock>,
    numbers: Numbers,
    messages: RefCell<Vec<Option<Queued>>>,
    /// When which of them is to be seen.
    visible: RefCell<BTreeSet<(Timestamp, usize)>>,
    /// Their numbers, by their IDs.
    numbers_of: RefCell<HashMap<String, usize>>,
    most_receives: Cell<u32>,
    /// How many gather a batch at the moment.
    gathering: Cell<usize>,
    /// A mistake: what is deferred comes back so many seconds later than it was to.
    pub(crate) added_delay: u64,
    /// The dead letters: those that `deliver` wrote, and those that SQS moved.
    pub(crate) dead: RefCell<Vec<DeadLetter>>,
}

struct Queued {
    message: Message,
    received: Timestamp,
    visible: Timestamp,
    /// Whether one of two that gathered at once has left it to the other.
    left: bool,
    /// Whether delivery has deferred it since it was received.
    deferred: bool,
}

impl Numbers {
    /// The numbers of an account file's template.
    pub(crate) fn synthesized() -> Self {
        let account = account(&directory("cases/example"));
        let stacks = stacks::synthesize(&account.monitor).unwrap();
        let template = stacks[0].template.to_json();
        let resources = template["Resources"].as_object().unwrap();
        let queue = &resources["Incidents"]["Properties"];
        let function = &resources["DeliverFunction"]["Properties"];
        let mapping = resources
            .values()
            .find(|it| it["Type"] == "AWS::Lambda::EventSourceMapping")
            .map(|it| &it["Properties"])
            .unwrap();
        let number = |json: &Json| json.as_i64().unwrap();
        let seconds = |json: &Json| SignedDuration::from_secs(number(json));
        Self {
            timeout: seconds(&function["Timeout"]),
            visibility: seconds(&queue["VisibilityTimeout"]),
            retention: seconds(&queue["MessageRetentionPeriod"]),
            max_receives: number(&queue["RedrivePolicy"]["maxReceiveCount"])
                .try_into()
                .unwrap(),
            batch: number(&mapping["BatchSize"]).try_into().unwrap(),
            window: seconds(&mapping["MaximumBatchingWindowInSeconds"])
                .try_into()
                .unwrap(),
            concurrency: number(&mapping["ScalingConfig"]["MaximumConcurrency"])
                .try_into()
                .unwrap(),
            sweep: SignedDuration::from_mins(5),
        }
    }
}

impl Queue {
    pub(crate) fn new(clock: Rc<Clock>, numbers: Numbers) -> Self {
        Self {
            clock,
            numbers,
            messages: RefCell::default(),
            visible: RefCell::default(),
            numbers_of: RefCell::default(),
            most_receives: Cell::default(),
            gathering: Cell::default(),
            added_delay: 0,
            dead: RefCell::default(),
        }
    }

    /// A message that will be sent at `at`.
    pub(crate) fn send(&self, id: &str, body: String, at: Timestamp) {
        let message = Message {
            id: id.to_owned(),
            receipt: id.to_owned(),
            body,
            queued: Some(at),
            receives: 0,
        };
        let queued = Queued {
            message,
            received: at,
            visible: at,
            left: false,
            deferred: false,
        };
        let mut numbers = self.numbers_of.borrow_mut();
        let number = numbers.len();
        numbers.insert(id.to_owned(), number);
        self.visible.borrow_mut().insert((at, number));
        self.messages.borrow_mut().push(Some(queued));
    }

    /// Waits for a message; says whether there is one before `end`.
    pub(crate) async fn wait(&self, end: Timestamp) -> bool {
        self.clock
            .until(|| {
                let visible = self.visible.borrow();
                let next = visible.first().map_or(end, |(at, _)| *at);
                if next <= self.clock.now() && self.clock.now() < end {
                    Ok(true)
                } else {
                    Err(next.min(end))
                }
            })
            .await
    }

    /// Whether as much waits as Lambda hands over at once.
    fn is_full_batch(&self) -> bool {
        let messages = self.messages.borrow();
        let mut room = self.numbers.batch;
        let mut size = 0;
        let (visible, now) = (self.visible.borrow(), self.clock.now());
        let mut seen = visible.iter().take_while(|(at, _)| *at <= now);
        seen.any(|(_, id)| {
            room -= 1;
            size += messages[*id].as_ref().map_or(0, |it| it.message.body.len());
            room == 0 || size > PAYLOAD
        })
    }

    /// When the next message is seen that is not seen yet.
    fn next_visible(&self) -> Timestamp {
        let now = self.clock.now();
        let visible = self.visible.borrow();
        let mut unseen = visible.iter().skip_while(|(at, _)| *at <= now);
        unseen.next().map_or(Timestamp::MAX, |(at, _)| *at)
    }

    /// Gathers a batch. Of two that do so at once each gets a share, as chance will have it.
    pub(crate) async fn receive(&self) -> Json {
        self.gathering.set(self.gathering.get() + 1);
        let gathered = self.clock.now().checked_add(self.numbers.window).unwrap();
        while self.clock.now() < gathered && !self.is_full_batch() {
            let next = self.next_visible().min(gathered);
            self.clock.until(|| Err::<(), _>(next)).await;
        }
        let now = self.clock.now();
        let is_alone = self.gathering.replace(self.gathering.get() - 1) == 1;
        let mut batch = Vec::new();
        let mut size = 0;
        let mut messages = self.messages.borrow_mut();
        let mut visible = self.visible.borrow_mut();
        let seen = visible.iter().take_while(|(at, _)| *at <= now);
        let seen: Vec<usize> = seen.map(|(_, id)| *id).collect();
        for id in seen {
            let it = messages[id].as_mut().unwrap();
            let is_full =
                batch.len() == self.numbers.batch || size + it.message.body.len() > PAYLOAD;
            it.left = !is_alone && !it.left && self.clock.chance() < 0.5;
            if is_full || it.left {
                continue;
            }
            visible.remove(&(it.visible, id));
            if it.message.receives == self.numbers.max_receives {
                self.is_dead(&it.message.body, "moved by SQS: received too often");
                messages[id] = None;
                continue;
            }
            if now.duration_since(it.message.queued.unwrap()) > self.numbers.retention {
                self.is_dead(&it.message.body, "deleted by SQS: too old");
                messages[id] = None;
                continue;
            }
            size += it.message.body.len();
            it.message.receives += 1;
            self.most_receives
                .set(self.most_receives.get().max(it.message.receives));
            it.received = now;
            it.deferred = false;
            it.visible = now.saturating_add(self.numbers.visibility).unwrap();
            visible.insert((it.visible, id));
            batch.push(record(&it.message));
        }
        json!({ "Records": batch })
    }

    pub(crate) fn delete(&self, id: &str) {
        let number = self.numbers_of.borrow()[id];
        if let Some(it) = self.messages.borrow_mut()[number].take() {
            self.visible.borrow_mut().remove(&(it.visible, number));
        }
    }

    fn is_dead(&self, body: &str, reason: &str) {
        self.dead.borrow_mut().push(DeadLetter {
            body: body.to_owned(),
            reason: reason.to_owned(),
            queued: String::new(),
            window: None,
        });
    }

    /// `ChangeMessageVisibility`, which refuses more than twelve hours in all.
    pub(crate) fn defer(&self, receipt: &str, seconds: u64) {
        let mut messages = self.messages.borrow_mut();
        let number = self.numbers_of.borrow()[receipt];
        // An answer that was lost is no reason to fail: the message may have ended meanwhile.
        let Some(it) = messages[number].as_mut() else {
            return;
        };
        let hidden = Duration::from_secs(seconds + self.added_delay);
        let mut visible = self.visible.borrow_mut();
        visible.remove(&(it.visible, number));
        it.visible = self.clock.now().checked_add(hidden).unwrap();
        visible.insert((it.visible, number));
        it.deferred = true;
        let in_all = it.visible.duration_since(it.received);
        assert!(in_all <= SignedDuration::from_hours(12), "{in_all}");
    }

    /// How many messages are left.
    pub(crate) fn left(&self) -> usize {
        self.messages.borrow().iter().flatten().count()
    }

    /// How many messages are hidden because delivery has deferred them.
    pub(crate) fn hidden(&self) -> usize {
        let (messages, now) = (self.messages.borrow(), self.clock.now());
        let hidden = |it: &&Queued| it.deferred && it.visible > now;
        messages.iter().flatten().filter(hidden).count()
    }

    /// How many messages nobody has taken although they are to be seen.
    pub(crate) fn untaken(&self, at: Timestamp) -> usize {
        self.visible
            .borrow()
            .iter()
            .take_while(|(its, _)| *its < at)
            .count()
    }

    /// How often a message was received at most.
    pub(crate) fn most_receives(&self) -> u32 {
        self.most_receives.get()
    }
}

/// A message as Lambda hands it to a function.
fn record(message: &Message) -> Json {
    json!({
        "messageId": message.id,
        "receiptHandle": message.receipt,
        "body": message.body,
        "attributes": {
            "SentTimestamp": message.queued.unwrap().as_millisecond().to_string(),
            "ApproximateReceiveCount": message.receives.to_string(),
        },
    })
}
