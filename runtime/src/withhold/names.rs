//! Decides by a name whether its value is sensitive.
//!
//! A name is split into words (`dbPassword`, `DB_PASSWORD` and `db-password` are the same two), so `pass` is
//! sensitive and `passenger` is not. A name that is *about* a secret (`secretArn`, `tokenExpiry`,
//! `auth-service`) is not sensitive.

use super::vocabulary::{
    ABOUT, Compounds, ENDINGS, HEADERS, KEEPS_NUMBER, PARTS, PLACEHOLDERS, PROGRAM_NAMES,
    PROGRAM_WORDS, PROGRAMS, SECRETS, WHOSE_PASS, WORDS,
};

/// Why the value of a name is sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The value is a secret.
    Secret,
    /// The value is a header that authenticates somebody. It extends to the end of its line.
    Header,
    /// The value is the command line or the environment of a program, where secrets are passed.
    Program,
}

/// Why the value of `name` is sensitive; nothing if it is not.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    let name = Name::new(name);
    if PROGRAM_NAMES.contains(&name.whole.as_str()) || name.ends_in(PROGRAMS) {
        return Some(Meaning::Program);
    }
    if name.ends_in(SECRETS) || name.last() == "webhook" {
        return Some(Meaning::Secret);
    }
    if ABOUT.contains(&name.last()) {
        return None;
    }
    if name.words().any(|word| PROGRAM_WORDS.contains(&word)) || name.holds(PROGRAMS) {
        return Some(Meaning::Program);
    }
    if HEADERS.contains(&name.last()) {
        return Some(Meaning::Header);
    }
    let secret = name.holds(SECRETS)
        || name
            .words()
            .zip(name.words().skip(1).chain([""]))
            .any(|(word, next)| is_secret(word) && !(word == "secrets" && next == "manager"));
    secret.then_some(Meaning::Secret)
}

/// The same for the last words of a sentence, such as `the connection string`. Only words that are sensitive
/// together count: a single one may belong to the rest of the sentence.
pub(super) fn meaning_of_words(words: &str) -> Option<Meaning> {
    let name = Name::new(words);
    if name.ends_in(PROGRAMS) {
        Some(Meaning::Program)
    } else {
        name.ends_in(SECRETS).then_some(Meaning::Secret)
    }
}

/// Whether a word ends some of the words that are sensitive together.
pub(super) fn may_end_words(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let singular = word.strip_suffix('s').unwrap_or(&word);
    PROGRAMS
        .iter()
        .chain(SECRETS)
        .any(|(last, _)| *last == singular)
}

/// Whether values of this name are sensitive, for whichever reason.
pub(super) fn is_sensitive(name: &str) -> bool {
    meaning(name).is_some()
}

/// Whether the members of an object of this name are evaluated by their own names, such as those of
/// GuardDuty's `accessKeyDetails`.
pub(super) fn is_described_by_parts(name: &str) -> bool {
    Name::new(name).last() == "details"
}

/// The last word of a name, in lower case.
pub(super) fn last_word(name: &str) -> String {
    Name::new(name).last().to_owned()
}

/// Whether a value is a placeholder such as `null`, `***` or `[REDACTED]`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let word = value.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c.is_ascii());
    if word.is_empty() {
        value
            .bytes()
            .all(|byte| b" *.,;:-_#<>[](){}\"'".contains(&byte))
    } else {
        word.len() <= 32 && PLACEHOLDERS.contains(&word.to_ascii_lowercase().as_str())
    }
}

fn is_secret(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let is_pass = |word: &str| {
        word.strip_suffix("pass")
            .is_some_and(|whose| WHOSE_PASS.contains(&whose))
    };
    WORDS.contains(&word)
        || WORDS.contains(&singular)
        || HEADERS.contains(&word)
        || ENDINGS
            .iter()
            .any(|end| word.ends_with(end) || singular.ends_with(end))
        || is_pass(word)
        || PARTS.iter().any(|part| word.contains(part))
}

/// A name in lower case without separators, and the ends of its words.
struct Name {
    whole: String,
    ends: Vec<usize>,
}

impl Name {
    fn new(name: &str) -> Self {
        let mut whole = String::with_capacity(name.len());
        let mut ends = Vec::new();
        let mut previous = ' ';
        let mut characters = name.chars().peekable();
        while let Some(character) = characters.next() {
            if character.is_ascii_alphanumeric() || !character.is_ascii() {
                let next_is_small = characters.peek().is_some_and(char::is_ascii_lowercase);
                let begins = character.is_ascii_uppercase()
                    && (previous.is_ascii_lowercase()
                        || previous.is_ascii_digit()
                        || (previous.is_ascii_uppercase() && next_is_small));
                if begins {
                    end(&mut whole, &mut ends);
                }
                whole.push(character.to_ascii_lowercase());
            } else {
                end(&mut whole, &mut ends);
            }
            previous = character;
        }
        end(&mut whole, &mut ends);
        Self { whole, ends }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        begins
            .zip(&self.ends)
            .map(|(begin, end)| &self.whole[begin..*end])
    }

    fn last(&self) -> &str {
        self.words().last().unwrap_or_default()
    }

    fn ends_in(&self, compounds: Compounds) -> bool {
        ends_in(&self.whole, compounds)
    }

    /// Whether the name holds one of `compounds`, which must end where a word ends.
    fn holds(&self, compounds: Compounds) -> bool {
        self.ends
            .iter()
            .any(|end| ends_in(&self.whole[..*end], compounds))
    }
}

/// Whether a name without separators ends in one of `compounds`, in the singular or the plural.
fn ends_in(name: &str, compounds: Compounds) -> bool {
    let ends = |name: &str, (last, firsts): &(&str, &[&str])| {
        // This is a fast path: most names end in another letter.
        name.bytes().last() == last.bytes().last()
            && name
                .strip_suffix(last)
                .is_some_and(|rest| firsts.iter().any(|first| rest.ends_with(first)))
    };
    let singular = name.strip_suffix('s');
    compounds
        .iter()
        .any(|it| ends(name, it) || singular.is_some_and(|name| ends(name, it)))
}

/// Ends a word. Its trailing digits are dropped: `password2` is a password.
fn end(whole: &mut String, ends: &mut Vec<usize>) {
    let begin = ends.last().copied().unwrap_or_default();
    let word = &whole[begin..];
    let without_number = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if without_number > 0 && !KEEPS_NUMBER.contains(&word) {
        whole.truncate(begin + without_number);
    }
    if whole.len() > begin {
        ends.push(whole.len());
    }
}
