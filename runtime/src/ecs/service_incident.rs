//! From what a service says to the incident that says so.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use webhook::IncidentId;

use super::{
    missing,
    subject::{Owner, Subject, cluster, last, place},
};
use crate::{
    decision::Decision,
    read::{UnreadableEvent, at, show_time, text, time},
    report::Report,
};

/// Instances and capacity providers that are listed at most.
const LISTED: usize = 20;

/// The incident of a service that cannot do what it should.
pub(super) fn of_service(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    let name = text(detail, "eventName").unwrap_or("unnamed event");
    let what = match name {
        "SERVICE_TASK_PLACEMENT_FAILURE" => "cannot place tasks",
        "SERVICE_TASK_START_IMPAIRED" => "cannot start tasks",
        "SERVICE_TASK_CONFIGURATION_FAILURE" => "has a wrong configuration",
        "SERVICE_DEPLOYMENT_FAILED" => "failed to deploy",
        "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED" => "cannot keep its placement constraint",
        "ECS_OPERATION_THROTTLED" | "SERVICE_DISCOVERY_OPERATION_THROTTLED" => "is throttled",
        _ => "reports an error",
    };
    of_service_event(event, detail, name, what, time(detail, "createdAt"))
}

/// The incident of a deployment that failed.
pub(super) fn of_deployment(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    let name = text(detail, "eventName").unwrap_or("unnamed event");
    of_service_event(
        event,
        detail,
        name,
        "failed to deploy",
        time(detail, "updatedAt"),
    )
}

fn of_service_event(
    event: &Json,
    detail: &Json,
    name: &str,
    what: &str,
    said_at: Option<Timestamp>,
) -> Result<Decision, UnreadableEvent> {
    let arn = text(event, "resources.0").ok_or(missing("a service"))?;
    let subject = Subject {
        place: place(event, detail, arn)?,
        cluster: cluster(event),
        owner: Owner::Service(last(arn)),
        at: time(event, "time").or(said_at).ok_or(missing("a time"))?,
    };
    let title = format!("ECS service {} {what} ({})", last(arn), subject.short());
    let mut report = Report::new(&format!(
        "The ECS service {} in the cluster {} {what}; told at {}.",
        last(arn),
        subject.cluster_name(),
        show_time(subject.at)
    ));
    let mut evidence = vec![format!("event {name}")];
    let mut unknown = Vec::new();
    match text(detail, "reason") {
        Some(reason) => evidence.push(format!("reason: {reason}")),
        None => unknown.push("why: the event gives no reason".to_owned()),
    }
    for (key, label) in [
        ("deploymentId", "deployment"),
        ("capacityProviderArns", "capacity providers"),
        ("containerInstanceArns", "container instances"),
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
    report.section("Console", &subject.page("services", last(arn)));
    report.section("Not known", &unknown);
    let data = json!({
        "serviceArn": arn,
        "eventName": name,
        "reason": text(detail, "reason"),
        "deploymentId": text(detail, "deploymentId"),
    });
    let incident = subject.incident(name, &title, report, data);
    let occurrence = match text(event, "id") {
        Some(id) => IncidentId::of("event", &[id]),
        None => incident.id().clone(),
    };
    let group = subject.group(what, &occurrence);
    Ok(Decision::investigate(incident, group))
}
