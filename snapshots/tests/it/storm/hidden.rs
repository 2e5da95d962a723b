//! While the ledger answers, at most one message is hidden for each window that is to be sent.

use super::*;

/// How many messages were hidden at most for which no window was to be sent.
fn hidden_for_nothing(night: &Night) -> usize {
    let aftermath = night.play_and_account_for_everything();
    let more = aftermath
        .hidden
        .iter()
        .map(|(_, hidden, pending)| hidden.saturating_sub(*pending));
    more.max().unwrap()
}

/// A storm, one in quiet hours, and one while the webhook is away.
fn nights() -> [Night; 3] {
    let storm = || Night::storm(3_000, 30, 50, 7);
    let (mut quiet, mut down) = (storm(), storm());
    quiet.settings.quiet_hours = Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap());
    quiet.hours = 5;
    for it in &mut quiet.happenings {
        it.priority = Priority::Low;
        it.at *= 60;
    }
    down.down = (0, 3_600);
    for it in &mut down.happenings {
        it.at *= 30;
    }
    [storm(), quiet, down]
}

/// How many messages were hidden at most for which no window was to be sent.
pub(super) fn most_hidden_for_nothing() -> usize {
    nights().iter().map(hidden_for_nothing).max().unwrap()
}

#[test]
fn one_message_at_most_is_hidden_for_each_window() {
    assert_eq!(most_hidden_for_nothing(), 0);
}

/// The message that was to wake a window before that became more urgent ends when it comes back, within an hour.
#[test]
fn one_message_more_is_hidden_for_each_window_that_became_more_urgent() {
    let mut night = Night::storm(3_000, 30, 50, 7);
    night.settings.quiet_hours = Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap());
    night.hours = 5;
    for (number, it) in night.happenings.iter_mut().enumerate() {
        it.at *= 60;
        it.priority = if number >= 2_970 {
            Priority::High
        } else {
            Priority::Low
        };
    }
    let hidden = hidden_for_nothing(&night);
    assert!((1..=30).contains(&hidden), "{hidden}");
}
