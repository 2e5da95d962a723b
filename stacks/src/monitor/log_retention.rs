//! How long logs are kept.

/// How long logs are kept: one of CloudWatch's choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRetention(u32);

/// Days that CloudWatch Logs does not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidLogRetention {
    /// The nearest that it does, in days.
    pub nearest: u32,
}

/// The choices, in days. Source: `RetentionInDays` of `AWS::Logs::LogGroup` in the CloudFormation template
/// reference.
const CHOICES: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl LogRetention {
    /// A number of days.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidLogRetention`] with the nearest possible number if CloudWatch Logs does not offer this
    /// one.
    pub fn new(days: i64) -> Result<Self, InvalidLogRetention> {
        let (mut nearest, mut distance) = (0, u64::MAX);
        for choice in CHOICES {
            let from_here = i64::from(choice).abs_diff(days);
            if from_here < distance {
                (nearest, distance) = (choice, from_here);
            }
        }
        if distance == 0 {
            Ok(Self(nearest))
        } else {
            Err(InvalidLogRetention { nearest })
        }
    }

    /// The number of days.
    pub fn days(self) -> u32 {
        self.0
    }
}

impl Default for LogRetention {
    /// A year.
    fn default() -> Self {
        Self(365)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudwatch_does_not_offer_is_refused_with_the_nearest() {
        assert_eq!(LogRetention::new(365), Ok(LogRetention::default()));
        for (days, nearest) in [(0, 1), (2, 1), (100, 90), (i64::MIN, 1), (i64::MAX, 3653)] {
            assert_eq!(
                LogRetention::new(days),
                Err(InvalidLogRetention { nearest })
            );
        }
    }
}
