//! An environment in which Lambda runs `deliver`, batch after batch.

use std::{cell::Cell, collections::BTreeSet, future::poll_fn, pin::pin, rc::Rc, task::Poll};

use jiff::{SignedDuration, Timestamp};
use runtime::deliver::{Deliver, World, parse_batch};
use serde_json::Value as Json;

use super::queue::Queue;

/// How environments live and end.
pub(crate) struct Life {
    /// How long an invocation may take.
    pub(crate) timeout: SignedDuration,
    /// After how long Lambda replaces an environment; what it remembers is lost.
    pub(crate) length: SignedDuration,
    /// When the first of them was born.
    pub(crate) born: Timestamp,
    /// When no more batches are taken.
    pub(crate) end: Timestamp,
    /// Set by whoever kills the environment in the middle of what it does.
    pub(crate) killed: Rc<Cell<bool>>,
}

/// Delivers batch after batch.
pub(crate) async fn environment<W: World>(
    world: W,
    queue: Rc<Queue>,
    mut life: Life,
    fresh: impl Fn() -> Deliver,
) {
    let mut deliver = fresh();
    while queue.wait(life.end).await {
        let batch = queue.receive().await;
        let messages = parse_batch(&batch);
        if messages.is_empty() {
            continue;
        }
        if world.now().duration_since(life.born) > life.length {
            deliver = fresh();
            life.born = world.now();
        }
        let deadline = world.now().checked_add(life.timeout).unwrap();
        let Some(answer) = run(&mut deliver, &world, &batch, deadline, &life.killed).await else {
            deliver = fresh();
            life.born = world.now();
            continue;
        };
        assert!(world.now() <= deadline, "Lambda ends what takes longer");
        let stays: BTreeSet<&str> = answer["batchItemFailures"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["itemIdentifier"].as_str())
            .collect();
        for message in &messages {
            if !stays.contains(message.id.as_str()) {
                queue.delete(&message.id);
            }
        }
    }
}

/// What the function answers, unless it is killed before.
async fn run<W: World>(
    deliver: &mut Deliver,
    world: &W,
    batch: &Json,
    deadline: Timestamp,
    killed: &Cell<bool>,
) -> Option<Json> {
    let mut handling = pin!(deliver.handle(world, batch, deadline));
    poll_fn(|context| {
        let polled = handling.as_mut().poll(context);
        if killed.take() {
            return Poll::Ready(None);
        }
        polled.map(Some)
    })
    .await
}
