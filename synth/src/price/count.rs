//! What of the templates is paid for. Pure.

use std::collections::BTreeSet;

use stacks::{Json, Stack};

/// What is paid for in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Metrics that alarms look at: one for most, three for an anomaly band.
    pub alarm_metrics: usize,
    /// Composite alarms.
    pub composites: usize,
    /// Metrics of the functions' own that alarms look at.
    pub metrics: usize,
    /// Dashboards.
    pub dashboards: usize,
    /// Secrets.
    pub secrets: usize,
    /// KMS keys.
    pub keys: usize,
    /// Queues that a function polls.
    pub polled: usize,
    /// How often schedules fire in a month.
    pub scheduled: u64,
    /// The memory of the function that delivers, in MB.
    pub deliver_memory: u64,
    /// The largest memory of the functions that evaluate events, in MB.
    pub evaluate_memory: u64,
    /// Whether the functions run on Graviton.
    pub arm64: bool,
}

impl Counts {
    /// Counts the resources of some stacks.
    pub fn of(stacks: &[Stack]) -> Self {
        let mut counts = Self {
            arm64: true,
            ..Self::default()
        };
        let mut own: BTreeSet<String> = BTreeSet::new();
        for stack in stacks {
            let template = stack.template.to_json();
            let resources = template["Resources"].as_object().into_iter().flatten();
            for (id, resource) in resources {
                counts.add(id, resource, &mut own);
            }
        }
        counts.metrics = own.len();
        counts
    }

    fn add(&mut self, id: &str, resource: &Json, own: &mut BTreeSet<String>) {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::CloudWatch::Alarm" => {
                self.alarm_metrics += metrics_of(properties);
                let namespace = properties["Namespace"].as_str().unwrap_or_default();
                if !namespace.is_empty()
                    && !namespace.starts_with("AWS/")
                    && id.starts_with("Pipeline")
                {
                    own.insert(format!("{namespace} {}", properties["MetricName"]));
                }
            }
            "AWS::CloudWatch::CompositeAlarm" => self.composites += 1,
            "AWS::CloudWatch::Dashboard" => self.dashboards += 1,
            "AWS::SecretsManager::Secret" => self.secrets += 1,
            "AWS::KMS::Key" => self.keys += 1,
            "AWS::Lambda::EventSourceMapping" => self.polled += 1,
            "AWS::Scheduler::Schedule" => {
                let expression = properties["ScheduleExpression"].as_str();
                self.scheduled += expression.map_or(0, fires_in_a_month);
            }
            "AWS::Lambda::Function" => {
                let memory = properties["MemorySize"].as_u64().unwrap_or_default();
                match id {
                    "DeliverFunction" => self.deliver_memory = memory,
                    "CostFunction" => {}
                    _ => self.evaluate_memory = self.evaluate_memory.max(memory),
                }
                self.arm64 &= properties["Architectures"][0] == "arm64";
            }
            _ => {}
        }
    }
}

/// How many metrics an alarm is charged for. Source: "Amazon CloudWatch pricing": an anomaly detection alarm is three, and
/// one on Metrics Insights as many as match, which a template does not show.
fn metrics_of(properties: &Json) -> usize {
    let Some(queries) = properties["Metrics"].as_array() else {
        return 1;
    };
    let stats = queries.iter().filter(|it| it["MetricStat"].is_object());
    let is_band = properties["ThresholdMetricId"].is_string();
    let metrics = stats.count().max(1);
    if is_band { 3 * metrics } else { metrics }
}

/// How often a schedule fires in a month of 30 days: `rate(5 minutes)`; any other once a day.
fn fires_in_a_month(expression: &str) -> u64 {
    const MINUTES: u64 = 30 * 24 * 60;
    let rate = expression
        .strip_prefix("rate(")
        .and_then(|it| it.strip_suffix(')'))
        .and_then(|it| it.split_once(' '));
    let minutes = rate.and_then(|(number, unit)| {
        let number: u64 = number.parse().ok().filter(|it| *it > 0)?;
        Some(match unit.trim_end_matches('s') {
            "minute" => number,
            "hour" => 60 * number,
            _ => 24 * 60 * number,
        })
    });
    MINUTES / minutes.unwrap_or(24 * 60)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schedules_fire() {
        for (expression, expected) in [
            ("rate(5 minutes)", 8_640),
            ("rate(1 day)", 30),
            ("rate(1 hour)", 720),
            ("cron(30 7 * * ? *)", 30),
        ] {
            assert_eq!(fires_in_a_month(expression), expected);
        }
    }

    #[test]
    fn alarms_are_charged_by_their_metrics() {
        let stat = json!({ "MetricStat": {} });
        for (properties, expected) in [
            (json!({ "MetricName": "x" }), 1),
            (
                json!({ "Metrics": [stat, stat, { "Expression": "a/b" }] }),
                2,
            ),
            (
                json!({ "Metrics": [stat, { "Expression": "ANOMALY_DETECTION_BAND(m)" }], "ThresholdMetricId": "band" }),
                3,
            ),
            (json!({ "Metrics": [{ "Expression": "SELECT 1" }] }), 1),
        ] {
            assert_eq!(metrics_of(&properties), expected, "{properties}");
        }
    }
}
