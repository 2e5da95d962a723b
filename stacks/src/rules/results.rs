//! The rule for what the agent does about incidents.

use super::{EventRule, Purpose};
use crate::{
    event_pattern::{EventPattern, Matcher},
    monitor::Monitor,
};

/// The rule, if an agent is followed: every event of its space, whatever kinds of them there will be. Source: "AWS
/// DevOps Agent events detail reference".
pub(super) fn rule(monitor: &Monitor) -> Option<EventRule> {
    let agent = monitor.agent.as_ref()?;
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.aidevops"]))
        .field(
            "detail.metadata.agent_space_id",
            Matcher::texts([agent.space.as_str()]),
        );
    Some(EventRule {
        purpose: Purpose::Results {
            region: agent.region.clone(),
        },
        pattern,
        input: None,
    })
}
