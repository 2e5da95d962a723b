//! What is said of a storm: while it goes on, and at its end. Pure.

use std::time::Duration;

use contract::Limits;
use jiff::Timestamp;
use runtime::ledger::{Day, Hold, Hour};

use synth::aws::QueueDepth;

use super::{Arrived, LIMIT, reconciliation::Reconciliation};

/// Groups that are held together and named at most.
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
        "   {:>3} s {:>6} of {count} events sent {:>6} in the queue {:>4} reports taken, of {} incidents; {} refused",
        now.elapsed.as_secs(),
        now.sent,
        now.waiting.total(),
        arrived.taken.len(),
        arrived.taken.incidents(),
        arrived.too_many,
    )
}

/// What a storm has come to.
pub(super) struct Summary<'a> {
    pub(super) events: usize,
    pub(super) reconciliation: &'a Reconciliation,
    pub(super) arrived: &'a Arrived,
    pub(super) day: &'a Day,
    pub(super) hour: Hour,
    pub(super) limits: &'a Limits,
    pub(super) took: Duration,
}

impl Summary<'_> {
    /// The lines that say it.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self {
            events,
            reconciliation,
            arrived,
            day,
            hour,
            limits,
            took,
        } = self;
        let mut lines = vec!["\nReports that the agent has:".to_owned()];
        for (priority, title) in &arrived.titles {
            let (what, causes) = match title.split_once("): ") {
                Some((what, causes)) => (format!("{what})"), causes),
                None => (title.clone(), ""),
            };
            lines.push(format!("  {priority:<8} {what}"));
            lines.extend((!causes.is_empty()).then(|| format!("  {:<8} {causes}", "")));
        }
        let held = reconciliation.held();
        if held + reconciliation.late > 0 {
            lines.push("\nStill to be sent:".to_owned());
        }
        for ((hold, until), groups) in &reconciliation.held {
            let by = match hold {
                Hold::Budget => "by the budget",
                Hold::QuietHours => "in quiet hours",
            };
            lines.push(format!(
                "  held {by}: {} of {}, until {}",
                counted(groups.values().sum(), "incident"),
                counted(groups.len(), "group"),
                time(*until),
            ));
            let named = groups.iter().take(NAMED);
            lines.extend(named.map(|(name, count)| format!("    {count} × {name}")));
            let more = groups.len().saturating_sub(NAMED);
            lines.extend((more > 0).then(|| format!("    and {more} more")));
        }
        if let Some(until) = reconciliation.late_until {
            lines.push(format!(
                "  came after the report on their group: {}, until {}",
                counted(reconciliation.late, "incident"),
                time(until),
            ));
        }
        lines.push(format!(
            "\n{events} events became {}, in {} s",
            counted(arrived.taken.len(), "report"),
            took.as_secs()
        ));
        if reconciliation.is_complete() {
            lines.push(format!(
                "  every event is accounted for: {} are in these reports, {} are still to be sent",
                reconciliation.sent,
                held + reconciliation.late,
            ));
            let covered = reconciliation.covered;
            lines.extend((covered > 0).then(|| {
                format!("  of the others, {covered} are covered by investigations that had ended")
            }));
        }
        lines.push(format!(
            "  the receiver's limit of {LIMIT} requests a second was exceeded {} times",
            arrived.too_many
        ));
        lines.push(format!(
            "  budget: {} of {} investigations this hour, {} of {} today; {} incidents have one of their own",
            day.used_in(*hour),
            limits.per_hour,
            day.used(),
            limits.per_day,
            limits.always_send.as_str(),
        ));
        lines.push(
            "  in an account, `synth history` shows the reports on each group, and what is pending"
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
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_report_on_a_storm_is_a_few_lines() {
        let groups = ["a", "b", "c", "d", "e"].map(|it| (it.to_owned(), 1));
        let until = "2026-01-02T04:00:00Z".parse().unwrap();
        let reconciliation = Reconciliation {
            sent: 4,
            held: BTreeMap::from([((Hold::Budget, until), BTreeMap::from(groups))]),
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
        let hour = Hour::of("2026-01-02T03:04:05Z".parse().unwrap());
        let summary = Summary {
            events: 10,
            reconciliation: &reconciliation,
            arrived: &arrived,
            day: &Day::new(hour),
            hour,
            limits: &Limits::new(6, 24),
            took: Duration::from_millis(12_900),
        };
        let expected = "
Reports that the agent has:
  HIGH     4 incidents of ECS service api (cluster demo)
           3 × out of memory, 1 × exit code 1

Still to be sent:
  held by the budget: 5 incidents of 5 groups, until 04:00 UTC
    1 × a
    1 × b
    1 × c
    and 2 more
  came after the report on their group: 1 incident, until 03:24 UTC

10 events became 0 reports, in 12 s
  every event is accounted for: 4 are in these reports, 6 are still to be sent
  the receiver's limit of 2 requests a second was exceeded 2 times
  budget: 0 of 6 investigations this hour, 0 of 24 today; CRITICAL incidents have one of their own
  in an account, `synth history` shows the reports on each group, and what is pending";
        assert_eq!(summary.lines().join("\n"), expected);
    }
}
