//! Points in time as the agent, the ledger and log lines write them.

use jiff::Timestamp;

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
}
