//! The daily report on idle spend.

use std::ops::Range;

use jiff::tz::TimeZoneDatabase;
use stacks::monitor::{CostReport, TimeOfDay};

use super::Lower;
use crate::config::file;

impl Lower<'_> {
    pub(super) fn cost_report(
        &mut self,
        span: &Range<usize>,
        report: &file::CostReport,
    ) -> Option<CostReport> {
        self.require(span, &[("at", report.at.missing)]);
        let at = self.parsed(&report.at, "write it like `\"07:30\"`", |text| {
            TimeOfDay::parse(text).ok_or_else(|| format!("`{text}` is not a time of day"))
        });
        let time_zone = match &report.time_zone {
            None => Some("UTC".to_owned()),
            Some(field) => self.parsed(field, "use a name such as `Europe/Berlin`", time_zone),
        };
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
            time_zone: time_zone?,
            lookback_days: lookback_days?,
            idle_below_percent: idle_below_percent?,
        })
    }
}

fn time_zone(name: &str) -> Result<String, String> {
    match TimeZoneDatabase::bundled().get(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err(format!("there is no time zone `{name}`")),
    }
}
