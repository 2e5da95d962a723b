//! What SQS is told of a batch: what stays, for how long it is hidden, and what is dead.

use jiff::Timestamp;
use serde_json::json;

use super::{DeadLetter, Fate, Message, World, backoff::Hide, counts::Counts};
use crate::log::Level;

/// Hides what goes back, buries what is dead; returns the messages that stay in the queue. What is not
/// done by `deadline` is left: a batch that nobody answers for comes back whole, with what was
/// delivered.
pub(super) async fn settle<W: World>(
    world: &W,
    messages: &[Message],
    fates: Vec<Fate>,
    deadline: Timestamp,
    counts: &mut Counts,
) -> Vec<String> {
    let mut back: Vec<(&Message, Hide)> = Vec::new();
    let mut dead: Vec<(&Message, DeadLetter)> = Vec::new();
    for (message, fate) in messages.iter().zip(fates) {
        match fate {
            Fate::Delivered => {}
            Fate::Back(hide) => back.push((message, hide)),
            Fate::Dead(reason) => dead.push((message, message.dead_letter(reason))),
        }
    }
    let letters: Vec<DeadLetter> = dead.iter().map(|(_, letter)| letter.clone()).collect();
    let buried = world.bury(&letters, deadline).await;
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
            back.push((message, Hide::Longer));
        }
    }
    let now = world.now();
    let ages = back
        .iter()
        .filter(|(_, hide)| hide.is_for_the_webhook())
        .filter_map(|(message, _)| Some(now.duration_since(message.queued?).as_secs()));
    counts.undelivered = ages
        .max()
        .and_then(|age| usize::try_from(age).ok())
        .unwrap_or_default();
    let hidden: Vec<(String, u64)> = back
        .iter()
        // A test by hand comes in no queue and has no receipt.
        .filter(|(message, _)| !message.receipt.is_empty())
        .map(|(message, hide)| {
            let time = hide.duration(message.receives, world.chance());
            // Rounded up: a receiver that said when is not asked before.
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            (message.receipt.clone(), seconds)
        })
        .collect();
    // Where this fails the message comes back after the queue's own visibility timeout.
    world.hide(&hidden, deadline).await;
    back.into_iter()
        .map(|(message, _)| message.id.clone())
        .collect()
}
