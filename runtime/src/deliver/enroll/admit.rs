//! Writing into the ledger what is new in a group.

use jiff::Timestamp;
use webhook::GroupKey;

use super::{
    Arrival, Fate,
    standing::{Found, fate},
};
use crate::{
    deliver::{Deliver, LedgerError, Saved, World, tell::absorb},
    ledger::{Grouping, Hour, Members, Place, QuietHours, Standing, Window, tallies},
};

impl Deliver {
    /// Writes what is new in a group into the ledger; nothing if somebody else wrote first.
    pub(super) async fn admit<W: World>(
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
        let wait = if gathering.gathers(now) && gathering.has_room(&members) {
            if let Some(into) = &mut into {
                into.take_in(&window.name, &members, now);
            }
            window.told.merge(&members, None);
            into.as_ref().map(Window::due)
        } else {
            let next = found.map_or(now, |it| it.wait_for_next(now));
            // It is as it was: writing it would only be in the way of others.
            into = None;
            if !window.has_room(&members) {
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
        let hour = Hour::of(now);
        let limits = (!grouping.limits.pass(priority)).then_some(grouping.limits);
        let is_full = limits.is_some() && self.full == Some(hour);
        // While the webhook fails, places would be taken for what is not sent.
        if window.version == 0 && !quiet && !is_full && !self.circuit.is_probing() {
            window.ticket = Some(hour);
            match world
                .save(&[window], &tallies(None, Some((hour, limits))))
                .await?
            {
                Saved::Done => return Ok(true),
                Saved::Changed => return Ok(false),
                Saved::NoRoom { .. } => {
                    // There may be room again when it is due; until then it is not asked for.
                    self.full = Some(hour);
                    window.ticket = None;
                }
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

/// Where the ledger says that a composite alarm speaks for this one.
pub(in crate::deliver) fn absorbed_key(alarm: &str) -> String {
    GroupKey::of("alarm", &[alarm]).to_string()
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
