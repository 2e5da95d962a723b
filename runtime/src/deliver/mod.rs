//! Delivery: from a batch of queued incidents to what became of each.
//!
//! Nothing is lost on the way, whatever answers: an incident leaves the queue when the agent has
//! taken it, or when it was put among the dead letters with the reason.

mod attempt;
mod backoff;
mod batch;
mod counts;
mod secret;
mod settle;
#[cfg(test)]
mod tests;
mod world;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use webhook::{Incident, Signal, Verdict, dead_letter::REJECTED};

pub use backoff::Circuit;
pub use batch::{Message, parse_batch};
pub use secret::SecretCache;
pub use world::{DeadLetter, LambdaWorld, NoWorld, Posted, SecretError, TransportError, World};

use crate::log::Level;
use attempt::attempt;
use batch::{Content, content};
use counts::Counts;
use settle::settle;

/// How long one attempt may take, all in all.
pub const ATTEMPT: Duration = Duration::from_secs(10);
/// What is kept of an invocation's time to put messages back and write the log.
const MARGIN: Duration = Duration::from_secs(5);
/// The least time between two posts. Two functions run at once, so the agent sees two a second.
const PACE: Duration = Duration::from_secs(1);
/// The longest wait that is waited for on the spot.
const SHORT_WAIT: Duration = Duration::from_secs(5);
/// How long after its incident was queued a message is given up.
pub const GIVE_UP: Duration = Duration::from_hours(6 * 24);

/// What one environment of the function remembers between invocations.
#[derive(Debug, Default)]
pub struct Deliver {
    secret: SecretCache,
    circuit: Circuit,
    last_post: Option<Timestamp>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It leaves the queue.
    Delivered,
    /// It goes back, hidden for at least this long.
    Back(Duration),
    /// It becomes a dead letter, for this reason.
    Dead(String),
}

/// What one incident's attempts came to, and whether to go on with others.
enum Outcome {
    Fate(Fate),
    /// The fate of this incident and of every other in the batch: nothing would be taken now.
    Stop(Duration),
}

/// An incident, and the messages that hold it: duplicates share one post.
struct Pending {
    incident: Incident,
    messages: Vec<usize>,
}

/// What is remembered within one invocation.
#[derive(Default)]
struct Invocation {
    /// Attempts that came to nothing, of whatever incident.
    failures: u32,
    /// Whether the secret was fetched again because it was refused.
    refetched: bool,
    counts: Counts,
}

impl Deliver {
    /// Delivers a batch until `deadline`; returns what SQS is told: which messages stay.
    pub async fn handle<W: World>(&mut self, world: &W, event: &Json, deadline: Timestamp) -> Json {
        let messages = parse_batch(event);
        let mut invocation = Invocation::default();
        let fates = self
            .fates(world, &messages, deadline, &mut invocation)
            .await;
        let mut counts = invocation.counts;
        let failures = settle(world, &messages, fates, &mut counts).await;
        counts.write(world);
        world.log(
            Level::Info,
            "batch done",
            json!({
                "messages": messages.len(),
                "delivered": counts.confirmed + counts.unconfirmed,
                "back": failures.len(),
                "rejected": counts.rejected,
                "givenUp": counts.given_up,
            }),
        );
        let failures: Vec<Json> = failures
            .into_iter()
            .map(|id| json!({ "itemIdentifier": id }))
            .collect();
        json!({ "batchItemFailures": failures })
    }

    async fn fates<W: World>(
        &mut self,
        world: &W,
        messages: &[Message],
        deadline: Timestamp,
        invocation: &mut Invocation,
    ) -> Vec<Fate> {
        let mut fates: Vec<Fate> = vec![Fate::Back(Duration::ZERO); messages.len()];
        let mut pending: BTreeMap<(webhook::Priority, String), Pending> = BTreeMap::new();
        let mut test = false;
        for (index, message) in messages.iter().enumerate() {
            match content(message, world.now()) {
                Content::Incident(envelope) => {
                    test |= envelope.signal == Signal::Test;
                    let incident = envelope.incident;
                    let key = (incident.priority(), incident.id().to_string());
                    let known = pending.entry(key).or_insert_with(|| Pending {
                        incident,
                        messages: Vec::new(),
                    });
                    known.messages.push(index);
                }
                Content::Newer(version) => {
                    world.log(
                        Level::Warn,
                        "a newer version wrote this message",
                        json!({ "messageId": message.id, "version": version }),
                    );
                    fates[index] = Fate::Back(backoff::LONGEST);
                }
                Content::Dead(reason) => fates[index] = Fate::Dead(reason),
            }
        }
        // A person who tests the webhook has just mended it, or wants to see what is wrong.
        let mut stopped = if test {
            None
        } else {
            self.circuit.wait(world.now())
        };
        if let Some(wait) = stopped.filter(|_| !pending.is_empty()) {
            world.log(
                Level::Info,
                "the webhook failed a short while ago: all go back",
                json!({ "seconds": wait.as_secs() }),
            );
        }
        // The most urgent first, until one of them shows that the others would fail too.
        for it in pending.into_values() {
            if stopped.is_none() && !has_time(world, deadline) {
                stopped = Some(Duration::ZERO);
            }
            let fate = match stopped {
                Some(wait) => Fate::Back(wait),
                None => match self.deliver(world, &it.incident, invocation).await {
                    Outcome::Fate(fate) => fate,
                    Outcome::Stop(wait) => {
                        stopped = Some(wait);
                        Fate::Back(wait)
                    }
                },
            };
            for index in it.messages {
                fates[index] = fate.clone();
            }
        }
        fates
    }

    /// Delivers one incident: one attempt, and at most two more.
    async fn deliver<W: World>(
        &mut self,
        world: &W,
        incident: &Incident,
        invocation: &mut Invocation,
    ) -> Outcome {
        let body = incident.to_body();
        for number in 1.. {
            let webhook = match self.secret.get(world).await {
                Ok(webhook) => webhook,
                Err(error) => {
                    invocation.counts.misconfigured += 1;
                    world.log(
                        Level::Error,
                        "the webhook is not usable: incidents wait",
                        json!({ "why": error.to_string(), "next": "synth webhook set" }),
                    );
                    // Nothing was sent, so there is nothing to spare: the next batch reads it again.
                    return Outcome::Stop(Duration::ZERO);
                }
            };
            self.keep_pace(world).await;
            let verdict = attempt(world, &webhook, incident, &body, number).await;
            self.last_post = Some(world.now());
            let wait = match verdict {
                Ok(Verdict::Confirmed) => {
                    invocation.counts.confirmed += 1;
                    self.circuit.close();
                    return Outcome::Fate(Fate::Delivered);
                }
                Ok(Verdict::Unconfirmed) => {
                    invocation.counts.unconfirmed += 1;
                    self.circuit.close();
                    return Outcome::Fate(Fate::Delivered);
                }
                Ok(Verdict::Rejected(reason)) => {
                    invocation.counts.rejected += 1;
                    self.circuit.close();
                    return Outcome::Fate(Fate::Dead(format!("{REJECTED}{reason}")));
                }
                Ok(Verdict::Unauthorized) if !invocation.refetched => {
                    // The secret may have been rotated since it was read: the old one died at once.
                    invocation.refetched = true;
                    self.secret.forget();
                    continue;
                }
                Ok(Verdict::Unauthorized | Verdict::Misconfigured) => {
                    invocation.counts.misconfigured += 1;
                    return Outcome::Stop(self.circuit.open(world, None));
                }
                Ok(Verdict::Later(wait)) => wait,
                Err(_) => None,
            };
            invocation.failures += 1;
            let again = invocation.failures == 1
                && !self.circuit.is_probing()
                && wait.is_none_or(|wait| wait <= SHORT_WAIT);
            if !again {
                return Outcome::Stop(self.circuit.open(world, wait));
            }
            world
                .sleep(wait.unwrap_or(backoff::pause(world.chance())))
                .await;
        }
        Outcome::Stop(Duration::ZERO)
    }

    async fn keep_pace<W: World>(&self, world: &W) {
        let Some(last) = self.last_post else { return };
        let since = Duration::try_from(world.now().duration_since(last)).unwrap_or_default();
        if since < PACE {
            world.sleep(PACE.saturating_sub(since)).await;
        }
    }
}

/// Whether there is time for an attempt, and for putting back what is left after it.
fn has_time<W: World>(world: &W, deadline: Timestamp) -> bool {
    let left = Duration::try_from(deadline.duration_since(world.now()));
    left.is_ok_and(|left| left >= ATTEMPT + MARGIN)
}
