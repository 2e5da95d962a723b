//! Telling people how an investigation ended, once.

use std::time::Duration;

use contract::{AgentSettings, NoticeSettings};
use jiff::{SignedDuration, Timestamp};

use super::{Clock, People, Places, ResultError, Store, follow::lacks_summary, message};
use crate::ledger::{Investigation, Item, Key, Notice, Put, Status, Versioned, Window, later};

/// How long a notice is another invocation's that does not say that it is sent: as long as one of those lasts at most.
/// Lambda tries again later than that.
const CLAIM: Duration = Duration::from_mins(1);
/// When people hear of an end whose summary stays away.
const WITHOUT_SUMMARY: SignedDuration = SignedDuration::from_hours(1);
/// How often a write is tried anew because somebody else has written.
const TRIES: u32 = 8;

/// What tells people.
#[derive(Debug)]
pub struct Tell<'a, S, C, P> {
    /// The ledger.
    pub store: &'a S,
    /// Time.
    pub clock: &'a C,
    /// The topic.
    pub people: &'a P,
    /// Which agent it is.
    pub settings: &'a AgentSettings,
    /// What people hear of.
    pub notices: &'a NoticeSettings,
    /// The region of the agent space.
    pub region: &'a str,
}

impl<S: Store, C: Clock, P: People> Tell<'_, S, C, P> {
    /// Tells people of an investigation, if it has ended, they want to hear of it and have not yet; says whether it did.
    ///
    /// # Errors
    ///
    /// When the ledger or the topic cannot be used. Lambda tries again.
    pub async fn tell(&self, known: &Investigation) -> Result<bool, ResultError> {
        if !self.is_due(known) {
            return Ok(false);
        }
        let window = self.window(known).await?;
        let priority = window.as_ref().map(Window::priority);
        if priority.is_some_and(|it| it > self.notices.from) {
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
        let places = Places {
            account: &self.notices.account,
            space: &self.settings.space,
            region: self.region,
        };
        let message = message(&claimed, window.as_ref(), places, self.notices.chat);
        let sent = self.people.publish(&message).await;
        let is_ours = |it: &Investigation| it.notice.as_ref() == Some(&claim);
        let after = sent.is_ok().then(|| Notice {
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
            since >= WITHOUT_SUMMARY
        };
        it.status.is_end()
            && it.status != Status::Linked
            && it.notice.as_ref().is_none_or(|it| !it.sent)
            && (!lacks_summary(it) || it.ended.is_some_and(is_old))
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
