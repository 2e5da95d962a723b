//! What an event of ECS is about, and what its incident is called by.

use contract::Partition;
use jiff::Timestamp;
use serde_json::Value as Json;
use webhook::{Group, Incident, IncidentId, Priority};

use super::missing;
use crate::{
    group::Affected,
    place::{Place, encode},
    read::{UnreadableEvent, text},
    report::Report,
    window::Window,
};

/// What an event is about.
pub(super) struct Subject<'a> {
    pub(super) place: Place<'a>,
    /// Its name, where the event tells.
    pub(super) cluster: Option<&'a str>,
    /// The service, or else what a task was started as.
    pub(super) owner: Owner<'a>,
    pub(super) at: Timestamp,
}

pub(super) enum Owner<'a> {
    Service(&'a str),
    Family(&'a str),
    Task(&'a str),
}

impl Subject<'_> {
    /// Account, region, service or task, cause, and the window of the event's time: a crash loop is
    /// one incident, and a new one if it goes on.
    pub(super) fn incident(
        &self,
        cause: &str,
        title: &str,
        report: Report,
        data: Json,
    ) -> Incident {
        let window = Window::of(self.at).to_string();
        let (kind, owner) = match self.owner {
            Owner::Service(name) => ("service", name),
            Owner::Family(name) => ("family", name),
            Owner::Task(id) => ("task", id),
        };
        let Place {
            account, region, ..
        } = self.place;
        let id = IncidentId::of(
            "ecs",
            &[
                account,
                region,
                self.cluster_name(),
                kind,
                owner,
                cause,
                &window,
            ],
        );
        Incident::new(
            id,
            Priority::High,
            title,
            &report.into_text(),
            self.at,
            owner,
            data,
        )
    }

    /// The service, or else what a task was started as, whatever happened to it and when.
    pub(super) fn group(&self, cause: &str, occurrence: &IncidentId) -> Group {
        let cluster = self.cluster_name();
        let affected = match self.owner {
            Owner::Service(service) => Affected::Service { cluster, service },
            Owner::Family(family) => Affected::Family { cluster, family },
            Owner::Task(task) => Affected::Task { cluster, task },
        };
        let Place {
            account, region, ..
        } = self.place;
        affected.group(account, region, cause, occurrence)
    }

    pub(super) fn task_of(&self) -> String {
        match self.owner {
            Owner::Service(name) => format!("A task of the ECS service {name}"),
            Owner::Family(name) => format!("An ECS task of the family {name}"),
            Owner::Task(id) => format!("The ECS task {id}"),
        }
    }

    pub(super) fn short(&self) -> String {
        format!("cluster {}, {}", self.cluster_name(), self.place.region)
    }

    pub(super) fn cluster_name(&self) -> &str {
        self.cluster.unwrap_or("unknown")
    }

    /// The page of the console that shows one of the cluster's `services` or `tasks`. There is none
    /// without the cluster's name.
    pub(super) fn page(&self, kind: &str, name: &str) -> Vec<String> {
        let page = |cluster| {
            let path = format!(
                "/ecs/v2/clusters/{}/{kind}/{}",
                encode(cluster),
                encode(name)
            );
            self.place.console(&path, "")
        };
        self.cluster.and_then(page).into_iter().collect()
    }
}

/// Where it is: the event's own fields can be missing, its ARNs are not.
pub(super) fn place<'a>(
    event: &'a Json,
    detail: &'a Json,
    arn: &'a str,
) -> Result<Place<'a>, UnreadableEvent> {
    Place::of_arn(arn)
        .or_else(|| Place::of_arn(text(detail, "clusterArn")?))
        .or_else(|| {
            let region = text(event, "region")?;
            Some(Place {
                partition: Partition::of_any_region(region).name,
                region,
                account: text(event, "account")?,
                resource: arn,
            })
        })
        .ok_or(missing("an account and a region"))
}

/// The ARN of the task or service that an event is about.
pub(super) fn arn(event: &Json) -> Option<&str> {
    text(event, "detail.taskArn").or_else(|| text(event, "resources.0"))
}

/// The cluster's name: from its ARN, or from an ARN of the new format (`task/<cluster>/<id>`).
pub(super) fn cluster(event: &Json) -> Option<&str> {
    if let Some(cluster) = text(event, "detail.clusterArn") {
        return Some(last(cluster));
    }
    let parts: Vec<&str> = arn(event)?.split('/').collect();
    if let [_, cluster, _] = parts.as_slice() {
        Some(cluster)
    } else {
        None
    }
}

/// The service's name, if the event is about one or about a task of one.
pub(super) fn service(event: &Json) -> Option<&str> {
    if let Some(Owner::Service(name)) = group(event) {
        return Some(name);
    }
    let place = Place::of_arn(arn(event)?)?;
    place.resource.strip_prefix("service/").map(last)
}

/// What a task was started by or as.
pub(super) fn group(event: &Json) -> Option<Owner<'_>> {
    match text(event, "detail.group")?.split_once(':')? {
        ("service", name) => Some(Owner::Service(name)),
        ("family", name) => Some(Owner::Family(name)),
        _ => None,
    }
}

pub(super) fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clusters_and_services_of_old_and_new_arns() {
        let old_task = "arn:aws:ecs:r:1:task/0a1b";
        let new_task = "arn:aws:ecs:r:1:task/shop/0a1b";
        let in_shop = "arn:aws:ecs:r:1:cluster/shop";
        for (detail, resource, expected_cluster, expected_service) in [
            (json!({ "taskArn": new_task }), "", Some("shop"), None),
            (json!({ "taskArn": old_task }), new_task, None, None),
            (
                json!({ "taskArn": old_task, "clusterArn": in_shop, "group": "service:api" }),
                "",
                Some("shop"),
                Some("api"),
            ),
            (
                json!({ "taskArn": new_task, "group": "family:service" }),
                "",
                Some("shop"),
                None,
            ),
            (
                json!({}),
                "arn:aws:ecs:r:1:service/shop/api",
                Some("shop"),
                Some("api"),
            ),
            (json!({}), "arn:aws:ecs:r:1:service/api", None, Some("api")),
            (
                json!({ "clusterArn": in_shop }),
                "arn:aws:ecs:r:1:service/api",
                Some("shop"),
                Some("api"),
            ),
            (json!(null), "", None, None),
        ] {
            let event = json!({ "resources": [resource], "detail": detail });
            assert_eq!(cluster(&event), expected_cluster, "{event}");
            assert_eq!(service(&event), expected_service, "{event}");
        }
    }
}
