//! One incident from its event to the report, with times: why the agent has it, or has not.
//!
//! Pure but for `search`, which reads the functions' logs. The ledger comes first: it says what became of what was
//! recorded. The logs say what led to it, and why something was never recorded.

mod line;
mod search;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;
use stacks::Json;

pub(crate) use line::Line;
pub(crate) use search::Search;

use super::found::Found;

/// Steps that are shown at most.
const STEPS: usize = 60;

/// A step on the way of an incident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    /// Which: `queued`, `recorded`, `sent` and so on.
    pub(crate) what: String,
    /// Which function says so, or `ledger`.
    pub(crate) by: String,
    pub(crate) detail: String,
}

/// What is known of an incident, an event or an alarm in a region.
#[derive(Debug, Default)]
pub(crate) struct Explanation {
    steps: BTreeSet<Step>,
    /// What it came to, one sentence for each report.
    verdicts: BTreeMap<String, String>,
    /// Why something may be missing.
    pub(crate) gaps: Vec<String>,
}

impl Explanation {
    /// Adds what the ledger says.
    pub(crate) fn add_found(&mut self, found: &[Found]) {
        for it in found {
            self.steps.extend(it.steps.iter().map(|step| Step {
                at: step.at,
                what: step.what.to_owned(),
                by: "ledger".to_owned(),
                detail: step.detail.clone(),
            }));
            self.verdicts.insert(it.id.clone(), it.verdict.clone());
        }
    }

    /// Adds what the logs say. Returns the IDs of incidents that they name.
    pub(crate) fn add_lines(&mut self, lines: &[Line]) -> BTreeSet<String> {
        self.steps.extend(lines.iter().map(Line::step));
        let ids = lines.iter().filter_map(|it| it.incident_id.clone());
        ids.collect()
    }

    /// The IDs of the reports that the ledger names.
    pub(crate) fn reports(&self) -> impl Iterator<Item = &String> {
        self.verdicts.keys()
    }

    /// What it came to. What the ledger says counts, and what the logs say of later; else the last word of the logs.
    fn conclusion(&self, needle: &str) -> Vec<String> {
        if !self.verdicts.is_empty() {
            let mut all: Vec<String> = self.verdicts.values().cloned().collect();
            all.extend(self.since().map(|step| {
                let Step {
                    what, by, detail, ..
                } = step;
                format!("since then: {what}, by `{by}` ({detail})")
            }));
            return all;
        }
        match self.steps.last() {
            Some(step) if step.what == "skipped" => vec![format!(
                "it was no incident: the function `{}` skipped it ({})",
                step.by, step.detail
            )],
            Some(step) if step.what == "sent" => {
                vec!["the agent has it; the ledger has forgotten it, or was not read".to_owned()]
            }
            Some(step) => vec![format!(
                "it is not in the ledger; the last that is known is: {} ({})",
                step.what, step.detail
            )],
            None => vec![format!(
                "nothing is known of `{needle}`: no rule or alarm has handed it to a function, or it was longer ago; \
                 `synth match` says which rules would catch an event"
            )],
        }
    }

    /// What became of a later event that did not reach the ledger.
    fn since(&self) -> Option<&Step> {
        let of_ledger = self.steps.iter().filter(|it| it.by == "ledger");
        let last = of_ledger.map(|it| it.at).max()?;
        let later = self.steps.iter().filter(|it| it.at > last);
        let latest = later.max_by_key(|it| it.at)?;
        matches!(latest.what.as_str(), "skipped" | "failed").then_some(latest)
    }

    /// Whether anything is known.
    pub(crate) fn is_known(&self) -> bool {
        !self.steps.is_empty()
    }

    /// It, for a person.
    pub(crate) fn lines(&self, needle: &str) -> Vec<String> {
        let dropped = self.steps.len().saturating_sub(STEPS);
        let mut lines = Vec::new();
        if dropped > 0 {
            lines.push(format!(
                "  {dropped} steps before are not shown: --json has them"
            ));
        }
        for step in self.steps.iter().skip(dropped) {
            lines.push(format!(
                "  {}  {:<11}  {:<7}  {}",
                step.at.strftime("%m-%d %H:%M:%S"),
                step.what,
                step.by,
                step.detail
            ));
        }
        let conclusion = self.conclusion(needle).into_iter();
        lines.extend(conclusion.map(|it| format!("  => {it}")));
        lines.extend(self.gaps.iter().map(|it| format!("  not searched: {it}")));
        lines
    }

    /// It, for a program.
    pub(crate) fn to_json(&self, region: &str, needle: &str) -> Json {
        let steps = self
            .steps
            .iter()
            .map(|it| json!({ "at": it.at, "what": it.what, "by": it.by, "detail": it.detail }));
        json!({
            "region": region,
            "steps": steps.collect::<Vec<_>>(),
            "conclusion": self.conclusion(needle),
            "gaps": self.gaps,
        })
    }
}
