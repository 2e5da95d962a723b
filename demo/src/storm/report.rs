//! What is said of a storm: while it goes on, and in the end. Pure.

use std::time::Duration;

use jiff::Timestamp;
use runtime::aws::dynamodb::Used;
use stacks::monitor::Budget;

use synth::aws::QueueDepth;

use super::{Arrived, LIMIT, reconciliation::Reconciliation};

/// Groups of a digest that are named at most.
const NAMED: usize = 3;

/// How far a storm is.
pub(super) struct Now {
    pub(super) elapsed: Duration,
    /// Events that are in the queue, or have been.
    pub(super) sent: usize,
    pub(super) waiting: QueueDepth,
}

/// How far it is, in a line.
pub(super) fn progress(now: &Now, count: usize, arrived: &Arrived) -> String {
    format!(
        "   {:>3} s {:>6} of {count} events sent {:>6} in the queue {:>4} incidents taken, telling {}; {} refused",
        now.elapsed.as_secs(),
        now.sent,
        now.waiting.total(),
        arrived.taken.len(),
        arrived.taken.members(),
        arrived.too_many,
    )
}

/// What a storm has come to.
pub(super) struct Summary<'a> {
    pub(super) events: usize,
    pub(super) reconciliation: &'a Reconciliation,
    pub(super) arrived: &'a Arrived,
    pub(super) used: Used,
    pub(super) budget: &'a Budget,
    pub(super) took: Duration,
}

impl Summary<'_> {
    /// The lines that say it.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self {
            events,
            reconciliation,
            arrived,
            used,
            budget,
            took,
        } = self;
        let mut lines = vec!["\nWhat the agent was told:".to_owned()];
        for (priority, title) in &arrived.titles {
            let (what, causes) = title.split_once(": ").unwrap_or((title, ""));
            lines.push(format!("  {priority:<8} {what}"));
            lines.extend((!causes.is_empty()).then(|| format!("  {:<8} {causes}", "")));
        }
        if reconciliation.held + reconciliation.late > 0 {
            lines.push("\nWhat waits:".to_owned());
        }
        for digest in &reconciliation.digests {
            lines.push(format!(
                "  held back by the budget: {} of {}, until {}",
                counted(digest.incidents, "incident"),
                counted(digest.groups.len(), "group"),
                time(digest.until),
            ));
            let named = digest.groups.iter().take(NAMED);
            lines.extend(named.map(|(name, count)| format!("    {count} × {name}")));
            let more = digest.groups.len().saturating_sub(NAMED);
            lines.extend((more > 0).then(|| format!("    and {more} more")));
        }
        if let Some(until) = reconciliation.late_until {
            lines.push(format!(
                "  came when their group had been told: {}, until {}",
                counted(reconciliation.late, "incident"),
                time(until),
            ));
        }
        lines.push(format!(
            "\n{events} events became {}, in {} s",
            counted(arrived.taken.len(), "incident"),
            took.as_secs()
        ));
        if reconciliation.is_complete() {
            lines.push(format!(
                "  every event is told, by itself or counted, or waits to be: {} are told, {} wait",
                reconciliation.told,
                reconciliation.held + reconciliation.late,
            ));
        }
        lines.push(format!(
            "  the receiver's limit of {LIMIT} requests a second was exceeded {} times",
            arrived.too_many
        ));
        lines.push(format!(
            "  budget: {} of {} investigations this hour, {} of {} today; {} incidents pass in any case",
            used.in_hour,
            budget.per_hour(),
            used.in_day,
            budget.per_day(),
            budget.floor().as_str(),
        ));
        lines.push(
            "  in an account, `synth history` shows what was told of which group, and what waits"
                .to_owned(),
        );
        lines
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

fn time(at: Timestamp) -> String {
    at.strftime("%H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::super::reconciliation::Digest;
    use super::*;

    #[test]
    fn a_storm_is_told_in_few_lines() {
        let digest = Digest {
            incidents: 5,
            groups: ["a", "b", "c", "d", "e"]
                .map(|it| (it.to_owned(), 1))
                .into(),
            until: "2026-01-02T04:00:00Z".parse().unwrap(),
        };
        let reconciliation = Reconciliation {
            told: 4,
            held: 5,
            digests: vec![digest],
            late: 1,
            late_until: Some("2026-01-02T03:24:05Z".parse().unwrap()),
            ..Reconciliation::default()
        };
        let title =
            "4 incidents of ECS service api (cluster demo): 3 × out of memory, 1 × exit code 1";
        let arrived = Arrived {
            titles: vec![("HIGH".to_owned(), title.to_owned())],
            too_many: 2,
            ..Arrived::default()
        };
        let summary = Summary {
            events: 10,
            reconciliation: &reconciliation,
            arrived: &arrived,
            used: Used {
                in_hour: 1,
                in_day: 3,
            },
            budget: &Budget::default(),
            took: Duration::from_millis(12_900),
        };
        let expected = "
What the agent was told:
  HIGH     4 incidents of ECS service api (cluster demo)
           3 × out of memory, 1 × exit code 1

What waits:
  held back by the budget: 5 incidents of 5 groups, until 04:00 UTC
    1 × a
    1 × b
    1 × c
    and 2 more
  came when their group had been told: 1 incident, until 03:24 UTC

10 events became 0 incidents, in 12 s
  every event is told, by itself or counted, or waits to be: 4 are told, 6 wait
  the receiver's limit of 2 requests a second was exceeded 2 times
  budget: 1 of 6 investigations this hour, 3 of 24 today; CRITICAL incidents pass in any case
  in an account, `synth history` shows what was told of which group, and what waits";
        assert_eq!(summary.lines().join("\n"), expected);
    }
}
