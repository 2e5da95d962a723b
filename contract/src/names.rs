//! The names of what stacks are made of. Everything that a stack names itself begins with the name of the
//! core stack, so that policies and patterns can speak of all of it at once.

/// What every name begins with that the stacks of a core stack give: `tocsin-prod-`.
pub fn own_prefix(core: &str) -> String {
    format!("{core}-")
}

/// What an alarm of the account file is called in CloudWatch.
pub fn alarm(core: &str, name: &str) -> String {
    format!("{core}-{name}")
}

/// How the name of no alarm of an account file may begin: the alarms on the pipeline itself do.
pub const PIPELINE: &str = "pipeline-";

/// What an alarm on the pipeline itself is called in CloudWatch. Those of a core stack begin like the one
/// that is called nothing.
pub fn pipeline_alarm(core: &str, name: &str) -> String {
    format!("{core}-{PIPELINE}{name}")
}

/// What a rule is called in EventBridge.
pub fn rule(core: &str, slug: &str) -> String {
    format!("{core}-{slug}")
}

/// How the keys of the records begin that Lambda writes of events that a function failed on; the function's name
/// follows. Source: "Capturing records of Lambda asynchronous invocations" in the Lambda developer guide.
pub const FAILED_EVENTS: &str = "aws/lambda/async/";

/// The tag that names the core stack, on all of an account's resources.
pub const TAG: &str = "tocsin";

/// How the description of every stack of Tocsin's begins.
pub const STACK_DESCRIPTION: &str = "Tocsin: ";

/// Which of the stacks of an account, in the order in which they are deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StackRole {
    /// The one that everything but alarms is in.
    Core,
    /// A shard of the alarms, counted from 1.
    Alarms(u32),
    /// The composite alarms, which look at those of every shard.
    Composites,
    /// What forwards the agent's events, in the region of the agent space and in no other.
    AgentEvents,
}

impl StackRole {
    /// The stack's name.
    pub fn stack_name(self, core: &str) -> String {
        match self {
            Self::Core => core.to_owned(),
            Self::Alarms(number) => format!("{core}-alarms-{number}"),
            Self::Composites => format!("{core}-composites"),
            Self::AgentEvents => format!("{core}-agent-events"),
        }
    }

    /// Whether a stack of this name would be one of the others of some core stack.
    pub fn is_of_another(name: &str) -> bool {
        let ends = [
            Some(name.len()),
            name.rfind("-alarms-"),
            name.rfind("-composites"),
            name.rfind("-agent-events"),
        ];
        let cores = ends.into_iter().flatten().filter(|end| *end > 0);
        cores
            .filter_map(|end| Self::of(name, &name[..end]))
            .any(|role| role != Self::Core)
    }

    /// What a stack of this name is to a core stack; nothing if it is none of its stacks.
    pub fn of(name: &str, core: &str) -> Option<Self> {
        let rest = name.strip_prefix(core)?;
        match rest {
            "" => Some(Self::Core),
            "-composites" => Some(Self::Composites),
            "-agent-events" => Some(Self::AgentEvents),
            _ => {
                let number = rest.strip_prefix("-alarms-")?;
                let digits = number.bytes().all(|b| b.is_ascii_digit());
                number.parse().ok().filter(|_| digits).map(Self::Alarms)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_known_by_their_names() {
        let roles = [
            StackRole::Core,
            StackRole::Alarms(1),
            StackRole::Alarms(12),
            StackRole::Composites,
            StackRole::AgentEvents,
        ];
        assert!(roles.is_sorted());
        for role in roles {
            let name = role.stack_name("tocsin-a");
            assert_eq!(StackRole::of(&name, "tocsin-a"), Some(role), "{name}");
        }
        for (name, is_of_another) in [
            ("tocsin-a-alarms-1", true),
            ("tocsin-alarms-12", true),
            ("x-composites", true),
            ("x-agent-events", true),
            ("tocsin-agent", false),
            ("tocsin-alarms", false),
            ("tocsin-alarms-x", false),
            ("tocsin-alarms-1-b", false),
            ("tocsin-composites-b", false),
        ] {
            assert_eq!(StackRole::is_of_another(name), is_of_another, "{name}");
        }
        for name in [
            "tocsin",
            "tocsin-ab",
            "tocsin-a-alarms-",
            "tocsin-a-alarms-x",
            "tocsin-a-alarms-+1",
            "tocsin-ab-alarms-1",
            "tocsin-a-b-composites",
        ] {
            assert_eq!(StackRole::of(name, "tocsin-a"), None, "{name}");
        }
    }
}
