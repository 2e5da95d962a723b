//! What an account file says of the failures in single clusters. A rule hands it over beside the
//! event, as a table of clusters.

use contract::Priority;
use serde_json::Value as Json;

use crate::read::{list, text};

/// How failures in a cluster are treated.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ClusterOverrides<'a> {
    /// What takes the place of the default.
    pub(super) priority: Option<Priority>,
    /// Services whose failures are nobody's concern: names, or beginnings of names before a `*`.
    ignore: Vec<&'a str>,
}

impl<'a> ClusterOverrides<'a> {
    /// The overrides of a cluster: that of the one entry with its name, and with its region if the entry names one, or
    /// else of the one with the longest prefix of it. A cluster that an event does not name is treated as any cluster is
    /// (`*`). What cannot be read of the table is as if it were not there.
    pub(super) fn of(cluster: Option<&str>, region: Option<&str>, payload: &'a Json) -> Self {
        let cluster = cluster.unwrap_or_default();
        let entries = list(payload, "clusters");
        let named = |entry: &&Json| {
            text(entry, "name") == Some(cluster)
                && text(entry, "region").is_none_or(|it| region == Some(it))
        };
        let prefixed = || {
            let matching = entries.iter().filter_map(|entry| {
                let prefix = entry.get("prefix")?.as_str()?;
                cluster.starts_with(prefix).then_some((prefix.len(), entry))
            });
            Some(matching.max_by_key(|(length, _)| *length)?.1)
        };
        let Some(entry) = entries.iter().find(named).or_else(prefixed) else {
            return Self::default();
        };
        Self {
            priority: text(entry, "priority").and_then(Priority::named),
            ignore: list(entry, "ignore")
                .iter()
                .filter_map(Json::as_str)
                .collect(),
        }
    }

    /// Whether failures of a service are to be ignored.
    pub(super) fn ignores(&self, service: &str) -> bool {
        self.ignore
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => service.starts_with(prefix),
                None => service == *pattern,
            })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HERE: Option<&str> = Some("eu-central-1");

    #[test]
    fn one_entry_applies_and_wholly() {
        let payload = json!({ "clusters": [
            { "prefix": "team-", "priority": "LOW", "ignore": ["batch"] },
            { "prefix": "team-a-", "priority": "MEDIUM" },
            { "name": "team-a-checkout", "ignore": ["canary-*"] },
            { "name": "checkout", "priority": "CRITICAL", "ignore": ["batch", "canary-*"] },
        ] });
        for (cluster, priority, ignored) in [
            (
                "checkout",
                Some(Priority::Critical),
                vec!["batch", "canary-1"],
            ),
            ("team-b", Some(Priority::Low), vec!["batch"]),
            ("team-a-search", Some(Priority::Medium), vec![]),
            ("team-a-checkout", None, vec!["canary-1"]),
            ("checkout-2", None, vec![]),
            ("unknown", None, vec![]),
        ] {
            let overrides = ClusterOverrides::of(Some(cluster), HERE, &payload);
            assert_eq!(overrides.priority, priority, "{cluster}");
            for service in ["batch", "canary-1", "batch-2", "my-canary-1", "api"] {
                assert_eq!(
                    overrides.ignores(service),
                    ignored.contains(&service),
                    "{cluster}, {service}"
                );
            }
        }
    }

    #[test]
    fn an_empty_prefix_is_every_clusters() {
        let payload = json!({ "clusters": [
            { "prefix": "team-", "priority": "HIGH" },
            { "prefix": "", "priority": "LOW", "ignore": ["*"] },
        ] });
        let overrides = ClusterOverrides::of(Some("checkout"), HERE, &payload);
        assert_eq!(overrides.priority, Some(Priority::Low));
        assert!(overrides.ignores("api"));
        assert!(!ClusterOverrides::of(Some("team-a"), HERE, &payload).ignores("api"));
    }

    #[test]
    fn an_entry_of_a_region_does_not_apply_in_another() {
        let payload = json!({ "clusters": [
            { "prefix": "team-", "priority": "LOW" },
            { "name": "team-a", "priority": "CRITICAL", "region": "us-east-1" },
            { "name": "team-a", "priority": "HIGH", "region": "eu-west-1" },
        ] });
        for (region, expected) in [
            (Some("us-east-1"), Priority::Critical),
            (Some("eu-west-1"), Priority::High),
            (HERE, Priority::Low),
            (None, Priority::Low),
        ] {
            let overrides = ClusterOverrides::of(Some("team-a"), region, &payload);
            assert_eq!(overrides.priority, Some(expected), "{region:?}");
        }
    }

    #[test]
    fn an_unknown_cluster_is_treated_as_any_cluster() {
        let mut payload = json!({ "clusters": [
            { "prefix": "team-", "priority": "HIGH" },
            { "name": "checkout", "ignore": ["*"] },
        ] });
        assert_eq!(
            ClusterOverrides::of(None, HERE, &payload),
            ClusterOverrides::default()
        );
        payload["clusters"][1] = json!({ "prefix": "", "priority": "LOW", "ignore": ["api"] });
        let overrides = ClusterOverrides::of(None, HERE, &payload);
        assert_eq!(overrides.priority, Some(Priority::Low));
        assert!(overrides.ignores("api") && !overrides.ignores("web"));
    }

    #[test]
    fn what_cannot_be_read_is_not_there() {
        for payload in [
            json!({}),
            json!({ "clusters": null }),
            json!({ "clusters": "checkout" }),
            json!({ "clusters": { "name": "checkout", "priority": "LOW" } }),
            json!({ "clusters": [null, "checkout", 7, [], {}, { "name": 7 }, { "prefix": [] }] }),
            json!({ "clusters": [
                { "name": "checkout", "priority": "URGENT", "ignore": "api" },
                { "prefix": "check", "priority": "LOW", "ignore": ["api"] },
            ] }),
            json!({ "clusters": [{ "name": "checkout", "priority": 1, "ignore": [7, null, "ap"] }] }),
        ] {
            let overrides = ClusterOverrides::of(Some("checkout"), HERE, &payload);
            assert_eq!(overrides.priority, None, "{payload}");
            assert!(!overrides.ignores("api"), "{payload}");
        }
    }
}
