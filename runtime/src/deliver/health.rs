//! Whether the ledger can be used at all.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ledger::later;

/// For how long every call must have failed, and how many, before the ledger counts as away.
const FAILING: SignedDuration = SignedDuration::from_mins(5);
const CALLS: u32 = 10;
/// After how long a message has been received, as long as functions keep up with the queue: the batching window
/// of the template.
const RECEIVED: Duration = Duration::from_secs(5);

/// What this environment's calls to the ledger came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Health {
    /// When the first of the failures was that nothing has succeeded since, and how many there were.
    failing: Option<(Timestamp, u32)>,
    /// When a call last succeeded.
    succeeded: Option<Timestamp>,
}

impl Health {
    /// After one more call.
    pub(super) fn after(self, at: Timestamp, failed: bool) -> Self {
        let failing = failed.then(|| {
            let (since, calls) = self.failing.unwrap_or((at, 0));
            (since, calls.saturating_add(1))
        });
        let succeeded = if failed { self.succeeded } else { Some(at) };
        Self { failing, succeeded }
    }

    /// Whether what was queued then has most likely been recorded: the ledger has answered since, when there
    /// was time to receive it.
    pub(super) fn has_recorded(self, queued: Timestamp) -> bool {
        self.succeeded
            .is_some_and(|at| later(queued, RECEIVED) <= at)
    }

    /// Whether every call has failed for so long that incidents are sent without the ledger.
    pub(super) fn is_away(self, now: Timestamp) -> bool {
        self.failing
            .is_some_and(|(since, calls)| calls >= CALLS && now.duration_since(since) >= FAILING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_is_away_when_all_has_failed_for_long_enough() {
        let at = |minutes| Timestamp::UNIX_EPOCH + Duration::from_mins(minutes);
        let mut health = Health::default();
        for minute in 0..10 {
            assert!(!health.is_away(at(minute)), "{minute}");
            health = health.after(at(minute), true);
        }
        assert!(health.is_away(at(9)));
        assert!(!health.after(at(9), false).is_away(at(60)));
        // Many calls in a moment say no more than one.
        let moment = (0..100).fold(Health::default(), |it, _| it.after(at(0), true));
        assert!(!moment.is_away(at(4)));
        assert!(moment.is_away(at(5)));
    }
    #[test]
    fn what_was_queued_before_the_ledger_last_answered_has_been_recorded() {
        let at = |seconds| Timestamp::UNIX_EPOCH + Duration::from_secs(seconds);
        assert!(!Health::default().has_recorded(at(0)));
        let health = Health::default().after(at(60), false).after(at(90), true);
        assert!(health.has_recorded(at(55)));
        assert!(!health.has_recorded(at(56)));
    }
}
