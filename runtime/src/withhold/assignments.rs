//! Finds the values of sensitive names in a text: `DB_PASSWORD=..`, `"token": ".."`, `Authorization: ..`.
//!
//! Each step looks back a bounded number of bytes and continues after what it withheld, so time is linear.

use std::ops::Range;

use super::{
    commands::REASON,
    document::is_arn,
    names::{
        Meaning, is_placeholder, is_sensitive, last_word, may_end_words, meaning, meaning_of_words,
    },
    quotes::{bracketed, closes, quote_around, quoted, without_stops},
    spans::Spans,
    values::end_of,
};

/// The longest name that is recognized, in bytes.
pub(super) const LONGEST_NAME: usize = 128;
/// The longest value that is recognized before its name, in bytes.
const LONGEST_VALUE: usize = 4_096;
/// The deepest indentation of a name, in bytes.
const LONGEST_INDENT: usize = 256;
/// The longest header of a YAML block, such as `|2-`, in bytes.
const LONGEST_HEAD: usize = 8;
/// The length of an escape in a URL, such as `%3D`.
const ENCODED: usize = 3;

/// Authentication schemes, which come before the credentials.
const SCHEMES: &[&str] = &[
    "apikey",
    "aws4-hmac-sha256",
    "basic",
    "bearer",
    "digest",
    "key",
    "negotiate",
    "token",
];

/// The characters between a name and its value.
struct Separator {
    span: Range<usize>,
    /// Whether it is `:`, rather than `=` or `=>`.
    is_colon: bool,
}

/// A name in a text.
struct Named {
    span: Range<usize>,
    /// Whether a quote follows it, as in JSON.
    is_quoted: bool,
}

/// Finds `name=value`, `name: value`, and pairs such as `name=DB_PASSWORD, value=..`.
pub(super) fn find(text: &str, spans: &mut Spans) {
    let mut at = 0;
    let mut pair = Pair::default();
    while let Some(separator) = next_separator(text, at) {
        at = separator.span.end;
        let Some(name) = name_before(text, &separator) else {
            continue;
        };
        if is_beginning_of_arn(text, &name, &separator) {
            at = end_of(text, at, |byte| !may_be_in_arn(byte));
            continue;
        }
        let Some(meaning) = meaning_in(text, &name, &separator) else {
            at = pair.note(text, &name, &separator, spans).unwrap_or(at);
            continue;
        };
        let value = value_after(text, &name, &separator, meaning);
        let words = text[value.clone()].trim();
        at = at.max(value.end);
        if !is_placeholder(words) && !is_arn(words) {
            spans.withhold(value);
        }
    }
}

fn next_separator(text: &str, from: usize) -> Option<Separator> {
    let bytes = text.as_bytes();
    let mut begin = from;
    loop {
        begin = end_of(text, begin, |byte| matches!(byte, b':' | b'=' | b'%'));
        let rest = bytes.get(begin..)?;
        let (length, is_colon) = match rest {
            [] => return None,
            [b'%', b'3', b'D' | b'd', ..] => (ENCODED, false),
            [b'%', b'3', b'A' | b'a', ..] => (ENCODED, true),
            [b'%', ..] | [b':', b'/', b'/', ..] => (0, false),
            [b':', b':', ..] => {
                // `::` is a part of a name.
                begin += 2;
                continue;
            }
            _ => {
                let length = rest
                    .iter()
                    .take_while(|byte| matches!(byte, b':' | b'=' | b'>'))
                    .count();
                (length, length == 1 && rest[0] == b':')
            }
        };
        if length > 0 {
            return Some(Separator {
                span: begin..begin + length,
                is_colon,
            });
        }
        begin += 1;
    }
}

fn name_before(text: &str, separator: &Separator) -> Option<Named> {
    let bytes = text.as_bytes();
    let mut end = separator.span.start;
    let earliest = end.saturating_sub(LONGEST_NAME);
    let back_over = |mut end: usize, is: fn(u8) -> bool| {
        while end > earliest && is(bytes[end - 1]) {
            end -= 1;
        }
        end
    };
    end = back_over(end, |byte| matches!(byte, b' ' | b'\t'));
    let closed = back_over(end, |byte| {
        matches!(byte, b'"' | b'\'' | b'`' | b']' | b'\\')
    });
    let is_quoted = closed < end;
    let mut begin = back_over(closed, is_of_name);
    while !text.is_char_boundary(begin) {
        begin += 1;
    }
    // The name in `%3Ftoken%3D` is `token`.
    if begin > 0 && bytes[begin - 1] == b'%' && closed - begin > 2 {
        begin += 2;
    }
    let begin = begin.min(closed);
    text.get(begin..closed)
        .filter(|name| !name.is_empty())
        .map(|_| Named {
            span: begin..closed,
            is_quoted,
        })
}

pub(super) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.$@".contains(&byte) || !byte.is_ascii()
}

fn meaning_in(text: &str, name: &Named, separator: &Separator) -> Option<Meaning> {
    let Named { span, is_quoted } = name;
    let is_path = text[..span.start].ends_with('/');
    // In `/run/secrets/token: no such file`, `token` is a file.
    if separator.is_colon && is_path && !is_quoted {
        return None;
    }
    let own = &text[span.clone()];
    // Only the end of a dotted name counts: `token.example.com` is a host.
    let begin = own.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    meaning(&own[begin..]).or_else(|| {
        if !may_end_words(own) || !text[..span.start].ends_with(' ') {
            return None;
        }
        let earliest = span.start.saturating_sub(LONGEST_NAME / 2);
        let before = text.get(earliest..span.start)?.trim_end();
        let mut words = before.rsplit(|c: char| !c.is_ascii_alphanumeric());
        let (first, second) = (words.next()?, words.next().unwrap_or_default());
        meaning_of_words(&format!("{second} {first} {own}"))
    })
}

fn is_beginning_of_arn(text: &str, name: &Named, separator: &Separator) -> bool {
    separator.is_colon
        && text[name.span.clone()].ends_with("arn")
        && text[separator.span.end..].starts_with("aws")
}

fn may_be_in_arn(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_:/.+@$*#".contains(&byte)
}

/// A pair in a text, such as `name=DB_PASSWORD, value=..`, in either order.
#[derive(Default)]
struct Pair {
    /// Whether the last name is sensitive.
    is_secret: bool,
    /// The last value, if its name has not come yet.
    value: Option<Range<usize>>,
}

impl Pair {
    /// Notes the name or the value of a pair. Returns the end of the value if it withheld one.
    fn note(
        &mut self,
        text: &str,
        name: &Named,
        separator: &Separator,
        spans: &mut Spans,
    ) -> Option<usize> {
        let within = |longest: usize| {
            let end = text.len().min(separator.span.end + longest);
            let end = (separator.span.end..=end).rfind(|at| text.is_char_boundary(*at))?;
            Some(value_after(&text[..end], name, separator, Meaning::Secret))
        };
        match last_word(&text[name.span.clone()]).as_str() {
            "name" | "key" => {
                let says = &text[within(LONGEST_NAME)?];
                let says = says.split([',', ';', '&', '}', ')']).next()?;
                self.is_secret = says.bytes().all(is_of_name) && is_sensitive(says);
                if let Some(value) = self.value.take().filter(|_| self.is_secret) {
                    self.is_secret = false;
                    spans.withhold(value);
                }
                None
            }
            "value" | "values" if self.is_secret => {
                self.is_secret = false;
                let value = value_after(text, name, separator, Meaning::Secret);
                let end = value.end;
                spans.withhold(value);
                Some(end)
            }
            "value" | "values" => {
                self.value = within(LONGEST_VALUE);
                None
            }
            _ => None,
        }
    }
}

/// The value of a name.
fn value_after(text: &str, name: &Named, separator: &Separator, meaning: Meaning) -> Range<usize> {
    let from = separator.span.end;
    let begin = end_of(text, from, |byte| !matches!(byte, b' ' | b'\t'));
    if separator.is_colon
        && let Some(block) = block(text, name, begin)
    {
        return block;
    }
    if let Some(quoted) = quoted(text, begin) {
        return quoted.inside;
    }
    if let Some(bracketed) = bracketed(text, begin) {
        return bracketed;
    }
    let is_whole_line = match meaning {
        Meaning::Header | Meaning::Program => true,
        Meaning::Secret => separator.is_colon && !name.is_quoted && begins_line(text, name),
    };
    let end = if is_whole_line {
        end_of_line(text, name, begin, meaning)
    } else {
        end_of_word(text, name, begin, separator)
    };
    begin..end
}

fn end_of_line(text: &str, name: &Named, from: usize, meaning: Meaning) -> usize {
    let quote = quote_around(text, name.span.start);
    first_end(text, from, |at, byte| {
        let rest = &text[at..];
        matches!(byte, b'\n' | b'\r')
            || quote.is_some_and(|quote| rest.starts_with(quote))
            || (meaning == Meaning::Program && rest.starts_with(REASON))
    })
}

fn end_of_word(text: &str, name: &Named, from: usize, separator: &Separator) -> usize {
    let quote = quote_around(text, name.span.start);
    let is_encoded = separator.span.len() == ENCODED;
    let end_from = |from: usize| {
        first_end(text, from, |at, byte| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'&' | b';' | b'<')
                || (name.is_quoted && matches!(byte, b',' | b'}' | b']'))
                || (is_encoded && text[at..].starts_with("%26"))
                || quote.is_some_and(|quote| text[at..].starts_with(quote))
                || closes(text, at)
        })
    };
    let end = end_from(from);
    let is_scheme = SCHEMES.contains(&text[from..end].to_ascii_lowercase().as_str());
    if is_scheme && text[end..].starts_with(' ') {
        end_from(end + 1)
    } else {
        without_stops(text, from..end)
    }
}

/// The first character from `from` for which `ends` holds; the end of the text if there is none.
fn first_end(text: &str, from: usize, ends: impl Fn(usize, u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    (from..bytes.len())
        .find(|at| text.is_char_boundary(*at) && ends(*at, bytes[*at]))
        .unwrap_or(bytes.len())
}

/// The indented lines that are the value of a name in YAML.
fn block(text: &str, name: &Named, from: usize) -> Option<Range<usize>> {
    let head = end_of(text, from, |byte| !b"|>-+ \r0123456789".contains(&byte));
    if !text[head..].starts_with('\n') || head - from > LONGEST_HEAD {
        return None;
    }
    let line = text[..name.span.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let own = indent(text.get(line..name.span.start)?);
    let lines = head + 1;
    let mut end = lines;
    for line in text[lines..].split_inclusive('\n') {
        let is_further_in =
            indent(line) > own || (indent(line) == own && line.trim_start().starts_with("- "));
        if !line.trim().is_empty() && !is_further_in {
            break;
        }
        end += line.len();
    }
    let end = lines + text[lines..end].trim_end().len();
    (end > lines).then_some(from..end)
}

/// Whether a name is the first of its line.
fn begins_line(text: &str, name: &Named) -> bool {
    let begin = name.span.start.saturating_sub(LONGEST_INDENT);
    let Some(before) = text.get(begin..name.span.start) else {
        return false;
    };
    let (line, is_whole) = match before.rsplit_once('\n') {
        Some((_, line)) => (line, true),
        None => (before, begin == 0),
    };
    is_whole && matches!(line.trim(), "" | "-" | "+" | "export")
}
