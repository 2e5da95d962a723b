//! What is shown of a region's ledger and queues: two lines or more for each thing that is told, an object
//! for a program.

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::{aws::dynamodb::Used, ledger::Place, report::first};
use serde_json::json;
use stacks::{Json, monitor::Budget};

use super::{
    Contents, Summary,
    text::{clock, count, fit, fits},
    told::{Stage, Told},
};
use crate::aws::QueueDepth;

/// Causes that are named at most, for a person.
const NAMED: usize = 3;

/// The queues that incidents wait in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Queues {
    pub(crate) incidents: QueueDepth,
    pub(crate) dead_letters: QueueDepth,
}

/// What was told in a region since a point in time, and what waits.
#[derive(Debug)]
pub(crate) struct History {
    /// The newest last.
    pub(crate) told: Vec<Told>,
    used: Used,
    budget: Budget,
    unreadable: usize,
    pub(crate) queues: Queues,
}

impl History {
    /// What was opened or told since `since`, and what was not told yet however long it has waited.
    pub(crate) fn new(
        contents: &Contents,
        queues: Queues,
        budget: Budget,
        since: Timestamp,
        now: Timestamp,
    ) -> Self {
        let mut told = Told::all(contents, now);
        told.retain(|it| it.at >= since || it.stage.is_open() || it.later.is_some());
        Self {
            told,
            used: contents.used,
            budget,
            unreadable: contents.unreadable,
            queues,
        }
    }

    /// Everything, for a program: the last `limit` of what was told, the budget and the queues.
    pub(crate) fn to_json(&self, region: &str, limit: usize) -> Json {
        let (shown, left_out) = last(&self.told, limit);
        json!({
            "region": region,
            "windows": shown.iter().map(Told::to_json).collect::<Vec<_>>(),
            "leftOut": left_out,
            "unreadable": self.unreadable,
            "budget": Summary::budget_json(self.used, self.budget),
            "queues": {
                "incidents": queue_json(self.queues.incidents),
                "deadLetters": queue_json(self.queues.dead_letters),
            },
        })
    }

    /// What comes first, for a person.
    pub(crate) fn heading(region: &str) -> String {
        format!("{region}, times in UTC")
    }

    /// Everything, for a person.
    pub(crate) fn lines(&self, account: &str, limit: usize, now: Timestamp) -> Vec<String> {
        let (shown, left_out) = last(&self.told, limit);
        let mut lines = Vec::new();
        if left_out > 0 {
            lines.push(format!(
                "  {left_out} before are left out: --limit {} shows them",
                self.told.len()
            ));
        }
        if shown.is_empty() {
            lines.push("  nothing was told".to_owned());
        }
        lines.extend(shown.iter().flat_map(|it| it.lines(now)));
        if self.unreadable > 0 {
            lines.push(format!(
                "  {} of the ledger cannot be read: another version wrote them",
                count(self.unreadable, "item")
            ));
        }
        lines.push(Summary::budget_line(self.used, self.budget));
        let it = self.queues.incidents;
        lines.push(format!(
            "  incidents     {} waiting, {} in flight, {} delayed",
            it.waiting, it.in_flight, it.delayed
        ));
        lines.push(self.queues.given_up(account));
        lines
    }
}

/// The depth of a queue, for a program.
pub(crate) fn queue_json(queue: QueueDepth) -> Json {
    json!({ "waiting": queue.waiting, "inFlight": queue.in_flight, "delayed": queue.delayed })
}

impl Queues {
    /// What was given up, for a person, and how to see why.
    pub(crate) fn given_up(&self, account: &str) -> String {
        let all = usize::try_from(self.dead_letters.total());
        match all.unwrap_or_default() {
            0 => "  given up      nothing".to_owned(),
            all => format!(
                "  given up      {}; see why with: synth redrive --account {account} --dry-run",
                count(all, "dead letter")
            ),
        }
    }
}

/// The last `limit`, and how many are left out.
fn last(told: &[Told], limit: usize) -> (&[Told], usize) {
    let left_out = told.len().saturating_sub(limit);
    (&told[left_out..], left_out)
}

impl Told {
    /// It, for a program.
    pub(crate) fn to_json(&self) -> Json {
        let (until, since) = match self.stage {
            Stage::Gathering { until } | Stage::Held { until, .. } => (Some(until), None),
            Stage::Waiting { since } => (None, Some(since)),
            _ => (None, None),
        };
        let held_by = match self.stage {
            Stage::Held { by, .. } => Some(by.as_str()),
            _ => None,
        };
        let why = match &self.stage {
            Stage::Rejected { why } => Some(why),
            _ => None,
        };
        let part_of = match &self.stage {
            Stage::Part { of: Some(of) } => {
                json!({ "group": of.name, "incidentId": of.incident_id })
            }
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
            "partOf": part_of,
            "priority": self.priority.as_str(),
            "kind": self.kind,
            "group": self.name,
            "groupKey": self.place.group,
            "number": self.place.number,
            "incidentId": self.incident_id,
            "incidents": self.incidents,
            "firstTitle": self.first_title,
            "causes": causes.map(|(cause, count)| json!({ "cause": cause, "incidents": count })).collect::<Vec<_>>(),
            "later": self.later.as_ref().map(|it| json!({ "incidents": it.incidents, "until": it.until })),
        })
    }

    /// It, for a person.
    pub(crate) fn lines(&self, now: Timestamp) -> Vec<String> {
        let mut lines = vec![format!(
            "  {}  {:<9}  {:<8}  {}",
            self.at.strftime("%m-%d %H:%M:%S"),
            self.stage.word(),
            self.priority.as_str(),
            self.name
        )];
        let causes = self.causes.iter();
        let mut causes: Vec<String> = causes
            .map(|(cause, count)| format!("{count} × {cause}"))
            .collect();
        let what = match (&self.causes[..], self.incidents) {
            ([(cause, _)], 1) => {
                causes.clear();
                cause.clone()
            }
            ([_], _) => causes.remove(0),
            _ => count(self.incidents, "incident"),
        };
        let what = match &self.incident_id {
            Some(id) => format!("{id}: {what}"),
            None => what,
        };
        lines.push(format!("      {what}"));
        let causes = first(causes, NAMED);
        let joined = format!("      {}", causes.join(", "));
        if fits(&joined) && !causes.is_empty() {
            lines.push(joined);
        } else {
            lines.extend(causes.iter().map(|it| format!("      {it}")));
        }
        lines.extend(self.stage.detail(now).map(|it| format!("      {it}")));
        if let Some(later) = &self.later {
            lines.push(format!(
                "      {} more, told after {}",
                count(later.incidents, "incident"),
                clock(later.until, now)
            ));
        }
        lines.iter().map(|it| fit(it)).collect()
    }
}

impl Stage {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Sending => "sending",
            Self::Gathering { .. } => "gathering",
            Self::Waiting { .. } => "waiting",
            Self::Held { .. } => "held",
            Self::Rejected { .. } => "rejected",
            Self::Part { .. } => "part",
            Self::GivenUp => "given up",
        }
    }

    /// What there is to add to the word.
    fn detail(&self, now: Timestamp) -> Option<String> {
        Some(match self {
            Self::Sent | Self::Sending => return None,
            Self::Gathering { until } => format!("gathering until {}", clock(*until, now)),
            Self::Waiting { since } => format!("due since {}", clock(*since, now)),
            Self::Held { by, until } => format!("held {} until {}", by.said(), clock(*until, now)),
            Self::Rejected { why } => why.clone(),
            Self::Part { of: Some(of) } => format!("part of {}: {}", of.incident_id, of.name),
            Self::Part { of: None } => "part of what the ledger no longer has".to_owned(),
            Self::GivenUp => "not told within six days: look among the dead letters".to_owned(),
        })
    }
}

/// What of a region has been shown.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    told: BTreeMap<Place, Told>,
    dead_letters: Option<QueueDepth>,
}

impl Seen {
    /// What is new or has changed since it was asked last, and whether the dead letters have.
    pub(crate) fn changes<'a>(&mut self, history: &'a History) -> (Vec<&'a Told>, bool) {
        let changed: Vec<&Told> = history
            .told
            .iter()
            .filter(|it| self.told.get(&it.place) != Some(*it))
            .collect();
        for it in &changed {
            self.told.insert(it.place.clone(), (*it).clone());
        }
        let letters = history.queues.dead_letters;
        let were = self.dead_letters.replace(letters);
        (changed, were.is_none_or(|it| it != letters))
    }
}
