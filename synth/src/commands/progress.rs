//! What happens in a deploy, as a terminal shows it.

use std::{cell::Cell, time::SystemTime};

use crate::{deploy::DeployEvent, terminal::Terminal};

/// Shows a deploy at a terminal, and counts what is done.
pub(super) struct Shown {
    terminal: Terminal,
    /// Resources of the current stack that are done, and that there are.
    done: Cell<(usize, usize)>,
}

impl Shown {
    pub(super) fn at(terminal: Terminal) -> Self {
        Self {
            terminal,
            done: Cell::new((0, 0)),
        }
    }

    pub(super) fn show(&self, event: &DeployEvent<'_>) {
        match event {
            DeployEvent::Deploying { resources, .. } => self.done.set((0, *resources)),
            DeployEvent::RemovingAlarms { .. } | DeployEvent::Deleting { .. } => {
                self.done.set((0, 0));
            }
            DeployEvent::Resource { status, .. } if status.ends_with("_COMPLETE") => {
                let (done, all) = self.done.get();
                self.done.set((done + 1, all));
            }
            _ => {}
        }
        let (done, all) = self.done.get();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.map_or(0, |it| it.as_secs());
        self.terminal.say(&line(event, done, all, now));
    }
}

/// One line of progress. `now` is in seconds since 1970.
fn line(event: &DeployEvent<'_>, done: usize, all: usize, now: u64) -> String {
    match event {
        DeployEvent::BucketMissing { bucket } => format!("  creating the bucket {bucket}"),
        DeployEvent::Uploading { key, bytes } => {
            format!("  uploading {key} ({} kB)", bytes / 1_000)
        }
        DeployEvent::Deploying { stack, region, .. } => format!("deploying {stack} in {region}"),
        DeployEvent::RemovingAlarms { stack, region } => {
            format!("removing alarms that move from {stack} in {region}")
        }
        DeployEvent::Deleting { stack, region } => format!("deleting {stack} in {region}"),
        DeployEvent::Waiting { stack, status } => {
            format!("{stack}: {status} goes on; waiting for it")
        }
        DeployEvent::DeletingRemains { stack, status } => {
            format!("{stack}: its first deploy failed ({status}); deleting what is left of it")
        }
        DeployEvent::Resource {
            status,
            id,
            resource_type,
            reason,
        } => {
            let why = reason.map_or(String::new(), |reason| format!("  {reason}"));
            // Rolling back and cleaning up make more events than there are resources.
            let count = if (1..=all).contains(&done) {
                format!("  ({done} of {all})")
            } else {
                String::new()
            };
            format!("  {status:<26} {id}  {resource_type}{count}{why}")
        }
        DeployEvent::Still {
            stack,
            seconds,
            running,
            oldest,
        } => {
            let first = running.first().map_or(String::new(), |id| {
                let since = u64::try_from(*oldest).map_or(0, |it| now.saturating_sub(it));
                let others = match running.len() {
                    0 | 1 => String::new(),
                    count => format!(" and {} others", count - 1),
                };
                format!(": {id} for {since} s{others}")
            });
            format!("  {stack}: still running after {seconds} s{first}")
        }
        DeployEvent::BeyondPlan { stack, id, kind } => format!(
            "{stack}: CloudFormation would replace or remove {id} ({kind}), which the comparison \
             does not show"
        ),
        DeployEvent::LeftBehind { what, command } => {
            format!("left behind: {what}\n  remove it with: {command}")
        }
        DeployEvent::NoChanges { stack } => format!("{stack}: no changes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_shown_with_how_long() {
        let event = DeployEvent::Still {
            stack: "s",
            seconds: 65,
            running: &["A", "B", "C"],
            oldest: 1_000,
        };
        assert_eq!(
            line(&event, 0, 0, 1_042),
            "  s: still running after 65 s: A for 42 s and 2 others"
        );
    }

    #[test]
    fn what_is_done_is_counted() {
        let event = DeployEvent::Resource {
            status: "CREATE_COMPLETE",
            id: "A",
            resource_type: "T",
            reason: None,
        };
        assert!(line(&event, 3, 12, 0).ends_with("A  T  (3 of 12)"));
        assert!(line(&event, 13, 12, 0).ends_with("A  T"));
    }
}
