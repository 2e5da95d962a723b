//! The agent's own count of its time, in the ledger's sum of what was spent.

use contract::{AgentSettings, Priority};
use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::{
    at, now,
    world::{World, world},
};
use crate::{
    aws::{CallError, Reason},
    ledger::{Item, Put, Spending, Spent},
    result::{Meter, meter},
};

/// What the agent counts: two days ago, and today.
struct Count {
    seconds: [f64; 2],
    fails: bool,
}

impl Meter for Count {
    async fn seconds(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, CallError> {
        assert_eq!((since, until), (at("2026-05-01T00:00:00Z"), now()));
        if self.fails {
            return Err(CallError::new(
                "monitoring",
                "GetMetricData",
                Reason::Unreadable,
            ));
        }
        let days = [at("2026-05-12T00:00:00Z"), at("2026-05-14T00:00:00Z")];
        Ok(days.into_iter().zip(self.seconds).collect())
    }
}

fn count(seconds: [f64; 2]) -> Count {
    Count {
        seconds,
        fails: false,
    }
}

fn metered(world: &World, count: &Count) -> Result<(), CallError> {
    let done = meter(count, world, world, AgentSettings::PRICE);
    done.now_or_never().unwrap()
}

fn spent(day: u64, month: u64) -> Spent {
    Spent { day, month }
}

#[test]
fn what_the_agent_counts_is_spent_and_an_earlier_count_is_replaced() {
    let world = world(Priority::High, |_| ());
    metered(&world, &count([1_000.0, 100.0])).unwrap();
    assert_eq!(world.spending().until(now()), spent(83, 913));
    metered(&world, &count([1_000.0, 200.0])).unwrap();
    assert_eq!(world.spending().until(now()), spent(166, 996));
}

/// Others count investigations in the same item.
#[test]
fn what_somebody_else_writes_meanwhile_stays() {
    let world = world(Priority::High, |_| ());
    let mut theirs = Spending::new(now());
    theirs.meter(&[(at("2026-05-02T00:00:00Z"), 500.0)], AgentSettings::PRICE);
    world.meanwhile.borrow_mut().push(Put {
        key: Spending::key(now()),
        after: Some(0),
        item: Item::Spending(theirs),
    });
    metered(&world, &count([0.0, 100.0])).unwrap();
    assert_eq!(world.spending().until(now()), spent(83, 83 + 415));
}

#[test]
fn a_count_that_cannot_be_read_changes_nothing() {
    let world = world(Priority::High, |_| ());
    let failing = Count {
        fails: true,
        ..count([0.0, 0.0])
    };
    assert!(metered(&world, &failing).is_err());
    assert_eq!(world.spending(), Spending::new(now()));
}
