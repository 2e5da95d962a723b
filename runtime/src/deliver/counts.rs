//! How many of what, for metrics.

use super::ports::Telemetry;

/// Calls to the ledger whose time is reported at most.
const CALLS: usize = 100;

/// What an invocation came to.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) confirmed: usize,
    pub(super) unconfirmed: usize,
    /// Attempts after which the agent does not have the report.
    pub(super) failed_attempts: usize,
    pub(super) rejected: usize,
    pub(super) misconfigured: usize,
    /// Messages and windows that were put among the dead letters.
    pub(super) dead_letters: usize,
    /// Incidents that were sent with others.
    pub(super) grouped: usize,
    /// Windows that the budget or the quiet hours hold.
    pub(super) held: usize,
    /// Windows that would always be sent, of which the day has had as many as there may be.
    pub(super) over_ceiling: usize,
    /// Calls to the ledger that failed.
    pub(super) ledger_unavailable: usize,
    /// How long each call to the ledger took, in milliseconds.
    pub(super) ledger_calls: Vec<usize>,
    /// For how long the oldest incident has waited that is deferred because of the webhook, in seconds.
    pub(super) undelivered: usize,
    /// Canaries of the pipeline that got through.
    pub(super) canaries: usize,
}

impl Counts {
    /// What was sent.
    pub(super) fn sent(&self) -> usize {
        self.confirmed + self.unconfirmed
    }

    pub(super) fn write(&self, telemetry: &impl Telemetry) {
        // A value for each report: the highest of an hour says whether any was confirmed.
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
        let mut calls: Vec<u64> = self.ledger_calls.iter().map(|it| *it as u64).collect();
        calls.sort_unstable_by(|a, b| b.cmp(a));
        calls.truncate(CALLS);
        telemetry.metrics(&[
            ("Confirmed", confirmed.get(..100).unwrap_or(&confirmed)),
            ("FailedAttempts", &some(self.failed_attempts)),
            ("Rejected", &some(self.rejected)),
            ("Misconfigured", &some(self.misconfigured)),
            ("GivenUp", &some(self.dead_letters)),
            ("Grouped", &some(self.grouped)),
            ("Held", &some(self.held)),
            ("OverCeiling", &some(self.over_ceiling)),
            ("LedgerUnavailable", &some(self.ledger_unavailable)),
            ("LedgerMilliseconds", &calls),
            ("Undelivered", &some(self.undelivered)),
            (contract::canary::METRIC, &some(self.canaries)),
        ]);
    }
}
