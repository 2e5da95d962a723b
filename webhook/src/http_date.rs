//! Points in time as HTTP writes them.

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

#[cfg(test)]
mod tests {
    use super::*;

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
