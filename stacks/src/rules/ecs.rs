//! Rules for failures in ECS clusters.
//!
//! The rules are the coarse filter, so that deployments and scale-ins do not even start a function;
//! the function judges again. Both follow the same facts: a `stopCode` alone does not tell a failure
//! from routine, because `ServiceSchedulerInitiated` stands for scale-ins and for failed health
//! checks, and what says nothing is let through.

use super::EventRule;
use crate::{
    asset::CodeAsset,
    event_pattern::{EventPattern, Except, Matcher, Scope},
    hash::stable_hash,
    limits::EVENT_PATTERN_CHARACTERS,
    monitor::{ClusterName, Monitor},
    value::Value,
};

/// What the names of all of these rules begin with, after the stack's.
pub(crate) const PREFIX: &str = "ecs-";

/// The account, partition and region with the longest names: a pattern that fits there fits
/// everywhere.
const LONGEST_SCOPE: Scope<'_> = Scope {
    partition: "aws-us-gov",
    region: "us-isof-south-1",
    account: "111122223333",
    stack: "",
};

/// As many rules as the watched clusters need.
pub(super) fn rules(monitor: &Monitor) -> Vec<EventRule> {
    let mut clusters: Vec<&ClusterName> = monitor.clusters.iter().collect();
    clusters.sort();
    let mut rules = Vec::new();
    for kind in [Kind::Tasks, Kind::Services, Kind::Deployments] {
        for (bucket, clusters) in buckets(&clusters, |bucket| kind.fits(bucket)) {
            let hyphen = if bucket.is_empty() { "" } else { "-" };
            rules.push(EventRule {
                slug: format!("{PREFIX}{}{hyphen}{bucket}", kind.slug()),
                description: kind.description(),
                pattern: kind.pattern(&clusters),
                function: CodeAsset::Ecs,
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
    fn pattern(self, clusters: &[&ClusterName]) -> EventPattern {
        let arns = |resource: &str, rest: &str| -> Vec<Value<String>> {
            clusters
                .iter()
                .map(|cluster| {
                    Value::sub(format!(
                        "arn:${{AWS::Partition}}:ecs:${{AWS::Region}}:${{AWS::AccountId}}:{resource}/{cluster}{rest}"
                    ))
                })
                .collect()
        };
        let in_clusters = |detail: EventPattern| {
            let arns: Vec<Matcher> = arns("cluster", "").into_iter().map(Matcher::Text).collect();
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
                arns("service", "/")
                    .into_iter()
                    .map(Matcher::Prefix)
                    .collect::<Vec<_>>(),
            ),
        }
    }

    /// Whether one rule can hold the clusters.
    fn fits(self, clusters: &[&ClusterName]) -> bool {
        let text = self.pattern(clusters).resolved(&LONGEST_SCOPE).to_string();
        text.chars().count() <= EVENT_PATTERN_CHARACTERS
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

/// Spreads clusters over as many rules as they need.
///
/// A cluster's rule depends on a hash of its name and on which other clusters share the beginning of
/// that hash, not on order: adding a cluster touches the one rule that takes it, or splits that rule
/// in two when it is full.
fn buckets<'a>(
    clusters: &[&'a ClusterName],
    fits: impl Fn(&[&'a ClusterName]) -> bool + Copy,
) -> Vec<(String, Vec<&'a ClusterName>)> {
    fn split<'a>(
        prefix: &str,
        clusters: Vec<&'a ClusterName>,
        fits: impl Fn(&[&'a ClusterName]) -> bool + Copy,
        out: &mut Vec<(String, Vec<&'a ClusterName>)>,
    ) {
        if clusters.is_empty() {
            return;
        }
        if clusters.len() == 1 || fits(&clusters) || prefix.len() == 64 {
            out.push((prefix.to_owned(), clusters));
            return;
        }
        let bit = 63 - prefix.len();
        let (ones, zeros): (Vec<_>, Vec<_>) = clusters
            .into_iter()
            .partition(|cluster| stable_hash(cluster.as_str()) >> bit & 1 == 1);
        split(&format!("{prefix}0"), zeros, fits, out);
        split(&format!("{prefix}1"), ones, fits, out);
    }
    let mut out = Vec::new();
    split("", clusters.to_vec(), fits, &mut out);
    out
}
