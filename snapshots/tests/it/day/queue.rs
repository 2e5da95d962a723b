//! A standard queue of SQS and the event source mapping that reads it, as both are documented.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use runtime::deliver::Message;
use serde_json::{Value as Json, json};
use snapshots::{account, directory};
use stacks::ToJson as _;

use super::clock::Clock;

/// What the template says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) timeout: SignedDuration,
    pub(super) visibility: SignedDuration,
    pub(super) retention: SignedDuration,
    pub(super) max_receives: u32,
    pub(super) batch: usize,
    pub(super) window: Duration,
    pub(super) concurrency: usize,
}

/// The queue of incidents.
pub(super) struct Queue {
    clock: Rc<Clock>,
    numbers: Numbers,
    messages: RefCell<Vec<Queued>>,
    most_receives: Cell<u32>,
    /// The dead letters, by their reasons: those that `deliver` wrote, and those that SQS moved.
    pub(super) dead: RefCell<Vec<String>>,
}

struct Queued {
    message: Message,
    received: Timestamp,
    visible: Timestamp,
}

impl Numbers {
    /// The numbers of an account file's template.
    pub(super) fn synthesized() -> Self {
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
        }
    }
}

impl Queue {
    pub(super) fn new(clock: Rc<Clock>, numbers: Numbers) -> Self {
        Self {
            clock,
            numbers,
            messages: RefCell::default(),
            most_receives: Cell::default(),
            dead: RefCell::default(),
        }
    }

    /// A message that will be sent at `at`.
    pub(super) fn send(&self, id: &str, body: String, at: Timestamp) {
        let message = Message {
            id: id.to_owned(),
            receipt: id.to_owned(),
            body,
            queued: Some(at),
            receives: 0,
        };
        self.messages.borrow_mut().push(Queued {
            message,
            received: at,
            visible: at,
        });
    }

    /// Waits for a message; says whether there is one before `end`.
    pub(super) async fn wait(&self, end: Timestamp) -> bool {
        self.clock
            .until(|| {
                let messages = self.messages.borrow();
                let next = messages.iter().map(|it| it.visible).min().unwrap_or(end);
                if next <= self.clock.now() && self.clock.now() < end {
                    Ok(true)
                } else {
                    Err(next.min(end))
                }
            })
            .await
    }

    /// Gathers a batch. Of two that do so at once each gets a share, as chance will have it.
    pub(super) async fn receive(&self) -> Json {
        self.clock.sleep(self.numbers.window).await;
        let now = self.clock.now();
        let mut batch = Vec::new();
        let mut dead = self.dead.borrow_mut();
        self.messages.borrow_mut().retain_mut(|it| {
            if it.visible > now || batch.len() == self.numbers.batch || self.clock.chance() < 0.5 {
                return true;
            }
            if it.message.receives == self.numbers.max_receives {
                dead.push("moved by SQS: received too often".to_owned());
                return false;
            }
            if now.duration_since(it.message.queued.unwrap()) > self.numbers.retention {
                dead.push("deleted by SQS: too old".to_owned());
                return false;
            }
            it.message.receives += 1;
            self.most_receives
                .set(self.most_receives.get().max(it.message.receives));
            it.received = now;
            it.visible = now.saturating_add(self.numbers.visibility).unwrap();
            batch.push(record(&it.message));
            true
        });
        json!({ "Records": batch })
    }

    pub(super) fn delete(&self, id: &str) {
        self.messages.borrow_mut().retain(|it| it.message.id != id);
    }

    /// `ChangeMessageVisibility`, which refuses more than twelve hours in all.
    pub(super) fn hide(&self, receipt: &str, seconds: u64) {
        let mut messages = self.messages.borrow_mut();
        let it = messages
            .iter_mut()
            .find(|it| it.message.receipt == receipt)
            .unwrap();
        let hidden = Duration::from_secs(seconds);
        it.visible = self.clock.now().checked_add(hidden).unwrap();
        let in_all = it.visible.duration_since(it.received);
        assert!(in_all <= SignedDuration::from_hours(12), "{in_all}");
    }

    /// How many messages are left.
    pub(super) fn left(&self) -> usize {
        self.messages.borrow().len()
    }

    /// How often a message was received at most.
    pub(super) fn most_receives(&self) -> u32 {
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
