//! The same nights with an agent that investigates what it is sent: what it costs where results are known, and where
//! they are not. `snapshots/groups/results.snap`, which docs/results.md quotes.

use std::fs;

use demo::agent::{Fault, Finding};
use snapshots::{assert_snapshot, directory};

use super::{any_night::any_night, budget::limited, *};

impl Night {
    /// The same, and the agent investigates what is sent. `known` is whether the account file names it.
    fn investigated(self, known: bool) -> Self {
        let settings = DeliverySettings {
            knows_results: known,
            ..self.settings
        };
        Self {
            settings,
            agent: Some(Script::default()),
            ..self
        }
    }
}

/// One service fails every so many seconds for so many minutes; in the second half it is for another reason, too.
fn failing(every: i64, minutes: i64) -> Night {
    let count = minutes * 60 / every;
    let happening = |number: i64| Happening {
        // The length of the name says which of two reasons it is.
        name: format!(
            "h{}{}",
            1_000 + number,
            if number > count / 2 && number % 4 == 0 {
                "0"
            } else {
                ""
            }
        ),
        what: Broken::Service(1),
        at: SignedDuration::from_secs(number * every),
        priority: Priority::High,
        size: 100,
    };
    Night {
        happenings: (0..count).map(happening).collect(),
        ..Night::default()
    }
}

/// An alarm goes off every half minute for ten minutes.
fn flapping() -> Night {
    let happening = |number: i64| Happening {
        name: "flapping".to_owned(),
        what: Broken::Queue(2),
        at: SignedDuration::from_secs(number * 30),
        priority: Priority::High,
        size: 100,
    };
    Night {
        happenings: (0..20).map(happening).collect(),
        ..Night::default()
    }
}

#[test]
fn a_bad_night_in_dollars() {
    let storm = || Night::storm(10_000, 100, 200, 7);
    let nights = [
        ("a service fails every 20 s for 15 minutes", failing(20, 15)),
        ("an alarm goes off every 30 s for 10 minutes", flapping()),
        ("a service fails every 60 s for 2 hours", failing(60, 120)),
        (
            "10,000 events of 100 groups in a minute",
            limited(6, 24, storm()),
        ),
        ("the same without a budget", storm()),
    ];
    let mut table = format!(
        "{:<43} {:>8} {:>8} {:>8} {:>7} {:>5} {:>8}\n",
        "", "results", "reports", "covered", "linked", "own", "dollars"
    );
    for (name, night) in nights {
        for known in [false, true] {
            let night = Night {
                happenings: night.happenings.clone(),
                settings: night.settings.clone(),
                ..Night::default()
            };
            let aftermath = night.investigated(known).play_and_account_for_everything();
            let it = &aftermath.investigated;
            assert_eq!(it.own + it.linked, aftermath.taken.len());
            let row = format!(
                "{:<43} {:>8} {:>8} {:>8} {:>7} {:>5} {:>8.2}\n",
                if known { "" } else { name },
                if known { "known" } else { "unknown" },
                aftermath.taken.len(),
                aftermath.count_covered,
                it.linked,
                it.own,
                it.dollars,
            );
            table.push_str(&row);
        }
    }
    assert_snapshot(&directory("groups"), "results", &table);
    let document = fs::read_to_string(directory("../docs/results.md")).unwrap();
    assert!(
        document.contains(&table),
        "docs/results.md shows other numbers"
    );
}

/// Whatever night it is and whatever becomes of investigations, every event is counted once, in a report or among what
/// is covered.
#[test]
fn nothing_is_unaccounted_for_in_any_night_with_results() {
    let mut covered = 0;
    for seed in 0..100 {
        let mut night = any_night(seed).investigated(true);
        night.agent = Some(
            Script::default()
                .taking("queue-0", SignedDuration::from_mins(1))
                .taking("service-1", SignedDuration::from_mins(2))
                .fault("queue-2", Fault::Fails)
                .fault("service-3", Fault::EndTwice)
                .fault("queue-4", Fault::OutOfOrder)
                .fault("service-5", Fault::Quota)
                .fault("queue-6", Fault::UnknownPrimary)
                .finding("service-7", Finding::NoAccess),
        );
        covered += night.play_and_account_for_everything().count_covered;
    }
    assert!(covered > 0, "no night has anything that is covered");
}
