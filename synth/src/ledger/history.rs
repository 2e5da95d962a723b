//! What is shown of a region's ledger and queues: two lines or more for each window, an object for a program.

use contract::DeliverySettings;
use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::{ledger::Key, report::first};
use serde_json::json;
use stacks::Json;

use super::{
    Contents,
    entry::{Entry, Stage, word},
    results,
    summary::{Used, said},
    text::{clock, count, fit, fits, heading, labelled, plain, wrap},
};
use crate::aws::QueueDepth;

/// Causes that are named at most, for a person.
const NAMED: usize = 3;
/// Lines that one text takes at most. No title and no name of a group that the functions write is cut by that.
const MOST: usize = 6;
/// Begins every line of a window after the first.
const INDENT: &str = "      ";

/// The queues that incidents wait in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queues {
    pub(crate) incidents: QueueDepth,
    pub(crate) dead_letters: QueueDepth,
}

/// What was sent in a region since a point in time, and what is pending.
#[derive(Debug)]
pub(crate) struct History {
    /// The newest last.
    pub(crate) entries: Vec<Entry>,
    used: Used,
    unreadable: usize,
    pub(crate) queues: Queues,
}

impl History {
    /// What was opened or sent since `since`, and what is pending however old it is.
    pub(crate) fn new(
        contents: &Contents,
        queues: Queues,
        settings: &DeliverySettings,
        since: Timestamp,
        now: Timestamp,
    ) -> Self {
        let mut entries = Entry::all(contents, settings, now);
        entries.retain(|it| it.at >= since || it.stage.is_open());
        Self {
            entries,
            used: Used::new(contents, &settings.limits, now),
            unreadable: contents.unreadable,
            queues,
        }
    }

    /// Everything, for a program: the last `limit` windows, the budget and the queues.
    pub(crate) fn to_json(&self, region: &str, limit: usize) -> Json {
        let (shown, left_out) = last(&self.entries, limit);
        json!({
            "region": region,
            "windows": shown.iter().map(Entry::to_json).collect::<Vec<_>>(),
            "leftOut": left_out,
            "unreadable": self.unreadable,
            "budget": self.used.to_json(),
            "queues": {
                "incidents": queue_json(self.queues.incidents),
                "deadLetters": queue_json(self.queues.dead_letters),
            },
        })
    }

    /// What comes first, for a person. `watched` is whether the account file names the agent.
    pub(crate) fn heading(region: &str, watched: bool) -> String {
        heading(region, watched)
    }

    /// Everything, for a person, with windows in lines of `width` characters at most.
    pub(crate) fn lines(
        &self,
        account: &str,
        limit: usize,
        width: usize,
        now: Timestamp,
    ) -> Vec<String> {
        let (shown, left_out) = last(&self.entries, limit);
        let mut lines = Vec::new();
        if left_out > 0 {
            lines.push(format!(
                "  {left_out} before are not shown: --limit {} shows them",
                self.entries.len()
            ));
        }
        if shown.is_empty() {
            lines.push("  no incidents".to_owned());
        }
        lines.extend(shown.iter().flat_map(|it| it.lines(width, now)));
        if self.unreadable > 0 {
            lines.push(format!(
                "  {} of the ledger cannot be read: another version wrote them",
                count(self.unreadable as u64, "item")
            ));
        }
        let it = self.queues.incidents;
        let incidents = format!(
            "  incidents     {} waiting, {} in flight, {} delayed",
            it.waiting, it.in_flight, it.delayed
        );
        let last = [incidents, self.queues.dead_letter_line(account)];
        let last = self.used.lines(now).into_iter().chain(last);
        lines.extend(last.flat_map(|it| labelled(&it, width)));
        lines
    }
}

/// The depth of a queue, for a program.
pub(crate) fn queue_json(queue: QueueDepth) -> Json {
    json!({ "waiting": queue.waiting, "inFlight": queue.in_flight, "delayed": queue.delayed })
}

impl Queues {
    /// The dead letters, for a person, and how to see why.
    pub(crate) fn dead_letter_line(&self, account: &str) -> String {
        let all = u64::try_from(self.dead_letters.total());
        match all.unwrap_or_default() {
            0 => "  dead letters  none".to_owned(),
            all => format!(
                "  dead letters  {}; see why with: synth redrive --account {account} --dry-run",
                count(all, "message")
            ),
        }
    }
}

/// The last `limit`, and how many come before.
fn last(entries: &[Entry], limit: usize) -> (&[Entry], usize) {
    let left_out = entries.len().saturating_sub(limit);
    (&entries[left_out..], left_out)
}

impl Entry {
    /// It, for a program.
    pub(crate) fn to_json(&self) -> Json {
        let (until, since) = match self.stage {
            Stage::Gathering { until } | Stage::Held { until, .. } => (Some(until), None),
            Stage::Due { since } => (None, Some(since)),
            _ => (None, None),
        };
        let held_by = match self.stage {
            Stage::Held { by, .. } => Some(word(by)),
            _ => None,
        };
        let why = match &self.stage {
            Stage::Rejected { why } => Some(why),
            _ => None,
        };
        let merged_into = match &self.stage {
            Stage::Merged { into: Some(into) } => {
                json!({ "group": into.name, "incidentId": into.incident_id })
            }
            _ => Json::Null,
        };
        let covered_by = match &self.stage {
            Stage::Covered { report, task } => json!({ "task": task, "incidentId": report }),
            _ => Json::Null,
        };
        let causes = self.causes.iter();
        json!({
            "at": self.at,
            "opened": self.opened,
            "state": self.stage.word(),
            "until": until,
            "since": since,
            "heldBy": held_by,
            "why": why,
            "mergedInto": merged_into,
            "coveredBy": covered_by,
            "priority": self.priority.as_str(),
            "kind": self.kind,
            "group": self.name,
            "groupKey": self.key.group,
            "number": self.key.number,
            "incidentId": self.incident_id,
            "incidents": self.incidents,
            "firstTitle": self.first_title,
            "investigation": self.investigation.as_ref().map(results::to_json),
            "causes": causes.map(|(cause, count)| json!({ "cause": cause, "incidents": count })).collect::<Vec<_>>(),
        })
    }

    /// It, for a person, in lines of `width` characters at most: first when, how far, how urgent, and what failed.
    pub(crate) fn lines(&self, width: usize, now: Timestamp) -> Vec<String> {
        let indented = |text: &str| wrap(&fit(text, MOST * width), INDENT, width);
        let begin = format!(
            "  {}  {:<9}  {:<8}",
            self.at.strftime("%m-%d %H:%M:%S"),
            self.stage.word(),
            self.priority.as_str(),
        );
        let headline = self.headline();
        let whole = plain(&format!("{begin}  {headline}"));
        let mut lines = if fits(&whole, width) {
            vec![whole]
        } else {
            let begin = begin.trim_end().to_owned();
            [vec![begin], indented(headline)].concat()
        };
        let about = self.about();
        let about = match &self.incident_id {
            Some(id) if about.is_empty() => id.clone(),
            Some(id) => format!("{id}: {about}"),
            None => about,
        };
        lines.extend(indented(&about));
        let causes = if self.incidents > 1 {
            &self.causes[..]
        } else {
            &[]
        };
        let causes = causes.iter();
        let causes = causes.map(|(cause, count)| format!("{count} × {cause}"));
        let causes = first(causes.collect(), NAMED);
        let joined = causes.join(", ");
        if fits(&joined, width.saturating_sub(INDENT.len())) {
            lines.extend(indented(&joined));
        } else {
            lines.extend(causes.iter().flat_map(|it| indented(it)));
        }
        lines.extend(self.stage.detail(now).iter().flat_map(|it| indented(it)));
        let brief = self.investigation.iter().flat_map(results::brief);
        lines.extend(brief.map(|it| fit(&it, width)));
        lines
    }

    /// What failed: the title of the first incident, or of a digest what it is of.
    fn headline(&self) -> &str {
        self.first_title.as_deref().unwrap_or(&self.name)
    }

    /// What the headline does not say of its incidents: how many, of which group, or what happened.
    fn about(&self) -> String {
        let headline = self.headline();
        let is_new = |text: &&str| !headline.contains(*text);
        match (&self.causes[..], self.incidents) {
            ([(cause, _)], 1) => {
                let said = [self.name.as_str(), cause.as_str()];
                said.into_iter().find(is_new).unwrap_or_default().to_owned()
            }
            (_, incidents) if self.kind != "incidents" => {
                let (incidents, groups) =
                    (count(incidents, "incident"), count(self.groups, "group"));
                format!("{incidents} of {groups}")
            }
            (_, incidents) => {
                let name = Some(self.name.as_str()).filter(is_new);
                let of = name.map_or(String::new(), |it| format!(" of {it}"));
                format!("{}{of}", count(incidents, "incident"))
            }
        }
    }
}

impl Stage {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Sending => "sending",
            Self::Gathering { .. } => "gathering",
            Self::Due { .. } => "due",
            Self::Held { .. } => "held",
            Self::Rejected { .. } => "rejected",
            Self::Merged { .. } => "merged",
            Self::Covered { .. } => "covered",
            Self::Expired => "expired",
        }
    }

    /// What there is to add to the word.
    fn detail(&self, now: Timestamp) -> Option<String> {
        Some(match self {
            Self::Sent | Self::Sending => return None,
            Self::Gathering { until } => format!("gathering until {}", clock(*until, now)),
            Self::Due { since } => format!("due since {}", clock(*since, now)),
            Self::Held { by, until } => format!("held {} until {}", said(*by), clock(*until, now)),
            Self::Rejected { why } => why.clone(),
            Self::Merged { into: Some(into) } => {
                format!("sent with {}: {}", into.incident_id, into.name)
            }
            Self::Merged { into: None } => "sent with what the ledger no longer has".to_owned(),
            Self::Covered { task, .. } => format!("covered by task {task}: nothing was new"),
            Self::Expired => "not sent within six days: look among the dead letters".to_owned(),
        })
    }
}

/// What of a region has been shown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    entries: BTreeMap<Key, Entry>,
    dead_letters: Option<QueueDepth>,
}

impl Seen {
    /// What is new or has changed since it was asked last, and whether the dead letters have.
    pub(crate) fn changes<'a>(&mut self, history: &'a History) -> (Vec<&'a Entry>, bool) {
        let changed: Vec<&Entry> = history
            .entries
            .iter()
            .filter(|it| self.entries.get(&it.key) != Some(*it))
            .collect();
        for it in &changed {
            self.entries.insert(it.key.clone(), (*it).clone());
        }
        let letters = history.queues.dead_letters;
        let were = self.dead_letters.replace(letters);
        (changed, were.is_none_or(|it| it != letters))
    }
}
