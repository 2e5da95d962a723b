//! The sweep: now and then `deliver` looks for what is overdue in the ledger, whatever became of the message
//! that should have woken it.

use contract::FunctionName;
use serde_json::json;

use crate::{
    constructs::{
        Core,
        schedule::{Does, Missed, Timetable, schedule},
    },
    resources::{lambda_event_invoke_config::EventInvokeConfig, lambda_function::Function},
    template::{DuplicateLogicalId, Handle, Template},
};

/// Minutes between two sweeps.
const EVERY: u32 = 5;

/// Adds the schedule of the sweep.
pub(crate) fn sweep(
    template: &mut Template,
    core: &Core<'_>,
    deliver: &Handle<Function>,
) -> Result<(), DuplicateLogicalId> {
    schedule(
        template,
        core,
        Does::Invokes(deliver),
        Timetable {
            name: "Sweep",
            description: "Sends what is overdue in the ledger",
            expression: format!("rate({EVERY} minutes)"),
            time_zone: None,
            event: json!({ "sweep": true }),
            missed: Missed::Nothing,
            condition: None,
            after: Vec::new(),
        },
    )?;
    // The next sweep does what this one would have done.
    template.add(
        &[FunctionName::Deliver.logical_id(), "Retries"],
        &EventInvokeConfig {
            maximum_retry_attempts: Some(0.into()),
            maximum_event_age_in_seconds: Some((i64::from(EVERY) * 60).into()),
            ..EventInvokeConfig::new(deliver.reference(), "$LATEST")
        },
    )?;
    Ok(())
}
