//! The journal of an execution: what was found, what could not be looked at, which skills were loaded.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::foreign;
use crate::{
    ledger::{Finding, Gap, Verdict},
    read::{at, list, text},
};

/// The types of records that are read, and no others: a journal can have hundreds.
pub const RECORD_TYPES: [&str; 3] = [SUMMARY, GAP, UTILIZATION];
const SUMMARY: &str = "investigation_summary";
const GAP: &str = "investigation_gap";
const UTILIZATION: &str = "utilization";

/// Characters of a verdict's line and paragraph, of a gap, and of a skill's name, at most.
const LINE: usize = 200;
const PARAGRAPH: usize = 1_500;
const GAP_LINE: usize = 200;
const SKILL: usize = 100;
/// Gaps and skills that are kept at most.
pub(super) const GAPS: usize = 10;
pub(super) const SKILLS: usize = 20;
/// What is said where no cause was found.
const NOTHING: &str = "no root cause found";

/// What a gap says that is about missing permissions. Its text has no case, and blanks for `_` and `-`.
const ACCESS: [&str; 19] = [
    "access denied",
    "accessdenied",
    "access is denied",
    "assume role",
    "assumerole",
    "cannot access",
    "could not access",
    "credential",
    "data access",
    "forbidden",
    "insufficient access",
    "lack of access",
    "missing access",
    "no access",
    "not authorized",
    "permission",
    "unable to access",
    "unauthorized",
    "without access",
];

/// What is read of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// What was found; nothing while there is no summary.
    pub verdict: Option<Verdict>,
    /// When the agent wrote that summary.
    pub summarized: Option<Timestamp>,
    /// What could not be looked at: missing permissions first, then by title.
    pub gaps: Vec<Gap>,
    /// The skills that were loaded, by name.
    pub skills: Vec<String>,
}

impl Journal {
    /// Reads records of a journal, in any order. What is of another type does not matter.
    pub fn read(records: &[Json]) -> Self {
        let of = |kind: &'static str| {
            let records = records
                .iter()
                .filter(move |it| text(it, "recordType") == Some(kind));
            records.filter_map(|it| Some((foreign::time(it, "createdAt"), content(it)?)))
        };
        let summaries = of(SUMMARY).filter(|(_, it)| it.is_object());
        let summary = summaries.max_by_key(|(at, it)| (*at, it.to_string()));
        let in_summary = summary.iter().flat_map(|(_, it)| {
            let gaps = list(it, "investigation_gaps").iter();
            gaps.filter_map(gap).collect::<Vec<Gap>>()
        });
        let gaps = in_summary.chain(of(GAP).filter_map(|(_, it)| gap(&it)));
        let skills = of(UTILIZATION).flat_map(|(_, it)| skills(&it));
        Self {
            gaps: sorted_gaps(gaps),
            skills: sorted_skills(skills),
            verdict: summary.as_ref().map(|(_, it)| verdict(it)),
            summarized: summary.and_then(|(at, _)| at),
        }
    }
}

/// The content of a record: JSON, mostly within a text.
fn content(record: &Json) -> Option<Json> {
    match record.get("content")? {
        Json::String(text) => serde_json::from_str(text).ok(),
        Json::Null => None,
        other => Some(other.clone()),
    }
}

/// The first root cause, else the first cause.
fn verdict(summary: &Json) -> Verdict {
    let found = |kind: &str, finding: Finding| {
        let findings = list(summary, "findings").iter();
        let mut findings = findings.filter(|it| is_of(it, kind));
        findings.find_map(|it| {
            let title = text(it, "title").and_then(|it| foreign::line(it, LINE));
            let description = text(it, "description");
            Some(Verdict {
                finding,
                line: title.or_else(|| foreign::line(description?, LINE))?,
                paragraph: description
                    .and_then(|it| foreign::line(it, PARAGRAPH))
                    .unwrap_or_default(),
            })
        })
    };
    found("root_cause", Finding::RootCause)
        .or_else(|| found("cause", Finding::Cause))
        .unwrap_or_else(|| Verdict {
            finding: Finding::Nothing,
            line: NOTHING.to_owned(),
            paragraph: String::new(),
        })
}

/// Whether a finding is of a kind. The summary calls that `type`, a finding by itself `finding_type`.
fn is_of(finding: &Json, kind: &str) -> bool {
    let said = text(finding, "type").or_else(|| text(finding, "finding_type"));
    said.is_some_and(|it| it.to_lowercase().replace(['-', ' '], "_") == kind)
}

fn gap(gap: &Json) -> Option<Gap> {
    let (title, description) = match gap {
        Json::String(title) => (Some(title.as_str()), None),
        gap => (text(gap, "title"), text(gap, "description")),
    };
    let words = [title, description].map(Option::unwrap_or_default);
    let words: String = words.join(" ").to_lowercase().replace(['_', '-'], " ");
    Some(Gap {
        title: foreign::line(title.or(description)?, GAP_LINE)?,
        is_access: ACCESS.iter().any(|it| words.contains(it)),
    })
}

/// The names in `skills.bundles`: texts, or objects with a name.
fn skills(utilization: &Json) -> Vec<String> {
    let bundles = at(utilization, "skills.bundles");
    let names: Vec<&str> = match bundles {
        Some(Json::Array(bundles)) => bundles.iter().filter_map(name).collect(),
        Some(Json::Object(bundles)) => bundles.keys().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let names = names.into_iter();
    names.filter_map(|it| foreign::line(it, SKILL)).collect()
}

fn name(bundle: &Json) -> Option<&str> {
    let named = ["name", "title", "id"]
        .into_iter()
        .find_map(|it| text(bundle, it));
    bundle.as_str().or(named)
}

/// Each gap once: missing permissions first, then by title.
pub(super) fn sorted_gaps(gaps: impl IntoIterator<Item = Gap>) -> Vec<Gap> {
    let mut by_title: BTreeMap<String, bool> = BTreeMap::new();
    for gap in gaps {
        *by_title.entry(gap.title).or_default() |= gap.is_access;
    }
    let gaps = by_title.into_iter();
    let mut gaps: Vec<Gap> = gaps
        .map(|(title, is_access)| Gap { title, is_access })
        .collect();
    gaps.sort_by_key(|it| !it.is_access);
    gaps.truncate(GAPS);
    gaps
}

/// Each skill once, by name.
pub(super) fn sorted_skills(skills: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut skills: Vec<String> = skills.into_iter().collect();
    skills.sort();
    skills.dedup();
    skills.truncate(SKILLS);
    skills
}
