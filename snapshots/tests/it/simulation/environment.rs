//! An environment in which Lambda runs `deliver`, batch after batch, and the one that sweeps.

use std::{cell::Cell, collections::BTreeSet, future::poll_fn, pin::pin, rc::Rc, task::Poll};

use jiff::{SignedDuration, Timestamp};
use runtime::deliver::{Deliver, parse_batch};
use serde_json::{Value as Json, json};

use super::{around::Around, queue::Queue};

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
    /// A mistake: every message of a batch ends.
    pub(crate) everything_ends: bool,
    /// A mistake: a message that has come back ends.
    pub(crate) wakers_end: bool,
}

/// Delivers batch after batch.
pub(crate) async fn environment(
    around: Around,
    queue: Rc<Queue>,
    mut life: Life,
    fresh: impl Fn() -> Deliver,
) {
    let clock = Rc::clone(&around.shared.clock);
    let mut deliver = fresh();
    while queue.wait(life.end).await {
        let batch = queue.receive().await;
        let messages = parse_batch(&batch);
        if messages.is_empty() {
            continue;
        }
        if clock.now().duration_since(life.born) > life.length {
            deliver = fresh();
            life.born = clock.now();
        }
        let began = clock.now();
        let deadline = began.checked_add(life.timeout).unwrap();
        let Some(answer) = run(&mut deliver, &around, &batch, deadline).await else {
            deliver = fresh();
            life.born = clock.now();
            continue;
        };
        assert!(clock.now() <= deadline, "Lambda ends what takes longer");
        if !around.answer().await {
            continue;
        }
        let stays: BTreeSet<&str> = answer["batchItemFailures"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["itemIdentifier"].as_str())
            .collect();
        for message in &messages {
            let by_mistake = life.everything_ends || (life.wakers_end && message.receives == 1);
            if by_mistake || !stays.contains(message.id.as_str()) {
                queue.delete(&message.id);
            }
        }
        around.shared.is_batch_done(began);
    }
}

/// Sweeps as often as the schedule says.
pub(crate) async fn sweeper(
    around: Around,
    life: Life,
    every: SignedDuration,
    fresh: impl Fn() -> Deliver,
) {
    let clock = Rc::clone(&around.shared.clock);
    let mut deliver = fresh();
    let mut next = life.born;
    while next < life.end {
        let wait = next.duration_since(clock.now());
        clock.sleep(wait.try_into().unwrap_or_default()).await;
        next = next.checked_add(every).unwrap();
        let deadline = clock.now().checked_add(life.timeout).unwrap();
        let sweep = json!({ "sweep": true });
        if run(&mut deliver, &around, &sweep, deadline).await.is_none() {
            deliver = fresh();
        }
    }
}

/// What the function answers, unless it is killed before.
async fn run(
    deliver: &mut Deliver,
    around: &Around,
    event: &Json,
    deadline: Timestamp,
) -> Option<Json> {
    let killed: &Cell<bool> = &around.killed;
    let mut handling = pin!(deliver.handle(around, event, deadline));
    poll_fn(|context| {
        let polled = handling.as_mut().poll(context);
        if killed.take() {
            return Poll::Ready(None);
        }
        polled.map(Some)
    })
    .await
}
