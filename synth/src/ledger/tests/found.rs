//! What is said of one incident, wherever it is.

use contract::IncidentId;
use runtime::ledger::{Identity, Key};

use super::{super::Contents, at, contents, key, settings, storm, today};

fn verdict(contents: &Contents, needle: &str, per_hour: u32) -> String {
    let found = contents.find(needle, &settings(per_hour), at(super::NOW));
    let [found] = found.as_slice() else {
        panic!("{needle}: {found:?}")
    };
    found.verdict.clone()
}

/// Why was I not told? For every state there is an answer.
#[test]
fn every_state_has_its_answer() {
    let contents = contents(storm());
    for (needle, per_hour, expected) in [
        ("alone", 6, "the agent has it, as "),
        ("several", 6, "the agent has it, with group-"),
        ("night", 6, "the agent has it, as group-"),
        (
            "rejected",
            6,
            "the agent refused it (rejected: title is required)",
        ),
        ("expired", 6, "it could not be sent for six days"),
        (
            "covered",
            6,
            "it is not sent by itself: task 12729dbc-d07c-4a7c-86b2-d0c1aea6039f, which investigated group-",
        ),
        (
            "held at night",
            6,
            "it is held in quiet hours until 2026-01-03 07:00 UTC",
        ),
        ("sending", 6, "it is being sent, with group-"),
        ("gathers", 6, "its group gathers until 12:40:10 UTC"),
        ("a", 6, "it can be sent since 12:31:40 UTC"),
        ("a", 0, "it is held by the budget until "),
    ] {
        let name = format!("ECS service {needle}");
        let verdict = verdict(&contents, &name, per_hour);
        assert!(verdict.starts_with(expected), "{needle}: {verdict}");
    }
}

#[test]
fn an_incident_is_found_by_its_own_id_and_a_report_by_its() {
    let mut contents = contents(storm());
    let id = IncidentId::of("ecs", &["one"]);
    let identity = Identity {
        window: Some(key("a", 1)),
        at: today("12:31:01"),
    };
    contents.identities.insert(Key::identity(&id), identity);
    let settings = settings(6);
    let found = contents.find(id.as_str(), &settings, at(super::NOW));
    let steps: Vec<&str> = found[0].steps.iter().map(|it| it.what).collect();
    assert_eq!(steps, ["recorded", "opened", "merged", "opened"]);
    // The digest that it was merged into.
    let report = found[0].id.clone();
    let of_report = contents.find(&report, &settings, at(super::NOW));
    assert_eq!(of_report.len(), 1);
    assert_eq!(of_report[0].verdict, found[0].verdict);
}

#[test]
fn what_the_ledger_has_forgotten_or_never_had_is_said_so() {
    let mut contents = contents([]);
    let (alone, forgotten) = (IncidentId::of("ecs", &["1"]), IncidentId::of("ecs", &["2"]));
    for (id, window) in [(&alone, None), (&forgotten, Some(key("gone", 1)))] {
        let identity = Identity {
            window,
            at: today("12:31:01"),
        };
        contents.identities.insert(Key::identity(id), identity);
    }
    assert_eq!(verdict(&contents, alone.as_str(), 6), "the agent has it");
    let verdict = verdict(&contents, forgotten.as_str(), 6);
    assert!(verdict.contains("forgotten"), "{verdict}");
    for needle in ["nobody", ""] {
        assert!(
            contents
                .find(needle, &settings(6), at(super::NOW))
                .is_empty()
        );
    }
}

/// `cpu` is not `cpu-high`.
#[test]
fn a_name_is_found_as_it_is() {
    let contents = contents(storm());
    let settings = settings(6);
    let found = |needle: &str| contents.find(needle, &settings, at(super::NOW)).len();
    assert_eq!(
        (found("severa"), found("several"), found("held at night")),
        (0, 1, 1)
    );
}
