//! What an alarm's incident belongs to: what the alarm looks at, so that alarms on one thing meet.

use std::collections::BTreeSet;

use contract::{AlarmSettings, Group};

use super::{
    read::{Metric, StateChange},
    rule,
};
use crate::{
    group::Affected,
    place::Place,
    read::{list, text},
};

/// Alarms that a composite alarm covers at most: as many as its rule can name. Source: "Composite
/// alarms" in the CloudWatch user guide.
const COVERED: usize = 100;
/// Characters of an alarm's ARN at most. Source: `ActionsSuppressor` of `PutCompositeAlarm` in the
/// CloudWatch API reference.
const LONGEST_ARN: usize = 1_600;

/// What time series are of: an account, a namespace where one is known, and dimensions in the order
/// of their names.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Source<'a> {
    account: &'a str,
    namespace: Option<&'a str>,
    dimensions: Vec<(&'a str, &'a str)>,
}

/// The group of an alarm that is in the state `ALARM`.
pub(super) fn group(change: &StateChange<'_>, settings: &AlarmSettings) -> Group {
    let place = Place::of_arn(&change.arn);
    let (account, region) = place.map_or(("", ""), |it| (it.account, it.region));
    let sources = sources(change, account);
    let services: BTreeSet<_> = sources.iter().filter_map(Source::service).collect();
    let (affected, account) = match (services.first(), sources.first()) {
        (Some((owner, cluster, service)), _) if services.len() == 1 => {
            (Affected::Service { cluster, service }, *owner)
        }
        // A namespace alone is no resource: everything in it would be one group.
        (_, Some(only)) if sources.len() == 1 && !only.dimensions.is_empty() => {
            match only.namespace {
                Some(namespace) => {
                    let dimensions = &only.dimensions;
                    let resource = Affected::Resource {
                        namespace,
                        dimensions,
                    };
                    (resource, only.account)
                }
                None => (by_itself(change), account),
            }
        }
        _ => (by_itself(change), account),
    };
    let cause = match &change.contributor {
        Some(contributor) => contributor.show(),
        None => format!("alarm {}", change.name),
    };
    affected
        .group(account, region, &cause)
        .of_alarm(&change.arn, covered(change, place, settings))
}

fn by_itself<'a>(change: &'a StateChange<'_>) -> Affected<'a> {
    Affected::Alarm {
        alarm: &change.arn,
        name: change.name,
    }
}

/// What the metrics of the alarm are of. Nothing where the alarm itself is what its incidents have in
/// common: a composite alarm watches other alarms, and one on a query can watch hundreds of time series,
/// which go off by themselves and with the alarm.
fn sources<'a>(change: &'a StateChange<'_>, account: &'a str) -> BTreeSet<Source<'a>> {
    let is_of_many = change.contributor.is_some() || change.metrics.iter().any(Metric::is_query);
    if change.rule.is_some() || is_of_many {
        return BTreeSet::new();
    }
    let metrics = change.metrics.iter();
    metrics
        .filter_map(|it| Source::of_metric(it, account))
        .collect()
}

impl<'a> Source<'a> {
    fn of_metric(metric: &'a Metric, alarms: &'a str) -> Option<Self> {
        let Metric::Stat {
            account,
            namespace,
            dimensions,
            ..
        } = metric
        else {
            return None;
        };
        let mut dimensions: Vec<_> = dimensions
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        dimensions.sort_unstable();
        Some(Self {
            account: account.as_deref().unwrap_or(alarms),
            namespace: namespace.as_deref(),
            dimensions,
        })
    }

    fn dimension(&self, name: &str) -> Option<&'a str> {
        self.dimensions
            .iter()
            .find(|(its, value)| *its == name && !value.is_empty())
            .map(|(_, value)| *value)
    }

    /// The account, the cluster and the name of the service of ECS that this is of.
    fn service(&self) -> Option<(&'a str, &'a str, &'a str)> {
        let cluster = self.dimension("ClusterName")?;
        Some((self.account, cluster, self.dimension("ServiceName")?))
    }
}

/// The alarms that can have set a composite alarm off, by ARN: those that it says did, and of those that its rule
/// asks to be in `ALARM` the ones that the account file knows, where it knows the composite alarm. Anybody who may
/// write an alarm can name any other in its rule, and what is covered is not reported by itself.
fn covered(
    change: &StateChange<'_>,
    place: Option<Place<'_>>,
    settings: &AlarmSettings,
) -> Vec<String> {
    let said = change
        .reason_data
        .iter()
        .flat_map(|it| list(it, "triggeringAlarms"));
    let said = said
        .filter(|it| text(it, "state.value") == Some("ALARM"))
        .filter_map(|it| text(it, "arn").map(str::to_owned));
    let beginning = place.map(|it| {
        let Place {
            partition,
            region,
            account,
            ..
        } = it;
        format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:")
    });
    let known_of = |named: &str| {
        let beginning = beginning.as_ref()?;
        let name = match named.strip_prefix(beginning) {
            Some(name) => name,
            None if named.starts_with("arn:") => return None,
            None => named,
        };
        settings.knows(name).then(|| format!("{beginning}{name}"))
    };
    let rule = change.rule.filter(|_| settings.knows(change.name));
    let named = rule.map(rule::alarms).unwrap_or_default();
    let all: BTreeSet<String> = said
        .chain(named.into_iter().filter_map(known_of))
        .filter(|arn| *arn != change.arn && arn.chars().count() <= LONGEST_ARN)
        .collect();
    all.into_iter().take(COVERED).collect()
}
