//! A window: incidents of one group that are sent as one, or a digest of several windows.

use std::time::Duration;

use contract::{IncidentId, Priority};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Digest, Earlier, Hour, Key, Members, Nearby, Series};

/// How long a window is tried to be sent. Then it becomes a dead letter.
pub const EXPIRES: Duration = Duration::from_hours(6 * 24);

/// A window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// Where it is in the ledger.
    #[serde(flatten)]
    pub key: Key,
    /// What is broken, for people.
    pub name: String,
    /// When its first incident was recorded.
    pub opened: Timestamp,
    /// Since when it is tried to be sent: since it was opened, or since a person wanted it tried again.
    pub since: Timestamp,
    /// When it may be sent.
    pub due: Timestamp,
    /// Until when incidents that come after it was sent are held for the next window.
    pub ends: Timestamp,
    /// The message that comes back when the window is due. Any other ends.
    pub waker: Option<String>,
    /// What it sends.
    pub contents: Contents,
    /// What became of it.
    pub state: State,
    /// The report on the window before, where that was sent a moment ago.
    pub follows: Option<IncidentId>,
    /// The alarm that opened it: a composite alarm may cover it.
    pub alarm: Option<String>,
    /// The rule of the account file whose events it is about.
    #[serde(default)]
    pub rule: Option<String>,
    /// What else opened around it, as it was known when it was claimed.
    #[serde(default)]
    pub nearby: Nearby,
    /// How large the largest of its problems is, where that says whether it is worth reporting again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The hour in whose budget it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<Hour>,
    /// What was found the last time, as it was known when it was claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Earlier>,
    /// When the last of its incidents was recorded, where results are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Timestamp>,
    /// What was sent of the group before, where that was in the same window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
}

/// What a window sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contents {
    /// Incidents of one group.
    Incidents(Members),
    /// Windows of several groups.
    Digest(Digest),
}

/// What became of a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It gathers incidents until it is claimed.
    Open,
    /// A function sends it, or has tried to: what it sends does not change any more.
    Claimed {
        /// Until when nobody else may.
        until: Timestamp,
        /// The hour in whose budget it has a slot; nothing where it has none.
        hour: Option<Hour>,
    },
    /// The agent has it.
    Sent {
        /// Since when.
        at: Timestamp,
        /// Under which ID.
        id: IncidentId,
    },
    /// The agent refused it. It is among the dead letters.
    Rejected {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// It could not be sent for six days. It is among the dead letters.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// Another window counts its incidents: a composite alarm's, or a digest.
    Merged {
        /// Since when.
        at: Timestamp,
        /// Which one.
        into: Key,
    },
    /// It is not sent: the investigation of an earlier report on the group has ended, and it shows nothing new.
    Covered {
        /// Since when.
        at: Timestamp,
        /// The report.
        report: IncidentId,
        /// The agent's task.
        task: String,
    },
}

impl State {
    /// Since when nothing will become of it any more; nothing where it is still to be sent.
    pub fn is_final_since(&self) -> Option<Timestamp> {
        match self {
            Self::Open | Self::Claimed { .. } => None,
            Self::Sent { at, .. }
            | Self::Rejected { at, .. }
            | Self::Expired { at }
            | Self::Merged { at, .. }
            | Self::Covered { at, .. } => Some(*at),
        }
    }
}

impl Window {
    /// Whether it has reported, or will report, a problem that is now so large: it takes no more incidents, and
    /// the problem is under a fifth larger than it says.
    pub fn has_reported(&self, size: Option<u64>) -> bool {
        let (Some(reported), Some(now)) = (self.size, size) else {
            return false;
        };
        let is_grown = now.saturating_mul(5) >= reported.saturating_mul(6);
        !self.is_open() && !self.is_dead() && !is_grown
    }

    /// Whether it is still to be sent.
    pub fn is_pending(&self) -> bool {
        self.state.is_final_since().is_none()
    }

    /// The window that counts its incidents, if another does.
    pub fn merged_into(&self) -> Option<&Key> {
        match &self.state {
            State::Merged { into, .. } => Some(into),
            _ => None,
        }
    }

    /// Whether an investigation covers it, so that it is not sent.
    pub fn is_covered(&self) -> bool {
        matches!(self.state, State::Covered { .. })
    }

    /// Whether it was claimed although the window before had not ended: an attempt that failed is made again.
    pub fn is_claimed_follow_up(&self) -> bool {
        !self.is_open() && self.series.as_ref().is_some_and(|it| it.follow_ups > 0)
    }

    /// Whether it is among the dead letters.
    pub fn is_dead(&self) -> bool {
        matches!(self.state, State::Rejected { .. } | State::Expired { .. })
    }

    /// Whether incidents can join it.
    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Whether it holds back what comes after it.
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.is_pending() || now < self.ends
    }

    /// The report that was sent a moment ago: until so long after it has ended.
    pub fn sent_since(&self, now: Timestamp, length: Duration) -> Option<IncidentId> {
        match &self.state {
            State::Sent { id, .. } | State::Covered { report: id, .. } => {
                (now < later(self.ends, length)).then(|| id.clone())
            }
            _ => None,
        }
    }

    /// Whether a function is sending it.
    pub fn is_being_sent(&self, now: Timestamp) -> bool {
        matches!(self.state, State::Claimed { until, .. } if now < until)
    }

    /// The hour in whose budget it has a slot, from this attempt or an earlier one.
    pub fn slot(&self) -> Option<Hour> {
        match self.state {
            State::Claimed { hour, .. } => hour,
            _ => None,
        }
    }

    /// How many incidents it sends.
    pub fn count(&self) -> u64 {
        match &self.contents {
            Contents::Incidents(members) => members.count(),
            Contents::Digest(digest) => digest.incidents().count,
        }
    }

    /// How urgent the most urgent of them is.
    pub fn priority(&self) -> Priority {
        match &self.contents {
            Contents::Incidents(members) => members.priority(),
            Contents::Digest(digest) => digest.incidents().priority,
        }
    }

    /// How urgent the most urgent incident is that was reported of the group in this window, with its own.
    pub fn most_urgent(&self) -> Priority {
        let before = self.series.as_ref().and_then(|it| it.priority);
        before.map_or(self.priority(), |it| it.min(self.priority()))
    }

    /// The ID under which the agent has it, or will. That of a single incident is its own; that of several
    /// depends on the group and the window alone.
    pub fn report_id(&self) -> IncidentId {
        if let Contents::Incidents(Members::One { incident, .. }) = &self.contents {
            return incident.id().clone();
        }
        let (number, opened) = (self.key.number.to_string(), self.opened.to_string());
        IncidentId::of("group", &[&self.key.group, &number, &opened])
    }

    /// Counts more incidents of its group.
    pub fn add(&mut self, members: &Members) {
        match &mut self.contents {
            Contents::Incidents(own) => own.add(members),
            Contents::Digest(digest) => digest.add(&self.name, members),
        }
    }

    /// Whether it is a digest.
    pub fn is_digest(&self) -> bool {
        matches!(self.contents, Contents::Digest(_))
    }
}

/// A point in time, later.
pub fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
