//! What a stack costs a month by itself, and what its budget bounds. Pure.

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
    /// What is paid for in one region, what there is none of left out.
    pub lines: Vec<Line>,
    /// Regions with a copy each.
    pub regions: usize,
    /// Events that become incidents in a day, in each region.
    pub events: u32,
    /// Investigations of a day at most, in all regions.
    pub investigations: u32,
    /// Those of incidents that are always sent, beyond them.
    pub always_sent: u32,
}

impl Estimate {
    /// What the stacks of an account file cost, with so many events a day in each region.
    pub fn of(monitor: &Monitor, stacks: &[Stack], regions: usize, events: u32) -> Self {
        let counts = Counts::of(stacks);
        let events_in_a_month = f64::from(events) * DAYS;
        let gigabytes = |megabytes: u64| number(megabytes) / 1024.0;
        let has_report = monitor.cost_report.is_some();
        let reports = if has_report { DAYS } else { 0.0 };
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
        let metrics_asked = monitor
            .cost_report
            .as_ref()
            .map_or(0.0, |it| f64::from(it.settings().max_metrics));
        let lines = [
            (ALARM_METRICS, count(counts.alarm_metrics)),
            (COMPOSITES, count(counts.composites)),
            (METRICS, count(counts.metrics)),
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
        let lines = lines.into_iter().filter(|(_, count)| *count > 0.0);
        let limits = monitor.budget.limits();
        let regions = regions.max(1);
        let in_all = |a_day: u32| a_day.saturating_mul(u32::try_from(regions).unwrap_or(u32::MAX));
        Self {
            lines: lines.map(|(price, count)| Line { price, count }).collect(),
            regions,
            events,
            investigations: in_all(limits.per_day),
            always_sent: in_all(limits.always_per_day),
        }
    }

    /// What the stack costs in one region in a month, in US dollars.
    pub fn of_region(&self) -> f64 {
        self.lines.iter().map(|it| it.price.of(it.count)).sum()
    }

    /// The same in all regions.
    pub fn total(&self) -> f64 {
        self.of_region() * number(self.regions as u64)
    }

    /// The least and the most that so many investigations a day cost in a month.
    pub fn bounds(investigations: u32) -> (f64, f64) {
        let month = f64::from(investigations) * DAYS;
        let (least, most) = INVESTIGATION;
        (month * least, month * most)
    }

    /// Everything, for a program.
    pub fn to_json(&self) -> Json {
        let (least, most) = Self::bounds(self.investigations);
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
            "regions": self.regions,
            "perRegion": { "lines": lines, "usd": rounded(self.of_region()) },
            "usd": rounded(self.total()),
            "investigations": { "perDay": self.investigations, "leastUsd": rounded(least),
                                "mostUsd": rounded(most), "alwaysSentPerDay": self.always_sent },
            "notCounted": NOT_COUNTED,
        })
    }

    /// Everything, for a person.
    pub fn text(&self) -> Vec<String> {
        let each = if self.regions > 1 {
            " in each region"
        } else {
            ""
        };
        let mut lines = vec![format!(
            "The stack itself, a month{each}, with {} events a day that become incidents:",
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
        lines.push(format!("  {:>9.2} USD  in all", self.of_region()));
        if self.regions > 1 {
            lines.push(format!(
                "  {:>9.2} USD  in {} regions",
                self.total(),
                self.regions
            ));
        }
        let (least, most) = Self::bounds(self.investigations);
        let (one_least, one_most) = INVESTIGATION;
        lines.push(format!(
            "Investigations, which AWS DevOps Agent charges: at most {} a day, {} to {} USD a month at {one_least} to \
             {one_most} USD each.",
            self.investigations,
            grouped(least),
            grouped(most)
        ));
        lines.push(format!(
            "Incidents that are always sent have {} a day of their own beyond that.",
            self.always_sent
        ));
        lines.push(format!("List prices as of {AS_OF}."));
        lines.push(format!("Not counted: {}.", NOT_COUNTED.join("; ")));
        lines
    }
}

/// What an estimate leaves out.
const NOT_COUNTED: [&str; 6] = [
    "what the agent itself calls, such as queries of logs",
    "metrics that alarms on Metrics Insights match beyond the first",
    "events that become no incident",
    "NAT gateways, X-Ray and calls of KMS",
    "storage and backups of the ledger",
    "taxes",
];

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
        let (least, most) = Estimate::bounds(24);
        assert!((least - 1_152.0).abs() < 0.01 && (most - 7_560.0).abs() < 0.01);
    }
}
