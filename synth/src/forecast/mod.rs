//! What the days before would have been with an account file: how many incidents, and how many investigations.
//!
//! What happened is read from AWS (`read`), made into the events that EventBridge would have handed on (`event`), and goes
//! through the rules, the functions' own evaluation, and delivery itself, on a clock and a ledger of its own (`play`).
//! Nothing is sent.

mod event;
mod play;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use contract::{Envelope, Partition};
use jiff::Timestamp;
use runtime::decision::Decision;
use serde_json::Value as Json;
use stacks::{Monitor, event_pattern::Scope};

pub use read::{History, read};

use crate::match_event::{Matcher, Outcome};

/// Something that happened, as EventBridge would have handed it on.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// The alarm that went off; nothing where a task stopped.
    pub alarm: Option<String>,
    /// The event.
    pub event: Json,
}

/// Where events come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Such as `eu-central-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

/// What would have become of what happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// How often watched alarms went off.
    pub went_off: usize,
    /// How many tasks stopped in watched clusters.
    pub stopped: usize,
    /// How many incidents that is: different ones, of alarms and of tasks.
    pub incidents: usize,
    /// How many reports the agent would have been sent, each of which it investigates.
    pub investigations: usize,
    /// How often each watched alarm went off that did.
    pub alarms: BTreeMap<String, usize>,
}

impl Forecast {
    /// Adds that of another region, whose budget is its own.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.went_off += other.went_off;
        self.stopped += other.stopped;
        self.incidents += other.incidents;
        self.investigations += other.investigations;
        for (alarm, times) in other.alarms {
            *self.alarms.entry(alarm).or_default() += times;
        }
        self
    }

    /// So many alarms that went off most often, the noisiest first.
    pub fn noisiest(&self, most: usize) -> Vec<(&str, usize)> {
        let mut alarms: Vec<(&str, usize)> = self
            .alarms
            .iter()
            .map(|(alarm, times)| (alarm.as_str(), *times))
            .collect();
        alarms.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        alarms.truncate(most);
        alarms
    }
}

/// What would have become, in one region, of what happened there.
pub async fn forecast(monitor: &Monitor, origin: &Origin, happened: &[Happened]) -> Forecast {
    let scope = Scope {
        partition: Partition::of_any_region(&origin.region).name,
        region: &origin.region,
        account: &origin.account,
        stack: monitor.stack.as_str(),
    };
    let mut forecast = Forecast::default();
    let mut incidents = BTreeSet::new();
    let mut queued = Vec::new();
    let matcher = Matcher::new(monitor, &scope);
    for Happened { at, alarm, event } in happened {
        let mut is_caught = false;
        for (function, outcome) in matcher.caught(event) {
            is_caught = true;
            if let Outcome::Decided(Decision::Investigate(finding)) = outcome {
                incidents.insert(finding.incident.id().clone());
                let envelope = Envelope::of_group(function, finding.incident, finding.group);
                queued.push((*at, envelope.to_body()));
            }
        }
        match alarm {
            _ if !is_caught => {}
            Some(alarm) => {
                forecast.went_off += 1;
                *forecast.alarms.entry(alarm.clone()).or_default() += 1;
            }
            None => forecast.stopped += 1,
        }
    }
    forecast.incidents = incidents.len();
    forecast.investigations = play::reports(monitor.delivery(), queued).await;
    forecast
}
