//! What CloudFormation notes of one operation of ours, and of no other. Pure.

use std::collections::{BTreeMap, HashSet};

use aws_sdk_cloudformation::{primitives::DateTime, types::StackEvent};

use super::StackStatus;

/// What CloudFormation says of a resource that it did not finish because another failed, which explains nothing.
const CANCELLED: [&str; 3] = [
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
];

/// The reason of an operation that somebody has asked for, which explains nothing.
const USER_INITIATED: &str = "User Initiated";

/// The events of one operation, by its token.
#[derive(Debug)]
pub(super) struct EventLog {
    token: String,
    seen: HashSet<String>,
    /// What failed, the first first.
    failures: Vec<Failure>,
    /// Why the stack itself is as it is.
    of_stack: Option<String>,
    /// The last status of the stack itself, if it is one that does not go on.
    ended: Option<StackStatus>,
    /// What is being worked on, and since when in seconds since 1970.
    running: BTreeMap<String, i64>,
}

/// A resource that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) id: String,
    pub(super) reason: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id.as_str() {
            "" => f.write_str(&self.reason),
            id => write!(f, "{id}: {}", self.reason),
        }
    }
}

impl EventLog {
    pub(super) fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            seen: HashSet::new(),
            failures: Vec::new(),
            of_stack: None,
            ended: None,
            running: BTreeMap::new(),
        }
    }

    /// Reads a page of events, the newest first. Returns those that are news, the oldest first, and whether the next
    /// page may have more of them.
    pub(super) fn read(&mut self, page: Vec<StackEvent>) -> (Vec<StackEvent>, bool) {
        let is_ours = |it: &StackEvent| it.client_request_token() == Some(self.token.as_str());
        let goes_on = page.last().is_some_and(is_ours);
        let count = page.len();
        let mut news: Vec<StackEvent> = page
            .into_iter()
            .filter(|it| is_ours(it) && !self.seen.contains(it.event_id().unwrap_or_default()))
            .collect();
        news.reverse();
        let all_new = news.len() == count;
        let ids = news.iter().filter_map(|it| it.event_id.clone());
        self.seen.extend(ids);
        (news, goes_on && all_new)
    }

    /// Notes what events say, the oldest first.
    pub(super) fn note(&mut self, events: &[StackEvent]) {
        for event in events {
            let status = event.resource_status().map_or("", |it| it.as_str());
            let id = event.logical_resource_id().unwrap_or_default();
            let reason = event.resource_status_reason().unwrap_or_default();
            if let Some(hook) = event.hook_status_reason().filter(|_| {
                event
                    .hook_status()
                    .is_some_and(|it| it.as_str().contains("FAILED"))
            }) {
                let name = event.hook_type().unwrap_or("a hook");
                self.failures.push(Failure {
                    id: id.to_owned(),
                    reason: format!("{name}: {hook}"),
                });
            }
            if is_of_stack(event) {
                let parsed = StackStatus::parse(status);
                if !["", USER_INITIATED].contains(&reason) {
                    self.of_stack.get_or_insert_with(|| reason.to_owned());
                }
                self.ended = Some(parsed).filter(StackStatus::is_settled);
                continue;
            }
            if status.ends_with("_IN_PROGRESS") {
                let since = event.timestamp().map_or(0, DateTime::secs);
                self.running.entry(id.to_owned()).or_insert(since);
            } else {
                self.running.remove(id);
            }
            if status.ends_with("_FAILED") && !CANCELLED.contains(&reason) {
                self.failures.push(Failure {
                    id: id.to_owned(),
                    reason: reason.to_owned(),
                });
            }
        }
    }

    /// How it ended, as its own events say.
    pub(super) fn ended(&self) -> Option<&StackStatus> {
        self.ended.as_ref()
    }

    /// What is being worked on, and since when in seconds since 1970; the longest first.
    pub(super) fn running(&self) -> Vec<(&str, i64)> {
        let mut running: Vec<_> = self
            .running
            .iter()
            .map(|(id, at)| (id.as_str(), *at))
            .collect();
        running.sort_by_key(|(_, since)| *since);
        running
    }

    /// What failed, the first first; what CloudFormation says of the stack where no resource failed.
    pub(super) fn failures(&self) -> Vec<Failure> {
        if !self.failures.is_empty() {
            return self.failures.iter().take(5).cloned().collect();
        }
        let of_stack = self.of_stack.iter().map(|reason| Failure {
            id: String::new(),
            reason: reason.clone(),
        });
        of_stack.collect()
    }
}

/// Whether an event is of the stack itself.
pub(super) fn is_of_stack(event: &StackEvent) -> bool {
    event.physical_resource_id().is_some()
        && event.physical_resource_id() == event.stack_id()
        && event.resource_type() == Some("AWS::CloudFormation::Stack")
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn event(number: u32, token: &str, id: &str, status: &str, reason: &str) -> StackEvent {
        let event = StackEvent::builder()
            .stack_id("arn:stack")
            .stack_name("s")
            .event_id(number.to_string())
            .timestamp(DateTime::from_secs(number.into()))
            .client_request_token(token)
            .logical_resource_id(id)
            .resource_status(ResourceStatus::from(status))
            .resource_status_reason(reason);
        if id == "s" {
            event
                .resource_type("AWS::CloudFormation::Stack")
                .physical_resource_id("arn:stack")
                .build()
        } else {
            event.build()
        }
    }

    #[test]
    fn only_events_of_the_own_token_count() {
        let mut log = EventLog::new("ours");
        let old = event(1, "theirs", "s", "UPDATE_ROLLBACK_COMPLETE", "old");
        let (news, more) = log.read(vec![
            event(3, "ours", "A", "UPDATE_FAILED", "no"),
            event(2, "ours", "s", "UPDATE_IN_PROGRESS", ""),
            old.clone(),
        ]);
        assert_eq!((news.len(), more), (2, false));
        log.note(&news);
        assert_eq!(log.ended(), None);
        let (news, _) = log.read(vec![
            event(5, "ours", "s", "UPDATE_ROLLBACK_COMPLETE", ""),
            event(4, "ours", "B", "UPDATE_FAILED", "Resource update cancelled"),
            event(3, "ours", "A", "UPDATE_FAILED", "no"),
            event(2, "ours", "s", "UPDATE_IN_PROGRESS", ""),
            old,
        ]);
        assert_eq!(news.len(), 2);
        log.note(&news);
        assert_eq!(log.ended(), Some(&StackStatus::UpdateRollbackComplete));
        let first = Failure {
            id: "A".to_owned(),
            reason: "no".to_owned(),
        };
        assert_eq!(log.failures(), [first]);
    }

    #[test]
    fn an_event_that_comes_late_is_news_all_the_same() {
        let mut log = EventLog::new("ours");
        let newest = || event(3, "ours", "B", "CREATE_COMPLETE", "");
        let _ = log.read(vec![newest()]);
        let (news, _) = log.read(vec![newest(), event(2, "ours", "A", "CREATE_FAILED", "no")]);
        assert_eq!(news.len(), 1);
    }
}
