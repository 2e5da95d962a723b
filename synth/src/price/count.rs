//! What of the templates is paid for. Pure.

use contract::FunctionName;
use stacks::{Json, Stack};

use super::condition::is_made;

/// What is paid for in one region.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Metrics that alarms look at: one for most, three for an anomaly band.
    pub alarm_metrics: usize,
    /// Composite alarms.
    pub composites: usize,
    /// Metrics that the functions write while nothing fails. One that is written in some hours only is that part of one.
    pub metrics: f64,
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
    /// Whether the cost report is made here.
    pub has_report: bool,
    /// Whether the functions run on Graviton.
    pub arm64: bool,
}

impl Counts {
    /// Counts the resources of some stacks that are made in a region.
    pub fn of(stacks: &[Stack], region: &str) -> Self {
        let mut counts = Self {
            arm64: true,
            ..Self::default()
        };
        for stack in stacks {
            let template = stack.template.to_json();
            let resources = template["Resources"].as_object().into_iter().flatten();
            for (id, resource) in resources {
                if is_made(stack, &template["Conditions"], resource, region) {
                    counts.add(id, resource);
                }
            }
        }
        counts
    }

    fn add(&mut self, id: &str, resource: &Json) {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::CloudWatch::Alarm" => self.alarm_metrics += metrics_of(properties),
            "AWS::CloudWatch::CompositeAlarm" => self.composites += 1,
            "AWS::CloudWatch::Dashboard" => self.dashboards += 1,
            "AWS::SecretsManager::Secret" => self.secrets += 1,
            "AWS::KMS::Key" => self.keys += 1,
            "AWS::Lambda::EventSourceMapping" => self.polled += 1,
            "AWS::Scheduler::Schedule" => {
                // The function is in every region, and the schedule only where the report is made.
                if id.starts_with("Cost") {
                    self.has_report = true;
                    self.metrics += COST_METRICS;
                }
                let expression = properties["ScheduleExpression"].as_str();
                self.scheduled += expression.map_or(0, fires_in_a_month);
            }
            "AWS::Lambda::Function" => {
                self.metrics += own_metrics(id);
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

/// The metrics of the cost report: `CostFindings`, `CostUnknown`, `CostGaps`, `CostSavings` of four kinds, and `Incidents` or
/// `Skipped`, in one hour of the day.
const COST_METRICS: f64 = 8.0 / 24.0;

/// How many metrics a function writes while nothing fails. Each name with each value of a dimension is one, for the hours
/// in which it is written. Source: "Amazon CloudWatch pricing", custom metrics.
fn own_metrics(id: &str) -> f64 {
    let is = |function: FunctionName| function.logical_id() == id;
    if is(FunctionName::Deliver) {
        // Confirmed, Grouped, Held, LedgerMilliseconds, Canary.
        5.0
    } else if is(FunctionName::Result) {
        // Investigations, Completed, Linked, Unchanged, NotOurs.
        5.0
    } else if is(FunctionName::Cost) {
        0.0
    } else {
        // Incidents, Skipped.
        2.0
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
    fn each_function_writes_metrics_of_its_own() {
        let metrics = |id| own_metrics(id);
        let all = [
            "AlarmFunction",
            "EcsFunction",
            "DeliverFunction",
            "ResultFunction",
        ];
        let sum: f64 = all.into_iter().map(metrics).sum();
        assert!((sum - 14.0).abs() < 1e-9);
        assert!(metrics("CostFunction") < 1e-9);
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
