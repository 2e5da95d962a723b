//! Which window of the ledger each incident of a batch belongs to, and what that means for its message.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;
use webhook::{Group, GroupKey, Incident, Priority};

use super::{
    Deliver, Fate, Invocation, Message, World,
    backoff::Hide,
    tell::absorb,
    world::{LedgerError, Saved},
};
use crate::{
    ledger::{
        Grouping, Hour, MemberId, Members, Place, QuietHours, Standing, State, Window, tallies,
    },
    log::Level,
};

/// How often a write is tried again that another came before. Two functions run at once.
const TRIES: u32 = 6;
/// How many windows were moved one into the other at most.
const CHAIN: u32 = 4;

/// An incident that a message holds.
pub(super) struct Arrival<'a> {
    pub(super) index: usize,
    pub(super) message: &'a Message,
    pub(super) queued: Timestamp,
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

/// Where the ledger says that a composite alarm speaks for this one.
pub(super) fn absorbed_key(alarm: &str) -> String {
    GroupKey::of("alarm", &[alarm]).to_string()
}

/// A window and where it was moved.
struct Found {
    window: Window,
    /// The window that tells it instead.
    moved_into: Option<Window>,
}

impl Found {
    fn is_over(&self, now: Timestamp) -> bool {
        match (&self.window.state, &self.moved_into) {
            (State::Moved { .. }, Some(into)) => into.is_over(now) && now >= self.window.ends,
            (State::Moved { .. }, None) => true,
            _ => self.window.is_over(now),
        }
    }

    fn wait_for_next(&self, now: Timestamp) -> Timestamp {
        let own = self.window.later_at(now);
        self.moved_into
            .as_ref()
            .map_or(own, |into| own.max(into.later_at(now)).max(into.due()))
    }
}

/// The window that has what was moved, however often it was.
async fn follow<W: World>(world: &W, place: &Place) -> Result<Option<Window>, LedgerError> {
    let mut place = place.clone();
    for _ in 0..CHAIN {
        match world.window(&place).await? {
            Some(Window {
                state: State::Moved { into },
                ..
            }) => place = into,
            found => return Ok(found),
        }
    }
    Ok(None)
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
        while let Some(((urgency, group), party)) = parties.pop_first() {
            if !self.has_time(world, invocation) {
                let no_time = party.iter().map(|it| {
                    (
                        it.index,
                        Fate::Back(Hide::Exactly(std::time::Duration::ZERO)),
                    )
                });
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
                                Some(Belongs::To(group)) => {
                                    parties.entry((urgency, group)).or_default().push(arrival);
                                }
                                None => {}
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
                let place = match standing {
                    Standing::New => match elsewhere(found.as_ref(), &arrival.member) {
                        Some(group) => Some(Belongs::To(group)),
                        None => {
                            news.push(arrival);
                            None
                        }
                    },
                    Standing::Due => window.map(|it| Belongs::Due(Box::new(it.clone()))),
                    settled => {
                        if settled == Standing::Told
                            && let Some(window) = window
                        {
                            told.push((window.told_as(), arrival.group.occurrence.clone()));
                        }
                        fates.push((arrival.index, fate(settled, now)));
                        None
                    }
                };
                places.push(place);
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
        let soon = Fate::Back(Hide::For(std::time::Duration::from_secs(2)));
        enrolled
            .fates
            .extend(party.iter().map(|it| (it.index, soon.clone())));
        Ok(party.iter().map(|_| None).collect())
    }

    /// Writes what is new in a group into the ledger; nothing if somebody else wrote first.
    async fn admit<W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        group: &str,
        found: Option<&Found>,
        news: &[&Arrival<'_>],
        now: Timestamp,
    ) -> Result<Option<Vec<(usize, Fate)>>, LedgerError> {
        let (mut window, mut into) = match found {
            Some(it) if !it.is_over(now) => (it.window.clone(), it.moved_into.clone()),
            over => match open(over, group, news, now, grouping) {
                Some(window) => (window, None),
                None => return Ok(Some(Vec::new())),
            },
        };
        let mut members = Members::default();
        for it in news {
            members.add(it.member.clone(), &it.incident, &it.group);
        }
        let is_new = window.version == 0;
        let gathering = into.as_mut().unwrap_or(&mut window);
        let wait = if gathering.gathers(now) && gathering.has_room(members.len()) {
            if let Some(into) = &mut into {
                into.take_in(&window.name, &members, now);
            }
            window.told.merge(&members, None);
            into.as_ref().map(Window::due)
        } else {
            let next = found.map_or(now, |it| it.wait_for_next(now));
            if !window.has_room(members.len()) {
                let full = news
                    .iter()
                    .map(|it| (it.index, fate(Standing::Wait(next), now)));
                return Ok(Some(full.collect()));
            }
            window.later.merge(&members, None);
            Some(next)
        };
        let absorbed = if is_new {
            absorb(world, &mut window, now).await?
        } else {
            None
        };
        let wait = wait.or(absorbed);
        let saved = match (&into, absorbed) {
            (_, Some(_)) => true,
            (Some(into), None) => world.save(&[&window, into], &[]).await? == Saved::Done,
            (None, None) => self.write(world, grouping, &mut window, now).await?,
        };
        if !saved {
            return Ok(None);
        }
        for alarm in news.iter().flat_map(|it| &it.group.absorbs) {
            speak_for(world, alarm, &window, now).await?;
        }
        let fates = news.iter().map(|it| {
            let standing = match wait {
                Some(until) => Standing::Wait(until),
                None => window.standing(&it.member, &it.message.id, it.queued, now),
            };
            (it.index, fate(standing, now))
        });
        Ok(Some(fates.collect()))
    }

    /// Writes a window; one that is new with a place in the budget, if there is any. Says whether nobody
    /// else wrote first.
    async fn write<W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        window: &mut Window,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let priority = window.priority();
        let quiet = QuietHours::concern(priority)
            && grouping
                .quiet
                .as_ref()
                .is_some_and(|it| it.end(now).is_some());
        // While the webhook fails, places would be taken for what is not sent.
        if window.version == 0 && !quiet && !self.circuit.is_probing() {
            let hour = Hour::of(now);
            let limits = (!grouping.limits.pass(priority)).then_some(grouping.limits);
            window.ticket = Some(hour);
            match world
                .save(&[window], &tallies(None, Some((hour, limits))))
                .await?
            {
                Saved::Done => return Ok(true),
                Saved::Changed => return Ok(false),
                Saved::NoRoom { .. } => window.ticket = None,
            }
        }
        Ok(world.save(&[window], &[]).await? == Saved::Done)
    }
}

/// The window of a group after the one that is over, if there was one.
fn open(
    over: Option<&Found>,
    group: &str,
    news: &[&Arrival<'_>],
    now: Timestamp,
    grouping: &Grouping,
) -> Option<Window> {
    let opener = news.iter().min_by_key(|it| (it.queued, &it.message.id))?;
    let previous = over.map(|it| &it.window);
    let place = Place {
        group: group.to_owned(),
        number: previous.map_or(1, |it| it.place.number + 1),
    };
    let mut window = Window::open(
        previous,
        place,
        &opener.group.name,
        &opener.message.id,
        opener.queued,
        now,
        grouping,
    );
    window.alarm = match previous {
        Some(previous) => previous.alarm.clone(),
        None => opener.group.alarm.clone(),
    };
    if news.iter().any(|it| !it.group.absorbs.is_empty()) {
        window.wait_for_others();
    }
    Some(window)
}

/// Where an arrival belongs that is not settled.
pub(super) enum Belongs {
    /// To a window that is to be told now.
    Due(Box<Window>),
    /// To another group: its own was moved there.
    To(String),
}

async fn find<W: World>(world: &W, group: &str) -> Result<Option<Found>, LedgerError> {
    let Some(window) = world.latest(group).await? else {
        return Ok(None);
    };
    let moved_into = match &window.state {
        State::Moved { into } => follow(world, into).await?,
        _ => None,
    };
    Ok(Some(Found { window, moved_into }))
}

/// The window before the latest, if one of these has waited for so long that it may be a member.
async fn before<W: World>(
    world: &W,
    found: Option<&Found>,
    party: &[Arrival<'_>],
) -> Result<Option<Window>, LedgerError> {
    let Some(Found { window, .. }) = found else {
        return Ok(None);
    };
    let is_older = |it: &Arrival<'_>| {
        it.queued < window.opened
            && !window.told.contains(&it.member)
            && !window.later.contains(&it.member)
    };
    if window.place.number < 2 || !party.iter().any(is_older) {
        return Ok(None);
    }
    let place = Place {
        number: window.place.number - 1,
        ..window.place.clone()
    };
    world.window(&place).await
}

/// What is to become of an arrival, and because of which window.
fn standing<'a>(
    found: Option<&'a Found>,
    before: Option<&'a Window>,
    arrival: &Arrival<'_>,
    now: Timestamp,
) -> (Standing, Option<&'a Window>) {
    let of = |window: &Window| {
        window.standing(&arrival.member, &arrival.message.id, arrival.queued, now)
    };
    let Some(here) = found else {
        return (Standing::New, None);
    };
    let Found { window, moved_into } = here;
    let latest = match moved_into {
        Some(into) if window.told.contains(&arrival.member) => into,
        _ => window,
    };
    let is_moved = matches!(window.state, State::Moved { .. });
    if is_moved && window.later.contains(&arrival.member) && !here.is_over(now) {
        return (Standing::Wait(here.wait_for_next(now)), Some(window));
    }
    match (of(latest), before) {
        (Standing::New, Some(before)) => (of(before), Some(before)),
        (standing, _) => (standing, Some(latest)),
    }
}

/// The group that tells an incident whose own group was moved there, but too late for what was told.
fn elsewhere(found: Option<&Found>, member: &MemberId) -> Option<String> {
    let Found { window, moved_into } = found?;
    let into = moved_into.as_ref()?;
    let waits = window.told.contains(member) && into.later.contains(member);
    waits.then(|| into.place.group.clone())
}

fn fate(standing: Standing, now: Timestamp) -> Fate {
    match standing {
        Standing::Told => Fate::Delivered,
        Standing::Dead(reason) => Fate::Dead(reason),
        Standing::Wait(until) => Fate::Back(Hide::until(until, now)),
        Standing::Due | Standing::New => Fate::Back(Hide::Longer),
    }
}

/// Notes that a composite alarm speaks for another while its window lasts.
async fn speak_for<W: World>(
    world: &W,
    alarm: &str,
    composite: &Window,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let group = absorbed_key(alarm);
    let number = world
        .latest(&group)
        .await?
        .map_or(1, |it| it.place.number + 1);
    let note = Window::absorbed(Place { group, number }, alarm, composite, now);
    // Who wrote first said the same.
    world.save(&[&note], &[]).await.map(drop)
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
            "the ledger is not available: incidents are told without it",
            json!({ "why": error.to_string() }),
        );
    }
}
