//! What an event leads to.

use std::fmt;

use contract::{Group, Incident};

/// What an event leads to. What cannot be evaluated is an error instead, and ends in the bucket of failed events.
#[derive(Debug)]
pub enum Decision {
    /// Something is wrong and worth an investigation.
    Investigate(Box<Finding>),
    /// Nothing to do, for this reason.
    Skip(Skip),
    /// The canary of the pipeline: it goes the way of an incident, and is not sent.
    Canary,
}

/// What is wrong, and what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What the agent is to investigate.
    pub incident: Incident,
    /// What it is sent together with.
    pub group: Group,
}

/// Why an event leads to nothing. The names are stable: dashboards may count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// An alarm that is not, or no longer, in the state `ALARM`.
    NotInAlarm,
    /// An alarm that was in the state `ALARM` before: to EventBridge, each phase in which a composite
    /// alarm's actions are suppressed is a change of state.
    StillInAlarm,
    /// A message of a topic that is not about an alarm.
    NotAnAlarm,
    /// An alarm was made, changed or deleted.
    AlarmConfiguration,
    /// A task that is still stopping, or running.
    TaskNotStopped,
    /// A task that no service started, and whose containers ended well.
    TaskEndedWell,
    /// A person or a program stopped the task.
    TaskStoppedByUser,
    /// A deployment or a scale-in replaced the task.
    TaskScaledIn,
    /// AWS or a person needed the machine: maintenance, draining, retirement.
    TaskMaintenance,
    /// A Spot task was interrupted, as Spot tasks are.
    SpotInterruption,
    /// A service says that all is well.
    ServiceInformation,
    /// A service warns of something that it handles itself.
    ServiceWarning,
    /// A deployment goes on, or ended well.
    DeploymentInformation,
    /// A container instance changed, but its health is not impaired. Its agent reconnects several times an
    /// hour by design.
    ContainerInstance,
    /// The account file says that failures of this service are nobody's concern.
    IgnoredService,
    /// The account file ignores the principal that made the call.
    IgnoredPrincipal,
    /// A role of the stack made the call: an incident could lead to the next.
    OwnRole,
    /// The agent made the call, or sent the event: an investigation would lead to the next.
    AgentItself,
    /// The canary of the pipeline, which a rule of the account file catches, too.
    Canary,
}

impl Decision {
    /// An incident of a group.
    pub fn investigate(incident: Incident, group: Group) -> Self {
        Self::Investigate(Box::new(Finding { incident, group }))
    }
}

impl Skip {
    /// The reason's stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotInAlarm => "not-in-alarm",
            Self::StillInAlarm => "still-in-alarm",
            Self::NotAnAlarm => "not-an-alarm",
            Self::AlarmConfiguration => "alarm-configuration",
            Self::TaskNotStopped => "task-not-stopped",
            Self::TaskEndedWell => "task-ended-well",
            Self::TaskStoppedByUser => "task-stopped-by-user",
            Self::TaskScaledIn => "task-scaled-in",
            Self::TaskMaintenance => "task-maintenance",
            Self::SpotInterruption => "spot-interruption",
            Self::ServiceInformation => "service-information",
            Self::ServiceWarning => "service-warning",
            Self::DeploymentInformation => "deployment-information",
            Self::ContainerInstance => "container-instance",
            Self::IgnoredService => "ignored-service",
            Self::IgnoredPrincipal => "ignored-principal",
            Self::OwnRole => "own-role",
            Self::AgentItself => "agent-itself",
            Self::Canary => "canary",
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
