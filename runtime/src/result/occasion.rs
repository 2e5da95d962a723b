//! What the function is invoked for.

use serde_json::Value as Json;

use super::foreign;
use crate::read::{list, text};

/// The source of the agent's events.
const SOURCE: &str = "aws.aidevops";
/// What the hourly schedule hands over in the field `results`.
const OVERDUE: &str = "overdue";

/// What the function is invoked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// An event of the agent's about a task.
    Task(String),
    /// Look for investigations whose end is not known: events can be lost.
    Overdue,
    /// Nothing that leads to a result, for this reason.
    Nothing(NotOurs),
}

/// Why a task or an event of the agent's leads to no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOurs {
    /// The event is about no task.
    NoTask,
    /// The event is of another agent space.
    OtherSpace,
    /// The task is no investigation.
    NoInvestigation,
    /// The task refers to no incident.
    NoIncident,
    /// The ledger does not know the incident.
    UnknownIncident,
    /// The agent does not have the task any more.
    Gone,
}

impl Occasion {
    /// Whether an input is one of the function's.
    pub fn takes(input: &Json) -> bool {
        input["source"] == SOURCE || input["results"] == OVERDUE
    }

    /// Reads an input; nothing where it is none of the function's. Source: "AWS DevOps Agent events detail reference".
    pub fn read(input: &Json, space: &str) -> Option<Self> {
        if input["results"] == OVERDUE {
            return Some(Self::Overdue);
        }
        if input["source"] != SOURCE {
            return None;
        }
        let of_resource = || {
            let resources = list(input, "resources").iter().filter_map(Json::as_str);
            let mut spaces = resources.filter_map(|it| Some(it.rsplit_once(":agentspace/")?.1));
            spaces.next()
        };
        let said = text(input, "detail.metadata.agent_space_id").or_else(of_resource);
        if said.is_some_and(|it| it != space) {
            return Some(Self::Nothing(NotOurs::OtherSpace));
        }
        let task = text(input, "detail.metadata.task_id").and_then(foreign::id);
        Some(task.map_or(Self::Nothing(NotOurs::NoTask), Self::Task))
    }
}

impl NotOurs {
    /// Its name in the log, such as `unknown-incident`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoTask => "no-task",
            Self::OtherSpace => "other-space",
            Self::NoInvestigation => "no-investigation",
            Self::NoIncident => "no-incident",
            Self::UnknownIncident => "unknown-incident",
            Self::Gone => "gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SPACE: &str = "8f6187a7-0388-4926-8217-3a0fe32f757c";

    /// As the events detail reference shows it.
    fn event() -> Json {
        json!({
            "version": "0",
            "id": "e",
            "detail-type": "Investigation Completed",
            "source": "aws.aidevops",
            "account": "123456789012",
            "time": "2026-03-12T18:10:00Z",
            "region": "us-east-1",
            "resources": [format!("arn:aws:aidevops:us-east-1:123456789012:agentspace/{SPACE}")],
            "detail": {
                "version": "1.0.0",
                "metadata": { "agent_space_id": SPACE, "task_id": "a1b2", "execution_id": "b2c3" },
                "data": { "task_type": "INVESTIGATION", "status": "COMPLETED" },
            },
        })
    }

    #[test]
    fn an_event_names_its_task() {
        let task = Some(Occasion::Task("a1b2".to_owned()));
        assert_eq!(Occasion::read(&event(), SPACE), task);
        let mut without_space = event();
        without_space["detail"]["metadata"]["agent_space_id"] = Json::Null;
        assert_eq!(Occasion::read(&without_space, SPACE), task);
        without_space["resources"] = Json::Null;
        assert_eq!(Occasion::read(&without_space, SPACE), task);
        let overdue = json!({ "results": "overdue" });
        assert_eq!(Occasion::read(&overdue, SPACE), Some(Occasion::Overdue));
    }

    #[test]
    fn what_is_not_ours_is_named() {
        let of = |change: fn(&mut Json)| {
            let mut event = event();
            change(&mut event);
            Occasion::read(&event, SPACE)
        };
        let nothing = |why| Some(Occasion::Nothing(why));
        for other in [
            of(|it| it["detail"]["metadata"]["agent_space_id"] = json!("other")),
            of(|it| {
                it["detail"]["metadata"] = json!({ "task_id": "t" });
                it["resources"] = json!(["arn:aws:aidevops:us-east-1:1:agentspace/other"]);
            }),
        ] {
            assert_eq!(other, nothing(NotOurs::OtherSpace));
        }
        for none in [
            of(|it| it["detail"]["metadata"]["task_id"] = json!("../x")),
            of(|it| it["detail"] = json!("text")),
        ] {
            assert_eq!(none, nothing(NotOurs::NoTask));
        }
        assert_eq!(of(|it| it["source"] = json!("aws.ecs")), None);
        assert_eq!(Occasion::read(&Json::Null, SPACE), None);
    }
}
