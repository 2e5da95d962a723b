//! What is known of a region, and how it is shown: lines for a person, an object for a program. Pure.

use jiff::Timestamp;
use serde_json::json;
use stacks::Json;

use crate::{
    aws::QueueDepth,
    commands::webhook,
    deploy::StackCondition,
    ledger::{LedgerError, Summary, clock},
    webhook_secret::WebhookState,
};

/// What is known of a region. What belongs to a stack that is not deployed is not there.
pub(super) struct RegionStatus {
    pub(super) region: String,
    pub(super) stacks: Vec<StackLine>,
    /// The version of Tocsin that is deployed; nothing where an older one does not say.
    pub(super) version: Option<String>,
    pub(super) webhook: Option<WebhookState>,
    pub(super) incidents: Option<QueueDepth>,
    pub(super) dead_letters: Option<QueueDepth>,
    /// Whoever may not read the ledger still sees the rest.
    pub(super) ledger: Option<Result<Summary, LedgerError>>,
    /// What the last attempt to send something came to, or why that is not known; nothing while nothing is due.
    pub(super) attempt: Option<Result<Attempt, String>>,
    pub(super) alarms: Vec<PipelineAlarm>,
    /// What could not be read, and why.
    pub(super) problems: Vec<String>,
}

/// An attempt to send something.
pub(super) struct Attempt {
    pub(super) at: Timestamp,
    /// What `deliver` logged about it.
    pub(super) line: Json,
}

/// A stack, and what CloudFormation says of it.
pub(super) struct StackLine {
    pub(super) stack: String,
    pub(super) status: String,
    /// What can be done with it, if it is there.
    pub(super) condition: Option<StackCondition>,
}

/// An alarm on the pipeline itself that has gone off.
pub(super) struct PipelineAlarm {
    pub(super) name: Option<String>,
    pub(super) reason: Option<String>,
}

impl RegionStatus {
    /// Everything, for a program.
    pub(super) fn to_json(&self) -> Json {
        let depth = |queue: Option<QueueDepth>| {
            queue.map_or(
                Json::Null,
                |it| json!({ "waiting": it.waiting, "inFlight": it.in_flight }),
            )
        };
        let webhook = match &self.webhook {
            None => Json::Null,
            Some(WebhookState::NotSet) => json!({ "set": false }),
            Some(WebhookState::Unusable(problem)) => json!({ "set": true, "problem": problem }),
            Some(WebhookState::Set { kind, host }) => {
                let mut shown = json!({ "set": true });
                if let Some(kind) = kind {
                    shown["kind"] = json!(kind.to_string());
                }
                if let Some(host) = host {
                    shown["host"] = json!(host);
                }
                shown
            }
        };
        let ledger = match &self.ledger {
            None => Json::Null,
            Some(Ok(summary)) => summary.to_json(),
            Some(Err(error)) => json!({ "problem": problem(error) }),
        };
        let stacks = self.stacks.iter();
        let alarms = self.alarms.iter();
        json!({
            "region": self.region,
            "stacks": stacks
                .map(|it| json!({ "stack": it.stack, "status": it.status }))
                .collect::<Vec<_>>(),
            "version": self.version,
            "webhook": webhook,
            "incidents": depth(self.incidents),
            "deadLetters": depth(self.dead_letters),
            "ledger": ledger,
            "lastAttempt": self.attempt.as_ref().map(last_attempt),
            "pipelineAlarms": alarms
                .map(|it| json!({ "name": it.name, "reason": it.reason }))
                .collect::<Vec<_>>(),
            "problems": self.problems,
        })
    }

    /// Everything, for a person. Commands are named for this account.
    pub(super) fn lines(&self, account: &str, now: Timestamp) -> Vec<String> {
        let mut lines = vec![self.region.clone()];
        for StackLine { stack, status, .. } in &self.stacks {
            lines.push(format!("  stack         {stack}  {status}"));
        }
        lines.extend(self.version.as_ref().map(|it| version(it, account)));
        lines.extend(self.webhook.as_ref().map(|it| webhook_line(it, account)));
        if let Some(it) = self.incidents {
            lines.push(queue("incidents", it));
        }
        if let Some(it) = self.dead_letters {
            lines.push(queue("dead letters", it));
            if it.waiting > 0 {
                lines.push(format!(
                    "                see why with: synth redrive --account {account} --dry-run"
                ));
            }
        }
        match &self.ledger {
            None => {}
            Some(Ok(summary)) => lines.extend(summary.lines(now)),
            Some(Err(error)) => lines.push(format!("  ledger        {}", problem(error))),
        }
        match &self.attempt {
            None => {}
            Some(Ok(Attempt { at, line })) => {
                let result = webhook::result(line, account);
                lines.push(format!(
                    "  last attempt  {}: {}",
                    clock(*at, now),
                    result.what
                ));
                let next = result.next.iter();
                lines.extend(next.map(|it| format!("                next: {it}")));
            }
            Some(Err(why)) => lines.push(format!("  last attempt  not read: {why}")),
        }
        for PipelineAlarm { name, reason } in &self.alarms {
            let (name, reason) = (
                name.as_deref().unwrap_or_default(),
                reason.as_deref().unwrap_or_default(),
            );
            lines.push(format!("  alarm         {name}  {reason}"));
        }
        for problem in &self.problems {
            lines.push(format!("  not read      {problem}"));
        }
        lines
    }
}

/// An attempt, for a program.
fn last_attempt(attempt: &Result<Attempt, String>) -> Json {
    match attempt {
        Ok(Attempt { at, line }) => json!({
            "at": at,
            "verdict": line["verdict"],
            "status": line["status"],
            "why": line["why"],
        }),
        Err(why) => json!({ "problem": why }),
    }
}

fn version(deployed: &str, account: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    if deployed == own {
        format!("  version       {deployed}")
    } else {
        format!(
            "  version       {deployed}; this is {own}. See what a deploy changes with: synth diff --account {account}"
        )
    }
}

fn webhook_line(state: &WebhookState, account: &str) -> String {
    let state = match state {
        WebhookState::NotSet => {
            format!("not set: incidents wait. Set it with: synth webhook set --account {account}")
        }
        WebhookState::Unusable(problem) => format!("set, but not usable: {problem}"),
        WebhookState::Set {
            kind: Some(kind),
            host: Some(host),
        } => format!("set: {kind} at {host}"),
        WebhookState::Set {
            kind: Some(kind),
            host: None,
        } => format!("set: {kind}"),
        WebhookState::Set { kind: None, .. } => "set".to_owned(),
    };
    format!("  webhook       {state}")
}

fn queue(label: &str, depth: QueueDepth) -> String {
    let QueueDepth {
        waiting, in_flight, ..
    } = depth;
    format!("  {label:<13} {waiting} waiting, {in_flight} in flight")
}

fn problem(error: &LedgerError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}: {hint}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use ::webhook::Kind;

    use super::*;

    const EMPTY: QueueDepth = QueueDepth {
        waiting: 0,
        in_flight: 0,
        delayed: 0,
    };

    fn status(webhook: Option<WebhookState>) -> RegionStatus {
        RegionStatus {
            region: "eu-central-1".to_owned(),
            stacks: vec![StackLine {
                stack: "tocsin-prod".to_owned(),
                status: "UPDATE_COMPLETE".to_owned(),
                condition: Some(StackCondition::Ready),
            }],
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            webhook,
            incidents: Some(EMPTY),
            dead_letters: Some(QueueDepth {
                waiting: 3,
                ..EMPTY
            }),
            ledger: None,
            attempt: None,
            alarms: vec![PipelineAlarm {
                name: Some("tocsin-prod-pipeline-dead-letters".to_owned()),
                reason: Some("3 datapoints".to_owned()),
            }],
            problems: Vec::new(),
        }
    }

    #[test]
    fn people_and_programs_are_shown_the_same() {
        let kind = Some(Kind::Hmac);
        let host = Some("event-ai.eu-central-1.api.aws".to_owned());
        for (webhook, line, shown) in [
            (None, None, Json::Null),
            (
                Some(WebhookState::NotSet),
                Some(
                    "  webhook       not set: incidents wait. Set it with: synth webhook set \
                     --account prod",
                ),
                json!({ "set": false }),
            ),
            (
                Some(WebhookState::Set {
                    kind: None,
                    host: None,
                }),
                Some("  webhook       set"),
                json!({ "set": true }),
            ),
            (
                Some(WebhookState::Set { kind, host: None }),
                Some("  webhook       set: HMAC"),
                json!({ "set": true, "kind": "HMAC" }),
            ),
            (
                Some(WebhookState::Set { kind, host }),
                Some("  webhook       set: HMAC at event-ai.eu-central-1.api.aws"),
                json!({ "set": true, "kind": "HMAC", "host": "event-ai.eu-central-1.api.aws" }),
            ),
            (
                Some(WebhookState::Unusable("the secret is empty".to_owned())),
                Some("  webhook       set, but not usable: the secret is empty"),
                json!({ "set": true, "problem": "the secret is empty" }),
            ),
        ] {
            let status = status(webhook);
            let version = format!("  version       {}", env!("CARGO_PKG_VERSION"));
            let mut expected = vec![
                "eu-central-1",
                "  stack         tocsin-prod  UPDATE_COMPLETE",
                version.as_str(),
            ];
            expected.extend(line);
            expected.extend([
                "  incidents     0 waiting, 0 in flight",
                "  dead letters  3 waiting, 0 in flight",
                "                see why with: synth redrive --account prod --dry-run",
                "  alarm         tocsin-prod-pipeline-dead-letters  3 datapoints",
            ]);
            assert_eq!(status.lines("prod", Timestamp::UNIX_EPOCH), expected);
            assert_eq!(status.to_json()["webhook"], shown);
        }
    }

    /// Whoever is called because incidents wait learns why, and what to do.
    #[test]
    fn the_last_attempt_is_shown_with_the_next_command() {
        let at: Timestamp = "2026-01-02T12:31:05Z".parse().unwrap();
        let now: Timestamp = "2026-01-02T12:40:00Z".parse().unwrap();
        for (line, expected, json) in [
            (
                Ok(json!({ "message": "attempt", "status": 503, "verdict": "later" })),
                "  last attempt  12:31:05 UTC: HTTP 503: the receiver takes no incidents now\n                \
                 next: incidents are retried until it does; test it again: synth webhook test --account prod",
                json!({ "at": at, "status": 503, "verdict": "later", "why": null }),
            ),
            (
                Ok(json!({ "message": "attempt", "verdict": "no answer", "why": "timeout" })),
                "  last attempt  12:31:05 UTC: no answer: timeout\n                next: check the host of the URL \
                 and the function's way to it; then: synth webhook test --account prod",
                json!({ "at": at, "status": null, "verdict": "no answer", "why": "timeout" }),
            ),
            (
                Err("logs FilterLogEvents: AccessDeniedException (status 400)".to_owned()),
                "  last attempt  not read: logs FilterLogEvents: AccessDeniedException (status 400)",
                json!({ "problem": "logs FilterLogEvents: AccessDeniedException (status 400)" }),
            ),
        ] {
            let mut status = status(None);
            status.attempt = Some(line.map(|line| Attempt { at, line }));
            let shown = status.lines("prod", now).join("\n");
            assert!(shown.contains(expected), "{shown}");
            assert_eq!(status.to_json()["lastAttempt"], json);
        }
    }
}
