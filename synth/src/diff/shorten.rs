//! Two values, shown so that what differs between them can be seen. Pure.

use stacks::Json;

/// Characters of a value that are shown at most.
const LONGEST: usize = 90;
/// Characters around what differs that are shown, too.
const AROUND: usize = 24;

/// A value alone.
pub(super) fn one(value: &Json) -> String {
    let text: Vec<char> = value.to_string().chars().collect();
    cut(&text, 0, text.len().min(LONGEST))
}

/// Two values: each in full where both are short, and otherwise what differs, with a little around it.
pub(super) fn two(before: &Json, after: &Json) -> (String, String) {
    let (a, b): (Vec<char>, Vec<char>) = (
        before.to_string().chars().collect(),
        after.to_string().chars().collect(),
    );
    if a.len() <= LONGEST && b.len() <= LONGEST {
        return (a.iter().collect(), b.iter().collect());
    }
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let rest = a.len().min(b.len()) - same_start;
    let same_end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take(rest)
        .take_while(|(x, y)| x == y)
        .count();
    let from = same_start.saturating_sub(AROUND);
    let part = |text: &[char]| {
        let to = (text.len() - same_end + AROUND).min(text.len());
        // What differs is never cut at its beginning, where the difference is.
        cut(text, from, to.min(from + 2 * LONGEST))
    };
    (part(&a), part(&b))
}

/// A part of a text, with dots where something is left out.
fn cut(text: &[char], from: usize, to: usize) -> String {
    let part: String = text[from..to].iter().collect();
    let before = if from > 0 { "..." } else { "" };
    let after = if to < text.len() { "..." } else { "" };
    format!("{before}{part}{after}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_values_are_shown_in_full() {
        assert_eq!(
            two(&json!(80), &json!(90)),
            ("80".to_owned(), "90".to_owned())
        );
    }

    #[test]
    fn what_differs_in_long_values_is_never_cut_away() {
        let arn = |name: &str| {
            json!(format!(
                "arn:aws:sns:eu-central-1:111122223333:{}-{name}-{}",
                "x".repeat(200),
                "y".repeat(200)
            ))
        };
        let (before, after) = two(&arn("old"), &arn("new"));
        assert_ne!(before, after);
        assert!(
            before.contains("x-old-y") && after.contains("x-new-y"),
            "{before} {after}"
        );
        assert!(before.len() < 100 && before.starts_with("...") && before.ends_with("..."));
    }

    #[test]
    fn one_that_only_grows_shows_what_it_grows_by() {
        let (before, after) = two(&json!("a".repeat(120)), &json!("a".repeat(130)));
        assert_ne!(before, after);
    }
}
