//! Investigations whose end is not known: events can be lost. Nothing is ever sent again because of its age.

use std::{collections::BTreeMap, time::Duration};

use contract::IncidentId;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{
    Agent, Clock, Follow, Outcome, Patience, ResultError, Store, Task, publish::is_wanted,
};
use crate::ledger::{Investigation, Item, Key, Status, Versioned};

/// How old a task is before it is asked for.
const AFTER: SignedDuration = SignedDuration::from_hours(2);
/// How old a task is before its plan is asked for: writing one takes two to five minutes.
const AFTER_PLAN: SignedDuration = SignedDuration::from_mins(10);
/// How old it may be. The agent ends what it does not finish long before.
const BEFORE: SignedDuration = SignedDuration::from_hours(50);
/// Pages that are listed at most: a thousand tasks.
const PAGES: usize = 10;
/// Tasks whose items are read at once: two items each, and DynamoDB reads a hundred.
const BATCH: usize = 50;

/// What a ledger's items are, as they were read.
type Items = BTreeMap<Key, Option<Versioned<Item>>>;

impl<A: Agent, S: Store, C: Clock> Follow<'_, A, S, C> {
    /// Asks for every task of ours that is over two hours old and has no end in the ledger, one of which something is
    /// still to be read, or one that is still to be published, and for each whose plan is awaited, until `deadline`. `act`
    /// is handed the ID of each and what
    /// it came to, before the next is asked for. Returns how many were asked for.
    ///
    /// # Errors
    ///
    /// When the tasks cannot be listed, or the ledger cannot be read. What one of them comes to says so by itself.
    pub async fn overdue(
        &self,
        deadline: Timestamp,
        mut act: impl AsyncFnMut(&str, Result<Outcome, ResultError>),
    ) -> Result<usize, ResultError> {
        let now = self.clock.now();
        let since = now.saturating_sub(BEFORE).unwrap_or(Timestamp::MIN);
        let by = now.saturating_sub(AFTER).unwrap_or(Timestamp::MIN);
        let until = match self.settings.mitigation {
            Some(_) => now.saturating_sub(AFTER_PLAN).unwrap_or(Timestamp::MIN),
            None => by,
        };
        let once = Follow {
            patience: Patience::NONE,
            ..*self
        };
        let mut asked = 0;
        let mut token = None;
        for _ in 0..PAGES {
            let page = self.agent.tasks(since..until, token.as_deref()).await;
            let page = page.map_err(ResultError::Agent)?;
            let old = page.items.iter().filter_map(|it| {
                let task = Task::read(it, now).filter(|it| it.created <= until)?;
                let incident = IncidentId::try_from(task.reference.clone()?).ok()?;
                Some((it, task, incident))
            });
            let old: Vec<(&Json, Task, IncidentId)> = old.collect();
            for batch in old.chunks(BATCH) {
                for (json, task) in self.unfinished(batch, by).await? {
                    if self.clock.now() >= deadline {
                        return Ok(asked);
                    }
                    act(&task.id, once.read(json).await).await;
                    asked += 1;
                }
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(asked)
    }

    /// Those of these tasks that are ours and not done with: by the ledger their plan is awaited; or they were made by
    /// then and have no end, something of them is still to be read, or to be published.
    async fn unfinished<'t>(
        &self,
        batch: &'t [(&'t Json, Task, IncidentId)],
        by: Timestamp,
    ) -> Result<Vec<(&'t Json, &'t Task)>, ResultError> {
        let keys = batch
            .iter()
            .flat_map(|(_, _, it)| [Key::identity(it), Key::investigation(it)]);
        let read = self.all(keys.collect()).await?;
        // A report below the priority from which results are published is not asked for because of that.
        let unpublished = batch.iter().filter_map(|(_, _, incident)| {
            let known = known(&read, incident)?;
            (!is_unfinished(known) && self.is_unpublished(known))
                .then(|| window(&read, incident))?
        });
        let windows = self.all(unpublished.cloned().collect()).await?;
        let is_wanted = |incident: &IncidentId| match window(&read, incident) {
            Some(key) => match (item(&windows, key), &self.settings.notices) {
                (Some(Item::Window(window)), Some(notices)) => is_wanted(window, notices),
                _ => true,
            },
            None => true,
        };
        let is_asked = |incident: &IncidentId, task: &Task| match known(&read, incident) {
            Some(known) => {
                let is_published = || !self.is_unpublished(known) || !is_wanted(incident);
                let is_open = || is_unfinished(known) || !is_published();
                known.task == task.id && (known.awaits_plan() || (task.created <= by && is_open()))
            }
            None => task.created <= by,
        };
        let ours = batch.iter().filter(|(_, task, incident)| {
            read.contains_key(&Key::identity(incident)) && is_asked(incident, task)
        });
        Ok(ours.map(|(json, task, _)| (*json, task)).collect())
    }

    /// Whether an end may still have to be published: the topic may have been away.
    fn is_unpublished(&self, it: &Investigation) -> bool {
        let is_sent = it.notice.as_ref().is_some_and(|it| it.sent);
        self.settings.notices.is_some() && it.status != Status::Linked && !is_sent
    }

    /// Reads these, each once.
    async fn all(&self, mut keys: Vec<Key>) -> Result<Items, ResultError> {
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(Items::new());
        }
        self.store.read(&keys).await.map_err(ResultError::Ledger)
    }
}

/// Whether it has no end, or something of it is still to be read.
fn is_unfinished(it: &Investigation) -> bool {
    !it.status.is_end() || it.lacks_details()
}

fn item<'i>(items: &'i Items, key: &Key) -> Option<&'i Item> {
    Some(&items.get(key)?.as_ref()?.item)
}

fn known<'i>(items: &'i Items, incident: &IncidentId) -> Option<&'i Investigation> {
    match item(items, &Key::investigation(incident))? {
        Item::Investigation(it) => Some(it),
        _ => None,
    }
}

/// The window that counts an incident.
fn window<'i>(items: &'i Items, incident: &IncidentId) -> Option<&'i Key> {
    match item(items, &Key::identity(incident))? {
        Item::Identity(it) => it.window.as_ref(),
        _ => None,
    }
}

/// How long asking may take, of the three minutes that an invocation has.
pub(super) const ASKING: Duration = Duration::from_mins(2);
