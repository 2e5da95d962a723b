//! How long to wait before trying again.

use std::time::Duration;

use jiff::Timestamp;

use super::World;

/// The longest that a message is hidden unless the receiver asks for more.
pub(super) const LONGEST: Duration = Duration::from_mins(15);
/// The shortest that a message is hidden.
const SHORTEST: Duration = Duration::from_secs(30);

/// How long a message that was received so many times stays hidden: twice as long each time, never
/// shorter than `at_least`, and spread by `chance` (0 to 1) so that not all come back at once.
pub(super) fn hide_for(receives: u32, at_least: Duration, chance: f64) -> Duration {
    let doublings = receives.saturating_sub(1).min(5);
    let grown = (SHORTEST * 2_u32.pow(doublings)).min(LONGEST);
    let spread = grown.mul_f64(0.75 + 0.25 * chance);
    // Jitter only upward from what was asked for.
    let asked = at_least + at_least.mul_f64(0.1 * chance).min(Duration::from_secs(30));
    spread.max(asked)
}

/// The pause before the second attempt within one invocation.
pub(super) fn pause(chance: f64) -> Duration {
    Duration::from_millis(200).mul_f64(1.0 + chance)
}

/// Remembers that the webhook failed, so that a receiver that is down is asked now and then by one
/// incident, and not by every batch.
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

    /// Notes a failure. Returns how long nothing is to be sent: what the receiver asked for, or
    /// longer with each failure in a row.
    pub(super) fn open<W: World>(&mut self, world: &W, asked: Option<Duration>) -> Duration {
        let wait = hide_for(self.failures + 2, asked.unwrap_or_default(), world.chance());
        self.failures += 1;
        self.closed_until = world.now().checked_add(wait).ok();
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
    fn waits_grow_to_a_quarter_of_an_hour() {
        let waits: Vec<u64> = (1..=8)
            .map(|n| hide_for(n, Duration::ZERO, 1.0).as_secs())
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn waits_are_never_shorter_than_asked_for() {
        for chance in [0.0, 0.5, 1.0] {
            for asked in [0, 7, 600, 6 * 3_600] {
                let asked = Duration::from_secs(asked);
                for receives in [0, 1, 7, u32::MAX] {
                    let wait = hide_for(receives, asked, chance);
                    assert!(wait >= asked, "{wait:?} {asked:?}");
                    assert!(wait <= asked.max(LONGEST) + Duration::from_secs(30));
                }
            }
        }
    }
}
