//! Delivery: from a batch of queued incidents to what became of each.
//!
//! Nothing is lost on the way, whatever answers: an incident leaves the queue when the agent has
//! taken it, or when it was put among the dead letters with the reason.

mod attempt;
mod backoff;
mod batch;
mod counts;
mod enroll;
mod function;
mod secret;
mod settle;
mod tell;
#[cfg(test)]
mod tests;
mod world;

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use webhook::{Incident, Signal, Verdict, dead_letter::REJECTED};

pub use backoff::Circuit;
pub use batch::{Message, parse_batch};
pub use enroll::LEDGER_AWAY;
pub use function::DeliverFunction;
pub use secret::SecretCache;
pub use world::{
    DeadLetter, LambdaWorld, LedgerError, NoWorld, Posted, Saved, SecretError, TransportError,
    World,
};

use crate::{
    ledger::{Grouping, Hour, MemberId},
    log::Level,
};
use attempt::attempt;
use backoff::{Hide, LONGEST};
use batch::{Content, content};
use counts::Counts;
use enroll::{Arrival, Due};
use settle::settle;
use tell::Unrecorded;

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
/// How often a message may be received because its group waits, before that speaks of a webhook that fails.
const GROUPED_RECEIVES: u32 = 4;
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
    /// How incidents are grouped; each is told by itself without.
    grouping: Option<Grouping>,
    unrecorded: Unrecorded,
    /// The hour in which the budget had no room for more.
    full: Option<Hour>,
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

/// What is remembered within one invocation.
#[derive(Default)]
struct Invocation {
    /// When it ends, whatever is left to do.
    deadline: Timestamp,
    /// Attempts that came to nothing, of whatever incident.
    failures: u32,
    /// Whether the secret was fetched again because it was refused.
    refetched: bool,
    /// Whether the ledger could not be reached: it is not asked again.
    ledger_is_away: bool,
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
            grouping: None,
            unrecorded: Unrecorded::default(),
            full: None,
        }
    }

    /// The same environment, in which incidents are grouped.
    #[must_use]
    pub fn grouping(self, grouping: Grouping) -> Self {
        Self {
            grouping: Some(grouping),
            ..self
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
        let mut arrivals: Vec<Arrival<'_>> = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            match content(message, world.now()) {
                Content::Incident(envelope) => {
                    let group = envelope.group();
                    arrivals.push(Arrival {
                        index,
                        message,
                        queued: message.queued.unwrap_or_else(|| world.now()),
                        is_test: envelope.signal == Signal::Test,
                        member: MemberId::of(&group.occurrence),
                        incident: envelope.incident,
                        group,
                    });
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
        // Memory ends with an environment; how often a message came back does not. What its group waits
        // for brings it back a few times, and then once an hour.
        let expected = |it: &Arrival<'_>| {
            let hours = world.now().duration_since(it.queued).as_hours();
            match &self.grouping {
                Some(_) => GROUPED_RECEIVES + u32::try_from(hours).unwrap_or_default(),
                None => 1,
            }
        };
        let came_back = |it: &Arrival<'_>| it.message.receives > expected(it);
        if self.last_post.is_none() && arrivals.iter().any(came_back) {
            self.circuit.suspect();
        }
        let (tests, arrivals): (Vec<_>, Vec<_>) = arrivals.into_iter().partition(|it| it.is_test);
        if !tests.is_empty() {
            // A person who tests the webhook has just mended it, or wants to see what is wrong.
            self.secret.forget();
            self.by_incident(world, tests, invocation, &mut fates).await;
        }
        if let Some(wait) = self.circuit.wait(world.now())
            && !arrivals.is_empty()
        {
            world.log(
                Level::Info,
                "the webhook failed a short while ago: all go back",
                json!({ "seconds": wait.as_secs() }),
            );
            for it in arrivals {
                fates[it.index] = Fate::Back(Hide::For(wait));
            }
            return fates;
        }
        match self.grouping.clone() {
            Some(grouping) => {
                self.by_group(world, &grouping, arrivals, invocation, &mut fates)
                    .await;
            }
            None => {
                self.by_incident(world, arrivals, invocation, &mut fates)
                    .await;
            }
        }
        fates
    }

    /// Delivers each incident by itself, the most urgent first, until one of them shows that the others
    /// would fail too.
    async fn by_incident<W: World>(
        &mut self,
        world: &W,
        arrivals: Vec<Arrival<'_>>,
        invocation: &mut Invocation,
        fates: &mut [Fate],
    ) {
        let mut pending: BTreeMap<(webhook::Priority, String), Vec<Arrival<'_>>> = BTreeMap::new();
        for it in arrivals {
            let key = (it.incident.priority(), it.incident.id().to_string());
            pending.entry(key).or_default().push(it);
        }
        let mut stopped = None;
        for same in pending.into_values() {
            let fate = match (stopped, same.first()) {
                (None, Some(it)) => match self.deliver(world, &it.incident, invocation).await {
                    Outcome::Fate(fate) => fate,
                    Outcome::Stop(hide) => {
                        stopped = Some(hide);
                        Fate::Back(hide)
                    }
                },
                (hide, _) => Fate::Back(hide.unwrap_or(Hide::Longer)),
            };
            for it in same {
                fates[it.index] = fate.clone();
            }
        }
    }

    /// Delivers what is due of the groups of a batch, the most urgent first, until one of them shows that
    /// the others would fail too.
    async fn by_group<W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        arrivals: Vec<Arrival<'_>>,
        invocation: &mut Invocation,
        fates: &mut [Fate],
    ) {
        let mut enrolled = self.enroll(world, grouping, arrivals, invocation).await;
        for (index, fate) in enrolled.fates {
            fates[index] = fate;
        }
        let mut due: Vec<Due<'_>> = enrolled.due.into_values().collect();
        due.sort_by_key(|it| it.window.priority());
        let mut stopped = None;
        for mut it in due {
            let fate = match stopped {
                Some(hide) => {
                    it.give_back(world, invocation).await;
                    Fate::Back(hide)
                }
                None => match self.tell(world, grouping, &mut it, invocation).await {
                    Outcome::Fate(fate) => fate,
                    Outcome::Stop(hide) => {
                        stopped = Some(hide);
                        Fate::Back(hide)
                    }
                },
            };
            if fate == Fate::Delivered {
                let told = enrolled.told.entry(it.window.told_as()).or_default();
                told.extend(it.arrivals.iter().map(|it| it.group.occurrence.clone()));
            }
            for arrival in it.arrivals {
                fates[arrival.index] = fate.clone();
            }
        }
        for (id, members) in enrolled.told {
            world.log(
                Level::Info,
                "told",
                json!({ "incidentId": id, "members": members }),
            );
        }
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
        let Some(last) = self.last_post else {
            // The environment that this one takes the place of may have posted a moment ago.
            if self.grouping.is_some() {
                world.sleep(PACE).await;
            }
            return;
        };
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

impl Invocation {
    /// Whether there is time to note something before what is left is put back.
    fn has_moments<W: World>(&self, world: &W) -> bool {
        let left = Duration::try_from(self.deadline.duration_since(world.now()));
        left.is_ok_and(|left| left >= MARGIN / 2)
    }
}
