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
    let is_new =
        |holds: fn(&Investigation) -> bool| holds(now) && !before.as_deref().is_some_and(holds);
    let metrics: [(&'static str, fn(&Investigation) -> bool); 6] = [
        ("Investigations", |_| true),
        ("Linked", |it| it.status == Status::Linked),
        ("Completed", |it| it.status == Status::Completed),
        (SAW_NOTHING, saw_nothing),
        (CANCELLED, |it| it.status == Status::Cancelled),
        (FAILED, |it| {
            matches!(it.status, Status::Failed | Status::TimedOut)
        }),
    ];
    let metrics = metrics.into_iter().filter(|(_, holds)| is_new(*holds));
    metrics.map(|(name, _)| name).collect()
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
