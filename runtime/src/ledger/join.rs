//! How incidents join the windows of their group.

use std::time::Duration;

use contract::{DeliverySettings, Priority};
use jiff::Timestamp;

use super::{
    Contents, Head, Item, Key, Members, Nearby, Put, State, Versioned, Window,
    late::{FOLLOW_UP, makes_worth_it},
    window::later,
};

/// How much longer a composite alarm waits, so that alarms that it covers can join.
const FOR_COVERED: Duration = Duration::from_secs(20);

/// The windows of a group that matter to what comes.
#[derive(Clone, Debug)]
pub struct Latest {
    /// The key of the group's head.
    pub key: Key,
    /// The version of the head that was read.
    pub head: u64,
    /// The number of the latest window. It may be there no more.
    pub number: u64,
    /// The latest window.
    pub window: Option<Versioned<Window>>,
    /// The one before it.
    pub previous: Option<Window>,
}

/// What joins.
#[derive(Clone, Debug)]
pub struct Newcomer<'a> {
    /// The message that brings it.
    pub waker: Option<&'a str>,
    /// What is broken, for people.
    pub name: &'a str,
    /// The alarm that went off.
    pub alarm: Option<&'a str>,
    /// Whether that is a composite alarm, which covers others.
    pub covers: bool,
    /// The rule of the account file whose event it is.
    pub rule: Option<&'a str>,
    /// How large the problem is, where that says whether it is worth reporting again.
    pub size: Option<u64>,
    /// The incidents.
    pub members: Members,
}

impl Latest {
    /// The window that has reported a problem of this size already, if one has.
    pub fn reported(&self, size: Option<u64>) -> Option<&Window> {
        let window = self.window.as_ref().map(|it| &it.item);
        window.filter(|it| it.has_reported(size))
    }

    /// Counts incidents in the window that is open, or opens the next. Says which it is.
    ///
    /// A window is due `group-wait` after it was opened. While the one before is running it is due when that
    /// ends; `group-wait` after the first incident that is more urgent than everything before. Where results are known it
    /// is due three minutes after what may be worth a follow-up. Whoever brings that about is the one to come back for it.
    pub fn join(
        &mut self,
        newcomer: &Newcomer<'_>,
        now: Timestamp,
        settings: &DeliverySettings,
    ) -> Key {
        let priority = newcomer.members.priority();
        let wait = if newcomer.covers {
            settings.wait + FOR_COVERED
        } else {
            settings.wait
        };
        let soon = later(now, wait);
        let look = |before: Option<&Window>, gathered: Option<&Members>| {
            let is_looked_at =
                settings.knows_results && makes_worth_it(before, gathered, &newcomer.members);
            is_looked_at.then(|| later(now, FOLLOW_UP.max(wait)))
        };
        let joined = settings.knows_results.then_some(now);
        match self.window.as_mut().map(|it| &mut it.item) {
            Some(window) if window.is_open() => {
                let rises = priority < window.priority();
                let before = self.previous.as_ref();
                let due = if running(before, priority, now).is_some() {
                    let gathered = match &window.contents {
                        Contents::Incidents(members) => Some(members),
                        Contents::Digest(_) => None,
                    };
                    look(before, gathered).filter(|it| *it < window.due)
                } else {
                    (rises && (window.due <= now || soon < window.due)).then_some(soon)
                };
                window.add(&newcomer.members);
                window.size = window.size.max(newcomer.size);
                window.joined = joined;
                if let Some(due) = due {
                    window.due = due;
                    window.waker = newcomer.waker.map(str::to_owned);
                }
                window.key.clone()
            }
            _ => {
                let before = self.window.take().map(|it| it.item);
                let ends = match running(before.as_ref(), priority, now) {
                    Some(ends) => ends.max(soon),
                    None => soon,
                };
                let due = look(before.as_ref(), None).map_or(ends, |it| it.min(ends));
                self.previous = before;
                self.open(newcomer, joined, due, ends, now)
            }
        }
    }

    fn open(
        &mut self,
        newcomer: &Newcomer<'_>,
        joined: Option<Timestamp>,
        due: Timestamp,
        ends: Timestamp,
        now: Timestamp,
    ) -> Key {
        self.number += 1;
        let key = self.key.numbered(self.number);
        self.window = Some(Versioned::new(Window {
            key: key.clone(),
            name: newcomer.name.to_owned(),
            opened: now,
            since: now,
            due,
            ends,
            waker: newcomer.waker.map(str::to_owned),
            contents: Contents::Incidents(newcomer.members.clone()),
            state: State::Open,
            follows: None,
            alarm: newcomer.alarm.map(str::to_owned),
            rule: newcomer.rule.map(str::to_owned),
            nearby: Nearby::default(),
            size: newcomer.size,
            counted: None,
            earlier: None,
            joined,
            series: None,
        }));
        key
    }

    /// The versions after the write has succeeded.
    pub fn is_written(&mut self) {
        if let Some(window) = &mut self.window {
            self.head += u64::from(window.version == 0);
            window.version += 1;
        }
    }

    /// What is to be written after incidents have joined.
    pub fn puts(&self, now: Timestamp) -> Vec<Put> {
        let Some(window) = &self.window else {
            return Vec::new();
        };
        let mut puts = vec![window.put()];
        if window.version == 0 {
            puts.push(Put {
                key: self.key.clone(),
                after: Some(self.head),
                item: Item::Head(Head {
                    latest: window.item.key.number,
                    at: now,
                }),
            });
        }
        puts
    }
}

/// Until when a window holds back what comes after it, unless that is more urgent.
pub fn running(before: Option<&Window>, next: Priority, now: Timestamp) -> Option<Timestamp> {
    before
        .filter(|it| it.is_running(now) && next >= it.most_urgent())
        .map(|it| it.ends)
}
