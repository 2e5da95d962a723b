//! A bad night: ten thousand incidents of a hundred groups within a minute. What the agent is told of
//! them, with the decisions of `deliver` and the numbers of the template, on a clock that only waiting
//! moves.

mod world;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::Deliver,
    ledger::{Grouping, Limits},
};
use serde_json::{Value as Json, json};
use webhook::{Envelope, Group, GroupKey, Incident, IncidentId, Priority, Signal};

use crate::simulation::{
    clock::{Clock, Task},
    environment::{Life, environment},
    ledger::Ledger,
    queue::{Numbers, Queue},
};
use world::{Aftermath, Around, Receiver, Shared, members};

const BEGIN: &str = "2026-01-02T03:04:05Z";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// What happens once.
#[derive(Clone)]
struct Occurrence {
    name: String,
    group: usize,
    /// Milliseconds after the beginning.
    at: i64,
    priority: Priority,
}

/// A storm, and what goes wrong meanwhile.
struct Storm {
    occurrences: Vec<Occurrence>,
    /// Characters of each description.
    size: usize,
    /// How often each is queued.
    copies: usize,
    grouping: Grouping,
    kills: BTreeSet<usize>,
    /// When the ledger is away, in seconds after the beginning.
    away: (i64, i64),
    hours: i64,
    seed: u64,
}

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// As many investigations as there are incidents.
fn unlimited() -> Grouping {
    Grouping {
        wait: Duration::from_secs(30),
        length: Duration::from_mins(20),
        limits: Limits {
            per_hour: 100_000,
            per_day: 100_000,
            floor: Priority::Critical,
        },
        quiet: None,
    }
}

impl Storm {
    /// So many incidents of so many groups within a minute, in an order that chance decides.
    fn of(count: usize, groups: usize, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let occurrence = |number: usize, at: usize| Occurrence {
            name: format!("o{number}"),
            group: number % groups,
            at: i64::try_from(at).unwrap(),
            priority: Priority::High,
        };
        Self {
            occurrences: (0..count)
                .map(|it| occurrence(it, dice.below(60_000)))
                .collect(),
            size: 200,
            copies: 1,
            grouping: unlimited(),
            kills: BTreeSet::new(),
            away: (0, 0),
            hours: 3,
            seed,
        }
    }

    /// The numbers of the issue: ten thousand of a hundred, so large that Lambda cuts batches.
    fn full() -> Self {
        Self {
            size: 6_000,
            ..Self::of(10_000, 100, 7)
        }
    }

    fn play(&self) -> Aftermath {
        let numbers = Numbers::synthesized();
        let begin: Timestamp = BEGIN.parse().unwrap();
        let end = begin
            .checked_add(SignedDuration::from_hours(self.hours))
            .unwrap();
        let clock = Rc::new(Clock::new(begin, self.seed));
        let queue = Rc::new(Queue::new(Rc::clone(&clock), numbers));
        for it in &self.occurrences {
            let at = begin
                .checked_add(SignedDuration::from_millis(it.at))
                .unwrap();
            for copy in 0..self.copies {
                queue.send(&format!("{}-{copy}", it.name), body(it, at, self.size), at);
            }
        }
        let seconds = |it| begin.checked_add(SignedDuration::from_secs(it)).unwrap();
        let shared = Rc::new(Shared {
            clock: Rc::clone(&clock),
            queue: Rc::clone(&queue),
            receiver: Receiver::default(),
            ledger: Ledger::default(),
            away: seconds(self.away.0)..seconds(self.away.1),
            told: RefCell::default(),
            held: Cell::default(),
            steps: Cell::default(),
            kills: self.kills.clone(),
        });
        let tasks = (0..numbers.concurrency).map(|_| -> Task<'_> {
            let killed = Rc::new(Cell::new(false));
            let around = Around {
                shared: Rc::clone(&shared),
                killed: Rc::clone(&killed),
            };
            let life = Life {
                timeout: numbers.timeout,
                length: SignedDuration::from_hours(4),
                born: begin,
                end,
                killed,
            };
            let fresh = || Deliver::default().grouping(self.grouping.clone());
            Box::pin(environment(around, Rc::clone(&queue), life, fresh))
        });
        clock.run(tasks.collect());
        Aftermath::of(&shared)
    }
}

fn body(it: &Occurrence, at: Timestamp, size: usize) -> String {
    let id = IncidentId::of("alarm", &[&it.name]);
    let name = format!("service-{}", it.group);
    let group = Group {
        key: GroupKey::of("service", &[&name]),
        name,
        cause: format!("cause {}", it.at % 3),
        occurrence: it.name.clone(),
        alarm: None,
        absorbs: Vec::new(),
    };
    let incident = Incident::new(
        id,
        it.priority,
        &format!("{} of {}", it.name, group.name),
        &"d".repeat(size),
        at,
        &group.name,
        json!({}),
    );
    Envelope::of_group(Signal::Alarm, incident, group).to_body()
}

/// Nothing is left or dead, and every occurrence is told by an incident that the agent has: by itself,
/// or counted in it and named in the log beside its ID.
#[track_caller]
fn nothing_is_unaccounted_for(storm: &Storm, aftermath: &Aftermath) {
    assert_eq!((aftermath.left, &aftermath.dead[..]), (0, &[][..]));
    let accepted: BTreeMap<&str, &Json> = aftermath
        .taken
        .iter()
        .map(|(_, body)| (body["incidentId"].as_str().unwrap(), body))
        .collect();
    for it in &storm.occurrences {
        let alone = IncidentId::of("alarm", &[&it.name]);
        let told_by = aftermath.told.get(&it.name).cloned().unwrap_or_default();
        let told = accepted.contains_key(alone.as_str())
            || told_by.iter().any(|id| accepted.contains_key(id.as_str()));
        assert!(told, "{} is unaccounted for: {told_by:?}", it.name);
    }
    let counted: u64 = accepted.values().map(|body| members(body)).sum();
    assert!(
        counted >= storm.occurrences.len() as u64,
        "{counted} of {} are counted",
        storm.occurrences.len()
    );
}

#[test]
fn ten_thousand_incidents_of_a_hundred_groups_are_told_in_two_hundred() {
    let storm = Storm::full();
    let aftermath = storm.play();
    nothing_is_unaccounted_for(&storm, &aftermath);
    let first: Timestamp = aftermath.taken[0].0;
    let window = BEGIN
        .parse::<Timestamp>()
        .unwrap()
        .checked_add(MINUTE * 20)
        .unwrap();
    let in_window = aftermath
        .taken
        .iter()
        .filter(|(at, _)| *at < window)
        .count();
    println!(
        "{in_window} {} {} reads {} writes {} receives {}",
        aftermath.taken.len(),
        aftermath.refused,
        aftermath.reads,
        aftermath.writes,
        aftermath.receives
    );
    println!(
        "first after {}",
        first.duration_since(BEGIN.parse().unwrap())
    );

    println!("{}", aftermath.taken[0].1["title"].as_str().unwrap());
    let mut by: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (at, body) in &aftermath.taken {
        by.entry(body["service"].as_str().unwrap_or("?"))
            .or_default()
            .push(format!("{at} {} {}", members(body), body["incidentId"]));
    }
    println!("{} groups", by.len());
    for (name, it) in by.iter().filter(|(_, it)| it.len() > 2) {
        println!("{name}: {it:?}");
    }
    assert!(in_window <= 100, "{in_window} posts in the first window");
    assert!(
        aftermath.taken.len() <= 200,
        "{} posts",
        aftermath.taken.len()
    );
    assert_eq!(aftermath.refused, 0, "the receiver's limit was exceeded");
    let counted: u64 = aftermath.taken.iter().map(|(_, body)| members(body)).sum();
    assert_eq!(counted, 10_000, "each is counted once");
}

/// However often each event comes, whoever is killed and whatever the order: nothing is lost.
#[test]
fn a_function_that_is_killed_at_twenty_points_loses_nothing() {
    let calm = Storm::of(10_000, 100, 7).play();
    for shift in 0..3 {
        let points = (1..=20).map(|it| it * calm.steps / 21 + shift);
        let storm = Storm {
            kills: points.collect(),
            ..Storm::of(10_000, 100, 7)
        };
        let aftermath = storm.play();
        nothing_is_unaccounted_for(&storm, &aftermath);
        println!(
            "killed: {} posts {} refused",
            aftermath.taken.len(),
            aftermath.refused
        );
    }
}

#[test]
fn duplicates_of_every_event_change_nothing() {
    let storm = Storm {
        copies: 2,
        ..Storm::of(10_000, 100, 7)
    };
    let aftermath = storm.play();
    nothing_is_unaccounted_for(&storm, &aftermath);
    println!("copies: {} posts", aftermath.taken.len());
    assert!(aftermath.taken.len() <= 200);
}

#[test]
fn the_order_does_not_matter() {
    for seed in 0..100 {
        let storm = Storm::of(2_000, 100, seed);
        let aftermath = storm.play();
        nothing_is_unaccounted_for(&storm, &aftermath);
        assert!(
            aftermath.taken.len() <= 200,
            "{} posts",
            aftermath.taken.len()
        );
        assert_eq!(aftermath.refused, 0);
    }
}

#[test]
fn a_ledger_that_is_away_for_a_minute_loses_nothing() {
    for from in [0, 20, 35, 60] {
        let storm = Storm {
            away: (from, from + 60),
            ..Storm::of(10_000, 100, 7)
        };
        let aftermath = storm.play();
        nothing_is_unaccounted_for(&storm, &aftermath);
        println!(
            "away from {from}: {} posts {} refused",
            aftermath.taken.len(),
            aftermath.refused
        );
    }
}
