//! Delivery: from a batch of queued incidents to what became of each.
//!
//! Nothing is lost on the way, whatever answers: an incident leaves the queue when the agent has
//! taken it, or when it was put among the dead letters with the reason.

mod backoff;
mod batch;
mod secret;
mod world;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use webhook::{Incident, SignedRequest, Verdict, Webhook};

pub use backoff::Circuit;
pub use batch::{Message, parse_batch};
pub use secret::SecretCache;
pub use world::{DeadLetter, LambdaWorld, NoWorld, Posted, SecretError, TransportError, World};

use crate::log::Level;
use batch::{Content, content};

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

/// How many of what, for metrics.
#[derive(Debug, Default)]
struct Counts {
    confirmed: usize,
    unconfirmed: usize,
    rejected: usize,
    misconfigured: usize,
    given_up: usize,
}

impl Counts {
    fn write<W: World>(&self, world: &W) {
        // A value for each delivery: the highest of an hour says whether any was confirmed.
        let confirmed: Vec<u64> = std::iter::repeat_n(1, self.confirmed)
            .chain(std::iter::repeat_n(0, self.unconfirmed))
            .collect();
        let some = |count: usize| {
            if count == 0 {
                Vec::new()
            } else {
                vec![count as u64]
            }
        };
        world.metrics(&[
            ("Confirmed", confirmed.get(..100).unwrap_or(&confirmed)),
            ("Rejected", &some(self.rejected)),
            ("Misconfigured", &some(self.misconfigured)),
            ("GivenUp", &some(self.given_up)),
        ]);
    }
}

/// What one incident's attempts came to, and whether to go on with others.
enum Outcome {
    Fate(Fate),
    /// The fate of this incident and of every other in the batch: nothing would be taken now.
    Stop(Duration),
}

impl Deliver {
    /// Delivers a batch until `deadline`; returns what SQS is told: which messages stay.
    pub async fn handle<W: World>(&mut self, world: &W, event: &Json, deadline: Timestamp) -> Json {
        let messages = parse_batch(event);
        let mut counts = Counts::default();
        let fates = self.fates(world, &messages, deadline, &mut counts).await;
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
        counts: &mut Counts,
    ) -> Vec<Fate> {
        let mut fates: Vec<Option<Fate>> = vec![None; messages.len()];
        // Duplicates of an incident share one post.
        let mut incidents: BTreeMap<(webhook::Priority, String), Vec<usize>> = BTreeMap::new();
        let mut bodies: BTreeMap<String, Incident> = BTreeMap::new();
        for (index, message) in messages.iter().enumerate() {
            match content(message, world.now()) {
                Content::Incident(incident) => {
                    let id = incident.id().to_string();
                    incidents
                        .entry((incident.priority(), id.clone()))
                        .or_default()
                        .push(index);
                    bodies.entry(id).or_insert(*incident);
                }
                Content::Newer(version) => {
                    world.log(
                        Level::Warn,
                        "a newer version wrote this message",
                        json!({
                            "messageId": message.id, "version": version,
                        }),
                    );
                    fates[index] = Some(Fate::Back(backoff::LONGEST));
                }
                Content::Dead(reason) => fates[index] = Some(Fate::Dead(reason)),
            }
        }
        if !incidents.is_empty() {
            let order = incidents.iter().map(|((_, id), indices)| (id, indices));
            self.deliver(world, order, &bodies, deadline, counts, &mut fates)
                .await;
        }
        fates
            .into_iter()
            .map(|fate| fate.unwrap_or(Fate::Back(Duration::ZERO)))
            .collect()
    }

    /// Posts incidents one after the other, the most urgent first, until one of them shows that the
    /// others would fail too.
    async fn deliver<'a, W: World>(
        &mut self,
        world: &W,
        incidents: impl Iterator<Item = (&'a String, &'a Vec<usize>)>,
        bodies: &BTreeMap<String, Incident>,
        deadline: Timestamp,
        counts: &mut Counts,
        fates: &mut [Option<Fate>],
    ) {
        let mut stopped = self.circuit.wait(world.now());
        if let Some(wait) = stopped {
            world.log(
                Level::Info,
                "the webhook failed a short while ago: all go back",
                json!({
                    "seconds": wait.as_secs(),
                }),
            );
        }
        let mut delivery = Delivery {
            failures: 0,
            refetched: false,
        };
        for (id, indices) in incidents {
            let Some(incident) = bodies.get(id) else {
                continue;
            };
            if stopped.is_none() {
                let left = deadline.duration_since(world.now());
                if Duration::try_from(left).unwrap_or_default() < ATTEMPT + MARGIN {
                    stopped = Some(Duration::ZERO);
                }
            }
            let fate = match stopped {
                Some(wait) => Fate::Back(wait),
                None => match self.one(world, incident, &mut delivery, counts).await {
                    Outcome::Fate(fate) => fate,
                    Outcome::Stop(wait) => {
                        stopped = Some(wait);
                        Fate::Back(wait)
                    }
                },
            };
            for index in indices {
                fates[*index] = Some(fate.clone());
            }
        }
    }

    /// Delivers one incident: one attempt, and at most one more.
    async fn one<W: World>(
        &mut self,
        world: &W,
        incident: &Incident,
        delivery: &mut Delivery,
        counts: &mut Counts,
    ) -> Outcome {
        let body = incident.to_body();
        let mut attempt = 1;
        loop {
            let webhook = match self.secret.get(world).await {
                Ok(webhook) => webhook,
                Err(error) => {
                    counts.misconfigured += 1;
                    world.log(
                        Level::Error,
                        "the webhook is not usable: incidents wait",
                        json!({
                            "why": error.to_string(),
                            "next": "synth webhook set",
                        }),
                    );
                    return Outcome::Stop(self.circuit.open(world, None));
                }
            };
            self.keep_pace(world).await;
            let verdict = attempt_once(world, &webhook, incident, &body, attempt).await;
            self.last_post = Some(world.now());
            match verdict {
                Ok(Verdict::Confirmed) => {
                    counts.confirmed += 1;
                    self.circuit.close();
                    return Outcome::Fate(Fate::Delivered);
                }
                Ok(Verdict::Unconfirmed) => {
                    counts.unconfirmed += 1;
                    self.circuit.close();
                    return Outcome::Fate(Fate::Delivered);
                }
                Ok(Verdict::Rejected(reason)) => {
                    counts.rejected += 1;
                    self.circuit.close();
                    return Outcome::Fate(Fate::Dead(format!("rejected: {reason}")));
                }
                Ok(Verdict::Unauthorized) if !delivery.refetched => {
                    // The secret may have been rotated since it was read: the old one died at once.
                    delivery.refetched = true;
                    self.secret.forget();
                }
                Ok(Verdict::Unauthorized | Verdict::Misconfigured) => {
                    counts.misconfigured += 1;
                    return Outcome::Stop(self.circuit.open(world, None));
                }
                Ok(Verdict::Later(Some(wait))) if wait > SHORT_WAIT || attempt > 1 => {
                    return Outcome::Stop(self.circuit.open(world, Some(wait)));
                }
                Ok(Verdict::Later(wait)) => {
                    delivery.failures += 1;
                    if delivery.failures > 1 || self.circuit.is_probing() {
                        return Outcome::Stop(self.circuit.open(world, wait));
                    }
                    world
                        .sleep(wait.unwrap_or(backoff::pause(world.chance())))
                        .await;
                }
                Err(_) => {
                    delivery.failures += 1;
                    if delivery.failures > 1 || self.circuit.is_probing() {
                        return Outcome::Stop(self.circuit.open(world, None));
                    }
                    world.sleep(backoff::pause(world.chance())).await;
                }
            }
            attempt += 1;
        }
    }

    async fn keep_pace<W: World>(&self, world: &W) {
        let Some(last) = self.last_post else { return };
        let since = Duration::try_from(world.now().duration_since(last)).unwrap_or_default();
        if since < PACE {
            world.sleep(PACE.saturating_sub(since)).await;
        }
    }
}

/// What is remembered within one invocation.
struct Delivery {
    /// Attempts that came to nothing, of whatever incident.
    failures: u32,
    /// Whether the secret was fetched again because it was refused.
    refetched: bool,
}

/// Signs and sends once. Every attempt has a fresh timestamp and signature, and the same body.
async fn attempt_once<W: World>(
    world: &W,
    webhook: &Webhook,
    incident: &Incident,
    body: &[u8],
    attempt: u32,
) -> Result<Verdict, TransportError> {
    let started = world.now();
    let request = SignedRequest::new(webhook, body.to_vec(), started);
    let posted = world.post(request, ATTEMPT).await;
    let took = world.now().duration_since(started).as_millis();
    let mut fields = json!({
        "incidentId": incident.id(),
        "host": webhook.host(),
        "attempt": attempt,
        "milliseconds": u64::try_from(took).unwrap_or_default(),
        "bytes": body.len(),
        "body": short_hash(body),
    });
    match posted {
        Ok(Posted { answer, clock_skew }) => {
            let verdict = answer.verdict(world.now());
            fields["status"] = json!(answer.status);
            fields["verdict"] = json!(name(&verdict));
            if let Verdict::Rejected(reason) = &verdict {
                fields["why"] = json!(reason);
            }
            if verdict == Verdict::Unauthorized
                && let Some(skew) = clock_skew.filter(|skew| skew.abs() > 60)
            {
                fields["clockSkewSeconds"] = json!(skew);
            }
            let level = match verdict {
                Verdict::Confirmed | Verdict::Unconfirmed => Level::Info,
                _ => Level::Warn,
            };
            world.log(level, "attempt", fields);
            Ok(verdict)
        }
        Err(error) => {
            fields["verdict"] = json!("no answer");
            fields["why"] = json!(error.to_string());
            world.log(Level::Warn, "attempt", fields);
            Err(error)
        }
    }
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Confirmed => "confirmed",
        Verdict::Unconfirmed => "unconfirmed",
        Verdict::Rejected(_) => "rejected",
        Verdict::Unauthorized => "unauthorized",
        Verdict::Misconfigured => "misconfigured",
        Verdict::Later(_) => "later",
    }
}

/// Enough of a hash to recognize a body by, and no more.
fn short_hash(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let (first, _) = hash.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    format!("{:08x}", u32::from_be_bytes(*first))
}

/// Hides what goes back, buries what is dead; returns the messages that stay in the queue.
async fn settle<W: World>(
    world: &W,
    messages: &[Message],
    fates: Vec<Fate>,
    counts: &mut Counts,
) -> Vec<String> {
    let mut back: Vec<(&Message, Duration)> = Vec::new();
    let mut dead: Vec<(&Message, DeadLetter)> = Vec::new();
    for (message, fate) in messages.iter().zip(fates) {
        match fate {
            Fate::Delivered => {}
            Fate::Back(wait) => back.push((message, wait)),
            Fate::Dead(reason) => dead.push((message, message.dead_letter(reason))),
        }
    }
    let letters: Vec<DeadLetter> = dead.iter().map(|(_, letter)| letter.clone()).collect();
    let buried = world.bury(&letters).await;
    for (index, (message, letter)) in dead.iter().enumerate() {
        if buried.get(index).copied().unwrap_or_default() {
            counts.given_up += 1;
            world.log(
                Level::Error,
                "given up",
                json!({
                    "messageId": message.id, "why": letter.reason,
                }),
            );
        } else {
            back.push((message, Duration::ZERO));
        }
    }
    let hidden: Vec<(String, u64)> = back
        .iter()
        .map(|(message, wait)| {
            let delay = backoff::hide_for(message.receives, *wait, world.chance());
            (message.receipt.clone(), delay.as_secs())
        })
        .collect();
    // Where this fails the message comes back after the queue's own visibility timeout.
    world.hide(&hidden).await;
    back.into_iter()
        .map(|(message, _)| message.id.clone())
        .collect()
}
