//! How long anything waits for AWS: the one place that says it.

use std::{future::Future, sync::Arc, time::Duration};

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};

use super::{AwsError, Clock};

/// How long a connection may take to be made.
pub const CONNECT: Duration = Duration::from_secs(5);
/// How long one attempt of a call may take.
pub const ATTEMPT: Duration = Duration::from_secs(30);
/// How long one attempt of a call may take that sends code or a large template.
pub const UPLOAD: Duration = Duration::from_mins(3);
/// How long a call is tried again while what goes wrong passes by itself.
pub const PATIENCE: Duration = Duration::from_mins(10);
/// The same where no address is known for the host: most often its name is wrong, or there is no network.
pub const PATIENCE_WITHOUT_ADDRESS: Duration = Duration::from_secs(30);
/// When a person is shown that a call is tried again.
const NOTICE: Duration = Duration::from_secs(5);
/// The pauses between attempts: the first one, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(20)];

/// Whoever is shown that AWS does not answer, if anybody is.
#[derive(Clone, Default)]
pub struct Notice(Option<Arc<Show>>);

type Show = dyn Fn(&str) + Send + Sync;

impl Notice {
    /// Shows it by this function.
    pub fn by(show: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(show)))
    }

    fn show(&self, text: &str) {
        if let Some(show) = &self.0 {
            show(text);
        }
    }
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notice")
    }
}

/// The limits of one call, for every client.
pub(super) fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .build()
}

/// What clients do by themselves that nobody waits for by [`patiently`].
pub(super) fn few_retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

/// Attempts something until it succeeds, fails for a reason that does not pass by itself, or has been tried
/// for as long as that reason deserves.
pub(super) async fn patiently<T, F>(
    clock: &Clock,
    notice: &Notice,
    attempt: impl Fn() -> F,
) -> Result<T, AwsError>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let begin = clock.now();
    let [mut pause, longest] = PAUSES;
    let mut is_shown = false;
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let limit = if error.is_without_address() {
            PATIENCE_WITHOUT_ADDRESS
        } else {
            PATIENCE
        };
        let waited = clock.since(begin);
        if !error.is_passing() || waited >= limit {
            return Err(error);
        }
        if waited >= NOTICE && !is_shown {
            is_shown = true;
            notice.show(&format!(
                "AWS does not answer as it should; trying again for up to {} seconds: {error}",
                limit.as_secs()
            ));
        }
        clock.pause(pause).await;
        pause = (pause * 2).min(longest);
    }
}
