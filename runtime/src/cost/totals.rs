//! What a report says before its lists: what could not be read, the sums, the counts, and its price.

use std::collections::BTreeMap;

use super::{
    actual::price_of_pages,
    evaluate::Evaluation,
    facts::{Gap, What},
    finding::Kind,
    money::Sums,
    settings::Settings,
};

/// Characters that the gaps may take, before they are said in fewer words.
const FOR_GAPS: usize = 3_500;
/// Reasons of a list that are named at most.
const REASONS: usize = 12;
/// Dollars that CloudWatch charges for a thousand metrics. Source: "Amazon CloudWatch pricing", November 2026.
const A_THOUSAND_METRICS: f64 = 0.01;

/// What a metric costs when CloudWatch is asked for it, in dollars.
pub fn price_of_metrics(metrics: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
    let metrics = metrics as f64;
    metrics / 1_000.0 * A_THOUSAND_METRICS
}

/// What could not be read, and whether that leaves too many instances unknown.
pub(super) fn unread(evaluation: &Evaluation) -> Vec<String> {
    let mut lines = gaps(&evaluation.gaps);
    if evaluation.has_too_many_unknown() {
        let (_, candidates) = evaluation.instances;
        let unknown = evaluation.unknown_count();
        lines.push(format!(
            "too few instances could be evaluated: {unknown} of {candidates} are unknown"
        ));
    }
    lines
}

/// What could not be read, region by region only where the reasons differ. In fewer words if that is too long.
pub(super) fn gaps(gaps: &[Gap]) -> Vec<String> {
    let line = |what: What, why: &str, regions: &[&str]| {
        let regions = if regions.is_empty() {
            String::new()
        } else {
            format!(" in {}", regions.join(", "))
        };
        format!("{}{regions}: {why}", what.name())
    };
    let mut by_reason = BTreeMap::<(What, String), Vec<&str>>::new();
    let mut by_what = BTreeMap::<What, Vec<&str>>::new();
    for gap in gaps {
        let regions = by_reason.entry((gap.what, gap.why.text())).or_default();
        regions.extend(gap.region.as_deref());
        let regions = by_what.entry(gap.what).or_default();
        regions.extend(gap.region.as_deref());
        regions.dedup();
    }
    let lines: Vec<String> = by_reason
        .iter()
        .map(|((what, why), regions)| line(*what, why, regions))
        .collect();
    let length: usize = lines.iter().map(|it| it.chars().count() + 3).sum();
    if length <= FOR_GAPS {
        return lines;
    }
    by_what
        .iter()
        .map(|(what, regions)| line(*what, "not all of it, for several reasons", regions))
        .collect()
}

/// The sums, the counts, and what the report has cost.
pub(super) fn sums(evaluation: &Evaluation, settings: &Settings) -> Vec<String> {
    let mut lines = Vec::new();
    let mut others = (0, Sums::default());
    for (kind, (count, sums)) in evaluation.sums() {
        if matches!(kind, Kind::Other(_)) && lines.len() > REASONS {
            others.0 += count;
            sums.iter().for_each(|it| others.1.add(&it));
        } else {
            lines.push(format!("{}: {count}, {sums}", kind.name()));
        }
    }
    if others.0 > 0 {
        lines.push(format!("other kinds: {}, {}", others.0, others.1));
    }
    if settings.regions.len() > 1 {
        for (region, (count, sums)) in evaluation.sums_by(|it| it.region.clone()) {
            lines.push(format!("{region}: {count}, {sums}"));
        }
    }
    if evaluation
        .sums_by(|it| it.amount.is_none())
        .contains_key(&true)
    {
        let unpriced = evaluation.findings.iter().filter(|it| it.amount.is_none());
        lines.push(format!("price not known: {}", unpriced.count()));
    }
    if let (count @ 1.., sums) = &evaluation.purchases {
        lines.push(format!(
            "purchases of commitments that AWS recommends, not listed: {count}, {sums}"
        ));
    }
    let (running, _) = evaluation.instances;
    let days = settings.cost.lookback_days;
    lines.push(format!(
        "instances that run: {running}, of which {} in use{} and {} unknown",
        evaluation.in_use,
        match evaluation.but_for_one_day {
            0 => String::new(),
            count => format!(" ({count} would be idle but for one day of {days})"),
        },
        evaluation.unknown_count()
    ));
    if evaluation.under_provisioned > 0 {
        let count = evaluation.under_provisioned;
        lines.push(format!(
            "smaller than AWS recommends, which is no spend: {count}"
        ));
    }
    lines.extend(reasons("unknown", &evaluation.unknown));
    lines.extend(reasons("excluded", &evaluation.excluded));
    lines.extend(reasons("recommendations dropped", &evaluation.dropped));
    let mut price = format!(
        "this report asked CloudWatch for {} metrics, which costs {:.4} USD",
        evaluation.metrics,
        price_of_metrics(evaluation.metrics)
    );
    if evaluation.pages > 0 {
        let (pages, cost) = (evaluation.pages, price_of_pages(evaluation.pages));
        price = format!("{price}, and Cost Explorer for {pages} pages, which costs {cost:.2} USD");
    }
    lines.push(price);
    lines
}

/// A line for each reason, the most frequent first.
fn reasons<K: AsRef<str>>(label: &str, counts: &BTreeMap<K, usize>) -> Vec<String> {
    let mut sorted: Vec<(&str, usize)> = counts.iter().map(|(why, n)| (why.as_ref(), *n)).collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let (named, rest) = sorted.split_at(sorted.len().min(REASONS));
    let mut lines: Vec<String> = named
        .iter()
        .map(|(why, count)| {
            format!(
                "{label}, {}: {count}",
                why.chars().take(160).collect::<String>()
            )
        })
        .collect();
    if !rest.is_empty() {
        let count: usize = rest.iter().map(|(_, count)| count).sum();
        lines.push(format!(
            "{label}, for {} other reasons: {count}",
            rest.len()
        ));
    }
    lines
}
