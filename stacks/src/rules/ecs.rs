//! Rules for failures in ECS clusters.
//!
//! The rules are the coarse filter, so that deployments and scale-ins do not even start a function;
//! the function judges again. Both follow the same facts: a `stopCode` alone does not tell a failure
//! from routine, because `ServiceSchedulerInitiated` stands for scale-ins and for failed health
//! checks, and what says nothing is let through.

use super::{
    EventRule,
    clusters::{Family, buckets, families, input},
    pattern_characters,
};
use crate::{
    asset::CodeAsset,
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
                function: CodeAsset::Ecs,
                input: input(&families),
                management_events: false,
                clusters: families.iter().flat_map(Family::selectors).collect(),
                event: None,
            });
        }
    }
    rules
}

/// The three ways in which ECS says that something failed.
#[derive(Clone, Copy)]
enum Kind {
    Tasks,
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
            Self::Services => "ECS services that cannot place or start tasks",
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
        let in_clusters = |detail: EventPattern| {
            let arns: Vec<Matcher> = clusters()
                .map(|it| match it {
                    ClusterSelector::Prefix(_) => Matcher::Prefix(arn(it, "cluster", "")),
                    _ => Matcher::Text(arn(it, "cluster", "")),
                })
                .collect();
            detail.field("clusterArn", arns)
        };
        let ecs = |detail_type: &str, detail: EventPattern| {
            EventPattern::new()
                .field("source", Matcher::texts(["aws.ecs"]))
                .field("detail-type", Matcher::texts([detail_type]))
                .object("detail", detail)
        };
        match self {
            Self::Tasks => ecs(
                "ECS Task State Change",
                in_clusters(EventPattern::new())
                    .field("lastStatus", Matcher::texts(["STOPPED"]))
                    .any_of(failed_stops()),
            ),
            Self::Services => ecs(
                "ECS Service Action",
                in_clusters(EventPattern::new()).any_of([
                    EventPattern::new().field("eventType", Matcher::texts(["ERROR"])),
                    EventPattern::new()
                        .field("eventName", Matcher::texts(["SERVICE_TASK_START_IMPAIRED"])),
                ]),
            ),
            // The event does not name its cluster; only the service's ARN does.
            Self::Deployments => ecs(
                "ECS Deployment State Change",
                EventPattern::new().field("eventType", Matcher::texts(["ERROR"])),
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

/// Stops that can be failures, as alternatives.
fn failed_stops() -> Vec<EventPattern> {
    let stop = |code: &str| EventPattern::new().field("stopCode", Matcher::texts([code]));
    let known = [
        "TaskFailedToStart",
        "EssentialContainerExited",
        "UserInitiated",
        "ServiceSchedulerInitiated",
        "SpotInterruption",
        "TerminationNotice",
    ];
    vec![
        stop("TaskFailedToStart"),
        stop("EssentialContainerExited").field(
            "containers.exitCode",
            [Matcher::AnythingBut(Except::Numbers(vec![0.0]))],
        ),
        stop("EssentialContainerExited").field("containers.exitCode", [Matcher::Absent]),
        stop("ServiceSchedulerInitiated").field(
            "stoppedReason",
            [Matcher::AnythingBut(Except::Prefixes(vec![
                "Scaling activity initiated by".into(),
                "ECS is performing maintenance".into(),
            ]))],
        ),
        stop("ServiceSchedulerInitiated").field("stoppedReason", [Matcher::Absent]),
        EventPattern::new().field("stopCode", [Matcher::Absent]),
        EventPattern::new().field(
            "stopCode",
            [Matcher::AnythingBut(Except::Texts(
                known.map(Value::from).to_vec(),
            ))],
        ),
    ]
}
