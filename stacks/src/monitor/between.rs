//! Whole numbers within bounds.

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Between<const LEAST: u32, const MOST: u32>(u32);

/// How many stacks alarms are spread over.
pub type AlarmShards = Between<1, 100>;
/// How many days of metrics a cost report looks at: CloudWatch keeps five-minute datapoints for 63 days. Source:
/// "Metrics retention" in the CloudWatch user guide.
pub type LookbackDays = Between<7, 63>;
/// Minutes of investigations in a day: three run at once in an agent space. Source: its quotas in the AWS DevOps
/// Agent user guide.
pub type AgentMinutes = Between<1, { 3 * 24 * 60 }>;
/// Invocations of one function at once that are kept free for it; delivery takes two.
pub type ReservedConcurrency = Between<2, 1_000>;

impl<const LEAST: u32, const MOST: u32> Between<LEAST, MOST> {
    /// The least that it can be.
    pub const MIN: Self = Self(LEAST);
    /// The most that it can be.
    pub const MAX: Self = Self(MOST);

    /// The number, if it is within the bounds.
    pub const fn new(number: u32) -> Option<Self> {
        if LEAST <= number && number <= MOST {
            Some(Self(number))
        } else {
            None
        }
    }

    /// A number that is written in the code. It does not compile out of bounds.
    pub const fn of<const NUMBER: u32>() -> Self {
        const { assert!(LEAST <= NUMBER && NUMBER <= MOST, "out of bounds") }
        Self(NUMBER)
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_bounds_are_refused() {
        for (number, valid) in [
            (0, false),
            (1, false),
            (2, true),
            (1_000, true),
            (1_001, false),
        ] {
            let read = ReservedConcurrency::new(number);
            assert_eq!(read.map(ReservedConcurrency::get), valid.then_some(number));
        }
        assert_eq!(LookbackDays::of::<14>().get(), 14);
    }
}
