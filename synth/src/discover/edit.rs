//! Entries that are added to a list of an account file, whose text stays as it is otherwise. Pure.

/// The text with these entries, as YAML writes them, at the end of the list of a key of the file. Without the key, the list
/// is put at the end. Nothing where the list is written in a way that is not known here, such as an alias.
pub(super) fn added(text: &str, key: &str, entries: &[String]) -> Option<String> {
    let end_of_line = end_of_line(text);
    let Some(value) = value_of(text, key) else {
        let lines = block(entries, "  ", end_of_line);
        return Some(at_the_end(text, &format!("{key}:{end_of_line}{lines}")));
    };
    let rest = text.get(value..)?;
    let (line, _) = rest.split_once('\n').unwrap_or((rest, ""));
    let begins = line.trim_start();
    if begins.starts_with('[') {
        return in_brackets(text, value + (line.len() - begins.len()), entries);
    }
    if begins.trim_end().is_empty() || begins.starts_with('#') {
        return in_lines(text, value + line.len(), entries, end_of_line);
    }
    None
}

/// The text with this value of a key at its end. Nothing where the key is there already.
pub(super) fn with(text: &str, key: &str, value: &str) -> Option<String> {
    let is_there = value_of(text, key).is_some();
    let line = format!("{key}: {value}{}", end_of_line(text));
    (!is_there).then(|| at_the_end(text, &line))
}

fn end_of_line(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Where what follows the key and its colon begins.
fn value_of(text: &str, key: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let spellings = [key.to_owned(), format!("\"{key}\""), format!("'{key}'")];
        for spelling in spellings {
            let after = line.strip_prefix(&spelling).map(str::trim_start);
            let value = after.and_then(|it| it.strip_prefix(':'));
            if let Some(value) =
                value.filter(|it| it.is_empty() || it.starts_with(char::is_whitespace))
            {
                return Some(start + line.len() - value.len());
            }
        }
        start += line.len();
    }
    None
}

fn block(entries: &[String], indentation: &str, end_of_line: &str) -> String {
    let lines = entries.iter();
    let lines = lines.map(|it| format!("{indentation}- {it}{end_of_line}"));
    lines.collect()
}

/// The text with these lines at its end, behind an empty one.
fn at_the_end(text: &str, lines: &str) -> String {
    let end_of_line = end_of_line(text);
    let ended = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        end_of_line
    };
    format!("{text}{ended}{end_of_line}{lines}")
}

/// Below the last entry, indented like the first. `start` is the end of the key's own line.
fn in_lines(text: &str, start: usize, entries: &[String], end_of_line: &str) -> Option<String> {
    let rest = text.get(start..)?;
    // The end of the key's line belongs to it.
    let own = rest.find('\n').map_or(rest.len(), |it| it + 1);
    let mut last = start + own;
    let mut at = last;
    let mut indentation: Option<&str> = None;
    for line in rest.get(own..)?.split_inclusive('\n') {
        let content = line.trim();
        let is_content = !content.is_empty() && !content.starts_with('#');
        let is_entry = content == "-" || content.starts_with("- ");
        let is_indented = line.starts_with([' ', '\t']);
        if is_content && !is_indented && !is_entry {
            break;
        }
        at += line.len();
        if is_content {
            if indentation.is_none() && !is_entry {
                return None;
            }
            let before = line.len() - line.trim_start().len();
            indentation = indentation.or(line.get(..before));
            last = at;
        }
    }
    let (before, after) = text.split_at_checked(last)?;
    let ended = if before.ends_with('\n') {
        ""
    } else {
        end_of_line
    };
    let lines = block(entries, indentation.unwrap_or("  "), end_of_line);
    Some(format!("{before}{ended}{lines}{after}"))
}

/// Behind the last entry between brackets, of which the first is at `start`.
fn in_brackets(text: &str, start: usize, entries: &[String]) -> Option<String> {
    let mut quote: Option<char> = None;
    let mut depth = 0_usize;
    let mut last = ('[', start);
    let mut chars = text.get(start..)?.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, it)) = chars.next() {
        let end = start + at + it.len_utf8();
        match (quote, it) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(own), _) if it == own => {
                // Two single quotes are one within single quotes.
                if own == '\'' && chars.next_if(|(_, next)| *next == '\'').is_some() {
                    continue;
                }
                quote = None;
                last = (it, end);
            }
            (Some(_), _) => {}
            // A quote within a plain text is a letter of it.
            (None, '"' | '\'') if "[{,:".contains(last.0) => {
                quote = Some(it);
                last = (it, end);
            }
            (None, '#') if before.is_whitespace() => {
                while chars.next_if(|(_, next)| *next != '\n').is_some() {}
            }
            (None, ']' | '}') if depth == 1 => {
                let separator = match last.0 {
                    '[' if last.1 == start + 1 => "",
                    ',' => " ",
                    _ => ", ",
                };
                let (before, after) = text.split_at_checked(last.1)?;
                return Some(format!("{before}{separator}{}{after}", entries.join(", ")));
            }
            (None, _) => {
                match it {
                    '[' | '{' => depth += 1,
                    ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if !it.is_whitespace() {
                    last = (it, end);
                }
            }
        }
        before = it;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let entries = ["new".to_owned(), "\"*\"".to_owned()];
        assert_eq!(added(text, "clusters", &entries).as_deref(), Some(expected));
    }

    #[test]
    fn a_list_of_lines_gets_further_lines_of_its_indentation() {
        check(
            "clusters: # all\n    - a\n    # why\n    - name: b\n      priority: LOW # low\n    # - c\n\n# Others\nname: x\n",
            "clusters: # all\n    - a\n    # why\n    - name: b\n      priority: LOW # low\n    - new\n    - \"*\"\n    # - c\n\n# Others\nname: x\n",
        );
        check(
            "clusters:\n- a\nname: x",
            "clusters:\n- a\n- new\n- \"*\"\nname: x",
        );
        check(
            "name: x\nclusters:\n  - a",
            "name: x\nclusters:\n  - a\n  - new\n  - \"*\"\n",
        );
        check(
            "clusters:\r\n  - a\r\nname: x\r\n",
            "clusters:\r\n  - a\r\n  - new\r\n  - \"*\"\r\nname: x\r\n",
        );
    }

    #[test]
    fn a_list_in_brackets_gets_further_entries() {
        check("clusters: [a]\n", "clusters: [a, new, \"*\"]\n");
        check("clusters: []\n", "clusters: [new, \"*\"]\n");
        check(
            "clusters: [ 'a]', \"b\\\"]\", {name: c, regions: [x]} ] # [\n",
            "clusters: [ 'a]', \"b\\\"]\", {name: c, regions: [x]}, new, \"*\" ] # [\n",
        );
        check(
            "clusters: [\n  a, # it's ]\n  b\n  # ]\n]\n",
            "clusters: [\n  a, # it's ]\n  b, new, \"*\"\n  # ]\n]\n",
        );
        check("clusters: [[a], ]\n", "clusters: [[a], new, \"*\" ]\n");
    }

    #[test]
    fn a_list_that_is_not_there_is_put_at_the_end() {
        check(
            "name: x # clusters: y\n",
            "name: x # clusters: y\n\nclusters:\n  - new\n  - \"*\"\n",
        );
        check("clusters:\n", "clusters:\n  - new\n  - \"*\"\n");
        check("clusters:", "clusters:\n  - new\n  - \"*\"\n");
    }

    #[test]
    fn a_value_is_put_at_the_end_of_a_file_without_its_key() {
        let text = "name: x # agent: y\r\n# The end";
        let expected = format!("{text}\r\n\r\nagent: {{space: a}}\r\n");
        assert_eq!(with(text, "agent", "{space: a}"), Some(expected));
        assert_eq!(with("agent:\n", "agent", "{space: a}"), None);
    }

    #[test]
    fn what_is_written_in_another_way_is_left_alone() {
        for text in [
            "clusters: *others\n",
            "clusters: &all [a]\n",
            "clusters:\n  [a]\n",
            "clusters: [a",
        ] {
            assert_eq!(added(text, "clusters", &["new".to_owned()]), None, "{text}");
        }
    }
}
