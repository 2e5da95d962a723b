//! Finds the ends of quotes and brackets, in the syntax of any language.

use std::ops::Range;

use super::values::end_of;

/// How far back an opening quote is looked for, in bytes.
const LONGEST_WAY_BACK: usize = 256;

/// A quoted text.
pub(super) struct Quoted {
    /// The text between the quotes.
    pub(super) inside: Range<usize>,
    /// The byte after the closing quote.
    pub(super) end: usize,
}

/// The quoted text that begins at `from`, if there is one. Both quotes may have backslashes before them, which
/// is how JSON in a text writes them. Without a closing quote, it extends to the end of the text.
pub(super) fn quoted(text: &str, from: usize) -> Option<Quoted> {
    let bytes = text.as_bytes();
    // Python and shells put a letter or a sign before the quote: b'..', $'..'
    let from = match bytes.get(from..from + 2) {
        Some([b'b' | b'r' | b'u' | b'f' | b'$' | b'@', b'"' | b'\'']) => from + 1,
        _ => from,
    };
    let begin = end_of(text, from, |byte| byte != b'\\');
    let quote = *bytes.get(begin)?;
    if !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let of = |begin: usize, end: Option<usize>, closing: usize| {
        let inside = begin..end.unwrap_or(text.len());
        let end = (inside.end + closing).min(text.len());
        Some(Quoted { inside, end })
    };
    let backslashes = begin - from;
    let tripled = backslashes == 0 && bytes.get(begin..begin + 3) == Some(&[quote; 3]);
    if tripled {
        let begin = begin + 3;
        let length = text[begin..].find(&text[begin - 3..begin]);
        return of(begin, length.map(|length| begin + length), 3);
    }
    let begin = begin + 1;
    let mut escaped = 0;
    for (at, byte) in bytes.iter().enumerate().skip(begin) {
        match *byte {
            b'\\' => escaped += 1,
            byte if byte == quote && ends_quote(escaped, backslashes) => {
                // SQL writes a quote within a text twice.
                let doubled =
                    quote == b'\'' && backslashes == 0 && bytes.get(at + 1) == Some(&quote);
                if doubled && at > begin {
                    let rest = quoted(text, at + 1)?;
                    return of(begin, Some(rest.inside.end), 1);
                }
                return of(begin, Some(at - escaped), escaped + 1);
            }
            _ => escaped = 0,
        }
    }
    of(begin, None, 0)
}

/// Whether a quote after `escaped` backslashes closes one after `opening`. A quote within the text has more.
fn ends_quote(escaped: usize, opening: usize) -> bool {
    if opening == 0 {
        escaped.is_multiple_of(2)
    } else {
        escaped <= opening
    }
}

/// The bracketed text that begins at `from`, brackets included, if there is one. Without a closing bracket, it
/// extends to the end of the text.
pub(super) fn bracketed(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !matches!(bytes.get(from)?, b'{' | b'[' | b'(') {
        return None;
    }
    let mut open = 0_usize;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' | b'(' => open += 1,
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(from..at + 1);
                }
            }
            b'"' | b'\\' => {
                if let Some(quoted) = quoted(text, at) {
                    at = quoted.end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    Some(from..text.len())
}

/// Whether a closing quote stands at `at`: a space, the end of the text or punctuation follows it.
pub(super) fn closes(text: &str, at: usize) -> bool {
    let rest = text[at..].trim_start_matches('\\');
    let after = rest.strip_prefix(['"', '\'', '`']);
    after.is_some_and(|after| {
        after.is_empty()
            || after.starts_with([',', '}', ']', ')', ':', ';', '\\'])
            || after.starts_with(|c: char| c.is_ascii_whitespace())
    })
}

/// The opening quote before a name, such as `"` in `-H "Authorization: .."`, with its backslashes.
pub(super) fn quote_around(text: &str, name: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let earliest = name.saturating_sub(LONGEST_WAY_BACK);
    let quote = (earliest..name)
        .rev()
        .take_while(|at| !bytes[*at].is_ascii_whitespace())
        .find(|at| matches!(bytes[*at], b'"' | b'\'' | b'`'))?;
    let begin = (earliest..quote)
        .rev()
        .take_while(|at| bytes[*at] == b'\\')
        .last()
        .unwrap_or(quote);
    text.get(begin..=quote)
}

/// The end of a word without the punctuation after it.
pub(super) fn without_stops(text: &str, word: Range<usize>) -> usize {
    let stops = [',', '.', ';', ':', ')', ']', '}'];
    word.start + text[word].trim_end_matches(stops).len()
}
