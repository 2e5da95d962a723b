//! Text that the agent wrote, made fit to be kept. Text from events steers it, so it is treated like that.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::{
    read::{self, at},
    withhold,
};

/// Characters that are looked at. Far more than is kept: what is sensitive is found before the text is cut.
const LOOKED_AT: usize = 16_384;

/// Characters of a text of several lines that are looked at: more than an event has room for.
const LINES_LOOKED_AT: usize = 250_000;

/// The text with its lines; nothing where there is none.
pub(super) fn lines(text: &str) -> Option<String> {
    let text: String = text.chars().take(LINES_LOOKED_AT).collect();
    let text = contract::text::clean(&withhold::text(&text));
    let text = text.trim_end();
    (!text.trim_start().is_empty()).then(|| text.to_owned())
}

/// The text in one line, of at most `limit` characters: 64 or more. Nothing where there is none.
pub(super) fn line(text: &str, limit: usize) -> Option<String> {
    let text: String = text.chars().take(LOOKED_AT).collect();
    let text = contract::text::clean(&withhold::text(&text));
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = contract::text::cut(&words.join(" "), limit);
    (!line.is_empty()).then_some(line)
}

/// An ID of the agent's: it becomes a part of a path, of links and of requests. Source: `ResourceId` in the AWS DevOps
/// Agent API reference.
pub(super) fn id(text: &str) -> Option<String> {
    let is_fit = (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it))
        && text.bytes().any(|it| it != b'.');
    is_fit.then(|| text.to_owned())
}

/// A time of the journal's API, which writes seconds since 1970 where the backlog's writes a text. Source: the model of
/// the AWS DevOps Agent API, by which the former has no format of its own.
pub(super) fn time(json: &Json, name: &str) -> Option<Timestamp> {
    let Some(seconds) = at(json, name)?.as_f64() else {
        return read::time(json, name);
    };
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok()
}
