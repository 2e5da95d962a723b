//! What the account file says of grouping, as the environment hands it on.

use std::{str::FromStr, time::Duration};

use webhook::Priority;

use super::{Limits, QuietHours};
use crate::settings::{Environment, MissingVariable};

/// How incidents are grouped, and how many investigations they may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// How long the first of a group waits for others.
    pub wait: Duration,
    /// How long after a report incidents of its group are held for the next.
    pub length: Duration,
    /// How many investigations there may be.
    pub limits: Limits,
    /// When incidents that are not urgent wait.
    pub quiet: Option<QuietHours>,
}

/// The environment's settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGrouping {
    /// One is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// One is not what it should be.
    #[error("the environment variable {0} cannot be read: deploy the account file again")]
    Invalid(&'static str),
}

impl Grouping {
    /// The settings of the environment.
    ///
    /// # Errors
    ///
    /// When one is missing or cannot be read.
    pub fn new(environment: &Environment) -> Result<Self, InvalidGrouping> {
        let seconds =
            |name| Ok::<_, InvalidGrouping>(Duration::from_secs(number(environment, name)?));
        let always = "BUDGET_FLOOR";
        let per_day: u32 = number(environment, "INVESTIGATIONS_PER_DAY")?;
        Ok(Self {
            wait: seconds("GROUP_WAIT_SECONDS")?,
            length: seconds("GROUP_WINDOW_SECONDS")?,
            limits: Limits {
                per_hour: number(environment, "INVESTIGATIONS_PER_HOUR")?,
                per_day,
                low_per_day: (per_day / 4).max(1),
                rule_per_day: (per_day / 3).max(1),
                always_send: Priority::named(environment.require(always)?)
                    .ok_or(InvalidGrouping::Invalid(always))?,
                always_per_day: per_day.saturating_mul(4),
            },
            quiet: environment
                .get("QUIET_HOURS")
                .map(str::parse)
                .transpose()
                .map_err(|_| InvalidGrouping::Invalid("QUIET_HOURS"))?,
        })
    }
}

fn number<T: FromStr>(environment: &Environment, name: &'static str) -> Result<T, InvalidGrouping> {
    let text = environment.require(name)?;
    text.parse().map_err(|_| InvalidGrouping::Invalid(name))
}
