//! What an event of ECS is about, and what its incident is called by.

use contract::{Group, Incident, IncidentId, Partition, Priority};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::missing;
use crate::{
    group::{Affected, show_cluster},
    place::{Place, encode},
    read::{UnreadableEvent, text},
    report::Report,
};

/// What an event is about.
pub(super) struct Subject<'a> {
    pub(super) place: Place<'a>,
    /// Its name, where the event names it.
    pub(super) cluster: Option<&'a str>,
    /// What the incident is of.
    pub(super) owner: Owner<'a>,
    pub(super) at: Timestamp,
}

/// What an incident is of: the service or the daemon, or else what a task was started as.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    Service(&'a str),
    Daemon(&'a str),
    Family(&'a str),
    Task(&'a str),
    /// A container instance, by its ID.
    Instance(&'a str),
}

impl Subject<'_> {
    /// The incident that `occurrence` is, which says what happened once: whatever comes of the same
    /// occurrence again has the same ID.
    pub(super) fn incident(
        &self,
        priority: Priority,
        occurrence: &[&str],
        title: &str,
        report: Report,
        data: Json,
    ) -> Incident {
        let (Owner::Service(owner)
        | Owner::Daemon(owner)
        | Owner::Family(owner)
        | Owner::Task(owner)
        | Owner::Instance(owner)) = self.owner;
        let Place {
            account, region, ..
        } = self.place;
        Incident::new(
            IncidentId::of("ecs", &[&[account, region], occurrence].concat()),
            priority,
            title,
            &report.into_text(),
            self.at,
            owner,
            data,
        )
    }

    /// The service, or else what a task was started as, whatever happened to it and when.
    pub(super) fn group(&self, cause: &str) -> Group {
        let cluster = self.cluster_key();
        let affected = match self.owner {
            Owner::Service(service) => Affected::Service { cluster, service },
            Owner::Daemon(daemon) => Affected::Daemon { cluster, daemon },
            Owner::Family(family) => Affected::Family { cluster, family },
            Owner::Task(task) => Affected::Task { cluster, task },
            Owner::Instance(instance) => Affected::Instance { cluster, instance },
        };
        let Place {
            account, region, ..
        } = self.place;
        affected.group(account, region, cause)
    }

    /// `A task of the ECS service api`
    pub(super) fn task_of(&self) -> String {
        match self.owner {
            Owner::Family(name) => format!("An ECS task of the family {name}"),
            Owner::Task(id) => format!("The ECS task {id}"),
            Owner::Service(_) | Owner::Daemon(_) | Owner::Instance(_) => {
                format!("A task of the {}", self.name())
            }
        }
    }

    /// What a title calls it: `api`
    pub(super) fn short_name(&self) -> String {
        match self.owner {
            Owner::Service(name) | Owner::Family(name) => name.to_owned(),
            Owner::Daemon(name) => format!("daemon {name}"),
            Owner::Task(id) => format!("task {id}"),
            Owner::Instance(id) => format!("container instance {id}"),
        }
    }

    /// `ECS service api`
    pub(super) fn name(&self) -> String {
        match self.owner {
            Owner::Service(name) => format!("ECS service {name}"),
            Owner::Daemon(name) => format!("ECS daemon {name}"),
            Owner::Family(name) => format!("ECS family {name}"),
            Owner::Task(id) => format!("ECS task {id}"),
            Owner::Instance(id) => format!("ECS container instance {id}"),
        }
    }

    /// `cluster checkout, eu-central-1`
    pub(super) fn short(&self) -> String {
        format!("{}, {}", self.cluster_fact(), self.place.region)
    }

    /// `cluster checkout`
    pub(super) fn cluster_fact(&self) -> String {
        show_cluster(self.cluster_key())
    }

    /// `the cluster checkout`
    pub(super) fn the_cluster(&self) -> String {
        match self.cluster {
            Some(name) => format!("the cluster {name}"),
            None => "a cluster that the event does not name".to_owned(),
        }
    }

    /// What stands for the cluster in identities: nothing that a cluster can be called where it is unknown.
    fn cluster_key(&self) -> &str {
        self.cluster.unwrap_or_default()
    }

    /// The page of the console at `path` of the cluster, such as `services` and a service's name. There is
    /// none without the cluster's name.
    pub(super) fn page(&self, path: &[&str]) -> Vec<String> {
        let page = |cluster| {
            let path: Vec<String> = path.iter().map(|it| encode(it)).collect();
            let path = format!("/ecs/v2/clusters/{}/{}", encode(cluster), path.join("/"));
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
    if let Some(Owner::Service(name)) = owner(event) {
        return Some(name);
    }
    let place = Place::of_arn(arn(event)?)?;
    place.resource.strip_prefix("service/").map(last)
}

/// What a task is of: its service, or else the family that it was started as. A `group` of the caller's own
/// says nothing of either; the task definition does.
pub(super) fn owner(event: &Json) -> Option<Owner<'_>> {
    let family = || {
        let definition = last(text(event, "detail.taskDefinitionArn")?);
        let family = definition.rsplit_once(':').map_or(definition, |it| it.0);
        (!family.is_empty()).then_some(Owner::Family(family))
    };
    match text(event, "detail.group").and_then(|it| it.split_once(':')) {
        Some(("service", name)) if !name.is_empty() => Some(Owner::Service(name)),
        Some(("family", name)) if !name.is_empty() => Some(Owner::Family(name)),
        _ => family(),
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
