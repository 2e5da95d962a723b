//! The report on spend that may not be needed.

use contract::{CostSettings, CostSources, TimeOfDay};

use super::LookbackDays;

/// When the report is made, of what, and what is worth an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct CostReport {
    /// The hour of the day, in `time_zone`.
    pub at: TimeOfDay,
    /// A name of the IANA time zone database, such as `Europe/Berlin`.
    pub time_zone: String,
    /// The regions that the report is about; it is made in the first. With none, each region reports on itself.
    pub regions: Vec<String>,
    /// Where findings come from.
    pub sources: CostSources,
    /// How many days of metrics are looked at.
    pub lookback_days: LookbackDays,
    /// An instance whose CPU never reached this is idle.
    pub idle_below: IdlePercent,
    /// An instance whose traffic of a day never reached this is idle, in megabytes; over 0.
    pub idle_below_megabytes: f64,
    /// The key and the value of the tag of what is left out.
    pub ignore_tag: (String, String),
    /// The keys of the tags that name an owner, the best first.
    pub owner_tags: Vec<String>,
    /// How many metrics a report asks CloudWatch for at most.
    pub max_metrics: u32,
    /// Whether Cost Explorer, which charges for it, is asked what the findings have cost.
    pub actual_costs: bool,
    /// Savings in a month that are worth an incident.
    pub report_from: f64,
    /// Days between incidents on findings without an amount; 1 to 90.
    pub report_every_days: u32,
}

/// A share of a CPU, in percent: over 0, at most 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IdlePercent(f64);

impl IdlePercent {
    /// A share, in percent.
    pub fn new(percent: f64) -> Option<Self> {
        (percent > 0.0 && percent <= 100.0).then_some(Self(percent))
    }

    /// The share, in percent.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Default for IdlePercent {
    /// 5 percent.
    fn default() -> Self {
        Self(5.0)
    }
}

impl CostReport {
    /// What `cost` goes by.
    pub fn settings(&self) -> CostSettings {
        CostSettings {
            sources: self.sources,
            lookback_days: self.lookback_days.get(),
            idle_below_percent: self.idle_below.get(),
            idle_below_megabytes: self.idle_below_megabytes,
            ignore_tag: self.ignore_tag.clone(),
            owner_tags: self.owner_tags.clone(),
            max_metrics: self.max_metrics,
            actual_costs: self.actual_costs,
            report_from: self.report_from,
            report_every_days: self.report_every_days,
            time_zone: self.time_zone.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_over_0_and_up_to_100() {
        assert_eq!(IdlePercent::new(100.0).map(IdlePercent::get), Some(100.0));
        for percent in [0.0, -1.0, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(IdlePercent::new(percent), None, "{percent}");
        }
    }
}
