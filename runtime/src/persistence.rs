//! Trying again for as long as there is time: what cannot be queued now may well be in ten seconds.

use std::{future::Future, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

/// The first pause; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// How long one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long an attempt must be able to take to be worth its while.
const LEAST: Duration = Duration::from_secs(1);

/// Time and chance.
pub(crate) trait Time {
    /// How long ago it began.
    fn elapsed(&self) -> Duration;
    /// A number from 0 to 1, by chance.
    fn jitter(&self) -> f64;
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;
}

/// The time of this machine, since this was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemTime(Instant);

impl SystemTime {
    /// Time that begins now.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }
}

impl Time for SystemTime {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn jitter(&self) -> f64 {
        // Enough to spread retries; nothing secret depends on it.
        let nanoseconds = Timestamp::now().subsec_nanosecond().unsigned_abs();
        f64::from(nanoseconds % 1_000_000) / 1_000_000.0
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Makes attempts until one succeeds or `until` is over, the first in any case, whatever they fail for: a key that
/// was disabled or a permission that was taken away comes back, too. Pauses grow and vary by half, so that
/// many who failed together do not come back together. An attempt is given the time that it may take.
///
/// # Errors
///
/// What the last attempt came to.
pub(crate) async fn persist<T, E>(
    time: &impl Time,
    until: Duration,
    mut attempt: impl AsyncFnMut(Duration) -> Result<T, E>,
) -> Result<T, E> {
    let mut pause = FIRST_PAUSE;
    loop {
        let left = until.saturating_sub(time.elapsed());
        let error = match attempt(left.clamp(LEAST, ATTEMPT)).await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        let left = until.saturating_sub(time.elapsed());
        if left <= LEAST {
            return Err(error);
        }
        // The last attempt has little time, but it is as late as it can be.
        let spread = pause.mul_f64(0.5 + time.jitter());
        time.sleep(spread.min(left.saturating_sub(LEAST))).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use futures_util::FutureExt as _;

    use super::*;

    /// Time that passes only when somebody waits.
    #[derive(Default)]
    struct Played {
        now: Cell<Duration>,
        jitter: f64,
    }

    impl Played {
        fn pass(&self, time: Duration) {
            self.now.set(self.now.get() + time);
        }
    }

    impl Time for Played {
        fn elapsed(&self) -> Duration {
            self.now.get()
        }

        fn jitter(&self) -> f64 {
            self.jitter
        }

        async fn sleep(&self, time: Duration) {
            self.pass(time);
        }
    }

    const UNTIL: Duration = Duration::from_secs(28);

    /// When attempts begin that each take so long and fail, and when the last has failed.
    fn failing(jitter: f64, takes: Duration) -> (Vec<Duration>, Duration) {
        let time = Played {
            jitter,
            ..Played::default()
        };
        let begun = RefCell::new(Vec::new());
        let outcome = persist(&time, UNTIL, async |within| {
            begun.borrow_mut().push(time.elapsed());
            time.pass(takes.min(within));
            Err::<(), _>("away")
        });
        assert_eq!(outcome.now_or_never(), Some(Err("away")));
        (begun.into_inner(), time.elapsed())
    }

    /// Whether a queue refuses at once or says nothing, and whatever chance says, it is tried for most of the time.
    #[test]
    fn a_queue_that_is_away_is_tried_until_the_time_is_over() {
        for takes in [0, 10, 900, 60_000].map(Duration::from_millis) {
            for jitter in [0.0, 0.3, 0.999] {
                let (begun, ended) = failing(jitter, takes);
                let last = begun.last().copied().unwrap_or_default();
                assert!(
                    last >= Duration::from_secs(22),
                    "{takes:?} {jitter}: {begun:?}"
                );
                assert!(ended <= UNTIL, "{takes:?} {jitter}: {ended:?}");
                assert!((5..30).contains(&begun.len()), "{begun:?}");
            }
        }
    }

    #[test]
    fn pauses_grow_and_vary() {
        let pauses = |jitter| -> Vec<u128> {
            let (begun, _) = failing(jitter, Duration::ZERO);
            let pairs = begun.windows(2);
            pairs.map(|it| it[1].abs_diff(it[0]).as_millis()).collect()
        };
        assert_eq!(pauses(0.5)[..6], [200, 400, 800, 1_600, 3_200, 4_000]);
        assert_eq!(pauses(0.0)[..6], [100, 200, 400, 800, 1_600, 2_000]);
        assert_eq!(pauses(1.0)[..6], [300, 600, 1_200, 2_400, 4_800, 6_000]);
    }

    #[test]
    fn what_comes_back_in_time_is_found() {
        for away in 0..27 {
            let time = Played {
                jitter: 0.5,
                ..Played::default()
            };
            let back = Duration::from_secs(away);
            let outcome = persist(&time, UNTIL, async |_| {
                if time.elapsed() < back {
                    Err("away")
                } else {
                    Ok(())
                }
            });
            assert_eq!(outcome.now_or_never(), Some(Ok(())), "{away}");
        }
    }

    #[test]
    fn without_time_there_is_one_attempt() {
        let time = Played::default();
        let attempts = Cell::new(0);
        let outcome = persist(&time, Duration::ZERO, async |_| {
            attempts.set(attempts.get() + 1);
            Err::<(), _>("away")
        });
        assert_eq!(
            (outcome.now_or_never(), attempts.get()),
            (Some(Err("away")), 1)
        );
    }
}
