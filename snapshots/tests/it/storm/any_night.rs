//! Nights of every kind: whatever comes together, nothing is unaccounted for and no hour costs more than
//! the account file allows.

use super::*;

/// A night that chance decides.
fn any_night(seed: u64) -> Night {
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
        night.grouping.limits.per_hour = per_hour;
        night.grouping.limits.per_day = per_hour + u32::try_from(dice.below(20)).unwrap();
    }
    if dice.below(3) == 0 {
        night.grouping.quiet = Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap());
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
        night.flaky = usize::try_from(20 + dice.below(100)).unwrap();
    }
    if dice.below(3) == 0 {
        let from = dice.below(span);
        night.down = (from, from + dice.below(7_200));
    }
    night
}

#[test]
fn nothing_is_unaccounted_for_in_any_night() {
    for seed in 0..300 {
        let night = any_night(seed);
        let aftermath = night.play_and_account_for_everything();
        if !night.kills.is_empty() || night.away != (0, 0) || night.flaky > 0 {
            continue;
        }
        let mut hours: BTreeMap<i64, u32> = BTreeMap::new();
        let bounded = aftermath
            .taken
            .iter()
            .filter(|(_, it)| it["priority"] != "CRITICAL");
        for (at, _) in bounded {
            *hours.entry(at.as_second() / 3_600).or_default() += 1;
        }
        let most = hours.values().copied().max().unwrap_or_default();
        assert!(
            most <= night.grouping.limits.per_hour,
            "night {seed}: {hours:?}"
        );
        let used: u32 = aftermath.used.iter().sum();
        let sent = u32::try_from(aftermath.taken.len()).unwrap();
        // What waited for a webhook that was down may keep a place that it no longer needs.
        let is_kept = night.down != (0, 0) && used > sent;
        assert!(
            used == sent || is_kept,
            "night {seed}: {used} used, {sent} sent"
        );
    }
}
