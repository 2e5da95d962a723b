//! The time of the day in which incidents that are not urgent are held.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil, tz::TimeZone};

use super::TimeOfDay;

/// The daily period during which `LOW` and `MINIMAL` incidents are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: TimeOfDay,
    until: TimeOfDay,
    zone: PosixTimeZone,
}

/// A time zone with its rule, such as `CET-1CEST,M3.5.0,M10.5.0/3`, for functions that carry no database
/// of time zones.
///
/// Source: `TZ` in "Environment Variables" of POSIX.1-2024, with the extension of RFC 9636, section
/// 3.3.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PosixTimeZone {
    text: String,
    zone: TimeZone,
}

/// Not quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuietHours {
    /// They are the whole day, or none of it.
    #[error("from {0} until {0} is the whole day, or none of it")]
    Empty(TimeOfDay),
    /// They cannot be read.
    #[error("quiet hours are like `22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3`")]
    Unreadable,
}

impl QuietHours {
    /// From one time of day until another, which may be on the next day.
    ///
    /// # Errors
    ///
    /// When the two are the same.
    pub fn new(
        from: TimeOfDay,
        until: TimeOfDay,
        zone: PosixTimeZone,
    ) -> Result<Self, InvalidQuietHours> {
        if from == until {
            return Err(InvalidQuietHours::Empty(from));
        }
        Ok(Self { from, until, zone })
    }

    /// As functions read it: `22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3`.
    pub fn to_variable(&self) -> String {
        format!("{}-{} {}", self.from, self.until, self.zone.as_str())
    }

    /// When the quiet hours end that a point in time is in, if it is in any.
    pub fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let local = at.to_zoned(self.zone.zone.clone());
        let (from, until, time) = (civil(self.from), civil(self.until), local.time());
        let over_midnight = from > until;
        let (after, before) = (time >= from, time < until);
        let quiet = if over_midnight {
            after || before
        } else {
            after && before
        };
        if !quiet {
            return None;
        }
        let day = if over_midnight && after {
            local.date().tomorrow().ok()?
        } else {
            local.date()
        };
        let end = day
            .to_datetime(until)
            .to_zoned(self.zone.zone.clone())
            .ok()?;
        Some(end.timestamp())
    }
}

fn civil(time: TimeOfDay) -> civil::Time {
    let part = |number: u8| i8::try_from(number).expect("under 60");
    civil::Time::constant(part(time.hour()), part(time.minute()), 0, 0)
}

impl FromStr for QuietHours {
    type Err = InvalidQuietHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (times, zone) = text.split_once(' ')?;
            let (from, until) = times.split_once('-')?;
            Some((
                TimeOfDay::parse(from)?,
                TimeOfDay::parse(until)?,
                PosixTimeZone::parse(zone)?,
            ))
        };
        let (from, until, zone) = read().ok_or(InvalidQuietHours::Unreadable)?;
        Self::new(from, until, zone)
    }
}

/// For people: `22:00 to 07:00`.
impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.until)
    }
}

impl PosixTimeZone {
    /// Reads a time zone.
    pub fn parse(text: &str) -> Option<Self> {
        let zone = TimeZone::posix(text).ok()?;
        let text = text.to_owned();
        Some(Self { text, zone })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn quiet_hours_end_when_the_clock_on_the_wall_says_so() {
        let night: QuietHours = "22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap();
        let lunch: QuietHours = "12:00-13:00 UTC0".parse().unwrap();
        for (hours, now, end) in [
            (&night, "2026-01-02T21:00:00Z", Some("2026-01-03T06:00:00Z")),
            (&night, "2026-01-02T20:59:59Z", None),
            (&night, "2026-01-03T05:59:59Z", Some("2026-01-03T06:00:00Z")),
            (&night, "2026-01-03T06:00:00Z", None),
            // In the night of 29 March an hour is left out.
            (&night, "2026-03-28T23:00:00Z", Some("2026-03-29T05:00:00Z")),
            (&lunch, "2026-01-02T12:00:00Z", Some("2026-01-02T13:00:00Z")),
            (&lunch, "2026-01-02T13:00:00Z", None),
            (&lunch, "2026-01-02T11:59:59Z", None),
        ] {
            assert_eq!(hours.end(at(now)), end.map(at), "{now}");
        }
        assert_eq!(night.to_string(), "22:00 to 07:00");
    }

    #[test]
    fn they_are_written_as_they_are_read() {
        let text = "22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3";
        assert_eq!(text.parse::<QuietHours>().unwrap().to_variable(), text);
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "22:00-07:00",
            "22-07 UTC0",
            "22:00 UTC0",
            "22:00-07:00 Europe/Berlin",
            "22:00-07:00 UTC 0",
            "22:00-07:00 UTC0\n",
        ] {
            let refused = Err(InvalidQuietHours::Unreadable);
            assert_eq!(text.parse::<QuietHours>(), refused, "{text}");
        }
        let nothing = "07:00-07:00 UTC0".parse::<QuietHours>().unwrap_err();
        assert_eq!(
            nothing.to_string(),
            "from 07:00 until 07:00 is the whole day, or none of it"
        );
    }
}
