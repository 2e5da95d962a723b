//! `synth cost` on the local AWS, whose advisers speak of the demo's instances.

use std::{collections::BTreeSet, fs};

use serde_json::Value as Json;

use crate::{
    lifecycle::{Life, account},
    support::{Ended, root},
};

const REPORT: &str = "cost-report: {at: \"07:30\"}\n";

async fn cost(life: &Life, more: &[&str]) -> Ended {
    let arguments = [&["cost", "--account", "life"], more].concat();
    let advisers = life.local.advisers().endpoint();
    let run = life
        .command(&arguments)
        .env("AWS_ENDPOINT_URL_COMPUTE_OPTIMIZER", advisers)
        .env("AWS_ENDPOINT_URL_COST_OPTIMIZATION_HUB", advisers);
    tokio::task::spawn_blocking(|| run.end()).await.unwrap()
}

/// The names of the fields that `docs/cost.md` documents.
fn documented() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("docs/cost.md")).unwrap();
    let (_, table) = text.split_once("## As JSON").unwrap();
    let rows = table.lines().filter_map(|it| it.strip_prefix("| `"));
    rows.map(|it| it.split('`').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn what_the_report_finds_is_shown_as_text_json_and_a_page() {
    let Some(life) = Life::begin(&account(REPORT)).await else {
        return;
    };
    let instances = life.local.make_instances().await.unwrap();
    let id = |name: &str| instances[name].as_str().unwrap().to_owned();

    cost(&life, &[])
        .await
        .code(0)
        .prints("4 findings, 267.40 USD a month")
        .prints("stop or delete: 3, 110.30 USD a month after discounts")
        .prints("purchases of commitments that AWS recommends, not listed: 1")
        .prints("too few instances could be evaluated: 1 of 5 are unknown")
        .prints("unknown, too few days of CPU datapoints: 1")
        .prints(&id("idle"))
        .prints(", 5 metrics of CloudWatch: ");

    let shown = cost(&life, &["--json"]).await.code(0);
    let json: Json = serde_json::from_str(&shown.stdout).unwrap();
    let mut fields: BTreeSet<String> = json.as_object().unwrap().keys().cloned().collect();
    fields.insert("sinceReported".to_owned());
    assert_eq!(fields, documented());
    // Of one in five nothing is known, which is too much to say that nothing else is there.
    assert_eq!(json["complete"], false);
    assert_eq!(json["gaps"], Json::Array(Vec::new()));
    let found = json["findings"].as_array().unwrap();
    let ids: Vec<&str> = found.iter().map(|it| it["id"].as_str().unwrap()).collect();
    let volume = "vol-0a1b2c3d4e5f60718".to_owned();
    assert_eq!(ids, [id("large"), id("idle"), volume, id("forgotten")]);
    assert_eq!(found[1]["owner"], "reporting");
    assert_eq!(found[1]["origins"][1], "compute-optimizer");
    assert_eq!(found[3]["amount"], Json::Null);
    assert_eq!(json["inUse"], 1);

    let directory = tempfile::tempdir().unwrap();
    let page = directory.path().join("report.html");
    cost(&life, &["--html", page.to_str().unwrap()])
        .await
        .code(0)
        .says("wrote ");
    let page = fs::read_to_string(page).unwrap();
    for text in [
        "search-index",
        "r7g.xlarge",
        "157.10 USD",
        "reporting",
        "CPU at most 1.4 %",
        "by Cost Optimization Hub and Compute Optimizer",
    ] {
        assert!(page.contains(text), "`{text}` is not in:\n{page}");
    }
    // It needs nothing else: no script, and nothing from elsewhere.
    for text in [
        "<script", "http:", "https:", "src=", "url(", "@import", "<link",
    ] {
        assert!(!page.contains(text), "`{text}` is in:\n{page}");
    }
}

/// Without a stack there is no ledger that says what was reported.
#[tokio::test]
async fn what_was_reported_is_asked_of_the_deployed_ledger() {
    let Some(life) = Life::begin(&account(REPORT)).await else {
        return;
    };
    life.local.make_instances().await.unwrap();
    cost(&life, &["--since-reported"])
        .await
        .code(1)
        .says("the stack `tocsin-life` is not deployed in eu-central-1");
    life.run(&["deploy", "--account", "life", "--yes"], "")
        .await
        .code(0);
    cost(&life, &["--since-reported"])
        .await
        .code(0)
        .prints("4, 267.40 USD a month after discounts: worth an incident");
}
