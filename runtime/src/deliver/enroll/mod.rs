//! Which window of the ledger each incident of a batch belongs to, and what that means for its message.

mod admit;
mod standing;

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::json;
use webhook::{Group, GroupKey, Incident, Priority};

use super::{Deliver, Fate, Invocation, Message, World, backoff::Hide, world::LedgerError};
use crate::{
    ledger::{Grouping, MemberId, Place, Standing, State, Window},
    log::Level,
};
pub(super) use admit::absorbed_key;
pub(super) use standing::follow;
use standing::{before, elsewhere, fate, find, standing};

/// What the log says when the ledger cannot be asked.
pub const LEDGER_AWAY: &str = "the ledger is not available: incidents are told without it";
/// How often a write is tried again that another came before. Two functions run at once.
const TRIES: u32 = 6;
/// How often incidents of a batch are looked for elsewhere at most: foreign alarms may look at each other.
const ELSEWHERE: u32 = 2_000;

/// An incident that a message holds.
pub(super) struct Arrival<'a> {
    pub(super) index: usize,
    pub(super) message: &'a Message,
    pub(super) queued: Timestamp,
    /// A person asks for it: it belongs to no group.
    pub(super) is_test: bool,
    pub(super) member: MemberId,
    pub(super) incident: Incident,
    pub(super) group: Group,
}

/// A window that is to be told now, and the messages of this batch that wait for it.
pub(super) struct Due<'a> {
    pub(super) window: Window,
    /// Whether the ledger has it.
    pub(super) is_recorded: bool,
    pub(super) arrivals: Vec<Arrival<'a>>,
}

/// What enrolling a batch came to.
#[derive(Default)]
pub(super) struct Enrolled<'a> {
    pub(super) due: BTreeMap<Place, Due<'a>>,
    pub(super) fates: Vec<(usize, Fate)>,
    /// Occurrences that the agent has been told of, by the incident that told it.
    pub(super) told: BTreeMap<String, Vec<String>>,
}

/// Where incidents are told together. What always passes is not held up by what may have to wait, so it
/// is a group of its own.
pub(super) fn group_of(key: &GroupKey, priority: Priority, grouping: &Grouping) -> String {
    if grouping.limits.pass(priority) {
        format!("{key}!")
    } else {
        key.to_string()
    }
}

impl Deliver {
    /// Enrolls the incidents of a batch, group by group. Without a ledger each group of the batch is
    /// told by itself once it has waited.
    pub(super) async fn enroll<'a, W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        arrivals: Vec<Arrival<'a>>,
        invocation: &mut Invocation,
    ) -> Enrolled<'a> {
        let mut enrolled = Enrolled::default();
        let mut parties: BTreeMap<(Priority, String), Vec<Arrival<'a>>> = BTreeMap::new();
        for arrival in arrivals {
            let priority = arrival.incident.priority();
            let group = group_of(&arrival.group.key, priority, grouping);
            let urgency = if grouping.limits.pass(priority) {
                Priority::Critical
            } else {
                Priority::High
            };
            parties.entry((urgency, group)).or_default().push(arrival);
        }
        let mut elsewhere = 0;
        while let Some(((urgency, group), party)) = parties.pop_first() {
            if !self.has_time(world, invocation) {
                let no_time = party
                    .iter()
                    .map(|it| (it.index, Fate::Back(Hide::Exactly(Duration::ZERO))));
                enrolled.fates.extend(no_time);
                continue;
            }
            if !invocation.ledger_is_away {
                match self
                    .enroll_party(world, grouping, &group, &party, &mut enrolled)
                    .await
                {
                    Ok(places) => {
                        for (arrival, place) in party.into_iter().zip(places) {
                            match place {
                                Some(Belongs::Due(window)) => enrolled
                                    .due
                                    .entry(window.place.clone())
                                    .or_insert_with(|| Due {
                                        window: *window,
                                        is_recorded: true,
                                        arrivals: Vec::new(),
                                    })
                                    .arrivals
                                    .push(arrival),
                                Some(Belongs::To(group)) if elsewhere < ELSEWHERE => {
                                    elsewhere += 1;
                                    parties.entry((urgency, group)).or_default().push(arrival);
                                }
                                Some(Belongs::To(_)) | None => {}
                            }
                        }
                        continue;
                    }
                    Err(error) => invocation.ledger_away(world, &error),
                }
            }
            unrecorded(world, grouping, group, party, &mut enrolled);
        }
        enrolled
    }

    /// Enrolls the incidents of a group. Says of each where it belongs, unless that is settled.
    async fn enroll_party<'a, W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        group: &str,
        party: &[Arrival<'a>],
        enrolled: &mut Enrolled<'a>,
    ) -> Result<Vec<Option<Belongs>>, LedgerError> {
        for _ in 0..TRIES {
            let now = world.now();
            let mut places: Vec<Option<Belongs>> = Vec::with_capacity(party.len());
            let mut fates: Vec<(usize, Fate)> = Vec::new();
            let mut told: Vec<(String, String)> = Vec::new();
            let mut news: Vec<&Arrival<'a>> = Vec::new();
            let found = find(world, group).await?;
            let before = before(world, found.as_ref(), party).await?;
            for arrival in party {
                let (standing, window) = standing(found.as_ref(), before.as_ref(), arrival, now);
                places.push(match (standing, window) {
                    (Standing::New, _) => {
                        let group = elsewhere(found.as_ref(), before.as_ref(), &arrival.member);
                        if group.is_none() {
                            news.push(arrival);
                        }
                        group.map(Belongs::To)
                    }
                    (Standing::Due, Some(window)) => Some(Belongs::Due(Box::new(window.clone()))),
                    (settled, window) => {
                        // Of a duplicate the message that holds the incident will say so.
                        if let Some(State::Sent { id, .. }) = window.map(|it| &it.state)
                            && settled == Standing::Told
                        {
                            told.push((id.to_string(), arrival.group.occurrence.clone()));
                        }
                        fates.push((arrival.index, fate(settled, now)));
                        None
                    }
                });
            }
            if !news.is_empty() {
                let Some(waits) = self
                    .admit(world, grouping, group, found.as_ref(), &news, now)
                    .await?
                else {
                    continue;
                };
                fates.extend(waits);
            }
            enrolled.fates.extend(fates);
            for (id, occurrence) in told {
                enrolled.told.entry(id).or_default().push(occurrence);
            }
            return Ok(places);
        }
        // They have come in between each time. What is hidden for a moment finds them done.
        let soon = Fate::Back(Hide::Exactly(Duration::from_secs(2)));
        enrolled
            .fates
            .extend(party.iter().map(|it| (it.index, soon.clone())));
        Ok(party.iter().map(|_| None).collect())
    }
}

/// Where an arrival belongs that is not settled.
pub(super) enum Belongs {
    /// To a window that is to be told now.
    Due(Box<Window>),
    /// To another group: its own was moved there.
    To(String),
}

/// Without a ledger: what has waited is told with what is in the batch beside it.
fn unrecorded<'a, W: World>(
    world: &W,
    grouping: &Grouping,
    group: String,
    party: Vec<Arrival<'a>>,
    enrolled: &mut Enrolled<'a>,
) {
    let now = world.now();
    let Some(first) = party.iter().min_by_key(|it| (it.queued, &it.message.id)) else {
        return;
    };
    let place = Place { group, number: 0 };
    let mut window = Window::open(
        None,
        place,
        &first.group.name,
        &first.message.id,
        first.queued,
        first.queued,
        grouping,
    );
    if now < window.closes {
        let wait = Fate::Back(Hide::until(window.closes, now));
        let waits = party.iter().map(|it| (it.index, wait.clone()));
        enrolled.fates.extend(waits);
        return;
    }
    for it in &party {
        window.told.add(it.member.clone(), &it.incident, &it.group);
    }
    enrolled.due.insert(
        window.place.clone(),
        Due {
            window,
            is_recorded: false,
            arrivals: party,
        },
    );
}

impl Invocation {
    /// Notes that the ledger is away: nothing more is asked of it.
    pub(super) fn ledger_away<W: World>(&mut self, world: &W, error: &LedgerError) {
        self.ledger_is_away = true;
        self.counts.ledger_unavailable = 1;
        world.log(
            Level::Warn,
            LEDGER_AWAY,
            json!({ "why": error.to_string() }),
        );
    }
}
