//! Publishes how an investigation ended, once.

use std::time::Duration;

use contract::{AgentSpace, NoticeSettings};
use jiff::{SignedDuration, Timestamp};

use super::{Clock, Origin, Publisher, ResultError, Store, message};
use crate::ledger::{Investigation, Item, Key, Notice, Put, Status, Versioned, Window, later};

/// How long a notice is another invocation's that does not say that it is sent: as long as one of those lasts at most.
/// What a killed one has left, the hourly run publishes.
const CLAIM: Duration = Duration::from_mins(3);
/// When an end is published of which not everything can be read.
const WITHOUT_DETAILS: SignedDuration = SignedDuration::from_hours(1);
/// How often a write is tried anew because somebody else has written.
const TRIES: u32 = 8;

/// What publishes results.
#[derive(Debug)]
pub struct Publish<'a, S, C, P> {
    /// The ledger.
    pub store: &'a S,
    /// Time.
    pub clock: &'a C,
    /// The topic.
    pub topic: &'a P,
    /// What is published.
    pub notices: &'a NoticeSettings,
    /// The agent space.
    pub space: &'a AgentSpace,
}

/// Whether a report is urgent enough for its result to be published.
pub(super) fn is_wanted(window: &Window, notices: &NoticeSettings) -> bool {
    window.priority() <= notices.from
}

impl<S: Store, C: Clock, P: Publisher> Publish<'_, S, C, P> {
    /// Publishes an investigation that has ended, if it is urgent enough and was not published before. Returns whether it
    /// did.
    ///
    /// # Errors
    ///
    /// When the ledger or the topic cannot be used. Lambda tries again.
    pub async fn publish(&self, known: &Investigation) -> Result<bool, ResultError> {
        if !self.is_due(known) {
            return Ok(false);
        }
        let window = self.window(known).await?;
        if window
            .as_ref()
            .is_some_and(|it| !is_wanted(it, self.notices))
        {
            return Ok(false);
        }
        let now = self.clock.now();
        let claim = Notice {
            sent: false,
            since: now,
        };
        let is_free = |it: &Investigation| {
            let notice = it.notice.as_ref();
            notice.is_none_or(|it| !it.sent && later(it.since, CLAIM) <= now)
        };
        let Some(claimed) = self.note(known, is_free, Some(claim.clone())).await? else {
            return Ok(false);
        };
        let origin = Origin {
            account: &self.notices.account,
            space: self.space,
        };
        let message = message(&claimed, window.as_ref(), origin, self.notices.chat);
        let sent = self.topic.publish(&message).await;
        let is_ours = |it: &Investigation| it.notice.as_ref() == Some(&claim);
        let after = sent.is_ok().then_some(Notice {
            sent: true,
            since: now,
        });
        self.note(known, is_ours, after).await?;
        sent.map_err(ResultError::Topic)?;
        Ok(true)
    }

    fn is_due(&self, it: &Investigation) -> bool {
        let is_old = |ended: Timestamp| {
            let since = self.clock.now().duration_since(ended);
            since >= WITHOUT_DETAILS
        };
        it.status.is_end()
            && it.status != Status::Linked
            && it.notice.as_ref().is_none_or(|it| !it.sent)
            && (!it.lacks_details() || it.ended.is_some_and(is_old))
    }

    /// Writes a notice if the investigation is like this then; returns it as it is then.
    async fn note(
        &self,
        known: &Investigation,
        holds: impl Fn(&Investigation) -> bool,
        notice: Option<Notice>,
    ) -> Result<Option<Investigation>, ResultError> {
        let key = Key::investigation(&known.incident);
        for attempt in 1..=TRIES {
            let read = self.store.read(std::slice::from_ref(&key)).await;
            let read = read.map_err(ResultError::Ledger)?.remove(&key).flatten();
            let Some(Versioned {
                item: Item::Investigation(mut it),
                version,
            }) = read
            else {
                return Ok(None);
            };
            if !holds(&it) {
                return Ok(None);
            }
            it.notice.clone_from(&notice);
            let put = Put {
                key: key.clone(),
                after: Some(version),
                item: Item::Investigation(it.clone()),
            };
            let written = self.store.write(std::slice::from_ref(&put)).await;
            if written.map_err(ResultError::Ledger)? {
                return Ok(Some(*it));
            }
            self.clock.sleep(Duration::from_millis(50) * attempt).await;
        }
        Err(ResultError::Busy)
    }

    /// The window whose report it is about; nothing where that was sent while the ledger was away, or is gone.
    async fn window(&self, known: &Investigation) -> Result<Option<Window>, ResultError> {
        let item = async |key: Key| {
            let read = self.store.read(std::slice::from_ref(&key)).await;
            let read = read.map_err(ResultError::Ledger)?.remove(&key).flatten();
            Ok::<_, ResultError>(read.map(|it| it.item))
        };
        let window = match item(Key::identity(&known.incident)).await? {
            Some(Item::Identity(identity)) => identity.window,
            _ => None,
        };
        let Some(window) = window else {
            return Ok(None);
        };
        Ok(match item(window).await? {
            Some(Item::Window(window)) => Some(*window),
            _ => None,
        })
    }
}
