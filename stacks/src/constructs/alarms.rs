//! The alarms that an account file asks for.

use crate::{
    Arn,
    arn::AlarmAction,
    monitor::{
        Alarm, Comparison, CompositeAlarm, Condition, Measure, Metric, MissingData, Monitor,
        Period, Priority, Side, Statistic, Test, formula::RESULT,
    },
    resources::{
        cloudwatch_alarm::{
            Alarm as AlarmResource, ComparisonOperator, Dimension, Metric as MetricName,
            MetricDataQuery, MetricStat, Statistic as PlainStatistic, TreatMissingData,
        },
        cloudwatch_composite_alarm::CompositeAlarm as CompositeResource,
    },
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Template},
    value::Value,
};

/// Adds one alarm, which invokes `action` when it goes off. It says nothing when it is over: only what
/// goes wrong is investigated.
pub(crate) fn alarm(
    template: &mut Template,
    monitor: &Monitor,
    alarm: &Alarm,
    action: &Value<Arn<AlarmAction>>,
) -> Result<(), DuplicateLogicalId> {
    let condition = &alarm.condition;
    let path: Vec<&str> = alarm.path.iter().map(String::as_str).collect();
    // Set field by field: the struct is large, and copies of it are what synthesis would spend its
    // time on.
    let mut resource = AlarmResource::new();
    resource.alarm_name = Some(monitor.alarm_name(&alarm.name).into());
    resource.alarm_description = describe(alarm.description.as_deref(), alarm.priority);
    resource.alarm_actions = alarm.incident.then(|| vec![action.clone()].into());
    resource.evaluation_periods = Some(condition.periods.into());
    resource.datapoints_to_alarm = Some(condition.datapoints.into());
    resource.treat_missing_data = Some(missing_data(alarm.missing_data).into());
    resource.tags = Some(tags(monitor));
    measure(&mut resource, &alarm.measure, alarm.period, condition);
    let attributes = Attributes {
        condition: template.condition_of_regions(&alarm.regions),
        ..attributes(alarm.incident)
    };
    template.add_with(&path, &resource, attributes)?;
    Ok(())
}

/// Adds one composite alarm, after the composite alarms that it looks at.
pub(crate) fn composite_alarm(
    template: &mut Template,
    monitor: &Monitor,
    alarm: &CompositeAlarm,
    action: &Value<Arn<AlarmAction>>,
) -> Result<(), DuplicateLogicalId> {
    let depends_on = alarm
        .rule
        .alarms()
        .into_iter()
        .filter_map(|name| monitor.composites.iter().find(|it| it.name == *name))
        .map(CompositeAlarm::logical_id)
        .collect();
    let resource = CompositeResource {
        alarm_name: Some(monitor.alarm_name(&alarm.name).into()),
        alarm_description: describe(alarm.description.as_deref(), alarm.priority),
        alarm_actions: alarm.incident.then(|| vec![action.clone()].into()),
        tags: Some(tags(monitor)),
        ..CompositeResource::new(alarm.rule.in_cloudwatch(|name| monitor.alarm_name(name)))
    };
    let attributes = Attributes {
        depends_on,
        condition: template.condition_of_regions(&alarm.regions),
        ..attributes(alarm.incident)
    };
    template.add_with(&["Composite", alarm.name.as_str()], &resource, attributes)?;
    Ok(())
}

fn attributes(incident: bool) -> Attributes {
    let silent = (!incident).then_some(Reason::PartOfComposite);
    Attributes::from(Reason::NamedAfterTheStack).but(silent)
}

/// Sets the properties that say what is measured, and when it is too much.
fn measure(resource: &mut AlarmResource, measure: &Measure, period: Period, condition: &Condition) {
    let band = match condition.test {
        Test::Threshold(comparison, threshold) => {
            resource.comparison_operator = Some(operator(comparison).into());
            resource.threshold = Some(threshold.into());
            None
        }
        Test::Band(side, deviations) => {
            resource.comparison_operator = Some(band_operator(side).into());
            resource.threshold_metric_id = Some(RESULT.into());
            Some(deviations)
        }
    };
    match (measure, band) {
        (Measure::Metric(metric), None) => {
            let (statistic, extended_statistic) = statistic(&metric.statistic);
            resource.namespace = Some(metric.namespace.as_str().into());
            resource.metric_name = Some(metric.name.as_str().into());
            resource.dimensions = dimensions(metric);
            resource.statistic = statistic;
            resource.extended_statistic = extended_statistic;
            resource.period = Some(period.seconds().into());
        }
        (Measure::Metric(metric), Some(deviations)) => {
            resource.metrics = Some(vec![
                shown(query_of("metric", metric, period)),
                shown(expression(format!(
                    "ANOMALY_DETECTION_BAND(metric, {deviations})"
                ))),
            ]);
        }
        (Measure::Math { formula, metrics }, _) => {
            let mut queries: Vec<MetricDataQuery> = metrics
                .iter()
                .map(|(id, metric)| MetricDataQuery {
                    return_data: Some(false.into()),
                    ..query_of(id, metric, period)
                })
                .collect();
            queries.push(shown(expression(formula.clone())));
            resource.metrics = Some(queries);
        }
        (Measure::Query(query), _) => {
            resource.metrics = Some(vec![MetricDataQuery {
                period: Some(period.seconds().into()),
                ..shown(expression(query.as_str().to_owned()))
            }]);
        }
    }
}

fn query_of(id: &str, metric: &Metric, period: Period) -> MetricDataQuery {
    let name = MetricName {
        namespace: Some(metric.namespace.as_str().into()),
        metric_name: Some(metric.name.as_str().into()),
        dimensions: dimensions(metric),
    };
    MetricDataQuery {
        metric_stat: Some(MetricStat::new(
            name,
            period.seconds(),
            metric.statistic.as_str(),
        )),
        ..MetricDataQuery::new(id)
    }
}

fn expression(text: String) -> MetricDataQuery {
    MetricDataQuery {
        expression: Some(text.into()),
        ..MetricDataQuery::new(RESULT)
    }
}

fn shown(query: MetricDataQuery) -> MetricDataQuery {
    MetricDataQuery {
        return_data: Some(true.into()),
        ..query
    }
}

fn dimensions(metric: &Metric) -> Option<Vec<Dimension>> {
    let dimensions: Vec<Dimension> = metric
        .dimensions
        .iter()
        .map(|(key, value)| Dimension::new(key.as_str(), value.as_str()))
        .collect();
    (!dimensions.is_empty()).then_some(dimensions)
}

/// What the alarm means, and how urgent it is: the event that an alarm sends carries its
/// description and nothing else that is ours.
fn describe(text: Option<&str>, priority: Priority) -> Option<Value<String>> {
    let text = text.unwrap_or_default();
    let text = match priority {
        Priority::High => text.to_owned(),
        other => format!("[{}] {text}", other.as_str()).trim_end().to_owned(),
    };
    (!text.is_empty()).then(|| text.into())
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

fn operator(comparison: Comparison) -> ComparisonOperator {
    match comparison {
        Comparison::Greater => ComparisonOperator::GreaterThanThreshold,
        Comparison::AtLeast => ComparisonOperator::GreaterThanOrEqualToThreshold,
        Comparison::Less => ComparisonOperator::LessThanThreshold,
        Comparison::AtMost => ComparisonOperator::LessThanOrEqualToThreshold,
    }
}

fn band_operator(side: Side) -> ComparisonOperator {
    match side {
        Side::Above => ComparisonOperator::GreaterThanUpperThreshold,
        Side::Below => ComparisonOperator::LessThanLowerThreshold,
        Side::Outside => ComparisonOperator::LessThanLowerOrGreaterThanUpperThreshold,
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
