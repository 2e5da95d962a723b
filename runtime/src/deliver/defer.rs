//! How long a message that is returned to the queue stays hidden.

use std::time::Duration;

use jiff::Timestamp;

use super::circuit::SPREAD;

/// The longest that a message is hidden unless somebody asks for more.
pub(super) const LONGEST: Duration = Duration::from_mins(15);
/// The shortest that a message is hidden which comes back for a reason of its own.
const SHORTEST: Duration = Duration::from_secs(30);
/// The longest that a message is hidden at once. SQS allows twelve hours in all.
const AT_ONCE: Duration = Duration::from_hours(1);

/// How long a message that is returned to the queue stays hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defer {
    /// Until the webhook is asked again, whatever the message's own past.
    Webhook(Duration),
    /// For exactly so long.
    Exactly(Duration),
    /// Twice as long each time it comes back.
    Longer,
    /// Until the ledger is asked again: half a minute, and a quarter of an hour once that has lasted.
    Ledger,
}

/// How often a message is received before a ledger that fails is asked less often.
const PATIENT: u32 = 20;

impl Defer {
    /// There was no time for it: it is back at once.
    pub(super) const AT_ONCE: Self = Self::Exactly(Duration::ZERO);

    /// Until a point in time, or an hour from now if that is sooner.
    pub(super) fn until(at: Timestamp, now: Timestamp) -> Self {
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        Self::Exactly(wait.min(AT_ONCE))
    }

    /// Whether it is the webhook that is waited for, and neither a group nor time.
    pub(super) fn is_for_the_webhook(self) -> bool {
        matches!(self, Self::Webhook(_) | Self::Longer)
    }

    /// For how long. `receives` is how often the message has been received, `jitter` (0 to 1) keeps
    /// messages from coming back all at once.
    pub(super) fn duration(self, receives: u32, jitter: f64) -> Duration {
        match self {
            Self::Webhook(wait) => wait + SPREAD.mul_f64(jitter),
            Self::Exactly(wait) => wait,
            Self::Ledger if receives <= PATIENT => SHORTEST,
            Self::Ledger => LONGEST.mul_f64(0.75 + 0.25 * jitter),
            Self::Longer => {
                let doublings = receives.saturating_sub(1).min(5);
                let grown = (SHORTEST * 2_u32.pow(doublings)).min(LONGEST);
                grown.mul_f64(0.75 + 0.25 * jitter)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_for_its_own_sake_waits_longer_each_time() {
        let waits: Vec<u64> = (1..=8)
            .map(|n| Defer::Longer.duration(n, 1.0).as_secs())
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn what_comes_back_is_spread() {
        let wait = |jitter| Defer::Longer.duration(1, jitter).as_millis();
        assert_eq!([wait(0.0), wait(0.5), wait(1.0)], [22_500, 26_250, 30_000]);
    }

    #[test]
    fn waits_are_never_shorter_than_asked_for() {
        for jitter in [0.0, 0.5, 1.0] {
            for asked in [0, 7, 600, 6 * 3_600] {
                let asked = Duration::from_secs(asked);
                for receives in [0, 1, 7, u32::MAX] {
                    let wait = Defer::Webhook(asked).duration(receives, jitter);
                    assert!(wait >= asked, "{wait:?} {asked:?}");
                    assert!(wait <= asked.max(LONGEST) + SPREAD);
                }
            }
        }
    }
}
