//! A task: an incident, and how far its investigation is.

use jiff::Timestamp;
use serde_json::json;
use stacks::Json;

use super::{Space, journal, script::Play, uuid};

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    PendingTriage,
    Linked,
    PendingStart,
    InProgress,
    Completed,
    Failed,
    TimedOut,
    Canceled,
}

impl Status {
    /// The word of the API.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::PendingTriage => "PENDING_TRIAGE",
            Self::Linked => "LINKED",
            Self::PendingStart => "PENDING_START",
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Canceled => "CANCELED",
        }
    }

    /// The word of events, which spell one of them differently.
    fn in_events(self) -> &'static str {
        match self {
            Self::Canceled => "CANCELLED",
            other => other.as_str(),
        }
    }

    /// The `detail-type` of the event that says it. Nothing says that a task waits for its turn.
    fn detail_type(self) -> Option<&'static str> {
        Some(match self {
            Self::PendingTriage => "Investigation Created",
            Self::PendingStart => return None,
            Self::Linked => "Investigation Linked",
            Self::InProgress => "Investigation In Progress",
            Self::Completed => "Investigation Completed",
            Self::Failed => "Investigation Failed",
            Self::TimedOut => "Investigation Timed Out",
            Self::Canceled => "Investigation Cancelled",
        })
    }

    /// The same, while a plan is written of what to do.
    fn mitigation_type(self) -> Option<&'static str> {
        Some(match self {
            Self::InProgress => "Mitigation In Progress",
            Self::Completed => "Mitigation Completed",
            _ => return None,
        })
    }

    /// Whether others of the same failure are linked to it.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Self::PendingStart | Self::InProgress)
    }
}

/// A run of the agent.
#[derive(Clone, Debug)]
pub(super) struct Execution {
    pub(super) id: String,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    pub(super) status: &'static str,
}

/// A task.
#[derive(Clone, Debug)]
pub(super) struct Task {
    pub(super) id: String,
    pub(super) incident: Json,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) primary: Option<String>,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    version: u32,
    pub(super) execution: Option<Execution>,
    /// The token of the request for a plan, if there was one.
    pub(super) asked: Option<String>,
    /// The run that writes the plan.
    pub(super) mitigation: Option<Execution>,
    pub(super) play: Play,
    /// Incidents that were linked to it while it was open, and when.
    pub(super) linked: Vec<(Timestamp, Json)>,
}

/// What an incident is about, as its title says: incidents of the same subject are one failure to the fake. It is the
/// title as far as what happened to it, without the account, a count of incidents and a kind before it.
pub fn subject(title: &str) -> &str {
    let account = title.split_once(": ").filter(|it| !it.0.contains(' '));
    let title = account.map_or(title, |it| it.1);
    let title = title.split_once(" incidents of ").map_or(title, |it| it.1);
    let kinds = ["ECS service ", "alarm "];
    let title = kinds
        .iter()
        .find_map(|it| title.strip_prefix(it))
        .unwrap_or(title);
    let ends = [": ", " (", " in ALARM", " out of memory", " failed"]
        .iter()
        .filter_map(|it| title.find(it));
    &title[..ends.min().unwrap_or(title.len())]
}

/// As the agent writes points in time.
fn stamp(at: Timestamp) -> String {
    contract::format_timestamp(at)
}

/// As the model says of points in time that have no format: seconds since 1970.
fn seconds(at: Timestamp) -> Json {
    let milliseconds = at.as_millisecond();
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of any date near ours fit"
    )]
    let seconds = milliseconds as f64 / 1_000.0;
    json!(seconds)
}

impl Task {
    pub(super) fn new(incident: Json, number: usize, play: Play, at: Timestamp) -> Self {
        let id = incident["incidentId"].as_str().unwrap_or_default();
        Self {
            id: uuid(&["task", id, &number.to_string()]),
            incident,
            status: Status::PendingTriage,
            reason: None,
            primary: None,
            created: at,
            updated: at,
            version: 1,
            execution: None,
            asked: None,
            mitigation: None,
            play,
            linked: Vec::new(),
        }
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.incident[key].as_str().unwrap_or_default()
    }

    pub(super) fn subject(&self) -> &str {
        subject(self.text("title"))
    }

    /// Becomes this.
    pub(super) fn becomes(&mut self, status: Status, at: Timestamp) {
        self.status = status;
        self.updated = at;
        self.version += 1;
    }

    /// An execution that begins now: the plan's, where one was asked for.
    pub(super) fn begin(&mut self, at: Timestamp) {
        let run = |id: String| Execution {
            id,
            created: at,
            updated: at,
            status: "RUNNING",
        };
        if self.asked.is_some() {
            let id = format!("exe-mitigation-{}", uuid(&["mitigation", &self.id]));
            self.mitigation = Some(run(id));
        } else {
            let id = format!("exe-ops1-{}", uuid(&["execution", &self.id]));
            self.execution = Some(run(id));
        }
    }

    /// Its last execution ends. There is no status for one that ended well.
    pub(super) fn end(&mut self, at: Timestamp, status: &'static str) {
        if let Some(execution) = self.mitigation.as_mut().or(self.execution.as_mut()) {
            execution.updated = at;
            execution.status = status;
        }
    }

    /// Its executions, each with the type of the agent that ran.
    fn runs(&self) -> impl Iterator<Item = (&'static str, &Execution)> {
        let run = self.execution.iter().map(|it| ("ops1", it));
        run.chain(self.mitigation.iter().map(|it| ("mitigation", it)))
    }

    /// Whether it has run this execution.
    pub(super) fn has_run(&self, execution: &str) -> bool {
        self.runs().any(|(_, it)| it.id == execution)
    }

    /// How long its executions have run.
    pub(super) fn seconds(&self, now: Timestamp) -> f64 {
        let seconds = self.runs().map(|(_, it)| {
            let end = if it.status == "RUNNING" {
                now
            } else {
                it.updated
            };
            end.duration_since(it.created).as_secs_f64()
        });
        seconds.sum()
    }

    /// As `GetBacklogTask` shows it.
    pub(super) fn to_json(&self, space: &Space) -> Json {
        let incident = self.text("incidentId");
        let mut task = json!({
            "agentSpaceId": space.id,
            "taskId": self.id,
            "title": self.text("title"),
            "description": self.text("description"),
            "reference": {
                "system": "Event Channel",
                "title": format!("EventChannel-{incident}"),
                "referenceId": incident,
                "referenceUrl": "",
                "associationId": uuid(&["association", &space.id]),
            },
            "taskType": "INVESTIGATION",
            "priority": self.text("priority"),
            "status": self.status.as_str(),
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.updated),
            "version": self.version,
            // It stays so where tasks are linked to this one.
            "hasLinkedTasks": false,
        });
        if let Some(execution) = &self.execution {
            task["executionId"] = json!(execution.id);
        }
        if let Some(primary) = &self.primary {
            task["primaryTaskId"] = json!(primary);
        }
        if let Some(reason) = &self.reason {
            task["statusReason"] = json!(reason);
        }
        task
    }

    /// As `ListExecutions` shows what it has run.
    pub(super) fn executions(&self, space: &Space, now: Timestamp) -> Vec<Json> {
        let executions = self.runs().map(|(agent, it)| {
            let updated = if it.status == "RUNNING" {
                now
            } else {
                it.updated
            };
            json!({
                "agentSpaceId": space.id,
                "executionId": it.id,
                "agentSubTask": "",
                "agentType": agent,
                "executionStatus": it.status,
                "createdAt": seconds(it.created),
                "updatedAt": seconds(updated),
            })
        });
        executions.collect()
    }

    /// As `ListJournalRecords` shows what this execution of it wrote, the oldest first.
    pub(super) fn records(&self, execution: &str, space: &Space, now: Timestamp) -> Vec<Json> {
        let is_of_plan = self
            .mitigation
            .as_ref()
            .is_some_and(|it| it.id == execution);
        let records = if is_of_plan {
            journal::plan(self, now)
        } else {
            journal::records(self, now)
        };
        let records = records.into_iter();
        let records = records.map(|it| {
            json!({
                "agentSpaceId": space.id,
                "executionId": execution,
                "recordId": it.id,
                "recordType": it.kind,
                "content": it.content,
                "createdAt": seconds(it.at),
            })
        });
        records.collect()
    }

    /// The event that says how far it is now, where one does. `number` makes its ID another's.
    pub(super) fn event(&self, space: &Space, number: usize) -> Option<Json> {
        let mut metadata = json!({ "agent_space_id": space.id, "task_id": self.id });
        let mut data = json!({
            "task_type": "INVESTIGATION",
            "priority": self.text("priority"),
            "status": self.status.in_events(),
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
        });
        if let Some(execution) = self
            .execution
            .as_ref()
            .filter(|_| self.status != Status::Linked)
        {
            metadata["execution_id"] = json!(execution.id);
        }
        if self.status == Status::Completed {
            data["summary_record_id"] = json!(journal::summary_id(self));
        }
        let detail_type = match self.asked {
            Some(_) => self.status.mitigation_type(),
            None => self.status.detail_type(),
        };
        let Space {
            id,
            account,
            region,
        } = space;
        Some(json!({
            "version": "0",
            "id": uuid(&["event", &self.id, &number.to_string()]),
            "detail-type": detail_type?,
            "source": "aws.aidevops",
            "account": account,
            "time": self.updated.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": region,
            "resources": [format!("arn:aws:aidevops:{region}:{account}:agentspace/{id}")],
            "detail": { "version": "1.0.0", "metadata": metadata, "data": data },
        }))
    }
}
