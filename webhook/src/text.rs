//! Text from outside, made fit to be read by people, terminals and language models.

/// Replaces what does not show: control characters, except line ends and tabs, the marks that turn
/// the direction of writing around, and what is no character at all (a queue refuses those).
pub fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| {
            if is_deceptive(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

fn is_deceptive(c: char) -> bool {
    let control = c.is_control() && c != '\n' && c != '\t';
    let turns_direction =
        matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    control || turns_direction || matches!(c, '\u{FFFE}' | '\u{FFFF}')
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
        assert_eq!(clean("größer than 5 → 警報"), "größer than 5 → 警報");
    }

    #[test]
    fn a_cut_is_stated() {
        let text = "é".repeat(500);
        assert_eq!(cut(&text, 500), text);
        assert!(cut(&text, 400).ends_with("é [cut: 131 characters left out]"));
    }

    proptest! {
        #[test]
        fn a_cut_keeps_the_limit(text in ".{0,600}", limit in 64_usize..500) {
            let short = cut(&text, limit);
            prop_assert!(short.chars().count() <= limit);
            let begins_alike = text.chars().zip(short.chars()).take_while(|(a, b)| a == b).count();
            prop_assert!(begins_alike + 40 >= limit.min(text.chars().count()));
        }
    }
}
