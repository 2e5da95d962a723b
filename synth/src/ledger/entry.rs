//! A window as people see it: which incidents it sends, and how far that is.

use contract::{DeliverySettings, Priority};
use jiff::Timestamp;
use runtime::ledger::{Contents as Sends, Hold, Investigation, Key, Members, Plan, State, Window};

use super::Contents;

/// How far the sending of a window is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The agent has it.
    Sent,
    /// A function is sending it.
    Sending,
    /// More may join it until then.
    Gathering { until: Timestamp },
    /// It could have been sent since then, and was not yet.
    Due { since: Timestamp },
    /// The budget or the quiet hours hold it until then.
    Held { by: Hold, until: Timestamp },
    /// The agent refused it.
    Rejected { why: String },
    /// It could not be sent for six days.
    Expired,
    /// Another report counts its incidents, if the ledger still has that.
    Merged { into: Option<Whole> },
    /// It is not sent: this task of the agent, which investigated an earlier report, covers it.
    Covered { report: String, task: String },
}

/// The report that counts the incidents of a window that was merged into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) name: String,
    pub(super) incident_id: String,
}

/// A window of the ledger, and how far it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(super) key: Key,
    /// `incidents` of one group, or a digest: `budget` or `quiet-hours`.
    pub(super) kind: &'static str,
    /// What is broken.
    pub(super) name: String,
    pub(super) opened: Timestamp,
    /// Since when nothing will become of it any more; else when it was opened.
    pub(super) at: Timestamp,
    pub(super) stage: Stage,
    pub(super) priority: Priority,
    /// How many incidents it counts.
    pub(super) incidents: u64,
    /// Under which ID it was or will be sent; nothing where several incidents are sent with another window.
    pub(super) incident_id: Option<String>,
    /// The title of its first incident.
    pub(super) first_title: Option<String>,
    /// What happened, or to which groups, and how often; the most urgent first.
    pub(super) causes: Vec<(String, u64)>,
    /// How many groups there are, where it is a digest.
    pub(super) groups: u64,
    /// What the agent did about it.
    pub(super) investigation: Option<Investigation>,
}

/// What holds incidents, as programs read it.
pub(super) fn word(hold: Hold) -> &'static str {
    match hold {
        Hold::Budget => "budget",
        Hold::QuietHours => "quiet-hours",
    }
}

impl Stage {
    /// Whether it is not over: the agent may still be sent it.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Sending | Self::Gathering { .. } | Self::Due { .. } | Self::Held { .. }
        )
    }
}

impl Entry {
    /// Everything that the ledger holds, the newest last.
    pub(super) fn all(
        contents: &Contents,
        settings: &DeliverySettings,
        now: Timestamp,
    ) -> Vec<Self> {
        let plan = contents.plan(settings, now);
        let windows = contents.windows.values();
        let mut all: Vec<Self> = windows
            .map(|it| Self::of(it, contents, &plan, now))
            .collect();
        all.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.key.cmp(&b.key)));
        all
    }

    pub(super) fn of(window: &Window, contents: &Contents, plan: &Plan, now: Timestamp) -> Self {
        let (kind, first_title, causes, groups) = match &window.contents {
            Sends::Incidents(Members::One { incident, cause }) => (
                "incidents",
                Some(incident.title().to_owned()),
                vec![(cause.clone(), 1)],
                1,
            ),
            Sends::Incidents(Members::Many(summary)) => {
                let causes = summary.causes().into_iter();
                let mut causes: Vec<(String, u64)> = causes
                    .map(|(cause, tally)| (cause.to_owned(), tally.count))
                    .collect();
                causes.extend(
                    summary
                        .others
                        .map(|it| ("other causes".to_owned(), it.count)),
                );
                ("incidents", Some(summary.first.title.clone()), causes, 1)
            }
            Sends::Digest(digest) => {
                let groups = digest.groups.iter();
                let mut groups: Vec<(String, u64)> = groups
                    .map(|(name, tally)| (name.clone(), tally.count))
                    .collect();
                let others = digest.others.map(|it| it.incidents.count);
                groups.extend(others.map(|it| ("other groups".to_owned(), it)));
                (word(digest.hold), None, groups, digest.group_count())
            }
        };
        let investigation = match &window.state {
            State::Sent { id, .. } => contents.investigations.get(id).cloned(),
            _ => None,
        };
        Self {
            key: window.key.clone(),
            kind,
            name: window.name.clone(),
            opened: window.opened,
            at: window.state.is_final_since().unwrap_or(window.opened),
            stage: stage(window, contents, plan, now),
            priority: window.priority(),
            incidents: window.count(),
            incident_id: (window.count() == 1
                || (window.merged_into().is_none() && !window.is_covered()))
            .then(|| window.report_id().to_string()),
            first_title,
            causes,
            groups,
            investigation,
        }
    }
}

fn stage(window: &Window, contents: &Contents, plan: &Plan, now: Timestamp) -> Stage {
    match &window.state {
        State::Sent { .. } => Stage::Sent,
        State::Rejected { reason, .. } => Stage::Rejected {
            why: reason.clone(),
        },
        State::Expired { .. } => Stage::Expired,
        State::Merged { into, .. } => Stage::Merged {
            into: contents.merged(into).map(|it| Whole {
                name: it.name.clone(),
                incident_id: it.report_id().to_string(),
            }),
        },
        State::Covered { report, task, .. } => Stage::Covered {
            report: report.to_string(),
            task: task.clone(),
        },
        State::Claimed { until, .. } if now < *until => Stage::Sending,
        State::Open if now < window.due => Stage::Gathering { until: window.due },
        State::Open | State::Claimed { .. } => match plan.held.get(&window.key) {
            Some((by, until)) => Stage::Held {
                by: *by,
                until: *until,
            },
            None => Stage::Due { since: window.due },
        },
    }
}
