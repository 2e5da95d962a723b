//! What an execution writes into its journal.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stacks::Json;

use super::{
    script::{Fault, Finding},
    task::{Status, Task},
    uuid,
};

/// The type of the record that has a plan.
const PLAN: &str = "mitigation_summary_md";
/// How late a summary is where it is.
const LATE: SignedDuration = SignedDuration::from_secs(7);

/// A record.
pub(super) struct Record {
    pub(super) id: String,
    pub(super) kind: &'static str,
    /// JSON as text, or markdown where the type ends in `_md`.
    pub(super) content: String,
    pub(super) at: Timestamp,
}

/// The ID of the summary of a task, or of its plan where there is one.
pub(super) fn summary_id(task: &Task) -> String {
    let kind = match task.mitigation {
        Some(_) => PLAN,
        None => "investigation_summary_md",
    };
    uuid(&["record", &task.id, kind])
}

/// The plan of what to do about the root cause, once it is written.
pub(super) fn plan(task: &Task, now: Timestamp) -> Vec<Record> {
    let written = task
        .mitigation
        .iter()
        .filter(|it| it.status == "STOPPED" && it.updated <= now);
    let plan = written.map(|it| Record {
        id: uuid(&["record", &task.id, PLAN]),
        kind: PLAN,
        content: format!(
            "# Mitigation plan for {}\n\n1. Roll back the service to the revision before the deployment.\n2. Watch its \
             memory for ten minutes.\n\nRollback: deploy the current revision again.",
            task.subject()
        ),
        at: it.updated,
    });
    plan.collect()
}

/// What can be read by now, the oldest first. A task that was linked has nothing.
pub(super) fn records(task: &Task, now: Timestamp) -> Vec<Record> {
    let Some(execution) = task
        .execution
        .as_ref()
        .filter(|_| task.status != Status::Linked)
    else {
        return Vec::new();
    };
    let mut records = Vec::new();
    let mut add = |kind: &'static str, name: &str, at: Timestamp, content: String| {
        if at <= now {
            let id = uuid(&["record", &task.id, name]);
            records.push(Record {
                id,
                kind,
                content,
                at,
            });
        }
    };
    add(
        "message",
        "message",
        execution.created,
        message(&task.incident),
    );
    for (number, (at, incident)) in task.linked.iter().enumerate() {
        add(
            "message",
            &format!("linked-{number}"),
            *at,
            message(incident),
        );
    }
    if task.status != Status::Completed {
        return records;
    }
    let late = if task.play.has(Fault::LateSummary) {
        LATE
    } else {
        SignedDuration::ZERO
    };
    let at = execution
        .updated
        .saturating_add(late)
        .unwrap_or(Timestamp::MAX);
    let (findings, gaps) = (findings(task), gaps(task));
    for (number, finding) in findings.iter().enumerate() {
        let mut record = finding.clone();
        record["finding_type"] = record["type"].take();
        add(
            "finding",
            &format!("finding-{number}"),
            at,
            record.to_string(),
        );
    }
    for (number, gap) in gaps.iter().enumerate() {
        add(
            "investigation_gap",
            &format!("gap-{number}"),
            at,
            gap.to_string(),
        );
    }
    let used = json!({ "skills": { "bundles": ["tocsin-incidents"] } });
    add("utilization", "utilization", at, used.to_string());
    let summary = json!({
        "symptoms": [{ "id": "symptom-1", "title": task.text("title"), "description": task.subject() }],
        "findings": findings,
        "investigation_gaps": gaps,
    });
    add(
        "investigation_summary",
        "investigation_summary",
        at,
        summary.to_string(),
    );
    let markdown = format!("# {}\n\n{}", task.subject(), titles(&findings));
    add(
        "investigation_summary_md",
        "investigation_summary_md",
        at,
        markdown,
    );
    records
}

fn titles(findings: &[Json]) -> String {
    let titles = findings.iter().filter_map(|it| it["title"].as_str());
    let titles: Vec<String> = titles.map(|it| format!("- {it}")).collect();
    titles.join("\n")
}

/// The first thing that an investigation reads, word for word as recorded.
fn message(incident: &Json) -> String {
    let text = |key: &str| incident[key].as_str().unwrap_or_default().to_owned();
    let text = format!(
        "TITLE: {}, REFERENCE_URL: , DESCRIPTION: {}",
        text("title"),
        text("description")
    );
    json!({ "role": "user", "content": [{ "text": text }] }).to_string()
}

fn findings(task: &Task) -> Vec<Json> {
    let subject = task.subject();
    let cause = |kind: &str, leads_to: &[&str]| {
        json!({
            "id": "finding-1",
            "type": kind,
            "title": "A deployment 14 minutes earlier halved the memory of the service",
            "description": format!(
                "The revision before ran with 1,024 MiB and used 700 at most. The current one has 512, and its tasks are \
                 killed within two minutes under the load of every evening. {subject} was last healthy before the \
                 deployment."
            ),
            "cascades_to": leads_to,
        })
    };
    match task.play.finding {
        Finding::RootCause => vec![
            json!({
                "id": "finding-2",
                "type": "cause",
                "title": format!("Requests to {subject} fail while its tasks are replaced"),
                "description": "Half of the targets are unhealthy at any time.",
                "cascades_to": [],
            }),
            cause("root_cause", &["finding-2"]),
        ],
        Finding::Cause => vec![cause("cause", &[])],
        Finding::Nothing | Finding::NoAccess => Vec::new(),
    }
}

fn gaps(task: &Task) -> Vec<Json> {
    let gap = |title: &str, description: &str| json!({ "id": "gap-1", "title": title, "description": description });
    match task.play.finding {
        Finding::RootCause => Vec::new(),
        Finding::Cause | Finding::Nothing => vec![gap(
            "No application logs of the time before",
            "The log group keeps one day.",
        )],
        Finding::NoAccess => vec![gap(
            "Access denied to the account's metrics and logs",
            "Every call was refused with AccessDeniedException: the role of the agent space has no permission.",
        )],
    }
}
