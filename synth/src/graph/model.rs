//! What is drawn: from a monitor to nodes and edges.

use std::collections::{BTreeMap, BTreeSet};

use contract::FunctionName;
use stacks::{
    Monitor,
    monitor::{BILLING_REGION, ClusterSelector, PipelineSelector},
    rules::{EventRule, Purpose, rules},
};

/// What an account file leads to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The account's name.
    pub title: String,
    /// Which account and regions it is deployed to.
    pub place: String,
    /// In the order in which they are drawn, column by column.
    pub nodes: Vec<Node>,
    /// What leads where.
    pub edges: Vec<Edge>,
}

/// Something that is drawn as a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What edges call it: letters and digits.
    pub id: String,
    /// What it is.
    pub role: Role,
    /// What it is called.
    pub title: String,
    /// What else there is to say, a line each.
    pub lines: Vec<String>,
}

/// What a node is. The order is that of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Where something goes wrong.
    Source,
    /// What sees it: an alarm, a rule, a schedule.
    Watch,
    /// What evaluates it.
    Function,
    /// Where it waits.
    Queue,
    /// Where it is recorded, and what it may cost. Drawn above what sends.
    Ledger,
    /// What sends it.
    Delivery,
    /// Where it ends that could not be handed on. Drawn below what sends.
    DeadLetters,
    /// Who is notified.
    Receiver,
}

/// Something that leads from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The node that it comes from.
    pub from: String,
    /// The node that it goes to.
    pub to: String,
    /// What goes along it.
    pub flow: Flow,
}

/// What goes along an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Events and incidents.
    Signal,
    /// What could not be handed on.
    Failure,
}

/// More names than this are counted, and not said.
const NAMES: usize = 4;
/// More rules for the account file's own events than this are one node.
const EVENT_RULES: usize = 8;

/// The picture of a monitor that is deployed to these regions of an account.
pub fn graph(monitor: &Monitor, account_id: Option<&str>, regions: &[String]) -> Graph {
    let mut graph = Graph {
        title: monitor.account_name.clone(),
        place: place(account_id, regions),
        ..Graph::default()
    };
    graph.alarms(monitor);
    graph.rules(monitor, &rules(monitor));
    graph.cost_report(monitor);
    graph.delivery(monitor);
    // Sorting by column is stable: within a column, what was added first is on top.
    graph.nodes.sort_by_key(|node| node.role);
    graph
}

impl Graph {
    fn node(&mut self, id: &str, role: Role, title: impl Into<String>, lines: Vec<String>) {
        if self.nodes.iter().all(|it| it.id != id) {
            self.nodes.push(Node {
                id: id.to_owned(),
                role,
                title: title.into(),
                lines,
            });
        }
    }

    fn edge(&mut self, from: &str, to: &str, flow: Flow) {
        let edge = Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            flow,
        };
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    fn function(&mut self, asset: FunctionName) -> &'static str {
        let name = asset.as_str();
        self.node(name, Role::Function, name, vec!["function".to_owned()]);
        // What became of incidents is recorded, and makes none.
        let to = match asset {
            FunctionName::Result => "ledger",
            _ => "incidents",
        };
        self.edge(name, to, Flow::Signal);
        self.edge(name, "deadletters", Flow::Failure);
        name
    }

    fn alarms(&mut self, monitor: &Monitor) {
        let count = monitor.alarms.len() + monitor.composites.len();
        if count > 0 {
            let metric = monitor.alarms.iter().map(|it| &it.name);
            let composite = monitor.composites.iter().map(|it| &it.name);
            let names: Vec<String> = metric.chain(composite).map(ToString::to_string).collect();
            let namespaces: BTreeSet<String> = monitor
                .alarms
                .iter()
                .flat_map(|it| it.measure.namespaces())
                .map(str::to_owned)
                .collect();
            let namespaces: Vec<String> = namespaces.into_iter().collect();
            self.node(
                "metrics",
                Role::Source,
                "CloudWatch metrics",
                few(&namespaces),
            );
            let title = format!("{count} {}", plural("alarm", count));
            self.node("alarms", Role::Watch, title, few(&names));
            self.edge("metrics", "alarms", Flow::Signal);
            self.edge("alarms", "alarm", Flow::Signal);
        }
        self.function(FunctionName::Alarm);
    }

    fn rules(&mut self, monitor: &Monitor, rules: &[EventRule]) {
        let own_events = rules
            .iter()
            .filter(|it| matches!(it.purpose, Purpose::Event(_)));
        let many = own_events.count() > EVENT_RULES;
        // Rules that differ in nothing but the clusters that they hold are one node.
        let mut groups: BTreeMap<String, Vec<&EventRule>> = BTreeMap::new();
        let mut order: Vec<String> = Vec::new();
        for rule in rules {
            let key = match &rule.purpose {
                Purpose::Event(_) if many => "event".to_owned(),
                purpose => purpose.family(),
            };
            if !groups.contains_key(&key) {
                order.push(key.clone());
            }
            groups.entry(key).or_default().push(rule);
        }
        for key in order {
            let Some(group) = groups.get(&key) else {
                continue;
            };
            let id: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
            let lines = match group.as_slice() {
                [_] => vec!["rule".to_owned()],
                many => vec![format!("{} rules", many.len())],
            };
            self.node(&id, Role::Watch, key.clone(), lines);
            if let Some(first) = group.first() {
                let source = self.source(monitor, first, group.len());
                self.edge(&source, &id, Flow::Signal);
                let function = self.function(first.purpose.function());
                self.edge(&id, function, Flow::Signal);
            }
        }
    }

    /// The node for what a rule sees.
    fn source(&mut self, monitor: &Monitor, rule: &EventRule, count: usize) -> String {
        let (id, title, lines) = match &rule.purpose {
            Purpose::Ecs { .. } => {
                let names: Vec<String> = monitor
                    .clusters
                    .iter()
                    .map(|it| match &it.selector {
                        ClusterSelector::Prefix(prefix) if prefix.as_str().is_empty() => {
                            "every cluster".to_owned()
                        }
                        selector => selector.to_string(),
                    })
                    .collect();
                (
                    "clusters".to_owned(),
                    "ECS clusters".to_owned(),
                    few(&names),
                )
            }
            Purpose::WatchedAlarms => {
                let prefixes: Vec<String> = monitor
                    .watched_alarms
                    .iter()
                    .map(|it| match it.pattern.as_str() {
                        "*" => "every alarm".to_owned(),
                        pattern => pattern.to_owned(),
                    })
                    .collect();
                (
                    "existing".to_owned(),
                    "Existing alarms".to_owned(),
                    few(&prefixes),
                )
            }
            Purpose::Pipelines => {
                let names: Vec<String> = monitor
                    .pipelines
                    .iter()
                    .map(|it| match it {
                        PipelineSelector::Name(name) => name.clone(),
                        PipelineSelector::Prefix(prefix) => format!("{prefix}*"),
                    })
                    .collect();
                (
                    "codepipeline".to_owned(),
                    "CodePipeline".to_owned(),
                    few(&names),
                )
            }
            Purpose::DeniedCalls => (
                "cloudtrail".to_owned(),
                "CloudTrail".to_owned(),
                vec!["denied API calls".to_owned()],
            ),
            Purpose::CostAnomalies => (
                "anomalies".to_owned(),
                "Cost Anomaly Detection".to_owned(),
                vec![format!("in {BILLING_REGION}")],
            ),
            Purpose::Results => {
                let mut lines = vec!["how investigations end".to_owned()];
                if let Some((_, it)) = monitor.forwarding() {
                    let count = it.to.len();
                    lines.push(format!("in {}", it.from));
                    lines.push(format!("forwarded to {count} {}", plural("region", count)));
                }
                let title = "AWS DevOps Agent".to_owned();
                ("investigations".to_owned(), title, lines)
            }
            Purpose::Event(_) if count == 1 => {
                let slug = rule.purpose.slug();
                let id: String = slug.chars().filter(char::is_ascii_alphanumeric).collect();
                let title = sources_of(rule).unwrap_or_else(|| "EventBridge".to_owned());
                (format!("of{id}"), title, Vec::new())
            }
            Purpose::Event(_) => (
                "eventbridge".to_owned(),
                "EventBridge".to_owned(),
                vec![format!("{count} kinds of event")],
            ),
        };
        self.node(&id, Role::Source, title, lines);
        id
    }

    fn cost_report(&mut self, monitor: &Monitor) {
        let Some(report) = &monitor.cost_report else {
            return;
        };
        let sources = [
            (report.sources.hub, "Cost Optimization Hub"),
            (report.sources.optimizer, "Compute Optimizer"),
            (report.sources.metrics, "CloudWatch metrics"),
            (true, "EC2"),
        ];
        let sources = sources.into_iter().filter(|(is_on, _)| *is_on);
        let sources = sources.map(|(_, name)| name.to_owned()).collect();
        self.node("spend", Role::Source, "Spend", sources);
        let when = vec![format!("daily at {}", report.at), report.time_zone.clone()];
        self.node("schedule", Role::Watch, "schedule", when);
        self.edge("spend", "schedule", Flow::Signal);
        let function = self.function(FunctionName::Cost);
        self.edge("schedule", function, Flow::Signal);
    }

    fn delivery(&mut self, monitor: &Monitor) {
        let queue = vec!["queue".to_owned()];
        self.node("incidents", Role::Queue, "incidents", queue);
        let limits = monitor.budget.limits();
        let ledger = vec![
            "groups, reports, budget".to_owned(),
            format!("{} investigations an hour", limits.per_hour),
            format!("{} a day, in each region", limits.per_day),
        ];
        self.node("ledger", Role::Ledger, "ledger", ledger);
        let letters = vec!["queue and bucket".to_owned()];
        self.node("deadletters", Role::DeadLetters, "dead letters", letters);
        self.node(
            "deliver",
            Role::Delivery,
            "deliver",
            vec!["function".to_owned(), "reads the secret".to_owned()],
        );
        self.node(
            "agent",
            Role::Receiver,
            "AWS DevOps Agent",
            vec!["signed webhook".to_owned()],
        );
        self.edge("incidents", "deliver", Flow::Signal);
        self.edge("deliver", "ledger", Flow::Signal);
        self.edge("deliver", "agent", Flow::Signal);
        self.edge("deliver", "deadletters", Flow::Failure);
        if monitor.ops_topic.is_some() {
            self.node(
                "people",
                Role::Receiver,
                "ops topic",
                vec!["alarms on the pipeline".to_owned()],
            );
            self.edge("deadletters", "people", Flow::Failure);
        }
    }
}

/// `account 111122223333, eu-central-1, us-east-1`
fn place(account_id: Option<&str>, regions: &[String]) -> String {
    let account = match account_id {
        Some(id) => format!("account {id}"),
        None => "no account named".to_owned(),
    };
    let regions = match regions {
        [] => vec!["the region of the AWS configuration".to_owned()],
        regions => few(regions),
    };
    [vec![account], regions].concat().join(", ")
}

/// The sources that a rule's pattern names.
fn sources_of(rule: &EventRule) -> Option<String> {
    let pattern = stacks::ToJson::to_json(&rule.pattern);
    let names: Vec<&str> = pattern["source"]
        .as_array()?
        .iter()
        .filter_map(|it| it.as_str())
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Some of the names, and how many more there are.
fn few(names: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = names.iter().take(NAMES).cloned().collect();
    if names.len() > NAMES {
        lines.push(format!("and {} more", names.len() - NAMES));
    }
    lines
}

fn plural(word: &str, count: usize) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}
