//! Delivery in a search: at every call that it makes, everything that can go wrong there, two at a time.

mod play;
mod scenario;

use std::collections::BTreeSet;

use runtime::ledger::{Contents, Members, Window};

use crate::simulation::{
    around::{Fault, What},
    queue::Numbers,
};
use play::{Mistake, Played, Trouble, Wrong, play};
use scenario::{Scenario, restored, scenarios};

/// The incidents of a window, by what happened, and how often each is counted.
fn judge_members(window: &Window) -> Vec<(String, u64)> {
    match &window.contents {
        Contents::Incidents(Members::One { cause, .. }) => vec![(cause.clone(), 1)],
        Contents::Incidents(Members::Many(summary)) => {
            let causes = summary.causes.iter();
            causes.map(|(name, tally)| (name.clone(), tally.count)).collect()
        }
        Contents::Digest(_) => Vec::new(),
    }
}

/// What can go wrong with a call.
fn faults(what: What) -> &'static [Fault] {
    use std::time::Duration;
    const SLOW: Fault = Fault::Slow(Duration::from_secs(3));
    match what {
        What::Read | What::Due => &[Fault::KilledBefore, Fault::Fails, SLOW],
        What::Write => &[
            Fault::KilledBefore,
            Fault::KilledAfter,
            Fault::Fails,
            Fault::AnswerLost,
            Fault::LandsLate,
            SLOW,
        ],
        What::Defer | What::DeadLetter => &[Fault::KilledBefore, Fault::KilledAfter, Fault::Fails],
        What::Post => &[
            Fault::KilledBefore,
            Fault::KilledAfter,
            Fault::AnswerLost,
            Fault::Status(503),
        ],
        What::Answer => &[Fault::Fails],
    }
}

/// Every trouble that can come at or after the call of this number.
fn troubles(calls: &[What], from: usize) -> Vec<Trouble> {
    let at_calls = calls.iter().enumerate().skip(from).flat_map(|(number, what)| {
        let faults = faults(*what).iter().map(move |it| Trouble::Call(number, *it));
        let expires = (*what == What::Read).then_some(Trouble::Expires(number));
        faults.chain(expires)
    });
    at_calls.collect()
}

/// Where the next trouble can be.
fn after(trouble: Trouble) -> usize {
    match trouble {
        Trouble::Call(number, _) | Trouble::Expires(number) => number + 1,
        Trouble::Skew(_) => 0,
    }
}

/// How many plays a search took, and what it found.
struct Found {
    plays: usize,
    wrong: Vec<(Vec<Trouble>, BTreeSet<Wrong>)>,
}

fn search(scenario: &Scenario, depth: usize, mistake: Option<Mistake>) -> Found {
    let numbers = Numbers::synthesized();
    let mut found = Found {
        plays: 0,
        wrong: Vec::new(),
    };
    let mut open: Vec<Vec<Trouble>> = vec![Vec::new()];
    while let Some(placed) = open.pop() {
        let Played { calls, wrong } = play(scenario, numbers, &placed, mistake);
        found.plays += 1;
        if !wrong.is_empty() {
            found.wrong.push((placed, wrong));
            continue;
        }
        if placed.len() == depth {
            continue;
        }
        let mut next = troubles(&calls, placed.last().map_or(0, |it| after(*it)));
        if placed.is_empty() {
            next.extend([Trouble::Skew(3), Trouble::Skew(-3)]);
        }
        open.extend(next.into_iter().map(|it| [placed.clone(), vec![it]].concat()));
    }
    found
}

#[track_caller]
fn check(scenario: &Scenario, depth: usize) {
    let found = search(scenario, depth, None);
    println!("{}: {} plays", scenario.name, found.plays);
    let shown: Vec<String> = found
        .wrong
        .iter()
        .take(10)
        .map(|(troubles, wrong)| {
            let troubles: Vec<String> = troubles.iter().map(ToString::to_string).collect();
            format!("{}: {wrong:?}", troubles.join(", "))
        })
        .collect();
    assert!(
        shown.is_empty(),
        "{}: {} of {} plays went wrong\n{}",
        scenario.name,
        found.wrong.len(),
        found.plays,
        shown.join("\n")
    );
}

#[test]
fn one() {
    for scenario in scenarios() {
        check(&scenario, 1);
    }
}

#[test]
fn two() {
    for scenario in scenarios() {
        check(&scenario, 2);
    }
}

#[test]
fn trace() {
    let scenario = scenarios().into_iter().find(|it| it.name == "digest").unwrap();
    let troubles = [Trouble::Call(14, Fault::Fails), Trouble::Call(59, Fault::Fails)];
    let played = play(&scenario, Numbers::synthesized(), &troubles, None);
    println!("{:?}", played.wrong);
}
