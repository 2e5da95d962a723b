//! What an incident is grouped by: incidents of one group within a window are sent as one.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Incident, IncidentId, text};

/// What incidents that are one problem have in common.
///
/// A pure function of what happened, as an [`IncidentId`] is, but coarser: it names what is broken and
/// not what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupKey(IncidentId);

impl GroupKey {
    /// The key of a group of `kind` that is told apart from others of its kind by `facts`.
    ///
    /// `kind` is a word such as `service`; it stays readable. The order of the facts matters.
    pub fn of(kind: &str, facts: &[&str]) -> Self {
        Self(IncidentId::of(kind, facts))
    }

    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where an incident belongs, and what it counts as there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Equal for incidents that are one problem.
    pub key: GroupKey,
    /// What is broken, in one line for people, such as `ECS service api (cluster checkout, eu-central-1)`.
    #[serde(deserialize_with = "read_name")]
    pub name: String,
    /// What happened to it, in a few words that are the same for the same kind of failure.
    #[serde(deserialize_with = "read_cause")]
    pub cause: String,
    /// What happened once, where an older version queued the incident: in it, IDs were not as exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) occurrence: Option<String>,
    /// The rule of the account file whose event it is.
    #[serde(
        default,
        deserialize_with = "read_rule",
        skip_serializing_if = "Option::is_none"
    )]
    pub rule: Option<String>,
    /// The alarm that went off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    /// The alarms that a composite alarm covers, by ARN.
    #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "absorbs")]
    pub covers: Vec<String>,
    /// How large the problem is, in a unit of the group's own, where that says whether it is worth reporting
    /// again: while it is under a fifth larger than when it was reported, it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

impl Group {
    /// Characters of a name at most.
    pub const MAX_NAME: usize = 200;
    /// Characters of a cause at most.
    pub const MAX_CAUSE: usize = 120;

    /// A group with `name` and `cause` made fit to be shown: cleaned, on one line, and cut.
    pub fn new(key: GroupKey, name: &str, cause: &str) -> Self {
        Self {
            key,
            name: line(name, Self::MAX_NAME),
            cause: line(cause, Self::MAX_CAUSE),
            occurrence: None,
            rule: None,
            alarm: None,
            covers: Vec::new(),
            size: None,
        }
    }

    /// The same group, for an event of a rule of the account file.
    #[must_use]
    pub fn of_rule(self, rule: &str) -> Self {
        Self {
            rule: Some(line(rule, Self::MAX_NAME)),
            ..self
        }
    }

    /// Bytes of the ARNs of covered alarms at most, all together, so that an envelope fits a message.
    const MAX_COVERED: usize = 8_000;

    /// The same group, for an alarm that may cover others. All of them are ARNs; of so many that a message could not
    /// hold them the first count.
    #[must_use]
    pub fn of_alarm(self, alarm: &str, covers: impl IntoIterator<Item = String>) -> Self {
        let mut bytes = 0;
        Self {
            alarm: Some(text::clean(alarm)),
            covers: covers
                .into_iter()
                .map(|it| text::clean(&it))
                .take_while(|it| {
                    bytes += it.len();
                    bytes <= Self::MAX_COVERED
                })
                .collect(),
            ..self
        }
    }

    /// The same group, whose problem is so large.
    #[must_use]
    pub fn of_size(self, size: Option<u64>) -> Self {
        Self { size, ..self }
    }

    /// The group of an incident that nothing else belongs to.
    pub fn alone(incident: &Incident) -> Self {
        let id = incident.id();
        Self::new(
            GroupKey::of("incident", &[id.as_str()]),
            incident.title(),
            incident.title(),
        )
    }
}

fn line(text: &str, limit: usize) -> String {
    text::cut(&text::clean(text).replace(['\n', '\t'], " "), limit)
}

fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(line(&String::deserialize(deserializer)?, Group::MAX_NAME))
}

fn read_rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let rule = Option::<String>::deserialize(deserializer)?;
    Ok(rule.map(|it| line(&it, Group::MAX_NAME)))
}

fn read_cause<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(line(&String::deserialize(deserializer)?, Group::MAX_CAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_one_clean_line() {
        let long = "a\tb\r\nc\u{1b}".repeat(100);
        let group = Group::new(GroupKey::of("alarm", &["x"]), &long, &long)
            .of_alarm("arn:\u{ffff}", ["arn:\u{ffff}".to_owned()]);
        assert!(group.name.starts_with("a b c\u{fffd}a b"), "{}", group.name);
        assert_eq!(group.name.chars().count(), Group::MAX_NAME);
        assert_eq!(group.cause.chars().count(), Group::MAX_CAUSE);
        // Both are written alike, or an alarm would not be found among those that are covered.
        assert_eq!(group.alarm.as_deref(), Some("arn:\u{fffd}"));
        assert_eq!(group.covers, ["arn:\u{fffd}"]);
    }
}
