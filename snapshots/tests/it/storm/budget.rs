//! What exceeds the budget of the account file waits, and arrives as one digest.

use super::*;

pub(super) fn limited(per_hour: u32, per_day: u32, night: Night) -> Night {
    let mut night = night;
    night.settings.limits = Limits::new(per_hour, per_day);
    night
}

/// Posts by hour of the clock, counted from 1970.
fn by_hour(aftermath: &Aftermath) -> BTreeMap<i64, usize> {
    let mut hours = BTreeMap::new();
    for (at, _) in &aftermath.taken {
        *hours.entry(at.as_second() / 3_600).or_default() += 1;
    }
    hours
}

fn digests(aftermath: &Aftermath) -> Vec<&Json> {
    let bodies = aftermath.taken.iter().map(|(_, body)| body);
    bodies
        .filter(|it| it["data"]["byGroup"].is_array())
        .collect()
}

/// The default of six an hour: what breaks at once is five reports and a digest of all others, at once. What
/// breaks while the hour has no slot left waits for the next.
#[test]
fn what_exceeds_an_hour_is_one_digest_at_once() {
    let night = limited(6, 24, Night::storm(1_000, 100, 100, 7));
    let aftermath = night.play_and_account_for_everything();
    let hours = by_hour(&aftermath);
    assert!(hours.values().all(|it| *it <= 6), "{hours:?}");
    let (at, digest) = &aftermath.taken[5];
    let waited = at.duration_since(night.begin);
    assert!(waited < MINUTE * 2, "{waited}");
    let title = digest["title"].as_str().unwrap();
    assert!(title.contains(" groups over the budget (HIGH: "), "{title}");
    let text = digest["description"].as_str().unwrap();
    for fact in [
        "By group, the most urgent first:",
        "QueueName=queue-",
        "allows no more investigations",
    ] {
        assert!(text.contains(fact), "{fact}: {text}");
    }
    let groups: u64 = digests(&aftermath)
        .iter()
        .filter_map(|it| it["data"]["groups"].as_u64())
        .sum();
    assert!(groups >= 95, "{groups}");
}

/// Two days of a storm an hour: no hour and no day goes over its limit, and nothing is lost.
#[test]
fn no_day_goes_over_its_limit() {
    let mut night = limited(3, 8, Night::default());
    for hour in 0..36 {
        let mut storm = Night::storm(30, 10, 100, hour).happenings;
        for it in &mut storm {
            it.name = format!("{}-{hour}", it.name);
            it.at += SignedDuration::from_hours(i64::try_from(hour).unwrap());
        }
        night.happenings.extend(storm);
    }
    night.hours = 80;
    let aftermath = night.play_and_account_for_everything();
    let hours = by_hour(&aftermath);
    assert!(hours.values().all(|it| *it <= 3), "{hours:?}");
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    for (hour, posts) in &hours {
        *days.entry(hour / 24).or_default() += posts;
    }
    assert!(days.values().all(|it| *it <= 8), "{days:?}");
    let used: u32 = aftermath.used.iter().sum();
    assert_eq!(used, u32::try_from(aftermath.taken.len()).unwrap());
}

#[test]
fn critical_incidents_pass_whatever_was_used() {
    let mut night = limited(2, 2, Night::storm(200, 20, 100, 7));
    night.hours = 30;
    for it in night
        .happenings
        .iter_mut()
        .filter(|it| matches!(it.what, Broken::Queue(number) if number < 10))
    {
        it.priority = Priority::Critical;
    }
    let aftermath = night.play_and_account_for_everything();
    let hour = night.begin.checked_add(MINUTE * 20).unwrap();
    let soon = aftermath.taken.iter().filter(|(at, _)| *at < hour);
    let critical = soon.filter(|(_, it)| it["priority"] == "CRITICAL");
    assert_eq!(critical.count(), 5);
}

/// At night only urgent incidents are sent; the rest is one digest in the morning.
#[test]
fn what_is_not_urgent_waits_for_the_end_of_the_quiet_hours() {
    let mut night = Night::storm(90, 9, 100, 7);
    for (it, priority) in night.happenings.iter_mut().zip(
        [Priority::High, Priority::Low, Priority::Minimal]
            .into_iter()
            .cycle(),
    ) {
        it.priority = priority;
    }
    night.settings.quiet_hours = Some("22:00-07:00 CET-1CEST,M3.5.0,M10.5.0/3".parse().unwrap());
    night.hours = 10;
    let aftermath = night.play_and_account_for_everything();
    let morning: Timestamp = "2026-01-02T06:00:00Z".parse().unwrap();
    let at_night = aftermath.taken.iter().filter(|(at, _)| *at < morning);
    assert!(at_night.into_iter().all(|(_, it)| it["priority"] == "HIGH"));
    let [digest] = digests(&aftermath)[..] else {
        panic!("{} digests", digests(&aftermath).len());
    };
    assert_eq!(digest["priority"], "LOW");
    assert_eq!(members(digest), 60);
}

/// What an hour has room for is not used up by what a composite alarm covers in the end.
#[test]
fn a_covered_incident_gives_its_slot_back() {
    let mut night = limited(2, 24, Night::default());
    let names: Vec<String> = (0..8).map(|it| format!("child-{it}")).collect();
    night.happenings = names
        .iter()
        .zip(1..)
        .map(|(name, queue)| Happening {
            name: name.clone(),
            what: Broken::Queue(queue),
            at: SignedDuration::from_secs(1),
            priority: Priority::High,
            size: 100,
        })
        .collect();
    night.happenings.push(Happening {
        name: "down".to_owned(),
        what: Broken::Composite(names),
        at: SignedDuration::from_secs(12),
        priority: Priority::High,
        size: 100,
    });
    let aftermath = night.play_and_account_for_everything();
    assert!(digests(&aftermath).is_empty());
    assert_eq!(aftermath.held, 0);
    let titles: Vec<&Json> = aftermath.taken.iter().map(|(_, it)| &it["title"]).collect();
    assert!(
        titles
            .iter()
            .all(|it| it.as_str().unwrap().contains("down")),
        "{titles:?}"
    );
}
