//! What is in a region: page by page, with an AWS that throttles and denies.

use std::collections::BTreeMap;

use super::Kind;
use crate::{
    aws::Region,
    lookup::{
        ListCall, Unread, all_kinds_of_alarms,
        calls::{ALARMS, CLUSTERS, PIPELINES, SPACES, TRAILS},
        list,
    },
};

/// What was found in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The region.
    pub region: String,
    /// The names of each kind that was read, in the order in which they came.
    pub names: BTreeMap<Kind, Vec<String>>,
}

/// What was found in one region, and what was not read of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What was found, as far as it was read.
    pub inventory: Inventory,
    /// What was not read, or not to its end, and why.
    pub unread: Vec<(Kind, Unread)>,
}

impl Inventory {
    /// The names of a kind; none where they were not read.
    pub fn names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let names = self.names.get(&kind).into_iter().flatten();
        names.map(String::as_str)
    }

    /// Whether a kind was read, at least in part.
    pub fn is_read(&self, kind: Kind) -> bool {
        self.names.contains_key(&kind)
    }
}

impl Findings {
    /// Whether it is known that there are none of a kind.
    pub fn has_none(&self, kind: Kind) -> bool {
        self.inventory.is_read(kind) && self.inventory.names(kind).next().is_none()
    }
}

fn call_of(kind: Kind) -> &'static ListCall {
    match kind {
        Kind::Clusters => &CLUSTERS,
        Kind::Alarms => &ALARMS,
        Kind::Pipelines => &PIPELINES,
        Kind::Spaces => &SPACES,
        Kind::Trails => &TRAILS,
    }
}

/// Reads what a region has of these kinds, one call after the other, and notes what could not be read.
pub async fn read(region: &Region, kinds: &[Kind]) -> Findings {
    let mut findings = Findings {
        inventory: Inventory {
            region: region.name().to_owned(),
            names: BTreeMap::new(),
        },
        unread: Vec::new(),
    };
    for kind in kinds {
        let call = call_of(*kind);
        let parameters = match kind {
            Kind::Alarms => all_kinds_of_alarms().to_vec(),
            Kind::Clusters | Kind::Pipelines | Kind::Spaces | Kind::Trails => Vec::new(),
        };
        match list(&region.aws, call, &parameters, |_| false).await {
            Ok(found) => {
                if !found.complete {
                    let unread = Unread::beyond(call, found.names.len());
                    findings.unread.push((*kind, unread));
                }
                findings.inventory.names.insert(*kind, found.names);
            }
            // The agent is not in every region, and where it is not its host has no address.
            Err(error) if *kind == Kind::Spaces && error.is_without_address() => {
                findings.inventory.names.insert(*kind, Vec::new());
            }
            Err(error) => findings.unread.push((*kind, Unread::of(call, &error))),
        }
    }
    findings
}
