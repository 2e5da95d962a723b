//! Failures in ECS: from an event of a cluster to an incident.

mod cause;
mod container;
mod exit_code;
mod instance;
mod overrides;
mod planned;
mod service;
mod service_incident;
mod subject;
mod task;
mod task_incident;

use serde_json::Value as Json;

use crate::{
    decision::{Decision, Finding, Skip},
    read::{UnreadableEvent, at, text},
};
use overrides::ClusterOverrides;
use subject::{cluster, service};

/// What the messages of [`UnreadableEvent`] call the source.
const ECS: &str = "Amazon ECS";

/// Decides on what a rule hands over: an event of ECS, bare or beside a table of how clusters are
/// treated.
///
/// # Errors
///
/// Returns [`UnreadableEvent::Foreign`] if this is not an event of ECS of a known type, and
/// [`UnreadableEvent::Incomplete`] if a field is missing without which there is no incident.
pub fn decide(payload: &Json) -> Result<Decision, UnreadableEvent> {
    let event = at(payload, "event").unwrap_or(payload);
    let decision = of_event(event)?;
    let overrides = ClusterOverrides::of(cluster(event), text(event, "region"), payload);
    if service(event).is_some_and(|service| overrides.ignores(service)) {
        return Ok(Decision::Skip(Skip::IgnoredService));
    }
    Ok(match (decision, overrides.priority) {
        (Decision::Investigate(finding), Some(priority)) => {
            let Finding { incident, group } = *finding;
            Decision::investigate(incident.with_priority(priority), group)
        }
        (as_usual, _) => as_usual,
    })
}

fn of_event(event: &Json) -> Result<Decision, UnreadableEvent> {
    let kind = text(event, "detail-type")
        .filter(|_| text(event, "source") == Some("aws.ecs"))
        .ok_or(UnreadableEvent::Foreign(ECS))?;
    let detail = || {
        at(event, "detail")
            .filter(|it| it.is_object())
            .ok_or(missing("`detail`"))
    };
    match kind {
        "ECS Task State Change" => task::decide(event, detail()?),
        "ECS Service Action" | "ECS Daemon Service Action" => {
            service::decide_action(event, detail()?)
        }
        "ECS Deployment State Change" | "ECS Daemon Deployment State Change" => {
            service::decide_deployment(event, detail()?)
        }
        "ECS Container Instance Health Change" => instance::decide(event, detail()?),
        "ECS Container Instance State Change" => Ok(Decision::Skip(Skip::ContainerInstance)),
        _ => Err(UnreadableEvent::Foreign(ECS)),
    }
}

fn missing(what: &'static str) -> UnreadableEvent {
    UnreadableEvent::Incomplete {
        source_name: ECS,
        missing: what,
    }
}
