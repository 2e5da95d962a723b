//! A webhook that is down for a minute, an hour, a day or a week: the decisions of `deliver`, with the
//! numbers of the template, on a clock that only waiting moves. The row is one of "What delivery
//! promises" in docs/delivery.md.

use std::{cell::Cell, collections::BTreeSet, ops::Range, rc::Rc};

use contract::{Envelope, FunctionName, Incident, IncidentId, Priority};
use jiff::{SignedDuration, Timestamp};
use runtime::deliver::Deliver;
use serde_json::json;

use crate::simulation::{
    around::{Around, Call, Fault, Shared, What},
    clock::{Clock, Task},
    environment::{Life, environment, sweeper},
    queue::{Numbers, Queue},
    unlimited,
};

const BEGIN: &str = "2026-01-02T00:00:00Z";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What came of it.
struct Story {
    down: Range<Timestamp>,
    posts: Vec<Timestamp>,
    /// The IDs of reports that the receiver took, and when.
    taken: Vec<(Timestamp, String)>,
    /// The IDs of incidents.
    sent: BTreeSet<String>,
    /// The windows of dead letters, and the reasons.
    dead: Vec<(Option<String>, String)>,
    left: usize,
    /// How often a message was received at most.
    receives: u32,
}

/// While it is down the receiver fails in one way after the other: nobody listens, it is overloaded and says
/// so or for how long, nobody answers.
fn failing(down: Range<Timestamp>) -> impl FnMut(Call) -> Option<Fault> {
    let ways = [
        Fault::Status(503),
        Fault::Status(429),
        Fault::Fails,
        Fault::Refused,
    ];
    let mut ways = ways.into_iter().cycle();
    move |call| {
        let fails = call.what == What::Post && down.contains(&call.at);
        fails.then(|| ways.next()).flatten()
    }
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
    let mut sent = BTreeSet::new();
    let mut at = begin;
    while at < mended {
        let name = at.to_string();
        let id = IncidentId::of("alarm", &[&name]);
        let incident = Incident::new(id.clone(), Priority::High, &name, "d", at, "s", json!({}));
        queue.send(
            &name,
            Envelope::new(FunctionName::Alarm, incident).to_body(),
            at,
        );
        sent.insert(id.to_string());
        at = at.checked_add(apart).unwrap();
    }

    let shared = Rc::new(Shared::new(
        Rc::clone(&clock),
        Rc::clone(&queue),
        failing(failed..mended),
    ));
    let around = || Around {
        shared: Rc::clone(&shared),
        killed: Rc::new(Cell::new(false)),
        skew: SignedDuration::ZERO,
    };
    let life = |number: usize| Life {
        timeout: numbers.timeout,
        length: life,
        // They were not born at once.
        born: begin
            .checked_sub(life / 2 * i32::try_from(number).unwrap())
            .unwrap(),
        end,
        everything_ends: false,
        wakers_end: false,
    };
    let fresh = || Deliver::new(unlimited());
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for number in 0..numbers.concurrency {
        let queue = Rc::clone(&queue);
        tasks.push(Box::pin(environment(around(), queue, life(number), fresh)));
    }
    tasks.push(Box::pin(sweeper(around(), life(0), numbers.sweep, fresh)));
    clock.run(tasks);

    let pending = shared.ledger.borrow();
    let pending = pending.items().filter(|(_, it)| it.pending().is_some());
    let receiver = &shared.receiver;
    let id = |body: &serde_json::Value| body["incidentId"].as_str().unwrap().to_owned();
    Story {
        down: failed..mended,
        posts: receiver.posts.take(),
        taken: receiver
            .taken
            .borrow()
            .iter()
            .map(|(at, it)| (*at, id(it)))
            .collect(),
        sent,
        dead: queue
            .dead
            .take()
            .into_iter()
            .map(|it| (it.window, it.reason))
            .collect(),
        left: queue.left() + pending.count(),
        receives: queue.most_receives(),
    }
}
impl Story {
    /// How many posts there were at most in an hour that lies in `within`, whenever it begins.
    fn busiest_hour(&self, within: &Range<Timestamp>) -> usize {
        let posts: Vec<&Timestamp> = self.posts.iter().filter(|it| within.contains(it)).collect();
        let from = |first: &&Timestamp| {
            let hour = posts.iter().filter(|it| *it >= first);
            hour.filter(|it| it.duration_since(**first) < HOUR).count()
        };
        posts.iter().map(from).max().unwrap_or_default()
    }

    /// How long after it was mended the receiver had the last of what it missed.
    fn caught_up(&self) -> SignedDuration {
        let last = self.taken.iter().map(|(at, _)| *at).max().unwrap();
        last.duration_since(self.down.end)
    }
}

/// Row 1: whatever it is down for, nothing is lost or sent twice, it is not
/// stormed while it is down or when it is back, and it soon has everything. An environment that takes
/// the place of another in the middle of it knows nothing, and finds out in three posts more.
#[test]
fn a_receiver_that_was_down_has_everything_within_twenty_minutes() {
    let (minute, hours) = (SignedDuration::from_mins(1), SignedDuration::from_hours);
    for (down, life, posts, seeds) in [
        (minute, hours(48), 18, 4),
        (hours(1), hours(48), 18, 4),
        (hours(24), hours(48), 18, 1),
        (hours(24), hours(3), 21, 1),
    ] {
        for seed in 0..seeds {
            check(&story(down, minute * 5, life, seed), posts);
        }
    }
}

#[track_caller]
fn check(story: &Story, most_posts_an_hour: usize) {
    let ids: BTreeSet<String> = story.taken.iter().map(|(_, id)| id.clone()).collect();
    assert_eq!(ids, story.sent);
    assert_eq!(story.taken.len(), ids.len(), "one was sent twice");
    assert_eq!((story.dead.len(), story.left), (0, 0));

    let caught_up = story.caught_up();
    assert!(caught_up <= SignedDuration::from_mins(20), "{caught_up}");
    let busiest = story.busiest_hour(&story.down);
    assert!(busiest <= most_posts_an_hour, "{busiest} posts in an hour");
    // Two that take batches, and one that sweeps now and then.
    for four in story.posts.windows(4) {
        let apart = four[3].duration_since(four[0]);
        assert!(
            apart >= SignedDuration::from_secs(1),
            "four posts in {apart}"
        );
    }
}

/// What could not be sent for six days is one dead letter a window with that reason, and nothing else is:
/// SQS neither moves what came back too often nor deletes what is too old.
#[test]
fn after_a_week_what_expired_says_so() {
    let hours = SignedDuration::from_hours;
    let story = story(hours(7 * 24), hours(1), hours(3), 0);
    let reasons: BTreeSet<&str> = story.dead.iter().map(|(_, reason)| &reason[..]).collect();
    let reasons: Vec<&str> = reasons.into_iter().collect();
    assert_eq!(reasons, ["expired after six days without a delivery"]);
    let windows: BTreeSet<&String> = story
        .dead
        .iter()
        .filter_map(|(it, _)| it.as_ref())
        .collect();
    assert_eq!(windows.len(), story.dead.len(), "{:#?}", story.dead);
    assert_eq!(
        (story.taken.len() + story.dead.len(), story.left),
        (story.sent.len(), 0)
    );
    let limit = Numbers::synthesized().max_receives;
    assert!(story.receives < limit * 9 / 10, "{}", story.receives);
}
