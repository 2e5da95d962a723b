use contract::{Group, GroupKey, Incident, IncidentId, Priority};
use runtime::ledger::{Contents as Sends, Hold, Members, State, Window};
use serde_json::json;

use super::{BUDGET, NOW, at, contents, digest, history_at, today, window};

/// A window of incidents with these titles and causes, under the name of their group.
fn titled(name: &str, incidents: &[(&str, &str)]) -> Window {
    let opened = today("12:30:00");
    let mut members: Option<Members> = None;
    for (index, (title, cause)) in incidents.iter().enumerate() {
        let id = IncidentId::of("event", &[name, &index.to_string()]);
        let incident = Incident::new(id, Priority::High, title, "", opened, "", json!({}));
        let group = Group::new(GroupKey::of("rule", &[name]), name, cause);
        let one = Members::one(&incident, &group);
        match &mut members {
            Some(members) => members.add(&one),
            None => members = Some(one),
        }
    }
    let window = Window {
        name: name.to_owned(),
        contents: Sends::Incidents(members.unwrap()),
        ..window(name, opened, &[("", 1)])
    };
    let (at, id) = (window.due, window.report_id());
    Window {
        state: State::Sent { at, id },
        ..window
    }
}

/// What an account has: a pipeline, an event of its own rule, a service, an alarm and a digest of two.
fn rows() -> Vec<Window> {
    let pipelines = "rule tocsin-shop-prod-event-pipelines (eu-central-1): \
                     arn:aws:codepipeline:eu-central-1:111122223333:checkout-release";
    let failed = "pipeline checkout-release failed in stage Deploy (eu-central-1)";
    let orders = "rule tocsin-shop-prod-event-order-failed (eu-central-1): order-service";
    let service =
        "ECS service checkout-api-with-a-rather-long-name (cluster shop-production, eu-central-1)";
    let memory = "checkout-api-with-a-rather-long-name out of memory (cluster shop-production, eu-central-1)";
    let image = "checkout-api-with-a-rather-long-name: an image cannot be pulled (cluster shop-production, eu-central-1)";
    let queue = "QueueName=payments-production (AWS/SQS, eu-central-1)";
    let alarm = "payments-production-age-of-oldest-message in ALARM (eu-central-1)";
    let merged = Window {
        state: State::Merged {
            at: today("12:31:00"),
            into: digest(Hold::Budget, BUDGET, today("12:31:20"), &[]).key,
        },
        ..titled(queue, &[(alarm, "in ALARM")])
    };
    let other = titled(
        orders,
        &[("The order 4711 failed (eu-central-1)", "order failed")],
    );
    vec![
        titled(
            pipelines,
            &[(failed, "CodePipeline Pipeline Execution State Change")],
        ),
        titled(
            service,
            &[
                (memory, "out of memory"),
                (image, "an image cannot be pulled"),
                (memory, "out of memory"),
            ],
        ),
        digest(Hold::Budget, BUDGET, today("12:31:20"), &[&merged, &other]),
        merged,
        other,
    ]
}

/// Where a terminal has no room for it, what identifies a row goes on in the next line; it is never cut.
#[test]
fn a_row_names_what_failed_and_fits_the_terminal() {
    let history = history_at(&contents(rows()), at(NOW));
    for (width, expected) in [
        (80, include_str!("rows-80.txt")),
        (120, include_str!("rows-120.txt")),
        (200, include_str!("rows-200.txt")),
    ] {
        let lines = history.lines("shop-prod", 50, width, at(NOW));
        for line in &lines {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        assert_eq!(lines.join("\n"), expected.trim_end(), "{width}");
    }
}
