use jiff::SignedDuration;
use runtime::{
    aws::dynamodb::Used,
    ledger::{Hour, Kind, State, Window},
};
use serde_json::json;
use webhook::IncidentId;

use super::{
    super::{Contents, told::Told},
    BUDGET, NOW, at, contents, digest, lines, place, storm, today, window,
};

#[test]
fn a_person_sees_every_state_and_why() {
    let expected = "
  01-02 07:00:00  sent       HIGH      ECS service alone
      ecs-7a58402fec6530a380ca0a5df1f36729: exited with code 137
  01-02 12:30:23  sent       HIGH      ECS service several
      group-7ff2579de648737ae473e8b2ceeba567: 15 incidents
      9 × exited with code 1, 3 × out of memory, 2 × cannot pull, and 1 more
  01-02 12:31:00  part       HIGH      ECS service a
      ecs-8caf894b865c1f26137bd0699cc917d4: exited with code 1
      part of group-ab125e8d3de3d0929486d7b70135b4d5: held back by the budget
  01-02 12:31:00  held       HIGH      held back by the budget
      group-ab125e8d3de3d0929486d7b70135b4d5: 2 incidents
      1 × ECS service a, 1 × ECS service b
      held by the budget until 13:00 UTC
  01-02 12:31:00  held       HIGH      held back in quiet hours
      group-02909f6d24b1bb247e94acef2e6b4b38: ECS service night
      held in quiet hours until 2026-01-03 06:00 UTC
  01-02 12:31:00  part       HIGH      ECS service night
      ecs-bf0971b492dcc18c3c08b010def25159: exited with code 1
      part of group-02909f6d24b1bb247e94acef2e6b4b38: held back in quiet hours
  01-02 12:33:00  rejected   HIGH      ECS service rejected
      ecs-8a18792626e626ac8e716f5959ff5e48: exited with code 1
      rejected: title is required
  01-02 12:34:00  waiting    HIGH      ECS service waits
      ecs-a96219d1b04a499d64546cea4087fa11: exited with code 1
      due since 12:34:22 UTC
  01-02 12:38:30  sending    HIGH      ECS service sends
      ecs-c7e2e3362c8e7c8303c18bf4c8b8248c: exited with code 1
  01-02 12:39:00  sending    HIGH      ECS service claimed
      group-de6dcc738094eea364b89d3f0c8cc7f7: 2 × exited with code 1
  01-02 12:39:50  gathering  HIGH      ECS service gathers
      group-16fb5502f87212206609f0b7a207af16: 3 × exited with code 1
      gathering until 12:40:10 UTC";
    assert_eq!(format!("\n{}", lines(storm(), NOW)), expected);
}

#[test]
fn what_is_told_by_itself_counts_as_sent_two_minutes_after_it_was_due() {
    let opened = today("12:00:00");
    let alone = |ticket: Option<Hour>| Window {
        ticket,
        ..window("alone", opened, &[("exited with code 1", 1)])
    };
    let has_place = Some(Hour::of(opened));
    for (ticket, seconds, state) in [
        (has_place, 0, "gathering"),
        (has_place, 21, "gathering"),
        (has_place, 22, "sending"),
        (has_place, 141, "sending"),
        (has_place, 142, "sent"),
        // The webhook did not take it: its place was given back.
        (None, 21, "gathering"),
        (None, 22, "waiting"),
        (None, 23 * 3_600, "waiting"),
        (None, 6 * 24 * 3_600, "waiting"),
        (None, 6 * 24 * 3_600 + 1, "given up"),
    ] {
        let now = opened + SignedDuration::from_secs(seconds);
        let told = Told::all(&contents([alone(ticket)]), now);
        assert_eq!(told[0].stage.word(), state, "{seconds} s, {ticket:?}");
    }
}

#[test]
fn a_group_is_sent_when_the_ledger_says_so() {
    let several = || window("several", today("12:00:00"), &[("exited with code 1", 2)]);
    let claimed = Window {
        state: State::Claimed {
            until: today("12:02:00"),
        },
        ..several()
    };
    for (window, time, state) in [
        (several(), "12:00:21", "gathering"),
        (several(), "12:00:22", "waiting"),
        (several(), "12:30:00", "waiting"),
        (claimed.clone(), "12:01:59", "sending"),
        (claimed, "12:02:00", "waiting"),
    ] {
        let told = Told::all(&contents([window]), today(time));
        assert_eq!(told[0].stage.word(), state, "{time}");
    }
}

#[test]
fn a_part_names_what_tells_it_however_often_that_was_moved() {
    let moved = |group: &str, into: &str| Window {
        state: State::Moved {
            into: place(into, 1),
        },
        ..window(group, today("12:30:00"), &[("in ALARM", 1)])
    };
    let composite = moved("composite", BUDGET);
    let digest = digest(Kind::Budget, BUDGET, today("13:00:00"), &[&composite]);
    let shown = lines([moved("cpu", "composite"), composite, digest], NOW);
    let id = "group-e41c2009e3846c7b0d8890aba587155c";
    let part = format!("      part of {id}: {BUDGET}");
    assert_eq!(shown.matches(&part).count(), 2, "{shown}");
    let shown = lines([moved("cpu", "composite")], NOW);
    assert!(
        shown.ends_with("\n      part of what the ledger no longer has"),
        "{shown}"
    );
}

#[test]
fn what_came_too_late_waits_until_the_next_window_has_it() {
    let late = window("busy", today("12:35:00"), &[("exited with code 1", 3)]);
    let sent = Window {
        state: State::Sent {
            at: today("12:30:22"),
            id: IncidentId::of("group", &["busy"]),
        },
        later: late.told.clone(),
        ..window("busy", today("12:30:00"), &[("exited with code 1", 2)])
    };
    let next = Window {
        place: place("busy", 2),
        ..late
    };
    let waits = "      3 incidents more, told after 13:00 UTC";
    assert!(lines([sent.clone()], NOW).ends_with(waits));
    assert!(!lines([sent, next], NOW).contains("incidents more"));
}

#[test]
fn items_of_another_version_are_counted_and_pointers_left_out() {
    let item = |window: &Window| {
        json!({
            "group": { "S": window.place.group }, "number": { "N": "1" }, "version": { "N": "1" },
            "window": { "S": serde_json::to_string(window).unwrap() },
        })
    };
    let alone = window("alone", today("12:00:00"), &[("in ALARM", 1)]);
    let pointer = Window::absorbed(place("alarm", 1), "arn", &alone, at(NOW));
    let day = Hour::of(at(NOW)).day().to_string();
    let items = [
        item(&alone),
        item(&pointer),
        json!({ "group": { "S": "budget" }, "number": { "N": day }, "day": { "N": "5" }, "h12": { "N": "2" } }),
        json!({ "group": { "S": "budget" }, "number": { "N": "1" }, "day": { "N": "9" } }),
        json!({ "group": { "S": "new" }, "number": { "N": "1" }, "window": { "S": "{}" } }),
    ];
    let contents = Contents::read(&items, at(NOW));
    assert_eq!(contents.windows.len(), 1);
    assert_eq!(contents.unreadable, 1);
    let used = Used {
        in_hour: 2,
        in_day: 5,
    };
    assert_eq!(contents.used, used);
}
