//! Alarms that are created.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use stacks::{
    LogicalId,
    monitor::{Alarm, AlarmName, AlarmRule, AlarmShards, CompositeAlarm, Priority, Verdict},
};

use super::{Resolver, measure::AlarmKind, priority};
use crate::config::{
    diagnostic::did_you_mean,
    field::Field,
    file,
    named::{Named, NamedKind},
    spans::Declaration,
};

/// A value, and where it stands in the text.
pub(super) type Placed<T> = (T, Range<usize>);

/// Every alarm of a file.
#[derive(Default)]
struct Alarms {
    metric: Vec<Placed<Alarm>>,
    composite: Vec<Placed<CompositeAlarm>>,
    /// The rule of each composite alarm, in the text.
    rules: Vec<Range<usize>>,
    /// Those with a mistake of their own: they are in the file, and nothing more is known of them.
    unusable: BTreeSet<AlarmName>,
}

impl Alarms {
    /// Each composite alarm and where its rule is.
    fn with_rules(&self) -> impl Iterator<Item = (&CompositeAlarm, &Range<usize>)> {
        self.composite.iter().map(|(it, _)| it).zip(&self.rules)
    }
}

/// What every kind of alarm has.
struct Common {
    name: AlarmName,
    description: Option<String>,
    priority: Priority,
    incident: bool,
    regions: Vec<String>,
}

impl Resolver<'_> {
    /// The alarms of the file, and those on services, which `clusters` asked for.
    pub(super) fn alarms(
        &mut self,
        fields: Vec<Field<file::Alarm>>,
        on_services: Vec<Placed<Alarm>>,
        regions: &[String],
    ) -> (Vec<Alarm>, Vec<CompositeAlarm>) {
        let mut alarms = Alarms {
            metric: on_services,
            ..Alarms::default()
        };
        for field in fields {
            if let Some(alarm) = field.value {
                self.alarm(&field.span, alarm, regions, &mut alarms);
            }
        }
        self.alarms_are_distinct(&alarms);
        self.composites_hold(&alarms);
        self.composites_are_where_their_alarms_are(&alarms, regions);
        let metric = alarms.metric.iter().map(|(it, span)| (&it.name, span));
        let composite = alarms.composite.iter().map(|(it, span)| (&it.name, span));
        for (name, span) in metric.chain(composite) {
            self.spans
                .insert(Declaration::Alarm(name.to_string()), span);
        }
        (
            alarms.metric.into_iter().map(|(it, _)| it).collect(),
            alarms.composite.into_iter().map(|(it, _)| it).collect(),
        )
    }

    fn alarm(
        &mut self,
        span: &Range<usize>,
        mut alarm: file::Alarm,
        regions: &[String],
        alarms: &mut Alarms,
    ) {
        self.require(span, &[("name", alarm.name.missing)]);
        let regions = self.some_regions(alarm.regions.take(), regions);
        let common = self.common(&alarm, regions);
        let name = alarm.name.span.clone();
        let of_file = common.as_ref().map(|it| it.name.clone());
        let Some(kind) = self.alarm_kind(span, &alarm) else {
            alarms.unusable.extend(of_file);
            return;
        };
        if let AlarmKind::Composite(rule) = kind {
            let place = rule.span.clone();
            let rule = self.parsed(rule, "", AlarmRule::parse);
            let regions = common.as_ref().map(|it| it.regions.clone());
            for existing in rule.iter().flat_map(AlarmRule::existing) {
                self.named.push(Named {
                    regions: regions.clone().unwrap_or_default(),
                    ..Named::new(NamedKind::Alarm, existing, &place)
                });
            }
            if let (Some(common), Some(rule)) = (common, rule) {
                let composite = CompositeAlarm {
                    name: common.name,
                    description: common.description,
                    priority: common.priority,
                    incident: common.incident,
                    rule,
                    regions: common.regions,
                };
                alarms.composite.push((composite, name));
                alarms.rules.push(place);
            } else {
                alarms.unusable.extend(of_file);
            }
            return;
        }
        let measured = self.measured(span, alarm);
        if let (Some(common), Some(measured)) = (common, measured) {
            let alarm = Alarm {
                path: Alarm::path_of(&common.name),
                name: common.name,
                description: common.description,
                priority: common.priority,
                incident: common.incident,
                measure: measured.measure,
                period: measured.period,
                condition: measured.condition,
                missing_data: measured.missing_data,
                regions: common.regions,
            };
            alarms.metric.push((alarm, name));
        } else {
            alarms.unusable.extend(of_file);
        }
    }

    fn common(&mut self, alarm: &file::Alarm, regions: Vec<String>) -> Option<Common> {
        let name = self.parsed(&alarm.name, "", AlarmName::parse);
        let description = alarm
            .description
            .as_ref()
            .and_then(|it| self.description(it));
        Some(Common {
            name: name?,
            description,
            priority: alarm
                .priority
                .as_ref()
                .and_then(|it| it.value)
                .map_or(Priority::High, priority),
            incident: alarm
                .incident
                .as_ref()
                .and_then(|it| it.value)
                .unwrap_or(true),
            regions,
        })
    }

    fn description(&mut self, field: &Field<String>) -> Option<String> {
        let text = field.value.clone()?;
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

    /// No two alarms have one name, or become one resource.
    fn alarms_are_distinct(&mut self, alarms: &Alarms) {
        let metric = alarms.metric.iter().map(|(it, span)| {
            let path: Vec<&str> = it.path.iter().map(String::as_str).collect();
            (&it.name, LogicalId::from_path(&path), span)
        });
        let composite = alarms
            .composite
            .iter()
            .map(|(it, span)| (&it.name, it.logical_id(), span));
        let mut names: BTreeMap<&AlarmName, &Range<usize>> = BTreeMap::new();
        let mut ids: BTreeMap<LogicalId, &AlarmName> = BTreeMap::new();
        let mut all: Vec<_> = metric.chain(composite).collect();
        all.sort_by_key(|(_, _, span)| span.start);
        for (name, id, span) in all {
            if let Some(first) = names.insert(name, span) {
                self.duplicate("alarm", name.as_str(), span, first);
                continue;
            }
            let first = ids.entry(id).or_insert(name);
            if *first != name {
                self.error(
                    span,
                    format!("`{name}` and `{first}` differ in nothing but punctuation"),
                    "CloudFormation would take them for one resource: rename one of them",
                );
            }
        }
    }

    /// What composite alarms look at is there, can change, and does not lead back to them.
    fn composites_hold(&mut self, alarms: &Alarms) {
        let names: BTreeSet<&AlarmName> = alarms
            .metric
            .iter()
            .map(|(it, _)| &it.name)
            .chain(alarms.composite.iter().map(|(it, _)| &it.name))
            .chain(&alarms.unusable)
            .collect();
        let looks_at: BTreeMap<&AlarmName, BTreeSet<&AlarmName>> = alarms
            .composite
            .iter()
            .map(|(it, _)| (&it.name, it.rule.alarms()))
            .collect();
        for (composite, span) in alarms.with_rules() {
            for other in composite.rule.alarms().difference(&names) {
                let others = names.iter().filter(|it| **it != &composite.name);
                let known: Vec<&str> = others.map(|it| it.as_str()).collect();
                self.error(
                    span,
                    format!("no alarm `{other}` in this file"),
                    &format!(
                        "{} (an alarm that is not of this file is `existing({other})`)",
                        did_you_mean(other.as_str(), &known)
                    ),
                );
            }
            match composite.rule.verdict() {
                Verdict::Sound => {}
                Verdict::Never => {
                    self.error(
                        span,
                        format!("`{}` can never go off", composite.name),
                        "an alarm is in one state at a time",
                    );
                }
                Verdict::Always => {
                    self.error(
                        span,
                        format!("`{}` is never over", composite.name),
                        "it holds in every state of the alarms that it looks at",
                    );
                }
            }
            if leads_to(&composite.name, &composite.name, &looks_at) {
                self.error(
                    span,
                    format!("`{}` looks at itself", composite.name),
                    "directly, or by way of alarms that it looks at",
                );
            }
        }
        let used: BTreeSet<&AlarmName> = looks_at.values().flatten().copied().collect();
        let unused = alarms
            .metric
            .iter()
            .map(|(it, span)| (&it.name, it.incident, span))
            .chain(
                alarms
                    .composite
                    .iter()
                    .map(|(it, span)| (&it.name, it.incident, span)),
            )
            .filter(|(name, incident, _)| !incident && !used.contains(name));
        for (name, _, span) in unused {
            self.warn(
                span,
                format!("`{name}` is not reported to anyone"),
                "it has `incident: false`, and no composite alarm looks at it",
            );
        }
    }

    /// Every alarm that a composite alarm looks at is in each of its regions: CloudWatch refuses it otherwise.
    fn composites_are_where_their_alarms_are(&mut self, alarms: &Alarms, regions: &[String]) {
        let metric = alarms.metric.iter().map(|(it, _)| (&it.name, &it.regions));
        let composite = alarms
            .composite
            .iter()
            .map(|(it, _)| (&it.name, &it.regions));
        let places: BTreeMap<&AlarmName, &Vec<String>> = metric.chain(composite).collect();
        let all = |some: &[String]| -> Vec<String> {
            if some.is_empty() { regions } else { some }.to_vec()
        };
        for (composite, span) in alarms.with_rules() {
            let own = all(&composite.regions);
            for other in composite.rule.alarms() {
                let Some(others) = places.get(other).filter(|it| !it.is_empty()) else {
                    continue;
                };
                if let Some(region) = own.iter().find(|it| !others.contains(it)) {
                    self.error(
                        span,
                        format!(
                            "`{}` looks at `{other}`, which is not in {region}",
                            composite.name
                        ),
                        &format!(
                            "give it the same regions: `regions: [{}]`",
                            others.join(", ")
                        ),
                    );
                }
            }
        }
    }

    pub(super) fn alarm_shards(&mut self, field: &Field<u32>) -> AlarmShards {
        let Some(shards) = field.value else {
            return AlarmShards::MIN;
        };
        AlarmShards::new(shards).unwrap_or_else(|| {
            self.error(
                &field.span,
                format!("`{shards}` shards: there can be 1 to 100"),
                "",
            );
            AlarmShards::MIN
        })
    }
}

/// Whether the way from one alarm comes to another.
fn leads_to(
    from: &AlarmName,
    to: &AlarmName,
    looks_at: &BTreeMap<&AlarmName, BTreeSet<&AlarmName>>,
) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&AlarmName> = vec![from];
    while let Some(name) = next.pop() {
        for other in looks_at.get(name).into_iter().flatten() {
            if *other == to {
                return true;
            }
            if seen.insert(*other) {
                next.push(other);
            }
        }
    }
    false
}
