//! Sends dead letters back the way that was planned for each.
//!
//! First it is sent, and only then removed from the dead letters: whatever breaks in between makes a
//! duplicate, which has the incident's ID, and never a loss.

use std::future::Future;

use super::{
    letter::Letter,
    message::Receipt,
    plan::Step,
    ports::{BATCH, Entries, Ports},
    take::{each_of, give_back},
};
use crate::aws::AwsError;

/// Bytes of a call that queues incidents at most: the least that SQS allows anywhere. One incident that
/// is larger goes alone.
const BATCH_BYTES: usize = 262_144;

/// A dead letter that was taken, and what is to become of it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) letter: Letter,
    pub(crate) receipt: Receipt,
    pub(crate) step: Step,
}

/// What became of a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// It went back, and is no dead letter any more.
    Redriven,
    /// It went back, and could not be removed, for this reason: it is among the dead letters, too.
    Lingers(String),
    /// It would have gone back.
    WouldRedrive,
    /// It is where it was, because that was the plan.
    Kept(String),
    /// It is where it was, because neither `--only` nor `--id` selects it.
    Skipped,
    /// It is where it was, although that was not the plan.
    Stuck(String),
}

/// What would become of a dead letter.
pub(crate) fn foreseen(step: &Step) -> Disposition {
    match step {
        Step::Queue { .. } | Step::Invoke { .. } => Disposition::WouldRedrive,
        Step::Keep(reason) => Disposition::Kept(reason.clone()),
        Step::Skipped => Disposition::Skipped,
    }
}

/// Carries out what is planned, and gives the rest back; the dispositions are in the order of `held`.
/// `progress` is called with how many of how many are done.
///
/// Ends early if a person wants it to: what has been begun is brought to its end.
pub(crate) async fn carry_out<P: Ports>(
    ports: &P,
    held: &[Held],
    mut progress: impl FnMut(usize, usize),
) -> Vec<Disposition> {
    let mut dispositions: Vec<Disposition> = held
        .iter()
        .map(|it| match foreseen(&it.step) {
            Disposition::WouldRedrive => Disposition::Stuck("stopped before its turn".to_owned()),
            left => left,
        })
        .collect();
    let batches = batches(held);
    let total = batches.iter().map(Vec::len).sum();
    let mut done = 0;
    let calls = batches
        .into_iter()
        .take_while(|_| !ports.is_stopped())
        .map(|batch| {
            let entries: Vec<Held> = batch
                .iter()
                .filter_map(|it| held.get(*it).cloned())
                .collect();
            let ports = ports.clone();
            async move { (batch, redrive(&ports, &entries).await) }
        });
    each_of(calls, |(batch, outcomes)| {
        done += batch.len();
        for (index, disposition) in batch.into_iter().zip(outcomes) {
            dispositions[index] = disposition;
        }
        progress(done, total);
    })
    .await;
    let left = held
        .iter()
        .zip(&dispositions)
        .filter(|(_, disposition)| {
            !matches!(disposition, Disposition::Redriven | Disposition::Lingers(_))
        })
        .map(|(it, _)| it.receipt.clone())
        .collect();
    give_back(ports, left).await;
    dispositions
}

/// The places of what is to be sent, as many together as one call takes.
fn batches(held: &[Held]) -> Vec<Vec<usize>> {
    let mut queued: Vec<Vec<usize>> = Vec::new();
    let mut invoked: Vec<usize> = Vec::new();
    let mut bytes = 0;
    for (index, it) in held.iter().enumerate() {
        match &it.step {
            Step::Queue { body } => {
                bytes += body.len();
                match queued.last_mut() {
                    Some(batch) if batch.len() < BATCH && bytes <= BATCH_BYTES => batch.push(index),
                    _ => {
                        bytes = body.len();
                        queued.push(vec![index]);
                    }
                }
            }
            Step::Invoke { .. } => invoked.push(index),
            Step::Keep(_) | Step::Skipped => {}
        }
    }
    queued.extend(invoked.chunks(BATCH).map(<[usize]>::to_vec));
    queued
}

/// Sends a batch and removes from the dead letters what was taken of it.
async fn redrive<P: Ports>(ports: &P, batch: &[Held]) -> Vec<Disposition> {
    let sent = send(ports, batch).await;
    let (mut receipts, mut keys) = (Vec::new(), Vec::new());
    for (it, refused) in batch.iter().zip(&sent) {
        match &it.receipt {
            _ if refused.is_some() => {}
            Receipt::Message(receipt) => receipts.push(receipt.clone()),
            Receipt::Object(key) => keys.push(key.clone()),
        }
    }
    let messages = entries(receipts.len(), ports.delete(&receipts)).await;
    let records = entries(keys.len(), ports.delete_records(&keys)).await;
    let (mut messages, mut records) = (messages.into_iter(), records.into_iter());
    let outcomes = batch.iter().zip(sent).map(|(it, refused)| {
        if let Some(why) = refused {
            return Disposition::Stuck(why);
        }
        let deleted = match it.receipt {
            Receipt::Message(_) => messages.next(),
            Receipt::Object(_) => records.next(),
        };
        deleted
            .flatten()
            .map_or(Disposition::Redriven, Disposition::Lingers)
    });
    outcomes.collect()
}

async fn send<P: Ports>(ports: &P, batch: &[Held]) -> Entries {
    let bodies: Vec<String> = batch
        .iter()
        .filter_map(|it| match &it.step {
            Step::Queue { body } => Some(body.clone()),
            Step::Invoke { .. } | Step::Keep(_) | Step::Skipped => None,
        })
        .collect();
    let mut queued = entries(bodies.len(), ports.queue(&bodies))
        .await
        .into_iter();
    let mut outcomes = Entries::new();
    for it in batch {
        outcomes.push(match &it.step {
            Step::Queue { .. } => queued.next().flatten(),
            Step::Invoke { function, payload } => {
                let invoked = ports.invoke(function, payload).await;
                invoked.err().map(|error| error.to_string())
            }
            Step::Keep(_) | Step::Skipped => Some("not to be sent".to_owned()),
        });
    }
    outcomes
}

/// What a call says of each of its entries, of which there must be some. What it says of all of them it
/// says of each.
async fn entries(count: usize, call: impl Future<Output = Result<Entries, AwsError>>) -> Entries {
    if count == 0 {
        return Entries::new();
    }
    match call.await {
        Ok(entries) => entries,
        Err(error) => vec![Some(error.to_string()); count],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redrive::{message::Message, read::read};

    fn held(step: Step) -> Held {
        Held {
            letter: read(&Message::default()),
            receipt: Receipt::default(),
            step,
        }
    }

    #[test]
    fn a_call_takes_so_many_and_so_much() {
        let queue = |bytes: usize| {
            held(Step::Queue {
                body: "x".repeat(bytes),
            })
        };
        let invoke = || {
            held(Step::Invoke {
                function: String::new(),
                payload: String::new(),
            })
        };
        let sizes = |all: &[Held]| -> Vec<usize> { batches(all).iter().map(Vec::len).collect() };
        let small: Vec<Held> = (0..23).map(|_| queue(1_000)).collect();
        assert_eq!(sizes(&small), [10, 10, 3]);
        let half = BATCH_BYTES / 2;
        assert_eq!(sizes(&[half, half, half].map(queue)), [2, 1]);
        assert_eq!(sizes(&[half, half + 1, half, 1].map(queue)), [1, 1, 2]);
        assert_eq!(sizes(&[1, BATCH_BYTES * 3, 1].map(queue)), [1, 1, 1]);
        let mixed = [
            queue(1),
            held(Step::Skipped),
            invoke(),
            held(Step::Keep(String::new())),
            queue(1),
            invoke(),
        ];
        assert_eq!(batches(&mixed), [vec![0, 4], vec![2, 5]]);
        assert!(batches(&[]).is_empty());
    }
}
