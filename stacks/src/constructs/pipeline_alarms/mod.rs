//! Alarms on the pipeline itself. They notify people, never the pipeline.
//!
//! Each has a page in `docs/alarms.md`, which its description names.

mod delivery;
mod loss;
mod results;

use contract::{FunctionName, INVESTIGATION_TIME, names::pipeline_alarm};

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
pub(crate) const NAMESPACE: &str = "Tocsin";
/// Where every alarm has its page.
const PAGES: &str = "docs/alarms.md";

/// Adds the alarms, and returns their names. `functions` are all functions there are; `deliver` is one of them.
pub(crate) fn pipeline_alarms(
    template: &mut Template,
    core: &Core<'_>,
    functions: &[(FunctionName, Handle<Function>)],
    deliver: &Handle<Function>,
) -> Result<Vec<String>, DuplicateLogicalId> {
    let mut alarms = PipelineAlarms {
        template,
        core,
        names: Vec::new(),
    };
    alarms.queues()?;
    alarms.functions(functions)?;
    alarms.letters_lost()?;
    for (name, function) in functions {
        if *name == FunctionName::Cost {
            alarms.cost_report(function)?;
        }
        if *name == FunctionName::Result {
            alarms.results(function)?;
        }
    }
    alarms.delivery(deliver)?;
    alarms.canary(deliver)?;
    if let Some(limit) = &core.monitor.agent_time {
        alarms.agent_time(limit)?;
    }
    Ok(alarms.names)
}

struct PipelineAlarms<'a, 'b> {
    template: &'a mut Template,
    core: &'a Core<'b>,
    names: Vec<String>,
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
    /// How many periods in a row it must hold for.
    periods: i64,
    /// What it means if there is no value.
    missing: TreatMissingData,
}

impl Simple {
    /// An alarm that goes off each time that there is one within five minutes. Silence is what these metrics are
    /// most of the time.
    fn any(
        namespace: &'static str,
        metric: &'static str,
        dimension: (&'static str, Value<String>),
    ) -> Self {
        Self {
            namespace,
            metric,
            dimension,
            statistic: Statistic::Sum,
            test: Test::AtLeast(1.0),
            period: 300,
            periods: 1,
            missing: TreatMissingData::NotBreaching,
        }
    }
}

/// When the alarm goes off.
enum Test {
    AtLeast(f64),
    Below(f64),
}

/// What an alarm is called, and where its page is.
#[derive(Clone, Copy)]
struct Title<'a> {
    name: &'a str,
    /// The heading of its page: its name, or that of its family.
    page: &'a str,
}

impl<'a> From<&'a str> for Title<'a> {
    fn from(name: &'a str) -> Self {
        Self { name, page: name }
    }
}

impl PipelineAlarms<'_, '_> {
    /// Investigations that take longer than the account file wants.
    fn agent_time(&mut self, limit: &AgentTime) -> Result<(), DuplicateLogicalId> {
        self.alarm(
            "agent-time",
            &format!(
                "The agent's investigations took over {} minutes in a day, which cost money. See in \
                 its console what it works on",
                limit.minutes_per_day.get()
            ),
            Simple {
                test: Test::AtLeast(60.0 * f64::from(limit.minutes_per_day.get())),
                period: 86_400,
                ..Simple::any(
                    INVESTIGATION_TIME[0],
                    INVESTIGATION_TIME[1],
                    (INVESTIGATION_TIME[2], limit.agent_space.as_str().into()),
                )
            },
        )
    }

    fn alarm<'a>(
        &mut self,
        title: impl Into<Title<'a>>,
        description: &str,
        simple: Simple,
    ) -> Result<(), DuplicateLogicalId> {
        let Title { name, page } = title.into();
        let monitor = self.core.monitor;
        let (key, value) = simple.dimension;
        let (comparison, threshold) = match simple.test {
            Test::AtLeast(threshold) => {
                (ComparisonOperator::GreaterThanOrEqualToThreshold, threshold)
            }
            Test::Below(threshold) => (ComparisonOperator::LessThanThreshold, threshold),
        };
        let alarm_name = pipeline_alarm(monitor.stack.as_str(), name);
        let alarm = Alarm {
            alarm_name: Some(alarm_name.clone().into()),
            alarm_description: Some(format!("{description}. More: {PAGES}#{page}").into()),
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
            evaluation_periods: Some(simple.periods.into()),
            treat_missing_data: Some(simple.missing.into()),
            tags: Some(tags(monitor)),
            ..Alarm::new()
        };
        self.template.add_with(
            &["Pipeline", name],
            &alarm,
            Reason::NamedAfterTheStack.into(),
        )?;
        self.names.push(alarm_name);
        Ok(())
    }
}
