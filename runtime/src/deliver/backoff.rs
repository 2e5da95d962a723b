//! How long to wait before trying again.

use std::time::Duration;

use jiff::Timestamp;

/// The longest that a message is hidden unless the receiver asks for more.
pub(super) const LONGEST: Duration = Duration::from_mins(15);
/// The shortest that a message is hidden which comes back for a reason of its own.
const SHORTEST: Duration = Duration::from_secs(30);
/// How long nothing is sent after the first failure, at least.
const FIRST: Duration = Duration::from_mins(2);
/// How long nothing is sent after each other, at least.
const NEXT: Duration = Duration::from_secs(14 * 60 + 45);
/// How far waits are spread.
const SPREAD: Duration = Duration::from_secs(30);

/// How long a message that goes back stays hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hide {
    /// Until the webhook is asked again, whatever its own past.
    For(Duration),
    /// Until the group that it belongs to is told, to the second.
    Exactly(Duration),
    /// Twice as long each time it comes back.
    Longer,
}

/// The longest that a message is hidden at once. SQS allows twelve hours in all.
const AT_ONCE: Duration = Duration::from_hours(1);

impl Hide {
    /// Until a point in time, or an hour from now if that is sooner.
    pub(super) fn until(at: Timestamp, now: Timestamp) -> Self {
        let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
        Self::Exactly(wait.min(AT_ONCE))
    }

    /// Whether it is the webhook that is waited for, and neither a group nor time.
    pub(super) fn is_for_the_webhook(self) -> bool {
        match self {
            Self::For(wait) => !wait.is_zero(),
            Self::Longer => true,
            Self::Exactly(_) => false,
        }
    }

    /// For how long. `receives` is how often the message has been received, `chance` (0 to 1) keeps
    /// messages from coming back all at once.
    pub(super) fn duration(self, receives: u32, chance: f64) -> Duration {
        match self {
            Self::For(Duration::ZERO) => Duration::ZERO,
            Self::For(wait) => wait + SPREAD.mul_f64(chance),
            Self::Exactly(wait) => wait,
            Self::Longer => {
                let doublings = receives.saturating_sub(1).min(5);
                let grown = (SHORTEST * 2_u32.pow(doublings)).min(LONGEST);
                grown.mul_f64(0.75 + 0.25 * chance)
            }
        }
    }
}

/// The pause before the second attempt within one invocation.
pub(super) fn pause(chance: f64) -> Duration {
    Duration::from_millis(200).mul_f64(1.0 + chance)
}

/// Remembers that the webhook failed, so that a receiver that is down is asked now and then by one
/// incident, and not by every batch.
///
/// Two environments run at once, and a receiver is asked by both: by two posts each at first, one after
/// two minutes, and one each quarter of an hour from then on. That is twelve in the first hour and
/// eight in every other. A quarter of an hour is also how long a receiver that is back has to wait for
/// what it missed.
#[derive(Debug, Default)]
pub struct Circuit {
    closed_until: Option<Timestamp>,
    failures: u32,
}

impl Circuit {
    /// How long nothing is to be sent, if so.
    pub(super) fn wait(&self, now: Timestamp) -> Option<Duration> {
        let until = self.closed_until?;
        Duration::try_from(until.duration_since(now))
            .ok()
            .filter(|wait| !wait.is_zero())
    }

    /// Whether the next post is only there to see if the webhook works again.
    pub(super) fn is_probing(&self) -> bool {
        self.failures > 0
    }

    /// Takes it that the webhook has failed before, as an environment does that has just started and
    /// is given what others have put back.
    pub(super) fn suspect(&mut self) {
        self.failures = self.failures.max(1);
    }

    /// Notes a failure. Returns how long nothing is to be sent: never shorter than the receiver asked
    /// for. `chance` (0 to 1) keeps two environments from asking at once.
    pub(super) fn open(
        &mut self,
        now: Timestamp,
        chance: f64,
        asked: Option<Duration>,
    ) -> Duration {
        let spread = SPREAD.mul_f64(chance);
        let own = match self.failures {
            0 => FIRST + spread,
            _ => NEXT + spread,
        };
        let wait = own.max(asked.map_or(Duration::ZERO, |asked| asked + spread));
        self.failures += 1;
        self.closed_until = now.checked_add(wait).ok();
        wait
    }

    /// Notes that the webhook works.
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_for_its_own_sake_waits_longer_each_time() {
        let waits: Vec<u64> = (1..=8)
            .map(|n| Hide::Longer.duration(n, 1.0).as_secs())
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn what_comes_back_is_spread() {
        let wait = |chance| Hide::Longer.duration(1, chance).as_millis();
        assert_eq!([wait(0.0), wait(0.5), wait(1.0)], [22_500, 26_250, 30_000]);
    }

    #[test]
    fn a_second_attempt_comes_after_a_moment() {
        assert_eq!(pause(0.0).as_millis(), 200);
        assert_eq!(pause(1.0).as_millis(), 400);
    }

    /// Two minutes, then a quarter of an hour each time; longer only if the receiver asks for it.
    #[test]
    fn nothing_is_sent_for_longer_each_time() {
        let now = Timestamp::UNIX_EPOCH;
        let mut circuit = Circuit::default();
        let seconds: Vec<u64> = [(0.0, None), (0.0, None), (1.0, None), (1.0, Some(7_200))]
            .into_iter()
            .map(|(chance, asked): (f64, Option<u64>)| {
                let wait = circuit.open(now, chance, asked.map(Duration::from_secs));
                assert_eq!(circuit.wait(now), Some(wait));
                wait.as_secs()
            })
            .collect();
        assert_eq!(seconds, [120, 885, 915, 7_230]);
        assert!(circuit.is_probing());
        circuit.close();
        assert!(!circuit.is_probing());
        assert_eq!(circuit.wait(now), None);
        assert_eq!(circuit.open(now, 1.0, None).as_secs(), 150);
    }

    #[test]
    fn waits_are_never_shorter_than_asked_for() {
        for chance in [0.0, 0.5, 1.0] {
            for asked in [0, 7, 600, 6 * 3_600] {
                let asked = Duration::from_secs(asked);
                for receives in [0, 1, 7, u32::MAX] {
                    let wait = Hide::For(asked).duration(receives, chance);
                    assert!(wait >= asked, "{wait:?} {asked:?}");
                    assert!(wait <= asked.max(LONGEST) + SPREAD);
                }
            }
        }
    }

    #[test]
    fn what_there_was_no_time_for_is_back_at_once() {
        let at_once = Hide::For(Duration::ZERO);
        assert_eq!(at_once.duration(100, 1.0), Duration::ZERO);
    }
}
