//! What SQS is answered for a batch: what stays, for how long, and what is a dead letter.

use jiff::Timestamp;
use serde_json::json;

use super::{
    batch::Message,
    defer::Defer,
    ports::{DeadLetter, Ports},
    session::Session,
};
use crate::log::Level;

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Disposition {
    /// It leaves the queue.
    Ends,
    /// It is returned to the queue.
    Defer(Defer),
    /// It becomes a dead letter, for this reason.
    Dead(String),
}

/// Defers what is returned, writes dead letters; returns the messages that stay in the queue. What is not
/// done by `deadline` is left: a batch that nobody answers for comes back whole.
pub(super) async fn settle<P: Ports>(
    session: &Session<'_, P>,
    messages: &[Message],
    dispositions: Vec<Disposition>,
    deadline: Timestamp,
) -> Vec<String> {
    let ports = session.ports;
    let mut back: Vec<(&Message, Defer)> = Vec::new();
    let mut dead: Vec<(&Message, DeadLetter)> = Vec::new();
    for (message, disposition) in messages.iter().zip(dispositions) {
        match disposition {
            Disposition::Ends => {}
            Disposition::Defer(defer) => back.push((message, defer)),
            Disposition::Dead(reason) => dead.push((message, message.dead_letter(reason))),
        }
    }
    let letters: Vec<DeadLetter> = dead.iter().map(|(_, letter)| letter.clone()).collect();
    let taken = if letters.is_empty() {
        Vec::new()
    } else {
        ports.dead_letter(&letters, deadline).await
    };
    for (index, (message, letter)) in dead.iter().enumerate() {
        if taken.get(index).copied().unwrap_or_default() {
            session.count(|it| it.dead_letters += 1);
            ports.log(
                Level::Error,
                "put among the dead letters",
                json!({ "messageId": message.id, "why": letter.reason }),
            );
        } else {
            back.push((message, Defer::Longer));
        }
    }
    let now = ports.now();
    let ages = back
        .iter()
        .filter(|(_, defer)| defer.is_for_the_webhook())
        .filter_map(|(message, _)| Some(now.duration_since(message.queued?).as_secs()));
    let oldest = ages.max().and_then(|age| usize::try_from(age).ok());
    session.count(|it| it.undelivered = oldest.unwrap_or_default());
    let deferred: Vec<(String, u64)> = back
        .iter()
        // A test by hand comes in no queue and has no receipt.
        .filter(|(message, _)| !message.receipt.is_empty())
        .map(|(message, defer)| {
            let time = defer.duration(message.receives, ports.jitter());
            // Rounded up: a receiver that said when is not asked before.
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            (message.receipt.clone(), seconds)
        })
        .collect();
    if !deferred.is_empty() {
        // Where this fails the message comes back after the queue's own visibility timeout.
        ports.defer(&deferred, deadline).await;
    }
    back.into_iter()
        .map(|(message, _)| message.id.clone())
        .collect()
}
