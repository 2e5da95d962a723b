//! What `synth discover` says of what it found.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::{
    aws::Region,
    commands::forecast::Report,
    discover::{AUTOSCALING, Findings, Gap, Kind},
    lookup::suggest::some_of,
    terminal::Terminal,
};

/// Entries that are shown of a kind, at most.
const SHOWN: usize = 30;

/// The regions in which a kind was not read, by the reason.
pub(super) type Reasons = BTreeMap<(Kind, String), Vec<String>>;

/// Puts together what was not read, so that it is a line for each reason.
pub(super) fn by_reason(findings: &[Findings]) -> Reasons {
    let mut reasons = Reasons::new();
    for Findings { inventory, unread } in findings {
        for (kind, why) in unread {
            let regions = reasons.entry((*kind, why.reason())).or_default();
            regions.push(inventory.region.clone());
        }
    }
    reasons
}

pub(super) fn say_unread(terminal: Terminal, unread: &Reasons) {
    for ((kind, why), regions) in unread {
        let (what, regions) = (kind.what(), regions.join(", "));
        terminal.say(&format!("not read: {what} in {regions}: {why}"));
    }
}

/// What is there of a kind, and what of it the file lacks.
pub(super) fn show(terminal: Terminal, gap: &Gap) {
    let mut line = format!("{:<10} {} found", gap.kind.what(), gap.found);
    if gap.kind.is_watched() {
        line = format!("{line}, {} not watched", gap.unwatched);
    }
    if gap.of_autoscaling > 0 {
        line = format!(
            "{line}; {} of autoscaling ({AUTOSCALING}*) excluded",
            gap.of_autoscaling
        );
    }
    terminal.data(&line);
    for entry in gap.entries.iter().take(SHOWN) {
        let count = match entry.count {
            0 | 1 => String::new(),
            count => format!("{count:>8}"),
        };
        terminal.data(format!("  + {:<40}{count}", entry.text).trim_end());
    }
    let more = gap.entries.len().saturating_sub(SHOWN);
    if more > 0 {
        terminal.data(&format!("  and {more} more"));
    }
    if !gap.left.is_empty() {
        terminal.data(&format!(
            "  ? {} need an entry that a person decides on: {}",
            gap.left.len(),
            some_of(&gap.left)
        ));
    }
    if let Some(hint) = gap.hint {
        terminal.data(&format!("  ? {hint}"));
    }
}

/// The same as one document.
pub(super) fn to_json(
    regions: &[Region],
    gaps: &[Gap],
    unread: &Reasons,
    written: bool,
    forecast: Option<&Report>,
) -> Json {
    let kind = |gap: &Gap| {
        let entries = gap.entries.iter();
        let entries: Vec<Json> = entries
            .map(|it| json!({ "text": it.text, "count": it.count }))
            .collect();
        json!({
            "kind": gap.kind.what(),
            "key": gap.kind.key(),
            "found": gap.found,
            "ofAutoscaling": gap.of_autoscaling,
            "notWatched": gap.unwatched,
            "entries": entries,
            "undecided": gap.left,
            "hint": gap.hint,
        })
    };
    let unread = unread.iter().map(
        |((kind, why), regions)| json!({ "kind": kind.what(), "regions": regions, "reason": why }),
    );
    json!({
        "account": regions.first().map(|it| &it.account),
        "regions": regions.iter().map(Region::name).collect::<Vec<_>>(),
        "kinds": gaps.iter().map(kind).collect::<Vec<_>>(),
        "unread": unread.collect::<Vec<_>>(),
        "written": written,
        "forecast": forecast.map(Report::to_json),
    })
}
