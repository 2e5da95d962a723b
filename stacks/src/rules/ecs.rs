//! Rules for failures in ECS clusters.
//!
//! The rules are the coarse filter, so that deployments and scale-ins do not even start a function; the
//! function decides. A rule leaves out only what single fields say without doubt, and lets through what
//! says nothing: it must never leave out an event that the function would make an incident of.
//!
//! No rule speaks of containers: `exists: false` is asked of a list as a whole, so a container without an
//! exit code beside one with 0 would never arrive. None has a wildcard: a bus takes 30 rules with any.

use super::{
    EcsKind, EventRule, Purpose,
    clusters::{Family, buckets, families, input},
    pattern_characters,
};
use crate::{
    event_pattern::{EventPattern, Except, Matcher},
    limits::{EVENT_PATTERN_CHARACTERS, INPUT_TEMPLATE_CHARACTERS},
    monitor::{ClusterSelector, Monitor},
    value::Value,
};

/// As many rules as the watched clusters need.
pub(super) fn rules(monitor: &Monitor) -> Vec<EventRule> {
    let families = families(&monitor.clusters);
    let mut rules = Vec::new();
    for kind in EcsKind::ALL {
        for (part, families) in buckets(&families, |bucket| kind.fits(bucket)) {
            rules.push(EventRule {
                purpose: Purpose::Ecs {
                    kind,
                    part,
                    clusters: families.iter().flat_map(Family::selectors).collect(),
                },
                pattern: kind.pattern(&families),
                input: input(&families),
            });
        }
    }
    rules
}

impl EcsKind {
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
