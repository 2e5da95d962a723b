//! What became of an incident: from the agent's task, executions and journal to what the ledger keeps.
//!
//! Reading is pure and lenient: the agent's API changes often, so a word that is not known, a field that is missing or
//! of another type is never an error. Source: `GetBacklogTask`, `ListExecutions` and `ListJournalRecords` in the AWS
//! DevOps Agent API reference.

mod count;
mod execution;
mod follow;
mod foreign;
mod journal;
mod lambda;
mod merge;
mod message;
mod meter;
mod mitigate;
mod occasion;
mod overdue;
mod plan;
mod port;
mod publish;
mod task;

pub use count::{lacked_access, metrics, saw_nothing};
pub use execution::Executions;
pub use follow::{Follow, Outcome, Patience, ResultError};
pub use journal::{GAP, Journal, SUMMARY, UTILIZATION};
pub use lambda::{InvocationError, ResultFunction};
pub use merge::merge;
pub use message::{Origin, message};
pub use meter::meter;
pub use mitigate::{Mitigate, Step};
pub use occasion::{NotOurs, Occasion};
pub use port::{Agent, Bus, Clock, Meter, Publisher, Store};
pub use publish::Publish;
pub use task::Task;

use contract::IncidentId;

use crate::ledger::{Investigation, Status};

/// What was read of a task at one time.
///
/// `price` is in dollars a second of an execution.
pub fn investigation(
    incident: IncidentId,
    task: &Task,
    executions: &Executions,
    journal: &Journal,
    price: f64,
) -> Investigation {
    let seconds = executions.seconds();
    Investigation {
        incident,
        task: task.id.clone(),
        execution: executions
            .investigation()
            .or_else(|| task.execution.clone()),
        primary: task.primary.clone(),
        status: task.status.clone(),
        reason: task.reason.clone(),
        created: task.created,
        began: executions.began(),
        ended: task.status.is_end().then_some(task.updated),
        seconds,
        dollars: seconds.map(|it| cents(it, price)),
        verdict: journal.verdict.clone(),
        gaps: journal.gaps.clone(),
        skills: journal.skills.clone(),
        at: task.updated,
        gave_back: false,
        summarized: journal.summarized,
        is_read: false,
        notice: None,
        mitigation: None,
    }
}

/// Whether a task that is so far has a summary, which may be readable only a moment later.
pub fn has_summary(status: &Status) -> bool {
    *status == Status::Completed
}

#[expect(
    clippy::cast_precision_loss,
    reason = "seconds of an investigation are far below 2^52"
)]
fn cents(seconds: u64, price: f64) -> f64 {
    (seconds as f64 * price * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
