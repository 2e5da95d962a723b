//! Investigations whose end was not heard of: events can be lost. Nothing is ever sent again because of its age.

use std::time::Duration;

use contract::IncidentId;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{Agent, Clock, Follow, Outcome, Patience, ResultError, Store, Task, follow};
use crate::ledger::{Item, Key};

/// How old a task is before it is asked for.
const AFTER: SignedDuration = SignedDuration::from_hours(2);
/// How old it may be. The agent ends what it does not finish long before.
const BEFORE: SignedDuration = SignedDuration::from_hours(50);
/// Pages that are listed at most: a thousand tasks.
const PAGES: usize = 10;
/// Tasks whose items are read at once: two items each, and DynamoDB reads a hundred.
const BATCH: usize = 50;

/// What came of the tasks that were asked for.
pub type Asked = Vec<(String, Result<Outcome, ResultError>)>;

impl<A: Agent, S: Store, C: Clock> Follow<'_, A, S, C> {
    /// Asks for every task of ours that is over two hours old and has no end in the ledger, until `deadline`.
    ///
    /// # Errors
    ///
    /// When the tasks cannot be listed. What one of them comes to says so by itself.
    pub async fn overdue(&self, deadline: Timestamp) -> Result<Asked, ResultError> {
        let now = self.clock.now();
        let since = now.saturating_sub(BEFORE).unwrap_or(Timestamp::MIN);
        let by = now.saturating_sub(AFTER).unwrap_or(Timestamp::MIN);
        let once = Follow {
            patience: Patience::NONE,
            ..*self
        };
        let mut asked = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let page = self.agent.tasks(since, token.as_deref()).await;
            let page = page.map_err(ResultError::Agent)?;
            let old = page.items.iter().filter_map(|it| {
                let task = Task::read(it, now).filter(|it| it.created <= by)?;
                let incident = IncidentId::try_from(task.reference.clone()?).ok()?;
                Some((it, task, incident))
            });
            let old: Vec<(&Json, Task, IncidentId)> = old.collect();
            for batch in old.chunks(BATCH) {
                for (json, task) in self.without_end(batch).await? {
                    if self.clock.now() >= deadline {
                        return Ok(asked);
                    }
                    asked.push((task.id.clone(), once.read(json).await));
                }
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(asked)
    }

    /// Those of these tasks that are ours and have no end in the ledger.
    async fn without_end<'t>(
        &self,
        batch: &'t [(&'t Json, Task, IncidentId)],
    ) -> Result<Vec<(&'t Json, &'t Task)>, ResultError> {
        let keys = batch
            .iter()
            .flat_map(|(_, _, it)| [Key::identity(it), Key::investigation(it)]);
        let mut keys: Vec<Key> = keys.collect();
        keys.sort();
        keys.dedup();
        let read = self.store.read(&keys).await.map_err(ResultError::Ledger)?;
        let has_end = |incident: &IncidentId, task: &Task| {
            let item = read.get(&Key::investigation(incident));
            match item.and_then(Option::as_ref).map(|it| &it.item) {
                Some(Item::Investigation(it)) => {
                    it.task != task.id || (it.status.is_end() && !follow::lacks_summary(it))
                }
                _ => false,
            }
        };
        let ours = batch.iter().filter(|(_, task, incident)| {
            read.contains_key(&Key::identity(incident)) && !has_end(incident, task)
        });
        Ok(ours.map(|(json, task, _)| (*json, task)).collect())
    }
}

/// How long asking may take, of the time that an invocation has.
pub(super) const ASKING: Duration = Duration::from_secs(40);
