//! The daily report on idle spend.

use std::ops::Range;

use stacks::monitor::CostReport;

use super::Lower;
use crate::config::file;

impl Lower<'_> {
    pub(super) fn cost_report(
        &mut self,
        span: &Range<usize>,
        report: &file::CostReport,
    ) -> Option<CostReport> {
        self.require(span, &[("at", report.at.missing)]);
        let at = self.time_of_day(&report.at);
        let time_zone = self.time_zone(report.time_zone.as_ref());
        let lookback_days = match &report.lookback_days {
            Some(field) => match field.value {
                Some(days) if !(1..=63).contains(&days) => {
                    self.error(
                        &field.span,
                        format!("`{days}` days: CloudWatch keeps five-minute datapoints for 63"),
                        "use 1 to 63",
                    );
                    None
                }
                days => days,
            },
            None => Some(14),
        };
        let idle_below_percent = match &report.idle_below_percent {
            Some(field) => match field.value {
                Some(percent) if !(percent > 0.0 && percent <= 100.0) => {
                    self.error(
                        &field.span,
                        format!("`{percent}` is not a share of a CPU"),
                        "use a number over 0, and at most 100",
                    );
                    None
                }
                percent => percent,
            },
            None => Some(5.0),
        };
        Some(CostReport {
            at: at?,
            time_zone: time_zone?.name.to_owned(),
            lookback_days: lookback_days?,
            idle_below_percent: idle_below_percent?,
        })
    }
}
