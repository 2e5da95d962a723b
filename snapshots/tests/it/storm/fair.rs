//! New groups never starve what waits.

use super::{budget::limited, *};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Days in which six new groups break at the start of each hour, and one more in the middle of it.
fn days(per_day: u32) -> Night {
    let mut night = limited(6, per_day, Night::default());
    night.begin = "2026-01-02T00:00:00Z".parse().unwrap();
    night.hours = 6 * 24;
    for hour in 0..4 * 24 {
        for group in 0..7 {
            let number = hour * 7 + group;
            let second = if group == 6 { 1_800 } else { number % 5 };
            night.happenings.push(Happening {
                name: format!("{number}"),
                what: Broken::Queue(usize::try_from(number).unwrap() + 100),
                at: HOUR * i32::try_from(hour).unwrap() + SignedDuration::from_secs(second),
                priority: Priority::High,
                size: 50,
            });
        }
    }
    night
}

/// How long an urgent incident waits at most, where the budget allows so many a day and six an hour.
pub(super) fn longest_wait(per_day: u32) -> SignedDuration {
    let night = days(per_day);
    let events = night.events();
    let aftermath = night.play_and_account_for(&events);
    let sent: Vec<(SignedDuration, Timestamp)> = events
        .iter()
        .map(|it| (it.at, aftermath.sent(&it.id)))
        .collect();
    for (at, first) in &sent {
        let overtakes = |(later, sent): &&(SignedDuration, Timestamp)| {
            *later > *at + MINUTE && *first > *sent + MINUTE
        };
        let overtaken = sent.iter().find(overtakes);
        assert!(overtaken.is_none(), "{at} waits for {overtaken:?}");
    }
    let waits = sent
        .iter()
        .map(|(at, sent)| sent.duration_since(night.begin) - *at);
    waits.max().unwrap()
}

#[test]
fn what_waits_for_its_hour_goes_before_what_is_new() {
    let longest = longest_wait(1_000);
    assert!(longest <= HOUR, "{longest}");
}

#[test]
fn what_waits_for_its_day_goes_before_what_is_new() {
    let longest = longest_wait(24);
    assert!(longest <= HOUR * 24, "{longest}");
}

/// Ten groups a day that are not urgent, where six have a place: what is over waits for the next day, and no
/// longer.
#[test]
fn what_is_over_its_share_of_a_day_is_sent_on_the_next() {
    let mut night = limited(6, 24, Night::default());
    night.begin = "2026-01-02T00:00:00Z".parse().unwrap();
    night.hours = 16 * 24;
    for number in 0..140 {
        night.happenings.push(Happening {
            name: format!("{number}"),
            what: Broken::Queue(number + 100),
            at: SignedDuration::from_mins(i64::try_from(number).unwrap() * 144),
            priority: Priority::Low,
            size: 50,
        });
    }
    let aftermath = night.play_and_account_for_everything();
    let waits = night.events().into_iter().map(|it| {
        let at = night.begin.checked_add(it.at).unwrap();
        aftermath.sent(&it.id).duration_since(at)
    });
    let longest = waits.max().unwrap();
    assert!(longest <= HOUR * 25, "{longest}");
}
