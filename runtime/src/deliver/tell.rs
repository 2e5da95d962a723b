//! Telling a window: whether it may be told now, the claim before the post, and what is noted after it.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Deliver, Fate, Invocation, Outcome, World,
    backoff::Hide,
    enroll::{Due, absorbed_key, follow},
    world::{LedgerError, Saved},
};
use crate::{
    ledger::{Grouping, Hour, Kind, Place, QuietHours, State, Tally, Window, incident, tallies},
    log::Level,
};

/// How often a digest is tried to be written that somebody else writes, too.
const TRIES: u32 = 6;
/// When a window is looked at again that somebody else has just written.
const SOON: SignedDuration = SignedDuration::from_secs(3);

/// Whether a window may be told.
enum Leave {
    /// It may: nobody else will until the invocation ends.
    Granted,
    /// It waits until then, or somebody else tells it.
    Wait(Timestamp),
}

impl Deliver {
    /// Tells a window, and notes what came of it.
    pub(super) async fn tell<W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        due: &mut Due<'_>,
        invocation: &mut Invocation,
    ) -> Outcome {
        let now = world.now();
        if due.is_recorded && !invocation.ledger_is_away {
            match self
                .leave(world, grouping, &mut due.window, invocation)
                .await
            {
                Ok(Leave::Granted) => {}
                Ok(Leave::Wait(until)) => {
                    return Outcome::Fate(Fate::Back(Hide::until(until, world.now())));
                }
                Err(error) => invocation.ledger_away(world, &error),
            }
        }
        if invocation.ledger_is_away {
            // What is not claimed is not noted either: others may have added to it.
            due.is_recorded = false;
            if !self.unrecorded.admits(grouping, &due.window, now) {
                let next_hour = Hour::of(now).end();
                invocation.counts.held += 1;
                return Outcome::Fate(Fate::Back(Hide::until(next_hour, now)));
            }
        }
        let told = match due.arrivals.first() {
            Some(arrival) if due.window.is_alone() => arrival.incident.clone(),
            _ => incident(&due.window),
        };
        let outcome = self.deliver(world, &told, invocation).await;
        let at = world.now();
        match &outcome {
            Outcome::Fate(Fate::Delivered) => {
                // Nothing waits to be told of one by itself: only its opener holds the incident.
                if !due.window.is_alone() {
                    invocation.counts.grouped += due.window.told.len();
                    let id = told.id().clone();
                    due.note(world, invocation, &[], |it| {
                        it.state = State::Sent { at, id: id.clone() };
                    })
                    .await;
                }
            }
            Outcome::Fate(Fate::Dead(reason)) => {
                due.note(world, invocation, &[], |it| {
                    it.state = State::Rejected {
                        at,
                        reason: reason.clone(),
                    };
                })
                .await;
            }
            Outcome::Fate(Fate::Back(_)) | Outcome::Stop(_) => {
                due.give_back(world, invocation).await;
            }
        }
        outcome
    }

    /// Whether a window may be told now. It may not where a composite alarm speaks for it, in quiet
    /// hours, or when the budget has no room; then it is told as a part of another.
    async fn leave<W: World>(
        &mut self,
        world: &W,
        grouping: &Grouping,
        window: &mut Window,
        invocation: &mut Invocation,
    ) -> Result<Leave, LedgerError> {
        let now = world.now();
        if let Some(until) = absorb(world, window, now).await? {
            return Ok(Leave::Wait(until));
        }
        let (priority, is_digest) = (window.priority(), window.kind != Kind::Group);
        let quiet = grouping
            .quiet
            .as_ref()
            .filter(|_| QuietHours::concern(priority) && !is_digest);
        if let Some(end) = quiet.and_then(|it| it.end(now)) {
            invocation.counts.held += 1;
            return hold(world, window, Kind::QuietHours, end, now).await;
        }
        let hour = Hour::of(now);
        if window.is_alone() && window.ticket == Some(hour) {
            return Ok(Leave::Granted);
        }
        let limits = (!grouping.limits.pass(priority)).then_some(grouping.limits);
        let tallies = tallies(window.ticket, Some((hour, limits)));
        let mut claimed = window.clone();
        claimed.ticket = Some(hour);
        if !window.is_alone() {
            claimed.is_fixed = true;
            claimed.state = State::Claimed {
                until: invocation.deadline,
            };
        }
        match world.save(&[&claimed], &tallies).await? {
            Saved::Done => {
                claimed.version += 1;
                *window = claimed;
                Ok(Leave::Granted)
            }
            Saved::Changed => Ok(Leave::Wait(now + SOON)),
            Saved::NoRoom { used_in_day } => {
                let room = if used_in_day >= grouping.limits.per_day {
                    hour.end_of_day()
                } else {
                    hour.end()
                };
                invocation.counts.held += 1;
                if is_digest {
                    // It is the same digest, later.
                    let mut later = window.clone();
                    later.closes = room;
                    later.ends = room;
                    return Ok(match world.save(&[&later], &[]).await? {
                        Saved::Done => Leave::Wait(later.due()),
                        _ => Leave::Wait(now + SOON),
                    });
                }
                hold(world, window, Kind::Budget, room, now).await
            }
        }
    }
}

/// Moves a window into that of a composite alarm that speaks for the alarm that opened it. Returns when its
/// messages are to come back.
pub(super) async fn absorb<W: World>(
    world: &W,
    window: &mut Window,
    now: Timestamp,
) -> Result<Option<Timestamp>, LedgerError> {
    let Some(alarm) = &window.alarm else {
        return Ok(None);
    };
    let Some(absorbed) = world.latest(&absorbed_key(alarm)).await? else {
        return Ok(None);
    };
    let State::Moved { into } = &absorbed.state else {
        return Ok(None);
    };
    if now >= absorbed.ends {
        return Ok(None);
    }
    let Some(mut composite) = follow(world, into).await? else {
        return Ok(None);
    };
    // What is more urgent is not held up by what is less.
    if composite.is_over(now)
        || composite.place.group == window.place.group
        || window.priority() < composite.priority()
        || !composite.has_room(&window.told)
    {
        return Ok(None);
    }
    window.tell_later();
    composite.take_in(&window.name, &window.told, now);
    let back = if composite.gathers(now) {
        composite.due()
    } else {
        composite.later_at(now)
    };
    let done = move_into(world, window, &composite).await?;
    if done {
        world.log(
            Level::Info,
            "told as a part of a composite alarm",
            json!({ "group": window.name, "into": composite.name }),
        );
    }
    Ok(Some(if done { back } else { now + SOON }))
}

/// Moves a window into the digest of what waits until `room`.
async fn hold<W: World>(
    world: &W,
    window: &mut Window,
    kind: Kind,
    room: Timestamp,
    now: Timestamp,
) -> Result<Leave, LedgerError> {
    let name = kind.digest();
    window.tell_later();
    for _ in 0..TRIES {
        let mut digest = match world.latest(name).await? {
            Some(open) if open.gathers(now) && open.has_room(&window.told) => open,
            other => {
                let place = Place {
                    group: name.to_owned(),
                    number: other.map_or(1, |it| it.place.number + 1),
                };
                Window::digest(kind, place, name, now, room)
            }
        };
        digest.take_in(&window.name, &window.told, now);
        if move_into(world, window, &digest).await? {
            world.log(
                Level::Warn,
                name,
                json!({
                    "group": window.name,
                    "incidents": window.told.len(),
                    "until": digest.closes.to_string(),
                }),
            );
            return Ok(Leave::Wait(digest.due()));
        }
    }
    Ok(Leave::Wait(now + SOON))
}

/// Writes that a window is told as a part of another, and gives its place in the budget back.
async fn move_into<W: World>(
    world: &W,
    window: &mut Window,
    into: &Window,
) -> Result<bool, LedgerError> {
    let mut moved = window.clone();
    moved.state = State::Moved {
        into: into.place.clone(),
    };
    let ticket = moved.ticket.take();
    let saved = world.save(&[&moved, into], &tallies(ticket, None)).await?;
    if saved == Saved::Done {
        *window = moved;
    }
    Ok(saved == Saved::Done)
}

impl Due<'_> {
    /// Gives back what was taken to tell a window that was not told.
    pub(super) async fn give_back<W: World>(&mut self, world: &W, invocation: &mut Invocation) {
        let was_claimed = matches!(self.window.state, State::Claimed { .. });
        let ticket = self.window.ticket;
        if was_claimed || ticket.is_some() {
            self.note(world, invocation, &tallies(ticket, None), |it| {
                it.state = State::Open;
                it.ticket = None;
            })
            .await;
        }
    }

    /// Writes what came of a window, beside what came too late for it meanwhile; nothing if somebody else
    /// has done something with it. What could not be written is told once more, under the same ID, when
    /// the claim has ended.
    async fn note<W: World>(
        &mut self,
        world: &W,
        invocation: &mut Invocation,
        tallies: &[Tally],
        change: impl Fn(&mut Window),
    ) {
        for _ in 0..TRIES {
            if !self.is_recorded || invocation.ledger_is_away || !invocation.has_moments(world) {
                break;
            }
            let mut noted = self.window.clone();
            change(&mut noted);
            let current = match world.save(&[&noted], tallies).await {
                Ok(Saved::Done) => {
                    noted.version += 1;
                    self.window = noted;
                    return;
                }
                Ok(_) => world.window(&self.window.place).await,
                Err(error) => Err(error),
            };
            match current {
                Ok(Some(current))
                    if (&current.state, current.ticket)
                        == (&self.window.state, self.window.ticket) =>
                {
                    self.window = current;
                }
                Ok(_) => break,
                Err(error) => invocation.ledger_away(world, &error),
            }
        }
        if self.is_recorded {
            world.log(
                Level::Warn,
                "the ledger does not say what came of a group",
                json!({ "group": self.window.name, "incidentId": self.window.told_as() }),
            );
        }
    }
}

/// What was sent in an hour without the ledger, which alone knows what everybody has sent.
#[derive(Debug, Default)]
pub(super) struct Unrecorded {
    hour: Option<Hour>,
    sent: u32,
}

impl Unrecorded {
    /// Whether one more may be sent.
    fn admits(&mut self, grouping: &Grouping, window: &Window, now: Timestamp) -> bool {
        let hour = Hour::of(now);
        if self.hour != Some(hour) {
            *self = Self {
                hour: Some(hour),
                sent: 0,
            };
        }
        let admits =
            grouping.limits.pass(window.priority()) || self.sent < grouping.limits.per_hour;
        self.sent += u32::from(admits);
        admits
    }
}
