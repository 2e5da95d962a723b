//! What incidents are grouped by: the table in docs/grouping.md, row by row.

use contract::{Group, GroupKey};

/// What is broken.
pub(crate) enum Affected<'a> {
    /// A service of ECS, whoever says so: its tasks, itself or an alarm. A cluster that an event does not
    /// name is empty, here and below.
    Service { cluster: &'a str, service: &'a str },
    /// Tasks that no service started.
    Family { cluster: &'a str, family: &'a str },
    /// A task that says nothing of what it was started as.
    Task { cluster: &'a str, task: &'a str },
    /// A managed daemon of ECS that cannot start tasks or failed to deploy.
    Daemon { cluster: &'a str, daemon: &'a str },
    /// A container instance of ECS.
    Instance { cluster: &'a str, instance: &'a str },
    /// What metrics are about: a namespace, and dimensions in the order of their names.
    Resource {
        namespace: &'a str,
        dimensions: &'a [(&'a str, &'a str)],
    },
    /// An alarm, with all of its time series.
    Alarm { alarm: &'a str, name: &'a str },
    /// What the account file groups a rule's events by. What is shown of it can be less.
    Values {
        rule: &'a str,
        values: &'a [String],
        shown: &'a [&'a str],
    },
    /// What a rule's events are about.
    Rule {
        rule: &'a str,
        resource: Option<&'a str>,
    },
    /// What events are about that came without a rule.
    Event {
        source: &'a str,
        detail_type: &'a str,
        resource: Option<&'a str>,
    },
    /// A report, such as `idle-instances`.
    Report { name: &'a str },
}

impl Affected<'_> {
    /// What an incident belongs to that this is about.
    pub(crate) fn group(&self, account: &str, region: &str, cause: &str) -> Group {
        Group::new(
            self.key(account, region),
            &self.name(account, region),
            cause,
        )
    }

    fn key(&self, account: &str, region: &str) -> GroupKey {
        let (kind, facts): (_, Vec<&str>) = match *self {
            Self::Service { cluster, service } => ("service", vec![cluster, service]),
            Self::Family { cluster, family } => ("family", vec![cluster, family]),
            Self::Task { cluster, task } => ("task", vec![cluster, task]),
            Self::Daemon { cluster, daemon } => ("daemon", vec![cluster, daemon]),
            Self::Instance { cluster, instance } => ("instance", vec![cluster, instance]),
            Self::Resource {
                namespace,
                dimensions,
            } => ("resource", with_pairs(namespace, dimensions)),
            Self::Alarm { alarm, .. } => ("alarm", vec![alarm]),
            Self::Values { rule, values, .. } => {
                let values = values.iter().map(String::as_str);
                ("values", [rule].into_iter().chain(values).collect())
            }
            Self::Rule { rule, resource } => ("rule", [rule].into_iter().chain(resource).collect()),
            Self::Event {
                source,
                detail_type,
                resource,
            } => {
                let facts = [source, detail_type].into_iter().chain(resource);
                ("event", facts.collect())
            }
            Self::Report { name } => ("report", vec![name]),
        };
        GroupKey::of(kind, &[vec![account, region], facts].concat())
    }

    fn name(&self, account: &str, region: &str) -> String {
        let about = |resource: Option<&str>| resource.map_or(String::new(), |it| format!(": {it}"));
        match *self {
            Self::Service { cluster, service } => {
                format!(
                    "ECS service {service} ({}, {region})",
                    show_cluster(cluster)
                )
            }
            Self::Family { cluster, family } => {
                let cluster = show_cluster(cluster);
                format!("ECS tasks of the family {family} ({cluster}, {region})")
            }
            Self::Task { cluster, task } => {
                format!("ECS task {task} ({}, {region})", show_cluster(cluster))
            }
            Self::Daemon { cluster, daemon } => {
                format!("ECS daemon {daemon} ({}, {region})", show_cluster(cluster))
            }
            Self::Instance { cluster, instance } => {
                let cluster = show_cluster(cluster);
                format!("ECS container instance {instance} ({cluster}, {region})")
            }
            Self::Resource {
                namespace,
                dimensions,
            } => format!("{} ({namespace}, {region})", show_pairs(dimensions)),
            Self::Alarm { name, .. } => format!("alarm {name} ({region})"),
            Self::Values { rule, shown, .. } => {
                format!("rule {rule} ({region}): {}", shown.join(", "))
            }
            Self::Rule { rule, resource } => {
                format!("rule {rule} ({region}){}", about(resource))
            }
            Self::Event {
                source,
                detail_type,
                resource,
            } => format!("{detail_type} of {source} ({region}){}", about(resource)),
            Self::Report { name } => format!("report {name} of account {account} ({region})"),
        }
    }
}

/// `cluster checkout`
pub(crate) fn show_cluster(cluster: &str) -> String {
    if cluster.is_empty() {
        "unknown cluster".to_owned()
    } else {
        format!("cluster {cluster}")
    }
}

fn with_pairs<'a>(first: &'a str, pairs: &'a [(&'a str, &'a str)]) -> Vec<&'a str> {
    let pairs = pairs.iter().flat_map(|(name, value)| [*name, *value]);
    [first].into_iter().chain(pairs).collect()
}

/// `QueueName=payments, Stage=prod`
pub(crate) fn show_pairs(pairs: &[(&str, &str)]) -> String {
    let shown: Vec<String> = pairs
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests;
