//! Searches the logs of a region's functions, with the credentials of whoever runs this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::{
    aws::{CallError, logs::Logs},
    http::{Reuse, client, web_roots},
};
use stacks::Json;

use super::Line;
use crate::aws::{Aws, AwsError};

const FILTER: &str = "CloudWatch Logs FilterLogEvents";
/// Pages of one group that are read at most: CloudWatch looks through the whole group for each text.
const PAGES: usize = 50;
/// How `deliver` calls the line that says what the webhook answered.
const ATTEMPT: &str = "attempt";
/// Pages that are read for the last of these at most.
const PAGES_OF_ATTEMPTS: usize = 10;

/// The logs of the functions of a stack.
pub(crate) struct Search {
    logs: Logs,
    /// The groups, by function.
    groups: BTreeMap<String, String>,
    since: Timestamp,
}

impl Search {
    /// Finds the groups of these functions.
    pub(crate) async fn of(
        aws: &Aws,
        functions: &[(String, String)],
        since: Timestamp,
    ) -> Result<Self, AwsError> {
        let services = [("CloudWatch Logs", "CLOUDWATCH_LOGS")];
        let own = aws.function_environment(FILTER, &services).await?;
        let http = client(web_roots(), Reuse::Connections).map_err(|it| failed(&it))?;
        let logs = Logs::new(http, &own.environment).map_err(|it| failed(&it))?;
        let mut groups = BTreeMap::new();
        for (label, name) in functions {
            let configuration = aws
                .lambda()
                .get_function_configuration()
                .function_name(name)
                .send()
                .await
                .map_err(|it| AwsError::call("Lambda GetFunctionConfiguration", it))?;
            let group = configuration.logging_config.and_then(|it| it.log_group);
            let by_default = || format!("/aws/lambda/{name}");
            groups.insert(label.clone(), group.unwrap_or_else(by_default));
        }
        Ok(Self {
            logs,
            groups,
            since,
        })
    }

    /// The lines that hold a text, and what could not be searched.
    pub(crate) async fn holding(&self, text: &str) -> (Vec<Line>, Vec<String>) {
        let (mut lines, mut gaps) = (Vec::new(), Vec::new());
        for (label, group) in &self.groups {
            let mut next: Option<String> = None;
            for page in 1.. {
                let found = self
                    .logs
                    .holding(group, text, self.since, next.as_deref())
                    .await;
                match found {
                    Ok(found) => {
                        lines.extend(found.items.iter().filter_map(Line::read));
                        next = found.next;
                    }
                    Err(error) => {
                        gaps.push(format!("the log of {label}: {error}"));
                        break;
                    }
                }
                if next.is_none() {
                    break;
                }
                if page == PAGES {
                    gaps.push(format!(
                        "the rest of the log of {label}: it is long, a smaller --since helps"
                    ));
                    break;
                }
            }
        }
        (lines, gaps)
    }

    /// The last attempt to send something: when it was, and the line that `deliver` wrote about it. Nothing where there
    /// was none.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if a log cannot be read. One that does not exist yet is not an error.
    pub(crate) async fn last_attempt(&self) -> Result<Option<(Timestamp, Json)>, CallError> {
        let mut last = None;
        for group in self.groups.values() {
            let mut next: Option<String> = None;
            for _ in 0..PAGES_OF_ATTEMPTS {
                let page = self
                    .logs
                    .holding(group, ATTEMPT, self.since, next.as_deref());
                let found = match page.await {
                    Err(error) if error.is("ResourceNotFoundException") => break,
                    found => found?,
                };
                for line in found.items {
                    let json: Option<Json> = serde_json::from_str(line.text.trim()).ok();
                    if let Some(json) = json.filter(|it| it["message"] == ATTEMPT) {
                        last = Some((line.at, json));
                    }
                }
                next = found.next;
                if next.is_none() {
                    break;
                }
            }
        }
        Ok(last)
    }
}

fn failed(error: &dyn std::fmt::Display) -> AwsError {
    AwsError::NoAnswer {
        operation: FILTER,
        reason: error.to_string(),
    }
}
