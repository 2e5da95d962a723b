//! What a message is to a window: whether it has been told, is to be told now, waits, or is new.

use jiff::Timestamp;

use super::{Arrival, Fate, Hide};
use crate::{
    deliver::{LedgerError, World},
    ledger::{MemberId, Place, Standing, State, Window},
};

/// How many windows were moved one into the other at most.
const CHAIN: u32 = 4;

/// A window and where it was moved.
pub(super) struct Found {
    pub(super) window: Window,
    /// The window that tells it instead.
    pub(super) moved_into: Option<Window>,
}

impl Found {
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        match (&self.window.state, &self.moved_into) {
            (State::Moved { .. }, Some(into)) => into.is_over(now) && now >= self.window.ends,
            (State::Moved { .. }, None) => true,
            _ => self.window.is_over(now),
        }
    }

    fn standing(&self, arrival: &Arrival<'_>, now: Timestamp) -> (Standing, &Window) {
        let Self { window, moved_into } = self;
        let member = &arrival.member;
        let is_moved = matches!(window.state, State::Moved { .. });
        if is_moved && window.later.contains(member) && !self.is_over(now) {
            return (Standing::Wait(self.wait_for_next(now)), window);
        }
        let tells = match moved_into {
            Some(into) if window.told.contains(member) => into,
            _ => window,
        };
        let standing = tells.standing(member, &arrival.message.id, arrival.queued, now);
        (standing, tells)
    }

    pub(super) fn wait_for_next(&self, now: Timestamp) -> Timestamp {
        let own = self.window.later_at(now);
        self.moved_into
            .as_ref()
            .map_or(own, |into| own.max(into.later_at(now)).max(into.due()))
    }
}

/// The window that has what was moved, however often it was.
pub(in crate::deliver) async fn follow<W: World>(
    world: &W,
    place: &Place,
) -> Result<Option<Window>, LedgerError> {
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

/// The latest window of a group, and where it was moved.
pub(super) async fn find<W: World>(world: &W, group: &str) -> Result<Option<Found>, LedgerError> {
    found(world, world.latest(group).await?).await
}

async fn found<W: World>(world: &W, window: Option<Window>) -> Result<Option<Found>, LedgerError> {
    let Some(window) = window else {
        return Ok(None);
    };
    let moved_into = match &window.state {
        State::Moved { into } => follow(world, into).await?,
        _ => None,
    };
    Ok(Some(Found { window, moved_into }))
}

/// The window before the latest, if one of these has waited for so long that it may be a member.
pub(super) async fn before<W: World>(
    world: &W,
    latest: Option<&Found>,
    party: &[Arrival<'_>],
) -> Result<Option<Found>, LedgerError> {
    let Some(Found { window, .. }) = latest else {
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
    found(world, world.window(&place).await?).await
}

/// What is to become of an arrival, and because of which window.
pub(super) fn standing<'a>(
    latest: Option<&'a Found>,
    before: Option<&'a Found>,
    arrival: &Arrival<'_>,
    now: Timestamp,
) -> (Standing, Option<&'a Window>) {
    let of = |found: Option<&'a Found>| found.map(|it| it.standing(arrival, now));
    let known = [of(latest), of(before)].into_iter().flatten();
    let mut known = known.filter(|(standing, _)| *standing != Standing::New);
    match known.next() {
        Some((standing, window)) => (standing, Some(window)),
        None => (Standing::New, None),
    }
}

/// The group that tells an incident whose own group was moved there, but too late for what was told.
pub(super) fn elsewhere(
    latest: Option<&Found>,
    before: Option<&Found>,
    member: &MemberId,
) -> Option<String> {
    [latest, before].into_iter().flatten().find_map(|found| {
        let into = found.moved_into.as_ref()?;
        let waits = found.window.told.contains(member) && into.later.contains(member);
        waits.then(|| into.place.group.clone())
    })
}

pub(super) fn fate(standing: Standing, now: Timestamp) -> Fate {
    match standing {
        Standing::Told => Fate::Delivered,
        Standing::Dead(reason) => Fate::Dead(reason),
        Standing::Wait(until) => Fate::Back(Hide::until(until, now)),
        Standing::Due | Standing::New => Fate::Back(Hide::Longer),
    }
}
