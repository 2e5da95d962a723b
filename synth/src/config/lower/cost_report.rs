//! What things cost: the daily report on idle spend, and the agent's own time.

use std::ops::Range;

use jiff::tz::TimeZoneDatabase;
use stacks::monitor::{AgentSpaceId, AgentTime, CostReport, TimeOfDay};

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

/// Three investigations run at once in an agent space. Source: its quotas in the user guide.
const MINUTES_OF_A_DAY: u32 = 3 * 24 * 60;

impl Lower<'_> {
    pub(super) fn agent_time(
        &mut self,
        span: &Range<usize>,
        limits: &file::Limits,
    ) -> Option<AgentTime> {
        self.require(
            span,
            &[
                ("agent-space", limits.agent_space.missing),
                (
                    "agent-minutes-per-day",
                    limits.agent_minutes_per_day.missing,
                ),
            ],
        );
        let agent_space = self.parsed(
            &limits.agent_space,
            "such as `0a1b2c3d-0000-1111-2222-333344445555`",
            |text| AgentSpaceId::parse(text).ok_or_else(|| format!("`{text}` is not a UUID")),
        );
        let minutes = limits.agent_minutes_per_day.value?;
        if !(1..=MINUTES_OF_A_DAY).contains(&minutes) {
            self.error(
                &limits.agent_minutes_per_day.span,
                format!("`{minutes}` minutes: a day has 1 to {MINUTES_OF_A_DAY} of the agent"),
                "three investigations run at once",
            );
            return None;
        }
        Some(AgentTime {
            agent_space: agent_space?,
            minutes_per_day: minutes,
        })
    }
}

fn time_zone(name: &str) -> Result<String, String> {
    match TimeZoneDatabase::bundled().get(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err(format!("there is no time zone `{name}`")),
    }
}
