//! What the documents say of alarms and of what is stored, against the templates.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use serde_json::Value as Json;
use snapshots::{account, directory};

use crate::templates::CASES;

fn document(name: &str) -> String {
    fs::read_to_string(directory("../docs").join(name)).unwrap()
}

/// The resources of every case's core stack, by type.
fn resources(resource_type: &str) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for case in CASES {
        let account = account(&directory(&format!("cases/{case}")));
        let stack = stacks::synthesize(&account.monitor).unwrap().remove(0);
        let template = stack.template.to_json();
        for (id, resource) in template["Resources"].as_object().unwrap() {
            if resource["Type"] == resource_type {
                found.push((id.clone(), resource["Properties"].clone()));
            }
        }
    }
    assert!(!found.is_empty(), "{resource_type}");
    found
}

/// The sections of a document, by heading.
fn sections(text: &str) -> BTreeMap<&str, &str> {
    let sections = text.split("\n## ").skip(1);
    sections.filter_map(|it| it.split_once('\n')).collect()
}

/// Each alarm names its page, each page says what caused it, what to do and when to ignore it, and no page is of an alarm
/// that is not there.
#[test]
fn every_pipeline_alarm_has_its_page() {
    let text = document("alarms.md");
    let pages = sections(&text);
    let mut named = BTreeSet::new();
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let description = alarm["AlarmDescription"].as_str().unwrap();
        let (_, page) = description
            .rsplit_once("More: docs/alarms.md#")
            .unwrap_or_else(|| panic!("{id} names no page: {description}"));
        let text = pages
            .get(page)
            .unwrap_or_else(|| panic!("{id}: no page `{page}`"));
        for part in ["- **Cause**: ", "- **Command**: ", "- **Ignore it** "] {
            assert!(text.contains(part), "{page} does not say `{part}`");
        }
        named.insert(page.to_owned());
    }
    let pages: BTreeSet<String> = pages.keys().map(|it| (*it).to_owned()).collect();
    assert_eq!(pages, named);
}

/// How long what is kept, as the document says and as the templates set it.
#[test]
fn retentions_are_those_of_the_templates() {
    let text = document("data.md");
    let row = |name: &str| {
        let line = text.lines().find(|it| it.starts_with(&format!("| {name}")));
        let line = line.unwrap_or_else(|| panic!("no row on {name}"));
        line.split(" | ").nth(2).unwrap().to_owned()
    };
    let days = |seconds: &Json| format!("{} days", seconds.as_i64().unwrap() / 86_400);
    for (id, queue) in resources("AWS::SQS::Queue") {
        let name = match id.as_str() {
            "Incidents" => "Incidents",
            "DeadLetters" => "Dead letters",
            other => panic!("{other} is not in the document"),
        };
        assert_eq!(row(name), days(&queue["MessageRetentionPeriod"]));
    }
    for (_, bucket) in resources("AWS::S3::Bucket") {
        let rule = &bucket["LifecycleConfiguration"]["Rules"][0];
        let noncurrent = &rule["NoncurrentVersionExpiration"]["NoncurrentDays"];
        let said = format!(
            "{} days; deleted ones {noncurrent} days more",
            rule["ExpirationInDays"]
        );
        assert!(row("Failed events").starts_with(&said), "{said}");
    }
    let by_default = account(&directory("cases/minimal"))
        .monitor
        .log_retention
        .days();
    assert!(row("Logs").starts_with(&format!("{by_default} days")));
    // What the functions' own items say when they expire.
    let at = jiff::Timestamp::UNIX_EPOCH;
    let identity = runtime::ledger::Identity { window: None, at };
    let kept = runtime::ledger::Item::Identity(identity).expires().unwrap();
    let kept = kept.duration_since(at).as_hours() / 24;
    assert!(row("Ledger").starts_with(&format!("{kept} days after")));
}

/// Every document that people read.
fn documents() -> Vec<(PathBuf, String)> {
    let root = directory("..");
    let top = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ];
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|it| it.unwrap().path()).filter(|it| it.is_file());
    let paths = top.iter().map(|it| root.join(it)).chain(docs);
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// A heading as a link names it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .replace(|it: char| !(it.is_alphanumeric() || "-_ ".contains(it)), "");
    kept.replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere() {
    for (path, text) in documents() {
        let links = text.split("](").skip(1);
        let links = links.filter_map(|it| it.split(')').next());
        for link in links.filter(|it| !it.starts_with("http")) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", path.display());
            if part.is_empty() {
                continue;
            }
            let there = fs::read_to_string(target).unwrap();
            let headings = there.lines().filter(|it| it.starts_with('#'));
            let mut headings = headings.map(|it| anchor(it.trim_start_matches('#').trim()));
            assert!(headings.any(|it| it == part), "{}: {link}", path.display());
        }
    }
}

#[test]
fn the_first_documents_stay_short() {
    for (path, text) in documents() {
        let most = match path.file_name().and_then(|it| it.to_str()) {
            Some("README.md") => 250,
            Some("ARCHITECTURE.md") => 150,
            _ => continue,
        };
        let lines = text.lines().count();
        assert!(lines <= most, "{} has {lines} lines", path.display());
    }
}

/// The document, the help and what is called agree on what listing names takes.
#[test]
fn every_permission_of_a_look_up_is_in_the_document() {
    let text = document("operations.md");
    let (_, rest) = text.split_once("Listing takes ").unwrap();
    let (listed, _) = rest.split_once(", each only").unwrap();
    let listed: BTreeSet<&str> = listed.split('`').skip(1).step_by(2).collect();
    let called: BTreeSet<&str> = synth::lookup::CALLS
        .iter()
        .map(|it| it.permission)
        .collect();
    assert_eq!(listed, called);
}
