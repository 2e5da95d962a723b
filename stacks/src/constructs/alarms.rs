//! The alarms that an account file asks for.

use crate::{
    Arn,
    arn::AlarmAction,
    monitor::{Alarm, Comparison, MissingData, Monitor, Priority, Statistic},
    resources::cloudwatch_alarm::{
        Alarm as AlarmResource, ComparisonOperator, Dimension, Statistic as PlainStatistic,
        TreatMissingData,
    },
    suppression::Reason,
    template::{DuplicateLogicalId, Template},
    value::Value,
};

/// Adds one alarm, which tells `action` when it goes off. It says nothing when it is over: only what
/// goes wrong is investigated.
pub(crate) fn alarm(
    template: &mut Template,
    monitor: &Monitor,
    alarm: &Alarm,
    action: &Value<Arn<AlarmAction>>,
) -> Result<(), DuplicateLogicalId> {
    let Alarm {
        name,
        metric,
        condition,
        ..
    } = alarm;
    let (statistic, extended_statistic) = statistic(&metric.statistic);
    let dimensions: Vec<Dimension> = metric
        .dimensions
        .iter()
        .map(|(key, value)| Dimension::new(key.as_str(), value.as_str()))
        .collect();
    template.add_with(
        &["Alarm", name.as_str()],
        &AlarmResource {
            alarm_name: Some(format!("{}-{name}", monitor.stack).into()),
            alarm_description: Some(description(alarm).into()),
            alarm_actions: Some(vec![action.clone()].into()),
            namespace: Some(metric.namespace.as_str().into()),
            metric_name: Some(metric.name.as_str().into()),
            dimensions: (!dimensions.is_empty()).then_some(dimensions),
            statistic,
            extended_statistic,
            period: Some(metric.period.seconds().into()),
            comparison_operator: Some(comparison(condition.comparison).into()),
            threshold: Some(condition.threshold.into()),
            evaluation_periods: Some(condition.periods.into()),
            datapoints_to_alarm: Some(condition.datapoints.into()),
            treat_missing_data: Some(missing_data(alarm.missing_data).into()),
            tags: Some(monitor.tags.clone()),
            ..AlarmResource::new()
        },
        Reason::NamedAfterTheStack.into(),
    )?;
    Ok(())
}

/// What the alarm means, and how urgent it is: the event that an alarm sends carries its
/// description and nothing else that is ours.
fn description(alarm: &Alarm) -> String {
    let text = alarm.description.as_deref().unwrap_or_default();
    match alarm.priority {
        Priority::High => text.to_owned(),
        other => format!("[{}] {text}", other.as_str()).trim_end().to_owned(),
    }
}

fn statistic(statistic: &Statistic) -> (Option<Value<PlainStatistic>>, Option<Value<String>>) {
    let plain = match statistic {
        Statistic::Average => PlainStatistic::Average,
        Statistic::Sum => PlainStatistic::Sum,
        Statistic::Minimum => PlainStatistic::Minimum,
        Statistic::Maximum => PlainStatistic::Maximum,
        Statistic::SampleCount => PlainStatistic::SampleCount,
        Statistic::Extended(name) => return (None, Some(name.as_str().into())),
    };
    (Some(plain.into()), None)
}

fn comparison(comparison: Comparison) -> ComparisonOperator {
    match comparison {
        Comparison::Greater => ComparisonOperator::GreaterThanThreshold,
        Comparison::AtLeast => ComparisonOperator::GreaterThanOrEqualToThreshold,
        Comparison::Less => ComparisonOperator::LessThanThreshold,
        Comparison::AtMost => ComparisonOperator::LessThanOrEqualToThreshold,
    }
}

fn missing_data(missing: MissingData) -> TreatMissingData {
    match missing {
        MissingData::Missing => TreatMissingData::Missing,
        MissingData::NotBreaching => TreatMissingData::NotBreaching,
        MissingData::Breaching => TreatMissingData::Breaching,
        MissingData::Ignore => TreatMissingData::Ignore,
    }
}
