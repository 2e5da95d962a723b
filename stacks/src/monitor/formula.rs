//! Formulas of CloudWatch's metric math.

use std::collections::BTreeMap;

use super::{Measure, Metric};

/// Metrics that one alarm can look at.
const METRICS: usize = 10;
/// What the formula itself is called among an alarm's metrics.
pub(crate) const RESULT: &str = "result";

/// A formula that CloudWatch would refuse, or that cannot be meant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFormula {
    /// There is nothing to compute with.
    #[error("a formula needs `metrics` to compute with")]
    NoMetrics,
    /// CloudWatch takes so many metrics.
    #[error("{0} metrics: an alarm looks at {METRICS} at most")]
    TooManyMetrics(usize),
    /// A metric is called what CloudWatch does not take.
    #[error(
        "a metric cannot be called `{0}`: it takes a lowercase letter, then letters, digits and `_`"
    )]
    Name(String),
    /// A metric is called like the formula.
    #[error("a metric cannot be called `{0}`: the formula is")]
    Taken(String),
    /// The formula speaks of a metric that is not there.
    #[error("there is no metric `{0}`")]
    Unknown(String),
    /// The formula does not speak of a metric that is there.
    #[error("the metric `{0}` is never used")]
    Unused(String),
    /// What alarms cannot do.
    #[error("an alarm cannot use `SEARCH`: name the metrics")]
    Search,
    /// A quote is never closed.
    #[error("a quote is never closed")]
    Quote,
}

impl Measure {
    /// A formula such as `100 * errors / requests` over metrics, by the names that it calls them.
    ///
    /// Source: "Using math expressions with CloudWatch metrics" in the CloudWatch user guide, and
    /// `Metrics` of `PutMetricAlarm` in the CloudWatch API reference.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidFormula`] if there are no metrics or more than an alarm can have, if a metric's name is
    /// not allowed, if the formula names a metric that is not there or leaves one unused, if it uses `SEARCH`, or
    /// if a quote is not closed.
    pub fn math(formula: &str, metrics: BTreeMap<String, Metric>) -> Result<Self, InvalidFormula> {
        if metrics.is_empty() {
            return Err(InvalidFormula::NoMetrics);
        }
        if metrics.len() > METRICS {
            return Err(InvalidFormula::TooManyMetrics(metrics.len()));
        }
        for name in metrics.keys() {
            if name == RESULT {
                return Err(InvalidFormula::Taken(name.clone()));
            }
            let valid = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !valid || name.len() > 255 {
                return Err(InvalidFormula::Name(name.clone()));
            }
        }
        let words = words(formula)?;
        if words.contains(&"SEARCH") {
            return Err(InvalidFormula::Search);
        }
        let is_metric = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
        if let Some(unknown) = words
            .iter()
            .filter(|word| is_metric(word))
            .find(|word| !metrics.contains_key(**word))
        {
            return Err(InvalidFormula::Unknown((*unknown).to_owned()));
        }
        let all_at_once = words.contains(&"METRICS");
        if let Some(unused) = metrics
            .keys()
            .find(|name| !all_at_once && !words.contains(&name.as_str()))
        {
            return Err(InvalidFormula::Unused(unused.clone()));
        }
        Ok(Self::Math {
            formula: formula.to_owned(),
            metrics,
        })
    }
}

/// The names in a formula: of functions, in capitals, and of metrics.
fn words(formula: &str) -> Result<Vec<&str>, InvalidFormula> {
    let mut words = Vec::new();
    let mut rest = formula;
    while let Some(first) = rest.chars().next() {
        let end = if first == '"' || first == '\'' {
            let length = rest
                .get(1..)
                .and_then(|text| text.find(first))
                .ok_or(InvalidFormula::Quote)?;
            length + 2
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            if !first.is_ascii_digit() {
                words.push(rest.get(..end).unwrap_or_default());
            }
            end
        } else {
            first.len_utf8()
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::Statistic;

    fn math(formula: &str, names: &[&str]) -> Result<Measure, InvalidFormula> {
        let metric = Metric {
            namespace: "AWS/SQS".to_owned(),
            name: "NumberOfMessagesSent".to_owned(),
            dimensions: BTreeMap::new(),
            statistic: Statistic::Sum,
        };
        let metrics = names
            .iter()
            .map(|name| ((*name).to_owned(), metric.clone()))
            .collect();
        Measure::math(formula, metrics)
    }

    #[test]
    fn formulas_over_all_their_metrics() {
        for (formula, names) in [
            ("100 * errors / requests", ["errors", "requests"]),
            ("IF(m1 > 1e3, m2, 0)", ["m1", "m2"]),
            ("SUM(METRICS())", ["a", "b"]),
            ("MAX(METRICS(\"prod\")) + a_1", ["a_1", "b"]),
        ] {
            assert!(math(formula, &names).is_ok(), "{formula}");
        }
    }

    #[test]
    fn formulas_that_cannot_be_say_why() {
        for (formula, names, expected) in [
            (
                "1 + 1",
                &[][..],
                "a formula needs `metrics` to compute with",
            ),
            ("a / c", &["a", "b"], "there is no metric `c`"),
            ("a * 2", &["a", "b"], "the metric `b` is never used"),
            (
                "A",
                &["A"],
                "a metric cannot be called `A`: it takes a lowercase letter, then letters, digits and `_`",
            ),
            (
                "result",
                &["result"],
                "a metric cannot be called `result`: the formula is",
            ),
            (
                "SUM(SEARCH('{AWS/EC2}', 'Sum', 300)) + a",
                &["a"],
                "an alarm cannot use `SEARCH`: name the metrics",
            ),
            ("METRICS(\"a)", &["a"], "a quote is never closed"),
        ] {
            assert_eq!(math(formula, names).unwrap_err().to_string(), expected);
        }
        let names: Vec<String> = (0..11).map(|n| format!("m{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(
            math("SUM(METRICS())", &names),
            Err(InvalidFormula::TooManyMetrics(11))
        );
    }
}
