//! The storm in numbers, whatever goes wrong meanwhile: `snapshots/groups/numbers.snap`, which docs/grouping.md
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
    table.push('\n');
    table.push_str(&what_must_hold());
    assert_snapshot(&directory("groups"), "numbers", &table);
    let document = fs::read_to_string(directory("../docs/grouping.md")).unwrap();
    assert!(
        document.contains(&table),
        "docs/grouping.md shows other numbers"
    );
}

/// What delivery promises, and what comes of it.
fn what_must_hold() -> String {
    let seconds = |it: SignedDuration| it.as_secs();
    let (critical, invocation) = slow::critical_incidents_of_a_backlog(DeliverySettings {
        limits: Limits::new(6, 24),
        ..unlimited()
    });
    let (incidents, slots) = duplicates::more_than_without_late_duplicates();
    let count = |it: usize| i64::try_from(it).unwrap();
    let again = duplicates::counted_again_after_the_ledger_was_away()
        + duplicates::counted_again_after_items_expired();
    let rows = [
        (
            "seconds that HIGH waits behind LOW of its group",
            60,
            seconds(urgent::longest_wait(false)),
        ),
        (
            "the same in quiet hours",
            60,
            seconds(urgent::longest_wait(true)),
        ),
        (
            "the same where the function is killed",
            250,
            seconds(urgent::longest_wait_where_the_function_is_killed()),
        ),
        (
            "seconds that CRITICAL waits in a backlog of 2,000, 250 ms a call",
            120,
            seconds(critical),
        ),
        (
            "seconds of the longest invocation then",
            120,
            seconds(invocation),
        ),
        (
            "reports a day where 24 are allowed and 5 % of calls fail",
            26,
            count(flaky::reports_a_day()),
        ),
        (
            "incidents and slots more by duplicates, up to 20 days late",
            0,
            count(incidents) + i64::from(slots),
        ),
        (
            "minutes that HIGH waits behind six new groups an hour",
            60,
            seconds(fair::longest_wait(1_000)) / 60,
        ),
        (
            "incidents counted again after an outage or expired items",
            0,
            count(again),
        ),
        (
            "messages hidden beyond one a window",
            0,
            count(hidden::most_hidden_for_nothing()),
        ),
    ];
    let mut table = format!(
        "{:<66} {:>8} {:>9}\n",
        "what must hold", "at most", "measured"
    );
    for (what, limit, measured) in rows {
        let row = format!("{what:<66} {limit:>8} {measured:>9}\n");
        table.push_str(&row);
    }
    table
}
