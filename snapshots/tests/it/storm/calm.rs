//! What is reported of a few events: once, soon, and with what belongs together.

use super::*;

fn alarm(name: &str, queue: usize, seconds: i64) -> Happening {
    Happening {
        name: name.to_owned(),
        what: Broken::Queue(queue),
        at: SignedDuration::from_secs(seconds),
        priority: Priority::High,
        size: 100,
    }
}

fn night(happenings: Vec<Happening>) -> Night {
    Night {
        happenings,
        ..Night::default()
    }
}

fn ids(aftermath: &Aftermath) -> BTreeSet<&str> {
    let ids = aftermath
        .taken
        .iter()
        .map(|(_, it)| it["incidentId"].as_str());
    ids.map(Option::unwrap).collect()
}

/// The body is the incident's own. The ledger is written when the incident is recorded, when its window is
/// claimed, and when it was sent.
#[test]
fn an_incident_by_itself_is_sent_as_it_is_with_three_writes() {
    let night = night(vec![alarm("a", 1, 0)]);
    let aftermath = night.play_and_account_for_everything();
    let [(at, body)] = &aftermath.taken[..] else {
        panic!("{} posts", aftermath.taken.len());
    };
    let envelope = night.happenings[0].envelope(night.begin);
    let own: Json = serde_json::from_slice(&envelope.incident.to_body()).unwrap();
    assert_eq!(*body, own);
    assert_eq!(body["incidentId"], envelope.incident.id().as_str());
    let sweeps = 12 * usize::try_from(night.hours).unwrap();
    assert_eq!((aftermath.reads - sweeps, aftermath.writes), (8, 3));
    let waited = at.duration_since(night.begin);
    assert!(waited <= SignedDuration::from_secs(60), "{waited}");
}

#[test]
fn a_duplicate_by_itself_is_no_incident() {
    let night = Night {
        copies: 5,
        ..night(vec![alarm("a", 1, 0)])
    };
    assert_eq!(night.play_and_account_for_everything().taken.len(), 1);
}

/// Two alarms on one queue within half a minute are sent as one, those on another by themselves.
#[test]
fn what_comes_while_the_first_waits_is_told_with_it() {
    let night = night(vec![alarm("a", 1, 0), alarm("b", 1, 15), alarm("c", 2, 15)]);
    let aftermath = night.play_and_account_for_everything();
    let mut counts: Vec<u64> = aftermath.taken.iter().map(|(_, it)| members(it)).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2]);
}

/// An alarm on a query reports itself and each of its time series, by whichever channel.
#[test]
fn an_alarm_and_its_five_hundred_time_series_are_one_incident() {
    let load = |number: usize, series| Happening {
        what: Broken::Load(series),
        ..alarm(&format!("load-{number}"), 0, 0)
    };
    let mut happenings: Vec<Happening> = (0..500).map(|it| load(it, Some(it))).collect();
    happenings.push(load(500, None));
    let aftermath = night(happenings).play_and_account_for_everything();
    let [(_, body)] = &aftermath.taken[..] else {
        panic!("{} posts", aftermath.taken.len());
    };
    assert_eq!(members(body), 501);
    let title = body["title"].as_str().unwrap();
    assert!(
        title.starts_with("501 incidents of alarm load (eu-central-1): "),
        "{title}"
    );
    let description = body["description"].as_str().unwrap();
    // Each series is a cause, as far as causes are distinguished and named.
    let named = description.matches("\n- 1 × Team=t").count();
    assert_eq!(named, 20, "{description}");
    let rest = "\n- and 130 more\n- 351 × other causes\n";
    assert!(description.contains(rest), "{description}");
}

/// Twenty times in ten minutes: one incident, and one that reports the rest when twenty minutes are over.
#[test]
fn an_alarm_that_flaps_is_one_incident_and_a_follow_up() {
    for seed in 0..20 {
        let night = Night {
            seed,
            ..night((0..20).map(|it| alarm("flapping", 1, it * 30)).collect())
        };
        let aftermath = night.play_and_account_for_everything();
        let [(first, _), (second, follow_up)] = &aftermath.taken[..] else {
            panic!("{} posts", aftermath.taken.len());
        };
        assert!(second.duration_since(*first) >= MINUTE * 19);
        assert!(
            follow_up["title"]
                .as_str()
                .unwrap()
                .contains(" more incidents of ")
        );
        assert_eq!(ids(&aftermath).len(), 2);
    }
}

/// The same alarm once more after the window is an incident of its own; nothing new is none.
#[test]
fn a_window_in_which_nothing_new_happens_has_no_follow_up() {
    let night = night(vec![alarm("a", 1, 0), alarm("a", 1, 25 * 60)]);
    let aftermath = night.play_and_account_for_everything();
    assert_eq!(
        aftermath
            .taken
            .iter()
            .map(|(_, it)| members(it))
            .sum::<u64>(),
        2
    );
    assert_eq!(ids(&aftermath).len(), 2);
}

/// What always passes is not held up by what was reported on the same queue a moment ago.
#[test]
fn a_critical_incident_does_not_wait_for_the_end_of_a_window() {
    let critical = Happening {
        priority: Priority::Critical,
        ..alarm("worse", 1, 120)
    };
    let night = night(vec![alarm("a", 1, 0), critical]);
    let aftermath = night.play_and_account_for_everything();
    let [_, (at, body)] = &aftermath.taken[..] else {
        panic!("{} posts", aftermath.taken.len());
    };
    assert_eq!(body["priority"], "CRITICAL");
    let waited = at.duration_since(night.begin);
    assert!(waited < MINUTE * 3, "{waited}");
}

fn composite(children: &[&str], seconds: i64) -> Happening {
    Happening {
        name: "down".to_owned(),
        what: Broken::Composite(children.iter().map(|&it| it.to_owned()).collect()),
        ..alarm("down", 0, seconds)
    }
}

/// Whichever comes first: the alarms that a composite alarm looks at are reported as a part of it, and
/// another alarm is not.
#[test]
fn a_composite_alarm_covers_its_children() {
    for at in [0, 5, 10] {
        let children = ["a", "b", "c"];
        let mut happenings: Vec<Happening> = children
            .iter()
            .zip(1..)
            .map(|(name, queue)| alarm(name, queue, 5))
            .collect();
        happenings.push(composite(&children, at));
        happenings.push(alarm("other", 9, 5));
        let night = night(happenings);
        let aftermath = night.play_and_account_for_everything();
        let told: BTreeMap<&str, u64> = aftermath
            .taken
            .iter()
            .map(|(_, it)| (it["title"].as_str().unwrap(), members(it)))
            .collect();
        let composite = told.iter().find(|(title, _)| title.contains("alarm down"));
        assert_eq!(composite.map(|(_, count)| *count), Some(4), "{told:?}");
        assert_eq!(told.len(), 2, "{told:?}");
    }
}

/// The outermost composite alarm covers everything that those within it cover.
#[test]
fn a_composite_alarm_covers_what_its_children_cover() {
    let inner = composite(&["a", "b"], 2);
    let outer = Happening {
        name: "outer".to_owned(),
        ..composite(&["down"], 4)
    };
    let night = night(vec![alarm("a", 1, 0), alarm("b", 2, 12), inner, outer]);
    let aftermath = night.play_and_account_for_everything();
    let [(_, body)] = &aftermath.taken[..] else {
        panic!("{} posts", aftermath.taken.len());
    };
    assert_eq!(members(body), 4);
    assert!(body["title"].as_str().unwrap().contains("of alarm outer"));
}

/// Nobody waits twenty minutes for a critical alarm because an alarm that is no composite alarm was sent.
#[test]
fn a_composite_alarm_does_not_cover_what_is_more_urgent() {
    let critical = Happening {
        priority: Priority::Critical,
        ..alarm("a", 1, 120)
    };
    let night = night(vec![composite(&["a"], 0), critical]);
    let aftermath = night.play_and_account_for_everything();
    let last = aftermath.taken.last().unwrap();
    assert!(last.0.duration_since(night.begin) < MINUTE * 4);
    assert_eq!(last.1["priority"], "CRITICAL");
}

/// A child that goes off long before is sent by itself.
#[test]
fn a_composite_alarm_does_not_cover_what_was_sent() {
    let night = night(vec![alarm("a", 1, 0), composite(&["a"], 120)]);
    assert_eq!(night.play_and_account_for_everything().taken.len(), 2);
}

/// Each of its reports becomes one dead letter with the reason, and holds up nobody else.
#[test]
fn a_group_that_the_agent_rejects_is_dead_as_a_whole() {
    let poison = (0..3).map(|it| alarm(&format!("bad-{it}"), 99_999, it * 5));
    let night = night(
        poison
            .chain([alarm("good", 1, 0), alarm("bad-3", 99_999, 300)])
            .collect(),
    );
    let aftermath = night.play(&night.events());
    assert_eq!(aftermath.dead, [r#"rejected: ["no"]"#; 2]);
    assert_eq!((aftermath.taken.len(), aftermath.left), (1, 0));
}
