//! What became of the reports that the agent has: which task investigates each, what was found, what it cost.

mod brief;
mod lines;
mod row;
mod totals;

pub(super) use brief::{brief, to_json};
pub(crate) use row::{Became, Row};
pub(crate) use totals::{Sum, Totals};

use std::collections::BTreeMap;

use contract::{AgentSpace, IncidentId};
use jiff::Timestamp;
use runtime::ledger::Window;
use serde_json::json;
use stacks::Json;

use super::Contents;

/// What became of the reports of a region since a point in time.
#[derive(Debug)]
pub(crate) struct Results {
    /// The newest last.
    pub(crate) rows: Vec<Row>,
    pub(crate) totals: Totals,
    /// Reports that were sent in that time, and no task of the agent is known.
    pub(crate) unknown: usize,
    /// Investigations of the groups that are asked for before that time, and of other groups in it.
    earlier: usize,
    others: usize,
    /// Whether the ledger has no result at all, however old.
    pub(crate) is_unused: bool,
    unreadable: usize,
}

impl Results {
    /// What became of what was sent since `since`, of groups whose names or keys have the words `group`.
    pub(crate) fn new(contents: &Contents, group: Option<&str>, since: Timestamp) -> Self {
        let group = group.map(str::to_lowercase);
        let is_meant = |names: &[&str]| {
            group
                .as_ref()
                .is_none_or(|words| names.iter().any(|it| it.to_lowercase().contains(words)))
        };
        let reports: BTreeMap<&IncidentId, (Timestamp, &Window)> = contents.reports().collect();
        let all = contents.investigations.values();
        let (mut rows, mut earlier, mut others) = (Vec::new(), 0, 0);
        for row in all.map(|it| Row::of(it, reports.get(&it.incident).copied())) {
            match (is_meant(&[&row.group, &row.group_key]), row.at >= since) {
                (true, true) => rows.push(row),
                (true, false) => earlier += 1,
                (false, true) => others += 1,
                (false, false) => {}
            }
        }
        rows.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.incident.cmp(&b.incident)));
        let unknown = reports.iter().filter(|(id, (at, window))| {
            *at >= since
                && is_meant(&[&window.name, &window.key.group])
                && !contents.investigations.contains_key(id)
        });
        Self {
            totals: Totals::of(&rows),
            unknown: unknown.count(),
            earlier,
            others,
            is_unused: contents.investigations.is_empty(),
            unreadable: contents.unreadable,
            rows,
        }
    }

    /// What became of these, where it is all that there is.
    #[cfg(test)]
    pub(crate) fn of_rows(rows: Vec<Row>) -> Self {
        Self {
            totals: Totals::of(&rows),
            rows,
            unknown: 0,
            earlier: 0,
            others: 0,
            is_unused: false,
            unreadable: 0,
        }
    }

    /// Everything, for a program.
    pub(crate) fn to_json(&self, region: &str, space: Option<&AgentSpace>) -> Json {
        json!({
            "region": region,
            "investigations": self.rows.iter().map(|it| it.to_json(space)).collect::<Vec<_>>(),
            "withoutTask": self.unknown,
            "unreadable": self.unreadable,
            "totals": self.totals.to_json(),
        })
    }
}
