//! Why a task stopped, in a few words that are the same for the same kind of failure.

use std::fmt;

/// The kind of a failure. Two failures of one service with the same cause in the same twenty minutes
/// are one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    OutOfMemory,
    CannotPullImage,
    HealthCheck,
    /// Anything that ECS gives a name ending in `Error` or `Exception`, such as
    /// `ResourceInitializationError`.
    Named(String),
    /// No instance has room, or the right hardware: `MEMORY`, `CPU`, `GPU`, ..
    NoCapacity(String),
    Exit(i64),
    NoExitCode,
    FailedToStart,
    Unknown,
}

impl Cause {
    /// The cause that ECS's own words give away, if they do.
    ///
    /// Source: "Stopped tasks error codes" in the ECS developer guide.
    pub(super) fn in_words(reason: &str) -> Option<Self> {
        if reason.contains("OutOfMemory") {
            return Some(Self::OutOfMemory);
        }
        if reason.contains("CannotPull") {
            return Some(Self::CannotPullImage);
        }
        if reason.contains("health check") {
            return Some(Self::HealthCheck);
        }
        if let Some((_, resource)) = reason.split_once("RESOURCE:") {
            let resource: String = resource
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            return Some(Self::NoCapacity(resource));
        }
        let first: String = reason
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let named = first.len() < reason.len().max(1)
            && (first.ends_with("Error") || first.ends_with("Exception"));
        named.then_some(Self::Named(first))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::CannotPullImage => f.write_str("an image cannot be pulled"),
            Self::HealthCheck => f.write_str("failed health checks"),
            Self::Named(name) => f.write_str(name),
            Self::NoCapacity(resource) if resource.is_empty() => f.write_str("no capacity"),
            Self::NoCapacity(resource) => write!(f, "no capacity ({resource})"),
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::NoExitCode => f.write_str("a container ended without an exit code"),
            Self::FailedToStart => f.write_str("failed to start"),
            Self::Unknown => f.write_str("unknown cause"),
        }
    }
}

/// What an exit code usually means.
pub(super) fn exit_meaning(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "ended well",
        125 => "the container could not be started",
        126 => "the command could not be run",
        127 => "the command was not found",
        132 => "illegal instruction (SIGILL)",
        134 => "aborted (SIGABRT)",
        137 => "killed (SIGKILL)",
        139 => "segmentation fault (SIGSEGV)",
        143 => "asked to stop (SIGTERM)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_give_the_cause_away() {
        for (reason, expected) in [
            (
                "OutOfMemoryError: Container killed due to memory usage",
                Some(Cause::OutOfMemory),
            ),
            (
                "CannotPullContainerError: pull image manifest",
                Some(Cause::CannotPullImage),
            ),
            ("CannotPullContainer: x", Some(Cause::CannotPullImage)),
            (
                "Task failed ELB health checks in (target-group arn:x)",
                Some(Cause::HealthCheck),
            ),
            (
                "Task failed container health checks",
                Some(Cause::HealthCheck),
            ),
            (
                "ResourceInitializationError: unable to pull secrets",
                Some(Cause::Named("ResourceInitializationError".to_owned())),
            ),
            (
                "TaskFailedToStart: RESOURCE:GPU",
                Some(Cause::NoCapacity("GPU".to_owned())),
            ),
            (
                "RESOURCE:FARGATE",
                Some(Cause::NoCapacity("FARGATE".to_owned())),
            ),
            ("Essential container in task exited", None),
            ("", None),
        ] {
            assert_eq!(Cause::in_words(reason), expected, "{reason}");
        }
    }
}
