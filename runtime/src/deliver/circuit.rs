//! Remembers that the webhook failed, so that a receiver that is down is asked now and then.

use std::time::Duration;

use jiff::Timestamp;

/// How long nothing is sent after the first failure, at least.
const FIRST: Duration = Duration::from_mins(2);
/// How long nothing is sent after each other, at least.
const NEXT: Duration = Duration::from_secs(14 * 60 + 45);
/// How far waits are spread.
pub(super) const SPREAD: Duration = Duration::from_secs(30);

/// Remembers that the webhook failed, so that a receiver that is down is asked now and then by one
/// incident, and not by every batch.
///
/// Two environments run at once, and a receiver is asked by both: by two posts each at first, one after
/// two minutes, and one each quarter of an hour from then on. That is twelve in the first hour and
/// eight in every other. A quarter of an hour is also how long a receiver that is back has to wait for
/// what it missed.
#[derive(Debug, Default)]
pub(super) struct Circuit {
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
    /// for. `jitter` (0 to 1) keeps two environments from asking at once.
    pub(super) fn open(
        &mut self,
        now: Timestamp,
        jitter: f64,
        asked: Option<Duration>,
    ) -> Duration {
        let spread = SPREAD.mul_f64(jitter);
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

    /// Two minutes, then a quarter of an hour each time; longer only if the receiver asks for it.
    #[test]
    fn nothing_is_sent_for_longer_each_time() {
        let now = Timestamp::UNIX_EPOCH;
        let mut circuit = Circuit::default();
        let seconds: Vec<u64> = [(0.0, None), (0.0, None), (1.0, None), (1.0, Some(7_200))]
            .into_iter()
            .map(|(jitter, asked): (f64, Option<u64>)| {
                let wait = circuit.open(now, jitter, asked.map(Duration::from_secs));
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
}
