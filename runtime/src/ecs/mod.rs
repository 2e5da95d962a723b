//! Failures in ECS: from an event of a cluster to an incident.

mod cause;
mod service;
mod service_incident;
mod subject;
mod task;
mod task_incident;

use serde_json::Value as Json;

use crate::{
    decision::{Decision, Skip},
    read::{UnreadableEvent, at, text},
};

/// What the messages of [`UnreadableEvent`] call the source.
const ECS: &str = "Amazon ECS";

/// Judges an event of ECS.
pub fn decide(event: &Json) -> Result<Decision, UnreadableEvent> {
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
        "ECS Service Action" => service::decide_action(event, detail()?),
        "ECS Deployment State Change" => service::decide_deployment(event, detail()?),
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
