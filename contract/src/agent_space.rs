//! Where a person reads an investigation.

use crate::Partition;

/// An agent space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSpace {
    /// A UUID.
    pub id: String,
    /// Its region.
    pub region: String,
}

/// Whether this can be a part of a host and of a path: IDs of spaces and tasks are UUIDs.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

impl AgentSpace {
    /// The page of a task in the agent's own web app; nothing where one of the IDs is none.
    pub fn app(&self, task: &str) -> Option<String> {
        let host = "aidevops.global.app.aws";
        let is_fit = is_id(&self.id) && is_id(task);
        is_fit.then(|| format!("https://{}.{host}/investigation/{task}", self.id))
    }

    /// The page of a task in the console; nothing where an ID or the region is none.
    pub fn console(&self, task: &str) -> Option<String> {
        let Self { id, region } = self;
        let host = Partition::of_region(region)?.console_host(region)?;
        let is_fit = is_id(id) && is_id(task);
        is_fit.then(|| {
            format!(
                "https://{host}/aidevops/home?region={region}#/agentspaces/{id}/investigations/{task}"
            )
        })
    }
}

/// The namespace, the metric and the dimension by which the agent counts the seconds of its investigations, by space.
///
/// Source: "Vended logs and metrics" in the AWS DevOps Agent user guide.
pub const INVESTIGATION_TIME: [&str; 3] = [
    "AWS/AIDevOps",
    "ConsumedInvestigationTime",
    "AgentSpaceUUID",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_and_regions_become_parts_of_links() {
        let space = |id: &str, region: &str| AgentSpace {
            id: id.to_owned(),
            region: region.to_owned(),
        };
        let good = space("8f6187a7-0388", "us-east-1");
        assert_eq!(
            good.app("a1b2").as_deref(),
            Some("https://8f6187a7-0388.aidevops.global.app.aws/investigation/a1b2")
        );
        assert_eq!(
            good.console("a1b2").as_deref(),
            Some(
                "https://us-east-1.console.aws.amazon.com/aidevops/home?region=us-east-1#/agentspaces/8f6187a7-0388/investigations/a1b2"
            )
        );
        for (space, task) in [
            (space("evil.example/", "us-east-1"), "a1b2"),
            (good.clone(), "a/../b"),
            (good.clone(), ""),
        ] {
            assert_eq!((space.app(task), space.console(task)), (None, None));
        }
        assert_eq!(space("8f6187a7", "evil.example").console("a1b2"), None);
    }
}
