//! Readings as the API has given them, and as it never should.

mod following;
mod merging;
mod metering;
mod mitigating;
mod publishing;
mod reading;
mod world;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-05-14T08:00:00Z")
}

/// A task that was recorded, as `GetBacklogTask` showed it.
fn recorded() -> Json {
    json!({
        "agentSpaceId": "a68c0cba-0000-4000-8000-000000000000",
        "taskId": "d93e984e-836b-4f46-a761-6bc550979fe5",
        "executionId": "exe-ops1-4e71f31b-469a-4224-925e-c468f76b672a",
        "title": "dynamodb-etl-state-throttle",
        "description": "Alarm when etl-state DDB write throttle events > 0",
        "reference": {
            "system": "Event Channel",
            "title": "EventChannel-dynamodb-etl-state-throttle-2026-05-14T074545481+0000",
            "referenceId": "dynamodb-etl-state-throttle-2026-05-14T074545481+0000",
            "referenceUrl": "",
            "associationId": "56ec3ace-0000-4000-8000-000000000000",
        },
        "taskType": "INVESTIGATION",
        "priority": "HIGH",
        "status": "COMPLETED",
        "createdAt": "2026-05-14T07:46:07.860000+00:00",
        "updatedAt": "2026-05-14T07:49:20.112000+00:00",
        "version": 4,
        "hasLinkedTasks": false,
    })
}

fn record(kind: &str, at: &str, content: &Json) -> Json {
    json!({
        "recordId": "r",
        "recordType": kind,
        "createdAt": at,
        "content": content.to_string(),
    })
}
