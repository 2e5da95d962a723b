//! Windows that could not be delivered, and the dead letters that they become.

use contract::{Envelope, FunctionName, Group, GroupKey, format_timestamp};
use serde_json::json;

use super::{
    load,
    ports::{DeadLetter, Ports},
    send::{FAILED, MEANWHILE, Next, Sending, finish},
    session::Session,
};
use crate::{
    ledger::{Key, State, Window, later, report},
    log::Level,
};

/// A window that could not be sent for six days becomes a dead letter. It is claimed before, so that it is
/// one letter whoever else is at it.
pub(super) async fn expire<P: Ports>(
    session: &Session<'_, P>,
    sending: &mut Sending,
    key: &Key,
) -> Next {
    let read = session.read(std::slice::from_ref(key)).await;
    let now = session.now();
    let mut window = match load::window(&read, key) {
        Ok(Some(window)) if window.item.is_being_sent(now) => {
            sending.waits(key, later(now, MEANWHILE));
            return Next::Step;
        }
        Ok(Some(window)) if window.item.is_pending() => window,
        Ok(_) => {
            sending.is_over(key);
            return Next::Step;
        }
        Err(_) => {
            sending.waits(key, later(now, FAILED));
            return Next::Step;
        }
    };
    window.item.state = State::Claimed {
        until: session.deadline,
        hour: window.item.slot(),
    };
    match session.write(&[window.put()]).await {
        Ok(true) => window.version += 1,
        Ok(false) => return Next::Replan,
        Err(_) => {
            sending.waits(key, later(now, FAILED));
            return Next::Step;
        }
    }
    let reason = "expired after six days without a delivery";
    if dead_letter(session, &window.item, reason).await {
        finish(session, sending, window, State::Expired { at: now }).await;
    } else {
        sending.waits(key, later(now, FAILED));
    }
    Next::Step
}

/// Puts a report among the dead letters, as an envelope that can be put back among the incidents.
pub(super) async fn dead_letter<P: Ports>(
    session: &Session<'_, P>,
    window: &Window,
    reason: &str,
) -> bool {
    let report = report(window);
    let group = Group::new(
        GroupKey::of("report", &[report.id().as_str()]),
        &window.name,
        "a report that was not delivered",
    );
    let letter = DeadLetter {
        body: Envelope::of_group(FunctionName::Deliver, report, group).to_body(),
        reason: reason.to_owned(),
        queued: format_timestamp(window.opened),
        window: Some(window.key.to_string()),
    };
    let taken = session.ports.dead_letter(&[letter], session.deadline).await;
    let is_taken = taken.first().copied().unwrap_or_default();
    if is_taken {
        session.count(|it| it.dead_letters += 1);
        session.ports.log(
            Level::Error,
            "put among the dead letters",
            json!({
                "incidentId": window.report_id(),
                "group": window.name,
                "incidents": window.count(),
                "why": reason,
            }),
        );
    }
    is_taken
}
