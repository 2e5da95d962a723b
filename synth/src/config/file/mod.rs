//! The account file as it is written. Checks nothing but shapes; the comments are what editors show.
//!
//! No `flatten`, `untagged` or `tag`: serde buffers those, and the places in the text get lost.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

mod agent;
mod alarm;
mod cluster;
mod cost_report;
mod event;
mod limits;
mod watched_alarms;

pub(crate) use agent::{Agent, Mitigation, Results};
pub(crate) use alarm::{Alarm, Metric, MissingData};
pub(crate) use cluster::Cluster;
pub(crate) use cost_report::{CostReport, CostSource};
pub(crate) use event::{CostAnomalies, Event, UnauthorizedApiCalls};
pub(crate) use limits::{Limits, QuietHours};
pub(crate) use watched_alarms::WatchedAlarms;

use super::{field::Field, text_or::TextOr};

/// What Tocsin watches in one AWS account.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AccountFile {
    /// The account's short name, the same as the file's.
    pub(crate) name: Field<String>,
    /// What the stack is called, and the names of alarms and rules begin with. Default:
    /// `tocsin-<name>`. Changing it makes a second stack beside the first.
    pub(crate) stack: Option<Field<String>>,
    /// The account's twelve digits, in quotes. With it, credentials of another account are refused.
    pub(crate) account: Option<Field<String>>,
    /// The regions to watch, each with a full copy of everything. Without it, the region that the
    /// AWS configuration names.
    pub(crate) regions: Option<Field<Vec<Field<String>>>>,
    /// The profile of the AWS configuration whose credentials `synth` uses. Default: the one that `AWS_PROFILE` names.
    /// Access keys in the environment come first.
    pub(crate) profile: Option<Field<String>>,
    /// The ARN of a role of the account that `synth` takes on with those credentials. Default: none.
    pub(crate) assume_role: Option<Field<String>>,
    /// The ARN of a role of the account that CloudFormation creates, updates and deletes the stacks as. Default: the
    /// permissions of the credentials.
    pub(crate) cloudformation_role: Option<Field<String>>,
    /// What the functions run on. Default: `arm64`.
    pub(crate) architecture: Option<Field<Architecture>>,
    /// ECS clusters whose failures are incidents: names (`checkout`), the beginnings of names
    /// (`team-a-*`, or `*` for all) or ARNs, or maps that say more of one.
    pub(crate) clusters: Option<Field<Vec<Field<TextOr<Cluster>>>>>,
    /// Alarms to create.
    pub(crate) alarms: Option<Field<Vec<Field<Alarm>>>>,
    /// How many stacks the alarms are spread over; each holds 450. Default: 1. Changing it moves
    /// alarms between stacks.
    pub(crate) alarm_shards: Option<Field<u32>>,
    /// Existing alarms to watch, by their names with `*` for any characters (`legacy-*`, `*-5xx`), or `*` or `all` for all but
    /// those that this stack makes. `!` excepts: `["*", "!TargetTracking-*"]`. They are not changed. Without any `*`, an
    /// entry is the beginning of names: `legacy-` means `legacy-*`.
    pub(crate) watched_alarms: Option<Field<Vec<Field<TextOr<WatchedAlarms>>>>>,
    /// CodePipeline pipelines whose failed executions are incidents: names, beginnings of names
    /// (`release-*`), or `*` for all.
    pub(crate) pipelines: Option<Field<Vec<Field<String>>>>,
    /// API calls that are denied are incidents. Needs a trail of CloudTrail that records management
    /// events.
    pub(crate) unauthorized_api_calls: Option<Field<UnauthorizedApiCalls>>,
    /// Whatever else EventBridge sees and is an incident.
    pub(crate) events: Option<Field<Vec<Field<Event>>>>,
    /// Anomalies that AWS Cost Anomaly Detection finds are incidents. It needs a monitor there, and `us-east-1`
    /// among the regions, which alone has its events.
    pub(crate) cost_anomalies: Option<Field<CostAnomalies>>,
    /// A daily report on spend that may not be needed, of all regions together.
    pub(crate) cost_report: Option<Field<CostReport>>,
    /// How long the first incident of a group waits for others, which are then sent with it: `5 seconds`
    /// to `5 minutes`. Default: `30 seconds`.
    pub(crate) group_wait: Option<Field<String>>,
    /// How long after the first an incident of the same group is no investigation of its own:
    /// `5 minutes` to `60 minutes`. Default: `20 minutes`.
    pub(crate) group_window: Option<Field<String>>,
    /// The agent space that investigates the incidents. With it, what becomes of each is recorded.
    pub(crate) agent: Option<Field<Agent>>,
    /// Where results of investigations are published. Needs `agent`.
    pub(crate) results: Option<Field<Results>>,
    /// Ask the agent for a plan of what to do where it found a root cause, and hand it on as an event of the source
    /// `tocsin` and the type `Mitigation Ready`. Needs `agent`. Default: none, because each plan costs the agent's time.
    pub(crate) mitigation: Option<Field<Mitigation>>,
    /// What bounds the price.
    pub(crate) limits: Option<Field<Limits>>,
    /// Whether there is a CloudWatch dashboard of the pipeline in each region. An account's first three are free, each
    /// further one is about three dollars a month. Default: `false`.
    pub(crate) dashboard: Option<Field<bool>>,
    /// SNS topic for alerts about Tocsin itself: its name, or its ARN.
    pub(crate) ops_topic: Option<Field<String>>,
    /// Where incidents may be sent, beyond the hosts of AWS DevOps Agent.
    pub(crate) webhook: Option<Field<Webhook>>,
    /// Encrypt everything at rest with a KMS key of the account's own, which the stack makes. Costs
    /// about a dollar a month. Default: `false`, which is AWS's own keys.
    pub(crate) customer_managed_key: Option<Field<bool>>,
    /// Run the functions in a VPC, by region. They need a NAT gateway to reach the agent. Default:
    /// Lambda's own network.
    pub(crate) vpc: Option<Field<BTreeMap<String, Field<Network>>>>,
    /// Trace the functions with AWS X-Ray. Default: `false`.
    pub(crate) tracing: Option<Field<bool>>,
    /// How many invocations of each function may run at once, and are kept free for it. Default: no
    /// limit but the account's.
    pub(crate) reserved_concurrency: Option<Field<i64>>,
    /// The managed policy that bounds every role of the stack: its name, or its ARN. It exists already. Default: none.
    pub(crate) permissions_boundary: Option<Field<String>>,
    /// The tables that the ledger was restored into, by region; each of `regions` needs one. Default: the
    /// stack's own tables.
    pub(crate) ledger_tables: Option<Field<BTreeMap<String, Field<String>>>>,
    /// How long logs are kept, in days. Default: 365.
    pub(crate) log_retention_days: Option<Field<i64>>,
    /// Tags of every resource that can have them.
    pub(crate) tags: Option<Field<BTreeMap<String, Field<String>>>>,
}

/// What the functions run on.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Architecture {
    /// AWS Graviton.
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
    /// Whatever this machine is: for a local AWS.
    Host,
}

/// How urgent an incident is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Priority {
    /// The most urgent.
    Critical,
    /// Urgent.
    High,
    /// Not urgent.
    Medium,
    /// Can wait.
    Low,
    /// Can wait for long.
    Minimal,
}

/// Where the functions run in one region.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Network {
    /// IDs of subnets with a way to the internet, such as `subnet-0a1b2c3d`; better two than one.
    pub(crate) subnets: Field<Vec<Field<String>>>,
    /// IDs of security groups that allow HTTPS to the outside, such as `sg-0a1b2c3d`.
    pub(crate) security_groups: Field<Vec<Field<String>>>,
}

/// Where incidents may be sent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Webhook {
    /// Further hosts, by their full names.
    pub(crate) hosts: Option<Field<Vec<Field<String>>>>,
    /// Whether plain HTTP to this machine is allowed: for a local receiver. Default: `false`.
    pub(crate) loopback_http: Option<Field<bool>>,
}
