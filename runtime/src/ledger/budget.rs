//! How much may be investigated, and when not at all.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use serde::{Deserialize, Serialize};
use webhook::Priority;

/// How many investigations an account file allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In an hour of the clock.
    pub per_hour: u32,
    /// In a day, by UTC.
    pub per_day: u32,
    /// From this priority on, incidents pass whatever has been used.
    pub floor: Priority,
}

impl Limits {
    /// Whether incidents of this priority pass whatever has been used.
    pub fn pass(&self, priority: Priority) -> bool {
        priority <= self.floor
    }
}

/// An hour of the clock, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hour(i64);

impl Hour {
    /// The hour that a point in time is in.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_second().div_euclid(3_600))
    }

    /// The day, counted from 1970.
    pub fn day(self) -> i64 {
        self.0.div_euclid(24)
    }

    /// The hour of the day, from 0 to 23.
    pub fn of_day(self) -> i64 {
        self.0.rem_euclid(24)
    }

    /// When the next hour begins.
    pub fn end(self) -> Timestamp {
        Timestamp::from_second((self.0 + 1) * 3_600).unwrap_or(Timestamp::MAX)
    }

    /// When the next day begins.
    pub fn end_of_day(self) -> Timestamp {
        Timestamp::from_second((self.day() + 1) * 86_400).unwrap_or(Timestamp::MAX)
    }
}

/// What a write changes of what was used in a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The day, counted from 1970.
    pub day: i64,
    /// What the day's count changes by.
    pub by: i64,
    /// What the counts of its hours change by.
    pub hours: BTreeMap<i64, i64>,
    /// The hour that is to have room, if the day is to have room, too: the write fails otherwise.
    pub room: Option<(i64, Limits)>,
}

/// What changes of what was used when an investigation of one hour is given back and one of another is
/// taken, within limits if there are any.
pub fn tallies(back: Option<Hour>, take: Option<(Hour, Option<Limits>)>) -> Vec<Tally> {
    if back == take.map(|(hour, _)| hour) {
        return Vec::new();
    }
    let mut days: BTreeMap<i64, Tally> = BTreeMap::new();
    let mut change = |hour: Hour, by: i64| -> i64 {
        let day = hour.day();
        let tally = days.entry(day).or_insert_with(|| Tally {
            day,
            by: 0,
            hours: BTreeMap::new(),
            room: None,
        });
        tally.by += by;
        *tally.hours.entry(hour.of_day()).or_default() += by;
        day
    };
    if let Some(hour) = back {
        change(hour, -1);
    }
    if let Some((hour, limits)) = take {
        let day = change(hour, 1);
        if let Some(tally) = days.get_mut(&day) {
            tally.room = limits.map(|limits| (hour.of_day(), limits));
        }
    }
    days.into_values().collect()
}

/// When incidents that are not urgent wait: `22:00-07:00` and a time zone as POSIX writes it.
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
    /// Whether incidents of this priority wait at night.
    pub fn concern(priority: Priority) -> bool {
        priority >= Priority::Low
    }

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

/// A time that is so much later, or the last there is.
pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        per_hour: 6,
        per_day: 24,
        floor: Priority::Critical,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn only_the_floor_and_what_is_above_it_passes() {
        let high = Limits {
            floor: Priority::High,
            ..LIMITS
        };
        for (limits, priority, passes) in [
            (LIMITS, Priority::Critical, true),
            (LIMITS, Priority::High, false),
            (high, Priority::Critical, true),
            (high, Priority::High, true),
            (high, Priority::Medium, false),
        ] {
            assert_eq!(limits.pass(priority), passes, "{priority:?}");
        }
    }

    #[test]
    fn what_is_taken_and_given_back_is_counted_by_hour_and_day() {
        let (one, two) = (
            Hour::of(at("2026-01-02T01:59:59Z")),
            Hour::of(at("2026-01-02T02:00:00Z")),
        );
        let next_day = Hour::of(at("2026-01-03T00:00:00Z"));
        let hours = |pairs: &[(i64, i64)]| pairs.iter().copied().collect::<BTreeMap<_, _>>();
        let tally = |day, by, of: &[(i64, i64)], room| Tally {
            day,
            by,
            hours: hours(of),
            room,
        };
        let day = one.day();
        assert_eq!(tallies(None, None), []);
        assert_eq!(tallies(Some(one), Some((one, Some(LIMITS)))), []);
        assert_eq!(
            tallies(None, Some((one, Some(LIMITS)))),
            [tally(day, 1, &[(1, 1)], Some((1, LIMITS)))]
        );
        assert_eq!(tallies(Some(two), None), [tally(day, -1, &[(2, -1)], None)]);
        assert_eq!(
            tallies(Some(one), Some((two, Some(LIMITS)))),
            [tally(day, 0, &[(1, -1), (2, 1)], Some((2, LIMITS)))]
        );
        assert_eq!(
            tallies(Some(two), Some((next_day, None))),
            [
                tally(day, -1, &[(2, -1)], None),
                tally(day + 1, 1, &[(0, 1)], None)
            ]
        );
    }

    #[test]
    fn hours_and_days_end() {
        let hour = Hour::of(at("2026-01-02T23:10:00Z"));
        assert_eq!(hour.of_day(), 23);
        assert_eq!(hour.end(), at("2026-01-03T00:00:00Z"));
        assert_eq!(
            Hour::of(at("2026-01-02T03:10:00Z")).end_of_day(),
            at("2026-01-03T00:00:00Z")
        );
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
    fn what_is_no_quiet_hours_is_refused() {
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

    #[test]
    fn urgent_incidents_know_no_quiet_hours() {
        let concerned = [
            Priority::Critical,
            Priority::High,
            Priority::Medium,
            Priority::Low,
            Priority::Minimal,
        ]
        .map(QuietHours::concern);
        assert_eq!(concerned, [false, false, false, true, true]);
    }
}
