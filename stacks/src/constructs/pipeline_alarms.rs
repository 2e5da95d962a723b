//! Alarms on the pipeline itself. They tell people, never the pipeline.

use contract::{FunctionName, names::pipeline_alarm};

use crate::{
    Arn,
    arn::Topic,
    constructs::Core,
    monitor::AgentTime,
    resources::{
        cloudwatch_alarm::{Alarm, ComparisonOperator, Dimension, Statistic, TreatMissingData},
        lambda_function::Function,
    },
    suppression::Reason,
    tag::tags,
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// The namespace of the metrics that the functions write into their logs.
const NAMESPACE: &str = "Tocsin";

/// Adds the alarms. `functions` are all functions there are; `deliver` is one of them.
pub(crate) fn pipeline_alarms(
    template: &mut Template,
    core: &Core<'_>,
    functions: &[(FunctionName, Handle<Function>)],
    deliver: &Handle<Function>,
) -> Result<(), DuplicateLogicalId> {
    let account = &core.monitor.account_name;
    let dead_letters: Value<String> = core.dead_letters.queue_name();
    let mut alarms = PipelineAlarms { template, core };

    alarms.alarm(
        "dead-letters",
        &format!(
            "Events or incidents were given up. See why with: synth redrive --account {account} \
             --dry-run"
        ),
        Simple {
            namespace: "AWS/SQS",
            metric: "ApproximateNumberOfMessagesVisible",
            dimension: ("QueueName", dead_letters),
            statistic: Statistic::Maximum,
            test: Test::AtLeast(1.0),
            period: 300,
        },
    )?;
    alarms.alarm(
        "incidents-waiting",
        "Incidents have been in the queue for over an hour. See what they wait for with: synth status",
        Simple {
            namespace: "AWS/SQS",
            metric: "ApproximateAgeOfOldestMessage",
            dimension: ("QueueName", core.incidents.queue_name()),
            statistic: Statistic::Maximum,
            test: Test::AtLeast(3_600.0),
            period: 300,
        },
    )?;
    alarms.alarm(
        "incidents-hidden",
        "Thousands of messages wait to be seen again. Nothing is received at 120,000. See what they wait for \
         with: synth status",
        Simple {
            namespace: "AWS/SQS",
            metric: "ApproximateNumberOfMessagesNotVisible",
            dimension: ("QueueName", core.incidents.queue_name()),
            statistic: Statistic::Maximum,
            test: Test::AtLeast(20_000.0),
            period: 300,
        },
    )?;
    // An incomplete cost report fails, is tried again, and what cannot be mended so has an alarm of its own.
    for (asset, function) in functions
        .iter()
        .filter(|(asset, _)| *asset != FunctionName::Cost)
    {
        alarms.alarm(
            &format!("{}-errors", asset.as_str()),
            "A function of the pipeline failed. Its log says why",
            Simple {
                namespace: "AWS/Lambda",
                metric: "Errors",
                dimension: ("FunctionName", function.reference()),
                statistic: Statistic::Sum,
                test: Test::AtLeast(1.0),
                period: 300,
            },
        )?;
    }
    for (_, cost) in functions
        .iter()
        .filter(|(asset, _)| *asset == FunctionName::Cost)
    {
        alarms.cost_report(cost)?;
    }
    alarms.delivery(deliver)?;
    if let Some(limit) = &core.monitor.agent_time {
        alarms.agent_time(limit)?;
    }
    for (asset, function) in functions
        .iter()
        .filter(|(asset, _)| *asset != FunctionName::Deliver)
    {
        for (name, metric) in [
            ("dropped", "AsyncEventsDropped"),
            ("dead-letter-errors", "DeadLetterErrors"),
        ] {
            alarms.alarm(
                &format!("{}-{name}", asset.as_str()),
                "Lambda dropped events or could not write a dead letter: these events are lost",
                Simple {
                    namespace: "AWS/Lambda",
                    metric,
                    dimension: ("FunctionName", function.reference()),
                    statistic: Statistic::Sum,
                    test: Test::AtLeast(1.0),
                    period: 300,
                },
            )?;
        }
    }
    Ok(())
}

struct PipelineAlarms<'a, 'b> {
    template: &'a mut Template,
    core: &'a Core<'b>,
}

/// An alarm on one metric of one thing.
struct Simple {
    namespace: &'static str,
    metric: &'static str,
    dimension: (&'static str, Value<String>),
    statistic: Statistic,
    test: Test,
    /// In seconds.
    period: i64,
}

/// When the alarm goes off.
enum Test {
    AtLeast(f64),
    Below(f64),
}

impl PipelineAlarms<'_, '_> {
    /// What `cost` counts.
    fn cost_report(&mut self, cost: &Handle<Function>) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        self.alarm(
            "cost-incomplete",
            &format!(
                "The cost report could not read everything, so that nothing found means nothing. See what is \
                 missing with: synth cost --account {account}"
            ),
            Simple {
                namespace: NAMESPACE,
                metric: "CostIncomplete",
                dimension: ("FunctionName", cost.reference()),
                statistic: Statistic::Sum,
                test: Test::AtLeast(1.0),
                period: 300,
            },
        )
    }

    /// What `deliver` counts.
    fn delivery(&mut self, deliver: &Handle<Function>) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        self.alarm(
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
                test: Test::AtLeast(1.0),
                period: 300,
            },
        )?;
        self.alarm(
            "webhook-unconfirmed",
            "For an hour the webhook took incidents without confirming one. See whether investigations \
             start",
            Simple {
                namespace: NAMESPACE,
                // 1 for each delivery that the agent confirmed in its own words, 0 for every other.
                metric: "Confirmed",
                dimension: ("FunctionName", deliver.reference()),
                statistic: Statistic::Maximum,
                test: Test::Below(1.0),
                period: 3_600,
            },
        )?;
        self.alarm(
            "incidents-undelivered",
            &format!(
                "For over an hour the webhook could not be reached, refused or was not set, and incidents \
                 wait. Try it with: synth webhook test --account {account}"
            ),
            Simple {
                namespace: NAMESPACE,
                // In seconds. The queue's own age leaves out what was received three times.
                metric: "Undelivered",
                dimension: ("FunctionName", deliver.reference()),
                statistic: Statistic::Maximum,
                test: Test::AtLeast(3_600.0),
                period: 900,
            },
        )?;
        self.alarm(
            "incidents-held",
            &format!(
                "The budget of the account file, or its quiet hours, holds incidents back. They arrive as \
                 one digest. See how many wait with: synth status --account {account}"
            ),
            Simple {
                namespace: NAMESPACE,
                metric: "Held",
                dimension: ("FunctionName", deliver.reference()),
                statistic: Statistic::Sum,
                test: Test::AtLeast(1.0),
                period: 300,
            },
        )?;
        self.alarm(
            "ledger-unavailable",
            "The ledger could not be read or written. Incidents wait, and after five minutes the urgent ones \
             are sent by themselves. The log of deliver says why",
            Simple {
                namespace: NAMESPACE,
                metric: "LedgerUnavailable",
                dimension: ("FunctionName", deliver.reference()),
                statistic: Statistic::Sum,
                test: Test::AtLeast(1.0),
                period: 900,
            },
        )?;
        self.alarm(
            "ledger-slow",
            "A call to the ledger takes over a quarter of a second on average, which makes incidents late. \
             See the table's latency and throttling in CloudWatch",
            Simple {
                namespace: NAMESPACE,
                metric: "LedgerMilliseconds",
                dimension: ("FunctionName", deliver.reference()),
                statistic: Statistic::Average,
                test: Test::AtLeast(250.0),
                period: 300,
            },
        )
    }

    fn agent_time(&mut self, limit: &AgentTime) -> Result<(), DuplicateLogicalId> {
        self.alarm(
            "agent-time",
            &format!(
                "The agent's investigations took over {} minutes in a day, which cost money. See in \
                 its console what it works on",
                limit.minutes_per_day.get()
            ),
            Simple {
                namespace: "AWS/AIDevOps",
                metric: "ConsumedInvestigationTime",
                dimension: ("AgentSpaceUUID", limit.agent_space.as_str().into()),
                statistic: Statistic::Sum,
                test: Test::AtLeast(60.0 * f64::from(limit.minutes_per_day.get())),
                period: 86_400,
            },
        )
    }

    fn alarm(
        &mut self,
        name: &str,
        description: &str,
        simple: Simple,
    ) -> Result<(), DuplicateLogicalId> {
        let monitor = self.core.monitor;
        let (key, value) = simple.dimension;
        let (comparison, threshold) = match simple.test {
            Test::AtLeast(threshold) => {
                (ComparisonOperator::GreaterThanOrEqualToThreshold, threshold)
            }
            Test::Below(threshold) => (ComparisonOperator::LessThanThreshold, threshold),
        };
        let alarm = Alarm {
            alarm_name: Some(pipeline_alarm(monitor.stack.as_str(), name).into()),
            alarm_description: Some(description.into()),
            alarm_actions: monitor
                .ops_topic
                .as_ref()
                .map(|topic| vec![Value::<Arn<Topic>>::from(topic).into()].into()),
            namespace: Some(simple.namespace.into()),
            metric_name: Some(simple.metric.into()),
            dimensions: Some(vec![Dimension::new(key, value)]),
            statistic: Some(simple.statistic.into()),
            period: Some(simple.period.into()),
            comparison_operator: Some(comparison.into()),
            threshold: Some(threshold.into()),
            evaluation_periods: Some(1.into()),
            // Silence is what these metrics are most of the time.
            treat_missing_data: Some(TreatMissingData::NotBreaching.into()),
            tags: Some(tags(monitor)),
            ..Alarm::new()
        };
        self.template.add_with(
            &["Pipeline", name],
            &alarm,
            Reason::NamedAfterTheStack.into(),
        )?;
        Ok(())
    }
}
