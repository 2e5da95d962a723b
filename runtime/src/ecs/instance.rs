//! Container instances whose health is impaired.
//!
//! Source: "Amazon ECS container instance health change events" in the ECS developer guide. Some
//! recordings have the status and the checks in `healthStatus`, as `DescribeContainerInstances` has them.

use contract::Priority;
use serde_json::{Value as Json, json};

use super::{
    missing,
    subject::{Owner, Subject, cluster, last, place},
};
use crate::{
    decision::{Decision, Skip},
    read::{UnreadableEvent, list, show_time, text, time},
    report::{Report, first},
};

/// Health checks that are listed at most.
const LISTED: usize = 10;

/// A health check, such as `CONTAINER_RUNTIME`.
struct Check<'a> {
    kind: &'a str,
    status: &'a str,
    reason: Option<&'a str>,
    since: Option<&'a str>,
}

/// Decides on a change of a container instance's health. ECS takes the worst check for the whole.
pub(super) fn decide(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    let checks = checks(detail);
    let overall = ["overallStatus", "healthStatus.overallStatus"]
        .iter()
        .find_map(|path| text(detail, path));
    let worst = || checks.iter().find(|it| it.status == "IMPAIRED");
    match overall.or_else(|| Some(worst()?.status)) {
        Some("OK" | "INITIALIZING" | "INSUFFICIENT_DATA") => {
            Ok(Decision::Skip(Skip::ContainerInstance))
        }
        status => incident(event, detail, status.unwrap_or("unknown"), &checks),
    }
}

fn checks(detail: &Json) -> Vec<Check<'_>> {
    let check = |json| Check {
        kind: text(json, "type").unwrap_or("unnamed check"),
        status: text(json, "status").unwrap_or("unknown"),
        reason: text(json, "statusReason"),
        since: text(json, "lastStatusChange").or_else(|| text(json, "lastUpdated")),
    };
    ["healthChecks", "healthStatus.details", "details"]
        .iter()
        .map(|path| list(detail, path))
        .find(|it| !it.is_empty())
        .unwrap_or_default()
        .iter()
        .map(check)
        .collect()
}

fn incident(
    event: &Json,
    detail: &Json,
    status: &str,
    checks: &[Check<'_>],
) -> Result<Decision, UnreadableEvent> {
    let arn = text(detail, "containerInstanceArn")
        .or_else(|| text(event, "resources.0"))
        .ok_or(missing("a container instance"))?;
    let subject = Subject {
        place: place(event, detail, arn)?,
        cluster: cluster(event),
        owner: Owner::Instance(last(arn)),
        at: time(event, "time").ok_or(missing("a time"))?,
    };
    let mut failed: Vec<&str> = checks
        .iter()
        .filter(|it| it.status == status)
        .map(|it| it.kind)
        .collect();
    failed.sort_unstable();
    failed.truncate(LISTED);
    let cause = if failed.is_empty() {
        format!("health is {status}")
    } else {
        format!("health is {status}: {}", failed.join(", "))
    };
    let title = format!("{}: {cause} ({})", subject.short_name(), subject.short());
    let mut report = Report::new(&format!(
        "The {} in {}: {cause}; reported at {}.",
        subject.name(),
        subject.the_cluster(),
        show_time(subject.at)
    ));
    report.section(
        "Health checks",
        &first(checks.iter().map(show_check).collect(), LISTED),
    );
    let mut place = vec![
        subject.place.describe(),
        subject.cluster_fact(),
        arn.to_owned(),
    ];
    for (key, label) in [
        ("ec2InstanceId", "EC2 instance"),
        ("capacityProviderName", "capacity provider"),
    ] {
        if let Some(value) = text(detail, key) {
            place.push(format!("{label} {value}"));
        }
    }
    report.section("Where", &place);
    report.section("Console", &subject.page(&["infrastructure"]));
    report.section(
        "Not known here",
        &["which tasks run on the instance".to_owned()],
    );
    for check in checks.iter().take(LISTED) {
        if let Some(reason) = check.reason {
            report.quote(check.kind, reason);
        }
    }
    let data = json!({
        "containerInstanceArn": arn,
        "clusterArn": text(detail, "clusterArn"),
        "ec2InstanceId": text(detail, "ec2InstanceId"),
        "overallStatus": status,
    });
    let at = subject.at.to_string();
    let occurrence = ["instance", arn, &at];
    let incident = subject.incident(Priority::High, &occurrence, &title, report, data);
    Ok(Decision::investigate(incident, subject.group(&cause)))
}

fn show_check(check: &Check<'_>) -> String {
    let mut out = format!("{}: {}", check.kind, check.status);
    if let Some(since) = check.since {
        out = format!("{out} since {since}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(detail: Json) -> Json {
        json!({
            "id": "1", "time": "2026-01-02T03:04:05Z", "detail": detail,
            "resources": ["arn:aws:ecs:eu-central-1:111122223333:container-instance/0a1b"],
        })
    }

    #[test]
    fn only_what_is_not_well_is_an_incident() {
        let impaired = json!([
            { "type": "DAEMON", "status": "IMPAIRED" },
            { "type": "CONTAINER_RUNTIME", "status": "OK" },
            { "type": "ACCELERATED_COMPUTE", "status": "IMPAIRED", "statusReason": "XID_46" },
        ]);
        for (detail, expected) in [
            (
                json!({ "overallStatus": "OK", "healthChecks": impaired }),
                None,
            ),
            (json!({ "overallStatus": "INITIALIZING" }), None),
            (
                json!({ "healthStatus": { "overallStatus": "INSUFFICIENT_DATA" } }),
                None,
            ),
            (
                json!({ "overallStatus": "IMPAIRED", "healthChecks": impaired }),
                Some("health is IMPAIRED: ACCELERATED_COMPUTE, DAEMON"),
            ),
            (
                json!({ "healthStatus": { "overallStatus": "IMPAIRED", "details": impaired } }),
                Some("health is IMPAIRED: ACCELERATED_COMPUTE, DAEMON"),
            ),
            (
                json!({ "healthChecks": impaired }),
                Some("health is IMPAIRED: ACCELERATED_COMPUTE, DAEMON"),
            ),
            (
                json!({ "overallStatus": "DEGRADED" }),
                Some("health is DEGRADED"),
            ),
            (json!({}), Some("health is unknown")),
        ] {
            let event = event(detail);
            let cause = match decide(&event, &event["detail"]).unwrap() {
                Decision::Investigate(finding) => Some(finding.group.cause),
                Decision::Skip(skip) => {
                    assert_eq!(skip, Skip::ContainerInstance);
                    None
                }
                Decision::Canary => panic!("a canary"),
            };
            assert_eq!(cause.as_deref(), expected, "{event}");
        }
    }
}
