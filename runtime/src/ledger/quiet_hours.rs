//! The time of the day in which incidents that are not urgent are held.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Time, tz::TimeZone};

/// The daily period during which `LOW` and `MINIMAL` incidents are held: `22:00-07:00` and a time zone as POSIX writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    until: Time,
    zone: TimeZone,
}

/// Not quiet hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quiet hours are like `22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3`")]
pub struct InvalidQuietHours;

impl FromStr for QuietHours {
    type Err = InvalidQuietHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (times, zone) = text.split_once(' ').ok_or(InvalidQuietHours)?;
        let (from, until) = times.split_once('-').ok_or(InvalidQuietHours)?;
        let time = |text: &str| Time::strptime("%H:%M", text).map_err(|_| InvalidQuietHours);
        Ok(Self {
            from: time(from)?,
            until: time(until)?,
            zone: TimeZone::posix(zone).map_err(|_| InvalidQuietHours)?,
        })
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from.strftime("%H:%M"), self.until.strftime("%H:%M"));
        write!(f, "{from} to {until}")
    }
}

impl QuietHours {
    /// When the quiet hours end that a point in time is in, if it is in any.
    pub fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let local = at.to_zoned(self.zone.clone());
        let time = local.time();
        let over_midnight = self.from > self.until;
        let (after, before) = (time >= self.from, time < self.until);
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
            .to_datetime(self.until)
            .to_zoned(self.zone.clone())
            .ok()?;
        Some(end.timestamp())
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
    fn other_text_is_refused() {
        for text in [
            "",
            "22:00-07:00",
            "22-07 UTC0",
            "22:00 UTC0",
            "22:00-07:00 Europe/Berlin",
        ] {
            assert_eq!(text.parse::<QuietHours>(), Err(InvalidQuietHours), "{text}");
        }
    }
}
