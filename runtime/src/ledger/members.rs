//! The incidents of a window: how many of which cause, since when, the first and the last in full.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use webhook::{Group, Incident, IncidentId, Priority, text::cut};

/// Incidents of a window at most. An item of DynamoDB holds 400 KB; what is more waits for the next.
/// Source: "Quotas in Amazon DynamoDB" in its developer guide.
pub(super) const MOST: usize = 12_000;
/// Causes that are told apart at most.
const CAUSES: usize = 150;
/// Characters of a cause at most.
const LONGEST_CAUSE: usize = 120;
/// What the others are called, of which is not known how many there are.
const OTHERS: &str = "others";
/// Characters of a description at most that a group quotes.
const QUOTED: usize = 3_200;

/// What happened once, in eleven characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MemberId(String);

impl MemberId {
    /// The member that an occurrence is.
    pub fn of(occurrence: &str) -> Self {
        let hash = Sha256::digest(occurrence);
        let (first, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
        Self(URL_SAFE_NO_PAD.encode(first))
    }
}

/// An incident, as a group quotes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    /// The incident's own ID.
    pub id: IncidentId,
    /// When it happened.
    pub at: String,
    /// What happened, in a line.
    pub title: String,
    /// What is known of it, cut.
    pub description: String,
    /// What it happened to.
    pub service: String,
}

impl Excerpt {
    fn of(incident: &Incident) -> Self {
        Self {
            id: incident.id().clone(),
            at: incident.timestamp().to_owned(),
            title: incident.title().to_owned(),
            description: cut(incident.description(), QUOTED),
            service: incident.service().to_owned(),
        }
    }
}

/// Incidents that are told as one. Adding one twice changes nothing; merging twice, only what is quoted as
/// the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Members {
    by_cause: BTreeMap<String, BTreeSet<MemberId>>,
    /// The first that came; those that came later may have happened before.
    pub first: Option<Excerpt>,
    /// The last that came.
    pub last: Option<Excerpt>,
    /// When the earliest happened.
    pub from: String,
    /// When the latest happened.
    pub to: String,
    /// The most urgent of their priorities.
    pub priority: Option<Priority>,
}

impl Members {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_cause.values().map(BTreeSet::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_cause.is_empty()
    }

    /// Whether this one is among them.
    pub fn contains(&self, member: &MemberId) -> bool {
        self.by_cause.values().any(|set| set.contains(member))
    }

    /// How many of these are in none of the others.
    pub(super) fn count_outside(&self, others: &[&Self]) -> usize {
        let members = self.by_cause.values().flatten();
        let is_new = |it: &&MemberId| !others.iter().any(|other| other.contains(it));
        members.filter(is_new).count()
    }

    /// Each cause with how many there are of it, the most frequent first.
    pub fn causes(&self) -> Vec<(&str, usize)> {
        let mut causes: Vec<(&str, usize)> = self
            .by_cause
            .iter()
            .map(|(cause, set)| (cause.as_str(), set.len()))
            .collect();
        causes.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
        causes
    }

    /// How many causes there are, and whether that is only how many are told apart.
    pub fn cause_count(&self) -> (usize, bool) {
        let is_more = self.by_cause.contains_key(OTHERS);
        (self.by_cause.len() - usize::from(is_more), is_more)
    }

    /// Adds one.
    pub fn add(&mut self, member: MemberId, incident: &Incident, group: &Group) {
        if self.contains(&member) {
            return;
        }
        let at = incident.timestamp();
        self.note(at, at, Some(incident.priority()));
        self.quote(Excerpt::of(incident));
        self.set_of(&group.cause).insert(member);
    }

    /// Adds others; under `cause`, where they are all to be counted as one thing.
    pub fn merge(&mut self, others: &Self, cause: Option<&str>) {
        if others.is_empty() {
            return;
        }
        self.note(&others.from, &others.to, others.priority);
        for excerpt in [&others.first, &others.last].into_iter().flatten() {
            self.quote(excerpt.clone());
        }
        for (own, members) in &others.by_cause {
            for member in members {
                if !self.contains(member) {
                    self.set_of(cause.unwrap_or(own)).insert(member.clone());
                }
            }
        }
    }

    fn quote(&mut self, excerpt: Excerpt) {
        if self.first.is_none() {
            self.first = Some(excerpt);
        } else {
            self.last = Some(excerpt);
        }
    }

    fn set_of(&mut self, cause: &str) -> &mut BTreeSet<MemberId> {
        let cause = cut(cause, LONGEST_CAUSE);
        let is_new = !self.by_cause.contains_key(&cause);
        let cause = if is_new && self.by_cause.len() >= CAUSES {
            OTHERS.to_owned()
        } else {
            cause
        };
        self.by_cause.entry(cause).or_default()
    }

    fn note(&mut self, from: &str, to: &str, priority: Option<Priority>) {
        if self.from.is_empty() || *from < *self.from {
            from.clone_into(&mut self.from);
        }
        if *to > *self.to {
            to.clone_into(&mut self.to);
        }
        // The most urgent is the least.
        self.priority = self.priority.into_iter().chain(priority).min();
    }
}
