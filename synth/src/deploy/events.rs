//! Watches a stack until it has settled, and says what happens meanwhile.

use std::{collections::HashSet, time::Duration};

use aws_sdk_cloudformation::{Client, types::StackEvent};

use super::{DeployError, DeployEvent, Deployer, Observer, StackStatus, describe};
use crate::aws::AwsError;

/// How long AWS may be out of reach before a person is told.
const PATIENCE: Duration = Duration::from_mins(10);
/// Pages of events that are read at most: more than any deploy of ours makes.
const PAGES: usize = 50;

/// What CloudFormation says of a resource that it did not finish because another failed, which explains nothing.
const CANCELLED: [&str; 3] = [
    "Resource creation cancelled",
    "Resource update cancelled",
    "Resource deletion cancelled",
];

/// A stack that has settled.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) status: StackStatus,
    /// What failed first, in CloudFormation's words.
    pub(super) reasons: Vec<String>,
}

/// The newest event of a stack: what comes after it is news.
pub(super) async fn newest(cloudformation: &Client, stack: &str) -> Option<String> {
    let answer = cloudformation
        .describe_stack_events()
        .stack_name(stack)
        .send()
        .await
        .ok()?;
    answer.stack_events?.into_iter().next()?.event_id
}

impl Deployer<'_> {
    /// Watches until the stack's status is what `settled` wants. What goes wrong with watching never decides
    /// how the deploy ended: only the stack's own status does.
    pub(super) async fn settle(
        &self,
        stack: &str,
        baseline: Option<String>,
        settled: fn(&StackStatus) -> bool,
    ) -> Result<Settled, DeployError> {
        let cloudformation = self.region.aws.cloudformation();
        let mut watch = Watch {
            seen: baseline.into_iter().collect(),
            failures: Vec::new(),
        };
        let mut pause = Duration::from_millis(300);
        let mut out_of_reach = Duration::ZERO;
        loop {
            watch
                .report_news(&cloudformation, stack, self.observer)
                .await;
            match describe(&cloudformation, stack).await {
                Ok(Some(now)) if settled(&now.status) => {
                    watch
                        .report_news(&cloudformation, stack, self.observer)
                        .await;
                    return Ok(Settled {
                        status: now.status,
                        reasons: watch.reasons(now.reason),
                    });
                }
                Ok(None) => {
                    return Ok(Settled {
                        status: StackStatus::DeleteComplete,
                        reasons: Vec::new(),
                    });
                }
                Ok(Some(_)) => out_of_reach = Duration::ZERO,
                Err(error) if error.is_passing() && out_of_reach < PATIENCE => {
                    out_of_reach += pause;
                }
                Err(error) => return Err(lost(stack, &error)),
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.stop.given() => {
                    return Err(DeployError::Detached { stack: stack.to_owned() });
                }
            }
            pause = (pause * 5 / 4).min(Duration::from_secs(5));
        }
    }
}

fn lost(stack: &str, error: &AwsError) -> DeployError {
    DeployError::ContactLost {
        stack: stack.to_owned(),
        reason: error.to_string(),
    }
}

struct Watch {
    seen: HashSet<String>,
    failures: Vec<String>,
}

impl Watch {
    async fn report_news(&mut self, cloudformation: &Client, stack: &str, observer: &Observer<'_>) {
        for event in self.news(cloudformation, stack).await.unwrap_or_default() {
            let status = event.resource_status.as_ref().map_or("", |it| it.as_str());
            let id = event.logical_resource_id.as_deref().unwrap_or_default();
            let reason = event.resource_status_reason.as_deref().unwrap_or_default();
            let failed = status.ends_with("_FAILED");
            if failed && !CANCELLED.contains(&reason) && id != stack {
                self.failures.push(format!("{id}: {reason}"));
            }
            if status.ends_with("_COMPLETE") || failed {
                observer(&DeployEvent::Resource {
                    status,
                    id,
                    resource_type: event.resource_type.as_deref().unwrap_or_default(),
                    reason: Some(reason).filter(|it| failed && !it.is_empty()),
                });
            }
        }
    }

    /// The events since the last time, oldest first.
    async fn news(
        &mut self,
        cloudformation: &Client,
        stack: &str,
    ) -> Result<Vec<StackEvent>, AwsError> {
        let mut news = Vec::new();
        let mut token = None;
        'pages: for _ in 0..PAGES {
            let answer = cloudformation
                .describe_stack_events()
                .stack_name(stack)
                .set_next_token(token)
                .send()
                .await
                .map_err(|it| AwsError::call("CloudFormation DescribeStackEvents", it))?;
            for event in answer.stack_events.unwrap_or_default() {
                let id = event.event_id.clone().unwrap_or_default();
                if self.seen.contains(&id) {
                    break 'pages;
                }
                news.push(event);
            }
            token = answer.next_token;
            if token.is_none() {
                break;
            }
        }
        self.seen
            .extend(news.iter().filter_map(|event| event.event_id.clone()));
        news.reverse();
        Ok(news)
    }

    fn reasons(&self, of_stack: Option<String>) -> Vec<String> {
        if self.failures.is_empty() {
            return of_stack.into_iter().collect();
        }
        self.failures.iter().take(5).cloned().collect()
    }
}
