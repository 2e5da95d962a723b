//! The ledger's table, as DynamoDB keeps it: writes that follow another than was read fail.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use runtime::{
    deliver::Saved,
    ledger::{Place, Tally, Window},
};

/// The table.
#[derive(Default)]
pub(crate) struct Ledger {
    windows: RefCell<BTreeMap<Place, Window>>,
    days: RefCell<BTreeMap<i64, Day>>,
    pub(crate) reads: Cell<usize>,
    pub(crate) writes: Cell<usize>,
}

/// What was used in a day.
#[derive(Clone, Debug, Default)]
pub(crate) struct Day {
    pub(crate) used: i64,
    pub(crate) hours: BTreeMap<i64, i64>,
}

impl Ledger {
    pub(crate) fn latest(&self, group: &str) -> Option<Window> {
        self.reads.set(self.reads.get() + 1);
        let place = |number| Place {
            group: group.to_owned(),
            number,
        };
        let windows = self.windows.borrow();
        let of_group = windows.range(place(0)..=place(u64::MAX));
        of_group.last().map(|(_, it)| it.clone())
    }

    pub(crate) fn window(&self, place: &Place) -> Option<Window> {
        self.reads.set(self.reads.get() + 1);
        self.windows.borrow().get(place).cloned()
    }

    pub(crate) fn save(&self, windows: &[&Window], tallies: &[Tally]) -> Saved {
        self.writes.set(self.writes.get() + 1);
        let mut stored = self.windows.borrow_mut();
        let version = |it: &Window| stored.get(&it.place).map_or(0, |stored| stored.version);
        if windows.iter().any(|it| version(it) != it.version) {
            return Saved::Changed;
        }
        let mut days = self.days.borrow_mut();
        for tally in tallies {
            let day = days.get(&tally.day).cloned().unwrap_or_default();
            if let Some((hour, limits)) = tally.room {
                let used = day.hours.get(&hour).copied().unwrap_or_default();
                let per_day = i64::from(limits.per_day) + 1 - tally.by;
                if day.used >= per_day || used >= i64::from(limits.per_hour) {
                    let used_in_day = u32::try_from(day.used).unwrap();
                    return Saved::NoRoom { used_in_day };
                }
            }
        }
        for tally in tallies {
            let day = days.entry(tally.day).or_default();
            day.used += tally.by;
            for (hour, by) in &tally.hours {
                *day.hours.entry(*hour).or_default() += by;
            }
        }
        for window in windows {
            let mut window = (*window).clone();
            window.version += 1;
            stored.insert(window.place.clone(), window);
        }
        Saved::Done
    }

    /// What was used, by day.
    pub(crate) fn days(&self) -> BTreeMap<i64, Day> {
        self.days.borrow().clone()
    }
}
