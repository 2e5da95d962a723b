//! Rules for failures in ECS clusters.
//!
//! The rules are the coarse filter, so that deployments and scale-ins do not even start a function; the
//! function decides. A rule leaves out only what single fields say without doubt, and lets through what
//! says nothing: it must never leave out an event that the function would make an incident of.
//!
//! No rule speaks of containers: `exists: false` is asked of a list as a whole, so a container without an
//! exit code beside one with 0 would never arrive. None has a wildcard: a bus takes 30 rules with any.

use contract::FunctionName;

use super::{
    EventRule,
    clusters::{Family, buckets, families, input},
    pattern_characters,
};
use crate::{
    event_pattern::{EventPattern, Except, Matcher},
    limits::{EVENT_PATTERN_CHARACTERS, INPUT_TEMPLATE_CHARACTERS},
    monitor::{ClusterSelector, Monitor},
    value::Value,
};

/// What the names of all of these rules begin with, after the stack's.
pub(crate) const PREFIX: &str = "ecs-";

/// As many rules as the watched clusters need.
pub(super) fn rules(monitor: &Monitor) -> Vec<EventRule> {
    let families = families(&monitor.clusters);
    let mut rules = Vec::new();
    for kind in [Kind::Tasks, Kind::Services, Kind::Deployments] {
        for (bucket, families) in buckets(&families, |bucket| kind.fits(bucket)) {
            let hyphen = if bucket.is_empty() { "" } else { "-" };
            rules.push(EventRule {
                slug: format!("{PREFIX}{}{hyphen}{bucket}", kind.slug()),
                description: kind.description().to_owned(),
                pattern: kind.pattern(&families),
                function: FunctionName::Ecs,
                input: input(&families),
                management_events: false,
                clusters: families.iter().flat_map(Family::selectors).collect(),
                event: None,
            });
        }
    }
    rules
}

/// The three kinds of rules.
#[derive(Clone, Copy)]
enum Kind {
    Tasks,
    /// Services, daemons and container instances: whatever reports by itself, and names its cluster.
    Services,
    Deployments,
}

impl Kind {
    fn slug(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Services => "services",
            Self::Deployments => "deployments",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Tasks => "ECS tasks that stopped for a reason that can be a failure",
            Self::Services => "ECS services, daemons and container instances that report a failure",
            Self::Deployments => "ECS deployments that failed",
        }
    }

    /// The pattern for some clusters.
    fn pattern(self, families: &[Family<'_>]) -> EventPattern {
        let arn = |selector: &ClusterSelector, resource: &str, rest: &str| -> Value<String> {
            let region = match selector {
                ClusterSelector::InRegion(_, region) => region,
                ClusterSelector::Name(_) | ClusterSelector::Prefix(_) => "${AWS::Region}",
            };
            Value::sub(format!(
                "arn:${{AWS::Partition}}:ecs:{region}:${{AWS::AccountId}}:{resource}/{}{rest}",
                selector.text()
            ))
        };
        let clusters = || families.iter().map(|family| family.selector);
        let in_clusters = || {
            let arns: Vec<Matcher> = clusters()
                .map(|it| match it {
                    ClusterSelector::Prefix(_) => Matcher::Prefix(arn(it, "cluster", "")),
                    _ => Matcher::Text(arn(it, "cluster", "")),
                })
                .collect();
            EventPattern::new().field("clusterArn", arns)
        };
        let ecs = |detail_types: Vec<Matcher>, detail: EventPattern| {
            EventPattern::new()
                .field("source", Matcher::texts(["aws.ecs"]))
                .field("detail-type", detail_types)
                .object("detail", detail)
        };
        match self {
            Self::Tasks => ecs(
                Matcher::texts(["ECS Task State Change"]),
                in_clusters()
                    .field("lastStatus", Matcher::texts(["STOPPED"]))
                    .field(
                        "stopCode",
                        but(Except::Texts(PLANNED_CODES.map(Value::from).to_vec())),
                    )
                    .field(
                        "stoppedReason",
                        but(Except::Prefixes(PLANNED_REASONS.map(Value::from).to_vec())),
                    ),
            ),
            Self::Services => ecs(
                Matcher::texts([
                    "ECS Service Action",
                    "ECS Daemon Service Action",
                    "ECS Daemon Deployment State Change",
                    "ECS Container Instance Health Change",
                ]),
                in_clusters().field("eventType", not_information()),
            ),
            // The event does not name its cluster; only the service's ARN does, and not if it is of the old
            // format. Such a service is watched where every cluster is.
            Self::Deployments => ecs(
                Matcher::texts(["ECS Deployment State Change"]),
                EventPattern::new().field("eventType", not_information()),
            )
            .field(
                "resources",
                clusters()
                    .map(|it| match it {
                        ClusterSelector::Prefix(_) => arn(it, "service", ""),
                        _ => arn(it, "service", "/"),
                    })
                    .map(Matcher::Prefix)
                    .collect::<Vec<_>>(),
            ),
        }
    }

    /// Whether one rule can hold the clusters.
    fn fits(self, families: &[Family<'_>]) -> bool {
        pattern_characters(&self.pattern(families)) <= EVENT_PATTERN_CHARACTERS
            && input(families)
                .is_none_or(|it| it.template().chars().count() <= INPUT_TEMPLATE_CHARACTERS)
    }
}

/// Stop codes of which none is ever a failure's.
const PLANNED_CODES: [&str; 3] = ["UserInitiated", "SpotInterruption", "TerminationNotice"];
/// How reasons begin that are only ever given for planned stops.
const PLANNED_REASONS: [&str; 2] = [
    "Scaling activity initiated by",
    "ECS is performing maintenance",
];

/// Anything but this, and nothing at all.
fn but(except: Except) -> Vec<Matcher> {
    vec![Matcher::AnythingBut(except), Matcher::Absent]
}

fn not_information() -> Vec<Matcher> {
    but(Except::Texts(vec!["INFO".into()]))
}
