//! Alarms on metrics, in the words of a person.

use std::collections::BTreeMap;

use super::{AlarmName, Condition, Period, Priority, Query};

/// An alarm to create.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The name, before which the stack's name is set.
    pub name: AlarmName,
    /// Where the alarm sits in the model: what its logical ID is made of.
    pub path: Vec<String>,
    /// What the alarm means and what to look at first. It becomes part of the incident.
    pub description: Option<String>,
    /// How urgent its incidents are.
    pub priority: Priority,
    /// Whether the alarm leads to incidents by itself, and not only as a part of composite alarms.
    pub incident: bool,
    /// What is measured.
    pub measure: Measure,
    /// How long a period is.
    pub period: Period,
    /// When it goes off.
    pub condition: Condition,
    /// What silence means.
    pub missing_data: MissingData,
    /// The regions that it is made in, sorted; empty for all.
    pub regions: Vec<String>,
}

/// What an alarm measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// One metric.
    Metric(Metric),
    /// A formula of CloudWatch's metric math over metrics, by the names that it calls them.
    Math {
        /// Such as `100 * errors / requests`.
        formula: String,
        /// At most 10.
        metrics: BTreeMap<String, Metric>,
    },
    /// A query of CloudWatch Metrics Insights.
    Query(Query),
}

/// A metric, and how it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Such as `AWS/ApplicationELB`.
    pub namespace: String,
    /// Such as `HTTPCode_Target_5XX_Count`.
    pub name: String,
    /// At most 30.
    pub dimensions: BTreeMap<String, String>,
    /// How the datapoints of a period become one.
    pub statistic: Statistic,
}

/// How the datapoints of a period become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// The mean.
    Average,
    /// The sum.
    Sum,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// How many there are.
    SampleCount,
    /// A percentile or another extended statistic, such as `p99.9` or `tm90`.
    Extended(String),
}

/// What periods without datapoints mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingData {
    /// The alarm does not know: `INSUFFICIENT_DATA`.
    Missing,
    /// All is well.
    NotBreaching,
    /// Something is wrong.
    Breaching,
    /// Nothing changes.
    Ignore,
}

/// A statistic that CloudWatch does not have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a statistic")]
pub struct InvalidStatistic(String);

impl Alarm {
    /// The path of an alarm that an account file names.
    pub fn path_of(name: &AlarmName) -> Vec<String> {
        vec!["Alarm".to_owned(), name.to_string()]
    }
}

impl Measure {
    /// The namespaces of the metrics; a query's own are not known.
    pub fn namespaces(&self) -> Vec<&str> {
        match self {
            Self::Metric(metric) => vec![&metric.namespace],
            Self::Math { metrics, .. } => {
                metrics.values().map(|it| it.namespace.as_str()).collect()
            }
            Self::Query(_) => vec!["Metrics Insights"],
        }
    }
}

impl Statistic {
    /// CloudWatch's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
            Self::SampleCount => "SampleCount",
            Self::Extended(name) => name,
        }
    }

    /// Reads `Average`, `Sum`, .. or an extended statistic such as `p99`.
    /// Source: "CloudWatch statistics definitions" in the CloudWatch user guide.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidStatistic`] with the text if CloudWatch has no such statistic.
    pub fn parse(text: &str) -> Result<Self, InvalidStatistic> {
        Ok(match text.to_ascii_lowercase().as_str() {
            "average" => Self::Average,
            "sum" => Self::Sum,
            "minimum" => Self::Minimum,
            "maximum" => Self::Maximum,
            "samplecount" => Self::SampleCount,
            lower if is_extended(lower) => Self::Extended(text.to_owned()),
            _ => return Err(InvalidStatistic(text.to_owned())),
        })
    }
}

fn is_extended(text: &str) -> bool {
    let percentage = ["tm", "wm", "tc", "ts", "p"]
        .into_iter()
        .find_map(|kind| text.strip_prefix(kind))
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        .and_then(|digits| digits.parse::<f64>().ok());
    text == "iqm" || percentage.is_some_and(|percentage| (0.0..=100.0).contains(&percentage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics() {
        assert_eq!(Statistic::parse("Average"), Ok(Statistic::Average));
        for text in ["p99", "p99.9", "tm90", "IQM", "P50"] {
            assert_eq!(
                Statistic::parse(text),
                Ok(Statistic::Extended(text.to_owned()))
            );
        }
        for text in ["", "p", "p101", "median", "p9-9", "mean"] {
            assert!(Statistic::parse(text).is_err(), "{text}");
        }
    }
}
