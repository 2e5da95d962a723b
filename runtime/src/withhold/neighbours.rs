//! Finds the values of sensitive names that follow without `=` or `:`: `--secret ..`,
//! `<password>..</password>`, `password ".."`.

use super::{
    assignments::{LONGEST_NAME, is_of_name},
    document::is_arn,
    names::{is_placeholder, is_sensitive},
    quotes::{quoted, without_stops},
    signs::Signs,
    spans::Spans,
    values::{end_of, for_each},
};

/// Elements per text whose closing tag is looked for. The value of any other ends at the next tag.
const ELEMENTS: u8 = 64;

pub(super) fn find(text: &str, signs: &Signs, spans: &mut Spans) {
    let have_quotes = signs.have(b"\"'`");
    if signs.have(b"-") && (have_quotes || signs.have(b" \t\n,")) {
        flags(text, spans);
    }
    if signs.have(b"<") {
        elements(text, spans);
    }
    if have_quotes && signs.have(b" ") {
        quoted_after_words(text, spans);
    }
}

/// Finds `--password ..`, also in a list that is printed: `['--password', '..']`.
fn flags(text: &str, spans: &mut Spans) {
    let bytes = text.as_bytes();
    for_each(text, "-", |begin| {
        let is_first = begin == 0
            || bytes[begin - 1].is_ascii_whitespace()
            || b"\"'`,[({".contains(&bytes[begin - 1]);
        let end = end_of(text, begin, |byte| !is_of_name(byte));
        if !is_first {
            return end;
        }
        let name = &text[begin..end];
        let takes_user = takes_user_and_password(name);
        if !takes_user && !is_sensitive(name) {
            return end;
        }
        let value = end_of(text, end, |byte| {
            !byte.is_ascii_whitespace() && !b"\"'`,\\".contains(&byte)
        });
        if value == end || text[value..].starts_with('-') {
            return value;
        }
        let quoted = text[..value].ends_with(['"', '\'', '`']);
        let value_end = if quoted {
            end_of(text, value, |byte| b"\"'`".contains(&byte))
        } else {
            end_of(text, value, |byte| {
                byte.is_ascii_whitespace() || byte == b'"'
            })
        };
        let value_end = without_stops(text, value..value_end);
        let words = &text[value..value_end];
        if !is_placeholder(words) && !is_arn(words) && (!takes_user || words.contains(':')) {
            spans.withhold(value..value_end);
        }
        value_end
    });
}

/// Whether a flag takes a user and a password, as `curl -u user:password` does.
pub(super) fn takes_user_and_password(flag: &str) -> bool {
    matches!(flag, "-u" | "--user" | "--proxy-user" | "-U")
}

/// Finds `<password>..</password>`.
fn elements(text: &str, spans: &mut Spans) {
    let mut looked_for = 0;
    for_each(text, "<", |begin| {
        let name = begin + 1;
        let name_end = end_of(text, name, |byte| !is_of_name(byte) && byte != b':');
        let tag_end = (name_end - name <= LONGEST_NAME && name_end > name)
            .then(|| end_of(text, name_end, |byte| matches!(byte, b'>' | b'<' | b'\n')))
            .filter(|end| text[*end..].starts_with('>') && !text[..*end].ends_with('/'));
        let Some(tag_end) = tag_end.filter(|_| is_sensitive(&text[name..name_end])) else {
            return name_end;
        };
        let value = tag_end + 1;
        looked_for += u8::from(looked_for < ELEMENTS);
        let close = format!("</{}", &text[name..name_end]);
        let end = (looked_for < ELEMENTS)
            .then(|| text[value..].find(&close))
            .flatten()
            .map_or_else(|| end_of(text, value, |byte| byte == b'<'), |at| value + at);
        if !is_placeholder(&text[value..end]) {
            spans.withhold(value..end);
        }
        end
    });
}

/// Finds `password ".."`.
fn quoted_after_words(text: &str, spans: &mut Spans) {
    const SHORTEST: usize = 4;
    let small = text.to_ascii_lowercase();
    for word in [
        "password ",
        "passwd ",
        "pwd ",
        "passphrase ",
        "passcode ",
        "token ",
    ] {
        for_each(&small, word, |begin| {
            let quote = begin + word.len();
            let quoted = quoted(text, quote)
                .map(|it| it.inside)
                .filter(|quoted| quoted.len() >= SHORTEST && !text[quoted.clone()].contains('\n'));
            match quoted {
                Some(quoted) => {
                    let end = quoted.end;
                    spans.withhold(quoted);
                    end
                }
                None => quote,
            }
        });
    }
}
