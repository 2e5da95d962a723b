//! An urgent incident is sent within a minute, whatever came before it that is less urgent.

use contract::Envelope;

use super::*;

const QUIET: &str = "22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3";

fn alarm(name: String, queue: usize, at: SignedDuration, priority: Priority) -> Happening {
    Happening {
        name,
        what: Broken::Queue(queue),
        at,
        priority,
        size: 50,
    }
}

/// A hundred groups, in each of which something happens that is not urgent, and up to 25 minutes later
/// something that is.
fn behind(less: Priority, quiet: bool, seed: u64) -> Night {
    let mut dice = Dice(seed);
    let pair = |number: usize| {
        let seconds = i64::try_from(number).unwrap();
        let at = SignedDuration::from_millis(seconds * 10_000 + dice.below(10_000));
        let later = at + SignedDuration::from_millis(seconds * 15_000 + dice.below(15_000));
        let queue = number + 100;
        [
            alarm(format!("less-{number}"), queue, at, less),
            alarm(format!("urgent-{number}"), queue, later, Priority::High),
        ]
    };
    let mut night = Night {
        happenings: (0..100).flat_map(pair).collect(),
        hours: 5,
        seed,
        ..Night::default()
    };
    night.settings.quiet_hours = quiet.then(|| QUIET.parse().unwrap());
    night
}

/// How long the agent waited for an incident.
fn waited(night: &Night, event: &Event, aftermath: &Aftermath) -> SignedDuration {
    let at = night.begin.checked_add(event.at).unwrap();
    aftermath.sent(&event.id).duration_since(at)
}

/// How long an urgent incident waited at most.
pub(super) fn longest_wait(quiet: bool) -> SignedDuration {
    let mut longest = SignedDuration::ZERO;
    for (less, seed) in [
        (Priority::Low, 1),
        (Priority::Minimal, 2),
        (Priority::Low, 3),
    ] {
        let night = behind(less, quiet, seed);
        let aftermath = night.play_and_account_for_everything();
        for it in night
            .events()
            .iter()
            .filter(|it| it.name.starts_with("urgent"))
        {
            longest = longest.max(waited(&night, it, &aftermath));
        }
    }
    longest
}

/// The same where the function is killed once, at any of its calls.
pub(super) fn longest_wait_where_the_function_is_killed() -> SignedDuration {
    let mut longest = SignedDuration::ZERO;
    for later in [3, 33, 37, 50, 300] {
        let night = |kills: BTreeSet<usize>| Night {
            happenings: vec![
                alarm("less".to_owned(), 1, SignedDuration::ZERO, Priority::Low),
                alarm(
                    "urgent".to_owned(),
                    1,
                    SignedDuration::from_secs(later),
                    Priority::High,
                ),
            ],
            kills,
            hours: 1,
            ..Night::default()
        };
        let whole = night(BTreeSet::new());
        let events = whole.events();
        for kill in 0..whole.play(&events).calls * 2 {
            let night = night([kill].into());
            let aftermath = night.play_and_account_for_everything();
            longest = longest.max(waited(&night, &events[1], &aftermath));
        }
    }
    longest
}

#[test]
fn an_urgent_incident_is_sent_within_a_minute_whatever_less_urgent_came_before() {
    let longest = longest_wait(false);
    assert!(longest <= MINUTE, "{longest}");
}

#[test]
fn an_urgent_incident_is_sent_within_a_minute_in_quiet_hours() {
    let longest = longest_wait(true);
    assert!(longest <= MINUTE, "{longest}");
}

#[test]
fn an_urgent_incident_is_sent_within_250_seconds_where_the_function_is_killed() {
    let longest = longest_wait_where_the_function_is_killed();
    assert!(longest <= SignedDuration::from_secs(250), "{longest}");
}

/// A person puts everything back among the incidents that is among the dead letters.
fn redrive(shared: &Shared) {
    let now = shared.clock.now();
    for (number, letter) in shared.queue.dead.take().into_iter().enumerate() {
        let mut envelope = Envelope::parse(&letter.body).unwrap();
        envelope.redriven = true;
        let id = format!("redriven-{number}-{now}");
        shared.queue.send(&id, envelope.to_body(), now);
    }
}

/// A report that a person wants to be tried again in quiet hours waits for their end, and nobody behind it.
#[test]
fn an_urgent_incident_does_not_wait_for_a_report_that_was_redriven() {
    let days = |days: i64, minutes: i64| SignedDuration::from_mins(days * 1_440 + minutes);
    let mut night = Night {
        happenings: vec![
            alarm("less".to_owned(), 1, SignedDuration::ZERO, Priority::Low),
            alarm("urgent".to_owned(), 1, days(7, 10), Priority::High),
        ],
        down: (0, 6 * 86_400 + 14 * 3_600),
        acts: vec![(days(7, 0), Box::new(redrive))],
        hours: 7 * 24 + 5,
        ..Night::default()
    };
    night.settings.quiet_hours = Some(QUIET.parse().unwrap());
    let aftermath = night.play_and_account_for_everything();
    let wait = waited(&night, &night.events()[1], &aftermath);
    assert!(wait <= MINUTE, "{wait}");
}
