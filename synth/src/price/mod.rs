//! What a stack costs a month by itself, and what its budget bounds. Pure.

mod condition;
mod count;
mod list;

use serde_json::json;
use stacks::{Json, Monitor, Stack};

pub use count::Counts;
pub use list::{AS_OF, INVESTIGATION, Price};

use self::list::{
    ALARM_METRICS, BUCKET, COMPOSITES, DASHBOARDS, KEYS, LOGS, METRIC_DATA, METRICS, QUEUE, READS,
    REQUESTS, SCHEDULES, SECONDS_ARM64, SECONDS_X86_64, SECRETS, WRITES,
};

/// Days of a month.
const DAYS: f64 = 30.0;
/// Receives of a queue that is empty: five pollers that wait for twenty seconds. Source: "Using Lambda with Amazon SQS" in
/// the Lambda developer guide, and the longest wait of a receive.
const POLLS: f64 = 5.0 * 3.0 * 60.0 * 24.0 * DAYS;
/// How long a function that evaluates an event is charged for, with cold starts and the call that queues the incident.
const EVALUATION: f64 = 0.3;
/// How long delivering an incident is charged for: the post, and calls of the ledger. One post may last 10 seconds.
const DELIVERY: f64 = 2.0;
/// How long a sweep or a canary is charged for.
const SWEEP: f64 = 0.5;
/// How long the cost report is charged for, and its memory in GB.
const COST_REPORT: (f64, f64) = (30.0, 0.128);
/// Requests of the queue for an incident: sent, received twice because its group waits, deleted.
const MESSAGES: f64 = 5.0;
/// Write units for an incident: three transactions, each of up to three items, which count twice.
const UNITS_WRITTEN: f64 = 18.0;
/// Read units for an incident.
const UNITS_READ: f64 = 10.0;
/// Kilobytes of logs and of what else is kept for an incident.
const KILOBYTES: f64 = 8.0;

/// One line of a price.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What is paid for.
    pub price: Price,
    /// How many in a month.
    pub count: f64,
}

/// What a stack costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// What is paid for in all regions together, without what there is none of.
    pub lines: Vec<Line>,
    /// What each region costs, in US dollars.
    pub regions: Vec<(String, f64)>,
    /// Events that become incidents in a day, in each region.
    pub events: u32,
    /// Investigations of a day at most, in all regions.
    pub investigations: u32,
    /// Those of incidents that are always sent, beyond them.
    pub always_sent: u32,
    /// What one investigation costs, in US dollars: the least and the most that users have seen.
    pub investigation: (f64, f64),
}

impl Estimate {
    /// What the stacks of an account file cost in some regions, with so many events a day in each. Where the file names no
    /// region, it is one.
    pub fn of(monitor: &Monitor, stacks: &[Stack], regions: &[String], events: u32) -> Self {
        let unnamed = [String::new()];
        let names = if regions.is_empty() {
            &unnamed[..]
        } else {
            regions
        };
        let mut lines: Vec<Line> = Vec::new();
        let mut regions = Vec::new();
        for name in names {
            let of_region = lines_of(monitor, &Counts::of(stacks, name), events);
            let dollars = of_region.iter().map(|it| it.price.of(it.count)).sum();
            regions.push((name.clone(), dollars));
            for line in of_region {
                match lines.iter_mut().find(|it| it.price == line.price) {
                    Some(all) => all.count += line.count,
                    None => lines.push(line),
                }
            }
        }
        lines.retain(|it| it.count > 0.0);
        let limits = monitor.budget.limits();
        let in_all =
            |a_day: u32| a_day.saturating_mul(u32::try_from(regions.len()).unwrap_or(u32::MAX));
        // At the price that the file says, if it has one for the agent.
        let price = monitor.agent.as_ref().map_or(1.0, |agent| {
            agent.price.get() / stacks::monitor::Price::default().get()
        });
        let (least, most) = INVESTIGATION;
        Self {
            lines,
            events,
            investigations: in_all(limits.per_day),
            always_sent: in_all(limits.always_per_day),
            investigation: (least * price, most * price),
            regions,
        }
    }

    /// What the stack costs in all regions in a month, in US dollars.
    pub fn total(&self) -> f64 {
        self.lines.iter().map(|it| it.price.of(it.count)).sum()
    }

    /// The least and the most that the investigations of a month cost that the budget allows.
    pub fn bounds(&self) -> (f64, f64) {
        let month = f64::from(self.investigations) * DAYS;
        let (least, most) = self.investigation;
        (month * least, month * most)
    }

    /// Everything, for a program.
    pub fn to_json(&self) -> Json {
        let (least, most) = self.bounds();
        let (one_least, one_most) = self.investigation;
        let regions = self.regions.iter();
        let regions: Vec<Json> = regions
            .map(|(name, usd)| json!({ "region": name, "usd": rounded(*usd) }))
            .collect();
        let lines: Vec<Json> = self
            .lines
            .iter()
            .map(|Line { price, count }| {
                json!({ "what": price.what, "count": rounded(*count), "usd": rounded(price.of(*count)),
                        "price": price.usd, "per": price.per, "source": price.source })
            })
            .collect();
        json!({
            "prices": AS_OF,
            "eventsPerDay": self.events,
            "lines": lines,
            "regions": regions,
            "usd": rounded(self.total()),
            "investigations": { "perDay": self.investigations, "leastUsd": rounded(least),
                                "mostUsd": rounded(most), "leastUsdEach": rounded(one_least),
                                "mostUsdEach": rounded(one_most), "alwaysSentPerDay": self.always_sent },
            "notCounted": NOT_COUNTED,
        })
    }

    /// Everything, for a person.
    pub fn text(&self) -> Vec<String> {
        let (together, each) = match self.regions.len() {
            0 | 1 => (String::new(), ""),
            count => (format!(" in {count} regions together"), " in each"),
        };
        let mut lines = vec![format!(
            "The stack itself, a month{together}, with {} events a day{each} that become incidents:",
            self.events
        )];
        for Line { price, count } in &self.lines {
            lines.push(format!(
                "  {:>9.2} USD  {} {}",
                price.of(*count),
                grouped(*count),
                price.what
            ));
        }
        lines.push(format!("  {:>9.2} USD  in all", self.total()));
        if self.regions.len() > 1 {
            let regions = self.regions.iter();
            lines.extend(regions.map(|(name, usd)| format!("  {usd:>9.2} USD  of that in {name}")));
        }
        let (least, most) = self.bounds();
        let (one_least, one_most) = self.investigation;
        lines.push(format!(
            "Investigations, which AWS DevOps Agent charges: at most {} a day, {} to {} USD a month at {one_least:.1} to \
             {one_most:.1} USD each.",
            self.investigations,
            grouped(least),
            grouped(most)
        ));
        lines.push(format!(
            "Incidents that are always sent have {} a day of their own beyond that.",
            self.always_sent
        ));
        lines.push(format!("List prices: {AS_OF}."));
        lines.push(format!("Not counted: {}.", NOT_COUNTED.join("; ")));
        lines
    }
}

/// What an estimate leaves out.
const NOT_COUNTED: [&str; 7] = [
    "what the agent itself calls, such as queries of logs",
    "metrics that alarms on Metrics Insights match beyond the first",
    "events that become no incident",
    "metrics of Tocsin's own that only failures write",
    "NAT gateways, X-Ray and calls of KMS",
    "storage and backups of the ledger",
    "taxes",
];

/// What is paid for in one region.
fn lines_of(monitor: &Monitor, counts: &Counts, events: u32) -> Vec<Line> {
    let events_in_a_month = f64::from(events) * DAYS;
    let gigabytes = |megabytes: u64| number(megabytes) / 1024.0;
    let report = monitor.cost_report.as_ref().filter(|_| counts.has_report);
    let reports = if report.is_some() { DAYS } else { 0.0 };
    let scheduled = number(counts.scheduled);
    let seconds = events_in_a_month
        * (EVALUATION * gigabytes(counts.evaluate_memory)
            + DELIVERY * gigabytes(counts.deliver_memory))
        + scheduled * SWEEP * gigabytes(counts.deliver_memory)
        + reports * COST_REPORT.0 * COST_REPORT.1;
    let seconds_of = if counts.arm64 {
        SECONDS_ARM64
    } else {
        SECONDS_X86_64
    };
    let kept = events_in_a_month * KILOBYTES / 1e6;
    let count = |count: usize| number(count as u64);
    let metrics_asked = report.map_or(0.0, |it| f64::from(it.settings().max_metrics));
    let lines = [
        (ALARM_METRICS, count(counts.alarm_metrics)),
        (COMPOSITES, count(counts.composites)),
        (METRICS, counts.metrics),
        (DASHBOARDS, count(counts.dashboards)),
        (SECRETS, count(counts.secrets)),
        (KEYS, count(counts.keys)),
        (
            QUEUE,
            count(counts.polled) * POLLS + events_in_a_month * MESSAGES,
        ),
        (REQUESTS, scheduled + events_in_a_month * 3.0 + reports),
        (seconds_of, seconds),
        (WRITES, events_in_a_month * UNITS_WRITTEN + scheduled),
        (READS, events_in_a_month * UNITS_READ + scheduled * 2.0),
        (LOGS, kept + scheduled * 2.0 / 1e6),
        (BUCKET, kept),
        (SCHEDULES, scheduled),
        (METRIC_DATA, reports * metrics_asked),
    ];
    let lines = lines.into_iter();
    lines.map(|(price, count)| Line { price, count }).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of resources are far below what a float holds"
)]
fn number(count: u64) -> f64 {
    count as f64
}

/// To a hundredth of a cent.
fn rounded(amount: f64) -> f64 {
    (amount * 1e4).round() / 1e4
}

/// A count with its thousands apart; below a hundred with the part that counts.
fn grouped(count: f64) -> String {
    if count < 100.0 && count.fract() > 0.001 {
        return format!("{count:.2}");
    }
    let digits = format!("{count:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_easily() {
        for (count, expected) in [
            (0.024, "0.02"),
            (42.0, "42"),
            (648_000.0, "648,000"),
            (1_234_567.4, "1,234,567"),
        ] {
            assert_eq!(grouped(count), expected);
        }
    }

    #[test]
    fn the_budget_bounds_what_investigations_cost() {
        let estimate = |price: f64| Estimate {
            lines: Vec::new(),
            regions: Vec::new(),
            events: 0,
            investigations: 24,
            always_sent: 0,
            investigation: (1.6 * price, 10.5 * price),
        };
        let (least, most) = estimate(1.0).bounds();
        assert!((least - 1_152.0).abs() < 0.01 && (most - 7_560.0).abs() < 0.01);
        let (least, _) = estimate(0.5).bounds();
        assert!((least - 576.0).abs() < 0.01);
    }
}
