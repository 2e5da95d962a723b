//! Ports of the tests' own: a queue that hides and shows, a bucket, and calls that fail.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;

use super::{
    super::{
        Look, Message, Receipt, Report, carry_out,
        ports::{BATCH, Entries, Ports},
        take,
    },
    everything, stack,
};
use crate::aws::AwsError;

/// What is in a region, and what goes wrong in it.
#[derive(Clone, Debug, Default)]
pub(super) struct FakePorts(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) dead: Vec<Dead>,
    /// What arrived, by body or payload, in order.
    pub(super) queued: Vec<String>,
    invoked: Vec<String>,
    /// How many receives there have been: each makes receipts of its own.
    receives: usize,
    /// What goes wrong, call by call and entry by entry; nothing once this is empty.
    pub(super) faults: Vec<Fault>,
    /// Calls after which a person wants it to end.
    pub(super) patience: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Dead {
    pub(super) message: Message,
    pub(super) hidden: bool,
}

impl Dead {
    fn is_record(&self) -> bool {
        self.key().is_some()
    }

    fn key(&self) -> Option<&str> {
        match &self.message.receipt {
            Receipt::Object(key) => Some(key),
            Receipt::Message(_) => None,
        }
    }

    fn is_received_as(&self, receipt: &str) -> bool {
        matches!(&self.message.receipt, Receipt::Message(it) if it == receipt)
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Nothing happens, and the answer says so.
    Refused,
    /// It happens, and the answer is lost.
    Unheard,
    /// A message is handed out, and is not hidden.
    Twice,
}

impl State {
    fn fault(&mut self) -> Fault {
        if let Some(patience) = &mut self.patience {
            *patience = patience.saturating_sub(1);
        }
        self.faults.pop().unwrap_or(Fault::None)
    }

    /// Does something for each entry, unless it goes wrong.
    fn each<T>(&mut self, entries: &[T], mut act: impl FnMut(&mut Self, &T)) -> Entries {
        assert!((1..=BATCH).contains(&entries.len()), "{}", entries.len());
        let mut outcomes = Entries::new();
        for entry in entries {
            let fault = self.fault();
            if fault != Fault::Refused {
                act(self, entry);
            }
            let is_heard = matches!(fault, Fault::None | Fault::Twice);
            outcomes.push((!is_heard).then(|| "it went wrong".to_owned()));
        }
        outcomes
    }
}

fn went_wrong() -> AwsError {
    AwsError::NoAnswer {
        operation: "Test",
        reason: "it went wrong".to_owned(),
    }
}

impl Ports for FakePorts {
    async fn count(&self) -> Result<usize, AwsError> {
        // Rough, as it is in truth.
        Ok(self.0.lock().unwrap().dead.len() / 2)
    }

    async fn receive(&self) -> Result<Vec<Message>, AwsError> {
        let mut state = self.0.lock().unwrap();
        let fault = state.fault();
        if fault == Fault::Refused {
            return Err(went_wrong());
        }
        state.receives += 1;
        let receive = state.receives;
        let visible = state
            .dead
            .iter_mut()
            .filter(|it| !it.hidden && !it.is_record());
        let received = visible.take(BATCH).map(|it| {
            it.hidden = fault != Fault::Twice;
            it.message.receipt = Receipt::Message(format!("{}/{receive}", it.message.id));
            it.message.clone()
        });
        Ok(received.collect())
    }

    async fn give_back(&self, receipts: &[String]) -> Result<Entries, AwsError> {
        let mut state = self.0.lock().unwrap();
        Ok(state.each(receipts, |state, receipt| {
            for it in &mut state.dead {
                it.hidden &= !it.is_received_as(receipt);
            }
        }))
    }

    async fn delete(&self, receipts: &[String]) -> Result<Entries, AwsError> {
        let mut state = self.0.lock().unwrap();
        if state.fault() == Fault::Refused {
            return Err(went_wrong());
        }
        Ok(state.each(receipts, |state, receipt| {
            state.dead.retain(|it| !it.is_received_as(receipt));
        }))
    }

    async fn records(&self, most: usize) -> Result<Vec<(String, Option<Timestamp>)>, AwsError> {
        let mut state = self.0.lock().unwrap();
        if state.fault() == Fault::Refused {
            return Err(went_wrong());
        }
        let keys = state.dead.iter().filter_map(|it| it.key());
        Ok(keys.take(most).map(|it| (it.to_owned(), None)).collect())
    }

    async fn record(&self, key: &str) -> Result<Option<String>, AwsError> {
        let mut state = self.0.lock().unwrap();
        if state.fault() == Fault::Refused {
            return Err(went_wrong());
        }
        let found = state.dead.iter().find(|it| it.key() == Some(key));
        Ok(found.map(|it| it.message.body.clone()))
    }

    async fn delete_records(&self, keys: &[String]) -> Result<Entries, AwsError> {
        let mut state = self.0.lock().unwrap();
        Ok(state.each(keys, |state, key| {
            state.dead.retain(|it| it.key() != Some(key.as_str()));
        }))
    }

    async fn queue(&self, bodies: &[String]) -> Result<Entries, AwsError> {
        let mut state = self.0.lock().unwrap();
        if state.fault() == Fault::Refused {
            return Err(went_wrong());
        }
        Ok(state.each(bodies, |state, body| state.queued.push(body.clone())))
    }

    async fn invoke(&self, _: &str, payload: &str) -> Result<(), AwsError> {
        let mut state = self.0.lock().unwrap();
        let fault = state.fault();
        if fault != Fault::Refused {
            state.invoked.push(payload.to_owned());
        }
        match fault {
            Fault::None | Fault::Twice => Ok(()),
            Fault::Refused | Fault::Unheard => Err(went_wrong()),
        }
    }

    fn is_stopped(&self) -> bool {
        self.0.lock().unwrap().patience == Some(0)
    }
}

impl FakePorts {
    pub(super) fn with(messages: impl IntoIterator<Item = Message>) -> Self {
        let dead = messages.into_iter().map(|message| Dead {
            message,
            hidden: false,
        });
        let state = State {
            dead: dead.collect(),
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// What is still there, and whether anybody can see it.
    pub(super) fn dead(&self) -> BTreeMap<String, bool> {
        self.change(|state| {
            let dead = state.dead.iter();
            dead.map(|it| (it.message.id.clone(), !it.hidden)).collect()
        })
    }

    pub(super) fn arrived(&self) -> Vec<String> {
        self.change(|state| [&state.queued[..], &state.invoked].concat())
    }

    pub(super) async fn look(&self) -> Result<Look, AwsError> {
        let taken = take(self, |_, _| {}).await?;
        Ok(Look::new("test", taken, &everything(), &stack()))
    }

    pub(super) async fn run(&self) -> Result<Report, AwsError> {
        let look = self.look().await?;
        let dispositions = carry_out(self, &look.held, |_, _| {}).await;
        Ok(look.report(dispositions))
    }
}
