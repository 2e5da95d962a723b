//! Nights of every kind: whatever comes together, nothing is unaccounted for and no hour costs more than
//! the account file allows.

use super::*;

/// A night that chance decides.
pub(super) fn any_night(seed: u64) -> Night {
    let mut dice = Dice(seed);
    let groups = 1 + dice.below(12);
    let span = [60, 600, 7_200][usize::try_from(dice.below(3)).unwrap()];
    let mut happenings: Vec<Happening> = (0..5 + dice.below(140))
        .map(|number| {
            let group = usize::try_from(dice.below(groups)).unwrap();
            let priorities = [
                Priority::Critical,
                Priority::High,
                Priority::High,
                Priority::Medium,
                Priority::Low,
                Priority::Minimal,
            ];
            Happening {
                name: format!("h{number}"),
                what: Broken::of(group),
                at: SignedDuration::from_millis(dice.below(span * 1_000)),
                priority: priorities[usize::try_from(dice.below(6)).unwrap()],
                size: 50,
            }
        })
        .collect();
    let alarms: Vec<String> = happenings
        .iter()
        .filter(|it| matches!(it.what, Broken::Queue(_)))
        .map(|it| it.name.clone())
        .collect();
    for number in 0..dice.below(3) {
        let children = alarms.iter().filter(|_| dice.below(3) == 0).cloned();
        happenings.push(Happening {
            name: format!("composite-{number}"),
            what: Broken::Composite(children.collect()),
            at: SignedDuration::from_millis(dice.below(span * 1_000)),
            priority: Priority::High,
            size: 50,
        });
    }
    let mut night = Night {
        happenings,
        seed,
        copies: usize::try_from(1 + dice.below(2)).unwrap(),
        hours: 100,
        ..Night::default()
    };
    if dice.below(2) == 0 {
        let per_hour = u32::try_from(1 + dice.below(5)).unwrap();
        let per_day = per_hour + u32::try_from(dice.below(20)).unwrap();
        night.settings.limits = Limits::new(per_hour, per_day);
        night.settings.limits.always_per_day = u32::try_from(1 + dice.below(8)).unwrap();
    }
    if dice.below(3) == 0 {
        night.settings.quiet_hours =
            Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap());
    }
    if dice.below(3) == 0 {
        let from = dice.below(span);
        night.away = (from, from + dice.below(600));
    }
    if dice.below(3) == 0 {
        night.kills = (0..dice.below(10))
            .map(|_| usize::try_from(dice.below(3_000)).unwrap())
            .collect();
    }
    if dice.below(4) == 0 {
        night.flaky = 20 + dice.below(100);
    }
    if dice.below(3) == 0 {
        let from = dice.below(span);
        night.down = (from, from + dice.below(7_200));
    }
    night
}

impl Night {
    /// Whether nothing goes wrong with the function and its ledger.
    fn is_without_faults(&self) -> bool {
        self.kills.is_empty() && self.away == (0, 0) && self.flaky == 0
    }
}

#[test]
fn nothing_is_unaccounted_for_in_any_night() {
    for seed in 0..300 {
        let night = any_night(seed);
        let aftermath = night.play_and_account_for_everything();
        if night.is_without_faults() {
            the_budget_holds(seed, &night, &aftermath);
            if night.down == (0, 0) {
                nobody_waits_for_nothing(seed, &night, &aftermath);
            }
        }
    }
}

/// How many reports there were, by some part of time, of those that count.
fn by<'a, T: Ord>(
    aftermath: &'a Aftermath,
    part: impl Fn(Timestamp) -> T,
    counts: impl Fn(&str) -> bool,
) -> BTreeMap<T, u32> {
    let mut reports = BTreeMap::new();
    let priority = |body: &'a Json| body["priority"].as_str().unwrap();
    for (at, _) in aftermath
        .taken
        .iter()
        .filter(|(_, it)| counts(priority(it)))
    {
        *reports.entry(part(*at)).or_default() += 1;
    }
    reports
}

fn hour(at: Timestamp) -> i64 {
    at.as_second() / 3_600
}

fn day(at: Timestamp) -> i64 {
    at.as_second() / 86_400
}

/// No hour and no day has more reports than the account file allows, of what is not urgent, of what is always
/// sent, and of everything else. Beyond its own slots what is always sent uses those of everything else.
#[track_caller]
fn the_budget_holds(seed: u64, night: &Night, aftermath: &Aftermath) {
    let limits = &night.settings.limits;
    let most = |reports: BTreeMap<i64, u32>| reports.into_values().max().unwrap_or_default();
    let is_critical = |it: &str| it == "CRITICAL";
    let is_low = |it: &str| it == "LOW" || it == "MINIMAL";
    let of_hour = most(by(aftermath, hour, |it| !is_critical(it)));
    assert!(
        of_hour <= limits.per_hour,
        "night {seed}: {of_hour} an hour"
    );
    let of_day = most(by(aftermath, day, |it| !is_critical(it)));
    assert!(of_day <= limits.per_day, "night {seed}: {of_day} a day");
    let low = most(by(aftermath, day, is_low));
    assert!(low <= limits.low_per_day, "night {seed}: {low} LOW a day");
    let always = most(by(aftermath, day, is_critical));
    let most_always = limits.always_per_day + limits.per_day;
    assert!(
        always <= most_always,
        "night {seed}: {always} CRITICAL a day"
    );
    let used: u32 = aftermath.used.iter().sum();
    let sent = u32::try_from(aftermath.taken.len()).unwrap();
    assert_eq!(
        used, sent,
        "night {seed}: slots that were used, and reports"
    );
}

/// What is urgent is sent with the next report of its group, alone or in a digest, as long as the hour and the
/// day have a slot.
#[track_caller]
fn nobody_waits_for_nothing(seed: u64, night: &Night, aftermath: &Aftermath) {
    let limits = &night.settings.limits;
    let of_hour = by(aftermath, hour, |_| true);
    let of_day = by(aftermath, day, |_| true);
    let events = night.events();
    let urgent = night.happenings.iter().zip(&events);
    for (it, event) in urgent.filter(|(it, _)| it.priority == Priority::High) {
        let at = night.begin.checked_add(event.at).unwrap();
        // Until the running window of its group ends, and for as long as a batch may take.
        let due = at.checked_add(MINUTE * 25).unwrap();
        let sent = aftermath.sent(&event.id);
        for hour in hour(due) + 1..hour(sent) {
            let is_full = of_hour.get(&hour).is_some_and(|it| *it >= limits.per_hour)
                || of_day
                    .get(&(hour / 24))
                    .is_some_and(|it| *it >= limits.per_day);
            assert!(is_full, "night {seed}: {} waits until {sent}", it.name);
        }
    }
}
