//! What is in an account and not in its file, and the file with it.
//!
//! Only what the file can hold is looked for: ECS clusters, alarms that exist already, pipelines, the agent space, and the
//! trails without which denied calls are not seen. What is decided is pure; `read` alone asks AWS.

mod edit;
mod group;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use contract::{names::own_prefix, settings::is_like};
use stacks::monitor::{AgentSpaceId, ClusterSelector, PipelineSelector};

pub use read::{Findings, Inventory, read};

use self::group::groups;
use crate::config::{self, Account, Context};

/// How the alarms begin that autoscaling makes for itself: they go off whenever it does its work.
pub const AUTOSCALING: &str = "TargetTracking-";
/// Entries of alarms and of pipelines at most. More do not fit a rule, or the settings of a function.
const MOST: usize = 25;

/// What can be discovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Kind {
    /// ECS clusters
    Clusters,
    /// Alarms that exist already
    Alarms,
    /// Pipelines of CodePipeline
    Pipelines,
    /// Spaces of AWS DevOps Agent
    Spaces,
    /// Trails of CloudTrail
    Trails,
}

impl Kind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Clusters,
        Self::Alarms,
        Self::Pipelines,
        Self::Spaces,
        Self::Trails,
    ];

    /// The key of the account file that they are for.
    pub fn key(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Alarms => "watched-alarms",
            Self::Pipelines => "pipelines",
            Self::Spaces => "agent",
            Self::Trails => "unauthorized-api-calls",
        }
    }

    /// Whether the file watches them. Else it is said what is there, and nothing is missing without it.
    pub fn is_watched(self) -> bool {
        match self {
            Self::Clusters | Self::Alarms | Self::Pipelines => true,
            Self::Spaces | Self::Trails => false,
        }
    }

    /// What they are called, in the plural.
    pub fn what(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Alarms => "alarms",
            Self::Pipelines => "pipelines",
            Self::Spaces => "spaces",
            Self::Trails => "trails",
        }
    }
}

/// An entry that the file lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry, as YAML writes it.
    pub text: String,
    /// How many things of the account it adds.
    pub count: usize,
}

/// What of a kind the file lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What it is of.
    pub kind: Kind,
    /// How many there are in the account, in all regions together.
    pub found: usize,
    /// How many of them autoscaling has made for itself.
    pub of_autoscaling: usize,
    /// How many of them the file neither watches nor excepts; those of autoscaling do not count.
    pub unwatched: usize,
    /// The entries that watch them.
    pub entries: Vec<Entry>,
    /// Those that no entry watches, sorted: what there is to decide is a person's.
    pub left: Vec<String>,
    /// What the file could do with them, or lacks without them.
    pub hint: Option<&'static str>,
}

/// What an account file lacks of what is in the account, a gap for each kind that was read.
pub fn gaps(account: &Account, inventories: &[Inventory]) -> Vec<Gap> {
    let of = |kind: Kind, gap: fn(&Account, &[Inventory]) -> Gap| {
        let is_read = inventories.iter().any(|it| it.is_read(kind));
        is_read.then(|| gap(account, inventories))
    };
    let all = [
        of(Kind::Clusters, clusters),
        of(Kind::Alarms, alarms),
        of(Kind::Pipelines, pipelines),
        of(Kind::Spaces, spaces),
        of(Kind::Trails, trails),
    ];
    all.into_iter().flatten().collect()
}

/// Names with the regions that they are in.
type Places<'a> = BTreeMap<&'a str, Vec<&'a str>>;

fn places(inventories: &[Inventory], kind: Kind) -> Places<'_> {
    let mut places = Places::new();
    for inventory in inventories {
        for name in inventory.names(kind) {
            places.entry(name).or_default().push(&inventory.region);
        }
    }
    places
}

/// Whether an account file watches a cluster of this name in this region.
pub fn is_cluster_watched(account: &Account, name: &str, region: &str) -> bool {
    let mut clusters = account.monitor.clusters.iter();
    clusters.any(|it| match &it.selector {
        ClusterSelector::Name(own) => own.as_str() == name,
        ClusterSelector::InRegion(own, here) => own.as_str() == name && here == region,
        ClusterSelector::Prefix(prefix) => name.starts_with(prefix.as_str()),
    })
}

fn clusters(account: &Account, inventories: &[Inventory]) -> Gap {
    let is_watched = |name: &str, region: &str| is_cluster_watched(account, name, region);
    let all = places(inventories, Kind::Clusters);
    let mut entries = Vec::new();
    for (name, regions) in &all {
        let missing = regions.iter().filter(|it| !is_watched(name, it));
        let missing: Vec<&str> = missing.copied().collect();
        if missing.is_empty() {
            continue;
        }
        // A cluster that the file has in another region may not stand there in all of them.
        let mut own = account.monitor.clusters.iter().map(|it| &it.selector);
        let is_elsewhere =
            own.any(|it| matches!(it, ClusterSelector::InRegion(own, _) if own.as_str() == *name));
        let name = yaml(name);
        let text = if is_elsewhere {
            format!("{{name: {name}, regions: [{}]}}", missing.join(", "))
        } else {
            name
        };
        entries.push(Entry { text, count: 1 });
    }
    Gap {
        kind: Kind::Clusters,
        found: all.len(),
        of_autoscaling: 0,
        unwatched: entries.len(),
        entries,
        left: Vec::new(),
        hint: None,
    }
}

fn alarms(account: &Account, inventories: &[Inventory]) -> Gap {
    let monitor = &account.monitor;
    let own = own_prefix(monitor.stack.as_str());
    let is_watched = |name: &str, region: &str| {
        monitor.watched_alarms.iter().any(|it| {
            let is_here = it.regions.is_empty() || it.regions.iter().any(|it| it == region);
            is_here && is_like(it.pattern.as_str(), name)
        })
    };
    let is_excepted = |name: &str| {
        let mut excepted = monitor.excepted_alarms.iter();
        excepted.any(|it| is_like(it.as_str(), name))
    };
    let mut all = places(inventories, Kind::Alarms);
    all.retain(|name, _| !name.starts_with(&own));
    let of_autoscaling = all.keys().filter(|it| it.starts_with(AUTOSCALING)).count();
    let unwatched = all.iter().filter(|(name, regions)| {
        !name.starts_with(AUTOSCALING)
            && !is_excepted(name)
            && regions.iter().any(|it| !is_watched(name, it))
    });
    let unwatched: Vec<&str> = unwatched.map(|(name, _)| *name).collect();
    // Beside an entry of another priority or in other regions, a shorter one says something of its own.
    let known = monitor.watched_alarms.iter();
    let known = known.filter(|it| it.is_like_any());
    let known: Vec<&str> = known.filter_map(|it| it.pattern.prefix()).collect();
    let (groups, mut left) = groups(unwatched.iter().copied(), &known);
    let fits = groups.len() + monitor.watched_alarms.len() <= MOST;
    let mut entries = Vec::new();
    if fits {
        entries.extend(groups.iter().map(|it| Entry {
            text: yaml(&format!("{}*", it.beginning)),
            count: it.count,
        }));
    } else if monitor.watched_alarms.is_empty() {
        left.clear();
        entries.push(Entry {
            text: yaml("*"),
            count: unwatched.len(),
        });
        let exception = format!("{AUTOSCALING}*");
        let mut excepted = monitor.excepted_alarms.iter();
        if of_autoscaling > 0 && !excepted.any(|it| it.as_str() == exception) {
            entries.push(Entry {
                text: yaml(&format!("!{exception}")),
                count: 0,
            });
        }
    } else {
        left = unwatched.iter().map(|it| (*it).to_owned()).collect();
    }
    Gap {
        kind: Kind::Alarms,
        found: all.len(),
        of_autoscaling,
        unwatched: unwatched.len(),
        entries,
        left,
        hint: None,
    }
}

fn pipelines(account: &Account, inventories: &[Inventory]) -> Gap {
    let selectors = &account.monitor.pipelines;
    let is_watched = |name: &str| {
        selectors.iter().any(|it| match it {
            PipelineSelector::Name(own) => own == name,
            PipelineSelector::Prefix(prefix) => name.starts_with(prefix.as_str()),
        })
    };
    let all = places(inventories, Kind::Pipelines);
    let unwatched: Vec<&str> = all.keys().copied().filter(|it| !is_watched(it)).collect();
    let entries = if unwatched.len() + selectors.len() > MOST {
        vec![Entry {
            text: yaml("*"),
            count: unwatched.len(),
        }]
    } else {
        let names = unwatched.iter();
        let entries = names.map(|it| Entry {
            text: yaml(it),
            count: 1,
        });
        entries.collect()
    };
    Gap {
        kind: Kind::Pipelines,
        found: all.len(),
        of_autoscaling: 0,
        unwatched: unwatched.len(),
        entries,
        left: Vec::new(),
        hint: None,
    }
}

/// The agent space that the file could name. Which of several has the webhook a person knows; and what was found is only one
/// of several where not every region of the file was read.
fn spaces(account: &Account, inventories: &[Inventory]) -> Gap {
    let all = places(inventories, Kind::Spaces);
    let unnamed = match account.monitor.agent {
        Some(_) => Vec::new(),
        None => all.iter().collect(),
    };
    let mut entries = Vec::new();
    let mut left = Vec::new();
    let is_looked_at = |region: &String| inventories.iter().any(|it| it.region == *region);
    let has_all = inventories.iter().all(|it| it.is_read(Kind::Spaces))
        && account.regions.iter().all(is_looked_at);
    if let ([(id, regions)], true) = (unnamed.as_slice(), has_all) {
        let own = account.regions.first().map(String::as_str);
        let own = own.or_else(|| inventories.first().map(|it| it.region.as_str()));
        let region = regions.first().filter(|it| own != Some(**it));
        let region = region.map_or_else(String::new, |it| format!(", region: {it}"));
        entries.push(Entry {
            text: format!("{{space: {}{region}}}", of_space(id)),
            count: 1,
        });
    } else {
        let shown = unnamed.iter();
        left.extend(shown.map(|(id, regions)| format!("{id} in {}", regions.join(", "))));
    }
    Gap {
        kind: Kind::Spaces,
        found: all.len(),
        of_autoscaling: 0,
        unwatched: 0,
        entries,
        left,
        hint: None,
    }
}

/// A UUID is plain whatever it begins with: its hyphens make it no number.
fn of_space(id: &str) -> String {
    AgentSpaceId::parse(id).map_or_else(|| yaml(id), |it| it.as_str().to_owned())
}

/// Whether denied calls are to be incidents is a person's to decide: in some accounts they are daily work.
fn trails(account: &Account, inventories: &[Inventory]) -> Gap {
    let found = places(inventories, Kind::Trails).len();
    let is_used = account.monitor.unauthorized_api_calls.is_some();
    let hint = match (is_used, found) {
        (true, 0) => Some("without a trail `unauthorized-api-calls` sees nothing"),
        (true, _) | (false, 0) => None,
        (false, _) => Some("`unauthorized-api-calls: {}` makes incidents of calls that are denied"),
    };
    Gap {
        kind: Kind::Trails,
        found,
        of_autoscaling: 0,
        unwatched: 0,
        entries: Vec::new(),
        left: Vec::new(),
        hint,
    }
}

/// A text as YAML writes it: plain where nobody could take it for anything else, and else in quotes.
pub fn yaml(text: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_plain = text.starts_with(|it: char| it.is_ascii_alphabetic())
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "-_./*".contains(it))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if is_plain {
        text.to_owned()
    } else {
        serde_json::json!(text).to_string()
    }
}

/// The text of an account file with the entries of these gaps, and what it says; every line that was there stays as it was, but for entries
/// added between brackets.
///
/// Nothing where that cannot be done by itself: a list is written in a way that is not known here, or what would come of it
/// is not an account file that has everything and can be deployed.
pub fn completed(
    text: &str,
    gaps: &[Gap],
    inventories: &[Inventory],
    context: Context<'_>,
) -> Option<(String, Account)> {
    let mut new = text.to_owned();
    let mut kinds = BTreeSet::new();
    for gap in gaps.iter().filter(|it| !it.entries.is_empty()) {
        let entries: Vec<String> = gap.entries.iter().map(|it| it.text.clone()).collect();
        new = match gap.kind {
            Kind::Spaces => edit::with(&new, gap.kind.key(), entries.first()?)?,
            _ => edit::added(&new, gap.kind.key(), &entries)?,
        };
        kinds.insert(gap.kind);
    }
    let (account, _) = config::parse(&new, context);
    let account = account?;
    let still = self::gaps(&account, inventories);
    let is_complete = still
        .iter()
        .all(|it| it.entries.is_empty() || !kinds.contains(&it.kind));
    (is_complete && account.synthesize().is_ok()).then_some((new, account))
}

#[cfg(test)]
mod tests;
