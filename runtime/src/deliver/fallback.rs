//! Without the ledger: when nothing can be recorded for minutes, what is urgent is sent by itself.

use std::time::Duration;

use contract::{IncidentId, Priority, dead_letter::REJECTED};

use super::{
    batch::Arrival,
    defer::Defer,
    ports::Ports,
    poster::{Outcome, Poster},
    record::Recorded,
    session::Session,
};
use crate::{
    ledger::{Hour, Identity, Item, Key, Put},
    log::Level,
};

/// For how long the message of an incident stays hidden that was sent without the ledger: only this environment
/// knows, and whoever else receives the message would send it again.
const SENT: Defer = Defer::Exactly(Duration::from_hours(6));

/// What an environment has sent without the ledger.
#[derive(Debug, Default)]
pub(super) struct Fallback {
    /// The day, counted from 1970, and what was sent on it.
    today: (i64, u32),
    /// What the ledger does not know of yet.
    sent: Vec<IncidentId>,
}

/// What became of the messages.
pub(super) enum Alone {
    /// As it was.
    Recorded(Recorded),
    /// The agent refuses the incident.
    Rejected(String),
}

impl Fallback {
    /// Whether one more may be sent: a sixth of the day's budget, for several environments may do so.
    fn may_send<P: Ports>(&mut self, session: &Session<'_, P>) -> bool {
        let day = Hour::of(session.now()).day();
        if self.today.0 != day {
            self.today = (day, 0);
        }
        self.today.1 < (session.settings.limits.per_day / 6).max(1)
    }

    /// Writes what was sent into the ledger, so that its messages may end.
    pub(super) async fn record<P: Ports>(&mut self, session: &Session<'_, P>) {
        while let Some(id) = self.sent.last() {
            let identity = Identity {
                window: None,
                at: session.now(),
            };
            let put = Put {
                key: Key::identity(id),
                after: Some(0),
                item: Item::Identity(identity),
            };
            // Where somebody else has recorded it, that stands.
            if session.write(&[put]).await.is_err() {
                return;
            }
            self.sent.pop();
        }
    }

    /// Sends what is urgent of that which could not be recorded, each incident by itself and under its own
    /// ID. Its message stays until the ledger knows.
    pub(super) async fn send<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        poster: &mut Poster,
        arrivals: &[Arrival<'_>],
        recorded: Vec<Recorded>,
    ) -> Vec<Alone> {
        let mut urgent: Vec<usize> = (0..arrivals.len())
            .filter(|it| matches!(recorded[*it], Recorded::Not(_)))
            .filter(|it| arrivals[*it].incident.priority() <= Priority::High)
            // What wakes a window comes back, too: that is sent when the ledger is.
            .filter(|it| !session.has_recorded(arrivals[*it].queued))
            .collect();
        urgent.sort_by_key(|it| (arrivals[*it].incident.priority(), arrivals[*it].queued));
        let mut alone: Vec<Alone> = recorded.into_iter().map(Alone::Recorded).collect();
        for index in urgent {
            let arrival = &arrivals[index];
            if self.sent.contains(&arrival.id) {
                alone[index] = Alone::Recorded(Recorded::Not(SENT));
                continue;
            }
            let is_open = poster.circuit.wait(session.now()).is_some();
            if is_open || !poster.has_time(session) || !self.may_send(session) {
                break;
            }
            session.ports.log(
                Level::Warn,
                "the ledger is not available: an urgent incident is sent without it",
                serde_json::json!({ "incidentId": arrival.incident.id() }),
            );
            match poster.post(session, &arrival.incident).await {
                Outcome::Sent => {
                    self.today.1 += 1;
                    self.sent.push(arrival.id.clone());
                    alone[index] = Alone::Recorded(Recorded::Not(SENT));
                }
                Outcome::Rejected(reason) => {
                    alone[index] = Alone::Rejected(format!("{REJECTED}{reason}"));
                }
                Outcome::Stop(defer) => {
                    alone[index] = Alone::Recorded(Recorded::Not(defer));
                    break;
                }
            }
        }
        alone
    }
}
