//! What was found, for machines. The help of `synth cost` says what is in it.

use runtime::cost::{Sums, price_of_metrics};
use serde_json::json;
use stacks::Json;

use super::Found;

/// The report as JSON.
pub fn to_json(found: &Found) -> Json {
    let evaluation = &found.evaluation;
    let gaps: Vec<Json> = evaluation
        .gaps
        .iter()
        .map(|it| json!({ "what": it.what.name(), "region": it.region, "why": it.why.text() }))
        .collect();
    let sums: Vec<Json> = evaluation
        .sums()
        .into_iter()
        .map(|(kind, (count, sums))| json!({ "kind": kind, "count": count, "amounts": amounts(&sums) }))
        .collect();
    let mut json = json!({
        "account": found.account,
        "date": found.date,
        "regions": found.regions,
        "complete": evaluation.is_complete(),
        "gaps": gaps,
        "sums": sums,
        "findings": evaluation.findings,
        "unknown": evaluation.unknown,
        "excluded": evaluation.excluded,
        "dropped": evaluation.dropped,
        "inUse": evaluation.in_use,
        "calls": evaluation.calls,
        "metrics": evaluation.metrics,
        "price": price_of_metrics(evaluation.metrics),
    });
    if let Some(news) = &found.news {
        let mut new: Vec<usize> = news.new.iter().copied().collect();
        new.sort_unstable();
        let done = news
            .done
            .as_ref()
            .map(|it| json!({ "count": it.count, "of": it.of, "amounts": amounts(&it.sums) }));
        json["sinceReported"] = json!({
            "worthIt": news.is_worth_it,
            "new": new,
            "sums": amounts(&news.sums),
            "done": done,
            "pastKnown": !news.past_is_unknown,
        });
    }
    json
}

fn amounts(sums: &Sums) -> Vec<Json> {
    sums.iter().map(|it| json!(it)).collect()
}
