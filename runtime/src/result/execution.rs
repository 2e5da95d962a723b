//! The executions of a task: when the agent worked on it, and for how long.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::foreign;
use crate::read::text;

/// The type of agent that investigates.
const INVESTIGATES: &str = "ops1";
/// The type of agent that plans what to do about a root cause.
const MITIGATES: &str = "mitigation";

/// The executions of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executions(Vec<Execution>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Execution {
    id: String,
    agent: String,
    status: String,
    is_part: bool,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
}

impl Executions {
    /// Reads what `ListExecutions` lists, each once.
    pub fn read(executions: &[Json]) -> Self {
        let id = |it: &Json| text(it, "executionId").and_then(foreign::id);
        let ids: BTreeSet<String> = executions.iter().filter_map(id).collect();
        let mut seen = BTreeSet::new();
        let executions = executions.iter().filter_map(|it| {
            let id = id(it).filter(|id| seen.insert(id.clone()))?;
            let parent = text(it, "parentExecutionId");
            Some(Execution {
                agent: text(it, "agentType").unwrap_or_default().to_lowercase(),
                status: text(it, "executionStatus").unwrap_or_default().to_owned(),
                is_part: parent.is_some_and(|parent| parent != id && ids.contains(parent)),
                created: foreign::time(it, "createdAt"),
                updated: foreign::time(it, "updatedAt"),
                id,
            })
        });
        Self(executions.collect())
    }

    /// The one that investigates: the earliest of those that do, or else of those that plan nothing.
    pub fn investigation(&self) -> Option<String> {
        let whole = || self.0.iter().filter(|it| !it.is_part);
        let first = |executions: Vec<&Execution>| {
            let mut executions = executions;
            executions.sort_by_key(|it| (it.created.unwrap_or(Timestamp::MAX), it.id.clone()));
            executions.first().map(|it| it.id.clone())
        };
        first(whole().filter(|it| it.agent == INVESTIGATES).collect())
            .or_else(|| first(whole().filter(|it| !it.agent.contains(MITIGATES)).collect()))
    }

    /// Those that plan what to do about a root cause, the latest first.
    pub(super) fn mitigations(&self) -> Vec<MitigationRun> {
        let plans = self.0.iter().filter(|it| it.agent.contains(MITIGATES));
        let mut plans: Vec<&Execution> = plans.collect();
        plans.sort_by_key(|it| (it.created, it.id.clone()));
        let plans = plans.into_iter().rev();
        let plans = plans.map(|it| MitigationRun {
            id: it.id.clone(),
            status: it.status.clone(),
        });
        plans.collect()
    }

    /// When the first began.
    pub fn began(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|it| it.created).min()
    }

    /// Seconds of all of them, but those that are part of another: these run while that does. Nothing where no
    /// execution says.
    pub fn seconds(&self) -> Option<u64> {
        let whole = self.0.iter().filter(|it| !it.is_part);
        let seconds = whole.filter_map(|it| {
            let seconds = it.updated?.duration_since(it.created?).as_secs();
            u64::try_from(seconds).ok()
        });
        seconds.reduce(u64::saturating_add)
    }
}

/// An execution that plans what to do about a root cause.
pub(super) struct MitigationRun {
    pub(super) id: String,
    status: String,
}

impl MitigationRun {
    /// Whether it ended without a plan. There is no status for one that ended well, and others may come.
    pub(super) fn has_failed(&self) -> bool {
        ["FAILED", "CANCELED", "CANCELLED", "TIMED_OUT"].contains(&self.status.as_str())
    }

    /// Whether it has not ended.
    pub(super) fn is_running(&self) -> bool {
        ["RUNNING", "WAITING"].contains(&self.status.as_str())
    }
}
