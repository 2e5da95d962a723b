//! The function as Lambda runs it.

use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use super::{Deliver, Ports};

/// What surrounds a function and what it remembers, for one invocation at a time: so several that come at
/// once read the secret once.
#[derive(Debug)]
pub struct DeliverFunction<P> {
    ports: P,
    memory: Mutex<Deliver>,
}

impl<P: Ports> DeliverFunction<P> {
    /// A function that has just started.
    pub fn new(ports: P, memory: Deliver) -> Self {
        Self {
            ports,
            memory: Mutex::new(memory),
        }
    }

    /// Handles an event until `deadline`; returns the answer to SQS: which messages stay in the queue.
    pub async fn handle(&self, event: &Json, deadline: Timestamp) -> Json {
        let mut memory = self.memory.lock().await;
        memory.handle(&self.ports, event, deadline).await
    }
}
