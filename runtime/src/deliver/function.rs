//! The function as Lambda runs it.

use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::{Deliver, World};

/// A world, and what is remembered of it, for one invocation at a time: so several that come at once
/// read the secret once.
#[derive(Debug)]
pub struct DeliverFunction<W> {
    world: W,
    memory: Mutex<Deliver>,
}

impl<W: World> DeliverFunction<W> {
    /// A function that has just started.
    pub fn new(world: W, memory: Deliver) -> Self {
        Self {
            world,
            memory: Mutex::new(memory),
        }
    }

    /// Delivers a batch until `deadline`; returns what SQS is told: which messages stay.
    pub async fn handle(&self, event: &Json, deadline: Timestamp) -> Json {
        let mut memory = self.memory.lock().await;
        memory.handle(&self.world, event, deadline).await
    }
}
