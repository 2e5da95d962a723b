//! What a fake of the agent does with an incident: how long it looks, what it finds, what goes wrong.

use std::collections::BTreeSet;

use jiff::SignedDuration;

/// What goes wrong with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The summary can be read only seven seconds after the event that says so.
    LateSummary,
    /// The end is said twice, the second time half a minute later.
    EndTwice,
    /// What happened before the end is said after it, the last first.
    OutOfOrder,
    /// The task is linked to one that nobody can read.
    UnknownPrimary,
    /// A quota is used up: the task is cancelled instead of started.
    Quota,
    /// The investigation fails, without a summary.
    Fails,
    /// The investigation takes too long, and ends without a summary.
    TimesOut,
}

/// What an investigation finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A root cause, and a cause that leads to it.
    RootCause,
    /// A cause that is not called the root cause.
    Cause,
    /// Nothing, though everything could be looked at.
    Nothing,
    /// Nothing, because permissions are missing.
    NoAccess,
}

/// What becomes of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Play {
    pub(super) finding: Finding,
    pub(super) takes: SignedDuration,
    pub(super) faults: BTreeSet<Fault>,
}

/// What becomes of each task, by words of its title. Without any, each investigation finds a root cause.
#[derive(Clone, Debug, Default)]
pub struct Script {
    findings: Vec<(String, Finding)>,
    lengths: Vec<(String, SignedDuration)>,
    faults: Vec<(String, Fault)>,
    /// Every so many calls of the API one is throttled; none if 0.
    throttled: usize,
}

/// How long investigations take, one after the other, in seconds: those that users of the agent have measured, from
/// 3 to 21 minutes.
const LENGTHS: [i64; 4] = [192, 402, 480, 1_260];

impl Script {
    /// The same, but investigations of incidents whose titles have these words find this.
    #[must_use]
    pub fn finding(mut self, words: &str, finding: Finding) -> Self {
        self.findings.push((words.to_owned(), finding));
        self
    }

    /// The same, but investigations of incidents whose titles have these words take so long.
    #[must_use]
    pub fn taking(mut self, words: &str, length: SignedDuration) -> Self {
        self.lengths.push((words.to_owned(), length));
        self
    }

    /// The same, but this goes wrong with incidents whose titles have these words.
    #[must_use]
    pub fn fault(mut self, words: &str, fault: Fault) -> Self {
        self.faults.push((words.to_owned(), fault));
        self
    }

    /// The same, but every so many calls of the API one is throttled.
    #[must_use]
    pub fn throttling(mut self, every: usize) -> Self {
        self.throttled = every;
        self
    }

    /// What becomes of a task with this title, which is the `number`-th.
    pub(super) fn play(&self, title: &str, number: usize) -> Play {
        let is_meant = |words: &String| title.contains(words.as_str());
        let finding = self.findings.iter().rfind(|(words, _)| is_meant(words));
        let length = self.lengths.iter().rfind(|(words, _)| is_meant(words));
        let faults = self.faults.iter().filter(|(words, _)| is_meant(words));
        Play {
            finding: finding.map_or(Finding::RootCause, |(_, it)| *it),
            takes: length.map_or(
                SignedDuration::from_secs(LENGTHS[number % LENGTHS.len()]),
                |(_, it)| *it,
            ),
            faults: faults.map(|(_, it)| *it).collect(),
        }
    }

    /// Whether the call of this number is throttled. The first has the number 1.
    pub(super) fn throttles(&self, call: usize) -> bool {
        self.throttled > 0 && call.is_multiple_of(self.throttled)
    }
}

impl Play {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}
