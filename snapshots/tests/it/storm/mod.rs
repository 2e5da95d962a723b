//! A bad night: what the agent is sent of ten thousand events within a minute, of an alarm that flaps, of
//! more than the account file allows. The decisions are those of the functions, the numbers those of the
//! template, on a clock that only waiting moves.

mod aftermath;
mod any_night;
mod budget;
mod calm;
mod duplicates;
mod fair;
mod flaky;
mod happening;
mod hidden;
mod numbers;
mod results;
mod slow;
mod texts;
mod urgent;
mod without_ledger;

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use contract::{AgentSettings, DeliverySettings, Limits, Priority};
use demo::agent::Script;
use jiff::{SignedDuration, Timestamp};
use runtime::deliver::Deliver;
use serde_json::Value as Json;

use crate::simulation::{
    agent::{agent, results},
    around::{Around, Call, Fault, Shared, What},
    clock::{Clock, Task},
    environment::{Life, environment, sweeper},
    queue::{Numbers, Queue},
    unlimited,
};
use aftermath::{Aftermath, members};
use happening::{Happening, What as Broken};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What happens, and what goes wrong meanwhile.
struct Night {
    happenings: Vec<Happening>,
    begin: Timestamp,
    /// How often each event is queued.
    copies: usize,
    settings: DeliverySettings,
    /// At which calls the function is killed: before their effect where the number is even, else after it.
    kills: BTreeSet<usize>,
    /// When the ledger is away, in seconds after the beginning.
    away: (i64, i64),
    /// One of how many calls to the ledger fails besides, in any way, as chance decides; none if 0.
    flaky: i64,
    /// How long each call to the ledger takes, where it is slow.
    slow: Option<Duration>,
    /// When the receiver is down, in seconds after the beginning.
    down: (i64, i64),
    /// What the agent does with reports, where there is one.
    agent: Option<Script>,
    /// What else happens to the queue and the ledger, and when after the beginning.
    acts: Vec<(SignedDuration, Act)>,
    hours: i64,
    seed: u64,
}

type Act = Box<dyn Fn(&Shared)>;

/// What the queue is given.
struct Event {
    name: String,
    id: String,
    body: String,
    /// When, after the beginning.
    at: SignedDuration,
}

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % limit
    }
}

impl Default for Night {
    /// A quiet night, in which the budget has room for everything.
    fn default() -> Self {
        Self {
            happenings: Vec::new(),
            begin: "2026-01-02T03:04:05Z".parse().unwrap(),
            copies: 1,
            settings: unlimited(),
            kills: BTreeSet::new(),
            away: (0, 0),
            flaky: 0,
            slow: None,
            down: (0, 0),
            agent: None,
            acts: Vec::new(),
            hours: 3,
            seed: 7,
        }
    }
}

impl Night {
    /// So many events of so many groups within a minute, half of them of ECS, in an order that chance
    /// decides.
    fn storm(count: usize, groups: usize, size: usize, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let happening = |number: usize| {
            let group = number % groups;
            Happening {
                name: format!("h{number}"),
                what: Broken::of(group),
                at: SignedDuration::from_millis(dice.below(60_000)),
                priority: Priority::High,
                size,
            }
        };
        Self {
            happenings: (0..count).map(happening).collect(),
            seed,
            ..Self::default()
        }
    }

    /// What comes of what happens, as the functions evaluate it.
    fn events(&self) -> Vec<Event> {
        let event = |it: &Happening| {
            let envelope = it.envelope(self.begin);
            Event {
                name: it.name.clone(),
                id: envelope.identity().to_string(),
                body: envelope.to_body(),
                at: it.at,
            }
        };
        self.happenings.iter().map(event).collect()
    }

    fn play(&self, events: &[Event]) -> Aftermath {
        let numbers = Numbers::synthesized();
        let after = |it: SignedDuration| self.begin.checked_add(it).unwrap();
        let end = after(SignedDuration::from_hours(self.hours));
        let clock = Rc::new(Clock::new(self.begin, self.seed));
        let queue = Rc::new(Queue::new(Rc::clone(&clock), numbers));
        for (number, it) in events.iter().enumerate() {
            for copy in 0..self.copies {
                queue.send(&format!("{number}-{copy}"), it.body.clone(), after(it.at));
            }
        }
        let shared = Rc::new(Shared::new(
            Rc::clone(&clock),
            Rc::clone(&queue),
            self.faults(),
        ));
        let life = || Life {
            timeout: numbers.timeout,
            length: SignedDuration::from_hours(4),
            born: self.begin,
            end,
            everything_ends: false,
            wakers_end: false,
        };
        let around = || Around {
            shared: Rc::clone(&shared),
            killed: Rc::new(Cell::new(false)),
            skew: SignedDuration::ZERO,
        };
        let fresh = || Deliver::new(self.settings.clone());
        let mut tasks: Vec<Task<'_>> = (0..numbers.concurrency)
            .map(|_| -> Task<'_> {
                Box::pin(environment(around(), Rc::clone(&queue), life(), fresh))
            })
            .collect();
        tasks.push(Box::pin(sweeper(around(), life(), numbers.sweep, fresh)));
        tasks.push(Box::pin(self.act(&shared)));
        *shared.agent.borrow_mut() = self.agent.clone().map(agent);
        if self.agent.is_some() && self.settings.knows_results {
            let settings = AgentSettings {
                space: "space".to_owned(),
                region: None,
                price: AgentSettings::PRICE,
                metered: false,
                always_send: self.settings.limits.always_send,
                notices: None,
                mitigation: None,
            };
            tasks.push(Box::pin(results(Rc::clone(&shared), settings, end)));
        }
        clock.run(tasks);
        Aftermath::of(&shared)
    }

    async fn act(&self, shared: &Shared) {
        for (after, act) in &self.acts {
            let at = self.begin.checked_add(*after).unwrap();
            let wait = at.duration_since(shared.clock.now());
            shared
                .clock
                .sleep(wait.try_into().unwrap_or_default())
                .await;
            act(shared);
            // Whoever waits for a message sees that there is one.
            shared.clock.sleep(Duration::from_millis(1)).await;
        }
    }

    /// What goes wrong with which call.
    fn faults(&self) -> impl FnMut(Call) -> Option<Fault> + 'static {
        let begin = self.begin;
        let within = move |(from, to): (i64, i64), at: Timestamp| {
            (from..to).contains(&at.duration_since(begin).as_secs())
        };
        let (kills, away, down) = (self.kills.clone(), self.away, self.down);
        let (flaky, slow, mut dice) = (self.flaky, self.slow.map(Fault::Slow), Dice(self.seed));
        move |call| {
            let [before, after] = [0, 1].map(|it| kills.contains(&(call.number * 2 + it)));
            match call.what {
                // It was done, and Lambda does not know.
                What::Answer if before || after => return Some(Fault::Fails),
                _ if before => return Some(Fault::KilledBefore),
                _ if after => return Some(Fault::KilledAfter),
                _ => {}
            }
            match call.what {
                What::Read | What::Write | What::Due => {
                    if within(away, call.at) {
                        return Some(Fault::Fails);
                    }
                    let ways = [Fault::Fails, Fault::AnswerLost, Fault::LandsLate];
                    let fails = flaky > 0 && dice.below(flaky) == 0;
                    fails
                        .then(|| ways[usize::try_from(dice.below(3)).unwrap()])
                        .or(slow)
                }
                What::Post if within(down, call.at) => Some(Fault::Status(503)),
                _ => None,
            }
        }
    }

    /// Plays it. Nothing is left or dead, and every event is counted once: by a report that the agent has, or by a window
    /// that an investigation covers.
    #[track_caller]
    fn play_and_account_for_everything(&self) -> Aftermath {
        self.play_and_account_for(&self.events())
    }

    #[track_caller]
    fn play_and_account_for(&self, events: &[Event]) -> Aftermath {
        let aftermath = self.play(events);
        assert_eq!((aftermath.left, &aftermath.dead[..]), (0, &[][..]));
        let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, body) in &aftermath.taken {
            counted.insert(body["incidentId"].as_str().unwrap(), members(body));
        }
        let mut known: BTreeMap<&str, u64> = BTreeMap::new();
        let ids: BTreeSet<&str> = events.iter().map(|it| it.id.as_str()).collect();
        let covered = ids.iter().filter(|it| aftermath.covered.contains(**it));
        assert_eq!(
            u64::try_from(covered.count()).unwrap(),
            aftermath.count_covered
        );
        for id in ids.iter().filter(|it| !aftermath.covered.contains(**it)) {
            let report = aftermath.reported_by(id);
            assert!(
                counted.contains_key(report),
                "{id} is unaccounted for: the ledger says {report}"
            );
            *known.entry(report).or_default() += 1;
        }
        // Only the environment that has sent something without the ledger knows of it.
        counted.retain(|id, _| known.contains_key(id) || !aftermath.alone.contains(*id));
        assert_eq!(known, counted, "each is counted once");
        aftermath
    }
}

/// The storm of docs/grouping.md: at most one incident of each group within twenty minutes, and one after it; each
/// event is counted once, and the receiver is never asked for too much.
#[track_caller]
fn two_hundred_incidents_at_most(night: &Night, aftermath: &Aftermath, events: u64) {
    let window = night.begin.checked_add(MINUTE * 20).unwrap();
    let in_window = aftermath.taken.iter().filter(|(at, _)| *at < window);
    let in_window = in_window.count();
    assert!(in_window <= 100, "{in_window} in the first window");
    assert!(aftermath.taken.len() <= 200, "{}", aftermath.taken.len());
    assert_eq!(aftermath.refused, 0, "the receiver's limit was exceeded");
    let counted: u64 = aftermath.taken.iter().map(|(_, body)| members(body)).sum();
    assert_eq!(counted, events, "each is counted once");
    let waited = aftermath.taken[0].0.duration_since(night.begin);
    assert!(waited < SignedDuration::from_secs(45), "{waited}");
}

/// Batches are so large that Lambda cuts them.
#[test]
fn ten_thousand_events_of_a_hundred_groups_become_two_hundred_incidents() {
    let night = Night::storm(10_000, 100, 6_000, 7);
    two_hundred_incidents_at_most(&night, &night.play_and_account_for_everything(), 10_000);
}

/// The same events, in a hundred orders.
#[test]
fn the_order_does_not_matter() {
    let storm = Night::storm(2_000, 100, 100, 7);
    let mut events = storm.events();
    for seed in 0..100 {
        let mut dice = Dice(seed);
        for it in &mut events {
            it.at = SignedDuration::from_millis(dice.below(60_000));
        }
        let night = Night {
            seed,
            ..Night::default()
        };
        two_hundred_incidents_at_most(&night, &night.play_and_account_for(&events), 2_000);
    }
}
