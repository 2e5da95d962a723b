//! What becomes of incidents that come after the report on their group: they follow it up, they wait until the group's
//! window ends, or the investigation of that report covers them.
//!
//! The agent links a report to an investigation that is open, almost for free; after its end the same report is a new
//! investigation. So what is worth it is sent while the investigation is open, and what shows nothing new is not sent
//! after its end.

use std::{collections::BTreeSet, time::Duration};

use contract::{IncidentId, Priority};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Contents, Investigation, Members, State, Status, Window, join::running, window::later,
};

/// How long after something worth it came a follow-up is sent.
pub const FOLLOW_UP: Duration = Duration::from_mins(3);
/// Follow-ups in a group's window at most.
const FOLLOW_UPS: u32 = 2;
/// So many incidents are worth a follow-up, whatever their causes are.
const WORTH_IT: u64 = 5;
/// Causes that are remembered at most. Beyond them none counts as new.
const CAUSES: usize = 150;

/// The reports on a group that were sent in one window, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// Their IDs, the first first.
    pub reports: Vec<IncidentId>,
    /// How many of them followed up since the window began.
    pub follow_ups: u32,
    /// What happened, as they say.
    pub causes: BTreeSet<String>,
    /// Whether there were more causes than are remembered.
    pub is_cut: bool,
    /// How urgent the most urgent of them is; nothing where there is none.
    pub priority: Option<Priority>,
}

/// What becomes of a window that is due, of a group of which a report was sent before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Late {
    /// Nothing holds it back.
    Send,
    /// It is sent although the window before has not ended.
    FollowUp,
    /// It is looked at again then.
    Wait(Timestamp),
    /// It shows nothing new: what was found about this report counts for it.
    Covered {
        /// The report.
        report: IncidentId,
        /// The agent's task.
        task: String,
    },
}

/// How far the investigations of a series are.
enum Progress<'a> {
    /// One is open: the agent links to it what comes.
    Open,
    /// None is open, and one may still be.
    Coming,
    /// All have ended. This is the last that was completed.
    Ended(&'a Investigation),
    /// They say nothing about the group: one failed, or all are linked to others.
    Unknown,
}

impl Series {
    /// With a window's report, whether the agent has that already or not.
    fn reported_by(window: &Window) -> Self {
        let mut series = window.series.clone().unwrap_or_default();
        series.reports.push(window.report_id());
        series.priority = Some(window.most_urgent());
        if let Contents::Incidents(members) = &window.contents {
            series.add(members);
        }
        series
    }

    /// The series that a report belongs to which the agent has; nothing for a window that sent none of its own.
    pub fn of(window: &Window) -> Option<Self> {
        let is_sent = matches!(window.state, State::Sent { .. }) && !window.is_digest();
        is_sent.then(|| Self::reported_by(window))
    }

    /// The series that a window continues which is claimed before the one before it has ended.
    pub(crate) fn continued(before: &Window, is_follow_up: bool) -> Option<Self> {
        let series = Self::of(before)?;
        let follow_ups = if is_follow_up {
            series.follow_ups + 1
        } else {
            0
        };
        Some(Self {
            follow_ups,
            ..series
        })
    }

    fn add(&mut self, members: &Members) {
        self.is_cut |= members.has_other_causes();
        for cause in members.causes() {
            if self.causes.len() < CAUSES || self.causes.contains(cause) {
                self.causes.insert(cause.to_owned());
            } else {
                self.is_cut = true;
            }
        }
    }

    /// Whether some of these have a cause that no report has named.
    fn lacks(&self, members: &Members) -> bool {
        let is_new = |cause: &str| !self.causes.contains(cause);
        !self.is_cut && members.causes().into_iter().any(is_new)
    }
}

impl<'a> Progress<'a> {
    fn of(reports: &[IncidentId], known: &'a [Investigation]) -> Self {
        let of_report = |id: &IncidentId| known.iter().find(|it| it.incident == *id);
        let each: Vec<Option<&Investigation>> = reports.iter().map(of_report).collect();
        let is_coming = |it: Option<&Investigation>| it.is_none_or(|it| !it.status.is_end());
        if each.iter().flatten().any(|it| it.is_running()) {
            return Self::Open;
        }
        if each.iter().copied().any(is_coming) {
            return Self::Coming;
        }
        let all = || each.iter().copied().flatten();
        let says_something =
            |it: &Investigation| matches!(it.status, Status::Completed | Status::Linked);
        let completed = all().filter(|it| it.status == Status::Completed);
        match completed.max_by_key(|it| it.ended) {
            Some(last) if all().all(says_something) => Self::Ended(last),
            _ => Self::Unknown,
        }
    }
}

/// Whether incidents that join a window make it worth a look in three minutes: with them it has a cause that neither it
/// nor a report before has, or five incidents.
pub(super) fn makes_worth_it(
    before: Option<&Window>,
    gathered: Option<&Members>,
    newcomers: &Members,
) -> bool {
    let Some(before) = before else {
        return false;
    };
    let mut series = Series::reported_by(before);
    if series.follow_ups >= FOLLOW_UPS {
        return false;
    }
    let had = gathered.map_or(0, Members::count);
    if had < WORTH_IT && had + newcomers.count() >= WORTH_IT {
        return true;
    }
    if let Some(gathered) = gathered {
        series.add(gathered);
    }
    series.lacks(newcomers)
}

/// Decides on a window that is due, by the one before it and what is known of the investigations of its series.
///
/// What is not known decides nothing: then the window is sent when the one before ends.
pub fn late(window: &Window, before: &Window, known: &[Investigation], now: Timestamp) -> Late {
    let held = running(Some(before), window.priority(), now);
    let (Some(series), Contents::Incidents(members)) = (Series::of(before), &window.contents)
    else {
        return held.map_or(Late::Send, Late::Wait);
    };
    let progress = Progress::of(&series.reports, known);
    let Some(ends) = held else {
        return match progress {
            Progress::Ended(it) if shows_nothing_new(window, members, &series, before.ends) => {
                Late::Covered {
                    report: it.incident.clone(),
                    task: it.task.clone(),
                }
            }
            _ => Late::Send,
        };
    };
    if series.follow_ups >= FOLLOW_UPS {
        return Late::Wait(ends);
    }
    let is_new = series.lacks(members);
    let is_worth_it = is_new || members.count() >= WORTH_IT;
    match progress {
        Progress::Open if is_worth_it => Late::FollowUp,
        Progress::Ended(_) if is_new => Late::FollowUp,
        Progress::Coming if is_worth_it => Late::Wait(ends.min(later(now, FOLLOW_UP))),
        _ => Late::Wait(ends),
    }
}

/// Whether all of it came within the window of the series, and it is neither more urgent, nor of a cause that no report
/// named, nor of a problem that has grown.
fn shows_nothing_new(window: &Window, members: &Members, series: &Series, ends: Timestamp) -> bool {
    let came_within = window.joined.is_some_and(|it| it < ends);
    let is_as_urgent = series.priority.is_some_and(|it| window.priority() >= it);
    came_within && is_as_urgent && window.size.is_none() && !series.lacks(members)
}
