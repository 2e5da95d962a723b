//! Points in time as the agent writes them, and as HTTP does.

use jiff::{
    Timestamp,
    fmt::{rfc2822::DateTimeParser, strtime},
    tz::TimeZone,
};

/// Reads a date of HTTP: `Sun, 22 Nov 2026 12:01:30 GMT`, or one of the two forms before it that a
/// recipient must still read. Source: RFC 9110, section 5.6.7.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    // A wrong day of the week makes a date no less clear.
    static PREFERRED: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let obsolete = |format| {
        let date = strtime::parse(format, text).ok()?.to_datetime().ok()?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    PREFERRED
        .parse_timestamp(text)
        .ok()
        .or_else(|| obsolete("%A, %d-%b-%y %H:%M:%S GMT"))
        .or_else(|| obsolete("%a %b %e %H:%M:%S %Y"))
}

/// `2026-01-02T03:04:05.678Z`: UTC, with milliseconds.
pub fn format_timestamp(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_always_there() {
        for (text, expected) in [
            ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"),
            ("2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05.678Z"),
        ] {
            assert_eq!(format_timestamp(text.parse().unwrap()), expected);
        }
    }

    #[test]
    fn every_form_of_an_http_date_is_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            " Sun, 06 Nov 1994 08:49:37 GMT ",
        ] {
            let expected: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
            assert_eq!(parse_http_date(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "7",
            "tomorrow",
            "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994",
        ] {
            assert_eq!(parse_http_date(text), None, "{text}");
        }
    }
}
