//! Which alarms there are, and how urgent they may say that they are.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{InvalidVariable, Variable, Variables};
use crate::Priority;

const OWN: &str = "OWN_ALARMS";
const WATCHED: &str = "WATCHED_ALARMS";
const EXCEPTED: &str = "EXCEPTED_ALARMS";
/// What Lambda sets. Source: "Defined runtime environment variables" in the Lambda developer guide.
const REGION: &str = "AWS_REGION";

/// What `alarm` goes by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmSettings {
    /// What the names of the stack's own alarms begin with.
    pub own: String,
    /// The alarms that are watched beside them.
    pub watched: Vec<WatchedAlarms>,
    /// Names of alarms that are not watched all the same; each `*` stands for any characters.
    pub excepted: Vec<String>,
}

/// Alarms that are there already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchedAlarms {
    /// What their names begin with; nothing for every alarm.
    pub prefix: String,
    /// The names, in which each `*` stands for any characters, where the beginning does not say all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// How urgent they are, unless their descriptions say.
    pub priority: Priority,
    /// How urgent their descriptions can make them at most.
    pub at_most: Priority,
    /// The regions that they are watched in; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
}

impl AlarmSettings {
    /// The same as one region sees it: without the alarms that are watched elsewhere only.
    #[must_use]
    pub fn in_region(mut self, region: &str) -> Self {
        self.watched
            .retain(|it| it.regions.is_empty() || it.regions.iter().any(|it| it == region));
        self
    }

    /// How urgent an alarm of this name is, whose description says so or says nothing.
    ///
    /// What the stack's own alarms say comes from the account file. Whoever may write any other alarm's description could
    /// pass every limit with it: so it counts as `HIGH` at most, unless the account file says otherwise.
    pub fn priority(&self, name: &str, said: Option<Priority>) -> Priority {
        if self.is_own(name) {
            return said.unwrap_or(Priority::High);
        }
        match self.watched(name) {
            Some(watched) => said.map_or(watched.priority, |it| it.max(watched.at_most)),
            None => said.unwrap_or(Priority::High).max(Priority::High),
        }
    }

    /// Whether the account file makes an alarm of this name, or watches it.
    pub fn knows(&self, name: &str) -> bool {
        self.is_own(name) || self.watched(name).is_some()
    }

    /// What the account file calls an alarm of this name, or the name itself where the alarm is not its own.
    pub fn short_name<'a>(&self, name: &'a str) -> &'a str {
        match name.strip_prefix(&self.own) {
            Some(own) if !own.is_empty() => own,
            _ => name,
        }
    }

    fn is_own(&self, name: &str) -> bool {
        !self.own.is_empty() && name.starts_with(&self.own)
    }

    fn watched(&self, name: &str) -> Option<&WatchedAlarms> {
        if self.excepted.iter().any(|it| is_like(it, name)) {
            return None;
        }
        let watched = self.watched.iter();
        watched
            .filter(|it| it.has(name))
            .max_by_key(|it| it.letters())
    }

    /// The variables of the environment that say so.
    ///
    /// # Panics
    ///
    /// Never: names and words are JSON.
    pub fn to_env(&self) -> Vec<Variable> {
        let watched = serde_json::to_string(&self.watched).expect("names and words are JSON");
        let mut variables = vec![(OWN, self.own.clone()), (WATCHED, watched)];
        if !self.excepted.is_empty() {
            let excepted = serde_json::to_string(&self.excepted).expect("names are JSON");
            variables.push((EXCEPTED, excepted));
        }
        variables
    }

    /// What the variables of the environment say for the region that they name, or for all where they name none.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub fn from_env(variables: &Variables) -> Result<Self, InvalidVariable> {
        // A template of an earlier version, whose code is new for a moment of a deploy, names neither: then no alarm is
        // trusted to be critical.
        let all = Self {
            own: variables.get(OWN).unwrap_or_default().to_owned(),
            watched: list(variables, WATCHED)?,
            excepted: list(variables, EXCEPTED)?,
        };
        // Every region has the same template, so it holds the entries of all of them.
        Ok(match variables.get(REGION) {
            Some(region) => all.in_region(region),
            None => all,
        })
    }
}

/// A list that a variable holds as JSON; empty without one.
fn list<T: DeserializeOwned>(
    variables: &Variables,
    name: &'static str,
) -> Result<Vec<T>, InvalidVariable> {
    let text = variables.get(name).unwrap_or("[]");
    serde_json::from_str(text).map_err(|_| InvalidVariable::Invalid {
        name,
        value: text.to_owned(),
    })
}

impl WatchedAlarms {
    /// Whether an alarm of this name is one of them.
    fn has(&self, name: &str) -> bool {
        match &self.pattern {
            Some(pattern) => is_like(pattern, name),
            None => name.starts_with(&self.prefix),
        }
    }

    /// How much of a name is said: of several entries the one that says the most counts.
    fn letters(&self) -> usize {
        let pattern = self.pattern.as_ref();
        pattern.map_or(self.prefix.len(), |it| it.replace('*', "").len())
    }
}

/// Whether a name is as a pattern says, in which each `*` stands for any characters.
pub fn is_like(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> AlarmSettings {
        let watched = |prefix: &str, priority, at_most| WatchedAlarms {
            prefix: prefix.to_owned(),
            pattern: None,
            priority,
            at_most,
            regions: Vec::new(),
        };
        AlarmSettings {
            own: "tocsin-prod-".to_owned(),
            watched: vec![
                watched("prod-", Priority::Medium, Priority::High),
                watched("prod-db-", Priority::High, Priority::Critical),
            ],
            excepted: Vec::new(),
        }
    }

    #[test]
    fn only_what_the_account_file_trusts_is_critical() {
        use Priority::{Critical, High, Low, Medium};
        for (name, said, expected) in [
            ("tocsin-prod-cpu", Some(Critical), Critical),
            ("tocsin-prod-cpu", None, High),
            ("prod-cpu", Some(Critical), High),
            ("prod-cpu", Some(Low), Low),
            ("prod-cpu", None, Medium),
            ("prod-db-cpu", Some(Critical), Critical),
            ("prod-db-cpu", None, High),
            ("other", Some(Critical), High),
            ("other", Some(Low), Low),
            ("other", None, High),
            ("tocsin-prod", Some(Critical), High),
        ] {
            assert_eq!(settings().priority(name, said), expected, "{name} {said:?}");
        }
        let nothing = AlarmSettings::default();
        assert_eq!(nothing.priority("x", Some(Critical)), High);
        assert!(!nothing.knows("x"));
        assert!(settings().knows("prod-db-cpu") && settings().knows("tocsin-prod-x"));
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, name, expected) in [
            ("prod-*", "prod-api", true),
            ("prod-*", "prod-", true),
            ("prod-*", "prod", false),
            ("*", "", true),
            ("*-5xx", "api-5xx", true),
            ("*-5xx", "api-5xx-2", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*ba", "aba", false),
            ("api", "api", true),
            ("api", "api2", false),
        ] {
            assert_eq!(is_like(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn of_entries_the_one_that_says_the_most_counts() {
        let urgent = WatchedAlarms {
            prefix: "prod-".to_owned(),
            pattern: Some("prod-*-payments-*".to_owned()),
            priority: Priority::Critical,
            at_most: Priority::Critical,
            regions: Vec::new(),
        };
        let mut settings = settings();
        settings.watched.push(urgent);
        settings.excepted.push("*-canary".to_owned());
        assert_eq!(
            settings.priority("prod-eu-payments-5xx", None),
            Priority::Critical
        );
        assert_eq!(
            settings.priority("prod-eu-shop-5xx", None),
            Priority::Medium
        );
        assert!(!settings.knows("prod-canary") && settings.knows("prod-canary-2"));
        let variables = settings.to_env().into_iter().collect();
        assert_eq!(AlarmSettings::from_env(&variables), Ok(settings));
    }

    #[test]
    fn a_region_goes_by_its_own_entries_only() {
        let mut settings = settings();
        settings.watched[1].regions = vec!["us-east-1".to_owned()];
        let in_region = |region: &str| {
            let mut variables: Vec<Variable> = settings.to_env();
            variables.push((REGION, region.to_owned()));
            AlarmSettings::from_env(&variables.into_iter().collect()).unwrap()
        };
        let priority =
            |region: &str| in_region(region).priority("prod-db-cpu", Some(Priority::Critical));
        assert_eq!(priority("us-east-1"), Priority::Critical);
        assert_eq!(priority("eu-central-1"), Priority::High);
        settings.watched.remove(0);
        assert!(
            !settings
                .clone()
                .in_region("eu-central-1")
                .knows("prod-db-cpu")
        );
        assert!(settings.in_region("us-east-1").knows("prod-db-cpu"));
    }

    #[test]
    fn a_template_without_them_trusts_no_alarm() {
        let read = AlarmSettings::from_env(&Variables::default());
        assert_eq!(read, Ok(AlarmSettings::default()));
        let wrong = [(WATCHED, "prod-".to_owned())].into_iter().collect();
        let error = AlarmSettings::from_env(&wrong).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("the environment variable WATCHED_ALARMS cannot be `prod-`")
        );
    }

    #[test]
    fn what_is_written_is_read() {
        for settings in [
            settings(),
            AlarmSettings {
                watched: Vec::new(),
                ..settings()
            },
        ] {
            let variables = settings.to_env().into_iter().collect();
            assert_eq!(AlarmSettings::from_env(&variables), Ok(settings));
        }
    }
}
