//! How many investigations may start.

use super::Priority;

/// How many investigations may start in an hour and in a day. What is more waits, and is told at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    per_hour: u32,
    per_day: u32,
    floor: Priority,
}

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
}

impl Budget {
    /// What an hour may take unless the account file says otherwise: about 24 dollars.
    pub const PER_HOUR: u32 = 6;
    /// What a day may take unless the account file says otherwise: about 96 dollars.
    pub const PER_DAY: u32 = 24;

    /// A budget of 1 to 1,000 an hour and 1 to 10,000 a day, which are not fewer. What is as urgent as
    /// `floor` passes whatever has been used. The error is everything that is wrong.
    pub fn new(per_hour: u32, per_day: u32, floor: Priority) -> Result<Self, Vec<InvalidBudget>> {
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
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Self {
            per_hour,
            per_day,
            floor,
        })
    }

    /// Investigations that may start within an hour.
    pub fn per_hour(&self) -> u32 {
        self.per_hour
    }

    /// Investigations that may start within a day.
    pub fn per_day(&self) -> u32 {
        self.per_day
    }

    /// The priority from which incidents pass whatever has been used.
    pub fn floor(&self) -> Priority {
        self.floor
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            per_hour: Self::PER_HOUR,
            per_day: Self::PER_DAY,
            floor: Priority::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_have_bounds() {
        let new = |per_hour, per_day| Budget::new(per_hour, per_day, Priority::Critical);
        assert_eq!(new(6, 24), Ok(Budget::default()));
        assert!(new(1, 1).is_ok());
        assert!(new(1_000, 10_000).is_ok());
        assert_eq!(new(0, 24), Err(vec![InvalidBudget::PerHour(0)]));
        assert_eq!(new(1, 0), Err(vec![InvalidBudget::PerDay(0)]));
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
}
