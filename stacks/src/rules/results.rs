//! The rule for what the agent does about incidents.

use super::{EventRule, Purpose};
use crate::{
    event_pattern::{EventPattern, Matcher},
    monitor::{Agent, Monitor},
};

/// The rule, if an agent is followed: every event of its space, whatever kinds of them there will be. Source: "AWS
/// DevOps Agent events detail reference".
pub(super) fn rule(monitor: &Monitor) -> Option<EventRule> {
    let agent = monitor.agent.as_ref()?;
    Some(EventRule {
        purpose: Purpose::Results,
        pattern: events_of(agent),
        input: None,
    })
}

/// Matches every event of an agent's space. One that was forwarded from another region still says where it is from.
pub(crate) fn events_of(agent: &Agent) -> EventPattern {
    EventPattern::new()
        .field("source", Matcher::texts(["aws.aidevops"]))
        .field(
            "detail.metadata.agent_space_id",
            Matcher::texts([agent.space.as_str()]),
        )
}
