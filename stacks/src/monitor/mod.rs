//! What is watched in an account, and how loudly. A value of these types is valid.

mod agent;
mod agent_time;
mod alarm;
mod alarm_pattern;
mod between;
mod budget;
mod cluster;
mod composite;
mod condition;
mod cost_report;
mod duration;
mod event_source;
pub(crate) mod formula;
mod grouping;
mod hardening;
mod host_name;
mod log_retention;
mod names;
mod ops_topic;
mod principal;
mod query;
mod service_alarm;
mod tags;
mod watched_alarms;

pub use agent::{Agent, Forwarding, Price, Results};
pub use agent_time::{AgentSpaceId, AgentTime};
pub use alarm::{Alarm, InvalidStatistic, Measure, Metric, MissingData, Statistic};
pub use alarm_pattern::AlarmPattern;
pub use between::{AgentMinutes, AlarmShards, Between, LookbackDays, ReservedConcurrency};
pub use budget::{Budget, DollarsPer, InvalidBudget, Share};
pub use cluster::{Cluster, ClusterPrefix, ClusterSelector, ServicePattern};
pub use composite::{AlarmRule, AlarmState, CompositeAlarm, InvalidRule, OtherAlarm, Verdict};
pub use condition::{Comparison, Condition, InvalidCondition, InvalidPeriod, Period, Side, Test};
pub use contract::{CostSources, PosixTimeZone, Priority, QuietHours, TimeOfDay};
pub use cost_report::{CostReport, IdlePercent};
pub use event_source::{
    BILLING_REGION, CostAnomalies, EventName, EventSource, PipelineSelector, UnauthorizedApiCalls,
};
pub use formula::InvalidFormula;
pub use grouping::{GroupWait, GroupWindow, Grouping, InvalidGrouping};
pub use hardening::{
    Hardening, InvalidBoundary, InvalidNetworkId, Network, NetworkId, PermissionsBoundary, Vpc,
};
pub use host_name::{HostName, InvalidHostName};
pub use log_retention::{InvalidLogRetention, LogRetention};
pub use names::{AlarmName, ClusterName, InvalidName, StackName};
pub use ops_topic::{InvalidTopic, OpsTopic, TopicArn, TopicName};
pub use principal::PrincipalSelector;
pub use query::{InvalidQuery, Query};
pub use service_alarm::InvalidServiceAlarm;
pub use tags::{InvalidTag, Tags};
pub use watched_alarms::WatchedAlarms;

use contract::{AlarmSettings, DeliverySettings};

/// Everything that one account file says about what to alarms.
///
/// It says nothing of accounts and regions: the templates are the same in each.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// The name that the account file goes by, such as `prod`.
    pub account_name: String,
    /// The name of the core stack, which the names of all else begin with.
    pub stack: StackName,
    /// What the functions run on.
    pub architecture: Architecture,
    /// ECS clusters whose failures are incidents.
    pub clusters: Vec<Cluster>,
    /// Alarms to create, those on services among them.
    pub alarms: Vec<Alarm>,
    /// Alarms on alarms to create.
    pub composites: Vec<CompositeAlarm>,
    /// How many stacks the alarms are spread over.
    pub alarm_shards: AlarmShards,
    /// Existing alarms that are watched.
    pub watched_alarms: Vec<WatchedAlarms>,
    /// Those of them that are not watched all the same.
    pub excepted_alarms: Vec<AlarmPattern>,
    /// Pipelines whose failures are incidents.
    pub pipelines: Vec<PipelineSelector>,
    /// Denied API calls, if they are incidents.
    pub unauthorized_api_calls: Option<UnauthorizedApiCalls>,
    /// Whatever else happens and is an incident.
    pub events: Vec<EventSource>,
    /// Anomalies of what the account costs, if they are incidents.
    pub cost_anomalies: Option<CostAnomalies>,
    /// When to report on spend that may not be needed, if at all.
    pub cost_report: Option<CostReport>,
    /// Which incidents are sent as one.
    pub grouping: Grouping,
    /// How many investigations may start.
    pub budget: Budget,
    /// When what can wait does, if ever.
    pub quiet_hours: Option<QuietHours>,
    /// The agent whose investigations are followed, if any is.
    pub agent: Option<Agent>,
    /// How long the agent may work before people are notified, if that is bounded.
    pub agent_time: Option<AgentTime>,
    /// Whether there is a dashboard of the pipeline.
    pub dashboard: bool,
    /// The topic for alerts about the pipeline itself.
    pub ops_topic: Option<OpsTopic>,
    /// Where incidents may be sent.
    pub webhook: WebhookPolicy,
    /// How long logs are kept.
    pub log_retention: LogRetention,
    /// What regulated accounts ask for.
    pub hardening: Hardening,
    /// Tags of every resource that can have them.
    pub tags: Tags,
}

/// The instruction set that functions run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// AWS Graviton.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

/// Where incidents may be sent, beyond the agent's own hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookPolicy {
    /// Further hosts.
    pub hosts: Vec<HostName>,
    /// Whether plain HTTP to a loopback address is allowed, as for a local receiver.
    pub loopback_http: bool,
}

impl Monitor {
    /// What an alarm is called in CloudWatch.
    pub fn alarm_name(&self, name: &AlarmName) -> String {
        contract::names::alarm(self.stack.as_str(), name.as_str())
    }

    /// What `deliver` goes by.
    pub fn delivery(&self) -> DeliverySettings {
        DeliverySettings {
            account_name: Some(self.account_name.clone()),
            wait: self.grouping.wait.get(),
            window: self.grouping.window.get(),
            limits: self.budget.limits(),
            quiet_hours: self.quiet_hours.clone(),
            knows_results: self.agent.is_some(),
        }
    }

    /// What `alarm` goes by, with the entries of all regions.
    pub fn alarm_settings(&self) -> AlarmSettings {
        let watched = self
            .watched_alarms
            .iter()
            .map(|it| contract::WatchedAlarms {
                prefix: it.pattern.beginning().to_owned(),
                pattern: it
                    .pattern
                    .prefix()
                    .is_none()
                    .then(|| it.pattern.to_string()),
                priority: it.priority,
                at_most: it.at_most,
                regions: it.regions.clone(),
            });
        let mut watched: Vec<contract::WatchedAlarms> = watched.collect();
        watched.sort_by(|a, b| {
            (&a.prefix, &a.pattern, &a.regions).cmp(&(&b.prefix, &b.pattern, &b.regions))
        });
        let excepted = self.excepted_alarms.iter().map(ToString::to_string);
        let mut excepted: Vec<String> = excepted.collect();
        excepted.sort();
        AlarmSettings {
            own: contract::names::own_prefix(self.stack.as_str()),
            watched,
            excepted,
        }
    }

    /// The agent whose events are forwarded to other regions, and how; nothing where none need to be.
    pub fn forwarding(&self) -> Option<(&Agent, &Forwarding)> {
        let agent = self.agent.as_ref()?;
        Some((agent, agent.forwarding.as_ref()?))
    }

    /// The IAM path of the stack's roles, such as `/tocsin-prod-roles/`.
    ///
    /// It identifies them exactly, in every region. Their names do not: CloudFormation generates those, and cuts the
    /// stack's name to what the logical ID and a random part leave of 64 characters.
    pub fn role_path(&self) -> String {
        format!("/{}-roles/", self.stack)
    }
}

impl Architecture {
    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}
