//! The daily report on idle spend.

/// When the report is made, and what counts as idle.
#[derive(Clone, Debug, PartialEq)]
pub struct CostReport {
    /// The hour of the day, in `time_zone`.
    pub at: TimeOfDay,
    /// A name of the IANA time zone database, such as `Europe/Berlin`.
    pub time_zone: String,
    /// How many days of metrics are looked at; 1 to 63.
    pub lookback_days: u32,
    /// An instance whose CPU never went over this is idle, in percent; over 0, at most 100.
    pub idle_below_percent: f64,
}

/// A time of day, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay {
    hour: u8,
    minute: u8,
}

impl TimeOfDay {
    /// Reads `07:30`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let number = |digits: &str| {
            (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()))
                .then(|| digits.parse::<u8>().ok())?
        };
        let (hour, minute) = (number(hour)?, number(minute)?);
        (hour < 24 && minute < 60).then_some(Self { hour, minute })
    }

    /// The daily schedule in EventBridge Scheduler's language.
    pub fn cron(self) -> String {
        format!("cron({} {} * * ? *)", self.minute, self.hour)
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        assert_eq!(
            TimeOfDay::parse("07:30").unwrap().cron(),
            "cron(30 7 * * ? *)"
        );
        for text in [
            "7:30", "24:00", "12:60", "12", "noon", "-1:00", "12:00:00", "+7:30",
        ] {
            assert_eq!(TimeOfDay::parse(text), None, "{text}");
        }
    }
}
