//! What a person is shown, in lines of a narrow terminal.

use super::{
    super::text::{count, day_and_time, fit, heading, wrap},
    Results, Row, Totals,
    row::Became,
};

/// Begins each line of what the agent wrote.
const AGENT: &str = "      > ";
/// What is named of each kind of total at most.
const NAMED: usize = 10;

impl Results {
    /// What comes first, for a person.
    pub(crate) fn heading(region: &str) -> String {
        heading(region, true)
    }

    /// Everything, for a person, in lines of `width` characters at most. `watched` is whether the account file names the
    /// agent.
    pub(crate) fn lines(&self, account: &str, watched: bool, width: usize) -> Vec<String> {
        let rows = self.rows.iter();
        let mut lines: Vec<String> = rows.flat_map(|it| it.lines(width)).collect();
        if self.rows.is_empty() {
            lines.extend(self.what_now(account, watched));
        } else {
            lines.push(String::new());
            lines.extend(self.totals.lines(width));
        }
        if self.unknown > 0 && !self.is_unused {
            let unknown = count(self.unknown as u64, "report");
            let known = "sent, and no task of the agent is known: see synth history";
            lines.push(fit(&format!("  {unknown} {known}"), width));
        }
        if self.unreadable > 0 {
            let unreadable = count(self.unreadable as u64, "item");
            let why = "of the ledger cannot be read: another version wrote them";
            lines.push(fit(&format!("  {unreadable} {why}"), width));
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
            (false, _) if self.earlier > 0 => {
                &["no investigations in this time: --since 35d shows those before"]
            }
            (false, _) if self.others > 0 => {
                &["no investigations of a group with these words: without --group all are shown"]
            }
            (false, _) => &["no investigations"],
        };
        let lines = lines.iter();
        lines
            .map(|it| format!("  {}", it.replace("ACCOUNT", account)))
            .collect()
    }
}

impl Row {
    fn lines(&self, width: usize) -> Vec<String> {
        let fit = |line: &str| fit(line, width);
        let priority = self.priority.map_or("", contract::Priority::as_str);
        let mut lines = vec![
            fit(&format!(
                "  {}  {:<10}  {priority:<8}  {}",
                day_and_time(self.at),
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
        let unread = self
            .lacks_details
            .then(|| "not everything is read yet".to_owned());
        let plan = self.plan.map(str::to_owned);
        let facts = self
            .cost()
            .into_iter()
            .chain(gaps)
            .chain(unread)
            .chain(plan);
        let facts: Vec<String> = facts.collect();
        if !facts.is_empty() {
            lines.extend(wrap(&facts.join(", "), "      ", width));
        }
        let is_linked = self.became == Became::Linked;
        let reason = self.reason.as_ref().filter(|_| !is_linked);
        for text in self.verdict.iter().chain(reason) {
            lines.extend(wrap(text, AGENT, width));
        }
        for (gap, is_access) in &self.gaps {
            let what = if *is_access { "no access" } else { "gap" };
            lines.extend(wrap(&format!("{what}: {gap}"), AGENT, width));
        }
        lines
    }
}

impl Totals {
    fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = wrap(&self.all.said("investigation", ""), "  ", width);
        let mut became = vec![self.became()];
        if self.denied > 0 {
            became.push(format!("{} without access to something", self.denied));
        }
        if self.unpriced > 0 {
            became.push(format!("{} of unknown cost", self.unpriced));
        }
        lines.extend(wrap(&became.join(", "), "  ", width));
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
                let linked = match sum.linked {
                    0 => String::new(),
                    linked => format!(", {linked} linked"),
                };
                let begin = format!("  {money:>9}  {:>4}  ", sum.count);
                let room = width.saturating_sub(begin.chars().count() + linked.chars().count());
                format!("{begin}{}{linked}", fit(name, room))
            }));
            let left_out = all.len().saturating_sub(NAMED);
            if left_out > 0 {
                lines.push(format!("             and {left_out} more: see --json"));
            }
        }
        lines
    }
}
