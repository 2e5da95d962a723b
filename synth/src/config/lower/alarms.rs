//! Alarms that are created, and alarms that are watched.

use std::{collections::BTreeMap, ops::Range};

use stacks::{
    LogicalId,
    monitor::{
        Alarm, AlarmName, AlarmPrefix, Condition, Metric, MissingData, Period, Priority, StackName,
        Statistic,
    },
};

use super::{Lower, entries};
use crate::config::{field::Field, file};

impl Lower<'_> {
    pub(super) fn alarms(&mut self, fields: Vec<Field<file::Alarm>>) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> = Vec::new();
        let mut ids: BTreeMap<LogicalId, String> = BTreeMap::new();
        for field in fields {
            let Some(alarm) = field.value else { continue };
            self.require(
                &field.span,
                &[
                    ("name", alarm.name.missing),
                    ("metric", alarm.metric.missing),
                    ("when", alarm.when.missing),
                ],
            );
            let span = alarm.name.span.clone();
            let Some(alarm) = self.alarm(alarm) else {
                continue;
            };
            let id = LogicalId::from_path(&[alarm.name.as_str()]);
            match ids.get(&id) {
                Some(other) if other == alarm.name.as_str() => {
                    self.error(&span, format!("the alarm `{other}` stands here twice"), "");
                }
                Some(other) => self.error(
                    &span,
                    format!(
                        "`{}` and `{other}` differ in nothing but punctuation",
                        alarm.name
                    ),
                    "CloudFormation would take them for one resource: rename one of them",
                ),
                None => {
                    ids.insert(id, alarm.name.to_string());
                    alarms.push(alarm);
                }
            }
        }
        alarms
    }

    pub(super) fn alarm(&mut self, alarm: file::Alarm) -> Option<Alarm> {
        let name = self.parsed(&alarm.name, "", AlarmName::parse);
        let metric = self.metric_name(&alarm.metric);
        let statistic = match &alarm.statistic {
            None => Some(Statistic::Average),
            Some(field) => self.parsed(
                field,
                "use Average, Sum, Minimum, Maximum, SampleCount, or a percentile such as p99",
                Statistic::parse,
            ),
        };
        let period = match &alarm.period {
            None => Some(Period::MINUTE),
            Some(field) => self.parsed(
                field,
                "use 10, 20 or 30 seconds, or whole minutes up to a day, such as `5 minutes`",
                Period::parse,
            ),
        };
        let condition = period.and_then(|period| {
            self.parsed(
                &alarm.when,
                "write it like `> 80`, `> 80 for 5 minutes` or `>= 1 for 3 of 5 minutes`",
                |text| Condition::parse(text, period),
            )
        });
        let dimensions = self.dimensions(entries(alarm.dimensions), &alarm.metric.span);
        let (namespace, metric) = metric?;
        Some(Alarm {
            name: name?,
            description: alarm.description.and_then(|it| self.description(it)),
            priority: alarm
                .priority
                .and_then(|it| it.value)
                .map_or(Priority::High, priority),
            metric: Metric {
                namespace,
                name: metric,
                dimensions,
                statistic: statistic?,
                period: period?,
            },
            condition: condition?,
            missing_data: alarm
                .missing_data
                .and_then(|it| it.value)
                .map_or(MissingData::Missing, missing_data),
        })
    }

    pub(super) fn metric_name(&mut self, field: &Field<String>) -> Option<(String, String)> {
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

    pub(super) fn dimensions(
        &mut self,
        fields: BTreeMap<String, Field<String>>,
        metric: &Range<usize>,
    ) -> BTreeMap<String, String> {
        if fields.len() > 30 {
            self.error(
                metric,
                format!("a metric has at most 30 dimensions, not {}", fields.len()),
                "",
            );
        }
        fields
            .into_iter()
            .filter_map(|(key, field)| Some((key, field.value?)))
            .collect()
    }

    pub(super) fn description(&mut self, field: Field<String>) -> Option<String> {
        let text = field.value?;
        // CloudWatch takes 1,024; the rest is for the priority.
        if text.chars().count() > 1_000 {
            self.error(
                &field.span,
                "a description has at most 1,000 characters",
                "",
            );
        }
        Some(text)
    }

    pub(super) fn alarm_shards(&mut self, field: &Field<u32>) -> u32 {
        match field.value {
            Some(shards @ 1..=100) => shards,
            Some(shards) => {
                self.error(
                    &field.span,
                    format!("`{shards}` shards: there can be 1 to 100"),
                    "",
                );
                1
            }
            None => 1,
        }
    }

    pub(super) fn watched_alarms(
        &mut self,
        fields: &[Field<String>],
        stack: &StackName,
    ) -> Vec<AlarmPrefix> {
        let mut prefixes: Vec<AlarmPrefix> = Vec::new();
        for field in fields {
            let Some(prefix) = self.parsed(field, "", AlarmPrefix::parse) else {
                continue;
            };
            let own = format!("{stack}-");
            if prefix.as_str().starts_with(&own) {
                self.error(
                    &field.span,
                    format!("alarms that begin with `{own}` are this stack's own"),
                    "they have their own way to the agent: remove this entry",
                );
            } else if let Some(other) = prefixes
                .iter()
                .find(|other| prefix.as_str().starts_with(other.as_str()))
            {
                let message = format!("`{prefix}` is watched already, by `{other}`");
                self.error(&field.span, message, "");
            } else {
                prefixes.push(prefix);
            }
        }
        prefixes
    }
}

fn priority(priority: file::Priority) -> Priority {
    match priority {
        file::Priority::Critical => Priority::Critical,
        file::Priority::High => Priority::High,
        file::Priority::Medium => Priority::Medium,
        file::Priority::Low => Priority::Low,
        file::Priority::Minimal => Priority::Minimal,
    }
}

fn missing_data(missing: file::MissingData) -> MissingData {
    match missing {
        file::MissingData::Missing => MissingData::Missing,
        file::MissingData::NotBreaching => MissingData::NotBreaching,
        file::MissingData::Breaching => MissingData::Breaching,
        file::MissingData::Ignore => MissingData::Ignore,
    }
}
