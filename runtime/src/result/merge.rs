//! What is known of an investigation, and what was read of it since: in whichever order, the same.
//!
//! The agent's events come late, twice and out of order, and what was read may be written after something that was
//! read later. So readings form a lattice: [`merge`] is commutative, associative and idempotent.

use std::cmp::Ordering;

use super::journal::{sorted_gaps, sorted_skills};
use crate::ledger::{Finding, Investigation, Status, Verdict};

/// What is known once both are: `known` may be what `seen` was written after, or the other way around.
///
/// An incident whose report was sent twice can have two tasks. The one that was made first is the incident's.
///
/// An end is never undone: a task that is read as running was read before, or is reopened to plan a mitigation.
#[must_use]
pub fn merge(known: &Investigation, seen: &Investigation) -> Investigation {
    if known.task != seen.task {
        let is_first = (known.created, &known.task) <= (seen.created, &seen.task);
        let first = if is_first { known } else { seen };
        return Investigation {
            gave_back: known.gave_back || seen.gave_back,
            notice: known.notice.clone().max(seen.notice.clone()),
            mitigation: known.mitigation.clone().max(seen.mitigation.clone()),
            ..first.clone()
        };
    }
    let state = if by_progress(known, seen).is_lt() {
        seen
    } else {
        known
    };
    let summary = if by_summary(known, seen).is_lt() {
        seen
    } else {
        known
    };
    Investigation {
        incident: state.incident.clone(),
        task: state.task.clone(),
        execution: earlier(known.execution.clone(), seen.execution.clone()),
        primary: earlier(known.primary.clone(), seen.primary.clone()),
        status: state.status.clone(),
        reason: state.reason.clone(),
        created: known.created.min(seen.created),
        began: earlier(known.began, seen.began),
        ended: state.ended,
        seconds: known.seconds.max(seen.seconds),
        dollars: known
            .dollars
            .into_iter()
            .chain(seen.dollars)
            .reduce(f64::max),
        verdict: summary.verdict.clone(),
        gaps: sorted_gaps(known.gaps.iter().chain(&seen.gaps).cloned()),
        skills: sorted_skills(known.skills.iter().chain(&seen.skills).cloned()),
        at: state.at,
        gave_back: known.gave_back || seen.gave_back,
        summarized: summary.summarized,
        is_read: known.is_read || seen.is_read,
        notice: known.notice.clone().max(seen.notice.clone()),
        mitigation: known.mitigation.clone().max(seen.mitigation.clone()),
    }
}

/// The smaller of what there is.
fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    one.into_iter().chain(other).min()
}

/// Which of two readings of a task is further. While it runs, what was read later; once it has ended, the first end of
/// its kind: a mitigation that is planned later moves `at` and no more.
fn by_progress(one: &Investigation, other: &Investigation) -> Ordering {
    let kind = |it: &Investigation| match it.status {
        // It stays linked, whatever becomes of it with its primary: there is no finding of its own.
        Status::Linked => 3,
        Status::Completed => 2,
        Status::Failed | Status::TimedOut | Status::Cancelled | Status::Skipped => 1,
        Status::PendingTriage
        | Status::PendingStart
        | Status::InProgress
        | Status::Waiting
        | Status::Other(_) => 0,
    };
    let by_time = if kind(one) == 0 {
        one.at.cmp(&other.at)
    } else {
        other.at.cmp(&one.at)
    };
    kind(one)
        .cmp(&kind(other))
        .then(by_time)
        .then_with(|| one.status.as_str().cmp(other.status.as_str()))
        .then_with(|| one.reason.cmp(&other.reason))
        .then_with(|| one.ended.cmp(&other.ended))
}

/// Which of two readings has the later summary.
fn by_summary(one: &Investigation, other: &Investigation) -> Ordering {
    let rank = |finding: Finding| match finding {
        Finding::RootCause => 2,
        Finding::Cause => 1,
        Finding::Nothing => 0,
    };
    let by_verdict = |one: &Verdict, other: &Verdict| {
        rank(one.finding)
            .cmp(&rank(other.finding))
            .then_with(|| one.line.cmp(&other.line))
            .then_with(|| one.paragraph.cmp(&other.paragraph))
    };
    one.summarized
        .cmp(&other.summarized)
        .then_with(|| match (&one.verdict, &other.verdict) {
            (Some(one), Some(other)) => by_verdict(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        })
}
