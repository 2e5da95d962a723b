//! The fake, against what others have recorded of the agent (`recorded.json` says where), and by itself.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stacks::Json;

use super::{Agent, Answer, Fault, Finding, Request, Script, Space, subject};

const NOON: &str = "2026-05-14T12:00:00Z";
const SPACE: &str = "/backlog/agent-space";

fn noon() -> Timestamp {
    NOON.parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    noon() + SignedDuration::from_secs(seconds)
}

fn agent(script: Script) -> Agent {
    Agent::new(Space::of("111122223333", "us-east-1"), script)
}

fn incident(title: &str) -> Json {
    json!({
        "eventType": "incident",
        "incidentId": format!("alarm-{title}"),
        "action": "created",
        "priority": "HIGH",
        "title": title,
        "description": "It broke.",
    })
}

fn post(agent: &mut Agent, at: i64, path: &str, body: &Json) -> Answer {
    let path = path.replace("SPACE", &agent.space().id);
    let body = body.to_string();
    let request = Request {
        method: "POST",
        path: &path,
        body: body.as_bytes(),
    };
    agent.answer(&request, after(at))
}

fn tasks(agent: &mut Agent, at: i64) -> Vec<Json> {
    let body = json!({ "limit": 1_000, "order": "ASC" });
    let answer = post(agent, at, &format!("{SPACE}/SPACE/tasks/list"), &body);
    answer.body["tasks"].as_array().unwrap().clone()
}

fn task(agent: &mut Agent, at: i64, id: &Json) -> Json {
    let path = format!(
        "{SPACE}/{}/tasks/{}",
        agent.space().id,
        id.as_str().unwrap()
    );
    let request = Request {
        method: "GET",
        path: &path,
        body: b"",
    };
    agent.answer(&request, after(at)).body["task"].clone()
}

fn executions(agent: &mut Agent, at: i64, task: &Json) -> Vec<Json> {
    let body = json!({ "taskId": task["taskId"] });
    let answer = post(agent, at, "/journal/agent-space/SPACE/executions", &body);
    answer.body["executions"].as_array().unwrap().clone()
}

fn records(agent: &mut Agent, at: i64, task: &Json, kind: &str) -> Vec<Json> {
    let body = json!({ "executionId": task["executionId"], "recordType": kind });
    let answer = post(
        agent,
        at,
        "/journal/agent-space/SPACE/journalRecords",
        &body,
    );
    answer.body["records"].as_array().unwrap().clone()
}

/// Each status with the number of its tasks.
fn statuses(agent: &mut Agent, at: i64) -> String {
    agent.events(after(at));
    let counts = agent.counts().into_iter();
    let counts = counts.map(|(status, count)| format!("{count} {status}"));
    counts.collect::<Vec<_>>().join(", ")
}

fn said(events: &[Json]) -> Vec<&str> {
    let said = events.iter().map(|it| it["detail-type"].as_str().unwrap());
    said.map(|it| it.trim_start_matches("Investigation "))
        .collect()
}

/// The names of all members, with the kinds of their values.
fn shape(json: &Json) -> Json {
    match json {
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), shape(value)))
            .collect(),
        Json::Array(all) => Json::Array(all.iter().take(1).map(shape).collect()),
        Json::String(_) => json!("text"),
        Json::Number(_) => json!("number"),
        Json::Bool(_) => json!("bool"),
        Json::Null => Json::Null,
    }
}

#[test]
fn a_task_and_its_events_look_as_recorded() {
    let recorded: Json = serde_json::from_str(include_str!("recorded.json")).unwrap();
    let mut agent = agent(Script::default());
    agent.accept(&incident("dynamodb-etl-state-throttle"), noon());
    let events = agent.events(after(600));
    assert_eq!(said(&events), ["Created", "In Progress", "Completed"]);
    assert_eq!(shape(&events[2]), shape(&recorded["completed"]));
    let created = &events[0]["detail"];
    assert_eq!(created["metadata"].get("execution_id"), None);
    assert_eq!(created["data"].get("summary_record_id"), None);
    let id = &events[2]["detail"]["metadata"]["task_id"];
    let task = task(&mut agent, 600, id);
    assert_eq!(shape(&task), shape(&recorded["task"]));
    assert_eq!(
        task["reference"]["referenceId"],
        "alarm-dynamodb-etl-state-throttle"
    );
    for key in ["status", "taskType", "version"] {
        assert_eq!(task[key], recorded["task"][key], "{key}");
    }
    // Twelve seconds after the request it is there, and 13 later it runs for 192.
    assert_eq!(task["createdAt"], "2026-05-14T12:00:12.000Z");
    assert_eq!(task["updatedAt"], "2026-05-14T12:03:37.000Z");
    assert!((agent.dollars(after(600)) - 192.0 * 0.0083).abs() < 1e-9);
}

#[test]
fn a_journal_holds_json_as_text_and_markdown() {
    let mut agent = agent(Script::default().finding("orders", Finding::Cause));
    agent.accept(&incident("checkout"), noon());
    agent.accept(&incident("orders"), noon());
    let all = tasks(&mut agent, 900);
    let content = |record: &Json| -> Json {
        serde_json::from_str(record["content"].as_str().unwrap()).unwrap()
    };
    let summaries = records(&mut agent, 900, &all[0], "investigation_summary");
    let [summary] = &summaries[..] else {
        panic!("{summaries:?}");
    };
    let summary = content(summary);
    assert_eq!(summary["findings"][1]["type"], "root_cause");
    assert_eq!(summary["symptoms"][0]["title"], "checkout");
    assert_eq!(summary["investigation_gaps"], json!([]));
    assert_eq!(
        records(&mut agent, 900, &all[0], "investigation_gap"),
        [] as [Json; 0]
    );
    let gaps = records(&mut agent, 900, &all[1], "investigation_gap");
    assert!(content(&gaps[0])["title"].is_string());
    let used = records(&mut agent, 900, &all[1], "utilization");
    assert!(content(&used[0])["skills"]["bundles"].is_array());
    let markdown = records(&mut agent, 900, &all[0], "investigation_summary_md");
    assert!(
        markdown[0]["content"]
            .as_str()
            .unwrap()
            .starts_with("# checkout")
    );
    let first = records(&mut agent, 900, &all[0], "message");
    let text = content(&first[0])["content"][0]["text"].clone();
    assert_eq!(
        text,
        "TITLE: checkout, REFERENCE_URL: , DESCRIPTION: It broke."
    );
    let [execution] = &executions(&mut agent, 900, &all[0])[..] else {
        panic!("one execution");
    };
    // The model gives these no format, so they are numbers.
    let seconds =
        execution["updatedAt"].as_f64().unwrap() - execution["createdAt"].as_f64().unwrap();
    assert!((seconds - 192.0).abs() < 1e-6, "{seconds}");
}

#[test]
fn what_comes_while_one_is_open_is_linked_to_it() {
    let mut agent = agent(Script::default());
    agent.accept(
        &incident("9 incidents of ECS service api (cluster a): 9 × out of memory"),
        noon(),
    );
    agent.accept(
        &incident("2 incidents of ECS service web (cluster a): 2 × no image"),
        noon(),
    );
    agent.accept(&incident("ECS service api (cluster b)"), after(100));
    agent.accept(&incident("ECS service api"), after(600));
    let all = tasks(&mut agent, 2_000);
    let statuses: Vec<&str> = all
        .iter()
        .map(|it| it["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["COMPLETED", "COMPLETED", "LINKED", "COMPLETED"]);
    let linked = &all[2];
    assert_eq!(linked["primaryTaskId"], all[0]["taskId"]);
    assert!(
        linked["statusReason"]
            .as_str()
            .unwrap()
            .contains("same failure")
    );
    for kind in ["message", "investigation_summary"] {
        assert!(
            records(&mut agent, 2_000, linked, kind).is_empty(),
            "{kind}"
        );
    }
    assert_eq!(records(&mut agent, 2_000, &all[0], "message").len(), 2);
    let body = json!({ "filter": { "primaryTaskId": all[0]["taskId"] } });
    let answer = post(
        &mut agent,
        2_000,
        &format!("{SPACE}/SPACE/tasks/list"),
        &body,
    );
    assert_eq!(answer.body["tasks"], json!([linked]));
}

#[test]
fn three_run_at_a_time_and_the_others_wait_for_their_turn() {
    let mut agent = agent(Script::default());
    for name in ["a", "b", "c", "d", "e"] {
        agent.accept(&incident(name), noon());
    }
    for (at, expected) in [
        (11, ""),
        (12, "5 PENDING_TRIAGE"),
        (25, "3 IN_PROGRESS, 2 PENDING_START"),
        (25 + 192, "1 COMPLETED, 3 IN_PROGRESS, 1 PENDING_START"),
        (25 + 402, "2 COMPLETED, 3 IN_PROGRESS"),
        (9_999, "5 COMPLETED"),
    ] {
        assert_eq!(statuses(&mut agent, at), expected, "after {at} s");
    }
    assert!(agent.is_idle());
}

#[test]
fn whatever_goes_wrong_by_script_is_seen() {
    let script = Script::default()
        .fault("late", Fault::LateSummary)
        .fault("twice", Fault::EndTwice)
        .fault("order", Fault::OutOfOrder)
        .fault("lost", Fault::UnknownPrimary)
        .fault("quota", Fault::Quota)
        .fault("fails", Fault::Fails)
        .fault("slow", Fault::TimesOut)
        .finding("denied", Finding::NoAccess);
    let play = |title: &str| {
        let mut agent = agent(script.clone());
        agent.accept(&incident(title), noon());
        let events = agent.events(after(900));
        let task = tasks(&mut agent, 900).remove(0);
        (agent, events, task)
    };
    for (title, expected, status) in [
        (
            "twice",
            &["Created", "In Progress", "Completed", "Completed"][..],
            "COMPLETED",
        ),
        (
            "order",
            &["Completed", "In Progress", "Created"],
            "COMPLETED",
        ),
        ("lost", &["Created", "Linked"], "LINKED"),
        ("quota", &["Created", "Cancelled"], "CANCELED"),
        ("fails", &["Created", "In Progress", "Failed"], "FAILED"),
        (
            "slow",
            &["Created", "In Progress", "Timed Out"],
            "TIMED_OUT",
        ),
    ] {
        let (mut agent, events, task) = play(title);
        assert_eq!(said(&events), expected, "{title}");
        assert_eq!(task["status"], status, "{title}");
        let last = events.last().unwrap()["detail"]["data"].clone();
        if status == "CANCELED" {
            assert_eq!(last["status"], "CANCELLED");
        }
        if status != "COMPLETED" {
            assert_eq!(last.get("summary_record_id"), None, "{title}");
            if task.get("executionId").is_some() {
                let summary = records(&mut agent, 900, &task, "investigation_summary");
                assert!(summary.is_empty(), "{title}");
            }
        }
    }
    let (mut agent, _, lost) = play("lost");
    assert_eq!(task(&mut agent, 900, &lost["primaryTaskId"]), Json::Null);
    let (mut agent, _, late) = play("late");
    for (at, count) in [(217, 0), (223, 0), (224, 1)] {
        let summary = records(&mut agent, at, &late, "investigation_summary");
        assert_eq!(summary.len(), count, "after {at} s");
    }
    let (mut agent, _, denied) = play("denied");
    let gap = records(&mut agent, 900, &denied, "investigation_gap");
    assert!(
        gap[0]["content"]
            .as_str()
            .unwrap()
            .contains("Access denied")
    );
}

#[test]
fn lists_have_pages_and_filters_as_the_model_says() {
    let mut agent = agent(Script::default().throttling(9));
    for number in 0..5 {
        agent.accept(&incident(&format!("alarm {number}")), after(number));
    }
    let path = format!("{SPACE}/SPACE/tasks/list");
    let mut ask = |body: Json| post(&mut agent, 13, &path, &body);
    let titles = |answer: &Answer| -> Vec<String> {
        let tasks = answer.body["tasks"].as_array().unwrap().iter();
        tasks
            .map(|it| it["title"].as_str().unwrap().replace("alarm ", ""))
            .collect()
    };
    // Two of them are not there yet.
    assert_eq!(titles(&ask(json!({}))), ["1", "0"]);
    let page = ask(json!({ "limit": 1 }));
    assert_eq!(titles(&page), ["1"]);
    let page = ask(json!({ "limit": 1, "nextToken": page.body["nextToken"] }));
    assert_eq!(
        (titles(&page), page.body.get("nextToken")),
        (vec!["0".to_owned()], None)
    );
    let since = json!({ "filter": { "createdAfter": "2026-05-14T12:00:13Z" } });
    assert_eq!(titles(&ask(since)), ["1"]);
    let until = json!({ "filter": { "createdBefore": "2026-05-14T12:00:13Z" } });
    assert_eq!(titles(&ask(until)), ["0"]);
    for wrong in [
        json!({ "limit": 1_001 }),
        json!({ "filter": { "status": ["LINKED", "FAILED"] } }),
        json!({ "filter": { "status": ["LINKED"], "priority": ["HIGH"] } }),
    ] {
        let answer = ask(wrong);
        assert_eq!(
            (answer.status, answer.error),
            (400, Some("ValidationException"))
        );
    }
    let throttled = ask(json!({}));
    assert_eq!(
        (throttled.status, throttled.error),
        (429, Some("ThrottlingException"))
    );
    let other = post(
        &mut agent,
        13,
        "/backlog/agent-space/other/tasks/list",
        &json!({}),
    );
    assert_eq!(
        (other.status, other.error),
        (404, Some("ResourceNotFoundException"))
    );
}

#[test]
fn titles_that_begin_alike_are_one_subject() {
    for (title, expected) in [
        ("prod: checkout-5xx in ALARM (eu-central-1)", "checkout-5xx"),
        (
            "prod: 2 incidents of alarm checkout-5xx (eu-central-1): 2 × in ALARM",
            "checkout-5xx",
        ),
        (
            "prod: 9 more incidents of ECS service api (cluster a, eu-central-1): 9 × out of memory",
            "api",
        ),
        ("prod: api out of memory (cluster a, eu-central-1)", "api"),
        (
            "prod: api: an image cannot be pulled (cluster a, eu-central-1)",
            "api",
        ),
        (
            "prod: The order A-4711 failed (eu-central-1)",
            "The order A-4711",
        ),
    ] {
        assert_eq!(subject(title), expected);
    }
}

fn ask_for_plan(agent: &mut Agent, at: i64, task: &Json, token: &str) -> Answer {
    let id = task["taskId"].as_str().unwrap();
    let path = format!("{SPACE}/{}/tasks/{id}", agent.space().id);
    let body = json!({ "taskStatus": "PENDING_START", "clientToken": token }).to_string();
    let request = Request {
        method: "PATCH",
        path: &path,
        body: body.as_bytes(),
    };
    agent.answer(&request, after(at))
}

#[test]
fn a_plan_is_written_once_for_a_token() {
    let mut agent = agent(Script::default());
    agent.accept(&incident("it"), noon());
    let running = tasks(&mut agent, 60).remove(0);
    assert_eq!(ask_for_plan(&mut agent, 60, &running, "a").status, 409);
    agent.events(after(600));
    let before = agent.dollars(after(600));
    for at in [600, 601] {
        let asked = ask_for_plan(&mut agent, at, &running, "a");
        assert_eq!((asked.status, asked.error), (200, None));
    }
    assert_eq!(ask_for_plan(&mut agent, 610, &running, "b").status, 409);
    let events = agent.events(after(1_000));
    assert_eq!(
        said(&events),
        ["Mitigation In Progress", "Mitigation Completed"]
    );
    let task = task(&mut agent, 1_000, &running["taskId"]);
    assert_eq!(task["status"], "COMPLETED");
    let executions = executions(&mut agent, 1_000, &task);
    let kinds: Vec<&str> = executions
        .iter()
        .map(|it| it["agentType"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ops1", "mitigation"]);
    let of_plan = json!({ "executionId": executions[1]["executionId"] });
    let plan = records(&mut agent, 1_000, &of_plan, "mitigation_summary_md");
    assert!(
        plan[0]["content"]
            .as_str()
            .unwrap()
            .starts_with("# Mitigation plan for it")
    );
    assert_eq!(
        records(&mut agent, 1_000, &task, "mitigation_summary_md").len(),
        0
    );
    let plan = 180.0 * 0.0083;
    assert!((agent.dollars(after(1_000)) - before - plan).abs() < 1e-9);
}
