//! An investigation in two lines, where it is not what was asked for.

use runtime::ledger::{Investigation, Status, Verdict};
use serde_json::json;
use stacks::Json;

use super::{
    super::text::count,
    row::{Became, cost, said},
};

/// It, for a person: what became of it, and what the agent wrote, in a line that says so.
pub(in crate::ledger) fn brief(it: &Investigation) -> Vec<String> {
    let gaps = it.gaps.len();
    let word = match (&it.status, &it.primary) {
        (Status::Linked, Some(primary)) => format!("linked to task {primary}"),
        _ => said(it),
    };
    let (seconds, dollars) = it.own_cost();
    let facts = [
        cost(seconds, dollars, Became::of(it) == Became::Open),
        (gaps > 0).then(|| count(gaps as u64, "gap")),
        it.lacks_details()
            .then(|| "not everything is read yet".to_owned()),
    ];
    let facts = std::iter::once(word).chain(facts.into_iter().flatten());
    let facts: Vec<String> = facts.collect();
    let reason = it.reason.as_deref();
    let reason = reason.filter(|_| it.status != Status::Linked);
    let wrote = it.verdict.as_ref().and_then(Verdict::agent_line).or(reason);
    let wrote = wrote.map(|it| format!("      > {it}"));
    std::iter::once(format!("      {}", facts.join(", ")))
        .chain(wrote)
        .collect()
}

/// It, for a program.
pub(in crate::ledger) fn to_json(it: &Investigation) -> Json {
    let (seconds, dollars) = it.own_cost();
    json!({
        "task": it.task,
        "primary": it.primary,
        "status": it.status.as_str(),
        "became": Became::of(it).key(),
        "seconds": seconds,
        "dollars": dollars,
        "gaps": it.gaps.len(),
        "incomplete": it.lacks_details(),
        "agentVerdict": it.verdict.as_ref().and_then(Verdict::agent_line),
    })
}
