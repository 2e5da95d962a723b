//! Stops that somebody planned: scale-ins, deployments, maintenance, draining, Spot interruptions.

use super::cause::Cause;
use crate::decision::Skip;

/// What ECS says of planned stops and of nothing else, in lower case. Each has a space, so that no name of
/// a target group, an image or a secret can hold it.
///
/// The rule leaves out the first two where a reason begins with them; it must never leave out more than is
/// skipped here.
///
/// Sources: "Stopped tasks error messages", "Task retirement and maintenance" and "Draining container
/// instances" in the ECS developer guide, and reasons that others have recorded.
const PHRASES: [(&str, Skip); 6] = [
    ("scaling activity initiated by", Skip::TaskScaledIn),
    ("ecs is performing maintenance", Skip::TaskMaintenance),
    ("is in draining", Skip::TaskMaintenance),
    ("your spot task was interrupted", Skip::SpotInterruption),
    ("task stopped by user", Skip::TaskStoppedByUser),
    ("deregistration forced by user", Skip::TaskStoppedByUser),
];

/// Words of planned stops. Names can be made of them, too, so they count only by themselves and where ECS
/// names no failure.
const WORDS: [(&str, Skip); 9] = [
    ("maintenance", Skip::TaskMaintenance),
    ("draining", Skip::TaskMaintenance),
    ("drained", Skip::TaskMaintenance),
    ("retirement", Skip::TaskMaintenance),
    ("retiring", Skip::TaskMaintenance),
    ("retired", Skip::TaskMaintenance),
    ("patching", Skip::TaskMaintenance),
    ("rebalancing", Skip::TaskScaledIn),
    ("rebalance", Skip::TaskScaledIn),
];

/// What stands before a name.
const NAMED: [&str; 5] = ["service", "family", "cluster", "container", "task"];

/// Why a stop is planned, if it is, by a task's `stopCode` and `stoppedReason`.
pub(super) fn planned(code: Option<&str>, reason: &str) -> Option<Skip> {
    let said = reason.to_ascii_lowercase();
    let phrase = PHRASES.iter().find(|(phrase, _)| said.contains(phrase));
    if let Some((_, skip)) = phrase {
        return Some(*skip);
    }
    match code {
        Some("UserInitiated") => return Some(Skip::TaskStoppedByUser),
        Some("SpotInterruption") => return Some(Skip::SpotInterruption),
        Some("TerminationNotice") => return Some(Skip::TaskMaintenance),
        // What did not start did not do so for a reason of its own.
        Some("TaskFailedToStart") => return None,
        _ if Cause::in_words(reason).is_some() => return None,
        _ => {}
    }
    let words: Vec<&str> = said
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .collect();
    let names = |before: Option<&&str>| before.is_some_and(|it| NAMED.contains(it));
    words.iter().enumerate().find_map(|(index, word)| {
        let before = index.checked_sub(1).and_then(|it| words.get(it));
        let (_, skip) = WORDS.iter().find(|(planned, _)| planned == word)?;
        (!names(before)).then_some(*skip)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_stops_are_known_anywhere_in_the_text() {
        let by_scheduler = Some("ServiceSchedulerInitiated");
        for (code, reason, expected) in [
            (
                by_scheduler,
                "Scaling activity initiated by (deployment ecs-svc/1)",
                Some(Skip::TaskScaledIn),
            ),
            (
                by_scheduler,
                "Service web: Scaling activity initiated by deployment ecs-svc/1",
                Some(Skip::TaskScaledIn),
            ),
            (
                Some("EssentialContainerExited"),
                "Scaling activity initiated by (deployment ecs-svc/1)",
                Some(Skip::TaskScaledIn),
            ),
            (
                by_scheduler,
                "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task",
                Some(Skip::TaskMaintenance),
            ),
            (
                Some("TaskFailedToStart"),
                "ECS is performing maintenance on the underlying infrastructure hosting the task.",
                Some(Skip::TaskMaintenance),
            ),
            (
                by_scheduler,
                "Service web: container instance is in DRAINING state",
                Some(Skip::TaskMaintenance),
            ),
            (
                by_scheduler,
                "container instance 0a1b is draining.",
                Some(Skip::TaskMaintenance),
            ),
            (
                by_scheduler,
                "Scheduled maintenance: Fargate task retirement",
                Some(Skip::TaskMaintenance),
            ),
            (
                by_scheduler,
                "Availability Zone rebalancing",
                Some(Skip::TaskScaledIn),
            ),
            (
                None,
                "Your Spot Task was interrupted.",
                Some(Skip::SpotInterruption),
            ),
            (None, "Task stopped by user", Some(Skip::TaskStoppedByUser)),
            (
                None,
                "Container instance deregistration forced by user",
                Some(Skip::TaskStoppedByUser),
            ),
            (
                Some("UserInitiated"),
                "CannotPullContainerError: x",
                Some(Skip::TaskStoppedByUser),
            ),
            (Some("SpotInterruption"), "", Some(Skip::SpotInterruption)),
            (Some("TerminationNotice"), "", Some(Skip::TaskMaintenance)),
            (by_scheduler, "", None),
            (None, "", None),
        ] {
            assert_eq!(planned(code, reason), expected, "{code:?}: {reason}");
        }
    }

    /// Target groups, images and secrets can be called like a planned stop.
    #[test]
    fn a_failure_of_something_with_such_a_name_is_not_planned() {
        for (code, reason) in [
            (
                Some("ServiceSchedulerInitiated"),
                "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:r:1:targetgroup/maintenance/1)",
            ),
            (
                Some("ServiceSchedulerInitiated"),
                "Task failed container health checks during maintenance",
            ),
            (
                Some("ServiceSchedulerInitiated"),
                "Service maintenance-page: something new",
            ),
            (
                Some("TaskFailedToStart"),
                "CannotPullContainerError: draining: not found",
            ),
            (
                Some("ServiceSchedulerInitiated"),
                "Service maintenance: something new",
            ),
            (
                Some("ServiceSchedulerInitiated"),
                "(service draining) did something new",
            ),
            (Some("TaskFailedToStart"), "Task failed: maintenance"),
            (
                None,
                "ResourceInitializationError: unable to retrieve secret from asm: maintenance",
            ),
        ] {
            assert_eq!(planned(code, reason), None, "{code:?}: {reason}");
        }
    }
}
