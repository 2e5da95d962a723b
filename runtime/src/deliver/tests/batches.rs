//! What becomes of messages.

use super::*;

#[tokio::test]
async fn what_the_agent_takes_leaves_the_queue() {
    let ports = FakePorts::new([Ok(confirmed()), status(204)]);
    assert!(deliver_once(&ports, &["a", "b"]).await.is_empty());
    assert_eq!((ports.posted(), ports.metric("Confirmed")), (2, 1));
}

#[tokio::test]
async fn posts_keep_their_pace() {
    let ports = FakePorts::new([]);
    deliver_once(&ports, &["a", "b", "c"]).await;
    let posts = ports.posts.borrow();
    let apart = posts[2].0.duration_since(posts[0].0);
    assert!(apart >= SignedDuration::from_secs(2), "{apart}");
}

/// What else broke is reported from what is read anyway, the first report of a storm included.
#[tokio::test]
async fn each_report_says_what_else_opened() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    deliver(&mut it, &ports, &["a", "b"]).await;
    ports.sleep(Duration::from_mins(5)).await;
    deliver(&mut it, &ports, &["c"]).await;
    ports.sleep(Duration::from_mins(12)).await;
    deliver(&mut it, &ports, &["d"]).await;
    let posts = ports.posts.borrow();
    let named = posts.iter().map(|(_, request)| {
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        let description = body["description"].as_str().unwrap().to_owned();
        let (own, others) = description.split_once("\n\n").unwrap_or((&description, ""));
        assert_eq!(own, "d");
        let lines = others.lines().skip(1);
        let names = lines.map(|it| it.rsplit_once(" × ").unwrap().1.to_owned());
        names.collect::<Vec<String>>().concat()
    });
    let named: Vec<String> = named.collect();
    assert_eq!(named, ["b", "a", "ab", ""]);
}

#[tokio::test]
async fn duplicates_share_one_post() {
    let ports = FakePorts::new([]);
    assert!(deliver_once(&ports, &["a", "a", "a"]).await.is_empty());
    assert_eq!(ports.posted(), 1);
}

#[tokio::test]
async fn a_rejected_incident_is_dead_and_the_others_go_on() {
    let rejected = Answer {
        body: br#"{"errors":["no title"]}"#.to_vec(),
        ..confirmed()
    };
    let ports = FakePorts::new([Ok(rejected)]);
    assert!(deliver_once(&ports, &["a", "b"]).await.is_empty());
    let letters = ports.letters.borrow();
    assert_eq!(letters[0].reason, r#"rejected: ["no title"]"#);
    assert_eq!(letters[0].queued, "2026-01-02T03:04:05.000Z");
    assert_eq!(
        (letters.len(), ports.posted(), ports.metric("Rejected")),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn what_cannot_be_put_among_the_dead_letters_stays() {
    let ports = FakePorts {
        takes_letters: false,
        ..FakePorts::new([status(413)])
    };
    assert_eq!(deliver_once(&ports, &["a"]).await, ["0"]);
}

#[tokio::test]
async fn what_there_is_no_time_for_goes_back() {
    let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ports = FakePorts::new([]);
    let back = deliver_once(&ports, &names).await;
    assert_eq!(back.len() + ports.posted(), 200);
    assert!((90..=120).contains(&ports.posted()), "{}", ports.posted());
}

#[tokio::test]
async fn what_is_no_incident_is_dead() {
    let ports = FakePorts::new([]);
    let event =
        json!({ "Records": [{ "messageId": "m", "receiptHandle": "r", "body": "nonsense" }] });
    let deadline = ports
        .now()
        .checked_add(SignedDuration::from_secs(120))
        .unwrap();
    let answer = environment().handle(&ports, &event, deadline).await;
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
    assert!(
        ports.letters.borrow()[0]
            .reason
            .starts_with("not an envelope")
    );
}

/// When nothing can be recorded for minutes, what is urgent is sent by itself, within a sixth of the budget.
/// Its message stays until the ledger knows, and then ends without another post.
#[tokio::test]
async fn without_the_ledger_what_is_urgent_is_sent_alone() {
    let ports = FakePorts::new([]);
    *ports.ledger_is_away.borrow_mut() = true;
    let mut it = Deliver::new(DeliverySettings {
        limits: Limits {
            per_day: 12,
            ..environment().settings.limits
        },
        ..environment().settings
    });
    let names = ["a", "b", "c"];
    for _ in 0..10 {
        assert_eq!(deliver(&mut it, &ports, &names).await.len(), 3);
        ports.sleep(Duration::from_secs(30)).await;
    }
    assert_eq!(ports.posted(), 0, "a few minutes are waited");
    for _ in 0..10 {
        assert_eq!(deliver(&mut it, &ports, &names).await.len(), 3);
        ports.sleep(Duration::from_secs(30)).await;
    }
    assert_eq!(ports.posted(), 2, "a sixth of twelve");
    *ports.ledger_is_away.borrow_mut() = false;
    assert!(deliver(&mut it, &ports, &names).await.is_empty());
    assert_eq!(ports.posted(), 3, "what was sent is not sent again");
}

/// Over the dollars of a day only what is always sent is sent. A sum that cannot be read limits nothing.
#[tokio::test]
async fn over_the_dollars_of_a_day_incidents_wait_for_the_next() {
    let costs = |dollars: &str| {
        let ports = FakePorts::new([]);
        let key = Spending::key(ports.now());
        let item = match dollars {
            // As the result function writes it.
            "unreadable" => Item::Day(Day::default()),
            dollars => {
                let day = ports.now().to_zoned(jiff::tz::TimeZone::UTC).day();
                let json = json!({ "kind": "spending", "cents": { day.to_string(): dollars.parse::<u64>().unwrap() * 100 } });
                serde_json::from_value(json).unwrap()
            }
        };
        let after = Some(0);
        assert!(ports.ledger.borrow_mut().write(&[Put { key, after, item }]));
        ports
    };
    for (dollars, posted) in [("49", 1), ("50", 0), ("unreadable", 1)] {
        let ports = costs(dollars);
        let mut it = Deliver::new(DeliverySettings {
            limits: Limits {
                dollars_per_day: Some(50),
                ..environment().settings.limits
            },
            ..environment().settings
        });
        deliver(&mut it, &ports, &["a"]).await;
        assert_eq!(ports.posted(), posted, "{dollars}");
        // On the next day there are dollars again.
        ports.sleep(Duration::from_hours(24)).await;
        handle(&mut it, &ports, received(&["a"], 2)).await;
        assert_eq!(ports.posted(), 1, "{dollars}");
        // An older environment has no such limit.
        let ports = costs(dollars);
        deliver(&mut environment(), &ports, &["a"]).await;
        assert_eq!(ports.posted(), 1);
    }
}

/// A problem that goes on may come again every day: only what is a fifth larger than when it was reported is
/// reported again.
#[tokio::test]
async fn a_problem_that_has_hardly_grown_is_not_reported_again() {
    let ports = FakePorts::new([]);
    let mut it = environment();
    for (day, (size, posted)) in [
        (1_000, 1),
        (1_000, 1),
        (1_199, 1),
        (1_200, 2),
        (1_439, 2),
        (1_440, 3),
    ]
    .into_iter()
    .enumerate()
    {
        let batch = || sized(&format!("day {day}"), size);
        assert!(handle(&mut it, &ports, batch()).await.is_empty());
        // Neither does a duplicate change anything.
        assert!(handle(&mut it, &ports, batch()).await.is_empty());
        assert_eq!(ports.posted(), posted, "day {day}");
        ports.sleep(Duration::from_hours(24)).await;
    }
}

/// What the agent refused is not reported yet, however little the problem has grown since.
#[tokio::test]
async fn a_problem_whose_report_was_rejected_is_reported_again() {
    let rejected = Answer {
        body: br#"{"errors":["no title"]}"#.to_vec(),
        ..confirmed()
    };
    let ports = FakePorts::new([Ok(rejected)]);
    let mut it = environment();
    handle(&mut it, &ports, sized("first", 1_000)).await;
    ports.sleep(Duration::from_hours(24)).await;
    handle(&mut it, &ports, sized("second", 1_001)).await;
    assert_eq!((ports.letters.borrow().len(), ports.posted()), (1, 2));
}

/// A person has put a rejected report back among the incidents: it is tried again under the same ID.
#[tokio::test]
async fn a_letter_that_is_put_back_is_tried_again() {
    let rejected = || {
        Ok(Answer {
            body: br#"{"errors":["no title"]}"#.to_vec(),
            ..confirmed()
        })
    };
    let ports = FakePorts::new([rejected(), rejected()]);
    let mut it = environment();
    deliver(&mut it, &ports, &["a"]).await;
    for sent in 2..4 {
        let letter = ports.letters.borrow().last().unwrap().clone();
        assert_eq!(
            letter.window.as_deref().map(|it| it.ends_with("/1")),
            Some(true)
        );
        // A duplicate of the incident is nothing new.
        assert!(deliver(&mut it, &ports, &["a"]).await.is_empty());
        let mut body: Json = serde_json::from_str(&letter.body).unwrap();
        body["redriven"] = json!(true);
        let put_back = json!({ "Records": [
            { "messageId": "put back", "receiptHandle": "r", "body": body.to_string() },
        ] });
        assert!(handle(&mut it, &ports, put_back).await.is_empty());
        assert_eq!(ports.posted(), sent);
    }
    let posts = ports.posts.borrow();
    assert!(posts.iter().all(|(_, it)| it.body == posts[0].1.body));
    assert_eq!(ports.letters.borrow().len(), 2);
}

/// What was found is known by the ID of the report, and stands before the next of the group.
#[tokio::test]
async fn a_later_report_begins_with_what_was_found() {
    for (knows_results, begins) in [(false, false), (true, true)] {
        let ports = FakePorts::new([]);
        let mut it = Deliver::new(DeliverySettings {
            knows_results,
            ..environment().settings
        });
        let posted = |number: usize| -> Json {
            serde_json::from_slice(&ports.posts.borrow()[number].1.body).unwrap()
        };
        handle(&mut it, &ports, sized("first", 1_000)).await;
        let first = posted(0);
        let incident: IncidentId = serde_json::from_value(first["incidentId"].clone()).unwrap();
        let found = json!({
            "kind": "investigation",
            "incident": incident,
            "task": "task-1",
            "status": "COMPLETED",
            "created": ports.now(),
            "ended": ports.now(),
            "at": ports.now(),
            "verdict": { "finding": "cause", "line": "The disk is full" },
        });
        let put = Put {
            key: Key::investigation(&incident),
            after: Some(0),
            item: serde_json::from_value(found).unwrap(),
        };
        assert!(ports.ledger.borrow_mut().write(&[put]));
        ports.sleep(Duration::from_hours(1)).await;
        handle(&mut it, &ports, sized("second", 2_000)).await;
        let second = posted(1);
        let text = second["description"].as_str().unwrap();
        let begin = "This group was investigated before: task task-1, about the incident ";
        assert_eq!(text.starts_with(begin), begins, "{text}");
        assert_eq!(text.contains("\"The disk is full\""), begins, "{text}");
    }
}
