//! How many of what, for metrics.

use super::World;

/// What became of a batch's incidents.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) confirmed: usize,
    pub(super) unconfirmed: usize,
    /// Attempts after which the agent does not have the incident.
    pub(super) failed_attempts: usize,
    pub(super) rejected: usize,
    pub(super) misconfigured: usize,
    pub(super) given_up: usize,
    /// Incidents that were told with others.
    pub(super) grouped: usize,
    /// Groups that the budget or the quiet hours hold back.
    pub(super) held: usize,
    pub(super) ledger_unavailable: usize,
    /// For how long the oldest incident has waited that goes back because of the webhook, in seconds.
    pub(super) undelivered: usize,
}

impl Counts {
    pub(super) fn write<W: World>(&self, world: &W) {
        // A value for each delivery: the highest of an hour says whether any was confirmed.
        let confirmed: Vec<u64> = std::iter::repeat_n(1, self.confirmed)
            .chain(std::iter::repeat_n(0, self.unconfirmed))
            .collect();
        let some = |count: usize| {
            if count == 0 {
                Vec::new()
            } else {
                vec![count as u64]
            }
        };
        world.metrics(&[
            ("Confirmed", confirmed.get(..100).unwrap_or(&confirmed)),
            ("FailedAttempts", &some(self.failed_attempts)),
            ("Rejected", &some(self.rejected)),
            ("Misconfigured", &some(self.misconfigured)),
            ("GivenUp", &some(self.given_up)),
            ("Grouped", &some(self.grouped)),
            ("Held", &some(self.held)),
            ("LedgerUnavailable", &some(self.ledger_unavailable)),
            ("Undelivered", &some(self.undelivered)),
        ]);
    }
}
