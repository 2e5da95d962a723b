//! The clock that everything about AWS goes by: that of the SDK's configuration.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_smithy_async::{
    rt::sleep::{AsyncSleep as _, SharedAsyncSleep, TokioSleep},
    time::{SharedTimeSource, SystemTimeSource},
};

/// The clock that everything about AWS goes by.
#[derive(Clone, Debug)]
pub struct Clock {
    sleep: SharedAsyncSleep,
    time: SharedTimeSource,
}

impl Clock {
    /// That of a configuration; the system's, where it has none.
    pub(super) fn of(config: &SdkConfig) -> Self {
        Self::new(config.sleep_impl(), config.time_source())
    }

    pub(super) fn new(sleep: Option<SharedAsyncSleep>, time: Option<SharedTimeSource>) -> Self {
        Self {
            sleep: sleep.unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep::new())),
            time: time.unwrap_or_else(|| SharedTimeSource::new(SystemTimeSource::new())),
        }
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        self.time.now()
    }

    /// How long ago that was.
    pub fn since(&self, begin: SystemTime) -> Duration {
        self.now().duration_since(begin).unwrap_or_default()
    }

    /// Waits for a while.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep.sleep(duration).await;
    }

    /// Waits for something, but no longer than this.
    pub async fn at_most<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.sleep(limit) => None,
        }
    }
}
