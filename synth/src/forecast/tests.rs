use std::{pin::pin, task::Waker};

use serde_json::json;

use super::*;
use crate::{
    config::{self, Context},
    forecast::event::{of_alarm, of_task},
};

const FILE: &str = "name: one
account: \"111122223333\"
regions: [eu-central-1]
clusters: [shop]
watched-alarms: [prod-*]
limits: {investigations-per-hour: 2, investigations-per-day: 9}
";

fn origin() -> Origin {
    Origin {
        region: "eu-central-1".to_owned(),
        account: "111122223333".to_owned(),
    }
}

fn monitor() -> Monitor {
    let context = Context {
        file_stem: None,
        host: crate::package::host_architecture(),
    };
    let (account, diagnostics) = config::parse(FILE, context);
    account.unwrap_or_else(|| panic!("{diagnostics:?}")).monitor
}

/// What a future comes to that waits for nothing.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = std::task::Context::from_waker(Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// An item of the history as `DescribeAlarmHistory` has it on the wire.
fn item(name: &str, at: i64, to: &str) -> Json {
    let data = json!({
        "version": "1.0",
        "oldState": { "stateValue": "OK", "stateReason": "it was well" },
        "newState": {
            "stateValue": to,
            "stateReason": "Threshold Crossed: 1 datapoint [91.5] was greater than the threshold (80.0).",
            "stateReasonData": { "version": "1.0", "recentDatapoints": [91.5], "threshold": 80.0 },
        },
    });
    json!({
        "AlarmName": name,
        "AlarmType": "MetricAlarm",
        "HistoryItemType": "StateUpdate",
        "HistorySummary": format!("Alarm updated from OK to {to}"),
        "HistoryData": data.to_string(),
        "Timestamp": at,
    })
}

fn alarm(name: &str, service: &str) -> Json {
    json!({
        "AlarmName": name,
        "AlarmDescription": "[MEDIUM] as it is known",
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [
            { "Name": "ClusterName", "Value": "shop" },
            { "Name": "ServiceName", "Value": service },
        ],
        "Period": 60,
        "Statistic": "Average",
    })
}

fn happened(name: &str, service: &str, minute: i64) -> Happened {
    let at = 1_790_000_000 + 60 * minute;
    of_alarm(
        &item(name, at, "ALARM"),
        Some(&alarm(name, service)),
        &origin(),
    )
    .unwrap()
}

#[test]
fn the_history_of_an_alarm_becomes_the_event_that_it_sent() {
    let event = happened("prod-api-cpu", "api", 0).event;
    let scope = Scope {
        partition: "aws",
        region: "eu-central-1",
        account: "111122223333",
        stack: "tocsin-one",
    };
    let monitor = monitor();
    let caught: Vec<_> = Matcher::new(&monitor, &scope).caught(&event).collect();
    let [(_, Outcome::Decided(Decision::Investigate(finding)))] = &caught[..] else {
        panic!("{caught:?}");
    };
    let description = finding.incident.description();
    for part in ["91.5", "CPUUtilization", "shop", "as it is known"] {
        assert!(description.contains(part), "{part}: {description}");
    }
    assert_eq!(finding.incident.priority(), contract::Priority::Medium);
}

#[test]
fn only_what_went_off_is_an_event() {
    let recovered = item("prod-api-cpu", 1_790_000_000, "OK");
    assert_eq!(of_alarm(&recovered, None, &origin()), None);
    for broken in [
        json!({}),
        json!({ "AlarmName": "prod-a", "HistoryData": "{", "HistorySummary": 3, "Timestamp": 0 }),
        json!({ "AlarmName": "prod-a", "HistorySummary": "Alarm updated from OK to ALARM" }),
        json!("AlarmName"),
    ] {
        assert_eq!(of_alarm(&broken, None, &origin()), None, "{broken}");
    }
    // Without what is for machines, the summary says enough.
    let short = json!({ "AlarmName": "prod-a", "HistorySummary": "Alarm updated from OK to ALARM", "Timestamp": 1.5 });
    assert!(of_alarm(&short, None, &origin()).is_some());
}

/// Two alarms of one service within its window are one report.
#[test]
fn what_happened_goes_through_grouping() {
    let all = [
        happened("prod-api-cpu", "api", 0),
        happened("prod-api-memory", "api", 0),
        happened("prod-cart-cpu", "cart", 2),
        happened("prod-api-cpu", "api", 300),
        happened("test-api-cpu", "api", 304),
    ];
    let found = block_on(forecast(&monitor(), &origin(), &all));
    assert_eq!((found.went_off, found.incidents), (4, 4));
    assert_eq!(found.investigations, 3);
    let noisiest = [("prod-api-cpu", 2), ("prod-api-memory", 1)];
    assert_eq!(found.noisiest(2), noisiest);
    let none = block_on(forecast(&monitor(), &origin(), &[]));
    assert_eq!(none, Forecast::default());
}

/// Eight services fail in eight minutes, and two investigations may start in an hour: what is over becomes a digest.
#[test]
fn what_happened_goes_through_the_budget() {
    let all = (0..8).map(|it| happened(&format!("prod-{it}-cpu"), &format!("service-{it}"), it));
    let found = block_on(forecast(&monitor(), &origin(), &all.collect::<Vec<_>>()));
    assert_eq!((found.incidents, found.investigations), (8, 4));
}

#[test]
fn a_stopped_task_is_what_its_event_was() {
    let task = json!({
        "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/shop/0a1b2c3d",
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/shop",
        "group": "service:api",
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "createdAt": 1_790_000_000.25,
        "stoppedAt": 1_790_000_060,
        "containers": [{ "name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" }],
    });
    let stopped = of_task(&task, &origin()).unwrap();
    assert_eq!(stopped.event["detail"]["stoppedAt"], stopped.at.to_string());
    let found = block_on(forecast(&monitor(), &origin(), &[stopped]));
    assert_eq!(
        (found.stopped, found.incidents, found.investigations),
        (1, 1, 1)
    );
}
