//! Alarms on the pipeline itself. They tell people, never the pipeline.

use crate::{
    asset::CodeAsset,
    constructs::Core,
    resources::{
        cloudwatch_alarm::{
            Alarm, ComparisonOperator, Dimension, Metric, MetricDataQuery, MetricStat, Statistic,
            TreatMissingData,
        },
        lambda_function::Function,
    },
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// The namespace of the metrics that the functions write into their logs.
const NAMESPACE: &str = "Tocsin";

/// Adds the alarms. `functions` are all functions there are; `deliver` is one of them.
pub(crate) fn self_watch(
    template: &mut Template,
    core: &Core<'_>,
    functions: &[(CodeAsset, Handle<Function>)],
    deliver: &Handle<Function>,
) -> Result<(), DuplicateLogicalId> {
    let account = &core.monitor.account_name;
    let dead_letters: Value<String> = core.dead_letters.queue_name();
    let mut watch = Watch { template, core };

    watch.alarm(
        "dead-letters",
        &format!(
            "Events or incidents were given up. See why with: synth status --account {account}"
        ),
        Simple {
            namespace: "AWS/SQS",
            metric: "ApproximateNumberOfMessagesVisible",
            dimension: ("QueueName", dead_letters),
            statistic: Statistic::Maximum,
            at_least: 1,
            period: 300,
        },
    )?;
    watch.alarm(
        "incidents-waiting",
        "Incidents wait for over an hour: the webhook cannot be reached, or refuses, or is not set",
        Simple {
            namespace: "AWS/SQS",
            metric: "ApproximateAgeOfOldestMessage",
            dimension: ("QueueName", core.incidents.queue_name()),
            statistic: Statistic::Maximum,
            at_least: 3_600,
            period: 300,
        },
    )?;
    for (asset, function) in functions {
        watch.alarm(
            &format!("{}-errors", asset.binary()),
            "A function of the pipeline failed. Its log says why",
            Simple {
                namespace: "AWS/Lambda",
                metric: "Errors",
                dimension: ("FunctionName", function.reference()),
                statistic: Statistic::Sum,
                at_least: 1,
                period: 300,
            },
        )?;
    }
    watch.alarm(
        "webhook-rejected",
        &format!(
            "The webhook refuses what is sent, and incidents wait. Set its URL and secret again \
             with: synth webhook set --account {account}"
        ),
        Simple {
            namespace: NAMESPACE,
            metric: "Misconfigured",
            dimension: ("FunctionName", deliver.reference()),
            statistic: Statistic::Sum,
            at_least: 1,
            period: 300,
        },
    )?;
    watch.unconfirmed(deliver)?;
    watch.lost_events(functions)
}

struct Watch<'a, 'b> {
    template: &'a mut Template,
    core: &'a Core<'b>,
}

/// An alarm on one metric of one thing.
struct Simple {
    namespace: &'static str,
    metric: &'static str,
    dimension: (&'static str, Value<String>),
    statistic: Statistic,
    at_least: i32,
    /// In seconds.
    period: i64,
}

impl Watch<'_, '_> {
    fn alarm(
        &mut self,
        name: &str,
        description: &str,
        simple: Simple,
    ) -> Result<(), DuplicateLogicalId> {
        let (key, value) = simple.dimension;
        let alarm = Alarm {
            namespace: Some(simple.namespace.into()),
            metric_name: Some(simple.metric.into()),
            dimensions: Some(vec![Dimension::new(key, value)]),
            statistic: Some(simple.statistic.into()),
            period: Some(simple.period.into()),
            threshold: Some(simple.at_least.into()),
            ..self.base(name, description)
        };
        self.add(name, &alarm)
    }

    /// Deliveries that the agent took, but not in the words that it is known to answer with: one is
    /// an accident, a whole hour without any other means that the agent's answers have changed.
    fn unconfirmed(&mut self, deliver: &Handle<Function>) -> Result<(), DuplicateLogicalId> {
        let count = |id: &str, metric: &str| {
            metric_query(id, NAMESPACE, metric, deliver.reference(), 3_600)
        };
        let alarm = Alarm {
            metrics: Some(vec![
                expression(
                    "all",
                    "IF(FILL(unconfirmed, 0) > 0 AND FILL(confirmed, 0) == 0, 1, 0)",
                ),
                count("confirmed", "Confirmed"),
                count("unconfirmed", "Unconfirmed"),
            ]),
            threshold: Some(1.into()),
            ..self.base(
                "webhook-unconfirmed",
                "For an hour the webhook took incidents without confirming one. See whether \
                 investigations start",
            )
        };
        self.add("webhook-unconfirmed", &alarm)
    }

    /// Events that Lambda could neither run nor put among the dead letters.
    fn lost_events(
        &mut self,
        functions: &[(CodeAsset, Handle<Function>)],
    ) -> Result<(), DuplicateLogicalId> {
        let mut metrics = Vec::new();
        let mut ids = Vec::new();
        for (asset, function) in functions {
            if *asset == CodeAsset::Deliver {
                continue;
            }
            for (suffix, metric) in [
                ("dropped", "AsyncEventsDropped"),
                ("undeliverable", "DeadLetterErrors"),
            ] {
                let id = format!("{}_{suffix}", asset.binary());
                metrics.push(metric_query(
                    &id,
                    "AWS/Lambda",
                    metric,
                    function.reference(),
                    300,
                ));
                ids.push(format!("FILL({id}, 0)"));
            }
        }
        metrics.insert(0, expression("lost", &ids.join(" + ")));
        let alarm = Alarm {
            metrics: Some(metrics),
            threshold: Some(1.into()),
            ..self.base(
                "events-lost",
                "Lambda dropped events or could not write a dead letter: these events are lost",
            )
        };
        self.add("events-lost", &alarm)
    }

    fn base(&self, name: &str, description: &str) -> Alarm {
        let monitor = self.core.monitor;
        let action = monitor.ops_topic.clone().map(|topic| vec![topic.into()]);
        Alarm {
            alarm_name: Some(format!("{}-pipeline-{name}", monitor.stack).into()),
            alarm_description: Some(description.into()),
            alarm_actions: action,
            comparison_operator: Some(ComparisonOperator::GreaterThanOrEqualToThreshold.into()),
            evaluation_periods: Some(1.into()),
            treat_missing_data: Some(TreatMissingData::NotBreaching.into()),
            tags: Some(monitor.tags.clone()),
            ..Alarm::new()
        }
    }

    fn add(&mut self, name: &str, alarm: &Alarm) -> Result<(), DuplicateLogicalId> {
        self.template.add(&["Pipeline", name], alarm)?;
        Ok(())
    }
}

fn expression(id: &str, text: &str) -> MetricDataQuery {
    MetricDataQuery {
        expression: Some(text.into()),
        return_data: Some(true.into()),
        ..MetricDataQuery::new(id)
    }
}

fn metric_query(
    id: &str,
    namespace: &str,
    metric: &str,
    function: Value<String>,
    period: i64,
) -> MetricDataQuery {
    let metric = Metric {
        namespace: Some(namespace.into()),
        metric_name: Some(metric.into()),
        dimensions: Some(vec![Dimension::new("FunctionName", function)]),
    };
    MetricDataQuery {
        metric_stat: Some(MetricStat::new(metric, period, "Sum")),
        return_data: Some(false.into()),
        ..MetricDataQuery::new(id)
    }
}
