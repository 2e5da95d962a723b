//! A window as people see it: what it tells, and how far that is.

use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::GIVE_UP,
    ledger::{Kind, Place, State, Window},
};
use webhook::Priority;

use super::Contents;

/// How long after it is due what is told by itself counts as sent. It is due for a batch of Lambda's, which
/// is gathered for 5 seconds and told within the function's two minutes.
const SENT_BY: SignedDuration = SignedDuration::from_mins(2);
/// How many windows are told one as a part of the other at most.
const CHAIN: usize = 8;

/// How far the telling of a window is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The agent has it.
    Sent,
    /// A function is about to send it.
    Sending,
    /// More may come to it until then.
    Gathering { until: Timestamp },
    /// It could have been sent since then, and was not yet.
    Waiting { since: Timestamp },
    /// It is a digest of what waits until then.
    Held { by: Hold, until: Timestamp },
    /// The agent refused it.
    Rejected { why: String },
    /// It is told as a part of another, if the ledger still has that.
    Part { of: Option<Whole> },
    /// It has waited for longer than incidents are kept.
    GivenUp,
}

/// What holds incidents back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    Budget,
    QuietHours,
}

/// What tells a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) name: String,
    pub(super) incident_id: String,
}

/// What came after a window was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Later {
    pub(super) incidents: usize,
    pub(super) until: Timestamp,
}

/// What is told of a group at one time, and how far that is.
///
/// Nobody writes that an incident was sent that is told by itself: a quiet day costs one write for each. So
/// it counts as sent two minutes after it was due, and as being sent before. If the webhook did not take
/// it, the ledger says so: its place in the budget was given back. It says so when the webhook was asked
/// for it, which can be a quarter of an hour later while nothing is taken. What was told while the ledger
/// could not be reached stays in it as waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(super) place: Place,
    pub(super) kind: Kind,
    /// What is broken.
    pub(super) name: String,
    pub(super) opened: Timestamp,
    /// When it was sent or rejected, where the ledger says when; else when it was opened.
    pub(super) at: Timestamp,
    pub(super) stage: Stage,
    pub(super) priority: Priority,
    /// How many incidents it tells.
    pub(super) incidents: usize,
    /// Under which ID it was or will be told. What several are told as, as a part of another, has none.
    pub(super) incident_id: Option<String>,
    /// The title of the first of them.
    pub(super) first_title: Option<String>,
    /// What happened, or to which groups, and how often; the most frequent first.
    pub(super) causes: Vec<(String, usize)>,
    /// How many of these there are, and whether there are more.
    pub(super) cause_count: (usize, bool),
    /// What waits to be told next.
    pub(super) later: Option<Later>,
}

impl Stage {
    /// Whether it is not over: the agent may still be told.
    pub(super) fn is_open(&self) -> bool {
        matches!(
            self,
            Self::Sending | Self::Gathering { .. } | Self::Waiting { .. } | Self::Held { .. }
        )
    }
}

impl Told {
    /// Everything that the ledger holds, the newest last.
    pub(super) fn all(contents: &Contents, now: Timestamp) -> Vec<Self> {
        let windows = contents.windows.values();
        let mut all: Vec<Self> = windows.map(|it| Self::of(it, contents, now)).collect();
        all.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.place.cmp(&b.place)));
        all
    }

    fn of(window: &Window, contents: &Contents, now: Timestamp) -> Self {
        let at = match window.state {
            State::Sent { at, .. } | State::Rejected { at, .. } => at,
            State::Open | State::Claimed { .. } | State::Moved { .. } => window.opened,
        };
        let is_part = matches!(window.state, State::Moved { .. }) && !window.is_alone();
        Self {
            place: window.place.clone(),
            kind: window.kind,
            name: window.name.clone(),
            opened: window.opened,
            at,
            stage: stage(window, contents, now),
            priority: window.priority(),
            incidents: window.told.len(),
            incident_id: (!is_part).then(|| window.told_as()),
            first_title: window.told.first.as_ref().map(|it| it.title.clone()),
            causes: window
                .told
                .causes()
                .into_iter()
                .map(|(cause, count)| (cause.to_owned(), count))
                .collect(),
            cause_count: window.told.cause_count(),
            later: later(window, contents, now),
        }
    }
}

fn stage(window: &Window, contents: &Contents, now: Timestamp) -> Stage {
    match &window.state {
        State::Sent { .. } => Stage::Sent,
        State::Rejected { reason, .. } => Stage::Rejected {
            why: reason.clone(),
        },
        State::Moved { into } => Stage::Part {
            of: whole(into, contents),
        },
        State::Claimed { until } if now < *until => Stage::Sending,
        State::Claimed { .. } => waiting(window, now),
        State::Open => open(window, now),
    }
}

/// The stage of a window that nobody has claimed.
fn open(window: &Window, now: Timestamp) -> Stage {
    let until = window.closes;
    let is_early = now < window.due();
    match window.kind {
        Kind::Budget if is_early => Stage::Held {
            by: Hold::Budget,
            until,
        },
        Kind::QuietHours if is_early => Stage::Held {
            by: Hold::QuietHours,
            until,
        },
        _ if is_early => Stage::Gathering { until },
        _ if !window.is_alone() || window.ticket.is_none() => waiting(window, now),
        _ if now.duration_since(window.due()) < SENT_BY => Stage::Sending,
        _ => Stage::Sent,
    }
}

fn waiting(window: &Window, now: Timestamp) -> Stage {
    if is_given_up(now, window.opened) {
        Stage::GivenUp
    } else {
        Stage::Waiting {
            since: window.due(),
        }
    }
}

/// Whether incidents that were queued at `queued` are no longer kept.
fn is_given_up(now: Timestamp, queued: Timestamp) -> bool {
    SignedDuration::try_from(GIVE_UP).is_ok_and(|it| now.duration_since(queued) > it)
}

/// What tells what was moved there, however often it was.
fn whole(into: &Place, contents: &Contents) -> Option<Whole> {
    let mut window = contents.windows.get(into)?;
    for _ in 0..CHAIN {
        match &window.state {
            State::Moved { into } => window = contents.windows.get(into)?,
            _ => break,
        }
    }
    Some(Whole {
        name: window.name.clone(),
        incident_id: window.told_as(),
    })
}

/// What came too late for a window, unless the next has taken it over.
fn later(window: &Window, contents: &Contents, now: Timestamp) -> Option<Later> {
    let next = Place {
        number: window.place.number + 1,
        ..window.place.clone()
    };
    let waits = !window.later.is_empty()
        && !contents.windows.contains_key(&next)
        && !is_given_up(now, window.ends);
    waits.then(|| Later {
        incidents: window.later.len(),
        until: window.ends,
    })
}
