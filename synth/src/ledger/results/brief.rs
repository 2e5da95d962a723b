//! An investigation in two lines, where it is not what was asked for.

use runtime::ledger::{Investigation, Status};
use serde_json::json;
use stacks::Json;

use super::{
    super::text::count,
    row::{Became, minutes, said},
};

/// It, for a person: what became of it, and what the agent wrote, in a line that says so.
pub(in crate::ledger) fn brief(it: &Investigation) -> Vec<String> {
    let gaps = it.gaps.len();
    let word = match (&it.status, &it.primary) {
        (Status::Linked, Some(primary)) => format!("linked to task {primary}"),
        _ => said(it),
    };
    let facts = [
        it.seconds.map(minutes),
        it.dollars.map(|it| format!("${it:.2}")),
        (gaps > 0).then(|| count(gaps as u64, "gap")),
    ];
    let facts = std::iter::once(word).chain(facts.into_iter().flatten());
    let facts: Vec<String> = facts.collect();
    let reason = it.reason.as_ref().filter(|_| it.status != Status::Linked);
    let wrote = it.verdict.as_ref().map(|it| &it.line).or(reason);
    let wrote = wrote.map(|it| format!("      > {it}"));
    std::iter::once(format!("      {}", facts.join(", ")))
        .chain(wrote)
        .collect()
}

/// It, for a program.
pub(in crate::ledger) fn to_json(it: &Investigation) -> Json {
    json!({
        "task": it.task,
        "primary": it.primary,
        "status": it.status.as_str(),
        "became": Became::of(it).key(),
        "seconds": it.seconds,
        "dollars": it.dollars,
        "gaps": it.gaps.len(),
        "agentVerdict": it.verdict.as_ref().map(|it| &it.line),
    })
}
