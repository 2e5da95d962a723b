//! The canary of the pipeline: it goes as far as an incident that is not due yet, and ends there.
//!
//! It has items of its own in the ledger, under a key that no message chooses: it is in no window, no digest and no
//! budget, and a forged one can at worst say that the pipeline works.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::{batch::Message, defer::Defer, ports::Ports, session::Session, settle::Disposition};
use crate::{
    ledger::{Identity, Item, Key, Put},
    log::Level,
};

/// A canary that is older says nothing of today: the next one does.
const STALE: Duration = Duration::from_hours(24);

/// Writes to the ledger as recording does, reads it, and asks what is due. Counts a canary that got through; one that
/// did not comes back.
pub(super) async fn pass<P: Ports>(session: &Session<'_, P>, message: &Message) -> Disposition {
    let now = session.now();
    let age = message.queued.map(|it| now.duration_since(it));
    if age.is_some_and(|it| it.unsigned_abs() >= STALE && it.is_positive()) {
        return Disposition::Ends;
    }
    if !gets_through(session, now).await {
        return Disposition::Defer(Defer::Ledger);
    }
    session.count(|it| it.canaries += 1);
    session.ports.log(
        Level::Info,
        "the canary got through",
        json!({ "messageId": message.id }),
    );
    Disposition::Ends
}

async fn gets_through<P: Ports>(session: &Session<'_, P>, now: Timestamp) -> bool {
    let keys = Key::canary();
    let item = Item::Identity(Identity {
        window: None,
        at: now,
    });
    // Two items, because incidents are recorded in transactions.
    let puts = keys.clone().map(|key| Put {
        key,
        after: None,
        item: item.clone(),
    });
    if session.write(&puts).await != Ok(true) {
        return false;
    }
    let read = session.read(&keys).await;
    let is_written = |key: &Key| {
        let found = read.get(key).and_then(|it| it.as_ref().ok()?.as_ref());
        found.is_some_and(|it| it.item == item)
    };
    keys.iter().all(is_written) && session.due(now).await.is_ok()
}
