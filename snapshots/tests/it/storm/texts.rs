//! What the agent reads of a group, of what came after it, and of a digest: `snapshots/groups`.

use snapshots::{assert_snapshot, directory};

use super::{budget::limited, *};

fn show(body: &Json) -> String {
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    format!(
        "{} {}\n{}\n\n{}\n\ndata: {:#}",
        text("priority"),
        text("incidentId"),
        text("title"),
        text("description"),
        body["data"]
    )
}

#[track_caller]
fn check(name: &str, body: &Json) {
    assert_snapshot(&directory("groups"), name, &show(body));
}

/// A service dies: its tasks fail again and again, and then an hour long nothing does.
#[test]
fn of_a_group_and_its_follow_up() {
    let tasks = |(number, at): (i64, i64)| Happening {
        name: format!(
            "{number:0width$}",
            width = if number % 3 == 0 { 5 } else { 6 }
        ),
        what: Broken::Service(1),
        at: SignedDuration::from_secs(at),
        priority: Priority::High,
        size: 0,
    };
    let night = Night {
        happenings: (0..12)
            .map(|it| (it, it * 2))
            .chain([(12, 300), (13, 600)])
            .map(tasks)
            .collect(),
        ..Night::default()
    };
    let aftermath = night.play_and_account_for_everything();
    let [(_, group), (_, follow_up)] = &aftermath.taken[..] else {
        panic!("{} posts", aftermath.taken.len());
    };
    check("group", group);
    check("follow_up", follow_up);
}

#[test]
fn of_a_digest() {
    let night = limited(2, 24, Night::storm(24, 8, 0, 7));
    let aftermath = night.play_and_account_for_everything();
    let digest = aftermath
        .taken
        .iter()
        .find(|(_, it)| it["data"]["byGroup"].is_array());
    check("digest", &digest.unwrap().1);
}
