//! What became of a run, by stack and region.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{DeployError, Deployed};

/// What became of one stack in a run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StackResult {
    /// The stack's name.
    pub stack: String,
    /// The region.
    pub region: String,
    /// What became of it.
    pub outcome: StackOutcome,
    /// Its status, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// What it shows; empty where that is not known.
    pub outputs: BTreeMap<String, String>,
}

/// What became of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StackOutcome {
    /// It was as it should be.
    Unchanged,
    /// It was not there, and is as it should be now.
    Created,
    /// It is as it should be now.
    Changed,
    /// It was deleted, as it should be.
    Deleted,
    /// Alarms were removed from it, and are not in their new stack yet.
    AlarmsRemoved,
    /// The run did not come to it: it is as it was before.
    NotReached,
    /// It failed, and CloudFormation has taken it back.
    RolledBack,
    /// It failed before anything of it was changed.
    NotChanged,
    /// It requires manual intervention.
    Stuck,
    /// Somebody else has deleted it meanwhile.
    Vanished,
    /// It may go on; nobody knows how it ends.
    Unknown,
}

impl StackOutcome {
    /// What an error says of the stack that it is about.
    pub fn of(error: &DeployError) -> Self {
        match error {
            DeployError::RolledBack { .. } => Self::RolledBack,
            DeployError::Stuck { .. }
            | DeployError::UnknownStatus { .. }
            | DeployError::NotDeleted { .. } => Self::Stuck,
            DeployError::ContactLost { .. } | DeployError::Detached { .. } => Self::Unknown,
            DeployError::Vanished { .. } => Self::Vanished,
            _ => Self::NotChanged,
        }
    }

    /// It in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged: it was as it should be",
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::AlarmsRemoved => {
                "changed: alarms were removed from it, and are not in their new stack yet"
            }
            Self::NotReached => "not reached: it is as it was",
            Self::RolledBack => "failed and rolled back",
            Self::NotChanged => "not changed: it is as it was",
            Self::Stuck => "failed, requires manual intervention",
            Self::Vanished => "deleted by somebody else meanwhile",
            Self::Unknown => "unknown: it may go on",
        }
    }
}

/// What became of a run so far, in the order of what is done.
#[derive(Clone, Debug, Default)]
pub struct RunResult {
    /// One entry a stack and region.
    pub stacks: Vec<StackResult>,
    /// The alarms that have left their stacks to be moved, and are nowhere now.
    pub gone: Vec<String>,
}

impl RunResult {
    /// Notes what became of a stack; what was noted of it before no longer counts.
    pub fn note(
        &mut self,
        stack: &str,
        region: &str,
        outcome: StackOutcome,
        now: Option<&Deployed>,
    ) {
        let result = StackResult {
            stack: stack.to_owned(),
            region: region.to_owned(),
            outcome,
            status: now.map(|it| it.status.to_string()),
            outputs: now.map(|it| it.outputs.clone()).unwrap_or_default(),
        };
        let known = self
            .stacks
            .iter_mut()
            .find(|it| it.stack == stack && it.region == region);
        match known {
            Some(known) => *known = result,
            None => self.stacks.push(result),
        }
    }

    /// What became of a stack, if it is one of the run's.
    pub fn outcome(&self, stack: &str, region: &str) -> Option<StackOutcome> {
        let known = self.stacks.iter();
        let mut known = known.filter(|it| it.stack == stack && it.region == region);
        known.next().map(|it| it.outcome)
    }

    /// Whether anything was changed, or may be.
    pub fn has_changed(&self) -> bool {
        self.stacks.iter().any(|it| {
            !matches!(
                it.outcome,
                StackOutcome::Unchanged | StackOutcome::NotReached | StackOutcome::NotChanged
            )
        })
    }

    /// A line for each stack.
    pub fn lines(&self) -> Vec<String> {
        let places: Vec<String> = self
            .stacks
            .iter()
            .map(|it| format!("{} in {}", it.stack, it.region))
            .collect();
        let width = places.iter().map(String::len).max().unwrap_or_default();
        let results = places.iter().zip(&self.stacks);
        let mut lines: Vec<String> = results
            .map(|(place, it)| format!("  {place:<width$}  {}", it.outcome.words()))
            .collect();
        if let Some((first, others)) = self.gone.split_first() {
            let others = match others.len() {
                0 => String::new(),
                count => format!(" and {count} others"),
            };
            lines.push(format!(
                "  alarms that are gone until this command has run to its end: {first}{others}"
            ));
        }
        lines
    }
}
