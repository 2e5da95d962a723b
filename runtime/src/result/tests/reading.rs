use contract::IncidentId;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{at, now, record, recorded};
use crate::{
    ledger::{Finding, Gap, Status, Verdict},
    result::{Executions, Journal, Task, investigation},
};

fn summary(findings: &Json) -> Journal {
    let content = json!({ "symptoms": [], "findings": findings, "investigation_gaps": [] });
    Journal::read(&[record(
        "investigation_summary",
        "2026-05-14T07:49:00Z",
        &content,
    )])
}

fn execution(id: &str, agent: &str, from: &str, to: &str) -> Json {
    json!({ "executionId": id, "agentType": agent, "createdAt": from, "updatedAt": to,
            "executionStatus": "STOPPED" })
}

#[test]
fn a_recorded_task_is_read() {
    let task = Task::read(&recorded(), now()).unwrap();
    let id = "dynamodb-etl-state-throttle-2026-05-14T074545481+0000";
    assert_eq!(task.reference.as_deref(), Some(id));
    assert_eq!(task.status, Status::Completed);
    let incident = IncidentId::try_from(id.to_owned()).unwrap();
    let executions = Executions::read(&[execution(
        "exe-ops1-4e71f31b-469a-4224-925e-c468f76b672a",
        "ops1",
        "2026-05-14T07:46:08Z",
        "2026-05-14T07:49:20Z",
    )]);
    let journal = summary(&json!([
        { "type": "hypothesis", "title": "A hot key", "description": "Perhaps." },
        { "type": "cause", "title": "Writes doubled", "description": "At 07:40." },
        { "type": "root_cause", "title": "A retry loop\nof the ETL job",
          "description": "The job has no back-off.\n\nIt writes   each item again." },
        { "type": "root_cause", "title": "Another" },
    ]));
    let found = investigation(incident, &task, &executions, &journal, 0.0083);
    assert_eq!(found.seconds, Some(192));
    assert_eq!(found.dollars, Some(1.59));
    assert_eq!(found.began, Some(at("2026-05-14T07:46:08Z")));
    assert_eq!(found.ended, Some(at("2026-05-14T07:49:20.112Z")));
    let verdict = Verdict {
        finding: Finding::RootCause,
        line: "A retry loop of the ETL job".to_owned(),
        paragraph: "The job has no back-off. It writes each item again.".to_owned(),
    };
    assert_eq!(found.verdict, Some(verdict));
}

#[test]
fn the_verdict_is_the_first_root_cause_or_else_the_first_cause() {
    let of = |findings| summary(&findings).verdict.unwrap();
    let cause = of(
        json!([{ "type": "hypothesis", "title": "h" }, { "finding_type": "CAUSE", "title": "c" }]),
    );
    assert_eq!((cause.finding, cause.line.as_str()), (Finding::Cause, "c"));
    for nothing in [
        json!([]),
        json!([{ "type": "hypothesis", "title": "h" }]),
        json!([{ "type": "new-kind", "title": "x" }, 7, null, { "title": "x" }]),
        json!([{ "type": "root_cause" }]),
        json!("no list"),
    ] {
        let nothing = of(nothing);
        assert_eq!(nothing.finding, Finding::Nothing);
        assert_eq!(nothing.line, "no root cause found");
        assert_eq!(nothing.paragraph, "");
    }
    // Without a title its description is the line, too.
    let untitled = of(json!([{ "type": "root cause", "description": "The disk is full." }]));
    assert_eq!(untitled.line, "The disk is full.");
}

#[test]
fn the_last_summary_that_can_be_read_counts() {
    let of = |title: &str| json!({ "findings": [{ "type": "root_cause", "title": title }] });
    let unreadable = json!({ "recordType": "investigation_summary", "content": "{not JSON",
                             "createdAt": "2026-05-14T09:00:00Z" });
    let markdown = record(
        "investigation_summary_md",
        "2026-05-14T09:00:00Z",
        &json!({}),
    );
    let journal = Journal::read(&[
        record(
            "investigation_summary",
            "2026-05-14T07:00:00Z",
            &of("early"),
        ),
        unreadable.clone(),
        record("investigation_summary", "2026-05-14T08:00:00Z", &of("late")),
        markdown.clone(),
    ]);
    assert_eq!(journal.verdict.unwrap().line, "late");
    assert_eq!(journal.summarized, Some(at("2026-05-14T08:00:00Z")));
    assert_eq!(Journal::read(&[unreadable, markdown]), Journal::default());
}

#[test]
fn gaps_and_skills_are_kept_once_and_access_comes_first() {
    let gap = |title: &str, description: &str| json!({ "id": "g", "title": title, "description": description });
    let of_summary = json!({
        "findings": [],
        "investigation_gaps": [gap("Logs", "AccessDeniedException on logs:StartQuery"), "No traces"],
    });
    let journal = Journal::read(&[
        record("investigation_gap", "x", &gap("No traces", "X-Ray is off")),
        record(
            "investigation_gap",
            "x",
            &gap("Deployments", "NO_DATA_ACCESS"),
        ),
        record("investigation_summary", "x", &of_summary),
        record(
            "utilization",
            "x",
            &json!({ "skills": { "bundles": ["b", { "name": "a" }, "b", 7] } }),
        ),
    ]);
    let gap = |title: &str, is_access| Gap {
        title: title.to_owned(),
        is_access,
    };
    assert_eq!(
        journal.gaps,
        [
            gap("Deployments", true),
            gap("Logs", true),
            gap("No traces", false)
        ]
    );
    assert_eq!(journal.skills, ["a", "b"]);
}

#[test]
fn what_the_agent_wrote_is_cleaned_cut_and_withheld() {
    let long = "x".repeat(5_000);
    let journal = summary(&json!([{
        "type": "root_cause",
        "title": format!("password=hunter2 \u{202e}\u{1b}[31m {long}"),
        "description": format!("AKIAIOSFODNN7EXAMPLE {long}"),
    }]));
    let verdict = journal.verdict.unwrap();
    let title = "password=(withheld) \u{fffd}\u{fffd}[31m";
    assert!(verdict.line.starts_with(title), "{}", verdict.line);
    assert_eq!(verdict.line.chars().count(), 200);
    assert!(verdict.paragraph.starts_with("(withheld) x"));
    assert_eq!(verdict.paragraph.chars().count(), 1_500);
    let mut task = recorded();
    task["statusReason"] = json!("token: hunter2\nnext");
    let reason = Task::read(&task, now()).unwrap().reason;
    assert_eq!(reason.as_deref(), Some("token: (withheld) next"));
}

#[test]
fn executions_are_counted_once_and_not_within_each_other() {
    let mut part = execution(
        "exe-2",
        "research",
        "2026-05-14T07:01:00Z",
        "2026-05-14T07:02:00Z",
    );
    part["parentExecutionId"] = json!("exe-1");
    let whole = execution(
        "exe-1",
        "ops1",
        "2026-05-14T07:00:00Z",
        "2026-05-14T07:04:00Z",
    );
    let plan = execution(
        "exe-0",
        "mitigation",
        "2026-05-14T08:00:00Z",
        "2026-05-14T08:00:10Z",
    );
    let executions = Executions::read(&[plan, part, whole.clone(), whole, json!(7), json!({})]);
    assert_eq!(executions.seconds(), Some(250));
    assert_eq!(executions.investigation().as_deref(), Some("exe-1"));
    assert_eq!(executions.began(), Some(at("2026-05-14T07:00:00Z")));
    let unknown = Executions::read(&[json!({ "executionId": "e", "agentType": "ops2" })]);
    assert_eq!(unknown.investigation().as_deref(), Some("e"));
    assert_eq!(unknown.seconds(), None);
}

#[test]
fn a_task_of_another_kind_or_without_an_id_is_none() {
    for (field, value) in [
        ("taskType", json!("EVALUATION")),
        ("taskId", json!("")),
        ("taskId", json!(7)),
        ("taskId", json!("../../x")),
        ("taskId", json!("..")),
    ] {
        let mut task = recorded();
        task[field] = value.clone();
        assert_eq!(Task::read(&task, now()), None, "{field} {value}");
    }
    let bare = Task::read(&json!({ "taskId": "t" }), now()).unwrap();
    assert_eq!(bare.status, Status::Other("UNKNOWN".to_owned()));
    assert_eq!((bare.created, bare.updated), (now(), now()));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|it| json!(it)),
        any::<i64>().prop_map(|it| json!(it)),
        ".{0,20}".prop_map(|it| json!(it)),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|it| json!(it)),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..4).prop_map(|it| json!(it)),
        ]
    })
}

const FIELDS: [&str; 12] = [
    "taskId",
    "taskType",
    "status",
    "statusReason",
    "primaryTaskId",
    "createdAt",
    "updatedAt",
    "reference",
    "executionId",
    "agentType",
    "parentExecutionId",
    "content",
];

proptest! {
    /// Whatever any field is: nothing panics, and what is read can be written and read again.
    #[test]
    fn whatever_the_api_says_is_read(
        fields in prop::collection::vec((prop::sample::select(&FIELDS[..]), any_json()), 0..4),
        findings in any_json(),
        kind in prop::sample::select(vec!["investigation_summary", "investigation_gap", "utilization"]),
    ) {
        let mut task = recorded();
        for (field, value) in &fields {
            task[*field] = value.clone();
        }
        let executions = Executions::read(&[task.clone(), findings.clone()]);
        let mut one = record(kind, "2026-05-14T07:00:00Z", &json!({ "findings": findings }));
        if let Some((field, value)) = fields.first() {
            one[*field] = value.clone();
        }
        let journal = Journal::read(&[one, findings]);
        if let Some(task) = Task::read(&task, now()) {
            let incident = IncidentId::of("x", &[]);
            let found = investigation(incident, &task, &executions, &journal, 0.0083);
            let written = serde_json::to_string(&found).unwrap();
            prop_assert_eq!(serde_json::from_str::<crate::ledger::Investigation>(&written).unwrap(), found);
        }
    }
}
