//! What a schema says of a type or a property, as a doc comment can say it: the first sentence, in plain Markdown.

/// Macros of AWS's documentation that were never expanded, and what they stand for.
const MACROS: &[(&str, &str)] = &[
    ("AOlong", "AWS Organizations"),
    ("AWS-account", "AWS account"),
    ("AWS-Region", "AWS Region"),
    ("AWS-Regions", "AWS Regions"),
    ("DDB", "DynamoDB"),
    ("IAMlong", "AWS Identity and Access Management"),
    ("KMSlong", "AWS Key Management Service"),
    ("LAMlong", "AWS Lambda"),
];

/// The first sentence of a description. Nothing where it does not stand alone, such as one that announces a list, or where
/// rustdoc would take it for a link or for HTML.
pub(crate) fn first_sentence(description: &str) -> Option<String> {
    let text = without_markup(first_paragraph(description))?;
    let words: Vec<String> = text.split_whitespace().map(expanded).collect();
    let text = words.join(" ");
    let sentence = without_subject(up_to_its_end(&text).trim_end_matches([',', ';']));
    let says_nothing = sentence.is_empty()
        || sentence.ends_with(':')
        || sentence.contains("://")
        || sentence.contains("Resource Type");
    if says_nothing {
        return None;
    }
    let end = if sentence.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    Some(format!("{sentence}{end}"))
}

/// A paragraph ends at an empty line, at a list, and at an indented line, by which most schemas begin a new one.
fn first_paragraph(description: &str) -> &str {
    let text = description.trim();
    let ends = ["\n\n", "\n ", "\n+", "\n-", "\n*"];
    let end = ends.iter().filter_map(|it| text.find(it)).min();
    &text[..end.unwrap_or(text.len())]
}

/// The same without links, emphasis and tags; code stays. Nothing where something is not closed.
fn without_markup(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '`' => {
                let quotes = if rest.starts_with("``") { "``" } else { "`" };
                let (code, after) = rest[quotes.len()..].split_once(quotes)?;
                if code.contains('`') {
                    return None;
                }
                plain.extend(["`", code, "`"]);
                after
            }
            '[' => {
                let (label, link) = rest[1..].split_once("](")?;
                plain.push_str(&without_markup(label)?);
                link.split_once(')')?.1
            }
            '<' => {
                let (tag, after) = rest[1..].split_once('>')?;
                let name = tag.trim_start_matches('/');
                if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return None;
                }
                let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next();
                if matches!(name, Some("br" | "li" | "p")) {
                    plain.push(' ');
                }
                after
            }
            '>' | ']' => return None,
            '*' => &rest[1..],
            other => {
                plain.push(other);
                &rest[other.len_utf8()..]
            }
        };
    }
    Some(plain)
}

/// A word; where it is a macro, what that stands for.
fn expanded(word: &str) -> String {
    let name = word.trim_matches(|c: char| "(),.:".contains(c));
    match MACROS.iter().find(|(it, _)| *it == name) {
        Some((_, meaning)) => word.replacen(name, meaning, 1),
        None => word.to_owned(),
    }
}

/// A sentence ends at a full stop before a space; not in code, in parentheses, or in an abbreviation.
fn up_to_its_end(text: &str) -> &str {
    let (mut is_code, mut depth) = (false, 0_usize);
    for (at, character) in text.char_indices() {
        let after = at + character.len_utf8();
        match character {
            '`' => is_code = !is_code,
            _ if is_code => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '.' | '!' | '?' if depth == 0 => {
                let is_end = text[after..].is_empty() || text[after..].starts_with(' ');
                let is_short = ["e.g.", "i.e.", "etc.", "vs."]
                    .iter()
                    .any(|it| text[..after].ends_with(it));
                if is_end && !is_short {
                    return &text[..after];
                }
            }
            _ => {}
        }
    }
    text
}

/// `The X resource creates a queue.` is `Creates a queue.` in a comment that begins with `X`.
fn without_subject(sentence: &str) -> String {
    let verb = || {
        let (name, rest) = sentence.strip_prefix("The ")?.split_once(' ')?;
        let is_name = name.starts_with('`') || name.contains("::");
        let nouns = ["property type ", "resource type ", "resource ", "type "];
        let verb = nouns.iter().find_map(|it| rest.strip_prefix(it))?;
        let is_verb = verb.split(' ').next()?.ends_with('s');
        (is_name && is_verb).then_some(verb)
    };
    let Some(verb) = verb() else {
        return sentence.to_owned();
    };
    verb[..1].to_ascii_uppercase() + &verb[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_is_plain() {
        for (description, expected) in [
            (
                "The name of the alarm. It is unique.",
                "The name of the alarm.",
            ),
            ("The name\nof the alarm", "The name of the alarm."),
            (
                "The ``AWS::SQS::Queue`` resource creates a DDB, e.g. a queue.\n Keep",
                "Creates a DynamoDB, e.g. a queue.",
            ),
            ("The AWS::X::Y type specifies it", "Specifies it."),
            (
                "The `Tags` resource policy. More.",
                "The `Tags` resource policy.",
            ),
            (
                "(Deprecated.) When it *ends*. More.",
                "(Deprecated.) When it ends.",
            ),
            (
                "See [Keys](https://docs.aws.amazon.com/a#b) in `a. b*`. More.",
                "See Keys in `a. b*`.",
            ),
            (
                "The path,<br>or <a href=\"x\">the name</a>, in KMSlong (KMS).",
                "The path, or the name, in AWS Key Management Service (KMS).",
            ),
        ] {
            assert_eq!(first_sentence(description).as_deref(), Some(expected));
        }
    }

    /// Rustdoc would warn of it, or a reader would miss the rest.
    #[test]
    fn what_does_not_stand_alone_is_left_out() {
        for description in [
            "",
            "One of the following:\n  +  `A`",
            "Resource Type definition for AWS::Events::Rule",
            "At https://example.com there is more.",
            "A list of [names].",
            "Where a < b.",
            "An `open quote.",
            "One of ``! ` ~``.",
        ] {
            assert_eq!(first_sentence(description), None, "{description}");
        }
    }
}
