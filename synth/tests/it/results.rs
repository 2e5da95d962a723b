//! What `synth results` shows of the ledger on the local AWS.

use contract::IncidentId;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use runtime::{
    aws::dynamodb::Table,
    ledger::{Finding, Investigation, Item, Key, Put, Status, Verdict},
};
use serde_json::Value as Json;

use crate::lifecycle::{Life, REGION};

const TASK: &str = "d93e984e-836b-4f46-a761-6bc550979fe5";

/// A task that found this about an incident.
fn found(incident: &IncidentId, line: &str) -> Put {
    let at = Timestamp::now();
    let investigation = Investigation {
        incident: incident.clone(),
        task: TASK.to_owned(),
        execution: None,
        primary: None,
        status: Status::Completed,
        reason: None,
        created: at,
        began: Some(at),
        ended: Some(at),
        seconds: Some(192),
        dollars: Some(1.59),
        verdict: Some(Verdict {
            finding: Finding::RootCause,
            line: line.to_owned(),
            paragraph: String::new(),
        }),
        gaps: Vec::new(),
        skills: Vec::new(),
        at,
        gave_back: false,
        summarized: None,
        is_read: true,
        notice: None,
        mitigation: None,
    };
    Put {
        key: Key::investigation(incident),
        after: Some(0),
        item: Item::Investigation(Box::new(investigation)),
    }
}

/// Nothing at first; then what was found about the report that was sent.
pub(crate) async fn shown(life: &Life, ledger: &Table, incident: &IncidentId) {
    let results = ["results", "--account", "life"];
    life.run(&results, "")
        .await
        .code(0)
        .prints("  no results: nothing watches the agent.")
        .prints("  agent: {space: UUID, region: REGION}\n");
    let put = found(incident, "A <b>deployment</b> halved the memory");
    assert!(ledger.write(&[put], 0.5).await.unwrap());
    let ended = life
        .run(&results, "")
        .await
        .code(0)
        .prints(&format!(
            "  root cause  HIGH      {incident}\n      ECS service sent\n      task {TASK}\n"
        ))
        .prints("\n      3.2 minutes, $1.59\n      > A <b>deployment</b> halved the memory\n")
        .prints("  1 investigation, 3.2 minutes, $1.59\n  1 found a root cause\n");
    for line in ended.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    life.run(&[&results[..], &["--group", "nobody"]].concat(), "")
        .await
        .code(0)
        .prints("  no investigations of a group with these words");
    let json = life.run(&[&results[..], &["--json"]].concat(), "").await;
    let json: Json = serde_json::from_str(&json.code(0).stdout).unwrap();
    assert_eq!(json[0]["region"], REGION);
    assert_eq!(json[0]["investigations"][0]["task"], TASK);
    assert_eq!(json[0]["totals"]["all"]["dollars"], 1.59);
    let page = [&results[..], &["--html", "page.html"]].concat();
    life.run(&page, "").await.code(0).says("wrote page.html");
    let page = std::fs::read_to_string(life.directory().join("page.html")).unwrap();
    assert!(
        page.contains("A &lt;b&gt;deployment&lt;/b&gt; halved the memory"),
        "{page}"
    );
    life.run(&["history", "--account", "life"], "")
        .await
        .code(0)
        .prints("\n      root cause, 3.2 minutes, $1.59\n      > A <b>deployment</b>");
    // It was sent ten minutes ago: in the first minutes of a day, that was yesterday.
    let status = life.run(&["status", "--account", "life"], "").await.code(0);
    let was = Timestamp::now() - SignedDuration::from_mins(11);
    if was.to_zoned(TimeZone::UTC).date() == Timestamp::now().to_zoned(TimeZone::UTC).date() {
        status.prints("  results       1 investigation today, 3.2 minutes, $1.59\n");
    }
}
