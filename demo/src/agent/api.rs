//! What the fake can be asked: `GetBacklogTask`, `UpdateBacklogTask`, `ListBacklogTasks`, `ListExecutions` and
//! `ListJournalRecords`. Who asks is not checked.

use jiff::Timestamp;
use serde_json::json;
use stacks::Json;

use super::{
    Agent,
    task::{Status, Task},
};

/// A request to the API.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// `GET`, `POST` or `PATCH`.
    pub method: &'a str,
    /// The path, as `/backlog/agent-space/SPACE/tasks/TASK`.
    pub path: &'a str,
    /// The body; empty for `GET`.
    pub body: &'a [u8],
}

/// What it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The name of the error, where it is one.
    pub error: Option<&'static str>,
    /// The body.
    pub body: Json,
}

/// Names of the priorities, the most urgent last.
const PRIORITIES: [&str; 5] = ["MINIMAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"];

type Refused = (u16, &'static str, String);

fn invalid(message: &str) -> Refused {
    (400, "ValidationException", message.to_owned())
}

fn missing(what: &str) -> Refused {
    let message = format!("{what} was not found");
    (404, "ResourceNotFoundException", message)
}

impl Agent {
    /// Answers a request.
    pub fn answer(&mut self, request: &Request<'_>, now: Timestamp) -> Answer {
        self.play_on(now);
        self.calls += 1;
        let answered = if self.script.throttles(self.calls) {
            Err((429, "ThrottlingException", "Rate exceeded".to_owned()))
        } else {
            self.route(request, now)
        };
        match answered {
            Ok(body) => Answer {
                status: 200,
                error: None,
                body,
            },
            Err((status, error, message)) => Answer {
                status,
                error: Some(error),
                body: json!({ "message": message }),
            },
        }
    }

    fn route(&mut self, request: &Request<'_>, now: Timestamp) -> Result<Json, Refused> {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let read = || -> Result<Json, Refused> {
            serde_json::from_slice(request.body).map_err(|_| invalid("the body is not JSON"))
        };
        let in_space = |space: &str| {
            (space == self.space.id)
                .then_some(())
                .ok_or_else(|| missing("the agent space"))
        };
        match (request.method, &parts[..]) {
            ("GET", ["backlog", "agent-space", space, "tasks", task]) => {
                in_space(space)?;
                let task = self.tasks.iter().find(|it| it.id == **task);
                let task = task.ok_or_else(|| missing("the task"))?;
                Ok(json!({ "task": task.to_json(&self.space) }))
            }
            ("PATCH", ["backlog", "agent-space", space, "tasks", task]) => {
                in_space(space)?;
                let body = read()?;
                if body["taskStatus"] != "PENDING_START" {
                    return Err(invalid("the fake takes PENDING_START alone"));
                }
                self.plan_mitigation(task, &body["clientToken"], now)
            }
            ("POST", ["backlog", "agent-space", space, "tasks", "list"]) => {
                in_space(space)?;
                self.list_tasks(&read()?)
            }
            ("POST", ["journal", "agent-space", space, "executions"]) => {
                in_space(space)?;
                let body = read()?;
                let task = body["taskId"]
                    .as_str()
                    .ok_or_else(|| invalid("taskId is required"))?;
                let task = self.tasks.iter().find(|it| it.id == task);
                let task = task.ok_or_else(|| missing("the task"))?;
                page(&body, task.executions(&self.space, now), "executions", 100)
            }
            ("POST", ["journal", "agent-space", space, "journalRecords"]) => {
                in_space(space)?;
                self.list_records(&read()?, now)
            }
            _ => Err((404, "UnknownOperationException", String::new())),
        }
    }

    fn list_records(&self, body: &Json, now: Timestamp) -> Result<Json, Refused> {
        let execution = body["executionId"].as_str();
        let execution = execution.ok_or_else(|| invalid("executionId is required"))?;
        let task = self.tasks.iter().find(|it| it.has_run(execution));
        let task = task.ok_or_else(|| missing("the execution"))?;
        let mut records = task.records(execution, &self.space, now);
        if let Some(kind) = body["recordType"].as_str() {
            records.retain(|it| it["recordType"] == kind);
        }
        if is_descending(body)? {
            records.reverse();
        }
        page(body, records, "records", 100)
    }

    /// Asks for a plan of a task that is completed. The same token is the same request.
    fn plan_mitigation(
        &mut self,
        task: &str,
        token: &Json,
        now: Timestamp,
    ) -> Result<Json, Refused> {
        let place = self.tasks.iter().position(|it| it.id == task);
        let place = place.ok_or_else(|| missing("the task"))?;
        let token = token.as_str().unwrap_or_default();
        if self.tasks[place].asked.as_deref() != Some(token) {
            if self.tasks[place].status != Status::Completed {
                let message = "the task is not completed".to_owned();
                return Err((409, "ConflictException", message));
            }
            self.ask_for_plan(place, token, now);
        }
        Ok(json!({ "task": self.tasks[place].to_json(&self.space) }))
    }

    fn list_tasks(&self, body: &Json) -> Result<Json, Refused> {
        let filter = &body["filter"];
        let one = |key: &str| -> Result<Option<&str>, Refused> {
            match filter[key].as_array().map(Vec::as_slice) {
                None => Ok(None),
                Some([one]) => Ok(one.as_str()),
                Some(_) => Err(invalid("a filter takes one value")),
            }
        };
        let (priority, status, kind) = (one("priority")?, one("status")?, one("taskType")?);
        if priority.is_some() && status.is_some() && kind.is_none() {
            return Err(invalid("priority and status together need taskType"));
        }
        let at = |key: &str| -> Result<Option<Timestamp>, Refused> {
            let at = filter[key].as_str().map(str::parse);
            at.transpose()
                .map_err(|_| invalid("a timestamp is not valid"))
        };
        let (after, before) = (at("createdAfter")?, at("createdBefore")?);
        let primary = filter["primaryTaskId"].as_str();
        let is_meant = |it: &&Task| {
            priority.is_none_or(|wanted| it.text("priority") == wanted)
                && status.is_none_or(|wanted| it.status.as_str() == wanted)
                && kind.is_none_or(|wanted| wanted == "INVESTIGATION")
                && after.is_none_or(|after| it.created >= after)
                && before.is_none_or(|before| it.created < before)
                && primary.is_none_or(|wanted| it.primary.as_deref() == Some(wanted))
        };
        let mut tasks: Vec<&Task> = self.tasks.iter().filter(is_meant).collect();
        match body["sortField"].as_str() {
            None | Some("CREATED_AT") => {}
            Some("PRIORITY") => {
                let urgency = |it: &&Task| {
                    PRIORITIES
                        .iter()
                        .position(|name| *name == it.text("priority"))
                };
                tasks.sort_by_key(urgency);
            }
            Some(_) => return Err(invalid("sortField is not valid")),
        }
        if is_descending(body)? {
            tasks.reverse();
        }
        let tasks = tasks.into_iter().map(|it| it.to_json(&self.space));
        page(body, tasks.collect(), "tasks", 1_000)
    }

    /// Whether nothing is left that would end by itself.
    pub fn is_idle(&self) -> bool {
        let is_over = |it: &Task| !it.status.is_open() && it.status != Status::PendingTriage;
        self.next().is_none() && self.tasks.iter().all(is_over)
    }
}

fn is_descending(body: &Json) -> Result<bool, Refused> {
    match body["order"].as_str() {
        None | Some("DESC") => Ok(true),
        Some("ASC") => Ok(false),
        Some(_) => Err(invalid("order is not valid")),
    }
}

/// The page of `all` that is asked for, under `name`.
fn page(body: &Json, all: Vec<Json>, name: &str, most: usize) -> Result<Json, Refused> {
    let limit = match &body["limit"] {
        Json::Null => 100,
        limit => limit
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
            .filter(|it| (1..=most).contains(it))
            .ok_or_else(|| invalid("limit is not valid"))?,
    };
    let from = match &body["nextToken"] {
        Json::Null => 0,
        token => token
            .as_str()
            .and_then(|it| it.strip_prefix("after-")?.parse().ok())
            .ok_or_else(|| invalid("nextToken is not valid"))?,
    };
    let is_more = all.len() > from + limit;
    let shown: Vec<Json> = all.into_iter().skip(from).take(limit).collect();
    let mut page = json!({});
    page[name] = Json::Array(shown);
    if is_more {
        page["nextToken"] = json!(format!("after-{}", from + limit));
    }
    Ok(page)
}
