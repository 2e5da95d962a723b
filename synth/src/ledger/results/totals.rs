//! What investigations came to, all together and by what they were about.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::json;
use stacks::Json;

use super::{
    super::text::count,
    row::{Became, Row, cost},
};

/// Groups that are named: those that cost most.
const GROUPS: usize = 10;

/// Several investigations.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sum {
    /// How many there are, but those that are linked.
    pub(crate) count: usize,
    /// Tasks that the agent linked to others, at no cost of their own.
    pub(crate) linked: usize,
    /// How many of them have not ended: these cost more than is known.
    pub(crate) open: usize,
    pub(crate) seconds: u64,
    pub(crate) dollars: f64,
}

impl Sum {
    fn add(&mut self, row: &Row) {
        match row.became {
            Became::Linked => self.linked += 1,
            Became::Open => {
                self.count += 1;
                self.open += 1;
            }
            _ => self.count += 1,
        }
        self.seconds += row.seconds.unwrap_or_default();
        self.dollars += row.dollars.unwrap_or_default();
    }

    /// All of it, for a person, with more words after what is counted.
    pub(crate) fn said(&self, what: &str, more: &str) -> String {
        let cost = cost(Some(self.seconds), Some(self.dollars), self.open > 0);
        let count = count(self.count as u64, what);
        format!("{count}{more}, {}", cost.unwrap_or_default())
    }

    fn to_json(&self) -> Json {
        json!({
            "investigations": self.count,
            "linked": self.linked,
            "open": self.open,
            "seconds": self.seconds,
            "dollars": to_the_cent(self.dollars),
        })
    }
}

/// Sums of cents are no cents any more.
fn to_the_cent(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

/// Investigations, all together and by what they were about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) all: Sum,
    /// How many came to what.
    pub(crate) became: BTreeMap<Became, usize>,
    /// Have run and ended, and their costs are not known.
    pub(crate) unpriced: usize,
    /// With a gap that speaks of missing permissions.
    pub(crate) denied: usize,
    /// The earliest first.
    pub(crate) days: Vec<(String, Sum)>,
    /// Of each of these what cost most comes first.
    pub(crate) sources: Vec<(String, Sum)>,
    pub(crate) rules: Vec<(String, Sum)>,
    pub(crate) services: Vec<(String, Sum)>,
    /// The groups that cost most.
    pub(crate) groups: Vec<(String, Sum)>,
}

impl Totals {
    pub(crate) fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut totals = Self::default();
        let mut by: [BTreeMap<String, Sum>; 5] = Default::default();
        for row in rows {
            totals.all.add(row);
            *totals.became.entry(row.became).or_default() += 1;
            totals.unpriced += usize::from(row.lacks_cost);
            totals.denied += usize::from(row.gaps.iter().any(|(_, is_access)| *is_access));
            let day = row.at.to_zoned(TimeZone::UTC).date().to_string();
            let keys = [
                Some(day),
                Some(row.source.clone()),
                row.rule.clone(),
                Some(row.service.clone()),
                Some(row.group.clone()),
            ];
            for (by, key) in by.iter_mut().zip(keys) {
                if let Some(key) = key {
                    by.entry(key).or_default().add(row);
                }
            }
        }
        let [days, sources, rules, services, groups] = by;
        totals.days = days.into_iter().collect();
        totals.sources = dearest(sources);
        totals.rules = dearest(rules);
        totals.services = dearest(services);
        totals.groups = dearest(groups);
        totals.groups.truncate(GROUPS);
        totals
    }

    /// How many came to what, for a person.
    pub(in crate::ledger) fn became(&self) -> String {
        let became = self.became.iter().map(|(it, count)| it.counted(*count));
        became.collect::<Vec<_>>().join(", ")
    }

    pub(in crate::ledger) fn to_json(&self) -> Json {
        let became: serde_json::Map<String, Json> = Became::ALL
            .into_iter()
            .map(|it| {
                let count = self.became.get(&it).copied().unwrap_or_default();
                (it.key().to_owned(), json!(count))
            })
            .collect();
        let named = |key: &str, all: &[(String, Sum)]| -> Vec<Json> {
            let all = all.iter().map(|(name, sum)| {
                let mut shown = sum.to_json();
                shown[key] = json!(name);
                shown
            });
            all.collect()
        };
        json!({
            "all": self.all.to_json(),
            "became": became,
            "withoutCost": self.unpriced,
            "accessDenied": self.denied,
            "days": named("day", &self.days),
            "sources": named("source", &self.sources),
            "rules": named("rule", &self.rules),
            "services": named("service", &self.services),
            "groups": named("group", &self.groups),
        })
    }
}

/// What cost most first, then what there is most of.
fn dearest(by: BTreeMap<String, Sum>) -> Vec<(String, Sum)> {
    let mut all: Vec<(String, Sum)> = by.into_iter().collect();
    all.sort_by(|(_, a), (_, b)| {
        b.dollars
            .total_cmp(&a.dollars)
            .then_with(|| b.count.cmp(&a.count))
    });
    all
}
