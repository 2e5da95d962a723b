//! What a person is shown, in lines of a narrow terminal.

use contract::text::clean;

use super::{
    super::text::count,
    Results, Row, Totals,
    row::{Became, minutes},
};

/// Characters of a line at most.
const WIDTH: usize = 80;
/// Begins each line of what the agent wrote.
const AGENT: &str = "      > ";
/// What is named of each kind of total at most.
const NAMED: usize = 10;

impl Results {
    /// What comes first, for a person.
    pub(crate) fn heading(region: &str) -> String {
        format!("{region}, times in UTC; lines with `>` are what the agent wrote")
    }

    /// Everything, for a person. `watched` is whether the account file names the agent.
    pub(crate) fn lines(&self, account: &str, watched: bool) -> Vec<String> {
        let mut lines: Vec<String> = self.rows.iter().flat_map(Row::lines).collect();
        if self.rows.is_empty() {
            lines.extend(self.what_now(account, watched));
        } else {
            lines.push(String::new());
            lines.extend(self.totals.lines());
        }
        if self.unknown > 0 && !self.is_unused {
            lines.push(fit(&format!(
                "  {} sent, and no task of the agent is known: see synth history",
                count(self.unknown as u64, "report")
            )));
        }
        if self.unreadable > 0 {
            lines.push(fit(&format!(
                "  {} of the ledger cannot be read: another version wrote them",
                count(self.unreadable as u64, "item")
            )));
        }
        lines
    }

    /// Why there is nothing, and what to do.
    fn what_now(&self, account: &str, watched: bool) -> Vec<String> {
        let lines: &[&str] = match (self.is_unused, watched) {
            (true, false) => &[
                "no results: nothing watches the agent. Name its space in the account file,",
                "  agent: {space: UUID, region: REGION}",
                "then deploy. From then on every report knows its investigation.",
            ],
            (true, true) => &[
                "no results yet: the agent has said nothing of any report. See what was sent:",
                "  synth history --account ACCOUNT",
            ],
            (false, _) => &["no investigations in this time: --since 35d shows all"],
        };
        let lines = lines.iter();
        lines
            .map(|it| format!("  {}", it.replace("ACCOUNT", account)))
            .collect()
    }
}

impl Row {
    fn lines(&self) -> Vec<String> {
        let priority = self.priority.map_or("", contract::Priority::as_str);
        let mut lines = vec![
            fit(&format!(
                "  {}  {:<10}  {priority:<8}  {}",
                self.at.strftime("%m-%d %H:%M"),
                self.word(),
                self.incident
            )),
            fit(&format!("      {}", self.group)),
        ];
        let task = match &self.primary {
            Some(primary) => format!(
                "      task {} is linked to\n           {primary}",
                self.task
            ),
            None => format!("      task {}", self.task),
        };
        lines.extend(task.lines().map(fit));
        let gaps = (!self.gaps.is_empty()).then(|| count(self.gaps.len() as u64, "gap"));
        let facts: Vec<String> = [
            self.seconds.map(minutes),
            self.dollars.map(|it| format!("${it:.2}")),
            gaps,
        ]
        .into_iter()
        .flatten()
        .collect();
        if !facts.is_empty() {
            lines.push(format!("      {}", facts.join(", ")));
        }
        let is_linked = self.became == Became::Linked;
        let reason = self.reason.as_ref().filter(|_| !is_linked);
        for text in self.verdict.iter().chain(reason) {
            lines.extend(wrap(text, AGENT));
        }
        for (gap, is_access) in &self.gaps {
            let what = if *is_access { "no access" } else { "gap" };
            lines.extend(wrap(&format!("{what}: {gap}"), AGENT));
        }
        lines
    }
}

impl Totals {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("  {}", self.all.said("investigation", ""))];
        let mut became = vec![self.became()];
        if self.denied > 0 {
            became.push(format!("{} without access to something", self.denied));
        }
        if self.unpriced > 0 {
            became.push(format!("{} of unknown cost", self.unpriced));
        }
        lines.extend(wrap(&became.join(", "), "  "));
        for (title, all) in [
            ("By day", &self.days),
            ("By source", &self.sources),
            ("By rule", &self.rules),
            ("By service", &self.services),
            ("The groups that cost most", &self.groups),
        ] {
            if all.is_empty() {
                continue;
            }
            lines.push(format!("  {title}"));
            // Of days the latest count, of everything else what cost most.
            let days = title == "By day";
            let skipped = if days {
                all.len().saturating_sub(NAMED)
            } else {
                0
            };
            let shown = all.iter().skip(skipped).take(NAMED);
            lines.extend(shown.map(|(name, sum)| {
                let money = format!("${:.2}", sum.dollars);
                fit(&format!("  {money:>9}  {:>4}  {name}", sum.count))
            }));
            let left_out = all.len().saturating_sub(NAMED);
            if left_out > 0 {
                lines.push(format!("             and {left_out} more: see --json"));
            }
        }
        lines
    }
}

/// A line that fits, and moves no cursor.
fn fit(line: &str) -> String {
    let line = plain(line);
    if line.chars().count() <= WIDTH {
        return line;
    }
    let mut cut: String = line.chars().take(WIDTH - 3).collect();
    cut.truncate(cut.trim_end().len());
    cut + "..."
}

fn plain(text: &str) -> String {
    clean(text).replace(['\n', '\t'], " ")
}

/// A text in lines that fit, each of which begins so.
fn wrap(text: &str, begin: &str) -> Vec<String> {
    let width = WIDTH - begin.chars().count();
    let text = plain(text);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        while !word.is_empty() {
            let line = lines.last_mut().expect("there is a first line");
            let used = line.chars().count();
            let room = width.saturating_sub(used + usize::from(used > 0));
            if word.len() <= room {
                if used > 0 {
                    line.push(' ');
                }
                line.extend(word.drain(..));
            } else if used > 0 {
                lines.push(String::new());
            } else {
                line.extend(word.drain(..width));
            }
        }
    }
    lines
        .iter()
        .filter(|it| !it.is_empty())
        .map(|it| format!("{begin}{it}"))
        .collect()
}
