//! ECS clusters that are watched, and the alarms on their services.

use std::ops::Range;

use stacks::monitor::{
    Alarm, Cluster, ClusterName, ClusterPrefix, ClusterSelector, Priority, ServicePattern,
};

use super::{Resolver, alarms::Placed, entries, items, priority};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
    spans::Declaration,
    text_or::TextOr,
};

/// The account and the regions that ARNs must be of.
#[derive(Clone, Copy)]
pub(super) struct Where<'a> {
    pub(super) account: Option<&'a str>,
    pub(super) regions: &'a [String],
}

impl Resolver<'_> {
    /// The clusters, and the alarms on their services.
    pub(super) fn clusters(
        &mut self,
        fields: Vec<Field<TextOr<file::Cluster>>>,
        here: Where<'_>,
    ) -> (Vec<Cluster>, Vec<Placed<Alarm>>) {
        let mut clusters: Vec<Cluster> = Vec::new();
        let mut alarms = Vec::new();
        for field in fields {
            let Some(entry) = field.value else { continue };
            let (name, mut full) = match entry {
                TextOr::Text(name) => (Field::of(name, field.span), None),
                TextOr::Full(full) => {
                    self.require(&field.span, &[("name", full.name.missing)]);
                    (full.name.clone(), Some(full))
                }
            };
            let before = self.problems.len();
            let Some(selector) = self.selector(&name, here) else {
                continue;
            };
            let mut cluster = Cluster::plain(selector);
            let mut regions = Vec::new();
            let limits = full.as_mut().and_then(|it| it.regions.take());
            if limits.is_some() {
                regions = self.regions_of_cluster(limits, &cluster, &name.span, here);
            }
            let is_sound = self.problems.len() == before;
            if let Some(full) = full {
                cluster.priority = full.priority.and_then(|it| it.value).map(priority);
                let ignored = items(full.ignore_services);
                cluster.ignored_services = self.ignored_services(&ignored);
                for field in &ignored {
                    let service = field.value.as_deref().unwrap_or_default();
                    self.names_service(&cluster, service, &regions, &field.span);
                }
                let mut of_services = Vec::new();
                self.service_alarms(
                    &cluster,
                    &name.span,
                    full.services,
                    &regions,
                    here,
                    &mut of_services,
                );
                for (alarm, _) in &mut of_services {
                    alarm.regions.clone_from(&regions);
                }
                alarms.extend(of_services);
            }
            if !is_sound {
                // Nobody knows where it was meant to be: it is not compared with others.
                continue;
            }
            self.names_cluster(&cluster, &regions, &name.span);
            for cluster in in_regions(cluster, &regions) {
                self.takes_its_place(&cluster, &clusters, &name.span);
                let said = Declaration::Cluster(cluster.selector.to_string());
                self.spans.insert(said, &name.span);
                clusters.push(cluster);
            }
        }
        (clusters, alarms)
    }

    fn selector(&mut self, field: &Field<String>, here: Where<'_>) -> Option<ClusterSelector> {
        let text = field.value.as_deref()?;
        if text.starts_with("arn:") {
            return self.cluster_of_arn(text, &field.span, here);
        }
        if text.ends_with('*') {
            return self
                .parsed(field, "", ClusterPrefix::parse)
                .map(ClusterSelector::Prefix);
        }
        self.parsed(
            field,
            "many are named by how they begin: `team-a-*`",
            ClusterName::parse,
        )
        .map(ClusterSelector::Name)
    }

    fn cluster_of_arn(
        &mut self,
        text: &str,
        span: &Range<usize>,
        here: Where<'_>,
    ) -> Option<ClusterSelector> {
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", _, "ecs", region, account, resource] = parts.as_slice() else {
            self.error(
                span,
                format!("`{text}` is not the ARN of an ECS cluster"),
                "such as `arn:aws:ecs:eu-central-1:111122223333:cluster/checkout`",
            );
            return None;
        };
        let Some(name) = resource.strip_prefix("cluster/") else {
            let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
            let hint = match rest.split_once('/') {
                Some((cluster, _)) => format!("name its cluster: `{cluster}`"),
                None => {
                    "such as `arn:aws:ecs:eu-central-1:111122223333:cluster/checkout`".to_owned()
                }
            };
            self.error(
                span,
                format!("this is the ARN of a {kind}, not of a cluster"),
                &hint,
            );
            return None;
        };
        let name = match ClusterName::parse(name) {
            Ok(name) => name,
            Err(error) => {
                self.error(span, error.to_string(), "");
                return None;
            }
        };
        if here.account.is_some_and(|it| it != *account) {
            self.error(
                span,
                format!("the cluster belongs to account {account}"),
                "each account has its own file",
            );
        }
        match here.regions {
            [] => {}
            [only] if only == region => return Some(ClusterSelector::Name(name)),
            regions if regions.iter().any(|it| it == region) => {}
            _ => self.error(
                span,
                format!("`{region}` is not one of `regions`"),
                "events stay in their region: a region that is not watched sends none",
            ),
        }
        Some(ClusterSelector::InRegion(name, (*region).to_owned()))
    }

    /// The regions that a cluster is limited to by such a list.
    fn regions_of_cluster(
        &mut self,
        list: super::List<String>,
        cluster: &Cluster,
        span: &Range<usize>,
        here: Where<'_>,
    ) -> Vec<String> {
        let regions = self.some_regions(list, here.regions);
        if !matches!(cluster.selector, ClusterSelector::Name(_)) {
            self.error(
                span,
                format!("`{}` cannot have `regions`", cluster.selector),
                "they go with a cluster's full name; an ARN names its region itself",
            );
        }
        regions
    }

    fn names_cluster(&mut self, cluster: &Cluster, regions: &[String], span: &Range<usize>) {
        let (name, region) = match &cluster.selector {
            ClusterSelector::Name(name) => (name.to_string(), None),
            ClusterSelector::InRegion(name, region) => (name.to_string(), Some(region)),
            ClusterSelector::Prefix(prefix) => (format!("{}*", prefix.as_str()), None),
        };
        let named = Named::new(NamedKind::Clusters, name, span);
        self.named.push(match region {
            Some(region) => named.in_region(region),
            None => Named {
                regions: regions.to_vec(),
                ..named
            },
        });
    }

    /// Of clusters by the beginning of their names it is not known which has the service.
    fn names_service(
        &mut self,
        cluster: &Cluster,
        service: &str,
        regions: &[String],
        span: &Range<usize>,
    ) {
        let (cluster, region) = match &cluster.selector {
            ClusterSelector::Name(name) => (name, None),
            ClusterSelector::InRegion(name, region) => (name, Some(region)),
            ClusterSelector::Prefix(_) => return,
        };
        let named = Named::new(NamedKind::Services(cluster.to_string()), service, span);
        self.named.push(match region {
            Some(region) => named.in_region(region),
            None => Named {
                regions: regions.to_vec(),
                ..named
            },
        });
    }

    fn ignored_services(&mut self, fields: &[Field<String>]) -> Vec<ServicePattern> {
        let mut patterns: Vec<ServicePattern> = fields
            .iter()
            .filter_map(|field| {
                self.parsed(
                    field,
                    "name a service, or how names begin: `canary-*`",
                    ServicePattern::parse,
                )
            })
            .collect();
        patterns.sort();
        patterns.dedup();
        patterns
    }

    fn service_alarms(
        &mut self,
        cluster: &Cluster,
        span: &Range<usize>,
        services: super::Map<Vec<Field<String>>>,
        regions: &[String],
        here: Where<'_>,
        alarms: &mut Vec<Placed<Alarm>>,
    ) {
        let services = entries(services);
        if services.is_empty() {
            return;
        }
        let name = match &cluster.selector {
            ClusterSelector::Name(name) => name,
            ClusterSelector::InRegion(name, _) if here.regions.len() < 2 => name,
            ClusterSelector::InRegion(name, _) => {
                self.error(
                    span,
                    "alarms on services are made in every region, and this cluster is in one",
                    &format!("have a cluster `{name}` in each, and name it without the ARN"),
                );
                return;
            }
            ClusterSelector::Prefix(_) => {
                self.error(
                    span,
                    "alarms on services need one cluster, not the beginning of names",
                    "add an entry for the cluster, beside this one",
                );
                return;
            }
        };
        for (service, field) in services {
            let Ok(service) = ClusterName::parse(&service) else {
                self.error(
                    &field.key,
                    format!("`{service}` is not the name of a service"),
                    "it may hold letters, digits, hyphens and underscores",
                );
                continue;
            };
            let lines = field.value.unwrap_or_default();
            let place = lines.first().map_or(&field.span, |line| &line.span).clone();
            self.names_service(cluster, service.as_str(), regions, &place);
            for line in lines {
                let alarm = self.parsed(
                    &line,
                    "write it like `cpu > 80 for 10 minutes` or `running < desired`",
                    |text| Alarm::on_service(name, &service, cluster.priority, text),
                );
                alarms.extend(alarm.map(|alarm| (alarm, line.span.clone())));
            }
        }
    }

    /// No cluster stands in the file twice, or is watched already without being different.
    fn takes_its_place(&mut self, new: &Cluster, others: &[Cluster], span: &Range<usize>) {
        let same = others.iter().find(|it| {
            it.selector.covers(&new.selector) && new.selector.covers(&it.selector)
                || !matches!(it.selector, ClusterSelector::Prefix(_))
                    && !matches!(new.selector, ClusterSelector::Prefix(_))
                    && (it.selector.covers(&new.selector) || new.selector.covers(&it.selector))
        });
        if let Some(same) = same {
            let first = self
                .spans
                .get(&Declaration::Cluster(same.selector.to_string()));
            let first = first.unwrap_or(span).clone();
            self.duplicate("cluster", &new.selector.to_string(), span, &first);
        }
    }
}

/// A cluster in some regions; in all where there are none.
fn in_regions(cluster: Cluster, regions: &[String]) -> Vec<Cluster> {
    let ClusterSelector::Name(name) = &cluster.selector else {
        return vec![cluster];
    };
    if regions.is_empty() {
        return vec![cluster];
    }
    let in_region = |region: &String| Cluster {
        selector: ClusterSelector::InRegion(name.clone(), region.clone()),
        ..cluster.clone()
    };
    regions.iter().map(in_region).collect()
}

/// How urgent, in the words of the model.
pub(super) fn priority_of(field: Option<&Field<file::Priority>>) -> Priority {
    field
        .and_then(|it| it.value)
        .map_or(Priority::High, priority)
}
