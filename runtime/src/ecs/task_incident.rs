//! From a task that failed to the incident that says so.

use contract::Priority;
use serde_json::{Value as Json, json};

use super::{
    cause::Cause,
    container::{Container, Origin},
    exit_code, missing,
    subject::{Owner, Subject, arn, cluster, last, owner, place},
    task::attachments,
};
use crate::{
    decision::Decision,
    read::{UnreadableEvent, show_time, text, time},
    report::{Report, first},
    withhold,
};

/// Containers that are listed at most.
const LISTED: usize = 10;

/// The incident of a task that failed.
pub(super) fn incident(
    event: &Json,
    detail: &Json,
    containers: &[Container<'_>],
    cause: &Cause,
) -> Result<Decision, UnreadableEvent> {
    let arn = arn(event).ok_or(missing("a task"))?;
    let subject = Subject {
        place: place(event, detail, arn)?,
        cluster: cluster(event),
        owner: owner(event).unwrap_or(Owner::Task(last(arn))),
        at: time(detail, "stoppedAt")
            .or_else(|| time(event, "time"))
            .ok_or(missing("a time"))?,
    };
    let priority = match cause {
        Cause::EndedByItself { .. } => Priority::Medium,
        _ => Priority::High,
    };
    let what = cause.of(&subject.short_name());
    let title = format!("{what} ({})", subject.short());
    let cause = cause.to_string();
    let mut report = Report::new(&format!(
        "{} in {} stopped at {}: {cause}.",
        subject.task_of(),
        subject.the_cluster(),
        show_time(subject.at)
    ));
    let mut evidence = stop_evidence(detail);
    if let (Priority::Medium, Owner::Service(_)) = (priority, subject.owner) {
        evidence.push("a service keeps its tasks running: this one ended by itself".to_owned());
    }
    report.section("Evidence", &evidence);
    report.section(
        "Containers",
        &first(containers.iter().map(show_container).collect(), LISTED),
    );
    report.section("Where", &task_facts(&subject, detail, arn));
    report.section("When", &times(detail));
    report.section("Console", &subject.page(&["tasks", last(arn)]));
    let mut unknown = vec![
        "which of the containers are essential: the event does not say".to_owned(),
        "commands and environment of the containers: they stay in the account".to_owned(),
    ];
    if containers
        .iter()
        .any(|container| container.exit_code.is_none())
    {
        unknown.push("the exit code of some containers".to_owned());
    }
    report.section("Not known here", &unknown);
    let attachments = attachments(detail);
    let of_task = text(detail, "stoppedReason").map(|it| ("why the task stopped".to_owned(), it));
    let of_containers = containers
        .iter()
        .filter_map(|it| Some((format!("container {}", it.name), it.reason?)));
    let of_attachments = attachments
        .iter()
        .map(|it| (format!("attachment {}, {}", it.kind, it.status), it.reason));
    let quoted = of_task.into_iter().chain(of_containers.take(LISTED));
    for (label, reason) in quoted.chain(of_attachments.take(LISTED)) {
        report.quote(&label, reason);
    }
    let data = json!({
        "taskArn": arn,
        "clusterArn": text(detail, "clusterArn"),
        "group": text(detail, "group"),
        "taskDefinitionArn": text(detail, "taskDefinitionArn"),
        "stopCode": text(detail, "stopCode"),
        "stoppedReason": text(detail, "stoppedReason").map(withhold::text),
        "cause": cause,
    });
    // The same stop comes again with other versions and times of the event.
    let occurrence = ["task", arn, &cause];
    let incident = subject.incident(priority, &occurrence, &title, report, data);
    Ok(Decision::investigate(incident, subject.group(&cause)))
}

fn stop_evidence(detail: &Json) -> Vec<String> {
    let mut facts = vec![format!(
        "stop code: {}",
        text(detail, "stopCode").unwrap_or("none given")
    )];
    if let (Some(cpu), Some(memory)) = (text(detail, "cpu"), text(detail, "memory")) {
        facts.push(format!(
            "task size: {cpu} CPU units, {memory} MiB of memory"
        ));
    }
    if let Some(connectivity) = text(detail, "connectivity").filter(|it| *it != "CONNECTED") {
        facts.push(format!("connectivity: {connectivity}"));
    }
    facts
}

fn show_container(container: &Container<'_>) -> String {
    let mut out = container.name.to_owned();
    match container.exit_code {
        Some(code) => {
            out = format!("{out}: exit code {code}");
            if let Some(meaning) = exit_code::meaning(code) {
                out = format!("{out}, {meaning}");
            }
        }
        None => out.push_str(": no exit code"),
    }
    if let Some(status) = container.status.filter(|status| *status != "STOPPED") {
        out = format!("{out}; {status}");
    }
    if let Some(image) = container.image {
        out = format!("{out}; image {image}");
    }
    if container.origin != Origin::TaskDefinition {
        out.push_str("; added by AWS");
    }
    out
}

fn task_facts(subject: &Subject<'_>, detail: &Json, arn: &str) -> Vec<String> {
    let mut facts = vec![subject.place.describe(), subject.cluster_fact()];
    if let Owner::Service(name) = subject.owner {
        facts.push(format!("service {name}"));
    }
    if let Some(definition) = text(detail, "taskDefinitionArn").map(last) {
        facts.push(match definition.rsplit_once(':') {
            Some((family, revision)) => format!("task definition {family}, revision {revision}"),
            None => format!("task definition {definition}"),
        });
    }
    for (key, label) in [
        ("availabilityZone", "availability zone"),
        ("launchType", "launch type"),
        ("capacityProviderName", "capacity provider"),
        ("platformVersion", "platform version"),
        ("startedBy", "started by"),
    ] {
        if let Some(value) = text(detail, key) {
            facts.push(format!("{label} {value}"));
        }
    }
    let of_ecs = |it: &&str| it.starts_with("service:") || it.starts_with("family:");
    if let Some(own) = text(detail, "group").filter(|it| !of_ecs(it)) {
        facts.push(format!("group {own}"));
    }
    facts.push(arn.to_owned());
    if let Some(instance) = text(detail, "containerInstanceArn") {
        facts.push(instance.to_owned());
    }
    facts
}

fn times(detail: &Json) -> Vec<String> {
    [
        ("createdAt", "created"),
        ("startedAt", "started"),
        ("stoppingAt", "began to stop"),
        ("executionStoppedAt", "containers ended"),
        ("stoppedAt", "stopped"),
    ]
    .into_iter()
    .filter_map(|(key, label)| Some(format!("{label} {}", show_time(time(detail, key)?))))
    .collect()
}
