//! What templates write into the environment of functions, and functions read from it.
//!
//! Settings are plain types with `to_env` and `from_env` beside each other, so that what one side writes the other
//! reads. What only a deployment knows, such as the URL of a queue, is a variable with a name and no type.

mod agent;
mod alarm;
mod cost;
mod delivery;
mod quiet_hours;
mod time_of_day;
pub mod variable;

use std::{collections::BTreeMap, fmt, str::FromStr};

pub use agent::{AgentSettings, MitigationSettings, NoticeSettings};
pub use alarm::{AlarmSettings, WatchedAlarms, is_like};
pub use cost::{CostSettings, CostSources};
pub use delivery::{DeliverySettings, Limits};
pub use quiet_hours::{InvalidQuietHours, PosixTimeZone, QuietHours};
pub use time_of_day::TimeOfDay;

/// A variable and its value, as templates write it.
pub type Variable = (&'static str, String);

/// The variables of a function's environment.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

/// A variable that a function cannot go on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVariable {
    /// It is not there, or empty.
    #[error("the environment variable {0} is missing or empty")]
    Missing(&'static str),
    /// It has a value that it cannot have.
    #[error("the environment variable {name} cannot be `{value}`: deploy the account file again")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl Variables {
    /// The value of a variable; nothing where it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The value of a variable that must be there.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the variable is not set or is empty.
    pub fn require(&self, name: &'static str) -> Result<&str, InvalidVariable> {
        self.get(name).ok_or(InvalidVariable::Missing(name))
    }

    /// The value of a variable, read.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the variable is not set or is empty, and
    /// [`InvalidVariable::Invalid`] if its value cannot be read as a `T`.
    pub fn parse<T: FromStr>(&self, name: &'static str) -> Result<T, InvalidVariable> {
        read(name, self.require(name)?, str::parse)
    }

    /// The value of a variable that need not be there, read.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Invalid`] if the variable is set and its value cannot be read as a `T`.
    pub fn parse_if_set<T: FromStr>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, InvalidVariable> {
        let value = self.get(name);
        value.map(|it| read(name, it, str::parse)).transpose()
    }

    /// The parts of a variable between commas; none where it is not there.
    pub fn list(&self, name: &str) -> Vec<String> {
        let parts = self.get(name).unwrap_or_default().split(',');
        let parts = parts.map(str::trim).filter(|it| !it.is_empty());
        parts.map(str::to_owned).collect()
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn read<T, E>(
    name: &'static str,
    value: &str,
    reader: impl Fn(&str) -> Result<T, E>,
) -> Result<T, InvalidVariable> {
    reader(value).map_err(|_| InvalidVariable::Invalid {
        name,
        value: value.to_owned(),
    })
}

impl<K: Into<String>> FromIterator<(K, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (K, String)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, it)| (name.into(), it));
        Self(variables.collect())
    }
}

/// Only the names: the values of a function's environment hold credentials.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let variables: Variables = [("A", String::new()), ("B", "x".to_owned())]
            .into_iter()
            .collect();
        assert_eq!(
            variables.require("A").unwrap_err().to_string(),
            "the environment variable A is missing or empty"
        );
        assert_eq!(
            variables.parse::<u32>("B").unwrap_err().to_string(),
            "the environment variable B cannot be `x`: deploy the account file again"
        );
        assert_eq!(variables.parse_if_set::<u32>("C"), Ok(None));
        assert_eq!(format!("{variables:?}"), r#"{"A", "B"}"#);
    }
}
