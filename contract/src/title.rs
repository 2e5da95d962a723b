//! Titles with places in them that an event fills, as account files write them:
//! `Pipeline {detail.pipeline} failed`.
//!
//! The command line refuses an ill-formed title where it is written; the functions must make do with
//! whatever reaches them. So both read titles by this one parser.

use std::{fmt, str::FromStr};

/// What stands where an event has none of the values.
const UNKNOWN: &str = "(unknown)";

/// A title, taken apart. `{{` and `}}` stand for braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Paths),
}

/// Where in an event a value is: names with dots between them, such as `detail.state`, where a number
/// is a place in a list. With bars between several, the first that is there counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths(Vec<String>);

/// What is wrong with a title, and where. Characters are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTitle {
    /// A placeholder that does not end.
    #[error("`{{` at character {0} is not closed: write `{{{{` for the brace itself")]
    Unclosed(usize),
    /// A placeholder that does not begin.
    #[error("`}}` at character {0} closes nothing: write `}}}}` for the brace itself")]
    Unopened(usize),
    /// A placeholder that names no value.
    #[error("the placeholder at character {at} names no value: {reason}")]
    Placeholder {
        /// Where it begins.
        at: usize,
        /// Why it names none.
        reason: InvalidPath,
    },
}

/// A path that leads nowhere in any event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path: write names with dots between them, such as `detail.state`")]
pub struct InvalidPath(String);

impl Title {
    /// Reads a title.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidTitle`] with the position of the first brace that is not closed or closes nothing, or
    /// of the first placeholder that is not a list of paths.
    pub fn parse(text: &str) -> Result<Self, InvalidTitle> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut characters = (1..).zip(text.chars()).peekable();
        while let Some((at, character)) = characters.next() {
            let doubled = matches!(character, '{' | '}')
                && characters.next_if(|(_, next)| *next == character).is_some();
            match character {
                '}' if !doubled => return Err(InvalidTitle::Unopened(at)),
                '{' if !doubled => {
                    let mut paths = String::new();
                    loop {
                        match characters.next() {
                            Some((_, '}')) => break,
                            None | Some((_, '{')) => return Err(InvalidTitle::Unclosed(at)),
                            Some((_, other)) => paths.push(other),
                        }
                    }
                    let paths = paths
                        .parse()
                        .map_err(|reason| InvalidTitle::Placeholder { at, reason })?;
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Value(paths));
                }
                other => plain.push(other),
            }
        }
        parts.push(Part::Text(plain));
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// The title as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The places of an event whose values it has.
    pub fn places(&self) -> impl Iterator<Item = &Paths> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Value(paths) => Some(paths),
        })
    }

    /// The title with the values that `value` finds; `(unknown)` where it finds none.
    pub fn fill(&self, value: impl Fn(&Paths) -> Option<String>) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Value(paths) => value(paths).unwrap_or_else(|| UNKNOWN.to_owned()),
            })
            .collect()
    }
}

impl Paths {
    /// What a path can begin with. The first are what an event has by "AWS service event metadata" in the `EventBridge`
    /// events reference, the last four what is derived of an event.
    pub const BEGINNINGS: [&str; 14] = [
        "account",
        "detail",
        "detail-type",
        "id",
        "region",
        "replay-name",
        "resources",
        "source",
        "time",
        "version",
        "principal",
        "session",
        "dryRun",
        "subject",
    ];

    /// Whether some event has a value at this path.
    pub fn begins_like_an_event(path: &str) -> bool {
        let first = path.split('.').next().unwrap_or(path);
        Self::BEGINNINGS.contains(&first)
    }

    /// The paths, in the order in which they count.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// As an account file writes them: with bars between several.
impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("|"))
    }
}

impl FromStr for Paths {
    type Err = InvalidPath;

    fn from_str(text: &str) -> Result<Self, InvalidPath> {
        text.split('|')
            .map(|path| {
                let path = path.trim();
                let leads_nowhere = path.split('.').any(str::is_empty);
                if leads_nowhere {
                    Err(InvalidPath(path.to_owned()))
                } else {
                    Ok(path.to_owned())
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Fills in the paths themselves, apart from those that begin with `none`.
    fn filled(title: &str) -> Result<String, String> {
        let title = Title::parse(title).map_err(|error| error.to_string())?;
        Ok(title.fill(|paths| {
            paths
                .iter()
                .find(|path| !path.starts_with("none"))
                .map(|path| format!("<{path}>"))
        }))
    }

    #[test]
    fn placeholders_are_filled() {
        for (title, expected) in [
            ("", ""),
            ("It broke", "It broke"),
            (
                "Pipeline {detail.pipeline} failed",
                "Pipeline <detail.pipeline> failed",
            ),
            ("{a}{b}", "<a><b>"),
            ("{none.a|b.0|c}", "<b.0>"),
            ("{ a | b }", "<a>"),
            ("{none}!", "(unknown)!"),
            ("{{a}} {{{a}}}", "{a} {<a>}"),
            ("{detail-type} für {größe}", "<detail-type> für <größe>"),
        ] {
            assert_eq!(filled(title).as_deref(), Ok(expected), "{title}");
        }
    }

    #[test]
    fn what_is_ill_formed_is_said_with_its_place() {
        for (title, expected) in [
            (
                "Größe {detail",
                "`{` at character 7 is not closed: write `{{` for the brace itself",
            ),
            (
                "{a{b}",
                "`{` at character 1 is not closed: write `{{` for the brace itself",
            ),
            (
                "a} b",
                "`}` at character 2 closes nothing: write `}}` for the brace itself",
            ),
            (
                "is {}",
                "the placeholder at character 4 names no value: `` is not a path: write names with \
                 dots between them, such as `detail.state`",
            ),
            (
                "{a|}",
                "the placeholder at character 1 names no value: `` is not a path: write names with \
                 dots between them, such as `detail.state`",
            ),
            (
                "{a|b..c}",
                "the placeholder at character 1 names no value: `b..c` is not a path: write names \
                 with dots between them, such as `detail.state`",
            ),
        ] {
            assert_eq!(filled(title), Err(expected.to_owned()), "{title}");
        }
    }

    proptest! {
        #[test]
        fn no_title_is_too_odd(title in "[{}|.a ü]{0,20}") {
            let _ = filled(&title);
        }

        #[test]
        fn doubled_braces_stand_for_themselves(text in "[{}|.a ü]{0,20}") {
            let title = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(filled(&title), Ok(text));
        }
    }
}
