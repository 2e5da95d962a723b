//! Alarms on what investigations came to: a report that the agent took is no answer yet.

use contract::results::{CANCELLED, FAILED, SAW_NOTHING};

use super::{NAMESPACE, PipelineAlarms, Simple};
use crate::{
    resources::lambda_function::Function,
    template::{DuplicateLogicalId, Handle},
};

impl PipelineAlarms<'_, '_> {
    /// Investigations that found nothing, were cancelled or failed.
    pub(super) fn results(&mut self, result: &Handle<Function>) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        let of = |metric| Simple::any(NAMESPACE, metric, ("FunctionName", result.reference()));
        let next = format!("See which with: synth results --account {account}");
        self.alarm(
            "agent-saw-nothing",
            &format!(
                "An investigation ended without a cause, or the agent lacked access to what it wanted to look at. {next}"
            ),
            of(SAW_NOTHING),
        )?;
        self.alarm(
            "investigations-cancelled",
            &format!(
                "An investigation was cancelled, as by a quota or a limit of the agent space. {next}"
            ),
            of(CANCELLED),
        )?;
        self.alarm(
            "investigations-failed",
            &format!("An investigation failed or took too long: nobody knows what broke. {next}"),
            of(FAILED),
        )
    }
}
