use contract::{Limits, Priority};
use runtime::ledger::{Day, Hour, Item, Key, Slot, State, Window};

use super::{
    super::{Contents, entry::Entry},
    NOW, at, contents, key, lines, merged, settings, storm, today, window,
};

#[test]
fn a_person_sees_every_state_and_why() {
    let shown = lines(storm(), 6, NOW);
    let expected = include_str!("states.txt");
    assert_eq!(shown, expected.trim_end());
}

#[test]
fn what_is_due_is_held_where_the_budget_has_no_room() {
    let due = || window("due", today("12:00:00"), &[("exited with code 1", 2)]);
    let claimed = Window {
        state: State::Claimed {
            until: today("12:02:00"),
            hour: None,
        },
        ..due()
    };
    for (window, per_hour, time, state) in [
        (due(), 6, "12:00:19", "gathering"),
        (due(), 6, "12:00:20", "due"),
        (due(), 6, "12:30:00", "due"),
        (due(), 0, "12:00:19", "gathering"),
        (due(), 0, "12:00:20", "held"),
        (claimed.clone(), 6, "12:01:59", "sending"),
        (claimed, 6, "12:02:00", "due"),
    ] {
        let entries = Entry::all(&contents([window]), &settings(per_hour), today(time));
        assert_eq!(entries[0].stage.word(), state, "{time}");
    }
}

#[test]
fn a_merged_window_names_the_report_that_counts_it_however_often_it_was_merged() {
    let digest = Key::digests().numbered(1);
    let composite = Window {
        key: key("composite", 1),
        ..merged("composite", today("12:30:00"), &digest)
    };
    let cpu = || merged("cpu", today("12:30:00"), &key("composite", 1));
    let sent = super::digest(
        runtime::ledger::Hold::Budget,
        super::BUDGET,
        today("12:31:00"),
        &[&composite],
    );
    let id = sent.report_id();
    let shown = lines([cpu(), composite, sent], 6, NOW);
    let part = format!("      sent with {id}: {}", super::BUDGET);
    assert_eq!(shown.matches(&part).count(), 2, "{shown}");
    let shown = lines([cpu()], 6, NOW);
    assert!(
        shown.ends_with("\n      sent with what the ledger no longer has"),
        "{shown}"
    );
}

#[test]
fn items_of_another_version_are_counted() {
    let now = at(NOW);
    let hour = Hour::of(now);
    let limits: Limits = settings(6).limits;
    let mut day = Day::new(hour);
    for hour in [Hour::of(today("11:00:00")), hour] {
        let priority = Priority::Low;
        day.take(
            hour,
            Slot {
                priority,
                rule: Some("shop"),
            },
            &limits,
        );
    }
    let mut other = day.clone();
    other.take(
        hour,
        Slot {
            priority: Priority::High,
            rule: None,
        },
        &limits,
    );
    let alone = window("alone", today("12:00:00"), &[("in ALARM", 1)]);
    let items = [
        (alone.key.clone(), Some(Item::Window(Box::new(alone)))),
        (Key::day(hour.day()), Some(Item::Day(day))),
        (Key::day(hour.day() - 1), Some(Item::Day(other))),
        (key("new", 1), None),
    ];
    let contents = Contents::read(items, now);
    assert_eq!(contents.windows.len(), 1);
    assert_eq!(contents.unreadable, 1);
    assert_eq!((contents.day.used_in(hour), contents.day.used()), (1, 2));
}
