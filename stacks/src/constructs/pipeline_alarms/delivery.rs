//! Alarms on what the functions count themselves.

use contract::canary::METRIC;

use super::{NAMESPACE, PipelineAlarms, Simple, Test};
use crate::{
    resources::{
        cloudwatch_alarm::{Statistic, TreatMissingData},
        lambda_function::Function,
    },
    template::{DuplicateLogicalId, Handle},
};

fn counted(metric: &'static str, by: &Handle<Function>) -> Simple {
    Simple::any(NAMESPACE, metric, ("FunctionName", by.reference()))
}

impl PipelineAlarms<'_, '_> {
    /// What `cost` counts.
    pub(super) fn cost_report(
        &mut self,
        cost: &Handle<Function>,
    ) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        self.alarm(
            "cost-incomplete",
            &format!(
                "The cost report could not read everything, so that nothing found means nothing. See what is \
                 missing with: synth cost --account {account}"
            ),
            counted("CostIncomplete", cost),
        )
    }

    /// What `deliver` counts.
    pub(super) fn delivery(
        &mut self,
        deliver: &Handle<Function>,
    ) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        self.alarm(
            "webhook-rejected",
            &format!(
                "The webhook refuses what is sent, and incidents wait. Set its URL and secret again \
                 with: synth webhook set --account {account}"
            ),
            counted("Misconfigured", deliver),
        )?;
        self.alarm(
            "webhook-unconfirmed",
            "For an hour the webhook took incidents without confirming one. See whether investigations \
             start",
            Simple {
                statistic: Statistic::Maximum,
                test: Test::Below(1.0),
                period: 3_600,
                // 1 for each delivery that the agent confirmed in its own words, 0 for every other.
                ..counted("Confirmed", deliver)
            },
        )?;
        self.alarm(
            "incidents-undelivered",
            &format!(
                "For over an hour the webhook could not be reached, refused or was not set, and incidents \
                 wait. Try it with: synth webhook test --account {account}"
            ),
            Simple {
                statistic: Statistic::Maximum,
                test: Test::AtLeast(3_600.0),
                period: 900,
                // In seconds. The queue's own age leaves out what was received three times.
                ..counted("Undelivered", deliver)
            },
        )?;
        self.alarm(
            "incidents-held",
            &format!(
                "The budget of the account file, or its quiet hours, holds incidents back. They arrive as \
                 one digest. See how many wait with: synth status --account {account}"
            ),
            counted("Held", deliver),
        )?;
        self.alarm(
            "incidents-over-ceiling",
            &format!(
                "More incidents than `always-send-per-day` allows are urgent enough to be sent whatever the budget says: they \
                 use the budget of all others now. See which with: synth history --account {account}"
            ),
            counted("OverCeiling", deliver),
        )?;
        self.alarm(
            "ledger-unavailable",
            "The ledger could not be read or written. Incidents wait, and after five minutes the urgent ones \
             are sent by themselves. The log of deliver says why",
            Simple {
                period: 900,
                ..counted("LedgerUnavailable", deliver)
            },
        )?;
        self.alarm(
            "ledger-slow",
            "A call to the ledger takes over a quarter of a second on average, which makes incidents late. \
             See the table's latency and throttling in CloudWatch",
            Simple {
                statistic: Statistic::Average,
                test: Test::AtLeast(250.0),
                ..counted("LedgerMilliseconds", deliver)
            },
        )
    }

    /// The canary comes once a day. Every other metric of the functions vanishes with their logs, and every other alarm
    /// takes silence for peace.
    pub(super) fn canary(&mut self, deliver: &Handle<Function>) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        self.alarm(
            "canary-missing",
            &format!(
                "For over a day nothing has gone all the way from a rule to the ledger, so incidents may be stuck or \
                 unseen. See where with: synth status --account {account}"
            ),
            Simple {
                test: Test::Below(1.0),
                period: 3_600,
                periods: 26,
                missing: TreatMissingData::Breaching,
                ..counted(METRIC, deliver)
            },
        )
    }
}
