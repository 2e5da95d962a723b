//! How long the agent may work in a day before people are notified.

use super::AgentMinutes;

/// How long the agent may work in a day before people are notified, by the agent's own metric.
///
/// Source: `ConsumedInvestigationTime` in the namespace `AWS/AIDevOps`, in seconds, by agent space;
/// "Vended logs and metrics" in the AWS DevOps Agent user guide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentTime {
    /// The agent space, which is in the same account and region.
    pub agent_space: AgentSpaceId,
    /// Minutes of investigations in a day.
    pub minutes_per_day: AgentMinutes,
}

/// The UUID of an agent space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSpaceId(String);

impl AgentSpaceId {
    /// Reads a UUID.
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<&str> = text.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|it| it.len()).collect();
        let hexadecimal = groups
            .iter()
            .all(|it| it.bytes().all(|b| b.is_ascii_hexdigit()));
        (lengths == [8, 4, 4, 4, 12] && hexadecimal).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The UUID, in lowercase letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agent_spaces() {
        let id = AgentSpaceId::parse("0A1B2C3D-0000-1111-2222-333344445555").unwrap();
        assert_eq!(id.as_str(), "0a1b2c3d-0000-1111-2222-333344445555");
        for text in [
            "",
            "prod",
            "0a1b2c3d-0000-1111-2222-33334444555g",
            "0a1b2c3d0000",
        ] {
            assert_eq!(AgentSpaceId::parse(text), None, "{text}");
        }
    }
}
