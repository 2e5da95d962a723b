//! How incidents are grouped, and how many investigations they may become.

use std::time::Duration;

use super::{InvalidVariable, QuietHours, Variable, Variables};
use crate::Priority;

const ACCOUNT_NAME: &str = "ACCOUNT_NAME";
const ALWAYS_PER_DAY: &str = "ALWAYS_SENT_PER_DAY";
pub(super) const ALWAYS_SENT: &str = "BUDGET_FLOOR";
const DOLLARS_PER_DAY: &str = "DOLLARS_PER_DAY";
const DOLLARS_PER_MONTH: &str = "DOLLARS_PER_MONTH";
const KNOWS_RESULTS: &str = "KNOWS_RESULTS";
const LOW_PER_DAY: &str = "LOW_PER_DAY";
const PER_DAY: &str = "INVESTIGATIONS_PER_DAY";
const PER_HOUR: &str = "INVESTIGATIONS_PER_HOUR";
const QUIET_HOURS: &str = "QUIET_HOURS";
const RULE_PER_DAY: &str = "RULE_PER_DAY";
const WAIT: &str = "GROUP_WAIT_SECONDS";
const WINDOW: &str = "GROUP_WINDOW_SECONDS";

/// What `deliver` goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverySettings {
    /// What the account file is called, which titles of incidents begin with. A template of an earlier version does not
    /// say.
    pub account_name: Option<String>,
    /// How long the first of a group waits for others.
    pub wait: Duration,
    /// How long after a report incidents of its group are held for the next.
    pub window: Duration,
    /// How many investigations there may be.
    pub limits: Limits,
    /// When incidents that are not urgent are held.
    pub quiet_hours: Option<QuietHours>,
    /// Whether results of investigations are recorded, so that a later report can begin with what was found.
    pub knows_results: bool,
}

/// How many investigations an account file allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In an hour of the clock.
    pub per_hour: u32,
    /// In a day, by UTC.
    pub per_day: u32,
    /// Of these, in a day, for what is not urgent (`LOW` and `MINIMAL`).
    pub low_per_day: u32,
    /// Of these, in a day, for each rule of the account file.
    pub rule_per_day: u32,
    /// From this priority on, incidents are always sent.
    pub always_send: Priority,
    /// How many of those are sent in a day all the same.
    pub always_per_day: u32,
    /// Dollars in a day, by UTC, after which only those are sent; nothing where there is no such limit.
    pub dollars_per_day: Option<u32>,
    /// Dollars in a month, after which there is one report a day beside those; nothing where there is no such limit.
    pub dollars_per_month: Option<u32>,
}

/// What holds unless the account file says otherwise.
impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            account_name: None,
            wait: Duration::from_secs(30),
            window: Duration::from_mins(20),
            limits: Limits::new(6, 24),
            quiet_hours: None,
            knows_results: false,
        }
    }
}

impl Limits {
    /// Limits with the usual shares: a quarter of a day for what is not urgent, a third for each rule, at least one
    /// of each; and four days' worth of what is always sent.
    pub fn new(per_hour: u32, per_day: u32) -> Self {
        Self {
            per_hour,
            per_day,
            low_per_day: (per_day / 4).max(1),
            rule_per_day: (per_day / 3).max(1),
            always_send: Priority::Critical,
            always_per_day: per_day.saturating_mul(4),
            dollars_per_day: None,
            dollars_per_month: None,
        }
    }

    /// Whether incidents of this priority are sent whatever has been used.
    pub fn always_send(&self, priority: Priority) -> bool {
        priority <= self.always_send
    }

    /// The variables of the environment that say so.
    pub(super) fn to_env(self) -> Vec<Variable> {
        let mut variables = vec![
            (ALWAYS_PER_DAY, self.always_per_day.to_string()),
            (ALWAYS_SENT, self.always_send.as_str().to_owned()),
            (LOW_PER_DAY, self.low_per_day.to_string()),
            (PER_DAY, self.per_day.to_string()),
            (PER_HOUR, self.per_hour.to_string()),
            (RULE_PER_DAY, self.rule_per_day.to_string()),
        ];
        for (name, dollars) in [
            (DOLLARS_PER_DAY, self.dollars_per_day),
            (DOLLARS_PER_MONTH, self.dollars_per_month),
        ] {
            variables.extend(dollars.map(|it| (name, it.to_string())));
        }
        variables
    }

    /// What the variables of the environment say.
    pub(super) fn from_env(variables: &Variables) -> Result<Self, InvalidVariable> {
        // A template of an earlier version, whose code is new for a moment of a deploy, names no shares.
        let usual = Self::new(variables.parse(PER_HOUR)?, variables.parse(PER_DAY)?);
        let share = |name, usual| Ok(variables.parse_if_set(name)?.unwrap_or(usual));
        Ok(Self {
            low_per_day: share(LOW_PER_DAY, usual.low_per_day)?,
            rule_per_day: share(RULE_PER_DAY, usual.rule_per_day)?,
            always_send: priority(variables, ALWAYS_SENT)?,
            always_per_day: share(ALWAYS_PER_DAY, usual.always_per_day)?,
            dollars_per_day: variables.parse_if_set(DOLLARS_PER_DAY)?,
            dollars_per_month: variables.parse_if_set(DOLLARS_PER_MONTH)?,
            ..usual
        })
    }
}

impl DeliverySettings {
    /// The variables of the environment that say so.
    pub fn to_env(&self) -> Vec<Variable> {
        let Self {
            account_name,
            wait,
            window,
            limits,
            quiet_hours,
            knows_results,
        } = self;
        let mut variables = limits.to_env();
        variables.extend([
            (WAIT, wait.as_secs().to_string()),
            (WINDOW, window.as_secs().to_string()),
        ]);
        variables.extend(account_name.clone().map(|it| (ACCOUNT_NAME, it)));
        let quiet_hours = quiet_hours.as_ref();
        variables.extend(quiet_hours.map(|it| (QUIET_HOURS, it.to_variable())));
        if *knows_results {
            variables.push((KNOWS_RESULTS, true.to_string()));
        }
        variables
    }

    /// What the variables of the environment say.
    ///
    /// # Errors
    ///
    /// When one is missing or cannot be read.
    pub fn from_env(variables: &Variables) -> Result<Self, InvalidVariable> {
        let seconds = |name| variables.parse(name).map(Duration::from_secs);
        Ok(Self {
            account_name: variables.parse_if_set(ACCOUNT_NAME)?,
            wait: seconds(WAIT)?,
            window: seconds(WINDOW)?,
            limits: Limits::from_env(variables)?,
            quiet_hours: variables.parse_if_set(QUIET_HOURS)?,
            knows_results: variables.parse_if_set(KNOWS_RESULTS)?.unwrap_or_default(),
        })
    }
}

/// The priority that a variable names.
pub(super) fn priority(
    variables: &Variables,
    name: &'static str,
) -> Result<Priority, InvalidVariable> {
    let value = variables.require(name)?;
    Priority::named(value).ok_or_else(|| InvalidVariable::Invalid {
        name,
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let other = DeliverySettings {
            account_name: Some("prod".to_owned()),
            wait: Duration::from_secs(5),
            window: Duration::from_hours(1),
            limits: Limits {
                per_hour: 1,
                per_day: 2,
                low_per_day: 3,
                rule_per_day: 4,
                always_send: Priority::Minimal,
                always_per_day: 5,
                dollars_per_day: Some(6),
                dollars_per_month: Some(7),
            },
            quiet_hours: Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap()),
            knows_results: true,
        };
        for settings in [DeliverySettings::default(), other] {
            let variables = settings.to_env().into_iter().collect();
            assert_eq!(DeliverySettings::from_env(&variables), Ok(settings));
        }
    }

    #[test]
    fn a_template_without_shares_has_the_usual_ones() {
        let shares = [ALWAYS_PER_DAY, LOW_PER_DAY, RULE_PER_DAY];
        let variables = DeliverySettings::default().to_env().into_iter();
        let others = variables
            .filter(|(name, _)| !shares.contains(name))
            .collect();
        let read = DeliverySettings::from_env(&others);
        assert_eq!(read, Ok(DeliverySettings::default()));
    }

    #[test]
    fn shares_are_at_least_one() {
        let least = Limits::new(1, 1);
        assert_eq!((least.low_per_day, least.rule_per_day), (1, 1));
        let usual = Limits::new(6, 24);
        let shares = (usual.low_per_day, usual.rule_per_day, usual.always_per_day);
        assert_eq!(shares, (6, 8, 96));
    }
}
