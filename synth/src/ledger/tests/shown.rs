use contract::{IncidentId, Priority};
use runtime::ledger::{Day, Hour, Item, Slot, Spending, State, Window};
use serde_json::json;

use super::{
    super::{Contents, History, Queues, Seen, Summary},
    NOW, QUEUES, at, contents, history_at, key, lines, sent, settings, storm, today, window,
};

#[test]
fn causes_that_do_not_fit_one_line_have_one_each() {
    let long = |name: &str| format!("ECS service {name} (cluster checkout, eu-central-1)");
    let (a, b) = (long("orders"), long("billing"));
    let shown = lines(
        [window("several", today("12:30:00"), &[(&a, 2), (&b, 1)])],
        6,
        NOW,
    );
    let expected = format!("incidents\n      2 × {a}\n      1 × {b}\n");
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn lines_fit_a_terminal_and_move_no_cursor() {
    let long = "exited\u{1b}[2J with code 1 ".repeat(20);
    let mut window = window(
        "checkout",
        today("12:30:00"),
        &[(&long, 1), ("in ALARM", 1)],
    );
    window.name = "ECS service checkout\n".repeat(60);
    let shown = lines([window], 6, NOW);
    for line in shown.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert!(shown.contains("...\n"), "{shown}");
}

#[test]
fn the_past_is_cut_off_but_not_what_is_pending() {
    let old = at("2025-12-31T12:00:00Z");
    let cause = &[("exited with code 1", 1)];
    let windows = [
        sent("old", old, cause),
        window("old but pending", old, cause),
        Window {
            state: State::Sent {
                at: today("12:00:00"),
                id: IncidentId::of("group", &[]),
            },
            ..window("sent late", old, cause)
        },
        window("new", today("11:00:00"), cause),
    ];
    let history = history_at(&contents(windows), at(NOW));
    let names: Vec<&str> = history.entries.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ECS service old but pending",
            "ECS service new",
            "ECS service sent late"
        ]
    );
    let lines = history.lines("prod", 1, 100, at(NOW));
    assert_eq!(lines[0], "  2 before are not shown: --limit 3 shows them");
    assert!(lines[1].contains("ECS service sent late"), "{lines:?}");
}

#[test]
fn the_budget_and_the_queues_come_last() {
    let history = history_at(&Contents::default(), at(NOW));
    let expected = "
  no incidents
  budget        0 of 6 investigations this hour, 0 of 24 today
  incidents     1 waiting, 14 in flight, 0 delayed
  dead letters  2 messages; see why with: synth redrive --account prod --dry-run";
    let lines = history.lines("prod", 50, 100, at(NOW)).join("\n");
    assert_eq!(format!("\n{lines}"), expected);
    let lines = history.lines("payments-production", 50, 80, at(NOW));
    let expected = [
        "  dead letters  2 messages; see why with: synth redrive --account",
        "                payments-production --dry-run",
    ];
    assert_eq!(lines[lines.len() - 2..], expected);
}

#[test]
fn a_program_gets_everything() {
    let history = history_at(&contents(storm()), at(NOW));
    let json = history.to_json("eu-central-1", 50);
    assert_eq!(json["region"], "eu-central-1");
    assert_eq!(json["leftOut"], 0);
    assert_eq!(json["budget"]["perHour"], 6);
    assert_eq!(
        json["queues"]["deadLetters"],
        json!({ "waiting": 2, "inFlight": 0, "delayed": 0 })
    );
    let windows = json["windows"].as_array().unwrap();
    let of = |state: &str| windows.iter().find(|it| it["state"] == state).unwrap();
    let held = key("held at night", 1);
    let id = IncidentId::of("ecs", &["held at night-2026-01-02T12:34:00Z-0"]);
    assert_eq!(
        *of("held"),
        json!({
            "at": "2026-01-02T12:34:00Z",
            "opened": "2026-01-02T12:34:00Z",
            "state": "held",
            "until": "2026-01-03T07:00:00Z",
            "since": null,
            "heldBy": "quiet-hours",
            "why": null,
            "mergedInto": null,
            "coveredBy": null,
            "priority": "LOW",
            "kind": "incidents",
            "group": "ECS service held at night",
            "groupKey": held.group,
            "number": 1,
            "incidentId": id,
            "incidents": 1,
            "firstTitle": "ECS service held at night: exited with code 1",
            "investigation": null,
            "causes": [{ "cause": "exited with code 1", "incidents": 1 }],
        })
    );
    assert_eq!(of("merged")["mergedInto"]["group"], super::NIGHT);
    assert_eq!(
        of("covered")["coveredBy"]["task"],
        "12729dbc-d07c-4a7c-86b2-d0c1aea6039f"
    );
    assert_eq!(of("rejected")["why"], "rejected: title is required");
    assert_eq!(of("due")["since"], "2026-01-02T12:31:40Z");
    assert_eq!(of("gathering")["until"], "2026-01-02T12:40:10Z");
}

#[test]
fn a_summary_says_what_is_used_by_whom_and_what_is_pending() {
    let hour = Hour::of(at(NOW));
    let mut day = Day::new(hour);
    let limits = settings(3).limits;
    for (priority, rule) in [
        (Priority::High, None),
        (Priority::Low, Some("deploy-failed")),
        (Priority::High, Some("deploy-failed")),
    ] {
        day.take(hour, Slot { priority, rule }, &limits);
    }
    let contents = Contents {
        day,
        ..contents(storm())
    };
    let summary = Summary::new(&contents, &settings(3), at(NOW));
    let expected = "
  budget        3 of 3 investigations this hour, 3 of 24 today; the next at 13:00 UTC
                1 of 6 today for LOW and MINIMAL incidents
                2 of 8 today for the rule deploy-failed
  held          2 incidents of 2 groups by the budget until 13:00 UTC
  held          1 incident of 1 group in quiet hours until 2026-01-03 07:00 UTC
  gathering     3 incidents of 1 group, until 12:40:10 UTC";
    let lines = summary.lines(at(NOW)).join("\n");
    assert_eq!(format!("\n{lines}"), expected);
    let json = summary.to_json();
    assert_eq!(
        json["held"][0],
        json!({ "heldBy": "budget", "incidents": 2, "groups": 2, "until": "2026-01-02T13:00:00Z" })
    );
    assert_eq!(json["budget"]["next"], "2026-01-02T13:00:00Z");
    let calm = Summary::new(&Contents::default(), &settings(3), at(NOW));
    assert_eq!(calm.lines(at(NOW)).len(), 1);
}

#[test]
fn dollars_are_shown_beside_their_limits_and_hold_what_is_due() {
    let now = at(NOW);
    let spending = json!({ "kind": "spending", "cents": { "1": 40_000, "2": 5_013 } });
    let spending: Item = serde_json::from_value(spending).unwrap();
    let due = window("due", today("12:00:00"), &[("exited with code 1", 1)]);
    let items = [
        (due.key.clone(), Some(Item::Window(Box::new(due)))),
        (Spending::key(now), Some(spending)),
    ];
    let contents = Contents::read(items, now);
    let mut settings = settings(6);
    let lines = |settings: &contract::DeliverySettings| {
        Summary::new(&contents, settings, now).lines(now).join("\n")
    };
    assert!(!lines(&settings).contains("dollars"));
    settings.limits.dollars_per_day = Some(51);
    settings.limits.dollars_per_month = Some(1_000);
    let shown = lines(&settings);
    assert!(
        shown
            .contains("\n  dollars       $50.13 of $51 today, $450.13 of $1000 this month\n  due "),
        "{shown}"
    );
    settings.limits.dollars_per_day = Some(50);
    let shown = lines(&settings);
    assert!(
        shown.contains("0 of 24 today; the next at 2026-01-03 00:00 UTC"),
        "{shown}"
    );
    assert!(
        shown.contains("by the budget until 2026-01-03 00:00 UTC"),
        "{shown}"
    );
    let json = Summary::new(&contents, &settings, now).to_json();
    assert_eq!(json["budget"]["dollarsThisMonth"], 450.13);
    assert_eq!(json["budget"]["dollarsPerDay"], 50);
}

#[test]
fn only_what_is_new_or_has_changed_is_shown_again() {
    let mut seen = Seen::default();
    let mut shown = |windows: Vec<Window>, queues: Queues, time: &str| {
        let (since, now) = (today("00:00:00"), today(time));
        let history = History::new(&contents(windows), queues, &settings(6), since, now);
        let (entries, letters) = seen.changes(&history);
        let entries = entries
            .iter()
            .map(|it| format!("{} {}", it.name, it.stage.word()));
        (entries.collect::<Vec<_>>(), letters)
    };
    let cause = &[("exited with code 1", 1)];
    let a = || window("a", today("12:00:00"), cause);
    let b = || window("b", today("12:02:00"), cause);
    let fewer = Queues {
        dead_letters: QUEUES.incidents,
        ..QUEUES
    };
    for (windows, queues, time, changed, letters) in [
        (vec![a()], QUEUES, "12:00:01", vec!["a gathering"], true),
        (vec![a()], QUEUES, "12:00:03", vec![], false),
        (vec![a()], QUEUES, "12:00:30", vec!["a due"], false),
        (
            vec![a(), b()],
            QUEUES,
            "12:02:01",
            vec!["b gathering"],
            false,
        ),
        (
            vec![sent("a", today("12:00:00"), cause), b()],
            QUEUES,
            "12:02:25",
            vec!["a sent", "b due"],
            false,
        ),
        (
            vec![sent("a", today("12:00:00"), cause), b()],
            fewer,
            "12:02:27",
            vec![],
            true,
        ),
    ] {
        let mut changed: Vec<String> = changed
            .into_iter()
            .map(|it| format!("ECS service {it}"))
            .collect();
        let (mut entries, changes) = shown(windows, queues, time);
        entries.sort();
        changed.sort();
        assert_eq!((entries, changes), (changed, letters), "{time}");
    }
}
