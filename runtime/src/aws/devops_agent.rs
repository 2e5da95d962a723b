//! AWS DevOps Agent: tasks of an agent space, their executions and journals.
//!
//! Source: the AWS DevOps Agent API reference. Every list is bounded here.

use std::ops::Range;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{CallError, Page, Reason, Service};
use crate::{
    read::{list, text},
    settings::{Environment, InvalidVariable},
};

/// Every action that reading takes, as IAM names them.
pub const ACTIONS: [&str; 4] = [
    "aidevops:GetBacklogTask",
    "aidevops:ListBacklogTasks",
    "aidevops:ListExecutions",
    "aidevops:ListJournalRecords",
];

/// The action that asking for a plan takes.
pub const PLAN_ACTION: &str = "aidevops:UpdateBacklogTask";

/// Entries of a page.
const PAGE: usize = 100;
/// Characters of a token at most.
const TOKEN: usize = 64;
/// Pages of executions, or of records of one type, that are read at most.
const PAGES: usize = 3;

/// A client of one agent space.
#[derive(Clone, Debug)]
pub struct DevOpsAgent {
    service: Service,
    space: String,
}

impl DevOpsAgent {
    /// The agent space of this ID in a region.
    ///
    /// # Errors
    ///
    /// When the environment names no credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        region: &str,
        space: &str,
    ) -> Result<Self, InvalidVariable> {
        let endpoint = environment
            .endpoint_set("DEVOPS_AGENT")
            .unwrap_or_else(|| format!("https://dp.aidevops.{region}.api.aws"));
        Ok(Self {
            service: Service::at(http, environment, "aidevops", endpoint, region)?,
            space: space.to_owned(),
        })
    }

    /// A task.
    ///
    /// # Errors
    ///
    /// When there is none of this ID, or the agent cannot be asked.
    pub async fn task(&self, id: &str) -> Result<Json, CallError> {
        let path = format!("/backlog/agent-space/{}/tasks/{id}", self.space);
        let get = http::Method::GET;
        let mut answer = self
            .service
            .rest("GetBacklogTask", get, &path, None)
            .await?;
        // What is no answer of the agent's is asked for again, and is not a task of somebody else.
        let task = answer.get_mut("task").filter(|it| it.is_object());
        task.map(Json::take)
            .ok_or_else(|| CallError::new("aidevops", "GetBacklogTask", Reason::Unreadable))
    }

    /// A page of the investigations that were made in this time, the latest first.
    ///
    /// # Errors
    ///
    /// When the agent cannot be asked.
    pub async fn tasks(
        &self,
        made: Range<Timestamp>,
        token: Option<&str>,
    ) -> Result<Page<Json>, CallError> {
        let path = format!("/backlog/agent-space/{}/tasks/list", self.space);
        let input = json!({
            "filter": {
                "createdAfter": contract::format_timestamp(made.start),
                "createdBefore": contract::format_timestamp(made.end),
                "taskType": ["INVESTIGATION"],
            },
            "limit": PAGE,
            "sortField": "CREATED_AT",
            "order": "DESC",
        });
        self.page("ListBacklogTasks", &path, "tasks", input, token)
            .await
    }

    /// The executions of a task.
    ///
    /// # Errors
    ///
    /// When the agent cannot be asked.
    pub async fn executions(&self, task: &str) -> Result<Vec<Json>, CallError> {
        let path = format!("/journal/agent-space/{}/executions", self.space);
        let input = json!({ "taskId": task, "limit": PAGE });
        self.all("ListExecutions", &path, "executions", input).await
    }

    /// The records of one type in the journal of an execution, the latest first.
    ///
    /// # Errors
    ///
    /// When the agent cannot be asked.
    pub async fn records(&self, execution: &str, kind: &str) -> Result<Vec<Json>, CallError> {
        let path = format!("/journal/agent-space/{}/journalRecords", self.space);
        let input = json!({
            "executionId": execution,
            "recordType": kind,
            "limit": PAGE,
            "order": "DESC",
        });
        self.all("ListJournalRecords", &path, "records", input)
            .await
    }

    /// Asks for a plan of what to do about the root cause of a completed task: its status becomes `PENDING_START` again.
    /// However often it is asked for the same task, that is one request.
    ///
    /// # Errors
    ///
    /// When the agent refuses, or cannot be asked.
    pub async fn plan(&self, task: &str) -> Result<(), CallError> {
        let path = format!("/backlog/agent-space/{}/tasks/{task}", self.space);
        let token: String = format!("mitigation-{task}").chars().take(TOKEN).collect();
        let input = json!({ "taskStatus": "PENDING_START", "clientToken": token });
        let patch = http::Method::PATCH;
        let answer = self
            .service
            .rest("UpdateBacklogTask", patch, &path, Some(&input));
        answer.await.map(drop)
    }

    async fn all(
        &self,
        operation: &'static str,
        path: &str,
        name: &str,
        input: Json,
    ) -> Result<Vec<Json>, CallError> {
        let (mut items, mut token) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = self.page(operation, path, name, input.clone(), token.as_deref());
            let page = page.await?;
            items.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(items)
    }

    async fn page(
        &self,
        operation: &'static str,
        path: &str,
        name: &str,
        mut input: Json,
        token: Option<&str>,
    ) -> Result<Page<Json>, CallError> {
        if let Some(token) = token {
            input["nextToken"] = json!(token);
        }
        let post = http::Method::POST;
        let answer = self
            .service
            .rest(operation, post, path, Some(&input))
            .await?;
        Ok(Page {
            items: list(&answer, name).to_vec(),
            errors: 0,
            next: text(&answer, "nextToken").map(str::to_owned),
        })
    }
}
