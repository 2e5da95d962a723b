//! Text of lines that are read in a hurry.

use contract::text::clean;
use jiff::{Timestamp, tz::TimeZone};

/// What comes first, for a person. `has_agent` is whether what the agent wrote may follow.
pub(super) fn heading(region: &str, has_agent: bool) -> String {
    let legend = if has_agent {
        "; lines with `>` are what the agent wrote"
    } else {
        ""
    };
    format!("{region}, times in UTC{legend}")
}

/// Whether a line has at most `width` characters.
pub(super) fn fits(line: &str, width: usize) -> bool {
    line.chars().count() <= width
}

/// A line of at most `width` characters. What comes from AWS can be of any length, and must not move a cursor.
pub(super) fn fit(line: &str, width: usize) -> String {
    let line = plain(line);
    if fits(&line, width) {
        return line;
    }
    let mut cut: String = line.chars().take(width.saturating_sub(3)).collect();
    cut.truncate(cut.trim_end().len());
    cut + "..."
}

/// A text in lines of at most `width` characters, each of which begins so.
pub(super) fn wrap(text: &str, begin: &str, width: usize) -> Vec<String> {
    let width = width.saturating_sub(begin.chars().count()).max(1);
    let text = plain(text);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        while !word.is_empty() {
            let line = lines.last_mut().expect("there is a first line");
            let used = line.chars().count();
            let room = width.saturating_sub(used + usize::from(used > 0));
            if word.len() <= room {
                if used > 0 {
                    line.push(' ');
                }
                line.extend(word.drain(..));
            } else if used > 0 {
                lines.push(String::new());
            } else {
                line.extend(word.drain(..width));
            }
        }
    }
    lines
        .iter()
        .filter(|it| !it.is_empty())
        .map(|it| format!("{begin}{it}"))
        .collect()
}

/// A line whose first sixteen characters are its label, in lines of at most `width` characters.
pub(super) fn labelled(line: &str, width: usize) -> Vec<String> {
    const LABEL: usize = 16;
    let (label, text) = line.split_at_checked(LABEL).unwrap_or((line, ""));
    let mut lines = wrap(text, &" ".repeat(LABEL), width);
    match lines.first_mut() {
        Some(first) => first.replace_range(..LABEL, label),
        None => lines.push(label.to_owned()),
    }
    lines
}

/// A text on one line, without what could move a cursor.
pub(super) fn plain(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

/// A day and a time of it, where the year is clear.
pub(crate) fn day_and_time(at: Timestamp) -> String {
    at.strftime("%m-%d %H:%M").to_string()
}

/// A point in time near `now`: `13:00 UTC`, with seconds and date only where they say something.
pub(crate) fn clock(at: Timestamp, now: Timestamp) -> String {
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
