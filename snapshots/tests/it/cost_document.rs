//! The cost report of the demo's account, as `docs/cost.md` shows it: over sockets, by the code of the function.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use contract::Envelope;
use demo::advice::{Server, Subjects, advice};
use jiff::Timestamp;
use runtime::{
    aws::CallError,
    cost::{AwsReads, Occasion, Outbox, Outcome, PassingClock, Run, Settings, Store},
    http::{Reuse, client, web_roots},
    ledger::{Item, Key, MemoryLedger, Put, Versioned},
    settings::Environment,
};
use serde_json::{Value as Json, json};
use snapshots::{assert_snapshot, directory};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";

/// The instances of `demo/local-aws/fixtures.py`: ID, name, team, type, highest CPU, bytes a day each way.
const INSTANCES: [(&str, &str, &str, &str, f64, f64); 4] = [
    (
        "i-0a1b2c3d4e5f60711",
        "reporting-old",
        "reporting",
        "m7g.xlarge",
        1.4,
        2e4,
    ),
    (
        "i-0a1b2c3d4e5f60712",
        "search-index",
        "search",
        "r7g.2xlarge",
        22.5,
        3e8,
    ),
    (
        "i-0a1b2c3d4e5f60713",
        "batch-2024",
        "reporting",
        "c6g.medium",
        0.8,
        1e3,
    ),
    (
        "i-0a1b2c3d4e5f60714",
        "checkout-api",
        "",
        "c7g.large",
        63.0,
        9e8,
    ),
];

/// What the account has at a point in time.
#[derive(Clone, Copy, Default)]
struct State {
    /// Whether `reporting-old` was stopped.
    is_stopped: bool,
    /// Whether an address was allocated that nothing uses.
    has_address: bool,
}

fn ec2(operation: &str, state: State) -> Option<String> {
    let mut xml = format!("<{operation}Response>");
    match operation {
        "DescribeInstances" => {
            xml.push_str("<reservationSet>");
            for (id, name, team, kind, _, _) in INSTANCES {
                let stopped = state.is_stopped && name == "reporting-old";
                let status = if stopped { "stopped" } else { "running" };
                let _ = write!(
                    xml,
                    "<item><instancesSet><item><instanceId>{id}</instanceId><instanceType>{kind}</instanceType>\
                     <instanceState><name>{status}</name></instanceState><tagSet><item><key>Name</key>\
                     <value>{name}</value></item><item><key>team</key><value>{team}</value></item></tagSet>\
                     </item></instancesSet></item>"
                );
            }
            xml.push_str("</reservationSet>");
        }
        "DescribeAddresses" => {
            xml.push_str("<addressesSet>");
            if state.has_address {
                xml.push_str(
                    "<item><allocationId>eipalloc-0a1b2c3d</allocationId><publicIp>192.0.2.7</publicIp></item>",
                );
            }
            xml.push_str("</addressesSet>");
        }
        "DescribeVolumes" => xml.push_str("<volumeSet/>"),
        _ => return None,
    }
    let _ = write!(xml, "</{operation}Response>");
    Some(xml)
}

fn metric_data(body: &str) -> String {
    let input: Json = serde_json::from_str(body).unwrap();
    let start = input["StartTime"].as_i64().unwrap();
    let queries = input["MetricDataQueries"].as_array().unwrap().iter();
    let results = queries.map(|query| {
        let metric = &query["MetricStat"]["Metric"];
        let id = metric["Dimensions"][0]["Value"].as_str().unwrap();
        let (.., cpu, bytes) = INSTANCES.into_iter().find(|it| it.0 == id).unwrap();
        let is_cpu = metric["MetricName"] == "CPUUtilization";
        let value = if is_cpu { cpu } else { bytes };
        let times: Vec<i64> = (0..14).map(|day| start + day * 86_400).collect();
        json!({ "Id": query["Id"], "StatusCode": "Complete", "Timestamps": times, "Values": vec![value; 14] })
    });
    json!({ "MetricDataResults": results.collect::<Vec<_>>() }).to_string()
}

#[derive(Default)]
struct Memory {
    ledger: RefCell<MemoryLedger>,
    sent: RefCell<Vec<String>>,
}

impl Store for Memory {
    async fn read(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        let ledger = self.ledger.borrow();
        let stored = |it: &Key| Some((it.clone(), Some(ledger.get(it)?.clone())));
        Ok(keys.iter().filter_map(stored).collect())
    }

    async fn write(&self, put: &Put) -> Result<bool, CallError> {
        Ok(self.ledger.borrow_mut().write(std::slice::from_ref(put)))
    }
}

impl Outbox for Memory {
    async fn send(&self, body: &str) -> Result<(), CallError> {
        self.sent.borrow_mut().push(body.to_owned());
        Ok(())
    }
}

fn settings(endpoint: &str) -> (Environment, Settings) {
    let variables = [
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL", endpoint),
        (
            "COST_SOURCES",
            "cost-optimization-hub,compute-optimizer,metrics",
        ),
        ("IDLE_BELOW_MEGABYTES", "5"),
        ("IDLE_BELOW_PERCENT", "5"),
        ("IGNORE_TAG", "tocsin"),
        ("IGNORE_TAG_VALUE", "ignore"),
        ("LOOKBACK_DAYS", "14"),
        ("MAX_METRICS", "10000"),
        ("OWNER_TAGS", "owner,team"),
        ("REPORT_EVERY_DAYS", "7"),
        ("REPORT_FROM", "50"),
        ("TIME_ZONE", "Europe/Berlin"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = Environment::new(variables);
    let settings = Settings::from_env(&environment).unwrap();
    (environment, settings)
}

#[tokio::test]
async fn the_document_shows_the_report_of_the_demo_and_the_one_after_a_stop() {
    let state = Arc::new(Mutex::new(State::default()));
    let refreshed: Timestamp = "2026-11-01T22:00:00Z".parse().unwrap();
    let subjects = Subjects {
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        idle: INSTANCES[0].0.to_owned(),
        large: INSTANCES[1].0.to_owned(),
        refreshed,
    };
    let shared = Arc::clone(&state);
    let server = Server::listen(move |operation, body| {
        if operation == "GetMetricData" {
            return Some(metric_data(body));
        }
        let state = *shared.lock().unwrap();
        let advice = || Some(advice(operation, Some(&subjects))?.to_string());
        ec2(operation, state).or_else(advice)
    });
    let server = server.await.unwrap();
    let (environment, settings) = settings(server.endpoint());
    let http = client(web_roots(), Reuse::Connections).unwrap();
    let reads = AwsReads::new(&http, &environment, &settings, ACCOUNT).unwrap();
    let memory = Memory::default();
    let run = async |at: &str| {
        let run = Run {
            reads: &reads,
            clock: &PassingClock::new(),
            store: &memory,
            outbox: &memory,
            settings: &settings,
        };
        let at: Timestamp = at.parse().unwrap();
        let occasion = Occasion {
            account: ACCOUNT,
            region: REGION,
            at,
        };
        run.run(occasion, at, Duration::from_mins(4)).await.unwrap()
    };
    let is_reported = |outcome: &Outcome| matches!(outcome, Outcome::Reported { .. });

    assert!(is_reported(&run("2026-11-02T06:30:00Z").await));
    // The same again is no incident, and neither is what is done.
    assert!(!is_reported(&run("2026-11-03T06:30:00Z").await));
    state.lock().unwrap().is_stopped = true;
    assert!(!is_reported(&run("2026-11-04T06:30:00Z").await));
    // What has no amount waits for its week, and then the report says what was done, too.
    state.lock().unwrap().has_address = true;
    assert!(!is_reported(&run("2026-11-05T06:30:00Z").await));
    assert!(is_reported(&run("2026-11-09T06:30:00Z").await));

    let sent = memory.sent.borrow();
    assert_eq!(sent.len(), 2);
    let texts: Vec<String> = sent
        .iter()
        .map(|body| {
            let incident = Envelope::parse(body).unwrap().incident;
            format!("{}\n\n{}", incident.title(), incident.description())
        })
        .collect();
    for (text, name) in texts.iter().zip(["report", "report_after_a_stop"]) {
        assert_snapshot(&directory("cost"), name, text);
    }
    let document = fs::read_to_string(directory("../docs/cost.md")).unwrap();
    for text in &texts {
        assert!(document.contains(text), "docs/cost.md lacks:\n{text}");
    }
    // The README shows lines of the first, in their order.
    let readme = fs::read_to_string(directory("../README.md")).unwrap();
    let shown: Vec<&str> = readme
        .split("```")
        .filter_map(|it| it.strip_prefix("text\nCost report of "))
        .collect();
    assert_eq!(shown.len(), 1);
    for (text, shown) in texts.iter().zip(shown) {
        let mut lines = text.lines();
        for line in format!("Cost report of {shown}").lines() {
            assert!(lines.any(|it| it == line), "the report lacks:\n{line}");
        }
    }
}
