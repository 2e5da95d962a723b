//! Suppression and mute windows: an alarm that goes off is reported once by each channel.

use serde_json::{Value as Json, json};

use super::{ALARM, by_action, by_rule, by_topic, finding, outcome};

/// The phases that a composite alarm goes through: its state, and what suppresses its actions.
type Phase = (&'static str, Option<&'static str>);

/// The state changes that lead from each phase to the next.
fn changes(phases: &[Phase]) -> Vec<Json> {
    let state = |(value, by): Phase, minute: usize| {
        json!({
            "value": value, "actionsSuppressedBy": by,
            "timestamp": format!("2026-01-02T03:{minute:02}:00.000+0000"),
        })
    };
    phases
        .windows(2)
        .enumerate()
        .map(|(minute, pair)| {
            json!({
                "alarmName": "down",
                "previousState": state(pair[0], minute), "state": state(pair[1], minute + 1),
                "configuration": { "alarmRule": "ALARM(a)", "actionsSuppressor": "maintenance" },
            })
        })
        .collect()
}

#[test]
fn each_time_a_composite_alarm_goes_off_is_reported_once_whatever_suppresses_it() {
    let (wait, suppressed, extension) = (
        ("ALARM", Some("WaitPeriod")),
        ("ALARM", Some("Alarm")),
        ("ALARM", Some("ExtensionPeriod")),
    );
    let (ok, off) = (("OK", None), ("ALARM", None));
    for phases in [
        vec![ok, off],
        vec![("INSUFFICIENT_DATA", None), off],
        vec![ok, wait, off],
        vec![ok, wait, suppressed, extension, off],
        vec![ok, suppressed, extension, off],
        vec![ok, off, suppressed, extension, off],
        vec![ok, wait, suppressed, ok],
        vec![ok, wait, off, ok, wait, off],
    ] {
        let changes = changes(&phases);
        let went_off = phases
            .windows(2)
            .filter(|pair| pair[0].0 != "ALARM" && pair[1].0 == "ALARM");
        let reported = changes
            .iter()
            .filter(|it| outcome(&by_rule((*it).clone())) == "incident");
        assert_eq!(reported.count(), went_off.count(), "{phases:?}");
        for (change, pair) in changes.iter().zip(phases.windows(2)) {
            let expected = match (pair[0].0, pair[1].0) {
                (_, "OK") => "not-in-alarm",
                ("ALARM", _) => "still-in-alarm",
                _ => "incident",
            };
            assert_eq!(outcome(&by_rule(change.clone())), expected, "{phases:?}");
        }
    }
}

#[test]
fn an_action_that_is_executed_late_is_reported_with_the_reason() {
    let phases = [("ALARM", Some("ExtensionPeriod")), ("ALARM", None)];
    let description = finding(&by_action(changes(&phases).remove(0)))
        .incident
        .description()
        .to_owned();
    assert!(
        description.contains("was in ALARM before 2026-01-02 03:01:00 UTC and still is"),
        "{description}"
    );
    assert!(
        description.contains(
            "actions were suppressed until now by ExtensionPeriod, the suppressor is maintenance"
        ),
        "{description}"
    );
    let message = json!({
        "AlarmName": "down", "AlarmArn": ALARM, "NewStateValue": "ALARM", "OldStateValue": "ALARM",
        "StateChangeTime": "2026-01-02T03:01:00.000+0000",
    });
    assert_eq!(outcome(&by_topic(message)), "incident");
}

#[test]
fn one_more_time_series_is_reported_although_the_alarm_was_in_alarm() {
    let detail = json!({
        "alarmName": "down", "alarmContributor": { "id": "6d44", "attributes": { "Team": "a" } },
        "previousState": { "value": "ALARM" },
        "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
    });
    let description = finding(&by_rule(detail)).incident.description().to_owned();
    assert!(
        description.starts_with("The CloudWatch alarm \"down\" went to ALARM at"),
        "{description}"
    );
}

/// An event that does not say what was before can be the first.
#[test]
fn a_state_change_without_the_state_before_is_reported() {
    let mut detail = json!({
        "alarmName": "down", "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
    });
    assert_eq!(outcome(&by_rule(detail.clone())), "incident");
    detail["previousState"] = Json::Null;
    assert_eq!(outcome(&by_rule(detail)), "incident");
}
