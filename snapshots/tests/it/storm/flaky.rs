//! A call to the ledger that fails concerns what it is about, and an item that cannot be read its own group.

use contract::Envelope;
use runtime::ledger::Key;

use super::{budget::limited, *};

/// Two days of storms, in which one of twenty calls to the ledger fails.
fn two_days(seed: u64) -> Night {
    let mut night = limited(6, 24, Night::default());
    for hour in 0..44 {
        let mut storm = Night::storm(30, 10, 50, seed * 100 + hour).happenings;
        for it in &mut storm {
            it.name = format!("{}-{hour}", it.name);
            it.at += SignedDuration::from_hours(i64::try_from(hour).unwrap());
        }
        night.happenings.extend(storm);
    }
    Night {
        flaky: 20,
        hours: 100,
        seed,
        ..night
    }
}

/// How many reports there are on a day at most where the budget allows 24, counting what is repeated.
pub(super) fn reports_a_day() -> usize {
    let reports = |seed| {
        let aftermath = two_days(seed).play_and_account_for_everything();
        let mut days: BTreeMap<i64, usize> = BTreeMap::new();
        for (at, _) in &aftermath.taken {
            *days.entry(at.as_second() / 86_400).or_default() += 1;
        }
        days.into_values().max().unwrap()
    };
    (0..10).map(reports).max().unwrap()
}

#[test]
fn a_day_goes_over_its_budget_by_one_in_ten_at_most_where_calls_fail() {
    let reports = reports_a_day();
    assert!(reports <= 26, "{reports}");
}

/// Everybody else's incidents are sent in time; those of the group when its items can be read again.
#[test]
fn what_cannot_be_read_concerns_its_own_group() {
    let night = Night::storm(40, 10, 50, 7);
    let events = night.events();
    let envelope = Envelope::parse(&events[0].body).unwrap();
    let of_group = Key::head(&envelope.group().key).group;
    let of_incident = Key::identity(&envelope.identity()).group;
    for unreadable in [of_group, of_incident] {
        let is_mended = MINUTE * 90;
        let (group, is_readable) = (unreadable.clone(), |shared: &Shared| {
            shared.unreadable.borrow_mut().clear();
        });
        let is_not = move |shared: &Shared| {
            shared.unreadable.borrow_mut().insert(group.clone());
        };
        let night = Night {
            acts: vec![
                (SignedDuration::ZERO, Box::new(is_not)),
                (is_mended, Box::new(is_readable)),
            ],
            ..Night::storm(40, 10, 50, 7)
        };
        let aftermath = night.play_and_account_for_everything();
        let is_group = unreadable.starts_with("group#");
        let is_concerned = |number: usize| number == 0 || (is_group && number.is_multiple_of(10));
        let mut first: BTreeMap<usize, (SignedDuration, Timestamp)> = BTreeMap::new();
        for (number, it) in events.iter().enumerate() {
            let sent = aftermath.sent(&it.id);
            if is_concerned(number) {
                let waited = sent.duration_since(night.begin);
                assert!(waited > is_mended, "{unreadable} is read: {waited}");
            } else {
                let group = first.entry(number % 10).or_insert((it.at, sent));
                *group = (*group).min((it.at, sent));
            }
        }
        for (at, sent) in first.into_values() {
            let waited = sent.duration_since(night.begin) - at;
            assert!(waited < MINUTE, "{unreadable} is waited for: {waited}");
        }
    }
}
