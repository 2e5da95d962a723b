//! How many investigations may start.

use std::fmt;

use contract::Limits;

/// How many investigations may start in an hour and in a day: limits that go together. Incidents over the limit are held, and
/// sent as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(Limits);

/// A budget that cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBudget {
    /// None, or more than anyone means.
    #[error("`{0}` investigations an hour: there can be 1 to 1,000")]
    PerHour(u32),
    /// None, or more than anyone means.
    #[error("`{0}` investigations a day: there can be 1 to 10,000")]
    PerDay(u32),
    /// A day has no room for what an hour may take.
    #[error("{per_day} investigations a day are fewer than {per_hour} an hour")]
    DayBelowHour {
        /// What an hour may take.
        per_hour: u32,
        /// What a day may take.
        per_day: u32,
    },
    /// A share of a day that is none of it, or more than it.
    #[error(
        "`{count}` investigations a day for {share}: there can be 1 to {per_day}, as many as in a day"
    )]
    Share {
        /// Whose share.
        share: Share,
        /// What it may take.
        count: u32,
        /// What a day may take.
        per_day: u32,
    },
    /// None, or more than anyone means.
    #[error("`{0}` incidents a day that are always sent: there can be 1 to 100,000")]
    AlwaysPerDay(u32),
    /// None, or more than anyone means.
    #[error("`{dollars}` dollars a {period}: there can be 1 to 1,000,000")]
    Dollars {
        /// In which time.
        period: DollarsPer,
        /// How many.
        dollars: u32,
    },
    /// A month has no room for what a day may cost.
    #[error("{per_month} dollars a month are fewer than {per_day} a day")]
    MonthBelowDay {
        /// What a day may cost.
        per_day: u32,
        /// What a month may cost.
        per_month: u32,
    },
}

/// In which time dollars are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DollarsPer {
    /// A day.
    Day,
    /// A month.
    Month,
}

impl fmt::Display for DollarsPer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Day => "day",
            Self::Month => "month",
        })
    }
}

/// Whose share of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// That of what is not urgent.
    Low,
    /// That of each rule.
    Rule,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "LOW and MINIMAL incidents",
            Self::Rule => "each rule",
        })
    }
}

impl Budget {
    /// What an hour may take unless the account file says otherwise: 10 to 63 dollars.
    pub const PER_HOUR: u32 = 6;
    /// What a day may take unless the account file says otherwise: 38 to 252 dollars.
    pub const PER_DAY: u32 = 24;

    /// A budget of 1 to 1,000 an hour and 1 to 10,000 a day, which are not fewer, and of shares of a day that are not
    /// more than it. The error is everything that is wrong.
    ///
    /// # Errors
    ///
    /// When the limits do not go together.
    pub fn new(limits: Limits) -> Result<Self, Vec<InvalidBudget>> {
        let Limits {
            per_hour,
            per_day,
            low_per_day,
            rule_per_day,
            always_send: _,
            always_per_day,
            dollars_per_day,
            dollars_per_month,
        } = limits;
        let mut wrong = Vec::new();
        if !(1..=1_000).contains(&per_hour) {
            wrong.push(InvalidBudget::PerHour(per_hour));
        }
        if !(1..=10_000).contains(&per_day) {
            wrong.push(InvalidBudget::PerDay(per_day));
        }
        if wrong.is_empty() && per_day < per_hour {
            wrong.push(InvalidBudget::DayBelowHour { per_hour, per_day });
        }
        if wrong.is_empty() {
            let shares = [(Share::Low, low_per_day), (Share::Rule, rule_per_day)];
            let outside = shares
                .into_iter()
                .filter(|(_, it)| !(1..=per_day).contains(it));
            wrong.extend(outside.map(|(share, count)| InvalidBudget::Share {
                share,
                count,
                per_day,
            }));
        }
        if !(1..=100_000).contains(&always_per_day) {
            wrong.push(InvalidBudget::AlwaysPerDay(always_per_day));
        }
        for (period, dollars) in [
            (DollarsPer::Day, dollars_per_day),
            (DollarsPer::Month, dollars_per_month),
        ] {
            let outside = dollars.filter(|it| !(1..=1_000_000).contains(it));
            wrong.extend(outside.map(|dollars| InvalidBudget::Dollars { period, dollars }));
        }
        if wrong.is_empty()
            && let (Some(per_day), Some(per_month)) = (dollars_per_day, dollars_per_month)
            && per_month < per_day
        {
            wrong.push(InvalidBudget::MonthBelowDay { per_day, per_month });
        }
        if wrong.is_empty() {
            Ok(Self(limits))
        } else {
            Err(wrong)
        }
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.0
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self(Limits::new(Self::PER_HOUR, Self::PER_DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_have_bounds() {
        let new = |per_hour, per_day| Budget::new(Limits::new(per_hour, per_day));
        assert_eq!(new(6, 24), Ok(Budget::default()));
        assert!(new(1, 1).is_ok());
        assert!(new(1_000, 10_000).is_ok());
        assert_eq!(new(0, 24), Err(vec![InvalidBudget::PerHour(0)]));
        assert_eq!(
            new(1, 0),
            Err(vec![
                InvalidBudget::PerDay(0),
                InvalidBudget::AlwaysPerDay(0)
            ])
        );
        assert_eq!(
            new(1_001, 10_001),
            Err(vec![
                InvalidBudget::PerHour(1_001),
                InvalidBudget::PerDay(10_001)
            ])
        );
        let (per_hour, per_day) = (7, 6);
        assert_eq!(
            new(per_hour, per_day),
            Err(vec![InvalidBudget::DayBelowHour { per_hour, per_day }])
        );
    }

    #[test]
    fn dollars_have_bounds() {
        let new = |dollars_per_day, dollars_per_month| {
            Budget::new(Limits {
                dollars_per_day,
                dollars_per_month,
                ..Limits::new(6, 24)
            })
        };
        assert!(new(Some(1), None).is_ok());
        assert!(new(Some(50), Some(1_000_000)).is_ok());
        let (period, dollars) = (DollarsPer::Month, 0);
        let none = InvalidBudget::Dollars { period, dollars };
        assert_eq!(new(Some(1), Some(0)), Err(vec![none]));
        let (per_day, per_month) = (50, 49);
        let below = InvalidBudget::MonthBelowDay { per_day, per_month };
        assert_eq!(new(Some(per_day), Some(per_month)), Err(vec![below]));
    }

    #[test]
    fn shares_are_of_a_day() {
        let shares = |low_per_day, rule_per_day| {
            Budget::new(Limits {
                low_per_day,
                rule_per_day,
                ..Limits::new(6, 24)
            })
        };
        assert!(shares(1, 24).is_ok());
        let outside = |share, count| InvalidBudget::Share {
            share,
            count,
            per_day: 24,
        };
        assert_eq!(
            shares(0, 25),
            Err(vec![outside(Share::Low, 0), outside(Share::Rule, 25)])
        );
        assert_eq!(
            outside(Share::Low, 25).to_string(),
            "`25` investigations a day for LOW and MINIMAL incidents: there can be 1 to 24, as many as in a day"
        );
    }
}
