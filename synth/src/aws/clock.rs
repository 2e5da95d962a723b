//! The clock that everything about AWS goes by: that of the SDK's configuration.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    time::{Duration, SystemTime},
};

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

    /// Waits for between two thirds of this and all of it, so that runs that began together do not stay together.
    pub async fn pause(&self, pause: Duration) {
        self.sleep(jittered(pause, self.now())).await;
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

/// By the time of day to the nanosecond, which no two runs share.
fn jittered(pause: Duration, now: SystemTime) -> Duration {
    let mut hasher = DefaultHasher::new();
    now.hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 1_000).unwrap_or_default();
    pause * 2 / 3 + pause * share / 3_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_vary_and_never_grow() {
        let at = |nanoseconds| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanoseconds);
        let pauses: Vec<Duration> = (0..100)
            .map(|it| jittered(Duration::from_secs(3), at(it)))
            .collect();
        let (two, three) = (Duration::from_secs(2), Duration::from_secs(3));
        assert!(pauses.iter().all(|it| (two..=three).contains(it)));
        assert!(pauses.iter().any(|it| *it != pauses[0]));
    }
}
