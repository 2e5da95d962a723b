//! Text of lines that are read in a hurry.

use contract::text::clean;
use jiff::{Timestamp, tz::TimeZone};

/// Characters of a line at most.
const WIDTH: usize = 100;

/// Whether a line fits a terminal.
pub(super) fn fits(line: &str) -> bool {
    line.chars().count() <= WIDTH
}

/// A line that fits a terminal. What comes from AWS can be of any length, and must not move a cursor.
pub(super) fn fit(line: &str) -> String {
    let line = clean(line).replace(['\n', '\t'], " ");
    if fits(&line) {
        return line;
    }
    let mut cut: String = line.chars().take(WIDTH - 3).collect();
    cut.truncate(cut.trim_end().len());
    cut + "..."
}

/// A point in time near `now`: `13:00 UTC`, with seconds and date only where they say something.
pub(super) fn clock(at: Timestamp, now: Timestamp) -> String {
    let date = |it: Timestamp| it.to_zoned(TimeZone::UTC).date();
    let day = if date(at) == date(now) {
        ""
    } else {
        "%Y-%m-%d "
    };
    let time = if at.as_second() % 60 == 0 {
        "%H:%M UTC"
    } else {
        "%H:%M:%S UTC"
    };
    at.strftime(&format!("{day}{time}")).to_string()
}

/// `1 incident`, `2 incidents`.
pub(crate) fn count(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
