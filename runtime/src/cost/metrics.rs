//! Asks CloudWatch about the instances of which nobody else says anything.
//!
//! CloudWatch charges by metric, and several statistics of one metric in one request count once. So
//! `Maximum` and `Average` go together, and traffic is asked only of instances whose CPU is low.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::{
    evaluate::says_nothing_by_cpu,
    exclude,
    facts::{Facts, Gap, What, Why},
    finding::ResourceKey,
    instance_type::size,
    look::Looker,
    port::{Clock, Reads},
    usage::{Days, Usage, needs_traffic},
};
use crate::aws::cloudwatch::{Answer, Period, QUERIES, Query, Status};

/// Requests that are on their way at once.
const AT_ONCE: usize = 10;
/// Instances of a request: there are two queries on each.
const INSTANCES: usize = QUERIES / 2;
/// Instances whose CPU is asked before the traffic of the low ones is.
const WAVE: usize = 2_500;
/// The seconds of a day.
const DAY: i64 = 86_400;

/// The two statistics or metrics that are asked of each instance together.
type Pair = [(&'static str, &'static str); 2];
const CPU: Pair = [("CPUUtilization", "Maximum"), ("CPUUtilization", "Average")];
const TRAFFIC: Pair = [("NetworkIn", "Sum"), ("NetworkOut", "Sum")];

/// What CloudWatch says of one query.
type Series = Result<Days, &'static str>;

/// An instance to ask about.
#[derive(Clone)]
struct Candidate {
    region: usize,
    id: String,
}

impl<R: Reads, C: Clock> Looker<'_, R, C> {
    /// Adds what metrics say of the instances that nobody speaks of, the largest first, within `max-metrics`.
    pub(super) async fn metrics(&self, facts: &mut Facts) {
        let period = period(self.at, self.settings.cost.lookback_days);
        let candidates = self.candidates(facts);
        let most = self.settings.cost.max_metrics;
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        let mut beyond = BTreeMap::<usize, usize>::new();
        for wave in candidates.chunks(WAVE) {
            let (asked, rest) = wave.split_at(wave.len().min(left));
            left -= asked.len();
            facts.metrics += asked.len();
            let peaks = self.ask(facts, asked, CPU, period).await;
            let mut low = Vec::new();
            for (candidate, [peaks, means]) in asked.iter().zip(peaks) {
                let thresholds = &self.settings.cost;
                let is_low = peaks.as_ref().is_ok_and(|it| needs_traffic(it, thresholds));
                let usage = Usage {
                    peaks,
                    means: means.unwrap_or_default(),
                    traffic: Err("its traffic was not read"),
                };
                let region = &mut facts.regions[candidate.region];
                region.usage.insert(candidate.id.clone(), usage);
                if is_low {
                    low.push(candidate.clone());
                }
            }
            let (asked, low_rest) = low.split_at(low.len().min(left / 2));
            left -= asked.len() * 2;
            facts.metrics += asked.len() * 2;
            let traffic = self.ask(facts, asked, TRAFFIC, period).await;
            for (candidate, [received, sent]) in asked.iter().zip(traffic) {
                let region = &mut facts.regions[candidate.region];
                if let Some(usage) = region.usage.get_mut(&candidate.id) {
                    usage.traffic = sum(received, sent);
                }
            }
            for candidate in rest.iter().chain(low_rest) {
                *beyond.entry(candidate.region).or_default() += 1;
            }
        }
        for (region, count) in beyond {
            let region = &facts.regions[region];
            facts.gaps.push(Gap {
                what: What::Metrics,
                why: Why::OverMaxMetrics(count),
                region: Some(region.region.clone()),
            });
        }
    }

    fn candidates(&self, facts: &Facts) -> Vec<Candidate> {
        let covered = Self::covered(facts);
        let mut candidates = Vec::new();
        for (index, region) in facts.regions.iter().enumerate() {
            for instance in &region.instances {
                let key = ResourceKey::instance(&region.region, &instance.id);
                let is_asked = instance.state == "running"
                    && !covered.contains(&key)
                    && exclude::instance(instance, self.settings).is_none()
                    && says_nothing_by_cpu(instance).is_none();
                if is_asked {
                    let size = size(&instance.instance_type);
                    let id = instance.id.clone();
                    candidates.push((std::cmp::Reverse(size), id, index));
                }
            }
        }
        candidates.sort();
        candidates.dedup();
        let candidates = candidates.into_iter();
        candidates
            .map(|(_, id, region)| Candidate { region, id })
            .collect()
    }

    /// The answers about each of these, in their order. A request that fails takes nothing with it but its own.
    async fn ask(
        &self,
        facts: &mut Facts,
        candidates: &[Candidate],
        pair: Pair,
        period: Period,
    ) -> Vec<[Series; 2]> {
        let mut by_region = BTreeMap::<usize, Vec<usize>>::new();
        for (index, candidate) in candidates.iter().enumerate() {
            by_region.entry(candidate.region).or_default().push(index);
        }
        let mut requests = Vec::new();
        for (region, indexes) in &by_region {
            requests.extend(indexes.chunks(INSTANCES).map(|some| (*region, some)));
        }
        let regions: Vec<String> = facts.regions.iter().map(|it| it.region.clone()).collect();
        let answered = stream::iter(requests).map(|(region, indexes)| {
            let name = &regions[region];
            async move {
                let query = |index: &usize| {
                    pair.map(|(metric, statistic)| Query {
                        namespace: "AWS/EC2",
                        dimension: "InstanceId",
                        name: candidates[*index].id.clone(),
                        metric,
                        statistic,
                    })
                };
                let queries: Vec<Query> = indexes.iter().flat_map(query).collect();
                let (series, gaps) = self.request(name, &queries, period).await;
                (region, indexes, series, gaps)
            }
        });
        let answered: Vec<_> = answered.buffer_unordered(AT_ONCE).collect().await;
        let nothing = || {
            [
                Err("CloudWatch did not answer"),
                Err("CloudWatch did not answer"),
            ]
        };
        let mut out: Vec<[Series; 2]> = candidates.iter().map(|_| nothing()).collect();
        for (region, indexes, series, whys) in answered {
            let mut series = series.into_iter();
            for index in indexes {
                if let (Some(first), Some(second)) = (series.next(), series.next()) {
                    out[*index] = [first, second];
                }
            }
            facts.gaps.extend(whys.into_iter().map(|why| Gap {
                what: What::Metrics,
                why,
                region: Some(regions[region].clone()),
            }));
        }
        out
    }

    async fn request(
        &self,
        region: &str,
        queries: &[Query],
        period: Period,
    ) -> (Vec<Series>, Vec<Why>) {
        let reads = self.reads;
        let listing = self
            .caller
            .pages(async |token| reads.daily(region, queries, period, token).await)
            .await;
        let days = usize::try_from(self.settings.cost.lookback_days).unwrap_or_default();
        let (series, gaps) = series(&listing.items, queries.len(), period, days);
        // Why a request failed says more than that its answers are missing.
        (series, listing.gap.map_or(gaps, |why| vec![why]))
    }
}

/// The days before the one that a point in time is on, by UTC as CloudWatch counts them.
fn period(at: Timestamp, days: u32) -> Period {
    let midnight = at.as_second().div_euclid(DAY) * DAY;
    let end = Timestamp::from_second(midnight).unwrap_or(at);
    let length = SignedDuration::from_secs(DAY * i64::from(days));
    let start = end.checked_sub(length).unwrap_or(Timestamp::UNIX_EPOCH);
    Period { start, end }
}

/// The values of each query by day, and why there are none of some.
fn series(
    answers: &[Answer],
    queries: usize,
    period: Period,
    days: usize,
) -> (Vec<Series>, Vec<Why>) {
    let mut statuses: Vec<Option<&Status>> = vec![None; queries];
    let mut values: Vec<Days> = vec![vec![None; days]; queries];
    for answer in answers.iter().filter(|it| it.query < queries) {
        let status = &mut statuses[answer.query];
        if !matches!(status, Some(Status::Failed(_))) {
            *status = Some(&answer.status);
        }
        for (time, value) in &answer.values {
            let day = (time.as_second() - period.start.as_second()).div_euclid(DAY);
            let slot = usize::try_from(day)
                .ok()
                .and_then(|day| values[answer.query].get_mut(day));
            if let Some(slot) = slot.filter(|_| value.is_finite()) {
                *slot = Some(*value);
            }
        }
    }
    let mut gaps = Vec::new();
    let series = statuses.into_iter().zip(values).map(|(status, values)| {
        let (words, gap) = match status {
            Some(Status::Complete) => return Ok(values),
            Some(Status::Partial) => (
                "CloudWatch: PartialData",
                Why::Failed("PartialData".to_owned()),
            ),
            Some(Status::Failed(name)) => match name.as_str() {
                "Forbidden" => ("CloudWatch: Forbidden", Why::Denied(name.clone())),
                "InternalError" => ("CloudWatch: InternalError", Why::Failed(name.clone())),
                _ => (
                    "CloudWatch: a status that is not known",
                    Why::Failed(format!("status {name}")),
                ),
            },
            None => (
                "CloudWatch did not answer",
                Why::Failed("no answer to a query".to_owned()),
            ),
        };
        gaps.push(gap);
        Err(words)
    });
    let series = series.collect();
    gaps.sort();
    gaps.dedup();
    (series, gaps)
}

fn sum(received: Series, sent: Series) -> Series {
    let (received, sent) = (received?, sent?);
    let both = received.into_iter().zip(sent);
    Ok(both.map(|(a, b)| Some(a? + b?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(number * DAY).unwrap()
    }

    fn answer(query: usize, status: Status, values: &[(i64, f64)]) -> Answer {
        let values = values.iter().map(|(at, value)| (day(*at), *value));
        Answer {
            query,
            status,
            values: values.collect(),
        }
    }

    #[test]
    fn the_period_is_whole_days_that_are_over() {
        let at: Timestamp = "2026-03-29T00:30:00Z".parse().unwrap();
        let period = period(at, 14);
        assert_eq!(period.start, "2026-03-15T00:00:00Z".parse().unwrap());
        assert_eq!(period.end, "2026-03-29T00:00:00Z".parse().unwrap());
    }

    #[test]
    fn pages_add_up_and_what_failed_is_no_silence() {
        let period = Period {
            start: day(10),
            end: day(13),
        };
        let failed = |name: &str| Status::Failed(name.to_owned());
        let (series, gaps) = series(
            &[
                answer(0, Status::Partial, &[(10, 1.0), (99, 7.0)]),
                answer(0, Status::Complete, &[(12, 3.0)]),
                answer(1, Status::Partial, &[(10, 1.0)]),
                answer(2, failed("Forbidden"), &[]),
                answer(2, Status::Complete, &[(10, 1.0)]),
                answer(3, failed("Sleepy"), &[(10, 1.0)]),
                answer(9, Status::Complete, &[]),
            ],
            5,
            period,
            3,
        );
        assert_eq!(
            series,
            [
                Ok(vec![Some(1.0), None, Some(3.0)]),
                Err("CloudWatch: PartialData"),
                Err("CloudWatch: Forbidden"),
                Err("CloudWatch: a status that is not known"),
                Err("CloudWatch did not answer"),
            ]
        );
        assert_eq!(
            gaps,
            [
                Why::Denied("Forbidden".to_owned()),
                Why::Failed("PartialData".to_owned()),
                Why::Failed("no answer to a query".to_owned()),
                Why::Failed("status Sleepy".to_owned()),
            ]
        );
    }

    #[test]
    fn traffic_is_known_of_a_day_if_both_ways_are() {
        let both = sum(
            Ok(vec![Some(1.0), Some(1.0), None]),
            Ok(vec![Some(2.0), None, None]),
        );
        assert_eq!(both, Ok(vec![Some(3.0), None, None]));
        assert_eq!(sum(Ok(vec![]), Err("x")), Err("x"));
    }
}
