//! A webhook that is down for a minute, an hour, a day or a week: the decisions of `deliver`, with the
//! numbers of the template, on a clock that only waiting moves. The row is one of "What delivery
//! promises" in ARCHITECTURE.md.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    ops::Range,
    rc::Rc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::{
        DeadLetter, Deliver, LedgerError, Posted, Saved, SecretError, TransportError, World,
    },
    ledger::{Place, Tally, Window},
    log::Level,
};
use serde_json::{Value as Json, json};
use webhook::{
    Answer, Envelope, Incident, IncidentId, Priority, Signal, SignedRequest, UrlPolicy, Webhook,
};

use crate::simulation::{
    clock::{Clock, Task},
    environment::{Life, environment},
    ledger::Ledger,
    queue::{Numbers, Queue},
    unlimited,
};

const BEGIN: &str = "2026-01-02T00:00:00Z";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A receiver that is down for a while.
struct Receiver {
    down: Range<Timestamp>,
    posts: RefCell<Vec<Timestamp>>,
    taken: RefCell<Vec<(Timestamp, String)>>,
}

/// What one environment of the function has around it.
struct Around {
    clock: Rc<Clock>,
    queue: Rc<Queue>,
    receiver: Rc<Receiver>,
    ledger: Rc<Ledger>,
}

impl World for Around {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn chance(&self) -> f64 {
        self.clock.chance()
    }

    async fn sleep(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    async fn secret(&self) -> Result<Webhook, SecretError> {
        let value =
            r#"{"url":"https://event-ai.eu-central-1.api.aws/webhook/generic/x","secret":"s"}"#;
        Ok(Webhook::parse(value, &UrlPolicy::default())?)
    }

    /// While it is down it fails in one way after the other: nobody listens, it is overloaded and says
    /// so or for how long, nobody answers.
    async fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> Result<Posted, TransportError> {
        let now = self.now();
        self.receiver.posts.borrow_mut().push(now);
        let posted = |status, retry_after: Option<&str>, body: &str| Posted {
            answer: Answer {
                status,
                retry_after: retry_after.map(str::to_owned),
                body: body.as_bytes().to_vec(),
            },
            clock_skew: None,
        };
        if self.receiver.down.contains(&now) {
            let number = self.receiver.posts.borrow().len();
            return match number % 4 {
                0 => Err(TransportError("connect")),
                1 => Ok(posted(503, None, "")),
                2 => Ok(posted(429, Some("3"), "")),
                _ => {
                    self.clock.sleep(deadline).await;
                    Err(TransportError("timeout"))
                }
            };
        }
        self.clock.sleep(Duration::from_millis(100)).await;
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let id = body["incidentId"].as_str().unwrap().to_owned();
        self.receiver.taken.borrow_mut().push((now, id));
        Ok(posted(200, None, r#"{"message":"Webhook received"}"#))
    }

    async fn hide(&self, messages: &[(String, u64)], _: Timestamp) {
        for (receipt, seconds) in messages {
            self.queue.hide(receipt, *seconds);
        }
    }

    async fn bury(&self, letters: &[DeadLetter], _: Timestamp) -> Vec<bool> {
        let reasons = letters.iter().map(|letter| letter.reason.clone());
        self.queue.dead.borrow_mut().extend(reasons);
        vec![true; letters.len()]
    }

    fn log(&self, _: Level, _: &str, _: Json) {}

    fn metrics(&self, _: &[(&'static str, &[u64])]) {}

    async fn latest(&self, group: &str) -> Result<Option<Window>, LedgerError> {
        Ok(self.ledger.latest(group))
    }

    async fn window(&self, place: &Place) -> Result<Option<Window>, LedgerError> {
        Ok(self.ledger.window(place))
    }

    async fn save(&self, windows: &[&Window], tallies: &[Tally]) -> Result<Saved, LedgerError> {
        Ok(self.ledger.save(windows, tallies))
    }
}

/// What came of it.
struct Story {
    receiver: Rc<Receiver>,
    sent: BTreeSet<String>,
    dead: Vec<String>,
    left: usize,
    /// How often a message was received at most.
    receives: u32,
}

/// An hour in which all is well, then `down`, then two hours more. There is an incident each `apart`
/// until the receiver is back.
fn story(down: SignedDuration, apart: SignedDuration, life: SignedDuration, seed: u64) -> Story {
    let numbers = Numbers::synthesized();
    let begin: Timestamp = BEGIN.parse().unwrap();
    let failed = begin.checked_add(HOUR).unwrap();
    let mended = failed.checked_add(down).unwrap();
    let end = mended.checked_add(HOUR * 2).unwrap();
    let clock = Rc::new(Clock::new(begin, seed));
    let queue = Rc::new(Queue::new(Rc::clone(&clock), numbers));
    let receiver = Rc::new(Receiver {
        down: failed..mended,
        posts: RefCell::default(),
        taken: RefCell::default(),
    });

    let ledger = Rc::new(Ledger::default());
    let mut sent = BTreeSet::new();
    let mut at = begin;
    while at < mended {
        let name = at.to_string();
        let id = IncidentId::of("alarm", &[&name]);
        let incident = Incident::new(id.clone(), Priority::High, &name, "d", at, "s", json!({}));
        queue.send(&name, Envelope::new(Signal::Alarm, incident).to_body(), at);
        sent.insert(id.to_string());
        at = at.checked_add(apart).unwrap();
    }

    let tasks = (0..numbers.concurrency).map(|number| -> Task<'_> {
        // They were not born at once.
        let older = life / 2 * i32::try_from(number).unwrap();
        let born = begin.checked_sub(older).unwrap();
        let around = Around {
            clock: Rc::clone(&clock),
            queue: Rc::clone(&queue),
            receiver: Rc::clone(&receiver),
            ledger: Rc::clone(&ledger),
        };
        let life = Life {
            timeout: numbers.timeout,
            length: life,
            born,
            end,
            killed: Rc::new(Cell::new(false)),
        };
        let queue = Rc::clone(&queue);
        Box::pin(environment(around, queue, life, || {
            Deliver::default().grouping(unlimited())
        }))
    });
    clock.run(tasks.collect());
    Story {
        receiver,
        sent,
        dead: queue.dead.take(),
        left: queue.left(),
        receives: queue.most_receives(),
    }
}

impl Story {
    /// How many posts there were at most in an hour that lies in `within`, whenever it begins.
    fn busiest_hour(&self, within: &Range<Timestamp>) -> usize {
        let posts = self.receiver.posts.borrow();
        let posts: Vec<Timestamp> = posts
            .iter()
            .copied()
            .filter(|it| within.contains(it))
            .collect();
        let from = |first: &Timestamp| {
            let hour = posts.iter().filter(|it| *it >= first);
            hour.filter(|it| it.duration_since(*first) < HOUR).count()
        };
        posts.iter().map(from).max().unwrap_or_default()
    }

    /// How long after it was mended the receiver had the last of what it missed.
    fn caught_up(&self) -> SignedDuration {
        let taken = self.receiver.taken.borrow();
        let last = taken.iter().map(|(at, _)| *at).max().unwrap();
        last.duration_since(self.receiver.down.end)
    }
}

/// Row 1: whatever it is down for, nothing is lost or sent twice, it is not
/// stormed while it is down or when it is back, and it soon has everything. An environment that takes
/// the place of another in the middle of it knows nothing, and finds out in three posts more.
#[test]
fn a_receiver_that_was_down_has_everything_within_twenty_minutes() {
    let (minute, hours) = (SignedDuration::from_mins(1), SignedDuration::from_hours);
    for (down, life, posts, seeds) in [
        (minute, hours(48), 12, 4),
        (hours(1), hours(48), 12, 4),
        (hours(24), hours(48), 12, 1),
        (hours(24), hours(3), 15, 1),
    ] {
        for seed in 0..seeds {
            check(&story(down, minute * 5, life, seed), posts);
        }
    }
}

#[track_caller]
fn check(story: &Story, most_posts_an_hour: usize) {
    let taken = story.receiver.taken.borrow();
    let ids: BTreeSet<&String> = taken.iter().map(|(_, id)| id).collect();
    assert_eq!(ids, story.sent.iter().collect());
    assert_eq!(taken.len(), ids.len(), "one was sent twice");
    assert_eq!((story.dead.len(), story.left), (0, 0));

    let caught_up = story.caught_up();
    assert!(caught_up <= SignedDuration::from_mins(20), "{caught_up}");
    let busiest = story.busiest_hour(&story.receiver.down);
    assert!(busiest <= most_posts_an_hour, "{busiest} posts in an hour");
    for three in story.receiver.posts.borrow().windows(3) {
        let apart = three[2].duration_since(three[0]);
        assert!(
            apart >= SignedDuration::from_secs(1),
            "three posts in {apart}"
        );
    }
}

/// What is older than six days is a dead letter with that reason, and nothing else is: SQS neither
/// moves what came back too often nor deletes what is too old.
#[test]
fn after_a_week_what_is_given_up_says_so() {
    let hours = SignedDuration::from_hours;
    let story = story(hours(7 * 24), hours(1), hours(3), 0);
    let reasons: BTreeSet<&str> = story.dead.iter().map(String::as_str).collect();
    let reasons: Vec<&str> = reasons.into_iter().collect();
    assert_eq!(reasons, ["given up after six days in the queue"]);
    let taken = story.receiver.taken.borrow().len();
    assert_eq!(
        (taken + story.dead.len(), story.left),
        (story.sent.len(), 0)
    );
    let limit = Numbers::synthesized().max_receives;
    assert!(story.receives < limit * 9 / 10, "{}", story.receives);
}
