//! What the ledger says of an incident, a report or an alarm, step by step.

use contract::DeliverySettings;
use jiff::Timestamp;
use runtime::ledger::{Plan, State, Window};

use super::{
    Contents,
    entry::{Entry, Stage},
    text::{clock, count},
};

/// Reports on one alarm that are shown at most: the latest.
const REPORTS: usize = 5;

/// A step that the ledger knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) at: Timestamp,
    pub(crate) what: &'static str,
    pub(crate) detail: String,
}

/// A report that something is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The report's ID.
    pub(crate) id: String,
    pub(crate) steps: Vec<Known>,
    /// What it came to, in a sentence.
    pub(crate) verdict: String,
}

impl Contents {
    /// What is known under this ID of an incident or a report, or else of reports that name it: an alarm, a service.
    pub(crate) fn find(
        &self,
        needle: &str,
        settings: &DeliverySettings,
        now: Timestamp,
    ) -> Vec<Found> {
        let plan = self.plan(settings, now);
        let is_identity = |group: &str| group.strip_prefix("id#") == Some(needle);
        let recorded = self
            .identities
            .iter()
            .find(|(key, _)| is_identity(&key.group));
        if let Some((_, identity)) = recorded {
            let Some(key) = &identity.window else {
                return vec![Found {
                    id: needle.to_owned(),
                    steps: vec![Known {
                        at: identity.at,
                        what: "sent",
                        detail: "alone, while the ledger was away".to_owned(),
                    }],
                    verdict: "the agent has it".to_owned(),
                }];
            };
            let first = Known {
                at: identity.at,
                what: "recorded",
                detail: needle.to_owned(),
            };
            let Some(window) = self.windows.get(key) else {
                let verdict =
                    "it was recorded, and the ledger has forgotten what became of it".to_owned();
                let (id, steps) = (needle.to_owned(), vec![first]);
                return vec![Found { id, steps, verdict }];
            };
            let mut found = self.found(window, &plan, now);
            found.steps.insert(0, first);
            return vec![found];
        }
        let names = |it: &&Window| {
            let entry = Entry::of(it, self, &plan, now);
            entry.incident_id.as_deref() == Some(needle)
                || is_named(needle, &entry.name)
                || entry
                    .first_title
                    .as_deref()
                    .is_some_and(|title| is_named(needle, title))
                || entry
                    .causes
                    .iter()
                    .any(|(cause, _)| is_named(needle, cause))
        };
        let mut windows: Vec<&Window> = self.windows.values().filter(names).collect();
        windows.sort_by_key(|it| it.opened);
        let mut reports: Vec<Found> = Vec::new();
        for window in windows {
            let found = self.found(window, &plan, now);
            // A digest names the groups that were merged into it: the way of the group says more.
            if reports.iter().all(|it| it.id != found.id) {
                reports.push(found);
            }
        }
        reports.split_off(reports.len().saturating_sub(REPORTS))
    }

    fn found(&self, window: &Window, plan: &Plan, now: Timestamp) -> Found {
        let mut steps = Vec::new();
        let mut last = window;
        self.steps(window, &mut steps);
        if let Some(into) = window.merged_into().and_then(|it| self.merged(it)) {
            self.steps(into, &mut steps);
            last = into;
        }
        let entry = Entry::of(last, self, plan, now);
        let id = match &last.state {
            State::Sent { id, .. } => id.to_string(),
            _ => last.report_id().to_string(),
        };
        let with = match entry.incidents {
            0 | 1 => format!("as {id}"),
            more => format!("with {id}, which counts {}", count(more, "incident")),
        };
        let verdict = match &entry.stage {
            Stage::Sent => format!("the agent has it, {with}"),
            Stage::Sending => format!("it is being sent, {with}"),
            Stage::Gathering { until } => {
                format!(
                    "its group gathers until {}; then it is sent, {with}",
                    clock(*until, now)
                )
            }
            Stage::Due { since } => format!(
                "it can be sent since {}, and was not yet",
                clock(*since, now)
            ),
            Stage::Held { by, until } => format!(
                "it is held {} until {}",
                super::summary::said(*by),
                clock(*until, now)
            ),
            Stage::Rejected { why } => {
                format!("the agent refused it ({why}): it is among the dead letters")
            }
            Stage::Expired => {
                "it could not be sent for six days: it is among the dead letters".to_owned()
            }
            Stage::Covered { report, task } => format!(
                "it is not sent by itself: task {task}, which investigated {report}, covers it, for nothing was new"
            ),
            Stage::Merged { .. } => "it was sent with what the ledger no longer has".to_owned(),
        };
        Found { id, steps, verdict }
    }

    fn steps(&self, window: &Window, steps: &mut Vec<Known>) {
        let mut step = |at: Timestamp, what, detail: String| steps.push(Known { at, what, detail });
        step(
            window.opened,
            "opened",
            format!("the report on {}", window.name),
        );
        match &window.state {
            // The ledger does not say since when it is claimed.
            State::Open | State::Claimed { .. } => {}
            State::Sent { at, id } => step(*at, "sent", id.to_string()),
            State::Rejected { at, reason } => step(*at, "rejected", reason.clone()),
            State::Expired { at } => step(*at, "expired", window.report_id().to_string()),
            State::Covered { at, task, .. } => step(*at, "covered", format!("by task {task}")),
            State::Merged { at, into } => {
                let name = self
                    .windows
                    .get(into)
                    .map_or("another report", |it| &it.name);
                step(*at, "merged", format!("into the report on {name}"));
            }
        }
    }
}

/// Whether a text has these words as they are, and not as a part of longer ones.
fn is_named(needle: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    !needle.is_empty()
        && text.match_indices(needle).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + needle.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
}
