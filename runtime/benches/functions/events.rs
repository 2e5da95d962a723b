//! What the functions are handed.

use std::{fs, path::Path, time::Duration};

use contract::{Envelope, FunctionName, Group, GroupKey, Incident, IncidentId, Priority};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::{lambda::Event, outside::SPACE};

/// The largest payload of an invocation, in bytes. Source: "Lambda quotas".
const LARGEST_PAYLOAD: usize = 6 * 1_024 * 1_024;
/// The largest event, in bytes. Source: "Amazon EventBridge quotas".
const LARGEST_EVENT: usize = 1_048_576;
/// Messages of a batch at most, as the event source mapping says.
const MESSAGES: usize = 1_000;

/// What a function is handed most of the time.
pub(crate) fn event(function: &str) -> Event {
    let payload = match function {
        "alarm" => sample("alarm-lambda-metric-java"),
        "ecs" => sample("ecs-task-stopped-oom"),
        "event" => sample("event-DERIVED-pipeline-failed"),
        "deliver" => batch(&[message(0, "It broke.")]),
        "result" => ended_task(),
        _ => json!({ "scheduledTime": "2026-01-02T06:30:00Z" }).to_string(),
    };
    Event {
        payload,
        time: Duration::from_mins(2),
        answer: match function {
            "deliver" => r#"{"batchItemFailures":["#,
            "result" => r#"{"result":"not-ours"}"#,
            _ => r#"{"decision":"investigate""#,
        },
    }
}

/// What the agent says when a task has ended that is about nothing of ours, as most of a shared space's are.
fn ended_task() -> String {
    let metadata = json!({ "agent_space_id": SPACE, "task_id": "t" });
    let event = json!({
        "source": "aws.aidevops",
        "detail-type": "Investigation Completed",
        "detail": { "metadata": metadata },
    });
    event.to_string()
}

/// The largest event that EventBridge hands over, of the JSON that takes the most memory for its length.
pub(crate) fn largest_event() -> Event {
    let begin = r#"{"rule":"shop","title":"it failed","event":{"source":"shop","detail-type":"Failed","id":"1","account":"111122223333","region":"eu-central-1","time":"2026-01-02T03:04:05Z","resources":[],"detail":{"a":["#;
    let end = "{}]}}}";
    let item = r#"{"":0},"#;
    let count = (LARGEST_EVENT - begin.len() - end.len()) / item.len();
    Event {
        payload: format!("{begin}{}{end}", item.repeat(count)),
        time: Duration::from_secs(30),
        answer: r#"{"decision":"investigate""#,
    }
}

/// The cost report of an account that takes its time.
pub(crate) fn large_account() -> Event {
    Event {
        time: Duration::from_mins(5),
        ..event("cost")
    }
}

/// As many messages as fit into a batch, as large as they may be then. There is only time to deliver
/// the first ones; the others go back.
pub(crate) fn full_batch() -> Event {
    let mut text = "x".repeat(LARGEST_PAYLOAD / MESSAGES);
    let batch = loop {
        let messages: Vec<Json> = (0..MESSAGES).map(|index| message(index, &text)).collect();
        let batch = batch(&messages);
        if batch.len() <= LARGEST_PAYLOAD {
            break batch;
        }
        text.truncate(text.len() - 50);
    };
    Event {
        payload: batch,
        time: Duration::from_secs(17),
        answer: r#"{"batchItemFailures":[{"#,
    }
}

/// An incident that belongs to nothing.
pub(crate) fn alone(number: usize) -> Event {
    grouped(&[message(number, "It broke.")])
}

/// So many incidents of a hundred groups.
pub(crate) fn storm(incidents: usize) -> Event {
    let messages: Vec<Json> = (0..incidents)
        .map(|number| {
            let name = format!("shop-{}", number % 100);
            let incident = incident(number, "It broke.");
            let key = GroupKey::of("service", &[&name]);
            let group = Group::new(key, &name, "out of memory");
            queued(
                number,
                &Envelope::of_group(FunctionName::Ecs, incident, group),
            )
        })
        .collect();
    grouped(&messages)
}

/// A batch that is sent by group: what waits goes back.
fn grouped(messages: &[Json]) -> Event {
    Event {
        payload: batch(messages),
        time: Duration::from_mins(2),
        answer: r#"{"batchItemFailures":["#,
    }
}

fn sample(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(format!("snapshots/events/{name}.json"))).unwrap()
}

fn batch(messages: &[Json]) -> String {
    json!({ "Records": messages }).to_string()
}

fn message(index: usize, description: &str) -> Json {
    queued(
        index,
        &Envelope::new(FunctionName::Alarm, incident(index, description)),
    )
}

fn incident(index: usize, description: &str) -> Incident {
    Incident::new(
        IncidentId::of("bench", &[&index.to_string()]),
        Priority::High,
        "It broke",
        description,
        Timestamp::UNIX_EPOCH,
        "shop",
        json!({}),
    )
}

fn queued(index: usize, envelope: &Envelope) -> Json {
    json!({
        "messageId": format!("8d2a2a1c-0000-4000-8000-{index:012}"),
        "receiptHandle": "r".repeat(180),
        "body": envelope.to_body(),
        "attributes": {
            "SentTimestamp": Timestamp::now().as_millisecond().to_string(),
            "ApproximateReceiveCount": "1",
        },
        "eventSource": "aws:sqs",
        "awsRegion": "eu-central-1",
    })
}
