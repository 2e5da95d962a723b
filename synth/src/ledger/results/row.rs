//! A report, and what the agent did about it.

use contract::{AgentSpace, Priority};
use jiff::Timestamp;
use runtime::ledger::{
    Contents as Sends, Finding, Investigation, Members, MitigationStage, Status, Window, minutes,
};
use serde_json::json;
use stacks::Json;

/// A report, and what the agent did about it. What the agent wrote is in `verdict`, `paragraph`, `reason`, `gaps`
/// and `skills`, and nowhere else.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// When it was sent, or else when the agent made its task.
    pub(crate) at: Timestamp,
    /// The ID that it was sent under.
    pub(crate) incident: String,
    pub(crate) task: String,
    pub(crate) primary: Option<String>,
    /// What is broken.
    pub(crate) group: String,
    pub(crate) group_key: String,
    pub(crate) priority: Option<Priority>,
    /// How many incidents it counts.
    pub(crate) incidents: u64,
    /// What it was made of: `alarm`, `ecs`, `cost`, or the name of another kind of incident.
    pub(crate) source: String,
    /// The rule of the account file.
    pub(crate) rule: Option<String>,
    /// What it happened to.
    pub(crate) service: String,
    pub(crate) status: Status,
    pub(crate) became: Became,
    pub(crate) seconds: Option<u64>,
    pub(crate) dollars: Option<f64>,
    /// Whether it has cost something that is not known.
    pub(crate) lacks_cost: bool,
    /// Whether it has ended and something of it is still to be read, such as gaps.
    pub(crate) lacks_details: bool,
    /// What became of the plan of what to do, if there was to be one.
    pub(crate) plan: Option<&'static str>,
    pub(crate) verdict: Option<String>,
    pub(crate) paragraph: String,
    pub(crate) reason: Option<String>,
    pub(crate) gaps: Vec<(String, bool)>,
    pub(crate) skills: Vec<String>,
}

/// What became of a report, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Became {
    /// The root cause is known.
    RootCause,
    /// A cause is known.
    Cause,
    /// It ended, and no cause was found.
    Nothing,
    /// It ended, and what was found could not be read.
    Unread,
    /// Another task investigates it.
    Linked,
    /// It failed, took too long or was cancelled.
    Failed,
    /// The agent decided not to investigate it.
    Skipped,
    /// It has not ended.
    Open,
}

impl Became {
    pub(crate) const ALL: [Self; 8] = [
        Self::RootCause,
        Self::Cause,
        Self::Nothing,
        Self::Unread,
        Self::Linked,
        Self::Failed,
        Self::Skipped,
        Self::Open,
    ];

    pub(crate) fn of(investigation: &Investigation) -> Self {
        match &investigation.status {
            Status::Completed => match &investigation.verdict {
                None => Self::Unread,
                Some(verdict) => match verdict.finding {
                    Finding::RootCause => Self::RootCause,
                    Finding::Cause => Self::Cause,
                    Finding::Nothing => Self::Nothing,
                },
            },
            Status::Linked => Self::Linked,
            Status::Failed | Status::TimedOut | Status::Cancelled => Self::Failed,
            Status::Skipped => Self::Skipped,
            Status::PendingTriage
            | Status::PendingStart
            | Status::InProgress
            | Status::Waiting
            | Status::Other(_) => Self::Open,
        }
    }

    /// The key of its count, for a program.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::RootCause => "rootCause",
            Self::Cause => "cause",
            Self::Nothing => "nothing",
            Self::Unread => "unread",
            Self::Linked => "linked",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Open => "open",
        }
    }

    /// What `count` of them have come to, for a person.
    pub(crate) fn counted(self, count: usize) -> String {
        let what = match self {
            Self::RootCause => "found a root cause",
            Self::Cause => "found a cause",
            Self::Nothing => "found nothing",
            Self::Unread => "ended without a summary",
            Self::Linked => "linked to another",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Open => "open",
        };
        format!("{count} {what}")
    }
}

/// What became of it, in a word or two.
fn word(status: &Status, became: Became) -> String {
    let word = match status {
        Status::Completed => match became {
            Became::RootCause => "root cause",
            Became::Cause => "cause",
            Became::Nothing => "no cause",
            _ => "no summary",
        },
        Status::PendingTriage => "in triage",
        Status::PendingStart => "queued",
        Status::InProgress => "running",
        Status::Waiting => "waiting",
        Status::Linked => "linked",
        Status::Failed => "failed",
        Status::TimedOut => "timed out",
        Status::Cancelled => "cancelled",
        Status::Skipped => "skipped",
        Status::Other(word) => return word.to_lowercase().replace('_', " "),
    };
    word.to_owned()
}

/// What became of a plan.
fn plan(stage: MitigationStage) -> &'static str {
    match stage {
        MitigationStage::OverBudget => "no plan: over the budget",
        MitigationStage::Asking | MitigationStage::Asked => "plan asked for",
        MitigationStage::Refused => "plan refused by the agent",
        MitigationStage::HandingOn => "plan written",
        MitigationStage::HandedOn | MitigationStage::Done => "plan handed on",
        MitigationStage::NoPlan => "no plan was written",
    }
}

/// What became of an investigation, in a word or two.
pub(in crate::ledger) fn said(investigation: &Investigation) -> String {
    word(&investigation.status, Became::of(investigation))
}

/// What an investigation has cost, for a person: `3.2 minutes, $1.59`. What runs is not done with that.
pub(in crate::ledger) fn cost(
    seconds: Option<u64>,
    dollars: Option<f64>,
    is_open: bool,
) -> Option<String> {
    let minutes = seconds.map(|it| format!("{} minutes", minutes(it)));
    let dollars = dollars.map(|it| format!("${it:.2}"));
    let cost: Vec<String> = minutes.into_iter().chain(dollars).collect();
    let so_far = if is_open { " so far" } else { "" };
    (!cost.is_empty()).then(|| format!("{}{so_far}", cost.join(", ")))
}

impl Row {
    /// What the agent did about a report, which the ledger may no longer have.
    pub(crate) fn of(investigation: &Investigation, report: Option<(Timestamp, &Window)>) -> Self {
        let incident = investigation.incident.as_str().to_owned();
        let (id, service) = match report.map(|(_, window)| &window.contents) {
            Some(Sends::Incidents(Members::One { incident, .. })) => {
                (incident.id().as_str(), incident.service())
            }
            Some(Sends::Incidents(Members::Many(summary))) => {
                (summary.first.id.as_str(), summary.first.service.as_str())
            }
            Some(Sends::Digest(_)) => ("digest-", "several"),
            None => (incident.as_str(), "not known"),
        };
        let source = id.rsplit_once('-').map_or(id, |(kind, _)| kind).to_owned();
        let service = service.to_owned();
        let (sent, window) = report.unzip();
        let (seconds, dollars) = investigation.own_cost();
        Self {
            at: sent.unwrap_or(investigation.created),
            task: investigation.task.clone(),
            primary: investigation.primary.clone(),
            group: window
                .map_or("a report that is not in the ledger", |it| &it.name)
                .to_owned(),
            group_key: window.map_or(String::new(), |it| it.key.group.clone()),
            priority: window.map(Window::priority),
            incidents: window.map_or(1, Window::count),
            source,
            rule: window.and_then(|it| it.rule.clone()),
            service,
            status: investigation.status.clone(),
            became: Became::of(investigation),
            seconds,
            dollars,
            lacks_cost: investigation.lacks_cost(),
            lacks_details: investigation.lacks_details(),
            plan: investigation.mitigation.as_ref().map(|it| plan(it.stage)),
            verdict: investigation
                .verdict
                .as_ref()
                .and_then(|it| it.agent_line().map(str::to_owned)),
            paragraph: investigation
                .verdict
                .as_ref()
                .map_or(String::new(), |it| it.paragraph.clone()),
            reason: investigation.reason.clone(),
            gaps: investigation
                .gaps
                .iter()
                .map(|it| (it.title.clone(), it.is_access))
                .collect(),
            skills: investigation.skills.clone(),
            incident,
        }
    }

    /// What became of it, in a word or two.
    pub(crate) fn word(&self) -> String {
        word(&self.status, self.became)
    }

    /// What it has cost, for a person.
    pub(crate) fn cost(&self) -> Option<String> {
        cost(self.seconds, self.dollars, self.became == Became::Open)
    }

    /// It, for a program. What the agent wrote is under `agent`.
    pub(crate) fn to_json(&self, space: Option<&AgentSpace>) -> Json {
        let gaps = self.gaps.iter();
        json!({
            "at": self.at,
            "incidentId": self.incident,
            "task": self.task,
            "primary": self.primary,
            "group": self.group,
            "groupKey": self.group_key,
            "priority": self.priority.map(Priority::as_str),
            "incidents": self.incidents,
            "source": self.source,
            "rule": self.rule,
            "service": self.service,
            "status": self.status.as_str(),
            "became": self.became.key(),
            "seconds": self.seconds,
            "dollars": self.dollars,
            "incomplete": self.lacks_details,
            "plan": self.plan,
            "app": space.and_then(|it| it.app(&self.task)),
            "console": space.and_then(|it| it.console(&self.task)),
            "agent": {
                "verdict": self.verdict,
                "paragraph": self.paragraph,
                "reason": self.reason,
                "gaps": gaps
                    .map(|(title, is_access)| json!({ "title": title, "isAccess": is_access }))
                    .collect::<Vec<_>>(),
                "skills": self.skills,
            },
        })
    }
}
