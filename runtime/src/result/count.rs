//! What a result is counted as, for metrics.

use contract::results::{CANCELLED, FAILED, SAW_NOTHING};

use super::Outcome;
use crate::ledger::{Finding, Investigation, Status};

/// The metrics that an outcome adds one to. What was known before counts no more.
pub fn metrics(outcome: &Outcome) -> Vec<&'static str> {
    let (before, now) = match outcome {
        Outcome::NotOurs(_) => return vec!["NotOurs"],
        Outcome::Unchanged(_) => return vec!["Unchanged"],
        Outcome::Recorded { before, now } => (before, now),
    };
    let before = before.as_deref().map(held).unwrap_or_default();
    let now = held(now).into_iter();
    now.filter(|it| !before.contains(it)).collect()
}

/// The metrics that an investigation is counted in, by what is known of it.
fn held(it: &Investigation) -> Vec<&'static str> {
    let held = [
        ("Investigations", true),
        ("Linked", it.status == Status::Linked),
        ("Completed", it.status == Status::Completed),
        (SAW_NOTHING, saw_nothing(it)),
        (CANCELLED, it.status == Status::Cancelled),
        (
            FAILED,
            matches!(it.status, Status::Failed | Status::TimedOut),
        ),
    ];
    let held = held.into_iter().filter(|(_, is_so)| *is_so);
    held.map(|(name, _)| name).collect()
}

/// Whether the agent could not look at something because it lacked access.
pub fn lacked_access(it: &Investigation) -> bool {
    it.gaps.iter().any(|it| it.is_access)
}

/// Whether the agent may have seen nothing: it found no cause, or lacked access.
pub fn saw_nothing(it: &Investigation) -> bool {
    let verdict = it.verdict.as_ref();
    let found_nothing = verdict.is_some_and(|it| it.finding == Finding::Nothing);
    it.status == Status::Completed && (found_nothing || lacked_access(it))
}
