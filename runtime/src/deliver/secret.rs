//! The webhook's URL and secret, kept for a while.

use std::time::Duration;

use jiff::Timestamp;
use webhook::Webhook;

use super::{SecretError, World};

/// How long a secret that was read is used without being read again. By the wall clock: others stand
/// still while a function is frozen.
const FRESH: Duration = Duration::from_mins(5);

/// What was read, and when.
#[derive(Debug, Default)]
pub struct SecretCache {
    known: Option<(Webhook, Timestamp)>,
}

impl SecretCache {
    /// The webhook. While Secrets Manager cannot be reached, the one that was last known to work.
    pub(super) async fn get<W: World>(&mut self, world: &W) -> Result<Webhook, SecretError> {
        let now = world.now();
        if let Some((webhook, read)) = &self.known {
            let age = Duration::try_from(now.duration_since(*read));
            if age.is_ok_and(|age| age < FRESH) {
                return Ok(webhook.clone());
            }
        }
        match world.secret().await {
            Ok(webhook) => {
                self.known = Some((webhook.clone(), now));
                Ok(webhook)
            }
            Err(SecretError::Unreachable(why)) => match &self.known {
                Some((webhook, _)) => Ok(webhook.clone()),
                None => Err(SecretError::Unreachable(why)),
            },
            Err(error) => Err(error),
        }
    }

    /// Makes the next use read the secret again. What was known stays in case that fails.
    pub(super) fn forget(&mut self) {
        if let Some((_, read)) = &mut self.known {
            *read = Timestamp::UNIX_EPOCH;
        }
    }
}
