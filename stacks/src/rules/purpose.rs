//! What a rule is for, said once: its name, its function and whatever else follows from it.

use contract::FunctionName;

use crate::monitor::{BILLING_REGION, ClusterSelector, EventName};

/// What a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Alarms that exist already.
    WatchedAlarms,
    /// Failures of one kind in these ECS clusters.
    Ecs {
        /// The kind.
        kind: EcsKind,
        /// Which of the rules of this kind, by the beginning of a hash that its clusters share, in binary digits;
        /// empty for the first.
        part: String,
        /// The clusters whose events it catches.
        clusters: Vec<ClusterSelector>,
    },
    /// Executions of pipelines that failed.
    Pipelines,
    /// API calls that were denied.
    DeniedCalls,
    /// Anomalies of what the account costs.
    CostAnomalies,
    /// An event of the account file.
    Event(EventName),
    /// What the agent does about incidents.
    Results,
}

/// The kinds of failure in ECS that have a rule each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcsKind {
    /// Tasks that stopped.
    Tasks,
    /// Services, daemons and container instances: whatever reports by itself, and names its cluster.
    Services,
    /// Deployments.
    Deployments,
}

impl Purpose {
    /// The name of the rule after the stack's, in letters, digits and hyphens.
    pub fn slug(&self) -> String {
        match self {
            Self::Ecs { part, .. } if !part.is_empty() => format!("{}-{part}", self.family()),
            Self::WatchedAlarms
            | Self::Ecs { .. }
            | Self::Pipelines
            | Self::DeniedCalls
            | Self::CostAnomalies
            | Self::Event(_)
            | Self::Results => self.family(),
        }
    }

    /// The name that rules share which differ in nothing but the clusters that they hold.
    pub fn family(&self) -> String {
        let name = match self {
            Self::WatchedAlarms => return "watched-alarms".to_owned(),
            Self::Ecs { kind, .. } => kind.as_str(),
            Self::Pipelines => "pipelines",
            Self::DeniedCalls => "denied-calls",
            Self::CostAnomalies => "cost-anomalies",
            Self::Event(name) => name.as_str(),
            Self::Results => "agent",
        };
        format!("{}{name}", prefix(self.function()).unwrap_or_default())
    }

    /// What a person reads in the console.
    pub fn description(&self) -> String {
        match self {
            Self::WatchedAlarms => "Alarms that exist already, by the beginning of their names",
            Self::Ecs { kind, .. } => match kind {
                EcsKind::Tasks => "ECS tasks that stopped for a reason that can be a failure",
                EcsKind::Services => {
                    "ECS services, daemons and container instances that report a failure"
                }
                EcsKind::Deployments => "ECS deployments that failed",
            },
            Self::Pipelines => "Executions of CodePipeline pipelines that failed",
            Self::DeniedCalls => "API calls that were denied, as CloudTrail records them",
            Self::CostAnomalies => "Anomalies that Cost Anomaly Detection found",
            Self::Results => "What AWS DevOps Agent does about incidents",
            Self::Event(name) => {
                return format!("Events of the account file: {}", name.as_str());
            }
        }
        .to_owned()
    }

    /// The function that gets the events.
    pub fn function(&self) -> FunctionName {
        match self {
            Self::WatchedAlarms => FunctionName::Alarm,
            Self::Ecs { .. } => FunctionName::Ecs,
            Self::Pipelines | Self::DeniedCalls | Self::CostAnomalies | Self::Event(_) => {
                FunctionName::Event
            }
            Self::Results => FunctionName::Result,
        }
    }

    /// The only region that has such events, if it is one: the rule is made there and nowhere else.
    pub fn only_region(&self) -> Option<&str> {
        match self {
            Self::CostAnomalies => Some(BILLING_REGION),
            Self::WatchedAlarms
            | Self::Ecs { .. }
            | Self::Pipelines
            | Self::DeniedCalls
            | Self::Event(_)
            | Self::Results => None,
        }
    }

    /// Whether the rule sees the calls that CloudTrail records and that change nothing, too.
    pub fn sees_reads(&self) -> bool {
        match self {
            Self::DeniedCalls => true,
            Self::WatchedAlarms
            | Self::Ecs { .. }
            | Self::Pipelines
            | Self::CostAnomalies
            | Self::Event(_)
            | Self::Results => false,
        }
    }
}

impl EcsKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Tasks, Self::Services, Self::Deployments];

    /// Its name, such as `tasks`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Services => "services",
            Self::Deployments => "deployments",
        }
    }
}

/// What the names of all rules to a function begin with, after the stack's; nothing where it gets the events of
/// at most one rule.
pub(crate) fn prefix(function: FunctionName) -> Option<&'static str> {
    match function {
        FunctionName::Ecs => Some("ecs-"),
        FunctionName::Event => Some("event-"),
        FunctionName::Result => Some("result-"),
        FunctionName::Alarm | FunctionName::Cost | FunctionName::Deliver => None,
    }
}
