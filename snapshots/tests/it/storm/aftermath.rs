//! What came of a night.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use runtime::ledger::{Item, Key, State};
use serde_json::Value as Json;

use crate::simulation::around::Shared;

/// What came of a night.
pub(super) struct Aftermath {
    /// What the receiver has taken, and when.
    pub(super) taken: Vec<(Timestamp, Json)>,
    /// How often it was asked for too much.
    pub(super) refused: usize,
    /// Reports by the identity of an incident, as the ledger knows them.
    reports: BTreeMap<String, String>,
    /// The IDs of incidents that an investigation covers.
    pub(super) covered: BTreeSet<String>,
    /// How many incidents there are in windows that an investigation covers.
    pub(super) count_covered: u64,
    /// What the agent made of the reports.
    pub(super) investigated: Investigated,
    /// How often something was held.
    pub(super) held: u64,
    /// The reasons of dead letters.
    pub(super) dead: Vec<String>,
    /// Messages that are left in the queue, and windows that are still to be sent.
    pub(super) left: usize,
    pub(super) calls: usize,
    /// Investigations by day.
    pub(super) used: Vec<u32>,
    pub(super) reads: usize,
    pub(super) writes: usize,
    /// The values of metrics.
    pub(super) metrics: BTreeMap<&'static str, Vec<u64>>,
    /// After each batch: when, how many messages delivery hid, and how many windows were to be sent.
    pub(super) hidden: Vec<(Timestamp, usize, usize)>,
    /// The IDs of incidents that were sent without the ledger.
    pub(super) alone: BTreeSet<String>,
    /// How long the longest invocation took.
    pub(super) longest: SignedDuration,
}

/// What the agent made of reports.
#[derive(Default)]
pub(super) struct Investigated {
    /// How many it has investigated by themselves.
    pub(super) own: usize,
    /// How many it has linked to a running investigation.
    pub(super) linked: usize,
    /// What that cost.
    pub(super) dollars: f64,
}

impl Aftermath {
    pub(super) fn of(shared: &Shared) -> Self {
        let ledger = shared.ledger.borrow();
        let mut reports = BTreeMap::new();
        let (mut pending, mut used) = (0, Vec::new());
        let (mut covered, mut count_covered) = (BTreeSet::new(), 0);
        for (key, item) in ledger.items() {
            match item {
                Item::Identity(it) => {
                    let id = key.group.strip_prefix("id#").unwrap();
                    if it.window.as_ref().is_some_and(|it| is_covered(&ledger, it)) {
                        covered.insert(id.to_owned());
                    }
                    let report = it.window.as_ref().map_or(id.to_owned(), |it| {
                        report_of(&ledger, it).unwrap_or_default()
                    });
                    reports.insert(id.to_owned(), report);
                }
                Item::Window(it) => {
                    pending += usize::from(it.is_pending());
                    count_covered += if it.is_covered() { it.count() } else { 0 };
                }
                Item::Day(it) => used.push(it.used() + it.always()),
                Item::Head(_)
                | Item::Suppression(_)
                | Item::Spending(_)
                | Item::Investigation(_)
                | Item::CostRun(_)
                | Item::CostFindings(_) => {}
            }
        }
        Self {
            taken: shared.receiver.taken.borrow().clone(),
            refused: shared.receiver.refused.get(),
            reports,
            covered,
            count_covered,
            investigated: Investigated::of(shared),
            held: shared
                .metrics
                .borrow()
                .get("Held")
                .map_or(0, |it| it.iter().sum()),
            dead: shared
                .queue
                .dead
                .borrow()
                .iter()
                .map(|it| it.reason.clone())
                .collect(),
            left: shared.queue.left() + pending,
            calls: shared.calls.get(),
            used,
            reads: shared.reads.get(),
            writes: shared.writes.get(),
            metrics: shared.metrics.borrow().clone(),
            hidden: shared.hidden.borrow().clone(),
            alone: shared
                .lines("the ledger is not available: an urgent incident is sent without it")
                .into_iter()
                .map(|(_, fields)| fields["incidentId"].as_str().unwrap().to_owned())
                .collect(),
            longest: shared.longest.get(),
        }
    }

    /// Incidents that were sent without the ledger, and once more in another report.
    pub(super) fn sent_again(&self) -> Vec<&String> {
        let again = |id: &&String| self.reported_by(id) != **id;
        self.alone.iter().filter(again).collect()
    }

    /// When the agent had a report that counts an incident; the end of time where it has none.
    pub(super) fn sent(&self, id: &str) -> Timestamp {
        let report = self.reported_by(id);
        let mut of_report = self
            .taken
            .iter()
            .filter(|(_, it)| it["incidentId"] == report);
        of_report.next().map_or(Timestamp::MAX, |(at, _)| *at)
    }

    /// The report that counts an incident.
    pub(super) fn reported_by(&self, id: &str) -> &str {
        self.reports.get(id).map_or("", String::as_str)
    }
}

impl Investigated {
    fn of(shared: &Shared) -> Self {
        let mut agent = shared.agent.borrow_mut();
        let Some(agent) = agent.as_mut() else {
            return Self::default();
        };
        agent.events(shared.clock.now());
        let counts = agent.counts();
        let linked = counts.get("LINKED").copied().unwrap_or_default();
        Self {
            own: counts.values().sum::<usize>() - linked,
            linked,
            dollars: agent.dollars(shared.clock.now()),
        }
    }
}

/// Whether an investigation covers a window, or the one that it was merged into.
fn is_covered(ledger: &runtime::ledger::MemoryLedger, key: &Key) -> bool {
    match ledger.get(key).map(|it| &it.item) {
        Some(Item::Window(window)) => match window.merged_into() {
            Some(into) => is_covered(ledger, into),
            None => window.is_covered(),
        },
        _ => false,
    }
}

fn report_of(ledger: &runtime::ledger::MemoryLedger, key: &Key) -> Option<String> {
    match &ledger.get(key)?.item {
        Item::Window(window) => match &window.state {
            State::Sent { id, .. } => Some(id.to_string()),
            State::Merged { into, .. } => report_of(ledger, into),
            _ => None,
        },
        _ => None,
    }
}

/// How many incidents a body counts.
pub(super) fn members(body: &Json) -> u64 {
    body["data"]["incidents"].as_u64().unwrap_or(1)
}
