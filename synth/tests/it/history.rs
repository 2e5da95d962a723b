//! What the ledger on the local AWS says, by `synth history` and `synth status`.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    process::Command,
};

use contract::{Group, GroupKey, Incident, IncidentId, Limits, Priority};
use jiff::{SignedDuration, Timestamp};
use runtime::{
    aws::dynamodb::Table,
    http::{Reuse, client, web_roots},
    ledger::{
        Contents, Day, Digest, Hold, Hour, Item, Key, Members, Nearby, Put, Slot, State, Window,
    },
    settings::Environment,
};
use serde_json::{Value as Json, json};
use synth::deploy::describe;

use crate::{
    lifecycle::{Life, REGION, account},
    results,
};

const BUDGET: &str = "groups over the budget";
const LIMITS: &str = "limits: {investigations-per-hour: 6, investigations-per-day: 24}\n";

async fn table(life: &Life) -> String {
    let core = describe(life.local.aws(), "tocsin-life").await;
    core.unwrap().unwrap().outputs["LedgerTable"].clone()
}

/// The ledger, as `deliver` opens it.
async fn ledger(life: &Life) -> Table {
    let variables = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", life.local.endpoint()),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let http = client(web_roots(), Reuse::Connections).unwrap();
    Table::new(http, &Environment::new(variables), &table(life).await).unwrap()
}

/// A window of a service that opened so long ago, with one incident.
fn window(service: &str, ago: SignedDuration) -> Window {
    window_with(service, ago, "")
}

fn window_with(service: &str, ago: SignedDuration, description: &str) -> Window {
    let opened = Timestamp::now() - ago;
    let name = format!("ECS service {service}");
    let id = IncidentId::of("ecs", &[service]);
    let data = json!({});
    let incident = Incident::new(
        id,
        Priority::High,
        &name,
        description,
        opened,
        service,
        data,
    );
    let group = Group::new(GroupKey::of("service", &[service]), &name, "out of memory");
    let due = opened + SignedDuration::from_secs(20);
    Window {
        key: Key::head(&group.key).numbered(1),
        name,
        opened,
        since: opened,
        due,
        ends: due,
        waker: None,
        contents: Contents::Incidents(Members::one(&incident, &group)),
        state: State::Open,
        follows: None,
        alarm: None,
        rule: None,
        nearby: Nearby::default(),
        size: None,
        counted: None,
        earlier: None,
        joined: None,
        series: None,
    }
}

fn sent(window: Window) -> Window {
    let (at, id) = (window.due, window.report_id());
    Window {
        state: State::Sent { at, id },
        ..window
    }
}

async fn write(ledger: &Table, windows: &[&Window]) {
    let put = |window: &&Window| Put {
        key: window.key.clone(),
        after: None,
        item: Item::Window(Box::new((*window).clone())),
    };
    let puts: Vec<Put> = windows.iter().map(put).collect();
    assert!(ledger.write(&puts, 0.5).await.unwrap());
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// One that was sent, one that the webhook has not taken, and a digest of a third, which is returned.
async fn fill(ledger: &Table) -> Window {
    let hour = Hour::of(Timestamp::now());
    let limits = Limits::new(6, 24);
    let mut day = Day::new(hour);
    let slot = Slot {
        priority: Priority::High,
        rule: None,
    };
    day.take(hour, slot, &limits);
    let put = Put {
        key: Key::day(hour.day()),
        after: Some(0),
        item: Item::Day(day),
    };
    assert!(ledger.write(&[put], 0.5).await.unwrap());
    write(ledger, &[&sent(window("sent", minutes(10)))]).await;
    write(ledger, &[&window("due", minutes(9))]).await;
    let part = window("part", minutes(8));
    let mut digest = Digest::new(Hold::Budget);
    let Contents::Incidents(members) = &part.contents else {
        panic!("a digest");
    };
    digest.add(&part.name, members);
    let digest = Window {
        key: Key::digests().numbered(1),
        name: BUDGET.to_owned(),
        contents: Contents::Digest(digest),
        ..window("digest", SignedDuration::ZERO)
    };
    let part = Window {
        state: State::Merged {
            at: digest.opened,
            into: digest.key.clone(),
        },
        ..part
    };
    write(ledger, &[&part, &digest]).await;
    digest
}

#[tokio::test]
async fn what_was_sent_and_what_is_pending_is_shown() {
    let Some(life) = Life::begin(&account(LIMITS)).await else {
        return;
    };
    let status = ["status", "--account", "life"];
    let history = ["history", "--account", "life"];
    life.run(&history, "")
        .await
        .code(1)
        .says("the stack `tocsin-life` is not deployed in eu-central-1");
    life.run(&["deploy", "--account", "life", "--yes"], "")
        .await
        .code(0);
    life.run(&history, "").await.code(0).prints(
        "eu-central-1, times in UTC\n  no incidents\n  budget        0 of 6 investigations",
    );

    let ledger = ledger(&life).await;
    // An hour that ends meanwhile would have a budget of its own.
    let left = Hour::of(Timestamp::now())
        .end()
        .duration_since(Timestamp::now());
    if left < SignedDuration::from_secs(30) {
        tokio::time::sleep(left.unsigned_abs()).await;
    }
    let digest = fill(&ledger).await;

    life.run(&status, "")
        .await
        .code(0)
        .prints("  budget        1 of 6 investigations this hour, 1 of 24 today\n")
        .prints("  gathering     1 incident of 1 group, until ")
        .prints("  due           1 incident of 1 group, since ");
    let shown = life.run(&[&status[..], &["--json"]].concat(), "").await;
    let shown: Json = serde_json::from_str(&shown.code(0).stdout).unwrap();
    assert_eq!(shown[0]["ledger"]["budget"]["thisHour"], 1);
    assert_eq!(shown[0]["ledger"]["due"]["groups"], 1);

    says_what_the_webhook_answered(&life);

    let id = IncidentId::of("ecs", &["sent"]);
    let shown = life
        .run(&history, "")
        .await
        .code(0)
        .prints("  sent       HIGH      ECS service sent\n")
        .prints(&format!("\n      {id}: out of memory\n"))
        .prints("  due        HIGH      ECS service due\n")
        .prints(&format!("  gathering  HIGH      {BUDGET}\n"))
        .prints(&format!(
            "\n      sent with {}: {BUDGET}\n",
            digest.report_id()
        ))
        .prints("\n  dead letters  none\n");
    for line in shown.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }

    results::shown(&life, &ledger, &id).await;
    more_than_a_page(&life, &ledger).await;
    follows(&life, &ledger).await;
    may_not_be_read(&life).await;
    life.run(&[&history[..], &["--region", "us-east-1"]].concat(), "")
        .await
        .code(2)
        .says("the account file does not name the region `us-east-1`")
        .says("hint: regions here: eu-central-1");
    life.run(&[&history[..], &["--since", "yesterday"]].concat(), "")
        .await
        .code(2)
        .says("a length of time is like 90m, 24h or 7d");
    life.local.stop(false).await;
}

/// More than a page of the table, in which every character takes four.
async fn more_than_a_page(life: &Life, ledger: &Table) {
    for number in 0..60 {
        let description = "\"".repeat(20_000);
        let large = window_with(&format!("large-{number}"), minutes(60 * 30), &description);
        write(ledger, &[&sent(large)]).await;
    }
    for (since, count) in [("24h", 4), ("2d", 64)] {
        let json = ["--json", "--since", since, "--limit", "100"];
        let shown = life
            .run(&[&["history", "--account", "life"], &json[..]].concat(), "")
            .await
            .code(0);
        let shown: Json = serde_json::from_str(&shown.stdout).unwrap();
        let windows = shown[0]["windows"].as_array().unwrap();
        assert_eq!(windows.len(), count, "{since}");
        assert_eq!(shown[0]["budget"]["today"], 1);
        assert_eq!(shown[0]["queues"]["incidents"]["waiting"], 0);
    }
}

/// What is new is printed, until Ctrl-C.
async fn follows(life: &Life, ledger: &Table) {
    let arguments = ["history", "--account", "life", "--follow", "--json"];
    let mut run = life.command(&arguments).start();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let mut next = || -> Json { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    for _ in 0..4 {
        assert_eq!(next()["region"], REGION);
    }
    assert_eq!(next()["deadLetters"]["waiting"], 0);
    let fresh = window("fresh", SignedDuration::ZERO);
    write(ledger, &[&fresh]).await;
    let change = next();
    assert_eq!(change["window"]["group"], "ECS service fresh");
    assert_eq!(change["window"]["state"], "gathering");
    let interrupted = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    assert_eq!(run.wait().unwrap().code(), Some(0));
}

/// An endpoint that answers everything so.
fn answering(status: &'static str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            assert!(stream.read(&mut [0; 8_192]).unwrap() > 0);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    endpoint
}

/// CloudWatch Logs has an endpoint of its own here, with two attempts in the log of `deliver`.
fn says_what_the_webhook_answered(life: &Life) {
    let event = |minutes_ago, line: Json| {
        let at = Timestamp::now() - minutes(minutes_ago);
        json!({ "timestamp": at.as_millisecond(), "message": format!("{line}\n") })
    };
    let attempt = |status| json!({ "function": "deliver", "message": "attempt", "attempt": 1, "status": status, "verdict": "later" });
    let other = json!({ "function": "deliver", "message": "recorded", "attempt": 1 });
    let events = [
        event(9, attempt(429)),
        event(5, attempt(503)),
        event(4, other),
    ];
    let endpoint = answering("200 OK", json!({ "events": events }).to_string());
    let run = life.command(&["status", "--account", "life"]);
    run.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &endpoint)
        .end()
        .code(0)
        .prints(": HTTP 503: the receiver takes no incidents now\n")
        .prints("test it again: synth webhook test --account life\n");
}

/// DynamoDB has an endpoint of its own here, which refuses.
async fn may_not_be_read(life: &Life) {
    let body = r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#;
    let endpoint = answering("400 Bad Request", body.to_owned());
    let run = |command: &str| {
        let run = life.command(&[command, "--account", "life"]);
        run.env("AWS_ENDPOINT_URL_DYNAMODB", &endpoint).end()
    };
    let table = table(life).await;
    let denied =
        format!("the ledger's table `{table}` in {REGION} may not be read (AccessDeniedException)");
    run("history")
        .code(1)
        .says(&format!("error: {denied}"))
        .says("hint: the credentials need `dynamodb:Scan` on it");
    // The rest of the status is shown all the same.
    run("status")
        .code(0)
        .prints(&format!("  ledger        {denied}"))
        .prints("  incidents     0 waiting");
}
