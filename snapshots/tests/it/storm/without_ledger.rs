//! Without the ledger what is urgent is sent by itself, as far as a part of the budget allows, and everything
//! else waits.

use super::{budget::limited, *};

fn night(hours: i64) -> Night {
    let mut night = limited(6, 24, Night::storm(60, 6, 200, 7));
    night.away = (0, hours * 3_600);
    night.hours = hours + 48;
    let priorities = [
        Priority::High,
        Priority::Low,
        Priority::Medium,
        Priority::High,
        Priority::Minimal,
        Priority::Critical,
        Priority::High,
    ];
    for (it, priority) in night
        .happenings
        .iter_mut()
        .zip(priorities.into_iter().cycle())
    {
        it.priority = priority;
    }
    night
}

/// What was sent while the ledger was away.
fn sent_alone<'a>(night: &Night, aftermath: &'a Aftermath) -> Vec<&'a Json> {
    let back = SignedDuration::from_secs(night.away.1);
    let back = night.begin.checked_add(back).unwrap();
    let meanwhile = aftermath.taken.iter().filter(|(at, _)| *at < back);
    meanwhile.map(|(_, body)| body).collect()
}

fn is_urgent(body: &Json) -> bool {
    body["priority"] == "CRITICAL" || body["priority"] == "HIGH"
}

/// Each of the two environments has a sixth of a day's 24. When the ledger is back the rest is sent, and nothing
/// once more.
#[test]
fn without_a_ledger_urgent_incidents_are_sent_alone_and_all_others_later() {
    let night = night(2);
    let aftermath = night.play_and_account_for_everything();
    let alone = sent_alone(&night, &aftermath);
    assert_eq!(alone.len(), 8);
    let ids: BTreeSet<&str> = alone
        .iter()
        .map(|it| it["incidentId"].as_str().unwrap())
        .collect();
    let own: BTreeSet<String> = night.events().into_iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 8, "one is sent by both");
    assert!(ids.iter().all(|it| own.contains(*it)), "{ids:?}");
    assert!(alone.iter().all(|it| is_urgent(it)));
    assert_eq!(aftermath.sent_again(), Vec::<&String>::new());
}

/// Environments that take the place of others begin anew: nothing is lost all the same.
#[test]
fn nothing_is_lost_while_the_ledger_is_away_for_a_day() {
    let night = night(24);
    let aftermath = night.play_and_account_for_everything();
    let alone = sent_alone(&night, &aftermath);
    assert!(alone.iter().all(|it| is_urgent(it)));
    // Two environments, of which each is replaced after four hours.
    assert!((8..=4 * 2 * 7).contains(&alone.len()), "{}", alone.len());
}
