//! What SQS is told of a batch: what stays, for how long it is hidden, and what is dead.

use std::time::Duration;

use serde_json::json;

use super::{DeadLetter, Fate, Message, World, backoff, counts::Counts};
use crate::log::Level;

/// Hides what goes back, buries what is dead; returns the messages that stay in the queue.
pub(super) async fn settle<W: World>(
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
