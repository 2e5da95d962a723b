//! Durations in the words of a person.

/// The seconds of `30 seconds`, `1 minute`, `5 minutes`, `1 hour`, `1 day`.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: i64 = number.parse().ok()?;
    let unit = match unit.trim().trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    number.checked_mul(unit)
}
