//! The containers of a task, and which of them AWS added to it.

use serde_json::Value as Json;

use crate::read::{at, list, text};

/// A container of a stopped task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Container<'a> {
    pub(super) name: &'a str,
    pub(super) exit_code: Option<i64>,
    pub(super) reason: Option<&'a str>,
    pub(super) image: Option<&'a str>,
    pub(super) status: Option<&'a str>,
    pub(super) origin: Origin,
}

/// Who put a container into a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Whoever wrote the task definition.
    TaskDefinition,
    /// AWS, to watch the task or to hold its network: `GuardDuty`'s agent, ECS's pause container.
    Aws,
    /// AWS, to carry the task's traffic: the proxy of Service Connect.
    ServiceConnect,
}

/// How the names of containers begin that AWS adds. Sources: "Runtime Monitoring" in the `GuardDuty` user
/// guide, "Service Connect" in the ECS developer guide, and the names that the ECS agent reserves.
const ADDED: [(&str, Origin); 3] = [
    ("aws-guardduty-agent", Origin::Aws),
    ("~internal~ecs", Origin::Aws),
    ("ecs-service-connect-", Origin::ServiceConnect),
];

/// Every container of a task, those that AWS added among them.
pub(super) fn containers(detail: &Json) -> Vec<Container<'_>> {
    let proxies = proxies(detail);
    let container = |json| {
        let name = text(json, "name").unwrap_or("without a name");
        let by_name = ADDED.iter().find(|(prefix, _)| name.starts_with(prefix));
        Container {
            name,
            exit_code: at(json, "exitCode").and_then(Json::as_i64),
            reason: text(json, "reason"),
            image: text(json, "image"),
            status: text(json, "lastStatus"),
            origin: match by_name {
                Some((_, origin)) => *origin,
                None if proxies.contains(&name) => Origin::ServiceConnect,
                None => Origin::TaskDefinition,
            },
        }
    };
    list(detail, "containers").iter().map(container).collect()
}

/// The names of Service Connect's proxies, which an attachment of the task names.
fn proxies(detail: &Json) -> Vec<&str> {
    list(detail, "attachments")
        .iter()
        .filter(|it| {
            text(it, "type").is_some_and(|it| it.to_ascii_lowercase().contains("serviceconnect"))
        })
        .flat_map(|it| list(it, "details"))
        .filter(|it| text(it, "name") == Some("ContainerName"))
        .filter_map(|it| text(it, "value"))
        .collect()
}

/// The containers that decide how a task ended, and why: those of the task definition. Where AWS added
/// all of them, all of them.
pub(super) fn deciding<'a>(containers: &[Container<'a>]) -> Vec<Container<'a>> {
    let own: Vec<Container<'_>> = containers
        .iter()
        .copied()
        .filter(|it| it.origin == Origin::TaskDefinition)
        .collect();
    if own.is_empty() {
        containers.to_vec()
    } else {
        own
    }
}

/// Whether a proxy of Service Connect was killed. It is stopped last and ends by itself when it is asked
/// to; killed, it may have taken the task's traffic with it before anything else ended.
pub(super) fn proxy_was_killed(containers: &[Container<'_>]) -> bool {
    containers
        .iter()
        .any(|it| it.origin == Origin::ServiceConnect && it.exit_code == Some(137))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn containers_that_aws_adds_are_known_by_their_names() {
        let detail = json!({
            "containers": [
                { "name": "web" }, { "name": "aws-guardduty-agent-dQ7xT" }, { "name": "~internal~ecs~pause" },
                { "name": "ecs-service-connect-aB3d" }, { "name": "mesh-1" }, {}, { "name": "aws-otel-collector" },
            ],
            "attachments": [
                { "type": "eni", "details": [{ "name": "ContainerName", "value": "web" }] },
                { "type": "ServiceConnect", "details": [{ "name": "ContainerName", "value": "mesh-1" }] },
            ],
        });
        let containers = containers(&detail);
        let origins: Vec<Origin> = containers.iter().map(|it| it.origin).collect();
        assert_eq!(
            origins,
            [
                Origin::TaskDefinition,
                Origin::Aws,
                Origin::Aws,
                Origin::ServiceConnect,
                Origin::ServiceConnect,
                Origin::TaskDefinition,
                Origin::TaskDefinition,
            ]
        );
        let names = |containers: &[Container<'_>]| -> Vec<String> {
            let own = deciding(containers);
            own.iter().map(|it| it.name.to_owned()).collect()
        };
        assert_eq!(
            names(&containers),
            ["web", "without a name", "aws-otel-collector"]
        );
        // Nothing else is there to decide.
        assert_eq!(names(&containers[1..2]), ["aws-guardduty-agent-dQ7xT"]);
    }
}
