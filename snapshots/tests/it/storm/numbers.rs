//! The storm in numbers, whatever goes wrong meanwhile: `snapshots/groups/numbers.snap`, which the README
//! quotes.

use std::fs;

use snapshots::{assert_snapshot, directory};

use super::{budget::limited, *};

fn storm() -> Night {
    Night::storm(10_000, 100, 200, 7)
}

/// Ten thousand events of a hundred groups within a minute, each time with something else beside it.
#[test]
fn a_bad_night_in_numbers() {
    let steps = storm().play(&storm().events()).calls * 2;
    let kills = |shift| (1..=20).map(move |it| it * (steps / 21 + shift)).collect();
    let away = |from| Night {
        away: (from, from + 60),
        ..storm()
    };
    let nights = [
        ("nothing else goes wrong", storm()),
        (
            "every event comes twice",
            Night {
                copies: 2,
                ..storm()
            },
        ),
        (
            "the function is killed at 20 points",
            Night {
                kills: kills(0),
                ..storm()
            },
        ),
        (
            "the function is killed at 20 other points",
            Night {
                kills: kills(1_001),
                ..storm()
            },
        ),
        ("the ledger is away at first, for a minute", away(0)),
        ("the ledger is away half a minute later", away(35)),
        ("the budget is 6 an hour, 24 a day", limited(6, 24, storm())),
    ];
    let mut table = format!(
        "{:<42} {:>9} {:>9} {:>7} {:>7} {:>9} {:>6} {:>6}\n",
        "10,000 events of 100 groups, and",
        "incidents",
        "20 min",
        "same ID",
        "refused",
        "first, s",
        "reads",
        "writes"
    );
    for (name, night) in nights {
        let aftermath = night.play_and_account_for_everything();
        let window = night.begin.checked_add(MINUTE * 20).unwrap();
        let in_window = aftermath.taken.iter().filter(|(at, _)| *at < window);
        let ids: BTreeSet<Option<&str>> = aftermath
            .taken
            .iter()
            .map(|(_, it)| it["incidentId"].as_str())
            .collect();
        let first = aftermath.taken[0].0.duration_since(night.begin);
        let row = format!(
            "{name:<42} {:>9} {:>9} {:>7} {:>7} {:>9} {:>6} {:>6}\n",
            aftermath.taken.len(),
            in_window.count(),
            aftermath.taken.len() - ids.len(),
            aftermath.refused,
            first.as_secs(),
            aftermath.reads,
            aftermath.writes
        );
        table.push_str(&row);
    }
    assert_snapshot(&directory("groups"), "numbers", &table);
    let readme = fs::read_to_string(directory("../README.md")).unwrap();
    assert!(readme.contains(&table), "the README shows other numbers");
}
