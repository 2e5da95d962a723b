//! Services and daemons that cannot start tasks, and deployments that failed.
//!
//! Sources: "Amazon ECS service action events", "service deployment state change events" and "Daemon
//! events" in the ECS developer guide.

use serde_json::Value as Json;

use super::service_incident;
use crate::{
    decision::{Decision, Skip},
    read::{UnreadableEvent, text},
};

/// Decides on what a service or a daemon reports. `INFO` is news, and most warnings are of what a service
/// handles itself; a kind that nobody knows yet is taken for a failure.
pub(super) fn decide_action(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    match (text(detail, "eventType"), text(detail, "eventName")) {
        (Some("INFO"), _) => Ok(Decision::Skip(Skip::ServiceInformation)),
        (
            Some("WARN" | "WARNING"),
            Some("SERVICE_TASK_START_IMPAIRED" | "DAEMON_TASK_START_IMPAIRED"),
        ) => service_incident::of_action(event, detail),
        (Some("WARN" | "WARNING"), _) => Ok(Decision::Skip(Skip::ServiceWarning)),
        _ => service_incident::of_action(event, detail),
    }
}

/// Decides on what a deployment reports.
pub(super) fn decide_deployment(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    match (text(detail, "eventType"), text(detail, "eventName")) {
        (Some("INFO"), _)
        | (None, Some("SERVICE_DEPLOYMENT_IN_PROGRESS" | "SERVICE_DEPLOYMENT_COMPLETED")) => {
            Ok(Decision::Skip(Skip::DeploymentInformation))
        }
        _ => service_incident::of_deployment(event, detail),
    }
}
