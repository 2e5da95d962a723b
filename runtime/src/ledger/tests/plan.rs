//! What is sent of all that is due.

use super::*;

fn pending(name: &str, priority: Priority, opened: i64) -> Pending {
    Pending {
        key: Key {
            group: name.to_owned(),
            number: 1,
        },
        name: name.to_owned(),
        incidents: 1,
        priority,
        opened: at(opened),
        since: at(opened),
        due: at(opened + 30),
        claimed: None,
        has_slot: false,
        rule: None,
        suppression: None,
    }
}

fn key(name: &str) -> Key {
    Key {
        group: name.to_owned(),
        number: 1,
    }
}

fn used(hour: u32) -> Day {
    let now = Hour::of(at(0));
    let mut day = Day::new(now);
    let slot = Slot {
        priority: Priority::High,
        rule: None,
    };
    for _ in 0..hour {
        day.take(now, slot, &settings().limits);
    }
    day
}

fn send(name: &str) -> Step {
    Step::Send(key(name))
}

fn digest(names: &[&str]) -> Step {
    Step::Digest(Hold::Budget, names.iter().map(|it| key(it)).collect())
}

const NOW: i64 = 100;

#[track_caller]
fn check(pending: Vec<Pending>, day: &Day, steps: &[Step], held: &[&str]) {
    let plan = plan(pending, day, &settings(), at(NOW));
    assert_eq!(plan.steps, steps);
    let keys: Vec<String> = plan.held.into_keys().map(|it| it.group).collect();
    assert_eq!(keys, held);
}

#[test]
fn what_there_is_room_for_is_sent_the_most_urgent_and_oldest_first() {
    let all = vec![
        pending("young", Priority::High, 20),
        pending("low", Priority::Low, 0),
        pending("old", Priority::High, 10),
    ];
    check(
        all,
        &used(0),
        &[send("old"), send("young"), send("low")],
        &[],
    );
}

#[test]
fn what_is_not_due_and_what_is_being_sent_is_left() {
    let mut claimed = pending("claimed", Priority::High, 0);
    claimed.claimed = Some(at(NOW + 1));
    let early = pending("early", Priority::High, NOW);
    check(vec![claimed, early], &used(0), &[], &[]);
}

#[test]
fn the_last_slot_of_an_hour_is_a_digest_of_all_that_would_be_left() {
    let names = ["a", "b", "c", "d", "e"];
    let all = || {
        names
            .iter()
            .zip(0..)
            .map(|(it, at)| pending(it, Priority::High, at))
            .collect()
    };
    check(
        all(),
        &used(0),
        &[send("a"), send("b"), digest(&["c", "d", "e"])],
        &[],
    );
    check(all(), &used(2), &[digest(&names)], &[]);
    check(all(), &used(3), &[], &names);
    // One place and one group: the group goes as itself.
    check(
        vec![pending("a", Priority::High, 0)],
        &used(2),
        &[send("a")],
        &[],
    );
}

/// So what breaks in the same moment is not held for an hour because its window is due a second later.
#[test]
fn the_last_slot_speaks_of_what_is_due_in_a_moment_too() {
    let soon = || pending("soon", Priority::High, NOW - 5);
    let due = || pending("due", Priority::High, 0);
    check(
        vec![due(), soon()],
        &used(2),
        &[digest(&["due", "soon"])],
        &[],
    );
    check(vec![due(), soon()], &used(1), &[send("due")], &[]);
    check(vec![soon()], &used(2), &[], &[]);
    let later = pending("later", Priority::High, NOW + 1);
    check(vec![due(), later], &used(2), &[send("due")], &[]);
}

#[test]
fn what_has_a_slot_from_an_earlier_attempt_needs_none() {
    let mut again = pending("again", Priority::Low, 0);
    (again.has_slot, again.claimed) = (true, Some(at(NOW)));
    let all = vec![pending("a", Priority::High, 0), again];
    check(all, &used(3), &[send("again")], &["a"]);
}

#[test]
fn what_is_always_sent_has_slots_of_its_own() {
    let names = ["a", "b", "c", "d"];
    let all = names
        .iter()
        .map(|it| pending(it, Priority::Critical, 0))
        .collect();
    check(all, &used(3), &names.map(send), &[]);
    let mut day = used(0);
    let slot = Slot {
        priority: Priority::Critical,
        rule: None,
    };
    for _ in 0..46 {
        day.take(Hour::of(at(0)), slot, &settings().limits);
    }
    let all = names
        .iter()
        .map(|it| pending(it, Priority::Critical, 0))
        .collect();
    check(all, &day, &[send("a"), digest(&["b", "c", "d"])], &[]);
}

/// `LOW` and `MINIMAL` have a share of the day, each rule of the account file has one. The last slot of a share
/// is a digest of what is over it; what comes then waits for the next day, or for a digest.
#[test]
fn nobody_uses_up_the_day_of_others() {
    let mut limits = settings();
    limits.limits.per_hour = 12;
    let low = |name: &str| pending(name, Priority::Low, 0);
    let of_rule = |name: &str| Pending {
        rule: Some("orders".to_owned()),
        ..pending(name, Priority::High, 0)
    };
    let plan_of = |pending, day: &Day| plan(pending, day, &limits, at(NOW));
    let planned = plan_of(["a", "b", "c", "d", "e"].map(low).to_vec(), &used(0));
    assert_eq!(
        planned.steps,
        [send("a"), send("b"), digest(&["c", "d", "e"])]
    );
    assert!(planned.held.is_empty());

    let mut day = used(0);
    for _ in 0..3 {
        day.take(Hour::of(at(0)), low("a").slot(), &limits.limits);
    }
    let planned = plan_of(vec![low("a")], &day);
    let tomorrow = Hour::of(at(0)).end_of_day();
    assert!(planned.steps.is_empty());
    assert_eq!(planned.held[&key("a")], (Hold::Budget, tomorrow));

    let ruled = ["r", "s", "t", "u", "v"].map(of_rule).to_vec();
    let planned = plan_of(ruled.clone(), &used(0));
    let of_rule = [send("r"), send("s"), send("t"), digest(&["u", "v"])];
    assert_eq!(planned.steps, of_rule);
    day = used(0);
    for _ in 0..4 {
        day.take(Hour::of(at(0)), ruled[0].slot(), &limits.limits);
    }
    let others: Vec<String> = (0..9).map(|it| format!("o{it}")).collect();
    let others = others.iter().map(|it| pending(it, Priority::High, 1));
    let planned = plan_of(ruled.into_iter().chain(others).collect(), &day);
    assert!(planned.held.is_empty());
    let Some(Step::Digest(_, rest)) = planned.steps.last() else {
        panic!("{:?}", planned.steps);
    };
    assert!(rest.contains(&key("v")));
}

/// What is less urgent, or has no share of the day left, does not make a digest of the report that has the last slot.
#[test]
fn what_is_not_urgent_takes_no_report_its_detail() {
    let soon = |priority, rule: Option<&str>| Pending {
        due: at(NOW + 10),
        rule: rule.map(str::to_owned),
        ..pending("soon", priority, NOW - 20)
    };
    let due = || pending("due", Priority::High, 0);
    check(
        vec![due(), soon(Priority::Low, None)],
        &used(2),
        &[send("due")],
        &[],
    );
    let urgent = vec![due(), soon(Priority::High, None)];
    check(urgent, &used(2), &[digest(&["due", "soon"])], &[]);
    let mut day = used(2);
    let slot = Slot {
        priority: Priority::High,
        rule: Some("r"),
    };
    let earlier = Hour::of(at(-3_600));
    for _ in 0..settings().limits.rule_per_day {
        day.take(earlier, slot, &settings().limits);
    }
    check(
        vec![due(), soon(Priority::High, Some("r"))],
        &day,
        &[send("due")],
        &[],
    );
}

/// Beyond its own slots what is always sent uses those of everything else, before anything else.
#[test]
fn what_is_always_sent_is_never_worse_off_than_what_is_less_urgent() {
    let limits = Limits {
        always_per_day: 0,
        ..settings().limits
    };
    let settings = DeliverySettings {
        limits,
        ..settings()
    };
    let all = vec![
        pending("high", Priority::High, 0),
        pending("critical", Priority::Critical, 10),
    ];
    let planned = plan(all, &used(0), &settings, at(NOW));
    assert_eq!(planned.steps, [send("critical"), send("high")]);
    assert_eq!(planned.over_ceiling, 1);
    let limits = Limits {
        always_per_day: 1,
        ..limits
    };
    let settings = DeliverySettings { limits, ..settings };
    let many = ["a", "b", "c"].map(|it| pending(it, Priority::Critical, 0));
    let planned = plan(many.into(), &used(0), &settings, at(NOW));
    assert_eq!(planned.steps, [digest(&["a", "b", "c"])]);
    assert_eq!(planned.over_ceiling, 2);
}

#[test]
fn what_is_not_urgent_is_held_in_quiet_hours_and_sent_as_one_after_them() {
    let mut quiet = settings();
    quiet.quiet_hours = Some("03:00-03:20 UTC0".parse().unwrap());
    let all = || {
        vec![
            pending("high", Priority::High, 0),
            pending("low", Priority::Low, 0),
            pending("minimal", Priority::Minimal, 0),
        ]
    };
    let night = plan(all(), &used(0), &quiet, at(NOW));
    assert_eq!(night.steps, [send("high")]);
    let held: Vec<(Hold, Timestamp)> = night.held.into_values().collect();
    assert_eq!(held, [(Hold::QuietHours, at(600)); 2]);
    let morning = plan(all(), &used(0), &quiet, at(600));
    let both = vec![key("low"), key("minimal")];
    assert_eq!(
        morning.steps,
        [send("high"), Step::Digest(Hold::QuietHours, both)]
    );
    // One alone is no digest.
    let one = plan(
        vec![pending("low", Priority::Low, 0)],
        &used(0),
        &quiet,
        at(600),
    );
    assert_eq!(one.steps, [send("low")]);
}

#[test]
fn what_could_not_be_sent_for_six_days_expires() {
    let old = pending("old", Priority::Critical, NOW - 6 * 86_400);
    let young = pending("young", Priority::Critical, NOW - 6 * 86_400 + 1);
    check(
        vec![old, young],
        &used(0),
        &[Step::Expire(key("old")), send("young")],
        &[],
    );
}
