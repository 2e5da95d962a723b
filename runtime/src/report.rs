//! The text of an incident: sections of short lines, for engineers and for language models.

use std::fmt::Write as _;

/// Characters of a fact at most: one that goes on and on must not push the others out.
const LONGEST_FACT: usize = 1_100;

/// Builds a description.
#[derive(Debug, Default)]
pub struct Report(String);

impl Report {
    /// A report that begins with what happened, in a sentence or two.
    pub fn new(summary: &str) -> Self {
        Self(summary.to_owned())
    }

    /// A section with a line for each fact; nothing if there are none.
    pub fn section(&mut self, title: &str, facts: &[String]) {
        if facts.is_empty() {
            return;
        }
        let _ = write!(self.0, "\n\n{title}:");
        for fact in facts {
            let _ = write!(self.0, "\n- {}", webhook::text::cut(fact, LONGEST_FACT));
        }
    }

    /// A section of text that keeps its lines. It comes last if it may be too long for a description,
    /// which is then cut there.
    pub fn lines(&mut self, title: &str, text: &str) {
        let _ = write!(self.0, "\n\n{title}:\n{text}");
    }

    /// The whole text.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// At most `limit` of `facts`, and how many are left out.
pub fn first(facts: Vec<String>, limit: usize) -> Vec<String> {
    let total = facts.len();
    let mut facts: Vec<String> = facts.into_iter().take(limit).collect();
    if total > limit {
        facts.push(format!("and {} more", total - limit));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_without_facts_are_left_out() {
        let mut report = Report::new("It broke.");
        report.section("Where", &["here".to_owned(), "there".to_owned()]);
        report.section("Unknown", &[]);
        assert_eq!(report.into_text(), "It broke.\n\nWhere:\n- here\n- there");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let facts = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
        assert_eq!(first(facts.clone(), 3), ["a", "b", "c"]);
        assert_eq!(first(facts, 1), ["a", "and 2 more"]);
    }
}
