//! Delivery: from queued incidents to reports that the agent has.
//!
//! Every incident of a batch is recorded in the ledger, and then its message ends. Only the message that
//! wakes a window comes back when that is due. What is due is sent, whoever noticed: a wake-up is not the
//! record, and any number of them is right.

mod attempt;
mod batch;
mod canary;
mod circuit;
mod claim;
mod counts;
mod defer;
mod digest;
mod expire;
mod fallback;
mod function;
mod health;
mod lambda;
mod late;
mod load;
mod merge;
mod ports;
mod poster;
mod record;
mod secret;
mod send;
mod session;
mod settle;
#[cfg(test)]
mod tests;

use std::{cell::Cell, time::Duration};

use contract::{DeliverySettings, Incident, dead_letter::REJECTED};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

pub use batch::{Message, parse_batch};
pub use function::DeliverFunction;
pub use lambda::{LambdaPorts, NoPorts};
pub use ports::{
    Clock, DeadLetter, Endpoint, Ledger, LedgerError, Ports, Posted, Queue, SecretError, Telemetry,
    TransportError,
};
pub use session::LEDGER_CALL_FAILED;

use crate::{ledger::FOLLOW_UP, log::Level};
use batch::{Arrival, Content, content};
use defer::{Defer, LONGEST};
use fallback::{Alone, Fallback};
use health::Health;
use poster::{Outcome, Poster};
use record::{Recorded, record};
use send::{Sending, Wait, send_due};
use session::Session;
use settle::{Disposition, settle};

/// How long one attempt may take, all in all.
pub const ATTEMPT: Duration = Duration::from_secs(10);
/// What is kept of an invocation's time to answer to Lambda what became of the batch.
const LAST_WORDS: SignedDuration = SignedDuration::from_secs(1);
/// How often a message may be received while all is well, but for looks at investigations. More suggests that the webhook
/// was failing before this environment started.
const EXPECTED_RECEIVES: u32 = 3;
/// For how long a window must have been due before a sweep sends it: its own waker comes first.
const OVERDUE: Duration = Duration::from_mins(2);
/// The event that asks for a sweep.
const SWEEP: &str = "sweep";

/// What one environment of the function remembers between invocations.
#[derive(Debug)]
pub struct Deliver {
    settings: DeliverySettings,
    poster: Poster,
    health: Cell<Health>,
    fallback: Fallback,
}

impl Deliver {
    /// An environment that groups incidents as the account file says.
    pub fn new(settings: DeliverySettings) -> Self {
        Self::with_attempts_of(settings, ATTEMPT)
    }

    /// The same, in which an attempt may take so long, all in all.
    pub fn with_attempts_of(settings: DeliverySettings, attempt: Duration) -> Self {
        Self {
            settings,
            poster: Poster::new(attempt),
            health: Cell::default(),
            fallback: Fallback::default(),
        }
    }

    /// Handles a batch, or sweeps, until `deadline`; returns the answer to SQS: which messages stay in the queue.
    pub async fn handle<P: Ports>(&mut self, ports: &P, event: &Json, deadline: Timestamp) -> Json {
        let session = Session::new(ports, &self.settings, &self.health, deadline);
        if event.get(SWEEP).is_some() {
            self.fallback.record(&session).await;
            let mut sending = Sending::default();
            send_due(&session, &mut self.poster, &mut sending, OVERDUE).await;
            finish(session, "swept", 0, 0);
            return json!({});
        }
        let messages = parse_batch(event);
        let dispositions = dispose(&session, &mut self.poster, &mut self.fallback, &messages).await;
        let settled = deadline.saturating_sub(LAST_WORDS).unwrap_or(deadline);
        let failures = settle(&session, &messages, dispositions, settled).await;
        finish(session, "batch done", messages.len(), failures.len());
        let failures: Vec<Json> = failures
            .into_iter()
            .map(|id| json!({ "itemIdentifier": id }))
            .collect();
        json!({ "batchItemFailures": failures })
    }
}

fn finish<P: Ports>(session: Session<'_, P>, what: &str, messages: usize, back: usize) {
    let ports = session.ports;
    let counts = session.into_counts();
    counts.write(ports);
    ports.log(
        Level::Info,
        what,
        json!({
            "messages": messages,
            "sent": counts.sent(),
            "back": back,
            "held": counts.held,
            "rejected": counts.rejected,
            "deadLetters": counts.dead_letters,
        }),
    );
}

/// Says what becomes of each message.
async fn dispose<P: Ports>(
    session: &Session<'_, P>,
    poster: &mut Poster,
    fallback: &mut Fallback,
    messages: &[Message],
) -> Vec<Disposition> {
    let mut dispositions = vec![Disposition::Defer(Defer::Longer); messages.len()];
    let mut arrivals: Vec<Arrival<'_>> = Vec::new();
    let mut canary: Option<Disposition> = None;
    for (index, message) in messages.iter().enumerate() {
        match content(index, message, messages.len() == 1, session.now()) {
            Content::Incident(arrival) => arrivals.push(*arrival),
            Content::Test(incident) => {
                dispositions[index] = test(session, poster, &incident).await;
            }
            Content::Canary => {
                // However many there are, one says it all.
                if canary.is_none() {
                    canary = Some(canary::pass(session, message).await);
                }
                dispositions[index] = canary.clone().unwrap_or(Disposition::Ends);
            }
            Content::Newer(version) => {
                session.ports.log(
                    Level::Warn,
                    "a newer version wrote this message",
                    json!({ "messageId": message.id, "version": version }),
                );
                dispositions[index] = Disposition::Defer(Defer::Webhook(LONGEST));
            }
            Content::Dead(reason) => dispositions[index] = Disposition::Dead(reason),
        }
    }
    if arrivals.is_empty() {
        return dispositions;
    }
    fallback.record(session).await;
    let recorded = record(session, &arrivals).await;
    let recorded: Vec<Alone> = if session.ledger_is_away() {
        fallback.send(session, poster, &arrivals, recorded).await
    } else {
        recorded.into_iter().map(Alone::Recorded).collect()
    };
    let mut sending = Sending::default();
    for (arrival, it) in arrivals.iter().zip(&recorded) {
        if let Alone::Recorded(Recorded::Wakes(window)) = it {
            let message = arrival.message.id.clone();
            sending.wakes((**window).clone(), message);
        }
    }
    if sending.is_anything_due(session.now()) {
        // Memory ends with an environment; how often a message came back does not.
        let expected = expected_receives(session.settings);
        let came_back = |it: &Arrival<'_>| it.message.receives > expected;
        if poster.is_new() && arrivals.iter().any(came_back) {
            poster.circuit.suspect();
        }
        send_due(session, poster, &mut sending, Duration::ZERO).await;
    }
    for (arrival, it) in arrivals.iter().zip(recorded) {
        dispositions[arrival.index] = match it {
            Alone::Rejected(reason) => Disposition::Dead(reason),
            Alone::Recorded(it) => disposition(session, arrival, it, &sending),
        };
    }
    dispositions
}

/// How often a message may be received while all is well: it comes back for each look at an investigation, too.
fn expected_receives(settings: &DeliverySettings) -> u32 {
    let looks = settings.window.as_secs() / FOLLOW_UP.as_secs();
    let looks = u32::try_from(looks).unwrap_or(u32::MAX);
    EXPECTED_RECEIVES.saturating_add(if settings.knows_results { looks } else { 0 })
}

fn disposition<P: Ports>(
    session: &Session<'_, P>,
    arrival: &Arrival<'_>,
    recorded: Recorded,
    sending: &Sending,
) -> Disposition {
    let now = session.now();
    match recorded {
        Recorded::Ends => Disposition::Ends,
        Recorded::Not(_) if arrival.message.is_expired(now) => {
            Disposition::Dead("expired after six days in the queue".to_owned())
        }
        Recorded::Not(defer) => Disposition::Defer(defer),
        Recorded::Wakes(window) => match sending.wait(&window.item.key, now) {
            Wait::Over => Disposition::Ends,
            Wait::Until(at) => Disposition::Defer(Defer::until(at, now)),
            Wait::Defer(defer) => Disposition::Defer(defer),
        },
    }
}

/// A person who tests the webhook has just mended it, or wants to see what is wrong.
async fn test<P: Ports>(
    session: &Session<'_, P>,
    poster: &mut Poster,
    incident: &Incident,
) -> Disposition {
    poster.forget_secret();
    match poster.post(session, incident).await {
        Outcome::Sent => Disposition::Ends,
        Outcome::Rejected(reason) => Disposition::Dead(format!("{REJECTED}{reason}")),
        Outcome::Stop(defer) => Disposition::Defer(defer),
    }
}
