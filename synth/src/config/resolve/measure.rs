//! What alarms look at, and when it is too much.

use std::{collections::BTreeMap, ops::Range};

use stacks::monitor::{
    Condition, InvalidFormula, InvalidQuery, Measure, Metric, MissingData, Period, Query,
    Statistic, Test,
};

use super::{Resolver, entries};
use crate::config::{diagnostic::did_you_mean, field::Field, file};

/// What an alarm looks at.
pub(super) enum AlarmKind<'a> {
    /// Something that is measured.
    Measure,
    /// A condition on other alarms.
    Composite(&'a Field<String>),
}

/// What an alarm on a measure has beyond what every alarm has.
pub(super) struct Measured {
    pub(super) measure: Measure,
    pub(super) period: Period,
    pub(super) condition: Condition,
    pub(super) missing_data: MissingData,
}

impl Resolver<'_> {
    /// What the alarm looks at. Keys that do not go with it are mistakes.
    pub(super) fn alarm_kind<'a>(
        &mut self,
        span: &Range<usize>,
        alarm: &'a file::Alarm,
    ) -> Option<AlarmKind<'a>> {
        let kinds = [
            ("metric", &alarm.metric),
            ("expression", &alarm.expression),
            ("query", &alarm.query),
            ("composite", &alarm.composite),
        ];
        let mut present = kinds
            .into_iter()
            .filter_map(|(key, field)| Some((key, field.as_ref()?)));
        let Some((key, field)) = present.next() else {
            self.error(
                span,
                "the alarm looks at nothing",
                "give it a `metric`, an `expression` over `metrics`, a `query`, or `composite`",
            );
            return None;
        };
        for (other, field) in present {
            self.error(
                &field.span,
                format!("an alarm looks at one thing: `{key}`, or `{other}`"),
                "make two alarms of it",
            );
        }
        let measures: &[&str] = &["metric", "expression", "query"];
        let keys = [
            (
                "dimensions",
                place_of(alarm.dimensions.as_ref()),
                &["metric"][..],
            ),
            ("statistic", place_of(alarm.statistic.as_ref()), &["metric"]),
            ("metrics", place_of(alarm.metrics.as_ref()), &["expression"]),
            ("period", place_of(alarm.period.as_ref()), measures),
            ("when", place_of(alarm.when.as_ref()), measures),
            (
                "missing-data",
                place_of(alarm.missing_data.as_ref()),
                measures,
            ),
        ];
        for (name, place, goes_with) in keys {
            if let Some(place) = place
                && !goes_with.contains(&key)
            {
                self.error(
                    &place,
                    format!("`{name}` does not go with `{key}`"),
                    &format!("it goes with {}", goes_with.join(", ")),
                );
            }
        }
        Some(if key == "composite" {
            AlarmKind::Composite(field)
        } else {
            AlarmKind::Measure
        })
    }

    /// What is measured, and when it is too much.
    pub(super) fn measured(&mut self, span: &Range<usize>, alarm: file::Alarm) -> Option<Measured> {
        self.require(span, &[("when", alarm.when.is_none())]);
        let period = match &alarm.period {
            None => Some(Period::MINUTE),
            Some(field) => self.parsed(
                field,
                "use 10, 20 or 30 seconds, or whole minutes up to a day, such as `5 minutes`",
                Period::parse,
            ),
        };
        let condition = alarm.when.as_ref().zip(period).and_then(|(field, period)| {
            let condition = self.parsed(
                field,
                "write it like `> 80`, `> 80 for 5 minutes` or `>= 1 for 3 of 5 minutes`",
                |text| Condition::parse(text, period),
            )?;
            Some((condition, field.span.clone()))
        });
        let measure = self.measure(
            alarm.metric,
            alarm.dimensions,
            alarm.statistic,
            |resolver| match (alarm.expression, alarm.query) {
                (Some(expression), _) => resolver.math(&expression, alarm.metrics),
                (None, Some(query)) => resolver.query(&query),
                (None, None) => None,
            },
        );
        let (measure, (condition, place)) = (measure?, condition?);
        self.can_be_met(&measure, &condition, &place);
        if let (Measure::Query(_), Some(period)) = (&measure, period) {
            let place_of_period = place_of(alarm.period.as_ref()).unwrap_or_else(|| place.clone());
            self.is_evaluated(period, condition, &place_of_period, &place);
        }
        Some(Measured {
            measure,
            period: period?,
            condition,
            missing_data: alarm
                .missing_data
                .and_then(|it| it.value)
                .map_or(MissingData::Missing, missing_data),
        })
    }

    fn measure(
        &mut self,
        metric: Option<Field<String>>,
        dimensions: super::Map<String>,
        statistic: Option<Field<String>>,
        otherwise: impl FnOnce(&mut Self) -> Option<Measure>,
    ) -> Option<Measure> {
        let Some(metric) = metric else {
            return otherwise(self);
        };
        self.metric(&metric, entries(dimensions), statistic.as_ref())
            .map(Measure::Metric)
    }

    fn math(
        &mut self,
        expression: &Field<String>,
        metrics: Option<Field<BTreeMap<String, Field<file::Metric>>>>,
    ) -> Option<Measure> {
        let fields = entries(metrics);
        let count = fields.len();
        let mut metrics = BTreeMap::new();
        let mut keys: BTreeMap<String, Range<usize>> = BTreeMap::new();
        for (name, field) in fields {
            keys.insert(name.clone(), field.key.clone());
            let Some(metric) = field.value else { continue };
            self.require(&field.span, &[("metric", metric.metric.missing)]);
            let metric = self.metric(
                &metric.metric,
                entries(metric.dimensions),
                metric.statistic.as_ref(),
            );
            metrics.extend(metric.map(|metric| (name, metric)));
        }
        // What is wrong with a metric has been said; the formula would only seem wrong, too.
        if metrics.len() < count {
            return None;
        }
        match Measure::math(expression.value.as_deref()?, metrics) {
            Ok(measure) => Some(measure),
            Err(error) => {
                let known: Vec<&str> = keys.keys().map(String::as_str).collect();
                let hint = match &error {
                    InvalidFormula::Unknown(name) => did_you_mean(name, &known),
                    _ => String::new(),
                };
                let key = match &error {
                    InvalidFormula::Name(name)
                    | InvalidFormula::Taken(name)
                    | InvalidFormula::Unused(name) => keys.get(name),
                    _ => None,
                };
                self.error(key.unwrap_or(&expression.span), error.to_string(), &hint);
                None
            }
        }
    }

    fn query(&mut self, field: &Field<String>) -> Option<Measure> {
        match Query::parse(field.value.as_deref()?) {
            Ok(query) => Some(Measure::Query(query)),
            Err(error) => {
                let hint = match error {
                    InvalidQuery::NotSelect => {
                        "such as `SELECT MAX(CPUUtilization) FROM SCHEMA(\"AWS/EC2\", InstanceId)`"
                    }
                    InvalidQuery::NoBy(_) => "such as `GROUP BY InstanceId ORDER BY MAX() DESC`",
                    InvalidQuery::NoFrom => {
                        "say where the metric is, such as `FROM SCHEMA(\"AWS/EC2\", InstanceId)`"
                    }
                    InvalidQuery::Unordered => {
                        "say which groups come first, such as `ORDER BY MAX() DESC`"
                    }
                };
                self.error(&field.span, error.to_string(), hint);
                None
            }
        }
    }

    /// CloudWatch has datapoints of a query for each minute, and evaluates those of three hours.
    fn is_evaluated(
        &mut self,
        period: Period,
        condition: Condition,
        place_of_period: &Range<usize>,
        place_of_condition: &Range<usize>,
    ) {
        let seconds = period.seconds();
        if seconds < Query::SHORTEST_PERIOD {
            self.error(
                place_of_period,
                format!("{seconds} seconds are too short a period for a query"),
                "use whole minutes",
            );
        }
        let window = condition.periods.saturating_mul(seconds);
        if window > Query::LONGEST_WINDOW {
            self.error(
                place_of_condition,
                format!(
                    "the alarm evaluates {} minutes of data: of a query CloudWatch evaluates 180",
                    window / 60
                ),
                "use fewer or shorter periods",
            );
        }
    }

    fn metric(
        &mut self,
        name: &Field<String>,
        dimensions: BTreeMap<String, Field<String>>,
        statistic: Option<&Field<String>>,
    ) -> Option<Metric> {
        let named = self.metric_name(name);
        let statistic = match statistic {
            None => Some(Statistic::Average),
            Some(field) => self.parsed(
                field,
                "use Average, Sum, Minimum, Maximum, SampleCount, or a percentile such as p99",
                Statistic::parse,
            ),
        };
        if dimensions.len() > 30 {
            self.error(
                &name.span,
                format!(
                    "a metric has at most 30 dimensions, not {}",
                    dimensions.len()
                ),
                "",
            );
        }
        let (namespace, name) = named?;
        Some(Metric {
            namespace,
            name,
            dimensions: dimensions
                .into_iter()
                .filter_map(|(key, field)| Some((key, field.value?)))
                .collect(),
            statistic: statistic?,
        })
    }

    fn metric_name(&mut self, field: &Field<String>) -> Option<(String, String)> {
        let text = field.value.as_deref()?;
        if let Some((namespace, name)) = text.trim().rsplit_once(char::is_whitespace) {
            return Some((namespace.trim().to_owned(), name.to_owned()));
        }
        self.error(
            &field.span,
            format!("`{text}` is not a namespace and a metric"),
            "write both, with a space between: `AWS/EC2 CPUUtilization`",
        );
        None
    }

    /// Bands are learned of metrics only, and what is counted is never below zero.
    fn can_be_met(&mut self, measure: &Measure, condition: &Condition, place: &Range<usize>) {
        match (measure, condition.test) {
            (Measure::Metric(metric), Test::Threshold(..)) => {
                if metric.statistic == Statistic::SampleCount && condition.is_never_met_by_counts()
                {
                    self.error(
                        place,
                        "the alarm can never go off: a SampleCount is never below zero",
                        "",
                    );
                }
            }
            (Measure::Metric(_), Test::Band(..)) | (_, Test::Threshold(..)) => {}
            (Measure::Math { .. } | Measure::Query(_), Test::Band(..)) => {
                self.error(
                    place,
                    "CloudWatch learns what is normal of a `metric` only",
                    "compare with a number, or look at one metric",
                );
            }
        }
    }
}

fn place_of<T>(field: Option<&Field<T>>) -> Option<Range<usize>> {
    field.map(|it| it.span.clone())
}

fn missing_data(missing: file::MissingData) -> MissingData {
    match missing {
        file::MissingData::Missing => MissingData::Missing,
        file::MissingData::NotBreaching => MissingData::NotBreaching,
        file::MissingData::Breaching => MissingData::Breaching,
        file::MissingData::Ignore => MissingData::Ignore,
    }
}
