//! A ledger that is slow slows delivery down, and stops nothing.

use super::*;

/// How long a call to the ledger takes.
const CALL: Duration = Duration::from_millis(250);

/// A backlog of 2,000 messages of 1,000 groups, ten of which are critical.
fn backlog(settings: DeliverySettings) -> Night {
    let mut night = Night {
        slow: Some(CALL),
        settings,
        ..Night::storm(2_000, 1_000, 200, 7)
    };
    for (number, it) in night.happenings.iter_mut().enumerate() {
        it.at = SignedDuration::ZERO;
        if number % 100 == 50 && number < 1_000 {
            it.priority = Priority::Critical;
        }
    }
    night
}

/// How long critical incidents wait at most, and how long the longest invocation takes.
pub(super) fn critical_incidents_of_a_backlog(
    settings: DeliverySettings,
) -> (SignedDuration, SignedDuration) {
    let night = backlog(settings);
    let aftermath = night.play_and_account_for_everything();
    let events = night.events();
    let critical = night.happenings.iter().zip(&events);
    let critical = critical.filter(|(it, _)| it.priority == Priority::Critical);
    let waits = critical.map(|(_, it)| aftermath.sent(&it.id).duration_since(night.begin));
    let calls = &aftermath.metrics["LedgerMilliseconds"];
    assert!(
        calls.iter().any(|it| *it >= 250),
        "nobody sees that it is slow"
    );
    (waits.max().unwrap(), aftermath.longest)
}

/// No invocation is ended by its time limit: the environments see to that.
#[test]
fn critical_incidents_are_sent_within_two_minutes_where_the_ledger_is_slow() {
    for settings in [
        unlimited(),
        DeliverySettings {
            limits: Limits::new(6, 24),
            ..unlimited()
        },
    ] {
        let (waited, longest) = critical_incidents_of_a_backlog(settings);
        assert!(waited <= MINUTE * 2, "{waited}");
        assert!(longest < Numbers::synthesized().timeout, "{longest}");
    }
}
