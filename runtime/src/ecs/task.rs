//! Tasks that stopped.
//!
//! A stop code alone does not tell a failure from routine: `ServiceSchedulerInitiated` stands for a
//! scale-in as well as for failed health checks, and a task that is scaled in ends with exit code
//! 137 as one does that ran out of memory. What says nothing at all is taken for a failure.

use serde_json::Value as Json;

use super::{cause::Cause, missing, task_incident::incident};
use crate::{
    decision::{Decision, Skip},
    read::{UnreadableEvent, at, list, text},
};

/// A container of a stopped task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container<'a> {
    pub(super) name: &'a str,
    pub(super) exit_code: Option<i64>,
    pub(super) reason: Option<&'a str>,
    pub(super) image: Option<&'a str>,
    pub(super) status: Option<&'a str>,
}

/// Judges a task's change of state.
pub(super) fn decide(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    match text(detail, "lastStatus") {
        Some("STOPPED") => {}
        Some(_) => return Ok(Decision::Skip(Skip::TaskNotStopped)),
        None => return Err(missing("a status")),
    }
    let containers = containers(detail);
    if let Some(skip) = routine(detail, &containers) {
        return Ok(Decision::Skip(skip));
    }
    let cause = cause(detail, &containers);
    incident(event, detail, &containers, &cause)
}

fn containers(detail: &Json) -> Vec<Container<'_>> {
    list(detail, "containers")
        .iter()
        .map(|it| Container {
            name: text(it, "name").unwrap_or("without a name"),
            exit_code: at(it, "exitCode").and_then(Json::as_i64),
            reason: text(it, "reason"),
            image: text(it, "image"),
            status: text(it, "lastStatus"),
        })
        .collect()
}

/// Why a stop is nothing to look into, if it is.
fn routine(detail: &Json, containers: &[Container<'_>]) -> Option<Skip> {
    let reason = text(detail, "stoppedReason").unwrap_or_default();
    // Whatever the code, these words are only ever said of planned stops.
    if reason.starts_with("Scaling activity initiated by") {
        return Some(Skip::TaskScaledIn);
    }
    if reason.starts_with("ECS is performing maintenance") {
        return Some(Skip::TaskMaintenance);
    }
    match text(detail, "stopCode") {
        Some("UserInitiated") => Some(Skip::TaskStoppedByUser),
        Some("SpotInterruption") => Some(Skip::SpotInterruption),
        Some("TerminationNotice") => Some(Skip::TaskMaintenance),
        Some("EssentialContainerExited") => {
            let ended_well = !containers.is_empty()
                && containers
                    .iter()
                    .all(|container| container.exit_code == Some(0));
            ended_well.then_some(Skip::TaskEndedWell)
        }
        _ => None,
    }
}

/// The cause that says most: ECS's words on a container, then on the task, then an exit code.
fn cause(detail: &Json, containers: &[Container<'_>]) -> Cause {
    let in_containers = containers
        .iter()
        .find_map(|container| Cause::in_words(container.reason?));
    let in_task = || Cause::in_words(text(detail, "stoppedReason")?);
    if let Some(cause) = in_containers.or_else(in_task) {
        return cause;
    }
    if text(detail, "stopCode") == Some("TaskFailedToStart") {
        return Cause::FailedToStart;
    }
    // A container that was only told to stop because another one ended is not the cause.
    let failed = |code: &i64| *code != 0;
    let codes = || {
        containers
            .iter()
            .filter_map(|container| container.exit_code)
            .filter(failed)
    };
    let own = codes()
        .find(|code| ![137, 143].contains(code))
        .or_else(|| codes().next());
    match own {
        Some(code) => Cause::Exit(code),
        None if containers
            .iter()
            .any(|container| container.exit_code.is_none()) =>
        {
            Cause::NoExitCode
        }
        None => Cause::Unknown,
    }
}
