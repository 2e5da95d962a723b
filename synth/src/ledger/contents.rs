//! What the items of the table say.

use std::collections::BTreeMap;

use contract::{DeliverySettings, IncidentId, Limits};
use jiff::Timestamp;
use runtime::ledger::{
    Day, Hour, Identity, Investigation, Item, Key, Pending, Plan, Spending, Spent, State, Window,
    plan,
};

/// How many windows are merged one into the other at most.
const MERGES: usize = 8;

/// What is in the ledger.
#[derive(Debug, Default)]
pub struct Contents {
    /// What was sent or will be, by key.
    pub(crate) windows: BTreeMap<Key, Window>,
    /// Where incidents were recorded, by the key of their identity.
    pub(super) identities: BTreeMap<Key, Identity>,
    /// What the agent did about reports, by the ID that each was sent under.
    pub(crate) investigations: BTreeMap<IncidentId, Investigation>,
    /// What was used of the budget today.
    pub(super) day: Day,
    /// What investigations have cost this month.
    pub(super) spending: Spending,
    /// Items that cannot be read: another version wrote them.
    pub(crate) unreadable: usize,
}

impl Contents {
    /// Reads the items of the table.
    pub fn read(items: impl IntoIterator<Item = (Key, Option<Item>)>, now: Timestamp) -> Self {
        let hour = Hour::of(now);
        let today = Key::day(hour.day());
        let month = Spending::key(now);
        let mut contents = Self {
            day: Day::new(hour),
            ..Self::default()
        };
        for (key, item) in items {
            match item {
                Some(Item::Window(window)) => {
                    contents.windows.insert(key, *window);
                }
                Some(Item::Identity(identity)) => {
                    contents.identities.insert(key, identity);
                }
                Some(Item::Investigation(it)) => {
                    contents.investigations.insert(it.incident.clone(), *it);
                }
                Some(Item::Day(day)) if key == today => contents.day = day,
                Some(Item::Spending(it)) if key == month => contents.spending = it,
                Some(_) => {}
                None => contents.unreadable += 1,
            }
        }
        contents
    }

    /// What delivery would do now.
    pub fn plan(&self, settings: &DeliverySettings, now: Timestamp) -> Plan {
        let pending = self.windows.values().filter(|it| it.is_pending());
        let settings = DeliverySettings {
            limits: self.limits(&settings.limits, now),
            ..settings.clone()
        };
        plan(
            pending.map(Pending::of).collect(),
            &self.day,
            &settings,
            now,
        )
    }

    /// What was spent until now.
    pub(super) fn spent(&self, now: Timestamp) -> Spent {
        self.spending.until(now)
    }

    /// The limits that hold after what was spent.
    pub(super) fn limits(&self, limits: &Limits, now: Timestamp) -> Limits {
        self.spent(now).bounds(limits, &self.day)
    }

    /// What the agent did about reports.
    pub fn investigations(&self) -> impl Iterator<Item = &Investigation> {
        self.investigations.values()
    }

    /// What was used of the budget today.
    pub fn day(&self) -> &Day {
        &self.day
    }

    /// Whether an incident was recorded.
    pub fn is_recorded(&self, incident: &IncidentId) -> bool {
        self.identities.contains_key(&Key::identity(incident))
    }

    /// The window that an incident is sent with, however often windows were merged; nothing where it was sent
    /// alone or is not known.
    pub fn window_of(&self, incident: &IncidentId) -> Option<&Window> {
        let identity = self.identities.get(&Key::identity(incident))?;
        self.merged(identity.window.as_ref()?)
    }

    /// The reports that the agent has: the ID of each, when it was sent, and its window.
    pub(super) fn reports(&self) -> impl Iterator<Item = (&IncidentId, (Timestamp, &Window))> {
        self.windows.values().filter_map(|it| match &it.state {
            State::Sent { at, id } => Some((id, (*at, it))),
            _ => None,
        })
    }

    /// The window of this key, or the one that it was merged into in the end.
    pub(super) fn merged(&self, key: &Key) -> Option<&Window> {
        let mut window = self.windows.get(key)?;
        for _ in 0..MERGES {
            match window.merged_into() {
                Some(into) => window = self.windows.get(into)?,
                None => break,
            }
        }
        Some(window)
    }
}
