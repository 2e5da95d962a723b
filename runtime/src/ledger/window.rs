//! A window: for a while, incidents of a group are told as one, and then those that came meanwhile.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use webhook::{IncidentId, Priority};

use super::{Grouping, Hour, MemberId, Members, budget::later, members::MOST};

/// How long after a window has closed nobody tells it: a write that is on its way arrives meanwhile.
const GRACE: Duration = Duration::from_secs(2);
/// When a message looks again whether a window is told that somebody else is telling.
const MEANWHILE: Duration = Duration::from_secs(10);
/// How long what waits for an incident waits that has not been sent although its window is over.
const AGAIN: Duration = Duration::from_mins(1);
/// How long after its end nobody waits for a window any more that is still not told.
const ABANDONED: Duration = Duration::from_mins(5);
/// How much longer a composite alarm waits than what it looks at, which is seen a little later or earlier.
const FOR_OTHERS: Duration = Duration::from_secs(20);

/// What a window gathers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Incidents of one group.
    Group,
    /// Windows for which the budget had no room.
    Budget,
    /// Windows that wait for the quiet hours to end.
    QuietHours,
    /// Nothing: it says where incidents of an alarm belong while a composite alarm speaks for it.
    Absorbed,
}

impl Kind {
    /// What digests of this kind are called, in the ledger and by people.
    pub fn digest(self) -> &'static str {
        match self {
            Self::QuietHours => "held back in quiet hours",
            Self::Group | Self::Budget | Self::Absorbed => "held back by the budget",
        }
    }
}

/// Where a window is in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The group's key.
    pub group: String,
    /// Which of the group's windows, from 1.
    pub number: u64,
}

/// What has become of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nobody has claimed it. One of a single incident stays so when it is told.
    Open,
    /// A function is telling it, which lives until then at the longest.
    Claimed {
        /// When the claim ends.
        until: Timestamp,
    },
    /// The agent has it.
    Sent {
        /// Since when.
        at: Timestamp,
        /// Under which ID.
        id: IncidentId,
    },
    /// The agent refused it.
    Rejected {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It is told as a part of another: of a composite alarm's, or of a digest.
    Moved {
        /// Of which.
        into: Place,
    },
}

/// What is told of a group at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// How often it has been written. A write that follows another than was read fails.
    #[serde(skip)]
    pub version: u64,
    /// What it gathers.
    pub kind: Kind,
    /// What is broken, for people.
    pub name: String,
    /// When its first incident was seen.
    pub opened: Timestamp,
    /// Until when it gathers what it tells.
    pub closes: Timestamp,
    /// Until when what comes later waits.
    pub ends: Timestamp,
    /// The message that opened it.
    pub opener: String,
    /// What it tells.
    pub told: Members,
    /// What came after it was closed: the next window tells it.
    pub later: Members,
    /// What has become of it.
    pub state: State,
    /// Whether somebody has tried to tell it: every attempt says the same from then on.
    #[serde(default)]
    pub is_fixed: bool,
    /// The hour in whose budget it has a place.
    pub ticket: Option<Hour>,
    /// The incident that was told before it, if that was a moment ago.
    pub follows: Option<IncidentId>,
    /// The alarm that opened it.
    pub alarm: Option<String>,
}

/// What is to become of a message whose incident may be a member of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The agent has it, or another message holds it.
    Told,
    /// The agent refused it, for this reason.
    Dead(String),
    /// The window is to be told now.
    Due,
    /// It waits until then.
    Wait(Timestamp),
    /// It is no member.
    New,
}

impl Window {
    /// The window of a group after `previous`, opened by a message that was queued at `queued`. It tells
    /// what came too late for the one before.
    pub fn open(
        previous: Option<&Self>,
        place: Place,
        name: &str,
        opener: &str,
        queued: Timestamp,
        now: Timestamp,
        grouping: &Grouping,
    ) -> Self {
        let fresh = later(queued, grouping.wait);
        let closes = if fresh > now {
            fresh
        } else {
            later(now, grouping.wait)
        };
        let follows = previous.filter(|it| later(it.ends, grouping.length) > now);
        Self {
            place,
            version: 0,
            kind: Kind::Group,
            name: previous.map_or(name, |it| &it.name).to_owned(),
            opened: now,
            closes,
            ends: later(now, grouping.length).max(closes),
            opener: opener.to_owned(),
            told: previous.map(|it| it.later.clone()).unwrap_or_default(),
            later: Members::default(),
            state: State::Open,
            is_fixed: false,
            ticket: None,
            follows: follows.and_then(Self::known_id),
            alarm: None,
        }
    }

    /// A digest of what waits until `closes`.
    pub fn digest(kind: Kind, place: Place, name: &str, now: Timestamp, closes: Timestamp) -> Self {
        Self {
            place,
            version: 0,
            kind,
            name: name.to_owned(),
            opened: now,
            closes,
            ends: closes,
            opener: String::new(),
            told: Members::default(),
            later: Members::default(),
            state: State::Open,
            is_fixed: false,
            ticket: None,
            follows: None,
            alarm: None,
        }
    }

    /// A note that incidents of an alarm belong into another window while that lasts.
    pub fn absorbed(place: Place, alarm: &str, into: &Self, now: Timestamp) -> Self {
        Self {
            ends: into.ends,
            state: State::Moved {
                into: into.place.clone(),
            },
            ..Self::digest(Kind::Absorbed, place, alarm, now, now)
        }
    }

    /// Whether it tells a single incident, as it is. Its opener holds that, and nobody writes that it was
    /// sent: a quiet day costs one write for each incident.
    pub fn is_alone(&self) -> bool {
        let first = self.told.first.as_ref().map(|it| &it.id);
        let was_told = self.follows.is_some() && first == self.follows.as_ref();
        self.kind == Kind::Group && self.told.len() == 1 && !was_told
    }

    /// Waits longer, for what a composite alarm speaks for.
    pub fn wait_for_others(&mut self) {
        self.closes = later(self.closes, FOR_OTHERS);
        self.ends = self.ends.max(self.closes);
    }

    /// Whether these may become members, as far as they are none.
    pub fn has_room(&self, members: &Members) -> bool {
        let new = members.count_outside(&[&self.told, &self.later]);
        self.told.len() + self.later.len() + new <= MOST
    }

    /// Whether what comes now is told with it.
    pub fn gathers(&self, now: Timestamp) -> bool {
        let is_open = self.state == State::Open && !self.is_fixed;
        match self.kind {
            Kind::Group => is_open && now < self.closes,
            Kind::Budget | Kind::QuietHours => is_open,
            Kind::Absorbed => false,
        }
    }

    /// When it is to be told.
    pub fn due(&self) -> Timestamp {
        later(self.closes, GRACE)
    }

    /// Whether nothing waits for it any more, so that the next may be opened. Where it was moved, that
    /// is for the other to say.
    pub fn is_over(&self, now: Timestamp) -> bool {
        match self.state {
            State::Rejected { .. } => true,
            State::Sent { .. } => now >= self.ends,
            State::Open if self.is_alone() => now >= self.ends && now >= self.due(),
            // Its messages may be gone: what is told without the ledger is not noted.
            State::Open => now >= later(self.ends.max(self.due()), ABANDONED),
            State::Claimed { until } => now >= later(until.max(self.ends), ABANDONED),
            State::Moved { .. } => false,
        }
    }

    /// When what came too late for it is to come back.
    pub fn later_at(&self, now: Timestamp) -> Timestamp {
        self.ends.max(later(now, AGAIN))
    }

    /// What is to become of a message of this ID, queued at `queued`, that holds `member`.
    pub fn standing(
        &self,
        member: &MemberId,
        message: &str,
        queued: Timestamp,
        now: Timestamp,
    ) -> Standing {
        if self.told.contains(member) {
            return match &self.state {
                // A duplicate: the opener holds the incident. What was put back among the incidents by a
                // person comes later, and may be all that is left of it.
                State::Open if self.is_alone() && message != self.opener => {
                    if queued <= self.due() {
                        Standing::Told
                    } else {
                        Standing::New
                    }
                }
                State::Open if now < self.due() => Standing::Wait(self.due()),
                // Most often it is told within a second.
                State::Claimed { until } if now < *until => {
                    Standing::Wait(later(*until, GRACE).min(later(now, MEANWHILE)))
                }
                State::Open | State::Claimed { .. } => Standing::Due,
                State::Sent { .. } => Standing::Told,
                // Whoever put it back among the incidents since then wants it tried again.
                State::Rejected { at, .. } if queued > *at => Standing::New,
                State::Rejected { reason, .. } => Standing::Dead(reason.clone()),
                State::Moved { .. } => Standing::New,
            };
        }
        // Where it was moved, the other says when this one is over.
        let is_moved = matches!(self.state, State::Moved { .. });
        if self.later.contains(member) && !is_moved && !self.is_over(now) {
            return Standing::Wait(self.later_at(now));
        }
        Standing::New
    }

    /// The ID of the incident that tells it as a group: it depends on the group and the window alone.
    pub fn id(&self) -> IncidentId {
        let opened = self.opened.to_string();
        IncidentId::of("group", &[&self.place.group, &opened])
    }

    /// The ID under which the agent knows it, or will know it.
    pub fn told_as(&self) -> String {
        match (&self.state, &self.told.first) {
            (State::Sent { id, .. }, _) => id.to_string(),
            (_, Some(only)) if self.is_alone() => only.id.to_string(),
            _ => self.id().to_string(),
        }
    }

    /// The ID under which the agent knows it, as far as the ledger does.
    fn known_id(&self) -> Option<IncidentId> {
        match &self.state {
            State::Sent { id, .. } => Some(id.clone()),
            State::Open if self.is_alone() && self.ticket.is_some() => {
                self.told.first.as_ref().map(|it| it.id.clone())
            }
            _ => None,
        }
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        self.told.priority.unwrap_or(Priority::High)
    }

    /// Tells what came too late, too, because it is told later than it was to be.
    pub fn tell_later(&mut self) {
        let later = std::mem::take(&mut self.later);
        self.told.merge(&later, None);
    }

    /// Counts the incidents of another group, of this name, among what this one tells, or tells next.
    pub fn take_in(&mut self, name: &str, members: &Members, now: Timestamp) {
        let cause = (self.kind != Kind::Group).then_some(name);
        if self.gathers(now) {
            self.told.merge(members, cause);
        } else {
            self.later.merge(members, cause);
        }
    }
}
