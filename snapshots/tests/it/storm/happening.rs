//! What happens in a storm: events as AWS sends them, through the functions' own evaluation.

use contract::{Envelope, FunctionName, Priority};
use jiff::{SignedDuration, Timestamp};
use runtime::{decision::Decision, ecs};
use serde_json::{Value as Json, json};
use snapshots::decide_alarm;

const PLACE: &str = "eu-central-1:111122223333";

/// What happens once.
#[derive(Clone)]
pub(super) struct Happening {
    /// The name of the alarm or task.
    pub(super) name: String,
    pub(super) what: What,
    /// When, after the beginning.
    pub(super) at: SignedDuration,
    pub(super) priority: Priority,
    /// Characters of what it says of itself.
    pub(super) size: usize,
}

/// What it happens to.
#[derive(Clone)]
pub(super) enum What {
    /// An alarm on a queue goes off.
    Queue(usize),
    /// A task of a service runs out of memory, or ends badly.
    Service(usize),
    /// A composite alarm goes off that looks at these.
    Composite(Vec<String>),
    /// The alarm `load` goes off: one of its time series, or the alarm as a whole.
    Load(Option<usize>),
}

impl What {
    /// Half of all groups are queues, the others services.
    pub(super) fn of(group: usize) -> Self {
        if group.is_multiple_of(2) {
            Self::Queue(group)
        } else {
            Self::Service(group)
        }
    }
}

impl Happening {
    /// What the signal function puts into the queue.
    pub(super) fn envelope(&self, begin: Timestamp) -> Envelope {
        let at = begin.checked_add(self.at).unwrap().to_string();
        let (signal, decision) = match &self.what {
            What::Service(number) => (FunctionName::Ecs, ecs::decide(&self.task(*number, &at))),
            What::Queue(number) => {
                let metric = json!({
                    "namespace": "AWS/SQS",
                    "name": "ApproximateAgeOfOldestMessage",
                    "dimensions": { "QueueName": format!("queue-{number}") },
                });
                let metrics = json!([{
                    "id": "m1", "metricStat": { "metric": metric, "period": 60, "stat": "Maximum" },
                }]);
                let configuration = json!({ "metrics": metrics });
                (
                    FunctionName::Alarm,
                    decide_alarm(&self.alarm(&self.name, &at, configuration)),
                )
            }
            What::Load(series) => {
                let query = "SELECT MAX(Load) FROM Shop GROUP BY Team ORDER BY MAX() DESC";
                let metrics = json!([{ "id": "q1", "expression": query }]);
                let mut event = self.alarm("load", &at, json!({ "metrics": metrics }));
                if let Some(number) = series {
                    event["alarmData"]["alarmContributor"] = json!({
                        "id": format!("{number:016x}"), "attributes": { "Team": format!("t{number}") },
                    });
                }
                (FunctionName::Alarm, decide_alarm(&event))
            }
            What::Composite(children) => {
                let rule: Vec<String> = children
                    .iter()
                    .map(|it| format!("ALARM(\"{it}\")"))
                    .collect();
                let configuration = json!({ "alarmRule": rule.join(" OR ") });
                (
                    FunctionName::Alarm,
                    decide_alarm(&self.alarm(&self.name, &at, configuration)),
                )
            }
        };
        let Ok(Decision::Investigate(finding)) = decision else {
            panic!("{} leads to nothing", self.name);
        };
        let incident = finding.incident.with_priority(self.priority);
        Envelope::of_group(signal, incident, finding.group)
    }

    fn alarm(&self, name: &str, at: &str, mut configuration: Json) -> Json {
        let (region, account) = PLACE.split_once(':').unwrap();
        configuration["description"] = json!("d".repeat(self.size));
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": format!("arn:aws:cloudwatch:{PLACE}:alarm:{name}"),
            "accountId": account,
            "region": region,
            "time": at,
            "alarmData": {
                "alarmName": name,
                "state": { "value": "ALARM", "timestamp": at, "reason": "Threshold Crossed" },
                "previousState": { "value": "OK" },
                "configuration": configuration,
            },
        })
    }

    fn task(&self, service: usize, at: &str) -> Json {
        let (region, account) = PLACE.split_once(':').unwrap();
        let task = format!("arn:aws:ecs:{PLACE}:task/prod/{}", self.name);
        let reason = if self.name.len().is_multiple_of(2) {
            "OutOfMemoryError: Container killed due to memory usage"
        } else {
            "CannotPullContainerError: no such image"
        };
        json!({
            "id": self.name,
            "source": "aws.ecs",
            "detail-type": "ECS Task State Change",
            "account": account,
            "region": region,
            "time": at,
            "resources": [task],
            "detail": {
                "taskArn": task,
                "clusterArn": format!("arn:aws:ecs:{PLACE}:cluster/prod"),
                "group": format!("service:service-{service}"),
                "lastStatus": "STOPPED",
                "stopCode": "EssentialContainerExited",
                "stoppedReason": format!("Essential container in task exited {}", "d".repeat(self.size)),
                "stoppedAt": at,
                "containers": [{ "name": "app", "exitCode": 137, "reason": reason }],
            },
        })
    }
}
