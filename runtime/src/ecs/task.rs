//! Tasks that stopped.
//!
//! A stop code alone does not distinguish a failure from routine: `ServiceSchedulerInitiated` stands for a
//! scale-in as well as for failed health checks, and a task that is scaled in ends with exit code 137 as
//! one does that ran out of memory. What says nothing at all is taken for a failure.

use serde_json::Value as Json;

use super::{
    cause::Cause,
    container::{Container, Origin, containers, deciding, proxy_was_killed},
    exit_code, missing,
    planned::planned,
    subject::{Owner, owner},
    task_incident::incident,
};
use crate::{
    decision::{Decision, Skip},
    read::{UnreadableEvent, list, text},
};

/// Decides on a task's change of state.
pub(super) fn decide(event: &Json, detail: &Json) -> Result<Decision, UnreadableEvent> {
    match text(detail, "lastStatus") {
        Some("STOPPED") => {}
        Some(_) => return Ok(Decision::Skip(Skip::TaskNotStopped)),
        None => return Err(missing("a status")),
    }
    let reason = text(detail, "stoppedReason").unwrap_or_default();
    if let Some(skip) = planned(text(detail, "stopCode"), reason) {
        return Ok(Decision::Skip(skip));
    }
    let containers = containers(detail);
    if !is_of_service(event, detail) && ended_well(detail, &containers) {
        return Ok(Decision::Skip(Skip::TaskEndedWell));
    }
    let cause = cause(detail, &containers);
    incident(event, detail, &containers, &cause)
}

/// Whether a service started the task. It is to go on, so no end of its own is a good one.
fn is_of_service(event: &Json, detail: &Json) -> bool {
    matches!(owner(event), Some(Owner::Service(_)))
        || text(detail, "startedBy").is_some_and(|it| it.starts_with("ecs-svc/"))
}

fn ended_well(detail: &Json, containers: &[Container<'_>]) -> bool {
    text(detail, "stopCode") == Some("EssentialContainerExited")
        && !containers.is_empty()
        && deciding(containers)
            .iter()
            .all(|it| it.exit_code == Some(0))
        && !proxy_was_killed(containers)
}

/// The cause that says most. What ECS says comes first: of the host, of a container, of the task, of an
/// attachment; then exit codes, which only suggest a cause.
fn cause(detail: &Json, containers: &[Container<'_>]) -> Cause {
    let own = deciding(containers);
    let in_task = text(detail, "stoppedReason").and_then(Cause::in_words);
    if let Some(host @ (Cause::HOST_TERMINATED | Cause::HOST_STOPPED)) = in_task {
        return host;
    }
    let said = in_containers(&own)
        .or(in_task)
        .or_else(|| {
            let attachments = attachments(detail);
            let said = attachments.iter().find_map(|it| Cause::in_words(it.reason));
            said.or_else(|| attachments.iter().find_map(Attachment::cause))
        })
        .or_else(|| match text(detail, "stopCode")? {
            "EssentialContainerExited" => None,
            "TaskFailedToStart" => Some(Cause::FAILED_TO_START),
            "ServiceSchedulerInitiated" => Some(Cause::BY_SCHEDULER),
            unknown => stop_code(unknown),
        });
    if let Some(cause) = said {
        return cause;
    }
    let proxies: Vec<Container<'_>> = containers
        .iter()
        .copied()
        .filter(|it| it.origin == Origin::ServiceConnect)
        .collect();
    failed_by_itself(&own)
        .or_else(|| in_containers(&proxies))
        .unwrap_or_else(|| by_exit_codes(&own, containers.len()))
}

/// What ECS says of a container. That one did not stop is no reason why a task did.
fn in_containers(containers: &[Container<'_>]) -> Option<Cause> {
    containers
        .iter()
        .filter_map(|it| it.reason)
        .filter(|it| !it.starts_with("CannotStop"))
        .find_map(Cause::in_words)
}

/// A stop code that is not known yet, as far as it is a name.
fn stop_code(code: &str) -> Option<Cause> {
    let name: String = code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(60)
        .collect();
    (!name.is_empty()).then_some(Cause::StopCode(name))
}

/// A container that failed without being stopped.
fn failed_by_itself(own: &[Container<'_>]) -> Option<Cause> {
    own.iter()
        .filter_map(|it| it.exit_code)
        .find(|code| *code != 0 && !exit_code::was_stopped(*code))
        .map(Cause::Exit)
}

/// What exit codes suggest where no container failed by itself. An event does not say when each ended:
/// the first to end is one that was not stopped.
fn by_exit_codes(own: &[Container<'_>], of_all: usize) -> Cause {
    let ended: Vec<&str> = own
        .iter()
        .filter(|it| it.exit_code == Some(0))
        .map(|it| it.name)
        .collect();
    let stopped = own.iter().filter_map(|it| it.exit_code).find(|it| *it != 0);
    if ended.is_empty() || own.iter().any(|it| it.exit_code.is_none()) {
        return match stopped {
            Some(code) => Cause::Exit(code),
            None if own.is_empty() => Cause::UNKNOWN,
            None => Cause::NO_EXIT_CODE,
        };
    }
    Cause::EndedByItself {
        who: match ended[..] {
            [one] => one.to_owned(),
            [one, other] => format!("{one} and {other}"),
            _ => format!("{} containers", ended.len()),
        },
        others: of_all > ended.len(),
    }
}

/// Something that is attached to a task, such as a volume, and what ECS says of it.
pub(super) struct Attachment<'a> {
    pub(super) kind: &'a str,
    pub(super) status: &'a str,
    pub(super) reason: &'a str,
}

impl Attachment<'_> {
    /// What is wrong if the attachment is.
    fn cause(&self) -> Option<Cause> {
        match self.kind {
            "ElasticNetworkInterface" | "eni" => Some(Cause::NO_NETWORK),
            "AmazonElasticBlockStorage" => Some(Cause::NOT_ATTACHED),
            _ => None,
        }
    }
}

/// The attachments that ECS says something of.
pub(super) fn attachments(detail: &Json) -> Vec<Attachment<'_>> {
    let attachment = |json| {
        let reason = list(json, "details")
            .iter()
            .find(|it| text(it, "name") == Some("statusReason"))?;
        Some(Attachment {
            kind: text(json, "type").unwrap_or("of an unknown type"),
            status: text(json, "status").unwrap_or("without a status"),
            reason: text(reason, "value")?,
        })
    };
    list(detail, "attachments")
        .iter()
        .filter_map(attachment)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(detail: Json, expected: &str) {
        let containers = containers(&detail);
        assert_eq!(
            cause(&detail, &containers).to_string(),
            expected,
            "{detail}"
        );
    }

    fn with_codes(codes: &[(&str, Option<i64>)]) -> Json {
        let containers: Vec<Json> = codes
            .iter()
            .map(|(name, code)| json!({ "name": name, "exitCode": code }))
            .collect();
        json!({
            "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
            "containers": containers,
        })
    }

    #[test]
    fn exit_codes_suggest_what_ended_first() {
        for (codes, expected) in [
            (vec![("web", Some(0))], "web ended with exit code 0"),
            (
                vec![("web", Some(0)), ("envoy", Some(137))],
                "web ended with exit code 0, the others were stopped",
            ),
            (
                vec![("web", Some(0)), ("ecs-service-connect-a", Some(137))],
                "web ended with exit code 0, the others were stopped",
            ),
            (
                vec![("init", Some(0)), ("web", Some(0)), ("envoy", Some(143))],
                "init and web ended with exit code 0, the others were stopped",
            ),
            (
                vec![("a", Some(0)), ("b", Some(0)), ("c", Some(0))],
                "3 containers ended with exit code 0",
            ),
            (vec![("web", Some(0)), ("agent", Some(2))], "exit code 2"),
            (
                vec![("agent", Some(143)), ("web", Some(139))],
                "exit code 139",
            ),
            (
                vec![("web", Some(1)), ("aws-guardduty-agent-x", Some(2))],
                "exit code 1",
            ),
            (vec![("aws-guardduty-agent-x", Some(2))], "exit code 2"),
            (
                vec![("web", Some(143)), ("log", Some(137))],
                "exit code 143",
            ),
            (
                vec![("web", Some(3_221_225_786)), ("log", Some(5))],
                "exit code 5",
            ),
            (
                vec![("init", Some(0)), ("web", None)],
                "a container ended without an exit code",
            ),
            (vec![("web", None), ("log", Some(137))], "exit code 137"),
            (vec![], "unknown cause"),
        ] {
            check(with_codes(&codes), expected);
        }
    }

    #[test]
    fn what_ecs_says_comes_before_exit_codes() {
        let web = json!([{ "name": "web", "exitCode": 137 }]);
        for (code, reason, expected) in [
            (
                json!(null),
                "Host EC2 (instance i-0a1b) terminated.",
                "its EC2 instance was terminated",
            ),
            (
                json!("SomethingNew"),
                "Host EC2 (instance i-0a1b) stopped.",
                "its EC2 instance was stopped",
            ),
            (
                json!("SomethingNew"),
                "in words that nobody knows",
                "stop code SomethingNew",
            ),
            (
                json!("ServiceSchedulerInitiated"),
                "in words that nobody knows",
                "stopped by the service scheduler",
            ),
            (
                json!("TaskFailedToStart"),
                "Task failed to start",
                "failed to start",
            ),
            (json!("{}"), "", "exit code 137"),
            (json!(null), "", "exit code 137"),
        ] {
            check(
                json!({ "stopCode": code, "stoppedReason": reason, "containers": web }),
                expected,
            );
        }
    }

    #[test]
    fn words_of_ecs_stand_in_containers_tasks_and_attachments() {
        let refused = json!([{
            "type": "AmazonElasticBlockStorage", "status": "DELETED",
            "details": [{ "name": "statusReason", "value": "UnauthorizedOperation: ebs volume creation denied" }],
        }]);
        check(
            json!({ "stopCode": "TaskFailedToStart", "stoppedReason": "Task failed to start", "attachments": refused }),
            "a volume could not be attached",
        );
        for (kind, expected) in [
            (
                "ElasticNetworkInterface",
                "its network interface could not be set up",
            ),
            (
                "AmazonElasticBlockStorage",
                "a volume could not be attached",
            ),
            ("SomethingNew", "failed to start"),
        ] {
            let refused = json!([{
                "type": kind, "details": [{ "name": "statusReason", "value": "in new words" }],
            }]);
            check(
                json!({ "stopCode": "TaskFailedToStart", "attachments": refused }),
                expected,
            );
        }
        let of_container = |name: &str, reason: &str| {
            json!({
                "stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
                "containers": [
                    { "name": "web", "exitCode": 143 },
                    { "name": name, "exitCode": 137, "reason": reason },
                ],
            })
        };
        let out_of_memory = "OutOfMemoryError: container killed due to memory usage";
        check(of_container("log_router", out_of_memory), "out of memory");
        check(
            of_container("ecs-service-connect-a", out_of_memory),
            "out of memory",
        );
        check(
            of_container("aws-guardduty-agent-a", out_of_memory),
            "exit code 143",
        );
        check(
            of_container("log_router", "CannotStopContainerError: timed out"),
            "exit code 143",
        );
        // A container of the task definition that failed by itself says more than the proxy beside it.
        let mut event = of_container("ecs-service-connect-a", out_of_memory);
        event["containers"][0]["exitCode"] = json!(1);
        check(event, "exit code 1");
    }
}
