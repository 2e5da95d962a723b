//! Which clusters share a rule, and how the events of each are evaluated.

use serde_json::json;

use super::Input;
use crate::{
    hash::stable_hash,
    json::{Json, Object},
    monitor::{Cluster, ClusterSelector},
};

/// A selector that a rule's pattern must hold, and every cluster of the account file that it covers,
/// itself among them.
#[derive(Clone, Debug)]
pub(super) struct Family<'a> {
    pub(super) selector: &'a ClusterSelector,
    members: Vec<&'a Cluster>,
}

impl Family<'_> {
    /// Every selector of the family, its own first.
    pub(super) fn selectors(&self) -> impl Iterator<Item = ClusterSelector> {
        self.members.iter().map(|it| it.selector.clone())
    }
}

/// The families of some clusters, in the order of their selectors.
pub(super) fn families(clusters: &[Cluster]) -> Vec<Family<'_>> {
    let mut clusters: Vec<&Cluster> = clusters.iter().collect();
    clusters.sort_by(|a, b| a.selector.cmp(&b.selector));
    let prefixes: Vec<&ClusterSelector> = clusters
        .iter()
        .map(|it| &it.selector)
        .filter(|it| matches!(it, ClusterSelector::Prefix(_)))
        .collect();
    let covering = |selector: &ClusterSelector| {
        prefixes
            .iter()
            .copied()
            .filter(|prefix| prefix.covers(selector))
            .min_by_key(|prefix| prefix.text().len())
    };
    let mut families: Vec<Family<'_>> = Vec::new();
    let (carriers, covered): (Vec<&Cluster>, Vec<&Cluster>) = clusters
        .iter()
        .copied()
        .partition(|it| covering(&it.selector).is_none_or(|prefix| *prefix == it.selector));
    for cluster in carriers {
        families.push(Family {
            selector: &cluster.selector,
            members: vec![cluster],
        });
    }
    for cluster in covered {
        let family = covering(&cluster.selector)
            .and_then(|prefix| families.iter_mut().find(|it| it.selector == prefix));
        if let Some(family) = family {
            family.members.push(cluster);
        }
    }
    families
}

/// How the events of these families are evaluated, if not all like any other: the entry that is most
/// specific decides alone.
pub(super) fn input(families: &[Family<'_>]) -> Option<Input> {
    let members = || families.iter().flat_map(|it| &it.members);
    if members().all(|it| it.is_plain()) {
        return None;
    }
    // What is plain need not be told, unless a prefix that is not would speak for it.
    let special: Vec<&ClusterSelector> = members()
        .filter(|it| !it.is_plain())
        .map(|it| &it.selector)
        .collect();
    let mut entries: Vec<Json> = members()
        .filter(|it| special.iter().any(|selector| selector.covers(&it.selector)))
        .map(|it| entry(it))
        .collect();
    entries.dedup();
    Some(Input::beside_event([("clusters", Json::Array(entries))]))
}

fn entry(cluster: &Cluster) -> Json {
    let key = match &cluster.selector {
        ClusterSelector::Name(_) | ClusterSelector::InRegion(..) => "name",
        ClusterSelector::Prefix(_) => "prefix",
    };
    let mut entry = Object::default();
    entry.put(key, &cluster.selector.text());
    // Every region has the same rules.
    if let ClusterSelector::InRegion(_, region) = &cluster.selector {
        entry.put("region", region);
    }
    entry.put(
        "priority",
        &cluster.priority.map(crate::monitor::Priority::as_str),
    );
    if !cluster.ignored_services.is_empty() {
        let services: Vec<&str> = cluster
            .ignored_services
            .iter()
            .map(crate::monitor::ServicePattern::as_str)
            .collect();
        entry.put("ignore", &json!(services));
    }
    entry.into()
}

/// Spreads families over as many rules as they need, each under the beginning of a hash that its
/// families share, without the zeros at the end.
///
/// A family's rule depends on a hash of its selector and on which others share the beginning of that
/// hash, not on order: adding a cluster touches the one rule that takes it, or splits that rule in
/// two when it is full, of which the first keeps the name.
pub(super) fn buckets<'a>(
    families: &[Family<'a>],
    fits: impl Fn(&[Family<'a>]) -> bool + Copy,
) -> Vec<(String, Vec<Family<'a>>)> {
    fn split<'a>(
        prefix: &str,
        families: Vec<Family<'a>>,
        fits: impl Fn(&[Family<'a>]) -> bool + Copy,
        out: &mut Vec<(String, Vec<Family<'a>>)>,
    ) {
        if families.is_empty() {
            return;
        }
        if families.len() == 1 || fits(&families) || prefix.len() == 64 {
            out.push((prefix.trim_end_matches('0').to_owned(), families));
            return;
        }
        let bit = 63 - prefix.len();
        let (ones, zeros): (Vec<_>, Vec<_>) = families
            .into_iter()
            .partition(|family| stable_hash(family.selector.text()) >> bit & 1 == 1);
        split(&format!("{prefix}0"), zeros, fits, out);
        split(&format!("{prefix}1"), ones, fits, out);
    }
    let mut out = Vec::new();
    split("", families.to_vec(), fits, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{ClusterName, ClusterPrefix, Priority, ServicePattern};

    fn cluster(text: &str) -> Cluster {
        Cluster::plain(if text.ends_with('*') {
            ClusterSelector::Prefix(ClusterPrefix::parse(text).unwrap())
        } else {
            ClusterSelector::Name(ClusterName::parse(text).unwrap())
        })
    }

    #[test]
    fn what_a_prefix_covers_is_not_in_the_pattern() {
        let clusters = ["team-a", "team-*", "checkout", "team-b-*"].map(cluster);
        let selectors: Vec<String> = families(&clusters)
            .iter()
            .map(|family| family.selector.to_string())
            .collect();
        assert_eq!(selectors, ["checkout", "team-*"]);
    }

    #[test]
    fn clusters_like_any_other_are_not_told() {
        let mut clusters = ["team-a", "team-*", "checkout", "other"].map(cluster);
        assert_eq!(input(&families(&clusters)), None);

        clusters[2].ignored_services = vec![ServicePattern::parse("batch-*").unwrap()];
        let template = input(&families(&clusters)).unwrap().template();
        assert_eq!(
            template,
            r#"{"clusters":[{"ignore":["batch-*"],"name":"checkout"}],"event":<aws.events.event.json>}"#
        );

        // The plain cluster under a prefix that is not plain stays plain.
        clusters[1].priority = Some(Priority::Low);
        let template = input(&families(&clusters)).unwrap().template();
        assert!(
            template.contains(r#"{"prefix":"team-","priority":"LOW"},{"name":"team-a"}"#),
            "{template}"
        );
    }

    #[test]
    fn a_full_rule_splits_in_two_and_keeps_its_name() {
        let names: Vec<Cluster> = (0..40).map(|n| cluster(&format!("cluster-{n}"))).collect();
        let split = |count: usize| -> Vec<(String, usize)> {
            buckets(&families(&names[..count]), |it| it.len() <= 30)
                .into_iter()
                .map(|(slug, families)| (slug, families.len()))
                .collect()
        };
        assert_eq!(split(30), [(String::new(), 30)]);
        let after = split(31);
        assert_eq!(after.len(), 2);
        assert_eq!([after[0].0.as_str(), after[1].0.as_str()], ["", "1"]);
    }
}
