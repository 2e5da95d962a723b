//! The name of an incident, by which the agent knows one that it has seen before.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What the agent deduplicates by.
///
/// A pure function of what happened, never of the clock or of chance: every retry, duplicate and
/// redrive of an event gives the same ID, and a new occurrence gives a new one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IncidentId(String);

/// Characters of an ID at most: those that are made here have fewer than 60.
const LONGEST: usize = 200;

impl IncidentId {
    /// The ID of an incident of `kind` that `facts` distinguish from others of its kind.
    ///
    /// `kind` is a word such as `alarm`; it stays readable. The order of the facts matters.
    pub fn of(kind: &str, facts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for fact in facts {
            // Length first, so that `["ab", "c"]` and `["a", "bc"]` differ.
            hash.update(u64::try_from(fact.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(fact.as_bytes());
        }
        let mut id = format!("{kind}-");
        for byte in hash.finalize().iter().take(16) {
            let _ = write!(id, "{byte:02x}");
        }
        Self(id)
    }

    /// The ID that an occurrence is, as an envelope says it.
    pub(crate) fn from_occurrence(occurrence: &str) -> Self {
        Self::try_from(occurrence.to_owned())
            .unwrap_or_else(|_| Self::of("occurrence", &[occurrence]))
    }

    /// The ID as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.0
    }
}

/// What is read may come from anywhere, and becomes a key of the ledger.
impl TryFrom<String> for IncidentId {
    type Error = &'static str;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        let is_fit =
            (1..=LONGEST).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_graphic());
        if is_fit {
            Ok(Self(id))
        } else {
            Err("not an ID: it has 1 to 200 characters of ASCII and no spaces")
        }
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deployed functions of two versions must agree, so this value may never change. From outside:
    /// `printf '\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\2bc' | sha256sum | cut -c1-32`
    #[test]
    fn the_id_is_a_hash_of_the_facts() {
        let id = IncidentId::of("alarm", &["a", "bc"]);
        assert_eq!(id.as_str(), "alarm-3fafa1cf2f19a7c1129beb20cf0983f7");
        assert_eq!(id.to_string(), id.as_str());
    }

    #[test]
    fn facts_do_not_run_together() {
        assert_ne!(
            IncidentId::of("x", &["ab", "c"]),
            IncidentId::of("x", &["a", "bc"])
        );
        assert_ne!(IncidentId::of("x", &["a"]), IncidentId::of("x", &["a", ""]));
        assert_ne!(IncidentId::of("x", &["a"]), IncidentId::of("y", &["a"]));
    }
}
