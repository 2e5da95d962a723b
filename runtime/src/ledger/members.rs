//! What a window knows of its incidents: how many of which cause and priority, since when, and some of
//! their text. Who they are is not here: each has an identity of its own in the ledger.

use std::collections::BTreeMap;

use contract::{Group, Incident, IncidentId, Priority, text::cut};
use serde::{Deserialize, Serialize};

/// Causes that are distinguished at most, so that an item stays far below DynamoDB's 400 KB.
/// Source: "Quotas in Amazon DynamoDB" in its developer guide.
const CAUSES: usize = 150;
/// Characters of the first incident's description that are kept, and of the others that are quoted.
const FIRST: usize = 3_200;
const OTHERS: usize = 1_800;

/// The incidents of a window; at least one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Members {
    /// A single one, whole: it is sent as it is.
    One {
        /// The incident.
        incident: Box<Incident>,
        /// What happened, in a few words.
        cause: String,
    },
    /// Several, which are sent as one.
    Many(Box<Summary>),
}

/// Several incidents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many there are, by what happened.
    pub causes: BTreeMap<String, Tally>,
    /// How many there are of causes that are not distinguished any more.
    pub others: Option<Tally>,
    /// When the earliest happened, as an incident says it.
    pub from: String,
    /// When the latest happened.
    pub to: String,
    /// The first that was recorded; those recorded later may have happened before.
    pub first: Excerpt,
    /// The last that was recorded.
    pub last: Excerpt,
    /// The first of the most urgent, where neither of these is as urgent.
    pub most_urgent: Option<Excerpt>,
}

/// How many incidents, and how urgent the most urgent is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// How urgent the most urgent is.
    pub priority: Priority,
}

/// An incident as a report of several quotes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Excerpt {
    /// Its ID.
    pub id: IncidentId,
    /// When it happened.
    pub at: String,
    /// How urgent it is.
    pub priority: Priority,
    /// What happened, in a line.
    pub title: String,
    /// What is known of it, cut.
    pub description: String,
    /// What it happened to.
    pub service: String,
}

impl Tally {
    /// Counts others, too.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        // The most urgent is the least.
        self.priority = self.priority.min(other.priority);
    }

    /// What is shown first: the most urgent, then the most frequent.
    fn rank(self) -> (Priority, std::cmp::Reverse<u64>) {
        (self.priority, std::cmp::Reverse(self.count))
    }
}

/// The most urgent first, then the most frequent, then by name.
pub(super) fn by_urgency<T: AsRef<str>>(tallies: &mut [(T, Tally)]) {
    tallies.sort_by(|(a, m), (b, n)| {
        m.rank()
            .cmp(&n.rank())
            .then_with(|| a.as_ref().cmp(b.as_ref()))
    });
}

impl Excerpt {
    fn of(incident: &Incident, longest: usize) -> Self {
        Self {
            id: incident.id().clone(),
            at: incident.timestamp().to_owned(),
            priority: incident.priority(),
            title: incident.title().to_owned(),
            description: cut(incident.description(), longest),
            service: incident.service().to_owned(),
        }
    }
}

impl Members {
    /// A single incident.
    pub fn one(incident: &Incident, group: &Group) -> Self {
        Self::One {
            incident: Box::new(incident.clone()),
            cause: group.cause.clone(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        match self {
            Self::One { .. } => 1,
            Self::Many(summary) => summary.tally().count,
        }
    }

    /// How urgent the most urgent is.
    pub fn priority(&self) -> Priority {
        match self {
            Self::One { incident, .. } => incident.priority(),
            Self::Many(summary) => summary.tally().priority,
        }
    }

    /// What it happened to, where the first says so.
    pub fn service(&self) -> &str {
        match self {
            Self::One { incident, .. } => incident.service(),
            Self::Many(summary) => &summary.first.service,
        }
    }

    /// What happened, as far as causes are distinguished.
    pub fn causes(&self) -> Vec<&str> {
        match self {
            Self::One { cause, .. } => vec![cause],
            Self::Many(summary) => summary.causes.keys().map(String::as_str).collect(),
        }
    }

    /// Whether some have causes that are not distinguished any more.
    pub fn has_other_causes(&self) -> bool {
        matches!(self, Self::Many(summary) if summary.others.is_some())
    }

    /// When the earliest and the latest happened.
    pub fn span(&self) -> (&str, &str) {
        match self {
            Self::One { incident, .. } => (incident.timestamp(), incident.timestamp()),
            Self::Many(summary) => (&summary.from, &summary.to),
        }
    }

    /// Counts others among these.
    pub fn add(&mut self, others: &Self) {
        if let Self::One { .. } = self {
            *self = Self::Many(Box::new(self.summary()));
        }
        if let Self::Many(summary) = self {
            summary.add(others.summary());
        }
    }

    fn summary(&self) -> Summary {
        match self {
            Self::Many(summary) => (**summary).clone(),
            Self::One { incident, cause } => {
                let tally = Tally {
                    count: 1,
                    priority: incident.priority(),
                };
                Summary {
                    causes: BTreeMap::from([(cause.clone(), tally)]),
                    others: None,
                    from: incident.timestamp().to_owned(),
                    to: incident.timestamp().to_owned(),
                    first: Excerpt::of(incident, FIRST),
                    last: Excerpt::of(incident, OTHERS),
                    most_urgent: None,
                }
            }
        }
    }
}

impl Summary {
    /// All of them.
    pub fn tally(&self) -> Tally {
        let all = self.causes.values().copied().chain(self.others);
        let sum = all.reduce(|mut sum, it| {
            sum.add(it);
            sum
        });
        sum.unwrap_or(Tally {
            count: 0,
            priority: Priority::Minimal,
        })
    }

    /// Each cause that is distinguished, the most urgent first.
    pub fn causes(&self) -> Vec<(&str, Tally)> {
        let causes = self.causes.iter();
        let mut causes: Vec<_> = causes
            .map(|(name, tally)| (name.as_str(), *tally))
            .collect();
        by_urgency(&mut causes);
        causes
    }

    fn add(&mut self, other: Self) {
        for (cause, tally) in other.causes {
            self.count(cause, tally);
        }
        if let Some(tally) = other.others {
            self.count_other(tally);
        }
        if other.from < self.from {
            self.from = other.from;
        }
        if other.to > self.to {
            self.to = other.to;
        }
        let quoted = [other.first, other.last].into_iter();
        for it in quoted.chain(other.most_urgent) {
            self.quote(it);
        }
    }

    /// Of too many causes, the least urgent are those that are not distinguished.
    fn count(&mut self, cause: String, tally: Tally) {
        match self.causes.get_mut(&cause) {
            Some(known) => known.add(tally),
            None => {
                self.causes.insert(cause, tally);
            }
        }
        if self.causes.len() > CAUSES
            && let Some(last) = self.causes().pop().map(|(name, _)| name.to_owned())
            && let Some(tally) = self.causes.remove(&last)
        {
            self.count_other(tally);
        }
    }

    fn count_other(&mut self, tally: Tally) {
        match &mut self.others {
            Some(others) => others.add(tally),
            None => self.others = Some(tally),
        }
    }

    fn quote(&mut self, excerpt: Excerpt) {
        let shown = [Some(&self.first), self.most_urgent.as_ref()];
        let is_urgent = shown
            .into_iter()
            .flatten()
            .all(|it| excerpt.priority < it.priority);
        let excerpt = Excerpt {
            description: cut(&excerpt.description, OTHERS),
            ..excerpt
        };
        if is_urgent {
            self.most_urgent = Some(excerpt.clone());
        }
        self.last = excerpt;
    }
}
