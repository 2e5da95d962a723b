//! The cost report over real sockets: answers as AWS writes them, of any size.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use runtime::{
    cost::{ACTIONS, AwsReads, Evaluation, PassingClock, Settings, evaluate, look},
    http::{Reuse, client, web_roots},
    settings::Environment,
};
use serde_json::{Value as Json, json};
use tokio::{net::TcpListener, task::JoinHandle};

const ACCOUNT: &str = "123456789012";

/// What an operation answers to a body.
type Answer = dyn Fn(&str, &str) -> (u16, String) + Send + Sync;

/// An AWS that answers what a test says, on loopback, until it is dropped.
struct Stub {
    endpoint: String,
    asked: Arc<Mutex<BTreeSet<String>>>,
    task: JoinHandle<()>,
}

impl Stub {
    async fn new(answer: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let shared: (Arc<Answer>, _) = (Arc::new(answer), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, asked) = shared.clone();
                tokio::spawn(async move {
                    let service = service_fn(|request| serve(request, &*answer, &asked));
                    let served = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                    drop(served);
                });
            }
        });
        Self {
            endpoint,
            asked,
            task,
        }
    }

    async fn evaluation(&self, sources: &str) -> Evaluation {
        let environment = Environment::new(
            [
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "key"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
                ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
                ("COST_SOURCES", sources),
                ("IDLE_BELOW_MEGABYTES", "5"),
                ("IDLE_BELOW_PERCENT", "5"),
                ("IGNORE_TAG", "tocsin"),
                ("IGNORE_TAG_VALUE", "ignore"),
                ("LOOKBACK_DAYS", "14"),
                ("MAX_METRICS", "10000"),
                ("OWNER_TAGS", "owner"),
                ("REPORT_EVERY_DAYS", "7"),
                ("REPORT_FROM", "0"),
                ("TIME_ZONE", "UTC"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let settings = Settings::from_env(&environment).unwrap();
        let http = client(web_roots(), Reuse::Connections).unwrap();
        let reads = AwsReads::new(&http, &environment, &settings, ACCOUNT).unwrap();
        let at: Timestamp = "2025-11-24T06:30:00Z".parse().unwrap();
        let until = Duration::from_secs(260);
        let facts = look(&reads, &PassingClock::new(), &settings, at, until).await;
        evaluate(facts, &settings, at)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    request: Request<Incoming>,
    answer: &Answer,
    asked: &Mutex<BTreeSet<String>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.headers().get("x-amz-target");
    let target = target.map(|it| it.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let operation = match &target {
        Some(target) => target.split_once('.').unwrap().1,
        None => body
            .strip_prefix("Action=")
            .unwrap()
            .split('&')
            .next()
            .unwrap(),
    };
    asked.lock().unwrap().insert(operation.to_owned());
    let (status, text) = answer(operation, &body);
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

const NO_ADDRESSES: &str = "<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>";
const OWN: &str = "metrics";
const OPTIMIZER: &str = "compute-optimizer,metrics";
const ALL: &str = "cost-optimization-hub,compute-optimizer,metrics";

/// Answers queries with the daily values that a sample has of `instance` and `metric/statistic`.
fn metric_data(body: &str, sample: impl Fn(&str, &str) -> Vec<f64>) -> String {
    let input: Json = serde_json::from_str(body).unwrap();
    let start = input["StartTime"].as_i64().unwrap();
    let queries = input["MetricDataQueries"].as_array().unwrap();
    let results: Vec<Json> = queries
        .iter()
        .map(|query| {
            let stat = &query["MetricStat"];
            let metric = stat["Metric"]["MetricName"].as_str().unwrap();
            let name = format!("{metric}/{}", stat["Stat"].as_str().unwrap());
            let instance = stat["Metric"]["Dimensions"][0]["Value"].as_str().unwrap();
            let values = sample(instance, &name);
            let times: Vec<i64> = (0_i64..).zip(&values).map(|(day, _)| start + day * 86_400).collect();
            json!({ "Id": query["Id"], "StatusCode": "Complete", "Timestamps": times, "Values": values })
        })
        .collect();
    json!({ "MetricDataResults": results }).to_string()
}

/// What people reported elsewhere, written after public reports with other names.
async fn sample(name: &str) -> Evaluation {
    let read = |extension: &str| {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cost_samples");
        fs::read_to_string(format!("{directory}/{name}.{extension}")).unwrap()
    };
    let (xml, metrics, optimizer) = (read("xml"), read("metrics.json"), read("co.json"));
    let metrics: Json = serde_json::from_str(&metrics).unwrap();
    let refusal: Json = serde_json::from_str(&optimizer).unwrap();
    let status = refusal["__status"].as_u64();
    let stub = Stub::new(move |operation, body| match (operation, status) {
        ("DescribeInstances", _) => (200, xml.clone()),
        ("DescribeAddresses", _) => (200, NO_ADDRESSES.to_owned()),
        ("GetMetricData", _) => {
            let values = |instance: &str, name: &str| {
                let values = metrics[instance][name].as_array().into_iter().flatten();
                values.map(|it| it.as_f64().unwrap()).collect()
            };
            (200, metric_data(body, values))
        }
        (_, Some(status)) => (u16::try_from(status).unwrap(), optimizer.clone()),
        ("GetEnrollmentStatus", _) => (200, r#"{"status":"Active"}"#.to_owned()),
        ("GetIdleRecommendations", _) => (200, r#"{"idleRecommendations":[]}"#.to_owned()),
        ("GetEC2InstanceRecommendations", _) => (200, optimizer.clone()),
        (other, _) => panic!("nobody may call {other}"),
    })
    .await;
    stub.evaluation(OPTIMIZER).await
}

#[tokio::test]
async fn excluded_instances_are_out_of_every_part_and_an_idle_one_is_listed_once() {
    let evaluation = sample("co-01-ignored-and-asg-and-idle-twice").await;
    let ids: Vec<&str> = evaluation
        .findings
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(ids, ["i-idle"]);
    assert_eq!((evaluation.excluded_count(), evaluation.in_use), (3, 1));
    assert_eq!(
        evaluation.dropped["of instances that are not there any more"],
        1
    );
    assert!(evaluation.is_complete());
}

#[tokio::test]
async fn the_amount_is_the_one_after_discounts() {
    let evaluation = sample("co-04-after-discounts").await;
    let amount = evaluation.findings[0].amount.as_ref().unwrap();
    assert_eq!(amount.to_string(), "2.00 USD a month");
}

#[tokio::test]
async fn an_account_that_has_not_opted_in_is_a_gap_and_not_nothing_found() {
    let evaluation = sample("co-07-optin-json").await;
    assert!(evaluation.findings.is_empty() && !evaluation.is_complete());
    assert_eq!(
        evaluation.reasons(),
        [
            "idle resources of Compute Optimizer in us-east-1: this account has not opted in",
            "instance sizes of Compute Optimizer in us-east-1: this account has not opted in",
        ]
    );
}

/// A page of 26 MB: instances as they are today, and nodes with every address that they can have.
#[tokio::test]
async fn a_page_may_have_any_size() {
    let mut xml = "<DescribeInstancesResponse><reservationSet>".to_owned();
    let address =
        "<item><privateIpAddress>10.0.0.1</privateIpAddress><primary>false</primary></item>\n";
    for number in 0..1_060 {
        let size = if number < 1_000 { 9_000 } else { 280_000 };
        let _ = write!(
            xml,
            "<item><instancesSet><item><instanceId>i-{number}</instanceId><instanceType>m5.large</instanceType>\
             <instanceState><name>running</name></instanceState><networkInterfaceSet>{}</networkInterfaceSet>\
             <tagSet/></item></instancesSet></item>",
            address.repeat(size / address.len())
        );
    }
    xml.push_str("</reservationSet></DescribeInstancesResponse>");
    assert!(xml.len() > 25_000_000);
    let stub = Stub::new(move |operation, body| match operation {
        "DescribeInstances" => (200, xml.clone()),
        "DescribeAddresses" => (200, NO_ADDRESSES.to_owned()),
        "GetMetricData" => (200, metric_data(body, |_, _| vec![80.0; 14])),
        other => panic!("nobody may call {other}"),
    })
    .await;
    let evaluation = stub.evaluation(OWN).await;
    assert_eq!(evaluation.gaps, []);
    assert_eq!((evaluation.seen, evaluation.in_use), (1_060, 1_060));
}

/// What the function may do is what it does: each call is made once everything is on.
#[tokio::test]
async fn these_are_all_calls() {
    let stopped = "<DescribeInstancesResponse><reservationSet><item><instancesSet>\
        <item><instanceId>i-1</instanceId><instanceState><name>running</name></instanceState></item>\
        <item><instanceId>i-2</instanceId><instanceState><name>stopped</name></instanceState>\
        <stateTransitionReason>User initiated (2025-01-01 00:00:00 GMT)</stateTransitionReason></item>\
        </instancesSet></item></reservationSet></DescribeInstancesResponse>";
    let volumes = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>8</size>\
        <attachmentSet><item><instanceId>i-2</instanceId></item></attachmentSet></item></volumeSet>\
        </DescribeVolumesResponse>";
    let advice = json!({ "items": [
        { "accountId": ACCOUNT, "region": "us-east-1", "resourceId": "db-1", "currentResourceType": "RdsDbInstance",
          "actionType": "Stop", "estimatedMonthlySavings": 90.0, "currencyCode": "USD" },
        { "accountId": "999999999999", "region": "us-east-1", "resourceId": "db-2", "actionType": "Stop" },
    ] });
    let stub = Stub::new(move |operation, body| {
        let text = match operation {
            "DescribeInstances" => stopped.to_owned(),
            "DescribeVolumes" => volumes.to_owned(),
            "DescribeAddresses" => NO_ADDRESSES.to_owned(),
            "GetMetricData" => metric_data(body, |_, _| vec![1.0; 14]),
            "ListEnrollmentStatuses" => json!({ "items": [{ "status": "Active" }] }).to_string(),
            "ListRecommendations" => advice.to_string(),
            "GetPreferences" => json!({ "savingsEstimationMode": "AfterDiscounts" }).to_string(),
            "GetEnrollmentStatus" => json!({ "status": "Active" }).to_string(),
            _ => json!({}).to_string(),
        };
        (200, text)
    })
    .await;
    let evaluation = stub.evaluation(ALL).await;
    let ids: Vec<&str> = evaluation
        .findings
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!(ids, ["db-1", "i-1", "vol-1"]);
    assert!(evaluation.is_complete(), "{:?}", evaluation.gaps);
    let asked = stub.asked.lock().unwrap().clone();
    let actions = ACTIONS.map(|it| it.split_once(':').unwrap().1.to_owned());
    let mut actions = BTreeSet::from(actions);
    // That is asked of what is reported, and only where the account file says so.
    assert!(actions.remove("GetCostAndUsageWithResources"));
    assert_eq!(asked, actions);
}
