//! What becomes of incidents, step by step, by a clock that others move.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use stacks::Json;

use super::{
    PRICE, Space,
    script::{Fault, Script},
    task::{Status, Task},
    uuid,
};

/// How long after its request a task is there, as recorded.
const ARRIVES: SignedDuration = SignedDuration::from_secs(12);
/// How long triage takes: those that were linked took 12 to 14 seconds.
const TRIAGE: SignedDuration = SignedDuration::from_secs(13);
/// When an end is said again, where it is.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// How long writing a plan takes: two to five minutes were measured.
const PLANNING: SignedDuration = SignedDuration::from_mins(3);
/// Investigations that run at once. Source: the quotas of AWS DevOps Agent.
const AT_ONCE: usize = 3;

/// A fake of the agent.
#[derive(Debug)]
pub struct Agent {
    pub(super) space: Space,
    pub(super) script: Script,
    pub(super) tasks: Vec<Task>,
    /// Incidents that are no tasks yet.
    arriving: Vec<Json>,
    /// What happens when, in this order where it is at once.
    agenda: BTreeMap<(Timestamp, usize), Step>,
    /// Events that are to be sent, by when.
    outbox: BTreeMap<(Timestamp, usize), Json>,
    /// Events that are sent after those that follow them, by the place of their task.
    held: BTreeMap<usize, Vec<Json>>,
    /// Calls of the API so far.
    pub(super) calls: usize,
    /// Steps and events so far.
    count: usize,
}

/// What happens at a point in time, to the incident or the task at this place.
#[derive(Clone, Copy, Debug)]
enum Step {
    Arrives(usize),
    IsTriaged(usize),
    Ends(usize),
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

impl Agent {
    /// An agent space that has investigated nothing yet.
    pub fn new(space: Space, script: Script) -> Self {
        Self {
            space,
            script,
            tasks: Vec::new(),
            arriving: Vec::new(),
            agenda: BTreeMap::new(),
            outbox: BTreeMap::new(),
            held: BTreeMap::new(),
            calls: 0,
            count: 0,
        }
    }

    /// Where it is.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Takes an incident, which becomes a task, however often its ID has come before.
    pub fn accept(&mut self, incident: &Json, now: Timestamp) {
        self.play_on(now);
        self.arriving.push(incident.clone());
        self.plan(later(now, ARRIVES), Step::Arrives(self.arriving.len() - 1));
    }

    /// The events that were sent until now and were not asked for yet, in the order in which they were sent.
    pub fn events(&mut self, now: Timestamp) -> Vec<Json> {
        self.play_on(now);
        let rest = self.outbox.split_off(&(now, usize::MAX));
        std::mem::replace(&mut self.outbox, rest)
            .into_values()
            .collect()
    }

    /// When something happens next or is said, where anything does.
    pub fn next(&self) -> Option<Timestamp> {
        let first = |it: Option<&(Timestamp, usize)>| it.map(|(at, _)| *at);
        let steps = first(self.agenda.keys().next());
        let events = first(self.outbox.keys().next());
        steps.into_iter().chain(events).min()
    }

    /// How many tasks there are of each status, by the word of the API.
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for task in &self.tasks {
            *counts.entry(task.status.as_str()).or_default() += 1;
        }
        counts
    }

    /// What investigations have cost until now, in dollars. Those that were linked are left out: whether they are billed
    /// for the seconds of their triage is not published.
    pub fn dollars(&self, now: Timestamp) -> f64 {
        let own = self.tasks.iter().filter(|it| it.status != Status::Linked);
        own.map(|it| it.seconds(now)).sum::<f64>() * PRICE
    }

    fn plan(&mut self, at: Timestamp, step: Step) {
        self.count += 1;
        self.agenda.insert((at, self.count), step);
    }

    pub(super) fn play_on(&mut self, now: Timestamp) {
        while let Some(entry) = self.agenda.first_entry() {
            let (at, _) = *entry.key();
            if at > now {
                break;
            }
            match entry.remove() {
                Step::Arrives(place) => self.arrives(place, at),
                Step::IsTriaged(place) => self.is_triaged(place, at),
                Step::Ends(place) => self.ends(place, at),
            }
            self.start(at);
        }
    }

    fn arrives(&mut self, incident: usize, at: Timestamp) {
        let incident = self.arriving[incident].clone();
        let number = self.tasks.len();
        let title = incident["title"].as_str().unwrap_or_default();
        let play = self.script.play(title, number);
        self.tasks.push(Task::new(incident, number, play, at));
        self.say(number, at);
        self.plan(later(at, TRIAGE), Step::IsTriaged(number));
    }

    fn is_triaged(&mut self, place: usize, at: Timestamp) {
        let task = &self.tasks[place];
        if task.play.has(Fault::Quota) {
            let reason = "The monthly limit of investigation hours is reached.";
            self.tasks[place].reason = Some(reason.to_owned());
            return self.end(place, Status::Canceled, "", at);
        }
        let subject = task.subject();
        let is_primary =
            |it: &Task| it.status.is_open() && it.asked.is_none() && it.subject() == subject;
        let primary = self.tasks.iter().position(is_primary);
        let (primary, title) = match primary {
            _ if task.play.has(Fault::UnknownPrimary) => (
                uuid(&["gone", &task.id]),
                "an investigation that is gone".to_owned(),
            ),
            Some(primary) => {
                let incident = task.incident.clone();
                let primary = &mut self.tasks[primary];
                primary.linked.push((at, incident));
                (primary.id.clone(), primary.text("title").to_owned())
            }
            None => {
                self.tasks[place].becomes(Status::PendingStart, at);
                return;
            }
        };
        let task = &mut self.tasks[place];
        task.reason = Some(format!(
            "This incident reports the same failure as the ongoing investigation \"{title}\" and was linked to it."
        ));
        task.primary = Some(primary);
        // It has an execution, of its triage, and no journal.
        task.begin(task.created);
        self.end(place, Status::Linked, "STOPPED", at);
    }

    /// Starts what waits, the oldest first, as far as there are places.
    fn start(&mut self, at: Timestamp) {
        loop {
            let running = self
                .tasks
                .iter()
                .filter(|it| it.status == Status::InProgress);
            if running.count() >= AT_ONCE {
                return;
            }
            let waiting = |it: &Task| it.status == Status::PendingStart;
            let Some(place) = self.tasks.iter().position(waiting) else {
                return;
            };
            let task = &mut self.tasks[place];
            task.begin(at);
            task.becomes(Status::InProgress, at);
            let takes = if task.asked.is_some() {
                PLANNING
            } else {
                task.play.takes
            };
            let ends = later(at, takes);
            self.say(place, at);
            self.plan(ends, Step::Ends(place));
        }
    }

    /// A completed task waits for its turn again, to plan what to do about the root cause.
    pub(super) fn ask_for_plan(&mut self, place: usize, token: &str, at: Timestamp) {
        let task = &mut self.tasks[place];
        task.asked = Some(token.to_owned());
        task.becomes(Status::PendingStart, at);
        self.start(at);
    }

    fn ends(&mut self, place: usize, at: Timestamp) {
        let play = &self.tasks[place].play;
        let (status, execution) = if play.has(Fault::Fails) {
            (Status::Failed, "FAILED")
        } else if play.has(Fault::TimesOut) {
            (Status::TimedOut, "TIMED_OUT")
        } else {
            (Status::Completed, "STOPPED")
        };
        self.end(place, status, execution, at);
    }

    fn end(&mut self, place: usize, status: Status, execution: &'static str, at: Timestamp) {
        let task = &mut self.tasks[place];
        task.end(at, execution);
        task.becomes(status, at);
        let says_again = task.play.has(Fault::EndTwice);
        self.emit(place, at);
        for event in self
            .held
            .remove(&place)
            .unwrap_or_default()
            .into_iter()
            .rev()
        {
            self.post(later(at, SignedDuration::from_secs(1)), event);
        }
        if says_again {
            self.emit(place, later(at, AGAIN));
        }
    }

    /// Says how far a task is, unless that is to be said after its end.
    fn say(&mut self, place: usize, at: Timestamp) {
        if !self.tasks[place].play.has(Fault::OutOfOrder) {
            return self.emit(place, at);
        }
        self.count += 1;
        if let Some(event) = self.tasks[place].event(&self.space, self.count) {
            self.held.entry(place).or_default().push(event);
        }
    }

    fn emit(&mut self, place: usize, at: Timestamp) {
        self.count += 1;
        if let Some(event) = self.tasks[place].event(&self.space, self.count) {
            self.post(at, event);
        }
    }

    fn post(&mut self, at: Timestamp, event: Json) {
        self.count += 1;
        self.outbox.insert((at, self.count), event);
    }
}
