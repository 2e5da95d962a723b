//! From a program to its figures.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use crate::lambda::{Event, Lambda, Program};

/// Events after the first under callgrind, of which one is the mean.
const COUNTED: usize = 5;

/// What was measured. Nothing where this machine does not tell.
pub(crate) struct Figures {
    /// From the start of the process until it asks for its first event.
    pub(crate) first_poll: Option<u64>,
    /// From the start of the process until its first event is done.
    pub(crate) first_event: Option<u64>,
    /// Of an event after the first.
    pub(crate) warm: Option<u64>,
    /// Time on a processor until the first event is done.
    pub(crate) cpu: Option<Duration>,
    /// From the event to the answer, of the events after the first.
    pub(crate) p50: Duration,
    /// With events of this kind only, in MB.
    pub(crate) peak_memory: Option<f64>,
}

/// How often and how quickly events follow each other.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// How many are timed.
    pub(crate) events: usize,
    /// What is waited before each.
    pub(crate) pause: Duration,
}

/// Measures a program with an event that is handed to it again and again.
pub(crate) async fn measure(
    program: &Program,
    event: &Event,
    pace: Pace,
    scratch: &Path,
) -> Figures {
    let mut lambda = Lambda::start(program, None).await;
    lambda.invoke(event).await;
    let cpu = lambda.cpu();
    let mut times = Vec::with_capacity(pace.events);
    for _ in 0..pace.events {
        tokio::time::sleep(pace.pause).await;
        times.push(lambda.invoke(event).await);
    }
    let peak_memory = lambda.peak_memory();
    lambda.end();
    times.sort_unstable();

    let first_poll = instructions(program, event, 0, scratch).await;
    let first_event = instructions(program, event, 1, scratch).await;
    let more = instructions(program, event, 1 + COUNTED, scratch).await;
    Figures {
        first_poll,
        first_event,
        warm: more
            .zip(first_event)
            .map(|(more, first)| more.saturating_sub(first) / COUNTED as u64),
        cpu,
        p50: times[times.len() / 2],
        peak_memory,
    }
}

/// The most memory that a program needs for one event, in MB.
pub(crate) async fn peak_memory(program: &Program, event: &Event) -> Option<f64> {
    let mut lambda = Lambda::start(program, None).await;
    lambda.invoke(event).await;
    let peak = lambda.peak_memory();
    lambda.end();
    peak
}

/// Whether instructions can be counted here.
pub(crate) fn has_valgrind() -> bool {
    Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Instructions from the start of a process until it has handled so many events.
async fn instructions(
    program: &Program,
    event: &Event,
    events: usize,
    scratch: &Path,
) -> Option<u64> {
    if !has_valgrind() {
        return None;
    }
    let counts = scratch.join("callgrind.out");
    let mut lambda = Lambda::start(program, Some(&counts)).await;
    for _ in 0..events {
        lambda.invoke(event).await;
    }
    lambda.end();
    let counts = fs::read_to_string(counts).unwrap();
    counts
        .lines()
        .find_map(|line| line.strip_prefix("totals: ")?.parse().ok())
}
