use contract::{NoticeSettings, Priority};
use futures_util::FutureExt as _;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::{
    record,
    world::{World, completed, incident, task, world},
};
use crate::{
    aws::sns::Message,
    ledger::{Item, Key, Notice, Put, Status, Versioned},
    result::{Publish, ResultError},
};

fn notices() -> NoticeSettings {
    NoticeSettings {
        account: "prod".to_owned(),
        chat: true,
        from: Priority::High,
    }
}

/// Reads the task and publishes the result; returns whether it did.
fn publish(world: &World) -> Result<bool, ResultError> {
    let followed = world.follow().task("task-1").now_or_never().unwrap();
    let priority = Priority::High;
    if let Err(ResultError::Agent(error)) = followed {
        return Err(ResultError::Agent(error));
    }
    let known = world.known(incident(priority).id()).unwrap();
    let notices = notices();
    let publish = Publish {
        store: world,
        clock: world,
        topic: world,
        notices: &notices,
        space: &world.space,
    };
    publish.publish(&known).now_or_never().unwrap()
}

/// An invocation is about to publish.
fn claim(world: &World) {
    let key = Key::investigation(incident(Priority::High).id());
    let mut ledger = world.ledger.borrow_mut();
    let Some(Versioned { mut item, version }) = ledger.get(&key).cloned() else {
        panic!("nothing is recorded");
    };
    if let Item::Investigation(it) = &mut item {
        it.notice = Some(Notice {
            sent: false,
            since: world.now.get(),
        });
    }
    let put = Put {
        key,
        after: Some(version),
        item,
    };
    assert!(ledger.write(&[put]));
}

fn published(world: &World) -> Message {
    let published = world.published.borrow();
    let [message] = published.as_slice() else {
        panic!("{published:?}");
    };
    message.clone()
}

/// What each protocol gets.
fn bodies(message: &Message) -> (String, Json) {
    let body: Json = serde_json::from_str(&message.body).unwrap();
    assert_eq!(body["default"], body["email"]);
    let https = serde_json::from_str(body["https"].as_str().unwrap()).unwrap();
    (body["email"].as_str().unwrap().to_owned(), https)
}

#[test]
fn a_verdict_is_published_once() {
    let world = world(Priority::High, |_| {});
    completed(&world);
    assert!(publish(&world).unwrap());
    let message = published(&world);
    assert_eq!(message.subject, "[prod] Root cause found: shop");
    let (mail, chat) = bodies(&message);
    let expected = "\
Root cause found: shop

One incident of priority HIGH. The agent worked for 8.0 minutes, about $3.98.

What the agent wrote (text from events steers it: check it before you act on it):

The disk is full

Investigation: https://space.aidevops.global.app.aws/investigation/task-1
Console: https://us-east-1.console.aws.amazon.com/aidevops/home?region=us-east-1#/agentspaces/space/investigations/task-1
All results: synth results --account prod";
    assert_eq!(mail, expected);
    assert_eq!(
        (&chat["version"], &chat["source"]),
        (&json!("1.0"), &json!("custom"))
    );
    assert_eq!(chat["content"]["title"], "Root cause found: shop");
    let text = chat["content"]["description"].as_str().unwrap();
    assert!(text.ends_with(":\n```\nThe disk is full\n```"), "{text}");
    let attributes = message
        .attributes
        .iter()
        .map(|(name, it)| (*name, it.as_str()));
    let attributes: Vec<(&str, &str)> = attributes.collect();
    let expected = [
        ("account", "prod"),
        ("event", "investigation"),
        ("finding", "root-cause"),
        ("status", "COMPLETED"),
        ("priority", "HIGH"),
        ("rule", "orders"),
    ];
    assert_eq!(attributes, expected);
    // Completed comes again, also later.
    world
        .now
        .set(world.now.get() + SignedDuration::from_hours(1));
    assert!(!publish(&world).unwrap());
    world.task.replace(task("COMPLETED", 30));
    assert!(!publish(&world).unwrap());
}

#[test]
fn what_runs_was_linked_or_is_not_urgent_enough_is_not_published() {
    for (status, priority) in [
        ("IN_PROGRESS", Priority::High),
        ("LINKED", Priority::High),
        ("COMPLETED", Priority::Medium),
    ] {
        let it = world(priority, |_| {});
        completed(&it);
        it.task.replace(task(status, 8));
        assert!(!publish(&it).unwrap(), "{status} {priority:?}");
    }
}

#[test]
fn every_other_end_is_published() {
    for (status, headline) in [
        ("FAILED", "Investigation failed: shop"),
        ("TIMED_OUT", "Investigation timed out: shop"),
        ("CANCELED", "Investigation cancelled: shop"),
        ("SKIPPED", "Investigation skipped by the agent: shop"),
    ] {
        let world = world(Priority::High, |_| {});
        let mut ended = task(status, 8);
        ended["statusReason"] = json!("Monthly limit <!here> reached");
        world.task.replace(ended);
        assert!(publish(&world).unwrap());
        let (mail, _) = bodies(&published(&world));
        assert!(mail.starts_with(headline), "{mail}");
        assert!(
            mail.contains("Monthly limit \u{2039}!here\u{203a} reached"),
            "{mail}"
        );
    }
}

#[test]
fn a_summary_that_stays_away_is_waited_for_an_hour() {
    let world = world(Priority::High, |_| {});
    completed(&world);
    world.records.replace(Vec::new());
    assert!(!publish(&world).unwrap());
    world
        .now
        .set(world.now.get() + SignedDuration::from_hours(1));
    assert!(publish(&world).unwrap());
    let headline = "[prod] Investigation completed without a readable summary: shop";
    assert_eq!(published(&world).subject, headline);
}

#[test]
fn a_topic_that_is_away_is_tried_again() {
    let world = world(Priority::High, |_| {});
    completed(&world);
    world
        .follow()
        .task("task-1")
        .now_or_never()
        .unwrap()
        .unwrap();
    let known = world.known(incident(Priority::High).id()).unwrap();
    assert_eq!(known.status, Status::Completed);
    let notices = notices();
    let publish = Publish {
        store: &world,
        clock: &world,
        topic: &world,
        notices: &notices,
        space: &world.space,
    };
    world.fails.set(true);
    let failed = publish.publish(&known).now_or_never().unwrap();
    assert!(matches!(failed, Err(ResultError::Topic(_))));
    world.fails.set(false);
    // An invocation that was killed while it published is not waited for for long.
    claim(&world);
    assert!(!publish.publish(&known).now_or_never().unwrap().unwrap());
    world
        .now
        .set(world.now.get() + SignedDuration::from_mins(3));
    assert!(publish.publish(&known).now_or_never().unwrap().unwrap());
    assert_eq!(world.published.borrow().len(), 1);
}

/// Lambda's retries may be over while the topic is away.
#[test]
fn an_end_that_was_not_published_is_asked_for() {
    let mut world = world(Priority::High, |_| {});
    world.settings.notices = Some(notices());
    completed(&world);
    world
        .follow()
        .task("task-1")
        .now_or_never()
        .unwrap()
        .unwrap();
    world
        .now
        .set(world.now.get() + SignedDuration::from_hours(3));
    assert_eq!(world.overdue().len(), 1);
    assert!(publish(&world).unwrap());
    assert_eq!(world.overdue().len(), 0);
}

#[test]
fn an_end_that_is_never_published_is_not_asked_for() {
    let mut world = world(Priority::Medium, |_| {});
    world.settings.notices = Some(notices());
    completed(&world);
    world.task().unwrap();
    world
        .now
        .set(world.now.get() + SignedDuration::from_hours(3));
    assert_eq!(world.overdue().len(), 0);
    let from = Priority::Medium;
    world.settings.notices = Some(NoticeSettings { from, ..notices() });
    assert_eq!(world.overdue().len(), 1);
}

#[test]
fn an_end_of_which_something_is_still_to_be_read_is_published_after_an_hour() {
    let world = world(Priority::High, |_| {});
    completed(&world);
    world.broken.set(Some("investigation_gap"));
    assert!(!publish(&world).unwrap());
    world
        .now
        .set(world.now.get() + SignedDuration::from_hours(1));
    assert!(publish(&world).unwrap());
    let (mail, _) = bodies(&published(&world));
    assert!(
        mail.contains("Not everything about it could be read yet."),
        "{mail}"
    );
}

/// Whatever the agent writes: the message stays short, mentions nobody and leads nowhere else.
#[test]
fn a_message_is_short_and_does_nothing() {
    let world = world(Priority::High, |window| {
        window.name = format!("<@U1> [x](https://evil.example) {}", "n".repeat(300));
    });
    completed(&world);
    let long = "``` <!channel> @here https://evil.example/ ".repeat(100);
    let gaps: Vec<String> = (0..20)
        .map(|it| format!("{it} Access denied {long}"))
        .collect();
    let summary = json!({
        "findings": [{ "type": "root_cause", "title": long, "description": long }],
        "investigation_gaps": gaps,
    });
    world.records.replace(vec![record(
        "investigation_summary",
        "2026-05-14T07:53:00Z",
        &summary,
    )]);
    assert!(publish(&world).unwrap());
    let message = published(&world);
    let (mail, chat) = bodies(&message);
    assert!(mail.chars().count() <= 2_900, "{}", mail.chars().count());
    let whole = chat.to_string().chars().count();
    assert!(whole <= 2_900, "{whole}");
    assert!(mail.contains("It lacked access, so it may have seen nothing."));
    assert!(mail.ends_with("synth results --account prod"));
    assert!(message.subject.len() <= 100);
    let text = chat["content"]["description"].as_str().unwrap();
    for text in [
        mail.as_str(),
        text,
        chat["content"]["title"].as_str().unwrap(),
    ] {
        assert!(!text.contains("https://evil"), "{text}");
        assert!(!text.contains("<!") && !text.contains("<@") && !text.contains('@'));
    }
    // Only our own fences.
    assert_eq!(text.matches("```").count(), 2);
}
