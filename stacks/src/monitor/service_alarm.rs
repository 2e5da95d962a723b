//! Alarms on an ECS service, each said in one line.

use std::collections::BTreeMap;

use super::{
    Alarm, AlarmName, ClusterName, Condition, InvalidCondition, InvalidName, Measure, Metric,
    MissingData, Period, Priority, Statistic,
};

/// What an alarm on a service can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Cpu,
    Memory,
    Running,
}

/// A line that does not become an alarm on a service.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServiceAlarm {
    /// It is about nothing that a service has.
    #[error("`{0}` does not begin with `cpu`, `memory` or `running`")]
    Subject(String),
    /// What follows cannot be read.
    #[error(transparent)]
    Condition(#[from] InvalidCondition),
    /// It can never go off.
    #[error("`{0}` can never be: it is never below zero")]
    Never(String),
    /// The names are too long for an alarm's.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

impl Alarm {
    /// Reads `cpu > 80 for 10 minutes`, `memory > 90`, `running < 2` or `running < desired for 5
    /// minutes`, about one service. CPU and memory are in percent of what the service reserves; how
    /// many tasks run is known where Container Insights is on.
    ///
    /// Source of the metrics: "Amazon ECS CloudWatch metrics" and "Amazon ECS Container Insights
    /// metrics" in the ECS and CloudWatch user guides.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidServiceAlarm`] if the line begins with none of the three words, if its condition cannot
    /// be read or can never be met, or if the names of cluster and service are too long for an alarm's.
    pub fn on_service(
        cluster: &ClusterName,
        service: &ClusterName,
        priority: Option<Priority>,
        line: &str,
    ) -> Result<Self, InvalidServiceAlarm> {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let end = line
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        let subject = match word.to_ascii_lowercase().as_str() {
            "cpu" => Subject::Cpu,
            "memory" => Subject::Memory,
            "running" => Subject::Running,
            _ => return Err(InvalidServiceAlarm::Subject(line)),
        };
        let rest = rest.trim();
        let dimensions = BTreeMap::from([
            ("ClusterName".to_owned(), cluster.to_string()),
            ("ServiceName".to_owned(), service.to_string()),
        ]);
        let metric = |namespace: &str, name: &str| Metric {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions.clone(),
            statistic: Statistic::Average,
        };
        let (measure, condition) = match (subject, below_desired(rest)) {
            (Subject::Running, Some(duration)) => (
                Measure::Math {
                    formula: "desired - running".to_owned(),
                    metrics: BTreeMap::from([
                        (
                            "desired".to_owned(),
                            metric("ECS/ContainerInsights", "DesiredTaskCount"),
                        ),
                        (
                            "running".to_owned(),
                            metric("ECS/ContainerInsights", "RunningTaskCount"),
                        ),
                    ]),
                },
                format!("> 0 {duration}"),
            ),
            (Subject::Running, None) => (
                Measure::Metric(metric("ECS/ContainerInsights", "RunningTaskCount")),
                rest.to_owned(),
            ),
            (Subject::Cpu, _) => (
                Measure::Metric(metric("AWS/ECS", "CPUUtilization")),
                rest.to_owned(),
            ),
            (Subject::Memory, _) => (
                Measure::Metric(metric("AWS/ECS", "MemoryUtilization")),
                rest.to_owned(),
            ),
        };
        let condition = Condition::parse(&condition, Period::MINUTE)?;
        if condition.is_never_met_by_counts() {
            return Err(InvalidServiceAlarm::Never(line));
        }
        Ok(Self {
            name: AlarmName::parse(&format!("{cluster}/{service}-{}", subject.slug()))?,
            path: [
                "Service",
                cluster.as_str(),
                subject.logical_name(),
                service.as_str(),
            ]
            .map(str::to_owned)
            .to_vec(),
            description: Some(format!(
                "{} of the service `{service}` in the ECS cluster `{cluster}`: {}",
                subject.title(),
                line.split_at(end).1.trim()
            )),
            priority: priority.unwrap_or(Priority::High),
            incident: true,
            measure,
            period: Period::MINUTE,
            condition,
            missing_data: MissingData::Missing,
            regions: Vec::new(),
        })
    }
}

/// What follows `< desired`, if that is what is asked.
fn below_desired(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('<')?.trim_start();
    rest.strip_prefix("desired").map(str::trim)
}

impl Subject {
    fn slug(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Running => "running",
        }
    }

    fn logical_name(self) -> &'static str {
        match self {
            Self::Cpu => "Cpu",
            Self::Memory => "Memory",
            Self::Running => "Running",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU, in percent,",
            Self::Memory => "Memory, in percent,",
            Self::Running => "Running tasks",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{Comparison, Test};

    fn alarm(line: &str) -> Result<Alarm, InvalidServiceAlarm> {
        let name = |text| ClusterName::parse(text).unwrap();
        Alarm::on_service(&name("checkout"), &name("api"), None, line)
    }

    #[test]
    fn one_line_is_an_alarm() {
        for (line, name, test, periods) in [
            (
                "cpu > 80 for 10 minutes",
                "checkout/api-cpu",
                Test::Threshold(Comparison::Greater, 80.0),
                10,
            ),
            (
                "memory>=90",
                "checkout/api-memory",
                Test::Threshold(Comparison::AtLeast, 90.0),
                1,
            ),
            (
                "running < 2",
                "checkout/api-running",
                Test::Threshold(Comparison::Less, 2.0),
                1,
            ),
            (
                "running  <desired for 5 minutes",
                "checkout/api-running",
                Test::Threshold(Comparison::Greater, 0.0),
                5,
            ),
        ] {
            let alarm = alarm(line).unwrap();
            assert_eq!(alarm.name.as_str(), name);
            assert_eq!(alarm.condition.test, test);
            assert_eq!(alarm.condition.periods, periods);
        }
    }

    #[test]
    fn tasks_are_compared_with_what_is_desired() {
        let alarm = alarm("running < desired").unwrap();
        let Measure::Math { formula, metrics } = alarm.measure else {
            panic!("no formula");
        };
        assert_eq!(formula, "desired - running");
        assert_eq!(metrics["running"].name, "RunningTaskCount");
        assert_eq!(
            alarm.description.unwrap(),
            "Running tasks of the service `api` in the ECS cluster `checkout`: < desired"
        );
    }

    #[test]
    fn lines_that_are_no_alarm_say_why() {
        for (line, expected) in [
            (
                "disk > 80",
                "`disk > 80` does not begin with `cpu`, `memory` or `running`",
            ),
            ("cpu > high", "`high` is not a number"),
            (
                "running < 0",
                "`running < 0` can never be: it is never below zero",
            ),
        ] {
            assert_eq!(alarm(line).unwrap_err().to_string(), expected);
        }
    }
}
