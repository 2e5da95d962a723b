//! Takes dead letters out of their queue for as long as a run lasts, and gives them back; reads those in the bucket.

use std::{collections::BTreeMap, future::Future};

use tokio::task::JoinSet;

use super::{
    Message, Receipt,
    ports::{BATCH, Ports},
};
use crate::aws::AwsError;

/// How many calls are under way at once.
const AT_ONCE: usize = 8;
/// The most that one run takes. SQS hides 120,000 messages of a queue at once, and a run has to be over
/// before it shows them again.
const MOST: usize = 10_000;

/// What was taken, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) messages: Vec<Message>,
    /// Whether there are more than one run takes.
    pub(crate) more: bool,
    /// Why the records of failed events could not be read, if so.
    pub(crate) unread: Option<AwsError>,
}

/// Takes every dead letter there is. `progress` is called with how many of roughly how many it has.
///
/// A message that comes twice is taken once. Where one call fails, everything is given back.
pub(crate) async fn take<P: Ports>(
    ports: &P,
    mut progress: impl FnMut(usize, usize),
) -> Result<Taken, AwsError> {
    let expected = ports.count().await?;
    let mut taken: BTreeMap<String, Message> = BTreeMap::new();
    let (mut failed, mut unread) = (None, None);
    let mut in_vain = 0;
    while failed.is_none() && in_vain < 2 && taken.len() < MOST && !ports.is_stopped() {
        let before = taken.len();
        let calls = (0..AT_ONCE).map(|_| {
            let ports = ports.clone();
            async move { ports.receive().await }
        });
        each_of(calls, |answer| match answer {
            // The later receipt counts.
            Ok(messages) => taken.extend(messages.into_iter().map(|it| (it.id.clone(), it))),
            Err(error) => failed = Some(error),
        })
        .await;
        if taken.len() == before {
            // The number is rough: alone it proves nothing.
            in_vain += if before >= expected { 2 } else { 1 };
        } else {
            in_vain = 0;
            progress(taken.len(), expected.max(taken.len()));
        }
    }
    let most = MOST.saturating_sub(taken.len());
    if failed.is_none() && !ports.is_stopped() {
        // What can be read does not wait for what cannot.
        match records(ports, most).await {
            Ok((records, failed)) => {
                taken.extend(records);
                unread = failed;
            }
            Err(error) => unread = Some(error),
        }
        progress(taken.len(), expected.max(taken.len()));
    }
    let more = taken.len() >= MOST;
    let mut messages: Vec<Message> = taken.into_values().collect();
    messages.sort_by(|a, b| (a.since(), &a.id).cmp(&(b.since(), &b.id)));
    if let Some(error) = failed {
        let receipts = messages.into_iter().map(|it| it.receipt).collect();
        give_back(ports, receipts).await;
        return Err(error);
    }
    Ok(Taken {
        messages,
        more,
        unread,
    })
}

/// Reads the records of failed events. One that is gone is in other hands.
///
/// Each by its whole key; and why some of them could not be read, if so.
async fn records<P: Ports>(
    ports: &P,
    most: usize,
) -> Result<(Vec<(String, Message)>, Option<AwsError>), AwsError> {
    let found = ports.records(most).await?;
    let mut records = Vec::with_capacity(found.len());
    let mut failed = None;
    let calls = found.into_iter().map(|(key, at)| {
        let ports = ports.clone();
        async move { (ports.record(&key).await, key, at) }
    });
    each_of(calls, |(record, key, at)| match record {
        Ok(Some(body)) => records.push((
            key.clone(),
            Message {
                id: key.rsplit('/').next().unwrap_or_default().to_owned(),
                body,
                sent: at,
                receipt: Receipt::Object(key),
                ..Message::default()
            },
        )),
        Ok(None) => {}
        Err(error) => failed = Some(error),
    })
    .await;
    Ok((records, failed))
}

/// Shows dead letters again; returns how many could not be. Those come back on their own. Records in the bucket were
/// never hidden.
pub(crate) async fn give_back<P: Ports>(ports: &P, receipts: Vec<Receipt>) -> usize {
    let mut left = 0;
    let receipts: Vec<String> = receipts
        .into_iter()
        .filter_map(|it| match it {
            Receipt::Message(receipt) => Some(receipt),
            Receipt::Object(_) => None,
        })
        .collect();
    let calls = receipts.chunks(BATCH).map(|batch| {
        let (ports, batch) = (ports.clone(), batch.to_vec());
        async move {
            match ports.give_back(&batch).await {
                Ok(entries) => entries.into_iter().flatten().count(),
                Err(_) => batch.len(),
            }
        }
    });
    each_of(calls, |count| left += count).await;
    left
}

/// Does some things at once, and hands on what each comes to. A next one begins only when there is room
/// for it.
pub(super) async fn each_of<F>(futures: impl Iterator<Item = F>, mut hand_on: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut running = JoinSet::new();
    for future in futures {
        if running.len() >= AT_ONCE
            && let Some(Ok(done)) = running.join_next().await
        {
            hand_on(done);
        }
        running.spawn(future);
    }
    while let Some(done) = running.join_next().await {
        if let Ok(done) = done {
            hand_on(done);
        }
    }
}
