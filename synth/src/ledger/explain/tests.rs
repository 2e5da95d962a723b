//! What is said of an incident, wherever its way ended.

use jiff::Timestamp;
use runtime::aws::logs::LogLine;
use serde_json::{Value as Json, json};

use super::{Explanation, Line};
use crate::ledger::found::{Found, Known};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_355_200 + second).unwrap()
}

fn line(second: i64, function: &str, message: &str, mut fields: Json) -> Line {
    fields["function"] = json!(function);
    fields["message"] = json!(message);
    fields["level"] = json!("info");
    let line = LogLine {
        at: at(second),
        text: format!("{fields}\n"),
    };
    Line::read(&line).unwrap()
}

fn found(verdict: &str) -> Found {
    let known = |second, what, detail: &str| Known {
        at: at(second),
        what,
        detail: detail.to_owned(),
    };
    Found {
        id: "group-1".to_owned(),
        steps: vec![
            known(2, "recorded", "alarm-1"),
            known(2, "opened", "the report on orders"),
            known(40, "sent", "group-1"),
        ],
        verdict: verdict.to_owned(),
    }
}

/// From the event of an alarm to the report that counts it.
#[test]
fn the_way_of_an_incident_is_told_in_order() {
    let mut it = Explanation::default();
    let queued = json!({ "incidentId": "alarm-1", "alarm": "cpu", "title": "Alarm cpu", "priority": "HIGH" });
    let recorded = json!({ "incidentId": "alarm-1", "group": "orders" });
    let ids = it.add_lines(&[
        line(3, "deliver", "recorded", recorded),
        line(1, "alarm", "incident queued", queued),
    ]);
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["alarm-1"]);
    it.add_found(&[found(
        "the agent has it, with group-1, which counts 3 incidents",
    )]);
    assert_eq!(
        it.lines("cpu"),
        [
            "  01-02 12:00:01  queued       alarm    alarm cpu, priority HIGH, Alarm cpu, alarm-1",
            "  01-02 12:00:02  opened       ledger   the report on orders",
            "  01-02 12:00:02  recorded     ledger   alarm-1",
            "  01-02 12:00:03  recorded     deliver  orders, alarm-1",
            "  01-02 12:00:40  sent         ledger   group-1",
            "  => the agent has it, with group-1, which counts 3 incidents",
        ]
    );
}

/// What never became an incident is only in the log of the function that skipped it.
#[test]
fn why_an_event_was_skipped_is_said() {
    let mut it = Explanation::default();
    let skipped = json!({ "eventId": "e-1", "alarm": "cpu", "why": "still-in-alarm" });
    it.add_lines(&[line(1, "alarm", "event skipped", skipped)]);
    assert!(it.is_known());
    assert_eq!(
        it.lines("e-1").last().unwrap(),
        "  => it was no incident: the function `alarm` skipped it (alarm cpu, eventId e-1, still-in-alarm)"
    );
}

#[test]
fn what_nobody_has_seen_is_said_so_with_what_was_not_searched() {
    let mut it = Explanation::default();
    it.gaps.push("the log of ecs: no answer".to_owned());
    assert!(!it.is_known());
    let lines = it.lines("gone").join("\n");
    assert!(lines.contains("nothing is known of `gone`"), "{lines}");
    assert!(lines.contains("not searched: the log of ecs"), "{lines}");
    let json = it.to_json("eu-central-1", "gone");
    assert_eq!(json["gaps"], json!(["the log of ecs: no answer"]));
}

/// Lambda's own lines, and what others may write, are no steps.
#[test]
fn lines_of_others_are_left_out() {
    for text in [
        "",
        "START RequestId: 1",
        "{}",
        "[1]",
        r#"{"message":"recorded"}"#,
    ] {
        let line = LogLine {
            at: at(0),
            text: text.to_owned(),
        };
        assert_eq!(Line::read(&line), None, "{text}");
    }
}

/// What comes from AWS must not move a cursor, and a line is short.
#[test]
fn steps_are_plain_and_bounded() {
    let fields = json!({ "why": format!("\u{1b}[2J\n{}", "x".repeat(5_000)) });
    let step = line(0, "alarm", "event skipped", fields).step();
    assert!(step.detail.chars().count() <= 300);
    assert!(
        !step.detail.chars().any(char::is_control),
        "{:?}",
        step.detail
    );
}
