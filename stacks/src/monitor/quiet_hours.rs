//! When what can wait does.

use std::fmt;

use super::TimeOfDay;

/// The hours of each day in which incidents of the priorities `LOW` and `MINIMAL` wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: TimeOfDay,
    until: TimeOfDay,
    time_zone: PosixTimeZone,
}

/// A time zone with its rule, such as `CET-1CEST,M3.5.0,M10.5.0/3`, for functions that carry no database
/// of time zones.
///
/// Source: `TZ` in "Environment Variables" of POSIX.1-2024, with the extension of RFC 9636, section
/// 3.3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosixTimeZone(String);

/// Hours that say nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("from {0} until {0} is the whole day, or none of it")]
pub struct InvalidQuietHours(TimeOfDay);

impl QuietHours {
    /// From one time of day until another, which may be on the next day.
    pub fn new(
        from: TimeOfDay,
        until: TimeOfDay,
        time_zone: PosixTimeZone,
    ) -> Result<Self, InvalidQuietHours> {
        if from == until {
            return Err(InvalidQuietHours(from));
        }
        Ok(Self {
            from,
            until,
            time_zone,
        })
    }
}

/// As functions read it: `22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3`.
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            from,
            until,
            time_zone,
        } = self;
        write!(f, "{from}-{until} {}", time_zone.as_str())
    }
}

impl PosixTimeZone {
    /// Takes a text that could be one: something, in ASCII and without spaces.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        valid.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_are_said_in_one_line() {
        let at = |text| TimeOfDay::parse(text).unwrap();
        let zone = PosixTimeZone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let hours = QuietHours::new(at("22:00"), at("07:00"), zone.clone()).unwrap();
        assert_eq!(hours.to_string(), "22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3");
        assert!(QuietHours::new(at("07:00"), at("07:00"), zone).is_err());
    }

    #[test]
    fn a_time_zone_is_one_word() {
        for text in ["", " ", "UTC 0", "UTC0\n", "Zürich-1"] {
            assert_eq!(PosixTimeZone::parse(text), None, "{text:?}");
        }
    }
}
