//! What an incident is grouped by: incidents of one group within a window are told as one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Incident, IncidentId};

/// What incidents that are one problem have in common.
///
/// A pure function of what happened, as an [`IncidentId`] is, but coarser: it names what is broken and
/// not what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupKey(String);

impl GroupKey {
    /// The key of a group of `kind` that is told apart from others of its kind by `facts`.
    ///
    /// `kind` is a word such as `service`; it stays readable. The order of the facts matters.
    pub fn of(kind: &str, facts: &[&str]) -> Self {
        Self(IncidentId::of(kind, facts).as_str().to_owned())
    }

    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an incident belongs, and what it counts as there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Equal for incidents that are one problem.
    pub key: GroupKey,
    /// What is broken, in one line for people, such as `ECS service api (cluster checkout, eu-central-1)`.
    pub name: String,
    /// What happened to it, in a few words that are the same for the same kind of failure.
    pub cause: String,
    /// What happened once: duplicates of an event agree in it, and nothing else does.
    pub occurrence: String,
    /// The alarm that went off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm: Option<String>,
    /// The alarms that a composite alarm speaks for, by ARN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbs: Vec<String>,
}

impl Group {
    /// The group of an incident that nothing else belongs to.
    pub fn alone(incident: &Incident) -> Self {
        let id = incident.id().as_str();
        Self {
            key: GroupKey::of("incident", &[id]),
            name: incident.title().to_owned(),
            cause: incident.title().to_owned(),
            occurrence: id.to_owned(),
            alarm: None,
            absorbs: Vec::new(),
        }
    }
}
