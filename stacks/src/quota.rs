//! Whether stacks stay within what AWS takes, before anything is called.
//!
//! Most quotas cannot be reached by any account file: permissions, policies and outputs are the same
//! for one cluster and for a thousand. They are counted all the same.

use std::{collections::BTreeMap, fmt};

use contract::FunctionName;

use crate::{
    json::Json,
    limits,
    monitor::{AlarmName, ClusterSelector, EventName, Measure, Monitor},
    resources::{
        iam_managed_policy::ManagedPolicy, lambda_function::Function,
        lambda_permission::Permission, sqs_queue_policy::QueuePolicy,
    },
    rules::{EventRule, Purpose},
    stack::Stack,
    template::{Resource, Template},
};

/// More of something than AWS takes, and what of the model is too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverQuota {
    /// What there is too much of, such as `outputs of the stack x`.
    pub what: String,
    /// How much there would be.
    pub found: usize,
    /// How much there can be.
    pub limit: usize,
    /// What asks for it.
    pub subject: Subject,
    /// What to do about it.
    pub remedy: String,
}

/// The part of the model that is too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// These alarms: those beyond what fits, in the order of their names.
    Alarms(Vec<AlarmName>),
    /// These clusters.
    Clusters(Vec<ClusterSelector>),
    /// An event of the account file.
    Event(EventName),
    /// The pattern of an event of the account file.
    EventPattern(EventName),
    /// The alarms that are watched.
    WatchedAlarms,
    /// The hosts that incidents may be sent to.
    WebhookHosts,
    /// Nothing in particular.
    Everything,
}

impl fmt::Display for OverQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what, found, limit, ..
        } = self;
        write!(f, "{found} {what}: there can be {limit}")
    }
}

/// The alarms on queries, which each region has all of.
pub(crate) fn of_alarms(monitor: &Monitor) -> Option<OverQuota> {
    let on_queries = monitor
        .alarms
        .iter()
        .filter(|it| matches!(it.measure, Measure::Query(_)));
    let mut names: Vec<AlarmName> = on_queries.map(|it| it.name.clone()).collect();
    let found = names.len();
    if found <= limits::QUERY_ALARMS {
        return None;
    }
    names.sort();
    Some(OverQuota {
        what: "alarms on queries of Metrics Insights in a region".to_owned(),
        found,
        limit: limits::QUERY_ALARMS,
        subject: Subject::Alarms(names.split_off(limits::QUERY_ALARMS)),
        remedy: "watch many resources with one query that has `GROUP BY` and `ORDER BY`".to_owned(),
    })
}

/// The quotas that rules are over: how many there are, and how long what is said of each is.
pub(crate) fn of_rules(monitor: &Monitor, rules: &[EventRule]) -> Vec<OverQuota> {
    let mut over = Vec::new();
    // The canary has one more.
    if rules.len() + 1 > limits::RULES {
        over.push(OverQuota {
            what: "rules on the event bus".to_owned(),
            found: rules.len() + 1,
            limit: limits::RULES,
            subject: Subject::Clusters(
                monitor
                    .clusters
                    .iter()
                    .map(|it| it.selector.clone())
                    .collect(),
            ),
            remedy: "name clusters by how their names begin: `team-a-*`".to_owned(),
        });
    }
    for rule in rules {
        for it in of_rule(rule, &rule.name(monitor)) {
            // One cluster is in a rule of each kind, and too much for all of them in the same way.
            let is_known = over.iter().any(|other: &OverQuota| {
                it.subject != Subject::Everything
                    && (&it.subject, it.limit, &it.remedy)
                        == (&other.subject, other.limit, &other.remedy)
            });
            if !is_known {
                over.push(it);
            }
        }
    }
    over
}

fn of_rule(rule: &EventRule, name: &str) -> impl Iterator<Item = OverQuota> {
    let (subject, of_pattern, shorter) = match &rule.purpose {
        Purpose::Event(name) => (
            Subject::Event(name.clone()),
            Subject::EventPattern(name.clone()),
            "make two events of it",
        ),
        Purpose::Ecs { clusters, .. } => {
            let subject = Subject::Clusters(clusters.clone());
            (subject.clone(), subject, "name fewer, or say them shorter")
        }
        Purpose::WatchedAlarms => (
            Subject::WatchedAlarms,
            Subject::WatchedAlarms,
            "name fewer, or say them shorter: `team-a-*` for many",
        ),
        Purpose::Pipelines | Purpose::DeniedCalls | Purpose::CostAnomalies | Purpose::Results => (
            Subject::Everything,
            Subject::Everything,
            "name fewer, or say them shorter",
        ),
    };
    let sizes: [Counted; 3] = [
        (
            format!("characters in the pattern of the rule `{name}`"),
            rule.pattern_characters(),
            limits::EVENT_PATTERN_CHARACTERS,
            of_pattern,
            shorter,
        ),
        (
            format!("characters in the input that the rule `{name}` gives its function"),
            rule.input
                .as_ref()
                .map_or(0, |it| it.template().chars().count()),
            limits::INPUT_TEMPLATE_CHARACTERS,
            subject.clone(),
            "ignore services by how their names begin: `canary-*`",
        ),
        (
            format!("characters in the name of the rule `{name}`"),
            name.len(),
            limits::RULE_NAME_CHARACTERS,
            subject,
            "choose a shorter name",
        ),
    ];
    sizes.into_iter().filter_map(beyond_limit)
}

/// The quotas that a stack is over.
pub(crate) fn of_stack(monitor: &Monitor, stack: &Stack) -> Vec<OverQuota> {
    let Stack { name, template, .. } = stack;
    let template_bytes = template.bytes();
    let beyond = |fitting: usize| match stack.alarms.get(fitting..) {
        None | Some([]) => Subject::Everything,
        Some(alarms) => Subject::Alarms(alarms.to_vec()),
    };
    let counted = [
        (
            format!("resources in the stack `{name}`"),
            template.resource_count(),
            limits::RESOURCES,
            beyond(limits::RESOURCES),
            "watch less, or divide it between two account files with a `stack` each",
        ),
        (
            format!("bytes in the template of the stack `{name}`"),
            template_bytes,
            limits::TEMPLATE_BYTES,
            beyond(stack.alarms.len() * limits::TEMPLATE_BYTES / template_bytes.max(1)),
            "spread the alarms over more stacks with `alarm-shards`, or say them shorter",
        ),
        (
            format!("outputs of the stack `{name}`"),
            template.output_count(),
            limits::OUTPUTS,
            Subject::Everything,
            "",
        ),
        (
            format!("parameters of the stack `{name}`"),
            template.parameter_count(),
            limits::PARAMETERS,
            Subject::Everything,
            "",
        ),
    ];
    let long_names = stack.alarms.iter().map(|alarm| {
        let name = monitor.alarm_name(alarm);
        (
            format!("characters in the name of the alarm `{name}`"),
            name.chars().count(),
            limits::ALARM_NAME_CHARACTERS,
            Subject::Alarms(vec![alarm.clone()]),
            "choose a shorter name",
        )
    });
    counted
        .into_iter()
        .chain(long_names)
        .chain(resource_quotas(template))
        .filter_map(beyond_limit)
        .collect()
}

/// Something that is counted: what, how much, how much there can be, what asks for it, what to do.
type Counted = (String, usize, usize, Subject, &'static str);

fn beyond_limit((what, found, limit, subject, remedy): Counted) -> Option<OverQuota> {
    (found > limit).then(|| OverQuota {
        what,
        found,
        limit,
        subject,
        remedy: remedy.to_owned(),
    })
}

/// What is counted of single resources.
fn resource_quotas(template: &Template) -> Vec<Counted> {
    let mut counted: Vec<Counted> = Vec::new();
    let mut permissions: BTreeMap<String, usize> = BTreeMap::new();
    let limited = [
        ManagedPolicy::TYPE,
        QueuePolicy::TYPE,
        Permission::TYPE,
        Function::TYPE,
    ];
    for (id, kind) in template
        .resources()
        .filter(|(_, kind)| limited.contains(kind))
    {
        let properties = template.properties(id);
        let document = &properties["PolicyDocument"];
        let mut count = |what: &str, found: usize, limit: usize| {
            counted.push((
                format!("{what} `{id}`"),
                found,
                limit,
                Subject::Everything,
                "",
            ));
        };
        match kind {
            ManagedPolicy::TYPE => count(
                "characters in the policy",
                bytes(document),
                limits::MANAGED_POLICY_CHARACTERS,
            ),
            QueuePolicy::TYPE => {
                let statements = document["Statement"].as_array().map_or(0, Vec::len);
                count(
                    "bytes in the policy",
                    bytes(document),
                    limits::QUEUE_POLICY_BYTES,
                );
                count(
                    "statements in the policy",
                    statements,
                    limits::QUEUE_POLICY_STATEMENTS,
                );
            }
            Permission::TYPE => {
                let function = properties["FunctionName"].to_string();
                *permissions.entry(function).or_default() += 1;
            }
            Function::TYPE => {
                let (subject, remedy) = if id.as_str() == FunctionName::Alarm.logical_id() {
                    (Subject::WatchedAlarms, "watch fewer prefixes")
                } else if id.as_str() == FunctionName::Deliver.logical_id() {
                    (Subject::WebhookHosts, "allow fewer hosts")
                } else {
                    (Subject::Everything, "")
                };
                counted.push((
                    format!("bytes in the environment of the function `{id}`"),
                    bytes(&properties["Environment"]),
                    limits::ENVIRONMENT_BYTES,
                    subject,
                    remedy,
                ));
            }
            _ => {}
        }
    }
    counted.extend(permissions.into_iter().map(|(function, count)| {
        (
            format!("bytes in the policy of the function {function}"),
            count * limits::FUNCTION_POLICY_STATEMENT_BYTES,
            limits::FUNCTION_POLICY_BYTES,
            Subject::Everything,
            "",
        )
    }));
    counted
}

/// How long a document is without spaces, as it is sent.
fn bytes(document: &Json) -> usize {
    document.to_string().len()
}
