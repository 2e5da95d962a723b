//! What bounds the price: groups, the budget, quiet hours, and the agent's own time.

use std::ops::Range;

use contract::Limits;
use stacks::monitor::{
    AgentMinutes, AgentSpaceId, AgentTime, Budget, DollarsPer, GroupWait, GroupWindow, Grouping,
    InvalidBudget, QuietHours, Share,
};

use super::{Resolver, priority};
use crate::config::{field::Field, file};

/// What the key `limits` says.
#[derive(Default)]
pub(super) struct Bounds {
    pub(super) budget: Budget,
    pub(super) quiet_hours: Option<QuietHours>,
    pub(super) agent_time: Option<AgentTime>,
}

impl Resolver<'_> {
    pub(super) fn grouping(
        &mut self,
        wait: Option<&Field<String>>,
        window: Option<&Field<String>>,
    ) -> Grouping {
        let wait = wait.and_then(|it| self.parsed(it, "", GroupWait::parse));
        let window = window.and_then(|it| self.parsed(it, "", GroupWindow::parse));
        Grouping {
            wait: wait.unwrap_or_default(),
            window: window.unwrap_or_default(),
        }
    }

    /// `follows` says whether results of investigations are recorded.
    pub(super) fn limits(&mut self, limits: Option<Field<file::Limits>>, follows: bool) -> Bounds {
        let Some((span, limits)) = limits.and_then(|it| Some((it.span, it.value?))) else {
            return Bounds::default();
        };
        let dollars = [
            ("dollars-per-day", &limits.dollars_per_day),
            ("dollars-per-month", &limits.dollars_per_month),
        ];
        for (name, field) in dollars {
            if let (Some(field), false) = (field, follows) {
                let hint =
                    "name the agent space whose results say what they cost: `agent: {space: UUID}`";
                self.error(&field.span, format!("`{name}` needs the key `agent`"), hint);
            }
        }
        Bounds {
            budget: self.budget(&span, &limits),
            quiet_hours: limits
                .quiet_hours
                .as_ref()
                .and_then(|it| self.quiet_hours(&it.span, it.value.as_ref()?)),
            agent_time: self.agent_time(&span, &limits),
        }
    }

    fn budget(&mut self, span: &Range<usize>, limits: &file::Limits) -> Budget {
        let hour = limits.investigations_per_hour.as_ref();
        let day = limits.investigations_per_day.as_ref();
        let per_day = day.and_then(|it| it.value).unwrap_or(Budget::PER_DAY);
        // A day of fewer than the default of an hour needs no word on hours.
        let per_hour = hour
            .and_then(|it| it.value)
            .unwrap_or_else(|| Budget::PER_HOUR.min(per_day).max(1));
        let usual = Limits::new(per_hour, per_day);
        let set = |field: &Option<Field<u32>>, usual| {
            let value = field.as_ref().and_then(|it| it.value);
            value.unwrap_or(usual)
        };
        if let Some(floor) = &limits.floor {
            let hint = "write `always-send` instead: `floor` is read for one more release";
            self.warn(&floor.span, "`floor` is called `always-send` now", hint);
        }
        let always_send = limits.always_send.as_ref().or(limits.floor.as_ref());
        let always_send = always_send.and_then(|it| it.value);
        let budget = Budget::new(Limits {
            low_per_day: set(&limits.low_per_day, usual.low_per_day),
            rule_per_day: set(&limits.rule_per_day, usual.rule_per_day),
            always_send: always_send.map_or(usual.always_send, priority),
            always_per_day: set(&limits.always_send_per_day, usual.always_per_day),
            dollars_per_day: limits.dollars_per_day.as_ref().and_then(|it| it.value),
            dollars_per_month: limits.dollars_per_month.as_ref().and_then(|it| it.value),
            ..usual
        });
        for error in budget.as_ref().err().into_iter().flatten() {
            let (field, hint) = match error {
                InvalidBudget::PerHour(_) => (hour, ""),
                InvalidBudget::PerDay(_) => (day, ""),
                InvalidBudget::DayBelowHour { .. } if day.is_some() => (day, ""),
                InvalidBudget::DayBelowHour { .. } => (
                    hour,
                    "a day has 24 unless `investigations-per-day` says otherwise",
                ),
                InvalidBudget::Share { share, .. } => {
                    let field = match share {
                        Share::Low => &limits.low_per_day,
                        Share::Rule => &limits.rule_per_day,
                    };
                    (field.as_ref(), "")
                }
                InvalidBudget::AlwaysPerDay(_) if limits.always_send_per_day.is_none() => continue,
                InvalidBudget::AlwaysPerDay(_) => (limits.always_send_per_day.as_ref(), ""),
                InvalidBudget::Dollars {
                    period: DollarsPer::Day,
                    ..
                } => (limits.dollars_per_day.as_ref(), ""),
                InvalidBudget::Dollars {
                    period: DollarsPer::Month,
                    ..
                }
                | InvalidBudget::MonthBelowDay { .. } => (limits.dollars_per_month.as_ref(), ""),
            };
            let place = field.map_or(span, |it| &it.span);
            self.error(place, error.to_string(), hint);
        }
        budget.unwrap_or_default()
    }

    fn quiet_hours(&mut self, span: &Range<usize>, hours: &file::QuietHours) -> Option<QuietHours> {
        self.require(
            span,
            &[("from", hours.from.missing), ("until", hours.until.missing)],
        );
        let from = self.time_of_day(&hours.from);
        let until = self.time_of_day(&hours.until);
        let zone = self.time_zone(hours.time_zone.as_ref())?;
        let Some(rule) = zone.posix() else {
            let place = hours.time_zone.as_ref().map_or(span, |it| &it.span);
            let message = format!(
                "the time zone `{}` has no rule for the years to come",
                zone.name
            );
            self.error(place, message, "use one that has, such as `Europe/Berlin`");
            return None;
        };
        match QuietHours::new(from?, until?, rule) {
            Ok(hours) => Some(hours),
            Err(error) => {
                self.error(&hours.until.span, error.to_string(), "");
                None
            }
        }
    }

    fn agent_time(&mut self, span: &Range<usize>, limits: &file::Limits) -> Option<AgentTime> {
        let (space, minutes) = match (&limits.agent_space, &limits.agent_minutes_per_day) {
            (None, None) => return None,
            (space, minutes) => {
                self.require(
                    span,
                    &[
                        ("agent-space", space.is_none()),
                        ("agent-minutes-per-day", minutes.is_none()),
                    ],
                );
                (space.as_ref()?, minutes.as_ref()?)
            }
        };
        let agent_space = self.parsed(
            space,
            "such as `0a1b2c3d-0000-1111-2222-333344445555`",
            |text| AgentSpaceId::parse(text).ok_or_else(|| format!("`{text}` is not a UUID")),
        );
        let minutes_per_day = minutes.value?;
        let Some(minutes_per_day) = AgentMinutes::new(minutes_per_day) else {
            self.error(
                &minutes.span,
                format!(
                    "`{minutes_per_day}` minutes: a day has 1 to {} of the agent",
                    AgentMinutes::MAX.get()
                ),
                "three investigations run at once",
            );
            return None;
        };
        Some(AgentTime {
            agent_space: agent_space?,
            minutes_per_day,
        })
    }
}

#[cfg(test)]
mod tests {
    use stacks::monitor::Architecture;

    use super::*;
    use crate::config::{self, Context};

    #[track_caller]
    fn check(limits: &str, (per_hour, per_day): (u32, u32)) {
        let text = format!("name: x\nops-topic: ops\nlimits: {limits}");
        let context = Context {
            file_stem: None,
            host: Architecture::Arm64,
        };
        let (account, problems) = config::parse(&text, context);
        let budget = account
            .unwrap_or_else(|| panic!("{problems:?}"))
            .monitor
            .budget;
        let wanted = Budget::new(Limits::new(per_hour, per_day));
        assert_eq!(Ok(budget), wanted);
    }

    #[test]
    fn the_earlier_name_is_read_with_a_warning() {
        let parsed = |key: &str| {
            let text = format!("name: x\nops-topic: ops\nlimits: {{{key}: HIGH}}");
            let context = Context {
                file_stem: None,
                host: Architecture::Arm64,
            };
            let (account, problems) = config::parse(&text, context);
            let shown: Vec<String> = problems
                .iter()
                .map(|it| it.render("x.yaml", &text, false))
                .collect();
            (account.unwrap().monitor.budget, shown.concat())
        };
        let (budget, problems) = parsed("always-send");
        assert_eq!(budget.limits().always_send, contract::Priority::High);
        assert_eq!(problems, "");
        let (same, warning) = parsed("floor");
        assert_eq!(same, budget);
        assert!(
            warning.contains("`floor` is called `always-send` now"),
            "{warning}"
        );
    }

    #[test]
    fn a_small_day_needs_no_word_on_hours() {
        check("{}", (6, 24));
        check("{investigations-per-day: 3}", (3, 3));
        check("{investigations-per-day: 100}", (6, 100));
        check("{investigations-per-hour: 24}", (24, 24));
    }
}
