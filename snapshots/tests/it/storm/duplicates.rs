//! What comes again is known again: late, after the ledger was away, and after some of its items are gone.

use contract::Envelope;
use runtime::ledger::Item;

use super::{budget::limited, *};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn storm() -> Night {
    limited(20, 100, Night::storm(60, 12, 50, 7))
}

/// The same messages later.
fn again(events: &[Event], later: SignedDuration, redriven: bool) -> Vec<Event> {
    let again = |it: &Event| {
        let mut envelope = Envelope::parse(&it.body).unwrap();
        envelope.redriven = redriven;
        Event {
            name: it.name.clone(),
            id: it.id.clone(),
            body: envelope.to_body(),
            at: it.at + later,
        }
    };
    events.iter().map(again).collect()
}

/// How many IDs, and places in the budget, there are more than without duplicates.
pub(super) fn more_than_without_late_duplicates() -> (usize, u32) {
    let ids = |it: &Aftermath| {
        let ids = it.taken.iter().map(|(_, it)| it["incidentId"].as_str());
        ids.map(|it| it.unwrap().to_owned())
            .collect::<BTreeSet<String>>()
    };
    let used = |it: &Aftermath| it.used.iter().sum::<u32>();
    let night = Night {
        hours: 21 * 24,
        ..storm()
    };
    let mut events = night.events();
    let once = night.play_and_account_for(&events);
    let late = [
        (MINUTE + SignedDuration::from_secs(1), false),
        (MINUTE * 3, false),
        (MINUTE * 30, false),
        (HOUR * 24 * 3, true),
        (HOUR * 24 * 20, true),
    ];
    let copies = late.map(|(later, redriven)| again(&events, later, redriven));
    events.extend(copies.into_iter().flatten());
    let twice = night.play_and_account_for(&events);
    assert_eq!(
        twice.taken.len(),
        ids(&twice).len(),
        "a report was repeated"
    );
    let more = twice.taken.len().abs_diff(once.taken.len());
    (more, used(&twice).abs_diff(used(&once)))
}

#[test]
fn a_late_duplicate_is_no_new_incident_and_takes_no_place() {
    assert_eq!(more_than_without_late_duplicates(), (0, 0));
}

/// How many incidents are counted, by reports that the agent has, beyond those that happened.
fn counted_again(aftermath: &Aftermath, incidents: usize) -> usize {
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, body) in &aftermath.taken {
        counted.insert(body["incidentId"].as_str().unwrap(), members(body));
    }
    let counted = usize::try_from(counted.values().sum::<u64>()).unwrap();
    assert!(counted >= incidents, "{counted} of {incidents}");
    counted - incidents
}

/// Incidents that are sent, and then the ledger is away for an hour, in which they come again and others
/// come; and once more later.
pub(super) fn counted_again_after_the_ledger_was_away() -> usize {
    let counted = |seed| {
        let mut night = Night {
            away: (3_600, 7_200),
            hours: 10,
            seed,
            ..storm()
        };
        let mut others = Night::storm(60, 12, 50, seed + 100).happenings;
        for it in &mut others {
            it.name = format!("other-{}", it.name);
            it.at = HOUR - MINUTE * 2 + it.at * 50;
        }
        let first = night.events();
        night.happenings.extend(others);
        let mut events = night.events();
        let incidents = events.len();
        events.extend(again(&first, MINUTE * 90, false));
        events.extend(again(&first, HOUR * 4, false));
        counted_again(&night.play_and_account_for(&events), incidents)
    };
    (0..10).map(counted).sum()
}

#[test]
fn what_was_sent_is_not_counted_again_after_the_ledger_was_away() {
    assert_eq!(counted_again_after_the_ledger_was_away(), 0);
}

/// Items that are gone before others of the same group: by what they are.
type Gone = fn(&Item) -> bool;

fn is_head(item: &Item) -> bool {
    matches!(item, Item::Head(_))
}

fn is_sent(item: &Item) -> bool {
    matches!(item, Item::Window(it) if !it.is_pending())
}

fn is_first(item: &Item) -> bool {
    matches!(item, Item::Window(it) if it.key.number == 1 && !it.is_pending())
}

fn is_head_or_first(item: &Item) -> bool {
    is_head(item) || is_first(item)
}

fn is_head_or_sent(item: &Item) -> bool {
    is_head(item) || is_sent(item)
}

pub(super) fn counted_again_after_items_expired() -> usize {
    let gone: [Gone; 5] = [
        is_head,
        is_sent,
        is_first,
        is_head_or_first,
        is_head_or_sent,
    ];
    let counted = gone.map(|gone| {
        let mut night = storm();
        night.hours = 10;
        let forget = move |shared: &Shared| shared.ledger.borrow_mut().retain(|it| !gone(it));
        // In the middle of a window, and when all is quiet.
        night.acts = vec![(MINUTE * 5, Box::new(forget)), (HOUR * 2, Box::new(forget))];
        let first = night.events();
        for (number, after) in [(0, MINUTE * 6), (1, HOUR * 3), (2, HOUR * 5)] {
            let mut others = Night::storm(60, 12, 50, number).happenings;
            for it in &mut others {
                it.name = format!("{number}-{}", it.name);
                it.at += after;
            }
            night.happenings.extend(others);
        }
        let mut events = night.events();
        let incidents = events.len();
        events.extend(again(&first, MINUTE * 10, false));
        events.extend(again(&first, HOUR * 4, false));
        let aftermath = night.play(&events);
        assert_eq!((aftermath.left, aftermath.dead.len()), (0, 0));
        counted_again(&aftermath, incidents)
    });
    counted.into_iter().sum()
}

#[test]
fn what_was_sent_is_not_counted_again_after_items_expired_out_of_order() {
    assert_eq!(counted_again_after_items_expired(), 0);
}
