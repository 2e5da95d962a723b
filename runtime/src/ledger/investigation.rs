//! What became of an incident that the agent has: its task, how that ended, and what was found.

use contract::IncidentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the agent did about an incident, as far as it is known.
///
/// The task names the incident: its `reference.referenceId` is the incident's ID. What the agent wrote (the reason, the
/// verdict, the gaps) is foreign text, steered by text from events: it is cleaned, bounded and withheld before it is
/// written here, and is marked as the agent's wherever it goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Investigation {
    /// The incident.
    pub incident: IncidentId,
    /// The agent's task, a UUID.
    pub task: String,
    /// The execution that found it; nothing while there is none.
    #[serde(default)]
    pub execution: Option<String>,
    /// The task that investigates it, where the agent linked this one to that.
    #[serde(default)]
    pub primary: Option<String>,
    /// How far it is.
    pub status: Status,
    /// Why it is as it is, where the agent says so.
    #[serde(default)]
    pub reason: Option<String>,
    /// When the agent made the task.
    pub created: Timestamp,
    /// When its first execution began.
    #[serde(default)]
    pub began: Option<Timestamp>,
    /// When it ended.
    #[serde(default)]
    pub ended: Option<Timestamp>,
    /// Seconds of all its executions; nothing while they are not known.
    #[serde(default)]
    pub seconds: Option<u64>,
    /// What those cost, to the cent, at the price of the account file.
    #[serde(default)]
    pub dollars: Option<f64>,
    /// What was found; nothing before its end and where that cannot be read.
    #[serde(default)]
    pub verdict: Option<Verdict>,
    /// What the agent could not look at.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// The skills that it loaded.
    #[serde(default)]
    pub skills: Vec<String>,
    /// When the task last changed, as the agent says.
    pub at: Timestamp,
    /// Whether its slot of the budget was given back, because it was linked.
    #[serde(default)]
    pub gave_back: bool,
    /// When the agent wrote the summary that the verdict is from.
    #[serde(default)]
    pub summarized: Option<Timestamp>,
    /// Whether everything was read of it since it ended: its executions, and all of its journal that is kept. Else its
    /// seconds, dollars and gaps are not known yet.
    #[serde(default)]
    pub is_read: bool,
    /// Whether it was published how it ended.
    #[serde(default)]
    pub notice: Option<Notice>,
    /// How far the plan is that the agent was to be asked for, if it was.
    #[serde(default)]
    pub mitigation: Option<Mitigation>,
}

/// A plan of what to do about a root cause. The agent writes it, Tocsin hands it on, and nothing of Tocsin's carries it
/// out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mitigation {
    /// How far it is.
    pub stage: MitigationStage,
    /// Since when.
    pub since: Timestamp,
}

/// How far a plan is. A later stage never goes back to an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MitigationStage {
    /// It is not asked for: the budget was used up.
    OverBudget,
    /// An invocation is about to ask for it, and has taken a slot of the budget.
    Asking,
    /// The agent was asked, and is to write it.
    Asked,
    /// The agent refuses to write it.
    Refused,
    /// An invocation is about to hand it on.
    HandingOn,
    /// It is on the event bus, and people are to be notified.
    HandedOn,
    /// The agent ended without writing one.
    NoPlan,
    /// It was handed on, and people were notified.
    Done,
}

/// A message about how an investigation ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// Whether the topic has it; else an invocation is about to send it.
    pub sent: bool,
    /// Since when.
    pub since: Timestamp,
}

/// How far a task is, in the agent's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// Not looked at yet.
    PendingTriage,
    /// It waits for one of the places in which investigations run.
    PendingStart,
    /// It runs.
    InProgress,
    /// It waits for a person, or for something else.
    Waiting,
    /// Another task investigates it.
    Linked,
    /// It ended.
    Completed,
    /// It ended without a result.
    Failed,
    /// It took too long.
    TimedOut,
    /// It was cancelled: by a person, or by a quota.
    Cancelled,
    /// The agent decided not to investigate it.
    Skipped,
    /// A status that is not known here, in the agent's word.
    Other(String),
}

/// What an investigation found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What kind of finding it is.
    pub finding: Finding,
    /// In one line, of 200 characters at most.
    pub line: String,
    /// In one paragraph, of 1,500 characters at most; empty where there is no finding.
    #[serde(default)]
    pub paragraph: String,
}

/// A kind of finding, the most telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The root cause.
    RootCause,
    /// A cause that is not called the root cause.
    Cause,
    /// No cause was found.
    Nothing,
}

/// What the agent could not look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// In one line.
    pub title: String,
    /// Whether it speaks of missing permissions: then the agent may have seen nothing.
    #[serde(default)]
    pub is_access: bool,
}

impl Investigation {
    /// Whether it is open: it was seen in progress, and has no end. The agent links to it what comes of the same failure.
    pub fn is_running(&self) -> bool {
        !self.status.is_end() && (self.status == Status::InProgress || self.began.is_some())
    }

    /// Whether it has ended and something of it is still to be read.
    pub fn lacks_details(&self) -> bool {
        self.status.is_end() && self.status != Status::Linked && !self.is_read
    }

    /// Whether something is still to be done about its plan.
    pub fn awaits_plan(&self) -> bool {
        use MitigationStage as Stage;
        let stage = self.mitigation.as_ref().map(|it| it.stage);
        matches!(
            stage,
            Some(Stage::Asking | Stage::Asked | Stage::HandingOn | Stage::HandedOn)
        )
    }

    /// Seconds and dollars of its own. One that is linked has none: what it costs, its primary counts.
    pub fn own_cost(&self) -> (Option<u64>, Option<f64>) {
        match self.status {
            Status::Linked => (None, None),
            _ => (self.seconds, self.dollars.filter(|it| it.is_finite())),
        }
    }

    /// Whether it has cost something, and it is not known what. What never ran costs nothing.
    pub fn lacks_cost(&self) -> bool {
        let has_run = self.began.is_some()
            || self.execution.is_some()
            || matches!(
                self.status,
                Status::Completed | Status::Failed | Status::TimedOut
            );
        let is_own = self.status.is_end() && self.status != Status::Linked;
        is_own && has_run && self.own_cost().1.is_none()
    }
}

impl Verdict {
    /// What the agent wrote, in one line; nothing where it found nothing: then the line is Tocsin's.
    pub fn agent_line(&self) -> Option<&str> {
        (self.finding != Finding::Nothing).then_some(self.line.as_str())
    }
}

/// Minutes of so many seconds, with one decimal: `3.2`.
pub fn minutes(seconds: u64) -> String {
    let tenths = seconds.saturating_add(3) / 6;
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl Status {
    /// The word that the agent has for it, such as `IN_PROGRESS`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::PendingTriage => "PENDING_TRIAGE",
            Self::PendingStart => "PENDING_START",
            Self::InProgress => "IN_PROGRESS",
            Self::Waiting => "WAITING",
            Self::Linked => "LINKED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Cancelled => "CANCELLED",
            Self::Skipped => "SKIPPED",
            Self::Other(word) => word,
        }
    }

    /// Whether nothing will become of the task any more.
    pub fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Linked
                | Self::Completed
                | Self::Failed
                | Self::TimedOut
                | Self::Cancelled
                | Self::Skipped
        )
    }
}

/// The API and the events spell some of them differently.
impl From<String> for Status {
    fn from(word: String) -> Self {
        match word.as_str() {
            "PENDING_TRIAGE" => Self::PendingTriage,
            "PENDING_START" => Self::PendingStart,
            "IN_PROGRESS" => Self::InProgress,
            "WAITING" | "PENDING_CUSTOMER_APPROVAL" => Self::Waiting,
            "LINKED" => Self::Linked,
            "COMPLETED" => Self::Completed,
            "FAILED" => Self::Failed,
            "TIMED_OUT" => Self::TimedOut,
            "CANCELED" | "CANCELLED" => Self::Cancelled,
            "SKIPPED" => Self::Skipped,
            _ => Self::Other(word),
        }
    }
}

impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_is_not_known_is_kept_as_it_is() {
        for (word, expected) in [
            ("IN_PROGRESS", Status::InProgress),
            ("CANCELED", Status::Cancelled),
            ("CANCELLED", Status::Cancelled),
            ("ON_HOLIDAY", Status::Other("ON_HOLIDAY".to_owned())),
        ] {
            let read: Status = serde_json::from_value(word.into()).unwrap();
            assert_eq!(read, expected);
            let again: Status =
                serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
            assert_eq!(again, expected);
        }
    }
}
