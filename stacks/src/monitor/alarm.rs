//! Alarms on metrics, in the words of a person.

use std::collections::BTreeMap;

use super::{AlarmName, Priority};

/// An alarm to create.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The name, before which the stack's name is set.
    pub name: AlarmName,
    /// What the alarm means and what to look at first. It becomes part of the incident.
    pub description: Option<String>,
    /// How urgent its incidents are.
    pub priority: Priority,
    /// What is measured.
    pub metric: Metric,
    /// When it is too much.
    pub condition: Condition,
    /// What silence means.
    pub missing_data: MissingData,
}

/// What an alarm measures.
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
    /// How long a period is.
    pub period: Period,
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

/// The length of a period, in seconds: 10, 20, 30, or whole minutes up to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(i64);

/// When a metric is too much, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// How the metric is compared with the threshold.
    pub comparison: Comparison,
    /// In the metric's unit.
    pub threshold: f64,
    /// How many datapoints must be over the threshold.
    pub datapoints: i64,
    /// Of how many periods in a row.
    pub periods: i64,
}

/// How a metric is compared with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `<`
    Less,
    /// `<=`
    AtMost,
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

/// A period that CloudWatch does not take.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period")]
pub struct InvalidPeriod(String);

/// A condition that cannot be read, or that no alarm can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCondition {
    /// It does not begin with a comparison.
    #[error("`{0}` does not begin with `>`, `>=`, `<` or `<=`")]
    Comparison(String),
    /// What follows the comparison is no number.
    #[error("`{0}` is not a number")]
    Threshold(String),
    /// What follows the threshold is no duration.
    #[error("`{0}` does not say how long, as `for 5 minutes` or `for 3 of 5 minutes` do")]
    Duration(String),
    /// The duration is not a whole number of periods.
    #[error("{minutes} minutes are not a whole number of periods of {period} seconds")]
    Fraction {
        /// What was asked for.
        minutes: i64,
        /// The period's length, in seconds.
        period: i64,
    },
    /// More datapoints must breach than there are.
    #[error("{datapoints} of {periods} can never be reached")]
    Unreachable {
        /// How many must breach.
        datapoints: i64,
        /// Of how many.
        periods: i64,
    },
    /// CloudWatch looks back a day at most, or a week for periods of an hour and more.
    #[error("{periods} periods of {period} seconds are more than CloudWatch looks back")]
    TooLong {
        /// How many periods.
        periods: i64,
        /// The period's length, in seconds.
        period: i64,
    },
}

impl Statistic {
    /// Reads `Average`, `Sum`, .. or an extended statistic such as `p99`.
    /// Source: "CloudWatch statistics definitions" in the CloudWatch user guide.
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

impl Period {
    /// One minute.
    pub const MINUTE: Self = Self(60);

    /// Reads `30 seconds`, `1 minute`, `5 minutes`, `1 hour`, `1 day`.
    /// Source: `Period` of `PutMetricAlarm` in the CloudWatch API reference.
    pub fn parse(text: &str) -> Result<Self, InvalidPeriod> {
        let invalid = || InvalidPeriod(text.to_owned());
        let (number, unit) = text.trim().split_once(' ').ok_or_else(invalid)?;
        let number: i64 = number.parse().map_err(|_| invalid())?;
        let unit = match unit.trim().trim_end_matches('s') {
            "second" => 1,
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => return Err(invalid()),
        };
        let seconds = number.checked_mul(unit).ok_or_else(invalid)?;
        let allowed = [10, 20, 30].contains(&seconds) || (seconds % 60 == 0 && seconds >= 60);
        if allowed && seconds <= 86_400 {
            Ok(Self(seconds))
        } else {
            Err(invalid())
        }
    }

    /// The length in seconds.
    pub fn seconds(self) -> i64 {
        self.0
    }
}

impl Condition {
    /// Reads `> 80`, `> 80 for 5 minutes`, `>= 1 for 3 of 5 minutes` or `< 1 for 2 of 3 periods`.
    pub fn parse(text: &str, period: Period) -> Result<Self, InvalidCondition> {
        let text = text.trim();
        let (comparison, rest) = [
            (">=", Comparison::AtLeast),
            ("<=", Comparison::AtMost),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
        ]
        .into_iter()
        .find_map(|(symbol, comparison)| Some((comparison, text.strip_prefix(symbol)?)))
        .ok_or_else(|| InvalidCondition::Comparison(text.to_owned()))?;

        let (number, duration) = match rest.split_once(" for ") {
            Some((number, duration)) => (number.trim(), Some(duration.trim())),
            None => (rest.trim(), None),
        };
        let threshold = number
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .ok_or_else(|| InvalidCondition::Threshold(number.to_owned()))?;
        let (datapoints, periods) = match duration {
            Some(duration) => parse_duration(duration, period)?,
            None => (1, 1),
        };
        if datapoints > periods {
            return Err(InvalidCondition::Unreachable {
                datapoints,
                periods,
            });
        }
        let longest = if period.0 >= 3_600 {
            7 * 86_400
        } else {
            86_400
        };
        if periods.saturating_mul(period.0) > longest {
            return Err(InvalidCondition::TooLong {
                periods,
                period: period.0,
            });
        }
        Ok(Self {
            comparison,
            threshold,
            datapoints,
            periods,
        })
    }
}

/// Reads `5 minutes`, `3 of 5 minutes`, `2 periods` or `2 of 3 periods`, in periods.
fn parse_duration(text: &str, period: Period) -> Result<(i64, i64), InvalidCondition> {
    let unclear = || InvalidCondition::Duration(text.to_owned());
    let words: Vec<&str> = text.split_whitespace().collect();
    let (some, all, unit) = match words.as_slice() {
        [all, unit] => (*all, *all, *unit),
        [some, "of", all, unit] => (*some, *all, *unit),
        _ => return Err(unclear()),
    };
    let number = |word: &str| {
        word.parse::<i64>()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(unclear)
    };
    let (some, all) = (number(some)?, number(all)?);
    let in_periods = |minutes: i64| {
        let seconds = minutes.saturating_mul(60);
        if seconds % period.0 == 0 {
            Ok(seconds / period.0)
        } else {
            Err(InvalidCondition::Fraction {
                minutes,
                period: period.0,
            })
        }
    };
    match unit {
        "minute" | "minutes" => Ok((in_periods(some)?, in_periods(all)?)),
        "hour" | "hours" => Ok((
            in_periods(some.saturating_mul(60))?,
            in_periods(all.saturating_mul(60))?,
        )),
        "period" | "periods" => Ok((some, all)),
        _ => Err(unclear()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, period: &str, comparison: Comparison, rest: (f64, i64, i64)) {
        let condition = Condition::parse(text, Period::parse(period).unwrap()).unwrap();
        let (threshold, datapoints, periods) = rest;
        assert_eq!(
            condition,
            Condition {
                comparison,
                threshold,
                datapoints,
                periods
            }
        );
    }

    #[test]
    fn conditions_read_as_they_are_said() {
        check("> 80", "1 minute", Comparison::Greater, (80.0, 1, 1));
        check(
            ">80 for 5 minutes",
            "1 minute",
            Comparison::Greater,
            (80.0, 5, 5),
        );
        check(
            ">= 0.5 for 3 of 5 minutes",
            "1 minute",
            Comparison::AtLeast,
            (0.5, 3, 5),
        );
        check(
            "< 1 for 10 of 15 minutes",
            "5 minutes",
            Comparison::Less,
            (1.0, 2, 3),
        );
        check(
            "<= -2 for 2 of 3 periods",
            "1 day",
            Comparison::AtMost,
            (-2.0, 2, 3),
        );
        check(
            "> 1 for 1 minute",
            "10 seconds",
            Comparison::Greater,
            (1.0, 6, 6),
        );
        check(
            "> 1 for 2 hours",
            "1 hour",
            Comparison::Greater,
            (1.0, 2, 2),
        );
    }

    #[test]
    fn conditions_that_cannot_be_say_why() {
        let minute = Period::MINUTE;
        let five = Period::parse("5 minutes").unwrap();
        for (text, period, expected) in [
            (
                "80",
                minute,
                "`80` does not begin with `>`, `>=`, `<` or `<=`",
            ),
            ("> high", minute, "`high` is not a number"),
            ("> inf", minute, "`inf` is not a number"),
            (
                "> 1 for ever",
                minute,
                "`ever` does not say how long, as `for 5 minutes` or `for 3 of 5 minutes` do",
            ),
            (
                "> 1 for 3 minutes",
                five,
                "3 minutes are not a whole number of periods of 300 seconds",
            ),
            (
                "> 1 for 5 of 3 minutes",
                minute,
                "5 of 3 can never be reached",
            ),
            (
                "> 1 for 2000 minutes",
                minute,
                "2000 periods of 60 seconds are more than CloudWatch looks back",
            ),
        ] {
            assert_eq!(
                Condition::parse(text, period).unwrap_err().to_string(),
                expected
            );
        }
    }

    #[test]
    fn periods() {
        for (text, seconds) in [
            ("10 seconds", 10),
            ("1 minute", 60),
            ("5 minutes", 300),
            ("1 day", 86_400),
        ] {
            assert_eq!(Period::parse(text).unwrap().seconds(), seconds);
        }
        for text in [
            "",
            "5",
            "5m",
            "45 seconds",
            "0 minutes",
            "2 days",
            "-5 minutes",
        ] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

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
