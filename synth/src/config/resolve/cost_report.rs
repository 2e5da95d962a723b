//! The daily report on idle spend.

use std::ops::Range;

use stacks::monitor::{CostReport, IdlePercent, LookbackDays};

use super::Resolver;
use crate::config::file;

impl Resolver<'_> {
    pub(super) fn cost_report(
        &mut self,
        span: &Range<usize>,
        report: &file::CostReport,
    ) -> Option<CostReport> {
        self.require(span, &[("at", report.at.missing)]);
        let at = self.time_of_day(&report.at);
        let time_zone = self.time_zone(report.time_zone.as_ref());
        let lookback_days = match &report.lookback_days {
            Some(field) => field.value.and_then(|days| {
                let valid = LookbackDays::new(days);
                if valid.is_none() {
                    self.error(
                        &field.span,
                        format!("`{days}` days: CloudWatch keeps five-minute datapoints for 63"),
                        "use 1 to 63",
                    );
                }
                valid
            }),
            None => Some(LookbackDays::of::<14>()),
        };
        let idle_below = match &report.idle_below_percent {
            Some(field) => field.value.and_then(|percent| {
                let valid = IdlePercent::new(percent);
                if valid.is_none() {
                    self.error(
                        &field.span,
                        format!("`{percent}` is not a share of a CPU"),
                        "use a number over 0, and at most 100",
                    );
                }
                valid
            }),
            None => Some(IdlePercent::default()),
        };
        Some(CostReport {
            at: at?,
            time_zone: time_zone?.name.to_owned(),
            lookback_days: lookback_days?,
            idle_below: idle_below?,
        })
    }
}
