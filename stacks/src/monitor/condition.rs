//! When a metric is too much, and for how long, in the words of a person.

use super::duration;

/// The length of a period, in seconds: 10, 20, 30, or whole minutes up to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(i64);

/// When a metric is too much, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// What is too much.
    pub test: Test,
    /// How many datapoints must be too much.
    pub datapoints: i64,
    /// Of how many periods in a row.
    pub periods: i64,
}

/// What is too much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Test {
    /// A datapoint on the wrong side of a number, in the metric's unit.
    Threshold(Comparison, f64),
    /// A datapoint outside of what CloudWatch has learned to expect, by so many standard
    /// deviations; over 0.
    Band(Side, f64),
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

/// Which side of the expected band is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Over the band.
    Above,
    /// Under the band.
    Below,
    /// Either.
    Outside,
}

/// A period that CloudWatch does not take.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period")]
pub struct InvalidPeriod(String);

/// A condition that cannot be read, or that no alarm can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCondition {
    /// It begins with nothing that can be wrong about a metric.
    #[error(
        "`{0}` does not begin with `>`, `>=`, `<`, `<=`, or with `above normal`, `below normal` or \
         `outside normal`"
    )]
    Comparison(String),
    /// What follows the comparison is no number.
    #[error("`{0}` is not a number")]
    Threshold(String),
    /// What follows `by` is no number of deviations.
    #[error("`{0}` does not say how far, as `by 2 deviations` does")]
    Deviations(String),
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

impl Period {
    /// One minute.
    pub const MINUTE: Self = Self(60);

    /// Reads `30 seconds`, `1 minute`, `5 minutes`, `1 hour`, `1 day`.
    /// Source: `Period` of `PutMetricAlarm` in the CloudWatch API reference.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidPeriod`] with the text if it is not a duration, or is neither 10, 20 or 30 seconds nor
    /// a whole number of minutes up to a day.
    pub fn parse(text: &str) -> Result<Self, InvalidPeriod> {
        let invalid = || InvalidPeriod(text.to_owned());
        let seconds = duration::seconds(text).ok_or_else(invalid)?;
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
    /// Reads `> 80`, `> 80 for 5 minutes`, `>= 1 for 3 of 5 minutes`, `< 1 for 2 of 3 periods`,
    /// `above normal for 15 minutes` or `outside normal by 3 deviations for 3 of 5 minutes`.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidCondition`] if the text has no comparison, if the threshold or the duration cannot be
    /// read, if the duration is not a whole number of periods or can never be reached, or if it is longer than
    /// CloudWatch looks back.
    pub fn parse(text: &str, period: Period) -> Result<Self, InvalidCondition> {
        let text = text.trim();
        let (test, duration) = match text.split_once(" for ") {
            Some((test, duration)) => (test.trim(), Some(duration.trim())),
            None => (text, None),
        };
        let test = parse_band(test).unwrap_or_else(|| parse_threshold(test))?;
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
            test,
            datapoints,
            periods,
        })
    }

    /// Whether a metric that is never below zero can never be too much.
    pub fn is_never_met_by_counts(&self) -> bool {
        match self.test {
            Test::Threshold(Comparison::Less, threshold) => threshold <= 0.0,
            Test::Threshold(Comparison::AtMost, threshold) => threshold < 0.0,
            _ => false,
        }
    }
}

fn parse_threshold(text: &str) -> Result<Test, InvalidCondition> {
    let (comparison, number) = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        (">", Comparison::Greater),
        ("<", Comparison::Less),
    ]
    .into_iter()
    .find_map(|(symbol, comparison)| Some((comparison, text.strip_prefix(symbol)?)))
    .ok_or_else(|| InvalidCondition::Comparison(text.to_owned()))?;
    let number = number.trim();
    number
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .map(|threshold| Test::Threshold(comparison, threshold))
        .ok_or_else(|| InvalidCondition::Threshold(number.to_owned()))
}

/// Reads `above normal` and `outside normal by 3 deviations`; nothing if it is none of these.
fn parse_band(text: &str) -> Option<Result<Test, InvalidCondition>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [side, "normal", rest @ ..] = words.as_slice() else {
        return None;
    };
    let side = match *side {
        "above" => Side::Above,
        "below" => Side::Below,
        "outside" => Side::Outside,
        _ => return None,
    };
    let deviations = match rest {
        [] => Some(2.0),
        ["by", number, "deviation" | "deviations"] => number.parse::<f64>().ok(),
        _ => None,
    };
    Some(
        deviations
            .filter(|number| number.is_finite() && *number > 0.0)
            .map(|deviations| Test::Band(side, deviations))
            .ok_or_else(|| InvalidCondition::Deviations(rest.join(" "))),
    )
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
                test: Test::Threshold(comparison, threshold),
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
    fn what_is_normal_is_learned() {
        for (text, side, deviations, datapoints, periods) in [
            ("above normal", Side::Above, 2.0, 1, 1),
            ("below normal for 15 minutes", Side::Below, 2.0, 15, 15),
            (
                "outside normal by 2.5 deviations for 3 of 5 minutes",
                Side::Outside,
                2.5,
                3,
                5,
            ),
        ] {
            let condition = Condition::parse(text, Period::MINUTE).unwrap();
            let test = Test::Band(side, deviations);
            assert_eq!(
                condition,
                Condition {
                    test,
                    datapoints,
                    periods
                }
            );
        }
    }

    #[test]
    fn what_is_counted_is_never_below_zero() {
        for (text, never) in [
            ("< 0", true),
            ("<= -1", true),
            ("<= 0", false),
            ("> -1", false),
        ] {
            let condition = Condition::parse(text, Period::MINUTE).unwrap();
            assert_eq!(condition.is_never_met_by_counts(), never, "{text}");
        }
    }

    #[test]
    fn conditions_that_cannot_be_say_why() {
        let minute = Period::MINUTE;
        let five = Period::parse("5 minutes").unwrap();
        for (text, period, expected) in [
            (
                "80",
                minute,
                "`80` does not begin with `>`, `>=`, `<`, `<=`, or with `above normal`, `below normal` or \
                 `outside normal`",
            ),
            ("> high", minute, "`high` is not a number"),
            ("> inf", minute, "`inf` is not a number"),
            (
                "above normal by far",
                minute,
                "`by far` does not say how far, as `by 2 deviations` does",
            ),
            (
                "below normal by 0 deviations",
                minute,
                "`by 0 deviations` does not say how far, as `by 2 deviations` does",
            ),
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
}
