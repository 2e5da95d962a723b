//! Amazon CloudWatch Logs: lines that hold a text. No function reads logs; people do, through the command line.

use jiff::Timestamp;
use serde_json::json;

use super::{CallError, Page, Service};
use crate::{
    read::{list, text},
    settings::{Environment, InvalidVariable},
};

/// A client of CloudWatch Logs.
#[derive(Clone, Debug)]
pub struct Logs(Service);

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was written.
    pub at: Timestamp,
    /// What it says.
    pub text: String,
}

impl Logs {
    /// A client as the environment says.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment names no region or has no credentials.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, InvalidVariable> {
        Service::new(http, environment, "logs", "CLOUDWATCH_LOGS").map(Self)
    }

    /// A page of the lines of a group that hold this text, the oldest first. A page may be empty and not the last.
    /// Source: `FilterLogEvents` in the CloudWatch Logs API reference.
    ///
    /// # Errors
    ///
    /// When the group is not there, cannot be reached or may not be read.
    pub async fn holding(
        &self,
        group: &str,
        phrase: &str,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<Page<LogLine>, CallError> {
        // In quotes, so that nothing of it is a pattern.
        let quoted = json!(phrase.replace('"', "")).to_string();
        let mut input = json!({
            "logGroupName": group,
            "filterPattern": quoted,
            "startTime": since.as_millisecond(),
        });
        if let Some(page) = page {
            input["nextToken"] = json!(page);
        }
        let call = self
            .0
            .json("Logs_20140328", "FilterLogEvents", "1.1", &input);
        let answer = call.await?;
        let lines = list(&answer, "events").iter().filter_map(|it| {
            Some(LogLine {
                at: Timestamp::from_millisecond(it["timestamp"].as_i64()?).ok()?,
                text: text(it, "message")?.to_owned(),
            })
        });
        Ok(Page {
            items: lines.collect(),
            errors: 0,
            next: text(&answer, "nextToken").map(str::to_owned),
        })
    }
}
