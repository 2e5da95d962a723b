//! The webhook's URL and secret, kept for a while.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use webhook::Webhook;

use super::ports::{Ports, SecretError};
use crate::log::Level;

/// How long a secret that was read is used without being read again. By the wall clock: others stand
/// still while a function is frozen.
const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// How long one that could not be read again is used before that is tried once more.
const STALE: SignedDuration = SignedDuration::from_secs(30);

/// What was read, and from when to when it is used without being read again.
#[derive(Debug, Default)]
pub(super) struct SecretCache {
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    webhook: Webhook,
    from: Timestamp,
    until: Timestamp,
}

impl SecretCache {
    /// The webhook. While Secrets Manager cannot be reached, the one that was last known to work.
    pub(super) async fn get<P: Ports>(&mut self, ports: &P) -> Result<Webhook, SecretError> {
        let now = ports.now();
        // A clock that was set back must not make a secret last.
        if let Some(known) = &self.known
            && (known.from..known.until).contains(&now)
        {
            return Ok(known.webhook.clone());
        }
        match (ports.secret().await, &mut self.known) {
            (Ok(webhook), known) => {
                *known = Some(Known {
                    webhook: webhook.clone(),
                    from: now,
                    until: now.saturating_add(FRESH).unwrap_or(now),
                });
                Ok(webhook)
            }
            (Err(SecretError::Unreachable(why)), Some(known)) => {
                ports.log(
                    Level::Warn,
                    "the secret could not be read: the one that is known is used",
                    json!({ "why": why }),
                );
                known.from = now;
                known.until = now.saturating_add(STALE).unwrap_or(now);
                Ok(known.webhook.clone())
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Makes the next use read the secret again. What was known stays in case that fails.
    pub(super) fn forget(&mut self) {
        if let Some(known) = &mut self.known {
            known.until = known.from;
        }
    }
}
