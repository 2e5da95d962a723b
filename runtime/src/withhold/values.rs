//! Finds secrets by their form, whatever their names are.

use std::ops::Range;

use super::{signs::Signs, spans::Spans};

/// The length of the shortest text that can hold one.
const SHORTEST: usize = 7;

/// Beginnings of the tokens of well-known services.
const TOKENS: &[&str] = &[
    "AGE-SECRET-KEY-",
    "AIza",
    "NRAK-",
    "SG.",
    "dckr_pat_",
    "dop_v1_",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hvb.",
    "hvs.",
    "npm_",
    "pypi-",
    "rk_live_",
    "rk_test_",
    "shpat_",
    "sk-",
    "sk_live_",
    "sk_test_",
    "whsec_",
    "xapp-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "ya29.",
];
const SHORTEST_TOKEN: usize = 20;

/// Beginnings of the IDs of access keys. Source: "Understanding unique ID prefixes" in the IAM user guide.
const ACCESS_KEYS: &[&str] = &["AKIA", "ASIA"];
const SHORTEST_ACCESS_KEY: usize = 16;

/// Base64 of `{"`, with which JSON web tokens begin, and of `-----BEGIN`.
const ENCODED: &[&str] = &["eyJ", "LS0tLS1CRUdJTi"];
const SHORTEST_ENCODED: usize = 12;

/// Beginnings of addresses that work as a password.
const HOOKS: &[&str] = &[
    "api.telegram.org/bot",
    "chat.googleapis.com/v1/spaces/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "events.pagerduty.com/integration/",
    "hooks.slack.com/services/",
    "hooks.slack.com/triggers/",
    "hooks.slack.com/workflows/",
    "hooks.zapier.com/hooks/catch/",
    "webhook.office.com/",
];

pub(super) fn find(text: &str, signs: &Signs, spans: &mut Spans) {
    if text.len() < SHORTEST {
        return;
    }
    words(text, spans);
    if signs.have(b" \t") {
        private_keys(text, spans);
        authorizations(text, spans);
    }
    if signs.have(b"@") {
        for chunk in chunks(text) {
            addresses(text, chunk, spans);
        }
    }
    if signs.have(b"/") {
        hooks(text, spans);
    }
}

fn hooks(text: &str, spans: &mut Spans) {
    for hook in HOOKS {
        for_each(text, hook, |begin| {
            let secret = begin + hook.len();
            let end = end_of(text, secret, ends_address);
            spans.withhold(secret..end);
            end
        });
    }
}

/// Finds PEM. Without its last line, it extends to the end of the text.
fn private_keys(text: &str, spans: &mut Spans) {
    const END: &str = "-----END ";
    for_each(text, "-----BEGIN ", |begin| {
        let end = text[begin..].find(END).map_or(text.len(), |offset| {
            let label = begin + offset + END.len();
            text[label..]
                .find("-----")
                .map_or(text.len(), |offset| label + offset + "-----".len())
        });
        spans.withhold(begin..end);
        end
    });
}

/// Finds keys and tokens.
fn words(text: &str, spans: &mut Spans) {
    let mut begin = 0;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        if is_of_word(byte) {
            continue;
        }
        if at >= begin + SHORTEST_ENCODED {
            begin = at.max(word(text, begin..at, spans));
        }
        begin = begin.max(at + 1);
    }
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Finds keys and tokens in a word, also where they begin after punctuation. Returns the end of the last one.
fn word(text: &str, word: Range<usize>, spans: &mut Spans) -> usize {
    let mut at = word.start;
    while at < word.end {
        at = key_or_token(text, at..word.end, spans).unwrap_or_else(|| {
            let part = end_of(text, at, |byte| !byte.is_ascii_alphanumeric());
            end_of(text, part, |byte| {
                byte.is_ascii_alphanumeric() || !is_of_word(byte)
            })
        });
    }
    at
}

/// Withholds the key or the token that begins here, if one does, and returns its end.
fn key_or_token(text: &str, word: Range<usize>, spans: &mut Spans) -> Option<usize> {
    let rest = &text[word.clone()];
    let begins = |starts: &[&str]| starts.iter().any(|start| rest.starts_with(start));
    let end = if begins(ACCESS_KEYS) {
        let capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        let end = end_of(text, word.start, |byte| !capital(byte));
        (end - word.start >= SHORTEST_ACCESS_KEY).then_some(end)?
    } else if begins(ENCODED) && rest.len() >= SHORTEST_ENCODED {
        let of_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.+/=".contains(&byte);
        end_of(text, word.start, |byte| !of_base64(byte))
    } else if begins(TOKENS) && rest.len() >= SHORTEST_TOKEN {
        word.end
    } else {
        return None;
    };
    spans.withhold(word.start..end);
    Some(end)
}

/// Finds `Bearer ..` and `Basic ..`, also outside of headers.
fn authorizations(text: &str, spans: &mut Spans) {
    let small = text.to_ascii_lowercase();
    for scheme in ["bearer", "basic"] {
        for_each(&small, scheme, |begin| {
            let after = begin + scheme.len();
            let secret = end_of(text, after, |byte| !matches!(byte, b' ' | b'\t'));
            let follows_word = small[..begin].ends_with(|c: char| c.is_ascii_alphanumeric());
            if follows_word || secret == after {
                return after;
            }
            let end = end_of(text, secret, |byte| {
                byte.is_ascii_whitespace() || b"\"'`,;<>&\\".contains(&byte)
            });
            if is_no_word(&text[secret..end]) {
                spans.withhold(secret..end);
            }
            secret
        });
    }
}

/// Whether this is not a word of a sentence, as in "bearer token is missing".
fn is_no_word(text: &str) -> bool {
    let letters = text.trim_end_matches(['.', ':', '!', ')']);
    let is_word = letters.chars().skip(1).all(|c| c.is_ascii_lowercase());
    !letters.is_empty() && (!is_word || letters.len() > 16)
}

/// Finds credentials in addresses: `postgres://app:..@db`.
fn addresses(text: &str, chunk: Range<usize>, spans: &mut Spans) {
    let Some(last) = text[chunk.clone()].rfind('@').map(|at| chunk.start + at) else {
        return;
    };
    let chunk = &text[chunk.start..last];
    let from = last - chunk.len();
    for separator in ["://", ":\\/\\/"] {
        for (offset, _) in chunk.match_indices(separator) {
            let begin = from + offset;
            let authority = begin + separator.len();
            let host = end_of(text, authority, |byte| {
                ends_address(byte) || b"/?#\\".contains(&byte)
            });
            let of_authority = &text[authority..host];
            // A password may hold a slash.
            let begins_password = || {
                let port = of_authority.split_once(':').map(|(_, port)| port);
                port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()))
            };
            let user = match of_authority.rfind('@') {
                Some(offset) => authority + offset,
                None if begins_password() => {
                    spans.withhold(authority..last);
                    break;
                }
                None => continue,
            };
            let is_web = text[..begin].ends_with("http") || text[..begin].ends_with("https");
            // A user without a password is harmless, except on the web, where it may be a token.
            if is_web || text[authority..user].contains(':') {
                spans.withhold(authority..user);
            }
        }
    }
    for driver in ["jdbc:oracle:thin:", "jdbc:oracle:oci:"] {
        if let Some(offset) = chunk.find(driver) {
            spans.withhold(from + offset + driver.len()..last);
        }
    }
    // The format of Go's MySQL driver is `app:..@tcp(db:3306)/shop`.
    for network in ["@tcp(", "@unix("] {
        if text[last..].starts_with(network) {
            spans.withhold(from..last);
        }
    }
}

/// Splits a text at white space and quotes.
fn chunks(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let begin = end_of(text, at, |byte| !ends_address(byte));
        at = end_of(text, begin, ends_address);
        (begin < at).then_some(begin..at)
    })
}

fn ends_address(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"\"'`<>".contains(&byte)
}

/// Calls `found` with each position of `needle`, and continues at the position that it returns.
pub(super) fn for_each(text: &str, needle: &str, mut found: impl FnMut(usize) -> usize) {
    let mut at = 0;
    while let Some(offset) = text.get(at..).and_then(|rest| rest.find(needle)) {
        let begin = at + offset;
        at = found(begin).max(begin + needle.len());
    }
}

/// The first byte from `from` for which `ends` holds; the end of the text if there is none.
pub(super) fn end_of(text: &str, from: usize, ends: impl Fn(u8) -> bool) -> usize {
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| ends(*byte));
    from + length.unwrap_or(rest.len())
}
