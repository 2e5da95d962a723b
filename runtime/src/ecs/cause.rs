//! Why a task stopped, in a few words that are the same for the same kind of failure.

use std::fmt;

/// The kind of a failure. Two failures of one service with the same cause in the same twenty minutes
/// are one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A kind that has a name of ours.
    Known(&'static str),
    /// Anything that ECS gives a name ending in `Error` or `Exception`, such as `CannotStartContainerError`.
    Named(String),
    /// No instance has room, or the right hardware: `MEMORY`, `CPU`, `GPU`, ..
    NoCapacity(String),
    /// A stop code that says all that is known.
    StopCode(String),
    /// A container failed by itself.
    Exit(i64),
    /// Containers ended by themselves with exit code 0: `web`, and whether others were stopped then.
    EndedByItself { who: String, others: bool },
}

impl Cause {
    pub(super) const OUT_OF_MEMORY: Self = Self::Known("out of memory");
    pub(super) const NO_IMAGE: Self = Self::Known("an image cannot be pulled");
    pub(super) const UNHEALTHY: Self = Self::Known("failed health checks");
    pub(super) const HOST_TERMINATED: Self = Self::Known("its EC2 instance was terminated");
    pub(super) const HOST_STOPPED: Self = Self::Known("its EC2 instance was stopped");
    pub(super) const NO_SECRET: Self = Self::Known("a secret could not be read");
    pub(super) const NO_NETWORK: Self = Self::Known("its network interface could not be set up");
    pub(super) const NOT_ATTACHED: Self = Self::Known("a volume could not be attached");
    pub(super) const NOT_MOUNTED: Self = Self::Known("a volume could not be mounted");
    pub(super) const NO_STORAGE: Self = Self::Known("its ephemeral storage could not be set up");
    pub(super) const NO_LOG: Self = Self::Known("its logs could not be set up");
    pub(super) const NO_ENVIRONMENT: Self = Self::Known("an environment file could not be read");
    pub(super) const NO_ROLE: Self = Self::Known("its role could not be assumed");
    pub(super) const UNHEALTHY_DEPENDENCY: Self =
        Self::Known("a dependency did not become healthy");
    pub(super) const DEPENDENCY: Self = Self::Known("a dependency between containers was not met");
    pub(super) const NO_ATTRIBUTE: Self =
        Self::Known("no instance has the attribute that it needs");
    pub(super) const NO_PLACE: Self = Self::Known("no instance meets its placement constraints");
    pub(super) const TASK_QUOTA: Self = Self::Known("a quota of running tasks is reached");
    pub(super) const NO_AGENT: Self = Self::Known("the agent of its instance is disconnected");
    pub(super) const FAILED_TO_START: Self = Self::Known("failed to start");
    pub(super) const BY_SCHEDULER: Self = Self::Known("stopped by the service scheduler");
    pub(super) const NO_EXIT_CODE: Self = Self::Known("a container ended without an exit code");
    pub(super) const UNKNOWN: Self = Self::Known("unknown cause");

    /// What happened to what is called this, as a title says it: `checkout-api out of memory`, but
    /// `checkout-api: an image cannot be pulled`.
    pub(super) fn of(&self, name: &str) -> String {
        match self {
            Self::Known(
                "out of memory"
                | "failed health checks"
                | "failed to start"
                | "stopped by the service scheduler",
            ) => format!("{name} {self}"),
            _ => format!("{name}: {self}"),
        }
    }

    /// The cause that ECS's own words give away, if they do.
    ///
    /// Sources: "Amazon ECS stopped tasks error messages", "Amazon ECS API failure reasons" and "Service
    /// event messages" in the ECS developer guide, and reasons that others have recorded.
    pub(super) fn in_words(reason: &str) -> Option<Self> {
        // A service can be called like anything.
        let reason = reason
            .strip_prefix("Service ")
            .and_then(|it| it.split_once(": "))
            .map_or(reason, |(_, of_service)| of_service);
        let name: String = reason
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let named =
            name.len() < reason.len() && (name.ends_with("Error") || name.ends_with("Exception"));
        if name.starts_with("OutOfMemory") {
            return Some(Self::OUT_OF_MEMORY);
        }
        if name.starts_with("CannotPull") {
            return Some(Self::NO_IMAGE);
        }
        if name.starts_with("CannotCreateVolume") {
            return Some(Self::NOT_ATTACHED);
        }
        // What follows these is said by the container runtime, which quotes commands and names.
        if named
            && ["Cannot", "Container", "Docker"]
                .iter()
                .any(|it| name.starts_with(it))
        {
            return Some(Self::Named(name));
        }
        if let Some((_, resource)) = reason.split_once("RESOURCE:") {
            let resource = resource.chars().take_while(char::is_ascii_alphanumeric);
            return Some(Self::NoCapacity(resource.collect()));
        }
        let code = reason.strip_prefix("TaskFailedToStart:").unwrap_or(reason);
        match code.trim().split([' ', ':', '.']).next() {
            Some("ATTRIBUTE") => return Some(Self::NO_ATTRIBUTE),
            Some("AGENT") => return Some(Self::NO_AGENT),
            _ => {}
        }
        let said = reason.to_ascii_lowercase();
        let row = WORDS
            .iter()
            .find(|(words, _)| words.iter().all(|it| said.contains(it)));
        match row {
            Some((_, cause)) => Some(cause.clone()),
            None if NO_CAPACITY.iter().any(|it| said.contains(it)) => {
                Some(Self::NoCapacity(String::new()))
            }
            None => named.then_some(Self::Named(name)),
        }
    }
}

/// Words in lower case that a reason holds all of, and what it comes to then. The first row counts.
static WORDS: [(&[&str], Cause); 46] = [
    // Target groups can be called like anything, too.
    (&["task failed", "health check"], Cause::UNHEALTHY),
    (&["outofmemory"], Cause::OUT_OF_MEMORY),
    (&["killed due to memory"], Cause::OUT_OF_MEMORY),
    (&["host ec2", "terminated"], Cause::HOST_TERMINATED),
    (&["host ec2", "stopped"], Cause::HOST_STOPPED),
    (&["cannotpull"], Cause::NO_IMAGE),
    (&["ecr registry auth"], Cause::NO_IMAGE),
    (&["pull image"], Cause::NO_IMAGE),
    (&["image pull"], Cause::NO_IMAGE),
    (&["pulling image"], Cause::NO_IMAGE),
    (&["manifest unknown"], Cause::NO_IMAGE),
    (&["pull access denied"], Cause::NO_IMAGE),
    (&["secret from asm"], Cause::NO_SECRET),
    (&["secrets from"], Cause::NO_SECRET),
    (&["secret data"], Cause::NO_SECRET),
    (&["secrets manager"], Cause::NO_SECRET),
    (&["secretsmanager"], Cause::NO_SECRET),
    (&["parameter store"], Cause::NO_SECRET),
    (&["ssm:getparameter"], Cause::NO_SECRET),
    (&["pull secrets"], Cause::NO_SECRET),
    (&["dependency", "healthy"], Cause::UNHEALTHY_DEPENDENCY),
    (&["dependency", "health check"], Cause::UNHEALTHY_DEPENDENCY),
    (&["dependency", "container"], Cause::DEPENDENCY),
    (&["health check"], Cause::UNHEALTHY),
    (&["network interface"], Cause::NO_NETWORK),
    (&["configure eni"], Cause::NO_NETWORK),
    (&["setup regular eni"], Cause::NO_NETWORK),
    (&["enough free addresses"], Cause::NO_NETWORK),
    (&["efs utils"], Cause::NOT_MOUNTED),
    (&["efs volume"], Cause::NOT_MOUNTED),
    (&["fsx"], Cause::NOT_MOUNTED),
    (&["mount", "volume"], Cause::NOT_MOUNTED),
    (&["mount.nfs"], Cause::NOT_MOUNTED),
    (&["ephemeralstorage"], Cause::NO_STORAGE),
    (&["ephemeral storage"], Cause::NO_STORAGE),
    (&["volume"], Cause::NOT_ATTACHED),
    (&["logger args"], Cause::NO_LOG),
    (&["logging driver"], Cause::NO_LOG),
    (&["log driver"], Cause::NO_LOG),
    (&["log group"], Cause::NO_LOG),
    (&["env file"], Cause::NO_ENVIRONMENT),
    (&["environment file"], Cause::NO_ENVIRONMENT),
    (&["unable to assume"], Cause::NO_ROLE),
    (&["missing an attribute"], Cause::NO_ATTRIBUTE),
    (&["placement constraint"], Cause::NO_PLACE),
    (&["limit on the number of"], Cause::TASK_QUOTA),
];

/// Words in lower case that stand for a lack of room wherever they are.
const NO_CAPACITY: [&str; 11] = [
    "capacity is unavailable",
    "capacity is not available",
    "no capacity",
    "insufficient capacity",
    "insufficientcapacity",
    "insufficientinstancecapacity",
    "no active instances",
    "empty capacity provider",
    "no container instances were found",
    "no container instance met all",
    "have enough",
];

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(words) => f.write_str(words),
            Self::Named(name) => f.write_str(name),
            Self::NoCapacity(resource) if resource.is_empty() => f.write_str("no capacity"),
            Self::NoCapacity(resource) => write!(f, "no capacity ({resource})"),
            Self::StopCode(code) => write!(f, "stop code {code}"),
            Self::Exit(code) => write!(f, "exit code {code}"),
            Self::EndedByItself { who, others: false } => write!(f, "{who} ended with exit code 0"),
            Self::EndedByItself { who, others: true } => {
                write!(f, "{who} ended with exit code 0, the others were stopped")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ECS says, and the cause of it; none where it is empty.
    #[rustfmt::skip]
    const REASONS: &[(&str, &str)] = &[
        ("OutOfMemoryError: Container killed due to memory usage", "out of memory"),
        ("Essential container exited: OutOfMemoryError", "out of memory"),
        ("CannotPullContainerError: pull image manifest", "an image cannot be pulled"),
        ("CannotPullContainer: x", "an image cannot be pulled"),
        ("CannotPullImageManifestError: manifest unknown", "an image cannot be pulled"),
        ("Task failed to reach RUNNING status: CannotPullContainerError: x", "an image cannot be pulled"),
        ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s)", "an image cannot be pulled"),
        ("Task failed ELB health checks in (target-group arn:x)", "failed health checks"),
        ("Task failed ELB health checks in (elb web-classic)", "failed health checks"),
        ("Task failed ELB health checks in (target-group arn:x:targetgroup/secretsmanager/1)", "failed health checks"),
        ("Task failed container health checks", "failed health checks"),
        ("Service web: CannotPullContainerError: x", "an image cannot be pulled"),
        ("Service volume-manager: in new words", ""),
        ("Host EC2 (instance i-0a1b) terminated.", "its EC2 instance was terminated"),
        ("Host EC2 (instance i-0a1b) stopped.", "its EC2 instance was stopped"),
        ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s)", "a secret could not be read"),
        ("ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: x", "a secret could not be read"),
        ("ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: : signal: killed", "a secret could not be read"),
        ("Fetching secret data from AWS Secrets Manager in region eu-central-1: secret arn:x: AccessDeniedException: x", "a secret could not be read"),
        ("Fetching secret data from SSM Parameter Store in eu-central-1: AccessDeniedException", "a secret could not be read"),
        ("Timeout waiting for network interface provisioning to complete.", "its network interface could not be set up"),
        ("Network interface provision complete error timeout wait for network interface provision.", "its network interface could not be set up"),
        ("Unexpected EC2 error while attempting to Create Network Interface in subnet 'subnet-0a1b': InsufficientFreeAddressesInSubnet", "its network interface could not be set up"),
        ("Unable to attach network interface to unused device index", "its network interface could not be set up"),
        ("Timed out waiting for EBS volume attachment", "a volume could not be attached"),
        ("CannotCreateVolumeError: x", "a volume could not be attached"),
        ("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: x", "a volume could not be mounted"),
        ("Timeout waiting for EphemeralStorage provisioning to complete.", "its ephemeral storage could not be set up"),
        ("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: The specified log group does not exist.", "its logs could not be set up"),
        ("ResourceInitializationError: failed to download env files: file download command: non empty error stream", "an environment file could not be read"),
        ("You've reached the limit on the number of vCPUs you can run concurrently", "a quota of running tasks is reached"),
        ("ECS was unable to assume the role 'arn:x' that was provided for this task.", "its role could not be assumed"),
        ("Service web: dependency container 'init' did not become healthy", "a dependency did not become healthy"),
        ("dependency graph: failed to resolve container ordering dependency [x] for target [y] as dependency did not exit successfully.", "a dependency between containers was not met"),
        ("TaskFailedToStart: ATTRIBUTE", "no instance has the attribute that it needs"),
        ("service (web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance x) is missing an attribute required by your task.", "no instance has the attribute that it needs"),
        ("TaskFailedToStart: MemberOf placement constraint unsatisfied", "no instance meets its placement constraints"),
        ("TaskFailedToStart: AGENT", "the agent of its instance is disconnected"),
        ("AGENT", "the agent of its instance is disconnected"),
        ("TaskFailedToStart: RESOURCE:GPU", "no capacity (GPU)"),
        ("RESOURCE:FARGATE", "no capacity (FARGATE)"),
        ("RESOURCE:CPU - Unable to place daemon task on container instance: insufficient CPU", "no capacity (CPU)"),
        ("Capacity is unavailable at this time. Please try again later or in a different availability zone", "no capacity"),
        ("TaskFailedToStart: EMPTY CAPACITY PROVIDER", "no capacity"),
        ("TaskFailedToStart: NO ACTIVE INSTANCES", "no capacity"),
        ("ResourceInitializationError: something else", "ResourceInitializationError"),
        ("InternalError: something", "InternalError"),
        ("DockerTimeoutError: Could not transition to created; timed out", "DockerTimeoutError"),
        ("Essential container in task exited", ""),
        ("Task failed to start", ""),
        ("Error", ""),
        ("", ""),
    ];

    #[test]
    fn words_give_the_cause_away() {
        for (reason, expected) in REASONS {
            let cause = Cause::in_words(reason).map_or(String::new(), |it| it.to_string());
            assert_eq!(cause, *expected, "{reason}");
        }
    }

    /// The runtime quotes commands, and these can hold any word.
    #[test]
    fn quoted_commands_are_no_words_of_ecs() {
        for command in [
            "java -XX:+ExitOnOutOfMemoryError",
            "check-volume",
            "wait-for network interface",
            "AGENT",
        ] {
            let reason = format!("CannotStartContainerError: exec: \"{command}\": not found");
            let expected = Cause::Named("CannotStartContainerError".to_owned());
            assert_eq!(Cause::in_words(&reason), Some(expected), "{command}");
        }
    }
}
