//! From what a service or a daemon reports to the incident.

use contract::Priority;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{
    missing,
    subject::{Owner, Subject, cluster, last, place},
};
use crate::{
    decision::Decision,
    read::{UnreadableEvent, at, show_time, text, time},
    report::Report,
    withhold,
};

/// Instances and capacity providers that are listed at most.
const LISTED: usize = 20;

/// The incident of a service or a daemon that cannot do what it should.
pub(super) fn of_action(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    let name = text(detail, "eventName").unwrap_or("unnamed event");
    let what = match name {
        "SERVICE_TASK_PLACEMENT_FAILURE" => "cannot place tasks",
        "SERVICE_TASK_START_IMPAIRED" | "DAEMON_TASK_START_IMPAIRED" => "cannot start tasks",
        "SERVICE_TASK_CONFIGURATION_FAILURE" => "has a wrong configuration",
        "SERVICE_DEPLOYMENT_FAILED" => "failed to deploy",
        "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED" => "cannot keep its placement constraint",
        "ECS_OPERATION_THROTTLED" | "SERVICE_DISCOVERY_OPERATION_THROTTLED" => "is throttled",
        _ => "reports an error",
    };
    incident(event, detail, name, what, time(detail, "createdAt"))
}

/// The incident of a deployment that failed.
pub(super) fn of_deployment(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    let name = text(detail, "eventName").unwrap_or("unnamed event");
    incident(
        event,
        detail,
        name,
        "failed to deploy",
        time(detail, "updatedAt"),
    )
}

fn incident(
    event: &Json,
    detail: &Json,
    name: &str,
    what: &str,
    said_at: Option<Timestamp>,
) -> Result<Decision, UnreadableEvent> {
    let daemon = text(detail, "daemonArn");
    let arn = daemon
        .or_else(|| text(event, "resources.0"))
        .ok_or(missing("a service"))?;
    let subject = Subject {
        place: place(event, detail, arn)?,
        cluster: cluster(event),
        owner: match daemon {
            Some(daemon) => Owner::Daemon(last(daemon)),
            None => Owner::Service(last(arn)),
        },
        at: time(event, "time").or(said_at).ok_or(missing("a time"))?,
    };
    let title = format!("{} {what} ({})", subject.short_name(), subject.short());
    let mut report = Report::new(&format!(
        "The {} in {} {what}; reported at {}.",
        subject.name(),
        subject.the_cluster(),
        show_time(subject.at)
    ));
    let mut evidence = vec![format!("event {name}")];
    let mut unknown = Vec::new();
    let reason = text(detail, "reason");
    if reason.is_none() {
        unknown.push("why: the event gives no reason".to_owned());
    }
    if subject.cluster.is_none() {
        unknown.push("the cluster: the service's ARN is of the old format".to_owned());
    }
    for (key, label) in [
        ("failureType", "kind of failure"),
        ("deploymentId", "deployment"),
        ("daemonDeploymentArn", "deployment"),
        ("taskArn", "task"),
        ("capacityProviderArns", "capacity providers"),
        ("capacityProviderName", "capacity provider"),
        ("containerInstanceArns", "container instances"),
        ("containerInstanceArn", "container instance"),
    ] {
        let values: Vec<&str> = match at(detail, key) {
            Some(Json::String(one)) => vec![one.as_str()],
            Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).take(LISTED).collect(),
            _ => continue,
        };
        evidence.push(format!("{label}: {}", values.join(", ")));
    }
    report.section("Evidence", &evidence);
    report.section("Where", &[subject.place.describe(), arn.to_owned()]);
    if let Owner::Service(service) = subject.owner {
        report.section("Console", &subject.page(&["services", service]));
    }
    report.section("Not known", &unknown);
    if let Some(reason) = reason {
        report.quote("the reason", reason);
    }
    let data = json!({
        "serviceArn": daemon.is_none().then_some(arn),
        "daemonArn": daemon,
        "eventName": name,
        "reason": reason.map(withhold::text),
        "deploymentId": text(detail, "deploymentId"),
    });
    let said_at = subject.at.to_string();
    let occurrence: &[&str] = match text(detail, "deploymentId") {
        Some(deployment) => &["deployment", deployment, name],
        None => &["service", arn, name, &said_at],
    };
    let incident = subject.incident(Priority::High, occurrence, &title, report, data);
    Ok(Decision::investigate(incident, subject.group(what)))
}
