//! The events of the demo, as AWS sends them, for the account that was deployed.

use aws_sdk_cloudwatch::types::MetricAlarm;
use jiff::Timestamp;
use serde_json::json;
use stacks::Json;

/// Tasks that ran out of memory, did not find their image, failed their health checks, or were scaled
/// in: real events of ECS (their origin is in `snapshots/events/SOURCES.md`).
pub(crate) const OUT_OF_MEMORY: &str =
    include_str!("../../snapshots/events/ecs-task-stopped-oom.json");
pub(crate) const NO_IMAGE: &str =
    include_str!("../../snapshots/events/ecs-task-stopped-cannotpull-no-exitcode.json");
pub(crate) const UNHEALTHY: &str =
    include_str!("../../snapshots/events/ecs-task-stopped-elb-health-check-REAL.json");
const SCALED_IN: &str =
    include_str!("../../snapshots/events/ecs-task-stopped-scale-in-exit137-REAL.json");

/// The task of the demo.
const TASK: &str = "7e12d648155541fbb8a922c39b586f82";

/// Where the demo plays, and when.
pub(crate) struct Stage<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) cluster: &'a str,
    pub(crate) now: Timestamp,
}

impl Stage<'_> {
    /// A task of the service `checkout-api` that was killed for want of memory.
    pub(crate) fn out_of_memory(&self) -> Json {
        self.task(OUT_OF_MEMORY, "checkout-api", TASK)
    }

    /// A task of the same service that a scale-in has stopped. It also ended with exit code 137.
    pub(crate) fn scaled_in(&self) -> Json {
        self.task(SCALED_IN, "checkout-api", TASK)
    }

    /// A recorded event of a task, as if it had happened here and now to this one.
    pub(crate) fn task(&self, event: &str, service: &str, task: &str) -> Json {
        let mut event: Json = serde_json::from_str(event).expect("a recorded event is JSON");
        let cluster_arn = format!(
            "arn:aws:ecs:{}:{}:cluster/{}",
            self.region, self.account, self.cluster
        );
        let task_arn = format!(
            "arn:aws:ecs:{}:{}:task/{}/{task}",
            self.region, self.account, self.cluster
        );
        event["account"] = json!(self.account);
        event["region"] = json!(self.region);
        event["time"] = json!(self.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        event["resources"] = json!([task_arn]);
        let detail = &mut event["detail"];
        detail["clusterArn"] = json!(cluster_arn);
        detail["taskArn"] = json!(task_arn);
        detail["group"] = json!(format!("service:{service}"));
        detail["availabilityZone"] = json!(format!("{}a", self.region));
        detail["taskDefinitionArn"] = json!(format!(
            "arn:aws:ecs:{}:{}:task-definition/{service}:42",
            self.region, self.account
        ));
        for (field, seconds) in [
            ("createdAt", -190),
            ("connectivityAt", -185),
            ("pullStartedAt", -170),
            ("pullStoppedAt", -150),
            ("startedAt", -130),
            ("stoppingAt", -30),
            ("executionStoppedAt", -10),
            ("stoppedAt", 0),
            ("updatedAt", 0),
        ] {
            let at = self
                .now
                .checked_add(jiff::SignedDuration::from_secs(seconds));
            if let Some(time) = detail.get_mut(field) {
                *time = json!(contract::format_timestamp(at.unwrap_or(self.now)));
            }
        }
        for container in detail["containers"].as_array_mut().into_iter().flatten() {
            container["name"] = json!("app");
            container["image"] = json!(format!(
                "{}.dkr.ecr.{}.amazonaws.com/{service}:2026.11.3",
                self.account, self.region
            ));
        }
        event
    }

    /// What CloudWatch hands to a function that is an alarm's action.
    /// Source: "Alarm actions" in the CloudWatch user guide.
    pub(crate) fn alarm_action(&self, alarm: &MetricAlarm) -> Json {
        let at = self.now.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
        let dimensions: serde_json::Map<String, Json> = alarm
            .dimensions()
            .iter()
            .filter_map(|it| Some((it.name()?.to_owned(), json!(it.value()?))))
            .collect();
        json!({
            "source": "aws.cloudwatch",
            "alarmArn": alarm.alarm_arn(),
            "accountId": self.account,
            "time": at,
            "region": self.region,
            "alarmData": {
                "alarmName": alarm.alarm_name(),
                "state": {
                    "value": alarm.state_value().map(aws_sdk_cloudwatch::types::StateValue::as_str),
                    "reason": alarm.state_reason(),
                    "reasonData": alarm.state_reason_data(),
                    "timestamp": at,
                },
                "previousState": { "value": "OK", "timestamp": at },
                "configuration": {
                    "description": alarm.alarm_description(),
                    "metrics": [{
                        "id": "m1",
                        "metricStat": {
                            "metric": {
                                "namespace": alarm.namespace(),
                                "name": alarm.metric_name(),
                                "dimensions": dimensions,
                            },
                            "period": alarm.period(),
                            "stat": alarm.statistic().map(aws_sdk_cloudwatch::types::Statistic::as_str),
                        },
                        "returnData": true,
                    }],
                },
            },
        })
    }
}
