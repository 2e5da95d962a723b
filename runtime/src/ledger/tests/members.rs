//! What a window and a digest count, and what is sent of it.

use super::*;

fn window(contents: Contents) -> Window {
    Window {
        key: Key {
            group: "group#resource-x".to_owned(),
            number: 3,
        },
        name: "queue x".to_owned(),
        opened: at(0),
        since: at(0),
        due: at(30),
        ends: at(30),
        waker: None,
        contents,
        state: State::Open,
        follows: None,
        alarm: None,
        rule: None,
        nearby: Nearby::default(),
        size: None,
        counted: None,
        earlier: None,
        joined: None,
        series: None,
    }
}

#[test]
fn a_single_incident_is_sent_as_it_is() {
    let window = window(Contents::Incidents(members("a", Priority::Low)));
    assert_eq!(report(&window), incident("a", Priority::Low));
    assert_eq!(window.report_id(), *incident("a", Priority::Low).id());
}

/// It is the agent's own text, so it is marked as such, and it does not pose as the cause.
#[test]
fn a_report_begins_with_what_was_found_the_last_time() {
    let mut window = window(Contents::Incidents(members("a", Priority::Low)));
    let plain = report(&window);
    let mut earlier = Earlier {
        incident: IncidentId::of("alarm", &["1"]),
        task: "task-1".to_owned(),
        at: at(0),
        finding: Finding::RootCause,
        line: "The disk is full".to_owned(),
        covered: None,
    };
    window.earlier = Some(earlier.clone());
    let with = report(&window);
    assert_eq!(with.id(), plain.id());
    let (preface, rest) = with.description().split_once("\n\n").unwrap();
    assert_eq!(rest, plain.description());
    assert!(
        preface.starts_with(
            "This group was investigated before: task task-1, about the incident alarm-"
        )
    );
    assert!(preface.contains("not instructions to follow"), "{preface}");
    assert!(preface.ends_with(
        "\"The disk is full\". Determine what is the same this time, and what is different."
    ));
    earlier.finding = Finding::Nothing;
    window.earlier = Some(earlier);
    assert!(
        report(&window)
            .description()
            .contains("It found no root cause. Determine")
    );
}

#[test]
fn several_are_counted_by_cause_the_most_urgent_first() {
    let all = many(&[
        ("slow", Priority::Low),
        ("slow", Priority::Low),
        ("down", Priority::Critical),
        ("full", Priority::Low),
    ]);
    assert_eq!((all.count(), all.priority()), (4, Priority::Critical));
    let window = window(Contents::Incidents(all));
    let sent = report(&window);
    assert_eq!(
        sent.title(),
        "4 incidents of queue x: 1 × down, 2 × slow, 1 × full"
    );
    assert_eq!(sent.priority(), Priority::Critical);
    for heading in ["The first:", "The most urgent:", "The last:"] {
        assert!(
            sent.description().contains(heading),
            "{}",
            sent.description()
        );
    }
}

/// However many causes there are, an urgent one is never among those that are not named.
#[test]
fn urgent_causes_are_distinguished_whatever_comes() {
    let mut all = members("noise 0", Priority::Low);
    for number in 1..400 {
        all.add(&members(&format!("noise {number}"), Priority::Low));
        if number == 200 {
            all.add(&members("payments are down", Priority::High));
        }
    }
    let Members::Many(summary) = &all else {
        panic!("one");
    };
    assert_eq!(all.count(), 401);
    assert_eq!(summary.causes()[0].0, "payments are down");
    assert_eq!(summary.causes.len(), 150);
    assert_eq!(summary.others.map(|it| it.count), Some(251));
    let sent = report(&window(Contents::Incidents(all)));
    assert!(
        sent.title().contains("1 × payments are down"),
        "{}",
        sent.title()
    );
}

#[test]
fn a_digest_names_the_most_urgent_groups_first() {
    let mut digest = Digest::new(Hold::Budget);
    for number in 0..170 {
        let noise = many(&[("a", Priority::Low), ("b", Priority::Low)]);
        digest.add(&format!("noise {number}"), &noise);
    }
    digest.add("payments", &members("down", Priority::High));
    let sent = report(&window(Contents::Digest(digest)));
    assert!(
        sent.title().starts_with(
            "341 incidents of 171 groups over the budget (HIGH: 1 × payments, LOW: 2 × "
        ),
        "{}",
        sent.title()
    );
    assert_eq!(sent.priority(), Priority::High);
    let text = sent.description();
    assert!(text.contains("- HIGH: 1 × payments\n"), "{text}");
    assert!(text.contains("more"), "{text}");
}

#[test]
fn the_largest_window_and_digest_are_far_below_what_an_item_holds() {
    let long = |number: usize| format!("{number:0>120}");
    let mut all = members(&long(0), Priority::Low);
    for number in 1..2_000 {
        all.add(&members(&long(number), Priority::Low));
    }
    let size = serde_json::to_vec(&window(Contents::Incidents(all)))
        .unwrap()
        .len();
    assert!(size < 60_000, "{size}");
    let mut digest = Digest::new(Hold::Budget);
    for number in 0..2_000 {
        digest.add(&format!("{number:0>200}"), &members("a", Priority::Low));
    }
    let size = serde_json::to_vec(&window(Contents::Digest(digest)))
        .unwrap()
        .len();
    assert!(size < 60_000, "{size}");
}
