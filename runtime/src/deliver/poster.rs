//! Sends one report: one attempt, and at most two more.

use std::time::Duration;

use contract::Incident;
use jiff::Timestamp;
use serde_json::json;
use webhook::Verdict;

use super::{
    attempt::attempt, circuit::Circuit, defer::Defer, ports::Ports, secret::SecretCache,
    session::Session,
};
use crate::log::Level;

/// The least time between two posts of an environment. Two take batches at once, so the agent sees two a
/// second.
const PACE: Duration = Duration::from_secs(1);
/// The longest wait that is waited for on the spot.
const SHORT_WAIT: Duration = Duration::from_secs(5);
/// What is kept of an invocation's time to record what became of a post and to return messages.
const MARGIN: Duration = Duration::from_secs(10);

/// What an environment knows of the webhook.
#[derive(Debug)]
pub(super) struct Poster {
    /// How long one attempt may take, all in all.
    attempt: Duration,
    secret: SecretCache,
    pub(super) circuit: Circuit,
    last_post: Option<Timestamp>,
}

/// What was remembered of the attempts of one invocation.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// Attempts that came to nothing, of whatever report.
    failures: u32,
    /// Whether the secret was fetched again because it was refused.
    refetched: bool,
}

/// What a report's attempts came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The agent has it.
    Sent,
    /// The agent refuses it, for this reason.
    Rejected(String),
    /// Nothing would be taken now, neither this one nor any other.
    Stop(Defer),
}

impl Poster {
    pub(super) fn new(attempt: Duration) -> Self {
        Self {
            attempt,
            secret: SecretCache::default(),
            circuit: Circuit::default(),
            last_post: None,
        }
    }

    /// Whether this environment has sent nothing yet.
    pub(super) fn is_new(&self) -> bool {
        self.last_post.is_none()
    }

    /// Reads the secret again before the next post.
    pub(super) fn forget_secret(&mut self) {
        self.secret.forget();
    }

    /// Whether there is time for an attempt, and for what is left to do after it.
    pub(super) fn has_time<P: Ports>(&self, session: &Session<'_, P>) -> bool {
        session.time_left() >= self.attempt + MARGIN
    }

    /// Sends a report.
    pub(super) async fn post<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        incident: &Incident,
    ) -> Outcome {
        let ports = session.ports;
        let mut incident = incident.clone();
        if let Some(account) = &session.settings.account_name {
            incident = incident.of_account(account);
        }
        let body = incident.to_body();
        let mut number = 0;
        loop {
            number += 1;
            let webhook = match self.secret.get(ports).await {
                Ok(webhook) => webhook,
                Err(error) => {
                    session.count(|it| it.misconfigured += 1);
                    ports.log(
                        Level::Error,
                        "the webhook is not usable: incidents wait",
                        json!({ "why": error.to_string(), "next": "synth webhook set" }),
                    );
                    // Nothing was sent, so there is nothing to spare: the next batch reads it again.
                    return Outcome::Stop(Defer::Longer);
                }
            };
            self.keep_pace(ports).await;
            if !self.has_time(session) {
                return Outcome::Stop(Defer::AT_ONCE);
            }
            let verdict = attempt(ports, &webhook, &incident, &body, number, self.attempt).await;
            self.last_post = Some(ports.now());
            let taken = matches!(verdict, Ok(Verdict::Confirmed | Verdict::Unconfirmed));
            session.count(|it| it.failed_attempts += usize::from(!taken));
            let wait = match verdict {
                Ok(Verdict::Confirmed) => {
                    session.count(|it| it.confirmed += 1);
                    self.circuit.close();
                    return Outcome::Sent;
                }
                Ok(Verdict::Unconfirmed) => {
                    session.count(|it| it.unconfirmed += 1);
                    self.circuit.close();
                    return Outcome::Sent;
                }
                Ok(Verdict::Rejected(reason)) => {
                    session.count(|it| it.rejected += 1);
                    self.circuit.close();
                    return Outcome::Rejected(reason);
                }
                Ok(Verdict::Unauthorized) if self.may_refetch(session) => continue,
                Ok(Verdict::Unauthorized | Verdict::Misconfigured) => {
                    session.count(|it| it.misconfigured += 1);
                    // By the next attempt somebody may have mended it.
                    self.secret.forget();
                    return self.stop(ports, None);
                }
                Ok(Verdict::Later(wait)) => wait,
                Err(_) => None,
            };
            let failures = session.attempt(|it| {
                it.failures += 1;
                it.failures
            });
            let again = failures == 1
                && !self.circuit.is_probing()
                && wait.is_none_or(|wait| wait <= SHORT_WAIT);
            if !again {
                return self.stop(ports, wait);
            }
            ports.sleep(wait.unwrap_or(pause(ports.jitter()))).await;
        }
    }

    /// The secret may have been rotated since it was read: the old one died at once.
    fn may_refetch<P: Ports>(&mut self, session: &Session<'_, P>) -> bool {
        let refetched = session.attempt(|it| std::mem::replace(&mut it.refetched, true));
        let may = !refetched && !self.circuit.is_probing();
        if may {
            self.secret.forget();
        }
        may
    }

    fn stop<P: Ports>(&mut self, ports: &P, asked: Option<Duration>) -> Outcome {
        let wait = self.circuit.open(ports.now(), ports.jitter(), asked);
        Outcome::Stop(Defer::Webhook(wait))
    }

    async fn keep_pace<P: Ports>(&self, ports: &P) {
        // The environment that this one takes the place of may have posted a moment ago.
        let since = self.last_post.map_or(Duration::ZERO, |last| {
            Duration::try_from(ports.now().duration_since(last)).unwrap_or_default()
        });
        if since < PACE {
            ports.sleep(PACE.saturating_sub(since)).await;
        }
    }
}

/// The pause before the second attempt within one invocation.
fn pause(jitter: f64) -> Duration {
    Duration::from_millis(200).mul_f64(1.0 + jitter)
}
