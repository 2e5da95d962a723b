//! What an event of ECS is about, and what its incident is called by.

use jiff::Timestamp;
use serde_json::Value as Json;
use webhook::{Incident, IncidentId, Priority};

use super::missing;
use crate::{
    place::{Place, partition},
    read::{UnreadableEvent, text},
    report::Report,
    window::Window,
};

/// What an event is about.
pub(super) struct Subject<'a> {
    pub(super) place: Place<'a>,
    pub(super) cluster: &'a str,
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
            &[account, region, self.cluster, kind, owner, cause, &window],
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

    pub(super) fn task_of(&self) -> String {
        match self.owner {
            Owner::Service(name) => format!("A task of the ECS service {name}"),
            Owner::Family(name) => format!("An ECS task of the family {name}"),
            Owner::Task(id) => format!("The ECS task {id}"),
        }
    }

    pub(super) fn short(&self) -> String {
        format!("cluster {}, {}", self.cluster, self.place.region)
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
                partition: partition(region),
                region,
                account: text(event, "account")?,
                resource: arn,
            })
        })
        .ok_or(missing("an account and a region"))
}

/// The cluster's name: from its ARN, or from an ARN of the new format (`task/<cluster>/<id>`).
pub(super) fn cluster<'a>(detail: &'a Json, arn: &'a str) -> &'a str {
    if let Some(cluster) = text(detail, "clusterArn") {
        return last(cluster);
    }
    let parts: Vec<&str> = arn.split('/').collect();
    if let [_, cluster, _] = parts.as_slice() {
        cluster
    } else {
        "unknown"
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
    fn clusters_of_old_and_new_arns() {
        let none = json!({});
        for (arn, expected) in [
            ("arn:aws:ecs:r:1:task/checkout/0a1b", "checkout"),
            ("arn:aws:ecs:r:1:task/0a1b", "unknown"),
        ] {
            assert_eq!(cluster(&none, arn), expected);
        }
        let detail = json!({ "clusterArn": "arn:aws:ecs:r:1:cluster/checkout" });
        assert_eq!(cluster(&detail, "arn:aws:ecs:r:1:task/0a1b"), "checkout");
    }
}
