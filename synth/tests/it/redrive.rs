//! Dead letters on the local AWS: each is accounted for, goes back the right way, and leads to one
//! incident.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};
use contract::{Envelope, names::FAILED_EVENTS};
use demo::receiver::Receiver;
use serde_json::{Value as Json, json};
use synth::aws::Aws;

use crate::{
    dead_letters::{
        Letter, action, by_destination, by_function, by_rule, by_schedule, envelope, incident,
        order, poison, task, watched,
    },
    lifecycle::{Life, account},
};

const MORE: &str = "\
watched-alarms: [legacy-]
events:
  - name: orders
    pattern: {source: [shop.orders]}
    title: \"The order {detail.order} failed\"
cost-report: {at: \"07:30\", time-zone: UTC}
";

/// The deployed stack, as far as dead letters are concerned.
struct Queues {
    aws: Aws,
    outputs: BTreeMap<String, String>,
}

impl Queues {
    async fn of(aws: &Aws) -> Self {
        let core = synth::deploy::describe(aws, "tocsin-life").await;
        Self {
            aws: aws.clone(),
            outputs: core.unwrap().unwrap().outputs,
        }
    }

    fn output(&self, name: &str) -> &str {
        &self.outputs[name]
    }

    /// Puts dead letters where they belong: records of Lambda's into the bucket, as it would.
    async fn bury(&self, letters: &[Letter]) {
        let sqs = self.aws.sqs();
        let is_record = |it: &&Letter| it.kind == "on-failure";
        for (number, letter) in letters.iter().filter(is_record).enumerate() {
            let function = self.output("AlarmFunction");
            let key =
                format!("{FAILED_EVENTS}{function}/2026/01/02/2026-01-02T03.04.05-{number:032x}");
            let put = self
                .aws
                .s3()
                .put_object()
                .bucket(self.output("FailedEventsBucket"))
                .key(key)
                .body(letter.body.clone().into_bytes().into());
            put.send().await.unwrap();
        }
        let letters: Vec<&Letter> = letters.iter().filter(|it| !is_record(it)).collect();
        for batch in letters.chunks(10) {
            let entries = batch.iter().enumerate().map(|(index, letter)| {
                let mut entry = SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(&letter.body);
                for (name, value) in &letter.attributes {
                    let value = MessageAttributeValue::builder()
                        .data_type("String")
                        .string_value(value);
                    entry = entry.message_attributes(*name, value.build().unwrap());
                }
                entry.build().unwrap()
            });
            let sent = sqs
                .send_message_batch()
                .queue_url(self.output("DeadLettersUrl"))
                .set_entries(Some(entries.collect()));
            assert!(sent.send().await.unwrap().failed.is_empty());
        }
    }

    /// How many records are in the bucket.
    async fn records(&self) -> usize {
        let bucket = self.output("FailedEventsBucket");
        let listed = self.aws.s3().list_objects_v2().bucket(bucket).send().await;
        listed.unwrap().contents().len()
    }

    /// How many dead letters can be seen, and how many are hidden.
    async fn dead_letters(&self) -> (usize, usize) {
        let answer = self
            .aws
            .sqs()
            .get_queue_attributes()
            .queue_url(self.output("DeadLettersUrl"))
            .attribute_names(QueueAttributeName::All);
        let attributes = answer.send().await.unwrap().attributes.unwrap();
        let number = |name: QueueAttributeName| attributes[&name].parse().unwrap();
        (
            number(QueueAttributeName::ApproximateNumberOfMessages),
            number(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
        )
    }

    /// Lets incidents gather where they wait for delivery.
    async fn stop_delivery(&self) {
        let lambda = self.aws.lambda();
        let function = self.output("DeliverFunction");
        let listed = lambda.list_event_source_mappings().function_name(function);
        for mapping in listed.send().await.unwrap().event_source_mappings() {
            let uuid = mapping.uuid().unwrap();
            let stopped = lambda
                .update_event_source_mapping()
                .uuid(uuid)
                .enabled(false);
            stopped.send().await.unwrap();
        }
    }

    /// Takes incidents out of their queue until there are none.
    async fn drain(&self, into: &mut BTreeMap<String, Envelope>) {
        let sqs = self.aws.sqs();
        let url = self.output("IncidentsUrl");
        loop {
            let received = sqs
                .receive_message()
                .queue_url(url)
                .max_number_of_messages(10);
            let messages = received.send().await.unwrap().messages.unwrap_or_default();
            if messages.is_empty() {
                return;
            }
            for message in messages {
                let envelope = Envelope::parse(&message.body.unwrap()).unwrap();
                into.insert(envelope.incident.id().to_string(), envelope);
                let receipt = message.receipt_handle.unwrap();
                let deleted = sqs.delete_message().queue_url(url).receipt_handle(receipt);
                deleted.send().await.unwrap();
            }
        }
    }
}

/// A deployed account.
async fn deployed() -> Option<(Life, Queues)> {
    let life = Life::begin(&account(MORE)).await?;
    life.run(&["deploy", "--account", "life", "--yes"], "")
        .await
        .code(0);
    let queues = Queues::of(life.local.aws()).await;
    Some((life, queues))
}

fn redrive(more: &[&'static str]) -> Vec<&'static str> {
    [&["redrive", "--account", "life"], more].concat()
}

/// A thousand, every kind among them; 870 have a way back.
fn thousand(alarm_function: &str) -> Vec<Letter> {
    let six_days = Some("given up after six days in the queue");
    let rejected = Some("rejected: title is required");
    let wrapped = |number: usize| {
        let event = order(&format!("order-{number}"));
        json!({ "rule": "tocsin-life-event-orders", "title": "An order failed", "event": event })
    };
    let mut all = Vec::new();
    let mut add = |count: usize, make: &dyn Fn(usize) -> Letter| all.extend((0..count).map(make));
    add(300, &|it| incident(&format!("given-up-{it}"), six_days));
    add(270, &|it| {
        incident(&format!("moved-{it}"), Some("it was received too often"))
    });
    add(30, &|it| incident(&format!("unexplained-{it}"), None));
    add(40, &|it| by_function(&action(&format!("action-{it}"))));
    add(40, &|it| by_function(&task(&format!("service-{it}"))));
    add(20, &|it| by_function(&wrapped(it)));
    add(60, &|it| {
        by_destination(alarm_function, &action(&format!("record-{it}")))
    });
    add(60, &|it| {
        by_rule("watched-alarms", &watched(&format!("legacy-{it}")))
    });
    add(50, &|it| {
        by_rule("ecs-tasks", &task(&format!("by-rule-{it}")))
    });
    add(20, &|it| {
        by_rule("event-orders", &order(&format!("by-rule-{it}")))
    });
    add(10, &|it| by_schedule(it + 1));

    add(20, &|it| incident(&format!("rejected-{it}"), rejected));
    add(10, &|it| {
        poison(
            "incident",
            json!({ "version": 99, "planted": it }).to_string(),
        )
    });
    add(10, &|it| Letter {
        goes: false,
        ..by_rule("event-forgotten", &order(&format!("forgotten-{it}")))
    });
    add(30, &|it| poison("unknown", format!("planted {it}")));
    add(30, &|it| {
        poison("unknown", json!({ "planted": it }).to_string())
    });
    assert_eq!(all.len(), 1_000);

    // In turn, and not one kind after the other.
    let mut mixed: Vec<(usize, Letter)> = all.into_iter().enumerate().collect();
    mixed.sort_by_key(|(place, _)| place * 577 % 1_000);
    mixed.into_iter().map(|(_, letter)| letter).collect()
}

/// How many letters a report has of each kind and verdict.
fn tally(report: &Json) -> BTreeMap<(String, String), usize> {
    let mut tally = BTreeMap::new();
    for letter in report[0]["letters"].as_array().unwrap() {
        let text = |key: &str| letter[key].as_str().unwrap().to_owned();
        *tally.entry((text("kind"), text("verdict"))).or_default() += 1;
    }
    tally
}

/// What a report should have of `letters`, where this is what becomes of those that go.
fn expected(letters: &[Letter], verdict: &str) -> BTreeMap<(String, String), usize> {
    let mut tally = BTreeMap::new();
    for letter in letters {
        let verdict = if letter.goes { verdict } else { "kept" };
        let key = (letter.kind.to_owned(), verdict.to_owned());
        *tally.entry(key).or_default() += 1;
    }
    tally
}

#[tokio::test]
async fn a_thousand_dead_letters_are_accounted_for() {
    let Some((life, queues)) = deployed().await else {
        return;
    };
    queues.stop_delivery().await;
    let letters = thousand(queues.output("AlarmFunction"));
    queues.bury(&letters).await;

    // A look changes nothing, and neither does a run that nobody has said yes to.
    let dry = life
        .run(&redrive(&["--dry-run", "--json"]), "")
        .await
        .code(0)
        .says("eu-central-1: read 1000 of 1000");
    let report: Json = serde_json::from_str(&dry.stdout).unwrap();
    assert_eq!(tally(&report), expected(&letters, "would redrive"));
    assert!(!dry.stdout.contains("planted"));
    life.run(&redrive(&[]), "")
        .await
        .code(4)
        .says("870 would be redriven, 130 kept")
        .says("hint: add `--yes`");
    assert_eq!(
        (queues.dead_letters().await, queues.records().await),
        ((940, 0), 60)
    );
    let mut gathered = BTreeMap::new();
    queues.drain(&mut gathered).await;
    assert!(gathered.is_empty());

    // What has a way back goes, and the rest says why it does not.
    let done = life
        .run(&redrive(&["--yes", "--json"]), "")
        .await
        .code(0)
        .says("eu-central-1: redriven 870 of 870");
    let report: Json = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(tally(&report), expected(&letters, "redriven"));
    let left = report[0]["letters"].as_array().unwrap().iter();
    let reasons: BTreeSet<&str> = left
        .filter_map(|it| it["reason"].as_str()?.split(';').next())
        .collect();
    let why = [
        "a newer version of Tocsin wrote it: redrive it with that version",
        "unknown format: not written by this stack, EventBridge, the scheduler or Lambda",
        "no reason attribute: anyone who may send to this queue could have written it",
        "the account file has no rule `tocsin-life-event-forgotten`",
        "the agent would reject it again",
    ];
    assert_eq!(reasons, BTreeSet::from(why));
    assert_eq!(
        (queues.dead_letters().await, queues.records().await),
        ((130, 0), 0)
    );

    // A second time there is nothing left to do.
    life.run(&redrive(&["--yes"]), "")
        .await
        .code(0)
        .prints("eu-central-1: 130 dead letters")
        .prints("\n  130 kept\n");

    // Every one has led to its incident, but for the reports: there is nothing idle here. Where a busy
    // machine keeps a function waiting for the queue it queues again, under the same ID.
    for _ in 0..600 {
        queues.drain(&mut gathered).await;
        if gathered.len() >= 860 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(gathered.len(), 860);
    for name in ["given-up-7", "moved-7"] {
        let mut envelope = envelope(name);
        envelope.redriven = true;
        assert_eq!(gathered[envelope.incident.id().as_str()], envelope);
    }
    let titles: BTreeSet<&str> = gathered.values().map(|it| it.incident.title()).collect();
    for title in [
        "action-7 in ALARM (eu-central-1)",
        "record-7 in ALARM (eu-central-1)",
        "legacy-7 in ALARM (eu-central-1)",
        // The rule's own title, as the account file has it.
        "The order by-rule-7 failed (eu-central-1)",
        "An order failed (eu-central-1)",
    ] {
        assert!(titles.contains(title), "{title}");
    }
    life.local.stop(false).await;
}

#[tokio::test]
async fn what_is_redriven_arrives_signed_and_once() {
    let Some((life, queues)) = deployed().await else {
        return;
    };
    let mut receiver = Receiver::listen("right".to_owned()).await.unwrap();
    let secret = json!({ "url": receiver.url(), "secret": "right" }).to_string();
    life.run(&["webhook", "set", "--account", "life"], &secret)
        .await
        .code(0);
    life.run(&redrive(&["--yes"]), "")
        .await
        .code(0)
        .prints("eu-central-1: 0 dead letters\n  nothing to do");

    let rejected = incident("rejected", Some("rejected: title is required"));
    queues
        .bury(&[
            incident("given-up", Some("given up after six days in the queue")),
            by_function(&action("action")),
            by_rule("ecs-tasks", &task("api")),
            by_rule("event-orders", &order("by-rule")),
            rejected,
            poison("unknown", "planted".to_owned()),
        ])
        .await;
    life.run(
        &redrive(&["--yes", "--only", "function", "--only", "incident"]),
        "",
    )
    .await
    .code(0)
    .prints("2 redriven, 1 kept, 3 skipped");
    life.run(&redrive(&["--yes", "--id", "nobody"]), "")
        .await
        .code(1)
        .says("no dead letter has the ID `nobody`");
    life.run(&redrive(&["--yes"]), "")
        .await
        .code(0)
        .prints("2 redriven, 2 kept");

    // What the agent rejected goes when a person insists.
    let rejected = envelope("rejected").incident.id().to_string();
    let insist = ["redrive", "--account", "life", "--yes", "--id", &rejected];
    life.run(&insist, "")
        .await
        .code(0)
        .prints("redriven       incident")
        .prints("1 redriven, 1 skipped");
    assert_eq!(queues.dead_letters().await, (1, 0));
    life.run(&["status", "--account", "life"], "")
        .await
        .code(0)
        .prints("see why with: synth redrive --account life --dry-run");

    let mut arrived = BTreeMap::new();
    while arrived.len() < 5 {
        let arrival = tokio::time::timeout(Duration::from_mins(1), receiver.next());
        let arrival = arrival.await.unwrap().unwrap();
        assert_eq!(arrival.refused, None);
        let text = |key: &str| arrival.incident[key].as_str().unwrap().to_owned();
        let before = arrived.insert(text("incidentId"), text("title"));
        assert_eq!(before, None);
    }
    let titles: BTreeSet<&str> = arrived.values().map(String::as_str).collect();
    let expected = [
        "life: api: an image cannot be pulled (cluster checkout, eu-central-1)",
        "life: action in ALARM (eu-central-1)",
        "life: given-up in ALARM (eu-central-1)",
        "life: rejected in ALARM (eu-central-1)",
        "life: The order by-rule failed (eu-central-1)",
    ];
    assert_eq!(titles, BTreeSet::from(expected));

    // By an alarm's name, and by the ID that the agent has.
    life.run(&["explain", "--account", "life", "action"], "")
        .await
        .code(0)
        .prints("the report on ")
        .prints("=> the agent has it, as ");
    life.run(
        &["explain", "--account", "life", &rejected, "--no-logs"],
        "",
    )
    .await
    .code(0)
    .prints("recorded     ledger")
    .prints("=> the agent has it, as ")
    .prints("not searched: the functions' logs");
    life.run(&["explain", "--account", "life", "nobody"], "")
        .await
        .code(1)
        .prints("nothing is known of `nobody`");
    life.local.stop(false).await;
}
