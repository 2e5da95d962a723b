//! Delivery: from a batch of queued incidents to what became of each.
//!
//! Nothing is lost on the way, whatever answers: an incident leaves the queue when the agent has
//! taken it, or when it was put among the dead letters with the reason.

mod attempt;
mod backoff;
mod batch;
mod counts;
mod function;
mod secret;
mod settle;
#[cfg(test)]
mod tests;
mod world;

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use webhook::{Incident, Signal, Verdict, dead_letter::REJECTED};

pub use backoff::Circuit;
pub use batch::{Message, parse_batch};
pub use function::DeliverFunction;
pub use secret::SecretCache;
pub use world::{DeadLetter, LambdaWorld, NoWorld, Posted, SecretError, TransportError, World};

use crate::log::Level;
use attempt::attempt;
use backoff::{Hide, LONGEST};
use batch::{Content, content};
use counts::Counts;
use settle::settle;

/// How long one attempt may take, all in all.
pub const ATTEMPT: Duration = Duration::from_secs(10);
/// What is kept of an invocation's time to put messages back.
const MARGIN: Duration = Duration::from_secs(10);
/// What is kept of that to tell Lambda what became of the batch.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(1);
/// The least time between two posts. Two functions run at once, so the agent sees two a second.
const PACE: Duration = Duration::from_secs(1);
/// The longest wait that is waited for on the spot.
const SHORT_WAIT: Duration = Duration::from_secs(5);
/// How long after its incident was queued a message is given up.
pub const GIVE_UP: Duration = Duration::from_hours(6 * 24);

/// What one environment of the function remembers between invocations.
#[derive(Debug)]
pub struct Deliver {
    /// How long one attempt may take.
    attempt: Duration,
    secret: SecretCache,
    circuit: Circuit,
    last_post: Option<Timestamp>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It leaves the queue.
    Delivered,
    /// It goes back.
    Back(Hide),
    /// It becomes a dead letter, for this reason.
    Dead(String),
}

/// What one incident's attempts came to, and whether to go on with others.
enum Outcome {
    Fate(Fate),
    /// The fate of this incident and of every other in the batch: nothing would be taken now.
    Stop(Hide),
}

/// An incident, and the messages that hold it: duplicates share one post.
struct Pending {
    incident: Incident,
    messages: Vec<usize>,
}

/// What is remembered within one invocation.
#[derive(Default)]
struct Invocation {
    /// When it ends, whatever is left to do.
    deadline: Timestamp,
    /// Attempts that came to nothing, of whatever incident.
    failures: u32,
    /// Whether the secret was fetched again because it was refused.
    refetched: bool,
    counts: Counts,
}

impl Default for Deliver {
    fn default() -> Self {
        Self::with_attempts_of(ATTEMPT)
    }
}

impl Deliver {
    /// An environment in which an attempt may take so long, all in all.
    pub fn with_attempts_of(attempt: Duration) -> Self {
        Self {
            attempt,
            secret: SecretCache::default(),
            circuit: Circuit::default(),
            last_post: None,
        }
    }

    /// Delivers a batch until `deadline`; returns what SQS is told: which messages stay.
    pub async fn handle<W: World>(&mut self, world: &W, event: &Json, deadline: Timestamp) -> Json {
        let messages = parse_batch(event);
        let mut invocation = Invocation {
            deadline,
            ..Invocation::default()
        };
        let fates = self.fates(world, &messages, &mut invocation).await;
        let mut counts = invocation.counts;
        let settled = deadline.saturating_sub(LAST_WORDS).unwrap_or(deadline);
        let failures = settle(world, &messages, fates, settled, &mut counts).await;
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
        invocation: &mut Invocation,
    ) -> Vec<Fate> {
        let mut fates: Vec<Fate> = vec![Fate::Back(Hide::Longer); messages.len()];
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
                    fates[index] = Fate::Back(Hide::For(LONGEST));
                }
                Content::Dead(reason) => fates[index] = Fate::Dead(reason),
            }
        }
        // Memory ends with an environment; how often a message came back does not.
        let came_back = |it: &Pending| it.messages.iter().any(|at| messages[*at].receives > 1);
        if self.last_post.is_none() && pending.values().any(came_back) {
            self.circuit.suspect();
        }
        let mut stopped = None;
        if test {
            // A person who tests the webhook has just mended it, or wants to see what is wrong.
            self.secret.forget();
        } else if let Some(wait) = self.circuit.wait(world.now())
            && !pending.is_empty()
        {
            world.log(
                Level::Info,
                "the webhook failed a short while ago: all go back",
                json!({ "seconds": wait.as_secs() }),
            );
            stopped = Some(Hide::For(wait));
        }
        // The most urgent first, until one of them shows that the others would fail too.
        for it in pending.into_values() {
            let fate = match stopped {
                Some(hide) => Fate::Back(hide),
                None => match self.deliver(world, &it.incident, invocation).await {
                    Outcome::Fate(fate) => fate,
                    Outcome::Stop(hide) => {
                        stopped = Some(hide);
                        Fate::Back(hide)
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
                    return Outcome::Stop(Hide::Longer);
                }
            };
            self.keep_pace(world).await;
            if !self.has_time(world, invocation) {
                return Outcome::Stop(Hide::For(Duration::ZERO));
            }
            let verdict = attempt(world, &webhook, incident, &body, number, self.attempt).await;
            self.last_post = Some(world.now());
            let taken = matches!(verdict, Ok(Verdict::Confirmed | Verdict::Unconfirmed));
            invocation.counts.failed_attempts += usize::from(!taken);
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
                Ok(Verdict::Unauthorized)
                    if !invocation.refetched && !self.circuit.is_probing() =>
                {
                    // The secret may have been rotated since it was read: the old one died at once.
                    invocation.refetched = true;
                    self.secret.forget();
                    continue;
                }
                Ok(Verdict::Unauthorized | Verdict::Misconfigured) => {
                    invocation.counts.misconfigured += 1;
                    // By the next attempt somebody may have mended it.
                    self.secret.forget();
                    return Outcome::Stop(Hide::For(self.circuit.open(
                        world.now(),
                        world.chance(),
                        None,
                    )));
                }
                Ok(Verdict::Later(wait)) => wait,
                Err(_) => None,
            };
            invocation.failures += 1;
            let again = invocation.failures == 1
                && !self.circuit.is_probing()
                && wait.is_none_or(|wait| wait <= SHORT_WAIT);
            if !again {
                return Outcome::Stop(Hide::For(self.circuit.open(
                    world.now(),
                    world.chance(),
                    wait,
                )));
            }
            world
                .sleep(wait.unwrap_or(backoff::pause(world.chance())))
                .await;
        }
        Outcome::Stop(Hide::Longer)
    }

    async fn keep_pace<W: World>(&self, world: &W) {
        let Some(last) = self.last_post else { return };
        let since = Duration::try_from(world.now().duration_since(last)).unwrap_or_default();
        if since < PACE {
            world.sleep(PACE.saturating_sub(since)).await;
        }
    }

    /// Whether there is time for an attempt, and for putting back what is left after it.
    fn has_time<W: World>(&self, world: &W, invocation: &Invocation) -> bool {
        let left = Duration::try_from(invocation.deadline.duration_since(world.now()));
        left.is_ok_and(|left| left >= self.attempt + MARGIN)
    }
}
