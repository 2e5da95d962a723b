//! Delivery in a search: at every call that it makes, everything that can go wrong there, two at a time.

mod play;
mod scenario;

use std::collections::{BTreeSet, HashMap};

use runtime::ledger::{Contents, Members, Window};

use crate::simulation::{
    agent::Learned,
    around::{Fault, What},
    queue::Numbers,
};
use play::{Mistake, Played, Trouble, Wrong, play};
use scenario::Scenario;

/// The incidents of a window, by what happened, and how often each is counted.
fn judge_members(window: &Window) -> Vec<(String, u64)> {
    match &window.contents {
        Contents::Incidents(Members::One { cause, .. }) => vec![(cause.clone(), 1)],
        Contents::Incidents(Members::Many(summary)) => {
            let causes = summary.causes.iter();
            causes
                .map(|(name, tally)| (name.clone(), tally.count))
                .collect()
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

/// What the ledger can learn at any moment.
const LEARNED: [Learned; 3] = [Learned::Running, Learned::Completed, Learned::Linked];

/// Every trouble that can come at or after the call of this number.
fn troubles(scenario: &Scenario, calls: &[What], from: usize) -> Vec<Trouble> {
    let at_calls = calls
        .iter()
        .enumerate()
        .skip(from)
        .flat_map(|(number, what)| {
            let faults = faults(*what)
                .iter()
                .map(move |it| Trouble::Call(number, *it));
            let is_read = *what == What::Read;
            let expires = is_read.then_some(Trouble::Expires(number));
            let learned: &[Learned] = if is_read && scenario.learns {
                &LEARNED
            } else {
                &[]
            };
            let learns = learned.iter().map(move |it| Trouble::Learns(number, *it));
            faults.chain(expires).chain(learns)
        });
    at_calls.collect()
}

/// Where the next trouble can be.
fn after(trouble: Trouble) -> usize {
    match trouble {
        // Something else can go wrong with the very call before which the ledger has learned something.
        Trouble::Learns(number, _) => number,
        Trouble::Call(number, _) | Trouble::Expires(number) => number + 1,
        Trouble::Skew(_) => 0,
    }
}

/// Whether something was done, and whoever did it does not know.
fn is_half_done(trouble: Trouble) -> bool {
    use Fault::{AnswerLost, KilledAfter, LandsLate};
    matches!(
        trouble,
        Trouble::Call(_, KilledAfter | AnswerLost | LandsLate)
    )
}

/// What a search found.
#[derive(Default)]
struct Found {
    plays: usize,
    /// Plays whose continuations have been seen already.
    pruned: usize,
    wrong: Vec<(Vec<Trouble>, BTreeSet<Wrong>)>,
}

/// Plays a scenario with every placement of so many troubles.
fn search(scenario: &Scenario, depth: usize, mistake: Option<Mistake>) -> Found {
    let numbers = Numbers::synthesized();
    let mut found = Found::default();
    // From which call on what was played like this has been continued, and with how many troubles.
    let mut seen: HashMap<u64, Vec<(usize, usize)>> = HashMap::new();
    let mut open: Vec<Vec<Trouble>> = vec![Vec::new()];
    while let Some(placed) = open.pop() {
        let Played {
            calls,
            wrong,
            state,
        } = play(scenario, numbers, &placed, mistake);
        found.plays += 1;
        if !wrong.is_empty() {
            found.wrong.push((placed.clone(), wrong));
            if mistake.is_none() {
                continue;
            }
        }
        let left = depth - placed.len();
        if left == 0 {
            continue;
        }
        let from = placed.last().map_or(0, |it| after(*it));
        let known = seen.entry(state()).or_default();
        if known
            .iter()
            .any(|(its, more)| *its <= from && *more >= left)
        {
            found.pruned += 1;
            continue;
        }
        known.push((from, left));
        let mut next = troubles(scenario, &calls, from);
        if placed.is_empty() {
            next.extend([Trouble::Skew(3), Trouble::Skew(-3)]);
        }
        // What can go wrong without results is searched in other scenarios.
        if scenario.learns && left == 1 {
            let learns = |it: &Trouble| matches!(it, Trouble::Learns(..));
            let has_learned = placed.iter().any(learns);
            next.retain(|it| learns(it) || (has_learned && is_half_done(*it)));
        }
        open.extend(
            next.into_iter()
                .map(|it| [placed.clone(), vec![it]].concat()),
        );
    }
    found
}

/// How many troubles are placed at once: two, or as many as `make explore` says.
#[expect(clippy::disallowed_methods, reason = "the switch of `make explore`")]
fn depth() -> usize {
    std::env::var("EXPLORE").map_or(2, |it| it.parse().unwrap())
}

#[track_caller]
#[expect(
    clippy::print_stdout,
    reason = "`make explore` shows how much was searched"
)]
fn check(name: &str, scenario: &Scenario) {
    let found = search(scenario, depth(), None);
    println!("{name}: {} plays, {} pruned", found.plays, found.pruned);
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
        "{} of {} plays went wrong\n{}",
        found.wrong.len(),
        found.plays,
        shown.join("\n")
    );
}

macro_rules! explore {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            check(stringify!($name), &scenario::$name());
        }
    )*};
}

explore! {
    alone
    pair
    edge
    duplicates
    late_duplicate
    composite
    more_urgent
    follow_up
    digest
    quiet_hours
    webhook_away
    restored
    two_versions
    results
    results_at_any_moment
}

/// The search finds what it is there to find: each mistake by what it does.
#[test]
fn mistakes_are_found() {
    let scenarios = [
        scenario::alone(),
        scenario::pair(),
        scenario::duplicates(),
        scenario::late_duplicate(),
    ];
    for mistake in Mistake::ALL {
        let found = scenarios
            .iter()
            .flat_map(|it| search(it, 1, Some(mistake)).wrong);
        let wrong: BTreeSet<Wrong> = found.flat_map(|(_, wrong)| wrong).collect();
        let is_found = wrong.iter().any(|it| match mistake {
            Mistake::EverythingEnds => matches!(it, Wrong::Lost(_)),
            Mistake::NobodyComesBack => matches!(it, Wrong::Stuck(_)),
            Mistake::IdentitiesAreOverwritten => {
                matches!(it, Wrong::TwoIds(_) | Wrong::CountedTwice(_))
            }
            Mistake::DeferredForTooLong => matches!(it, Wrong::Late(..)),
        });
        assert!(is_found, "{mistake:?}: {wrong:?}");
    }
}
