//! What the YAML parser refuses, in the words of whoever wrote the file.

use granit_parser::{ErrorKind, ScanError};

use super::diagnostic::Diagnostic;

/// What the lines begin with that a merge leaves where both sides changed.
const CONFLICT: [&str; 3] = ["<<<<<<<", "=======", ">>>>>>>"];

/// Where a text is not YAML, why, and what to write instead.
pub(super) fn mistake(text: &str, error: &ScanError) -> Diagnostic {
    if let Some((at, line)) = conflict(text) {
        return Diagnostic::error(at..at + line.len(), "a merge conflict is not resolved")
            .hint("keep one of the two sides, and remove the lines with the markers");
    }
    let at = error.marker().byte_offset().unwrap_or(text.len());
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    let first = rest.chars().next();
    let here = |message: String| Diagnostic::error(at..at, message);
    let needs_quotes = |start: char| {
        here(format!(
            "a value cannot begin with `{start}` without quotes"
        ))
        .hint(format!("put it in quotes: {}", quoted(line)))
    };
    match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            let tab = rest.find('\t').map_or(at, |it| at + it);
            Diagnostic::error(tab..tab + 1, "a tab indents this line")
                .hint("indent with spaces: YAML allows no tabs there")
        }
        ErrorKind::UnexpectedCharacter { character } => needs_quotes(*character),
        ErrorKind::MissingAnchorOrAliasName | ErrorKind::UnknownAnchor => {
            needs_quotes(first.unwrap_or('*'))
        }
        ErrorKind::InvalidBlockScalarHeader => needs_quotes(first.unwrap_or('>')),
        ErrorKind::UnclosedQuotedScalar => here("this quote is not closed".to_owned())
            .hint("end the text with the quote that it begins with"),
        ErrorKind::UnclosedFlowCollection { open } => {
            here(format!("`{open}` is not closed")).hint("close it after the last entry")
        }
        ErrorKind::MappingValueNotAllowed => here("`: ` inside of a value".to_owned())
            .hint("put the whole value in quotes; two keys take a line each"),
        ErrorKind::SimpleKeyExpected => {
            let key = line.trim_end();
            Diagnostic::error(at..at + key.len(), format!("`{key}` has no `:` after it"))
                .hint(format!("write `{key}:`, and its value after that"))
        }
        ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed => {
            here("this line is not indented like those that it belongs to".to_owned())
                .hint("keys of one entry, and the `-` of one list, begin in the same column")
        }
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => {
            here("`[` is not closed before this".to_owned())
                .hint("put `,` between the entries of a list, and `]` after the last")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::UnexpectedEofFlowMapping => {
            here("`{` is not closed before this".to_owned())
                .hint("put `,` between the entries of a map, and `}` after the last")
        }
        _ => here(error.info().clone()).hint("this is not YAML: a value in quotes always is"),
    }
}

/// A tag, such as `!Ref`, which no value of an account file has.
pub(super) fn tag(text: &str, start: usize) -> Option<Diagnostic> {
    let before = text.get(..start)?;
    let at = before.rfind('!')?;
    let tagged = before.get(at..)?.trim_end();
    Some(
        Diagnostic::error(
            at..at + tagged.len(),
            "a value cannot begin with `!` without quotes",
        )
        .hint(format!("put it in quotes: {}", quoted(tagged))),
    )
}

fn quoted(line: &str) -> String {
    let value = line.split([',', ']', '}', '#']).next().unwrap_or(line);
    let value = value.trim().trim_matches('`');
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn conflict(text: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if CONFLICT.iter().any(|it| line.starts_with(it)) {
            return Some((at, line.trim_end()));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::config::node::Node;

    /// A text that is not YAML, what is said of it, and what is pointed at.
    #[rustfmt::skip]
    const MISTAKES: &[(&str, &str, &str)] = &[
        ("a:\n\tb: 1\n", "a tab indents this line; indent with spaces: YAML allows no tabs there", "\t"),
        ("a:\n  - b: 1\n   c: 2\n", "this line is not indented like those that it belongs to; keys of one entry, and the `-` of one list, begin in the same column", ""),
        ("a: 1\n b: 2\n", "`: ` inside of a value; put the whole value in quotes; two keys take a line each", ""),
        ("title: Job failed: {x}\n", "`: ` inside of a value; put the whole value in quotes; two keys take a line each", ""),
        ("a:\n  - *\n", "a value cannot begin with `*` without quotes; put it in quotes: \"*\"", ""),
        ("a: [*-5xx, b]\n", "a value cannot begin with `*` without quotes; put it in quotes: \"*-5xx\"", ""),
        ("a: &\n", "a value cannot begin with `&` without quotes; put it in quotes: \"&\"", ""),
        ("a: @b\n", "a value cannot begin with `@` without quotes; put it in quotes: \"@b\"", ""),
        ("a: `b`\n", "a value cannot begin with ``` without quotes; put it in quotes: \"b\"", ""),
        ("a: %b\n", "a value cannot begin with `%` without quotes; put it in quotes: \"%b\"", ""),
        ("a: > 80\n", "a value cannot begin with `>` without quotes; put it in quotes: \"> 80\"", ""),
        ("a: [\"*\", !Target-*]\n", "a value cannot begin with `!` without quotes; put it in quotes: \"!Target-*\"", "!Target-*"),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\n", "a merge conflict is not resolved; keep one of the two sides, and remove the lines with the markers", "<<<<<<< HEAD"),
        ("a: 1\nclusters\n", "`clusters` has no `:` after it; write `clusters:`, and its value after that", "clusters"),
        ("a: \"b\n", "this quote is not closed; end the text with the quote that it begins with", ""),
        ("a: [b, c\n", "`[` is not closed; close it after the last entry", ""),
    ];

    #[test]
    fn what_is_not_yaml_is_said_with_what_to_write_instead() {
        for (text, expected, place) in MISTAKES {
            let problem = Node::parse(text).unwrap_err();
            let said = problem.render("a.yaml", text, false);
            let mut parts = expected.splitn(2, "; ");
            let message = parts.next().unwrap();
            assert!(
                said.starts_with(&format!("error: {message}\n")),
                "{text}{said}"
            );
            let hint = parts.next().unwrap();
            assert!(said.ends_with(&format!("hint: {hint}")), "{text}{said}");
            if !place.is_empty() {
                assert!(said.contains(&"^".repeat(place.len())), "{text}{said}");
            }
        }
    }
}
