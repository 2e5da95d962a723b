//! Several windows that are sent as one, because the budget has no room for each or because they have
//! waited for the end of the quiet hours.

use contract::Priority;
use serde::{Deserialize, Serialize};

use super::{
    Members,
    members::{Tally, by_urgency},
};

/// Groups that are named at most.
const NAMED: usize = 150;

/// Why windows are sent as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// The budget has no room for each of them.
    Budget,
    /// They are not urgent, and came in quiet hours.
    QuietHours,
}

/// What a digest says of its groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// Why there is one.
    pub hold: Hold,
    /// The groups, by what is broken; the most urgent first.
    pub groups: Vec<(String, Tally)>,
    /// What is not named: the least urgent.
    pub others: Option<Others>,
    /// When the earliest incident happened, as an incident says it.
    pub from: String,
    /// When the latest happened.
    pub to: String,
}

/// Groups that a digest counts and does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    /// How many groups.
    pub groups: u64,
    /// Their incidents.
    pub incidents: Tally,
}

impl Digest {
    /// A digest of nothing yet.
    pub fn new(hold: Hold) -> Self {
        Self {
            hold,
            groups: Vec::new(),
            others: None,
            from: String::new(),
            to: String::new(),
        }
    }

    /// Counts a window of the group of this name.
    pub fn add(&mut self, name: &str, members: &Members) {
        let (from, to) = members.span();
        self.cover(from, to);
        self.count(
            name,
            Tally {
                count: members.count(),
                priority: members.priority(),
            },
        );
    }

    /// Counts what another digest counts.
    pub fn add_digest(&mut self, other: &Self) {
        self.cover(&other.from, &other.to);
        for (name, tally) in &other.groups {
            self.count(name, *tally);
        }
        if let Some(others) = other.others {
            self.count_others(others);
        }
    }

    /// All incidents.
    pub fn incidents(&self) -> Tally {
        let named = self.groups.iter().map(|(_, tally)| *tally);
        let all = named.chain(self.others.map(|it| it.incidents));
        let sum = all.reduce(|mut sum, it| {
            sum.add(it);
            sum
        });
        sum.unwrap_or(Tally {
            count: 0,
            priority: Priority::Minimal,
        })
    }

    /// How many groups there are.
    pub fn group_count(&self) -> u64 {
        self.groups.len() as u64 + self.others.map_or(0, |it| it.groups)
    }

    fn cover(&mut self, from: &str, to: &str) {
        if self.from.is_empty() || *from < *self.from {
            from.clone_into(&mut self.from);
        }
        if *to > *self.to {
            to.clone_into(&mut self.to);
        }
    }

    fn count(&mut self, name: &str, tally: Tally) {
        match self.groups.iter_mut().find(|(its, _)| its == name) {
            Some((_, known)) => known.add(tally),
            None => self.groups.push((name.to_owned(), tally)),
        }
        by_urgency(&mut self.groups);
        if self.groups.len() > NAMED
            && let Some((_, incidents)) = self.groups.pop()
        {
            self.count_others(Others {
                groups: 1,
                incidents,
            });
        }
    }

    fn count_others(&mut self, more: Others) {
        match &mut self.others {
            Some(others) => {
                others.groups += more.groups;
                others.incidents.add(more.incidents);
            }
            None => self.others = Some(more),
        }
    }
}
