//! A task of the agent's.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::foreign;
use crate::{ledger::Status, read::text};

/// Characters of a reason at most.
const REASON: usize = 300;
/// Characters of a status that is not known at most.
const WORD: usize = 64;

/// A task, as `GetBacklogTask` and `ListBacklogTasks` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its ID.
    pub id: String,
    /// What it refers to: the incident's ID, where an incident led to it.
    pub reference: Option<String>,
    /// The execution that it names.
    pub execution: Option<String>,
    /// The task that investigates it instead.
    pub primary: Option<String>,
    /// How far it is.
    pub status: Status,
    /// Why it is as it is.
    pub reason: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

impl Task {
    /// Reads a task; nothing where it has no ID, or is no investigation. A time that it does not say is `now`.
    pub fn read(task: &Json, now: Timestamp) -> Option<Self> {
        // Evaluations, reviews and the rest are nobody's incident.
        if text(task, "taskType").is_some_and(|it| it != "INVESTIGATION") {
            return None;
        }
        let created = foreign::time(task, "createdAt");
        let updated = foreign::time(task, "updatedAt");
        let word = text(task, "status").and_then(|it| foreign::line(it, WORD));
        Some(Self {
            id: foreign::id(text(task, "taskId")?)?,
            reference: text(task, "reference.referenceId").map(str::to_owned),
            execution: text(task, "executionId").and_then(foreign::id),
            primary: text(task, "primaryTaskId").and_then(foreign::id),
            status: Status::from(word.unwrap_or_else(|| "UNKNOWN".to_owned())),
            reason: text(task, "statusReason").and_then(|it| foreign::line(it, REASON)),
            created: created.or(updated).unwrap_or(now),
            updated: updated.or(created).unwrap_or(now),
        })
    }
}
