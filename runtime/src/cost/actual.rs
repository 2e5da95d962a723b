//! What the resources that are found have really cost, as Cost Explorer says: only where the account file asks for
//! it, as each page is charged.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{
    evaluate::Evaluation,
    facts::{Gap, What, Why},
    port::{Clock, Reads},
};

/// Pages that are asked for at most, failed ones among them: three cents.
const PAGES: usize = 3;
/// Dollars of a page. Source: "AWS Cost Explorer pricing", November 2026.
const A_PAGE: f64 = 0.01;
/// Resources that are asked about at most, the largest findings first.
const RESOURCES: usize = 100;
/// Days that are asked about: the first may be 14 days ago, by a clock that is not ours.
const DAYS: u8 = 13;

/// How long reading the account leaves for asking: each page can take ten seconds.
pub(super) const RESERVED: Duration = Duration::from_secs(30);
/// How long a page must be able to take to be worth asking for.
const LEAST: Duration = Duration::from_secs(3);

/// What a resource has cost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActualCost {
    /// How much, after discounts.
    pub value: f64,
    /// Such as `USD`.
    pub currency: String,
    /// In how many days.
    pub days: u8,
}

/// What pages of Cost Explorer cost, in dollars.
pub fn price_of_pages(pages: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let pages = pages as f64;
    pages * A_PAGE
}

/// Whether there is time for a page. Without, none is asked for, and none is paid.
pub(super) fn has_time(clock: &impl Clock, until: Duration) -> bool {
    until.saturating_sub(clock.elapsed()) >= LEAST
}

/// The resources of the findings that Cost Explorer knows by the names that they have here.
pub(super) fn resources(evaluation: &Evaluation) -> Vec<String> {
    let ids = evaluation.findings.iter().map(|it| it.id.as_str());
    ids.filter(|it| it.starts_with("i-") || it.starts_with("vol-"))
        .map(str::to_owned)
        .collect()
}

/// Adds what the findings have cost, for a report of this time. The last call is over `until`, since the run began.
/// Instances and volumes only: of what other resources are called there, AWS says nothing.
pub(super) async fn add(
    reads: &impl Reads,
    clock: &impl Clock,
    until: Duration,
    at: Timestamp,
    evaluation: &mut Evaluation,
) {
    let mut resources = resources(evaluation);
    if let more @ 1.. = resources.len().saturating_sub(RESOURCES) {
        evaluation.gaps.push(gap(Why::NotAskedOf(more)));
        resources.truncate(RESOURCES);
    }
    let today = at.to_zoned(TimeZone::UTC).date();
    let days = SignedDuration::from_hours(24 * i64::from(DAYS));
    let from = today.checked_sub(days).unwrap_or(today);
    let mut token: Option<String> = None;
    let mut costs = HashMap::<String, BTreeMap<String, f64>>::new();
    let mut missing = Some(Why::TooManyPages);
    for page in 1..=PAGES {
        if !has_time(clock, until) {
            missing = Some(Why::OutOfTime);
            break;
        }
        let left = until.saturating_sub(clock.elapsed());
        let answer = reads.actual_costs(&resources, (from, today), token.as_deref());
        let Some(answer) = clock.within(left, answer).await else {
            evaluation.pages += 1;
            missing = Some(Why::OutOfTime);
            break;
        };
        evaluation.pages += 1;
        match answer {
            Ok(answer) => {
                for it in answer.items {
                    let sums = costs.entry(it.resource).or_default();
                    *sums.entry(it.currency).or_default() += it.amount;
                }
                token = answer.next;
                if token.is_none() {
                    missing = None;
                    break;
                }
                missing = Some(Why::TooManyPages);
            }
            Err(error) => {
                missing = Some(Why::from(&error));
                if page == PAGES || !error.reason().is_passing() {
                    break;
                }
                clock.sleep(Duration::from_secs(1)).await;
            }
        }
    }
    for finding in &mut evaluation.findings {
        // Currencies are never added: with several there is no one sum.
        let sums = costs.remove(&finding.id).unwrap_or_default();
        let mut sums = sums.into_iter();
        if let (Some((currency, value)), None) = (sums.next(), sums.next()) {
            finding.actual_cost = Some(ActualCost {
                value,
                currency,
                days: DAYS,
            });
        }
    }
    evaluation.gaps.extend(missing.map(gap));
}

/// That what the findings have cost is not known.
pub(super) fn gap(why: Why) -> Gap {
    Gap {
        what: What::ActualCosts,
        why,
        region: None,
    }
}
