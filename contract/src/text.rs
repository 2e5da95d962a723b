//! Text from outside, made fit to be read by people, terminals and language models.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// The same text without what does not show, except line ends and tabs.
///
/// What could hide something (control characters, tags, marks that turn the direction of writing around,
/// fillers, private use, what is no character at all) becomes U+FFFD, so that it is seen. What only says how
/// its neighbours look goes. Idempotent.
pub fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter_map(visible)
        .collect()
}

fn visible(c: char) -> Option<char> {
    if matches!(c, ' '..='~' | '\n' | '\t') {
        return Some(c);
    }
    if joins_or_varies(c) {
        return None;
    }
    Some(match c.general_category() {
        GeneralCategory::SpaceSeparator => ' ',
        GeneralCategory::Control
        | GeneralCategory::Format
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator
        | GeneralCategory::PrivateUse
        | GeneralCategory::Surrogate
        | GeneralCategory::Unassigned => char::REPLACEMENT_CHARACTER,
        _ if is_filler(c) => char::REPLACEMENT_CHARACTER,
        _ => c,
    })
}

/// Soft hyphen, joiners, byte order mark and variation selectors.
fn joins_or_varies(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{180B}'..='\u{180D}'
            | '\u{180F}'
            | '\u{200C}'
            | '\u{200D}'
            | '\u{2060}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Letters and symbols that are blank. Source: `Default_Ignorable_Code_Point` of Unicode, and the blank
/// pattern of Braille.
fn is_filler(c: char) -> bool {
    matches!(
        c,
        '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}'
    )
}

/// Cleans every text in a JSON document.
pub fn clean_json(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::String(text) => Json::String(clean(&text)),
        Json::Array(items) => items.into_iter().map(clean_json).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (clean(&key), clean_json(value)))
            .collect(),
        scalar => scalar,
    }
}

/// At most `limit` characters of `text`. A cut is stated at the end, within the limit.
///
/// `limit` must leave room for the statement: at least 64.
pub fn cut(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    // The note gets shorter, never longer, when the number in it does.
    let longest_note = note(length).chars().count();
    let kept = limit.saturating_sub(longest_note);
    let mut out: String = text.chars().take(kept).collect();
    out.push_str(&note(length - kept));
    out
}

/// The text, or its beginning and its end with `…` between them where it is longer than this many characters. More is
/// left of the beginning.
pub fn cut_middle(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(1);
    let end = kept / 4;
    let beginning: String = text.chars().take(kept - end).collect();
    let end: String = text.chars().skip(length - end).collect();
    format!("{beginning}…{end}")
}

fn note(left_out: usize) -> String {
    format!(" [cut: {left_out} characters left out]")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_does_not_show_is_replaced() {
        assert_eq!(
            clean("a\0b\u{1b}[31mc\r\nd\te\u{202e}f"),
            "a\u{fffd}b\u{fffd}[31mc\nd\te\u{fffd}f"
        );
        let plain = "größer than 5 → 警報 🚨 e\u{301} ไทย हिन्दी";
        assert_eq!(clean(plain), plain);
    }

    /// One of each kind that can hide a sentence, or a part of one.
    #[test]
    fn nothing_is_hidden() {
        for hidden in [
            "\u{e0041}\u{e0042}",
            "\u{200b}",
            "\u{2063}",
            "\u{206a}",
            "\u{61c}",
            "\u{180e}",
            "\u{2028}",
            "\u{2029}",
            "\u{85}",
            "\r",
            "\u{fff9}",
            "\u{e000}",
            "\u{f0000}",
            "\u{10fffd}",
            "\u{378}",
            "\u{fdd0}",
            "\u{115f}",
            "\u{3164}",
            "\u{2800}",
        ] {
            let seen = "\u{fffd}".repeat(hidden.chars().count());
            assert_eq!(
                clean(&format!("a{hidden}b")),
                format!("a{seen}b"),
                "{hidden:?}"
            );
        }
        for gone in ["\u{ad}", "\u{200d}", "\u{fe0f}", "\u{feff}", "\u{e0100}"] {
            assert_eq!(clean(&format!("a{gone}b")), "ab", "{gone:?}");
        }
        assert_eq!(clean("a\u{a0}b\u{3000}c"), "a b c");
    }

    #[test]
    fn a_cut_is_stated() {
        let text = "é".repeat(500);
        assert_eq!(cut(&text, 500), text);
        assert!(cut(&text, 400).ends_with("é [cut: 131 characters left out]"));
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(text in any::<String>()) {
            let cleaned = clean(&text);
            prop_assert_eq!(clean(&cleaned), cleaned);
        }

        #[test]
        fn a_cut_keeps_the_limit(text in ".{0,600}", limit in 64_usize..500) {
            let short = cut(&text, limit);
            prop_assert!(short.chars().count() <= limit);
            let begins_alike = text.chars().zip(short.chars()).take_while(|(a, b)| a == b).count();
            prop_assert!(begins_alike + 40 >= limit.min(text.chars().count()));
        }
    }
}
