//! What the cost report of a large account takes: an AWS that answers after a second and throttles one call in ten.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    fmt::Write as _,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::AUTHORIZATION,
};
use serde_json::{Value as Json, json};

use crate::{
    events::large_account,
    lambda::Lambda,
    outside::{Outside, variables},
    serve::serve,
    unzip,
};

const LEGEND: &str = "
The cost report of 10,000 instances in 5 regions, of an AWS that takes a second for each answer and throttles one call in
ten. Calls are those that were made, throttled ones among them; a metric is what CloudWatch charges for.
";

const REGIONS: [&str; 5] = [
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "us-east-1",
];
/// Instances of a region, of a page, and what one of them takes on it, in bytes.
const INSTANCES: usize = 2_000;
const PAGE: usize = 100;
const SIZE: usize = 9_000;
/// How long an answer takes.
const LATENCY: Duration = Duration::from_secs(1);

/// An account, and what was asked of it.
struct Account {
    /// Whether Compute Optimizer speaks of every instance; otherwise of none.
    is_covered: bool,
    calls: AtomicUsize,
    metrics: Mutex<BTreeSet<String>>,
}

/// Prints the section.
pub(crate) async fn report(scratch: &Path) {
    println!("{LEGEND}");
    row(["", "calls", "metrics", "USD", "seconds", "peak MB"].map(str::to_owned));
    row(["aim", "", "", "", "300", "128"].map(str::to_owned));
    for (name, is_covered) in [("metrics", false), ("Compute Optimizer", true)] {
        let account = Arc::new(Account {
            is_covered,
            calls: AtomicUsize::default(),
            metrics: Mutex::default(),
        });
        let (seconds, peak) = play(scratch, &account).await;
        let metrics = account.metrics.lock().unwrap().len();
        row([
            name.to_owned(),
            account.calls.load(Ordering::Relaxed).to_string(),
            metrics.to_string(),
            format!("{:.2}", runtime::cost::price_of_metrics(metrics)),
            format!("{seconds:.0}"),
            peak.map_or_else(|| "-".to_owned(), |it| format!("{it:.1}")),
        ]);
    }
}

fn row(cells: [String; 6]) {
    let [name, rest @ ..] = cells;
    print!("{name:<20}");
    for cell in rest {
        print!(" {cell:>8}");
    }
    println!();
}

async fn play(scratch: &Path, account: &Arc<Account>) -> (f64, Option<f64>) {
    let outside = Outside::listen(None, None).await;
    let shared = Arc::clone(account);
    let address = serve(None, move |request| {
        let account = Arc::clone(&shared);
        async move { answer(request, &account).await }
    })
    .await;
    let endpoint = format!("http://{address}");
    let mut environment = outside.environment();
    environment.extend(variables([
        ("AWS_ENDPOINT_URL_EC2", &endpoint),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", &endpoint),
        ("AWS_ENDPOINT_URL_COMPUTE_OPTIMIZER", &endpoint),
        ("COST_REGIONS", &REGIONS.join(",")),
        ("COST_SOURCES", "compute-optimizer,metrics"),
        ("MAX_METRICS", "20000"),
    ]));
    let (program, _) = unzip("cost", &environment, scratch);
    let mut lambda = Lambda::start(&program, None).await;
    let took = lambda.invoke(&large_account()).await;
    let peak = lambda.peak_memory();
    lambda.end();
    (took.as_secs_f64(), peak)
}

async fn answer(
    request: Request<Incoming>,
    account: &Account,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |name: &str| {
        let value = request.headers().get(name);
        value.map_or("", |it| it.to_str().unwrap()).to_owned()
    };
    // The region is what the request is signed for.
    let scope = header(AUTHORIZATION.as_str());
    let region = REGIONS.iter().find(|it| scope.contains(&format!("/{it}/")));
    let target = header("x-amz-target");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let form = |name: &str| {
        let pairs = body.split('&').filter_map(|it| it.split_once('='));
        pairs.clone().find(|(it, _)| *it == name).map(|(_, it)| it)
    };
    let operation = target.rsplit('.').next().filter(|it| !it.is_empty());
    let operation = operation.or(form("Action")).unwrap_or_default();
    let call = account.calls.fetch_add(1, Ordering::Relaxed) + 1;
    tokio::time::sleep(LATENCY).await;
    if call.is_multiple_of(10) {
        let text = if target.is_empty() {
            "<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors></Response>"
        } else {
            r#"{"__type":"ThrottlingException"}"#
        };
        let mut response = Response::new(text.into());
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        return Ok(response);
    }
    let region = region.copied().unwrap_or_default();
    let page = |token: Option<&str>| token.map_or(0, |it| it.parse().unwrap());
    let input: Json = serde_json::from_str(&body).unwrap_or_default();
    let text = match operation {
        "DescribeInstances" => instances(region, page(form("NextToken"))),
        "GetMetricData" => account.metric_data(&input),
        "GetEnrollmentStatus" => json!({ "status": "Active" }).to_string(),
        "GetEC2InstanceRecommendations" if account.is_covered => {
            sizes(region, page(input["nextToken"].as_str()))
        }
        "GetIdleRecommendations" if account.is_covered => {
            idle(region, page(input["nextToken"].as_str()))
        }
        "DescribeAddresses" => {
            "<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>".to_owned()
        }
        _ => "{}".to_owned(),
    };
    Ok(Response::new(text.into()))
}

fn id(region: &str, number: usize) -> String {
    let region = REGIONS
        .iter()
        .position(|it| *it == region)
        .unwrap_or_default();
    format!("i-{region:05x}{number:012x}")
}

fn instances(region: &str, page: usize) -> String {
    let mut xml = "<DescribeInstancesResponse><reservationSet>".to_owned();
    let address = "<item><privateIpAddress>10.0.0.1</privateIpAddress></item>";
    for number in page * PAGE..(page + 1) * PAGE {
        let _ = write!(
            xml,
            "<item><instancesSet><item><instanceId>{}</instanceId><instanceType>m7g.large</instanceType>\
             <instanceState><name>running</name></instanceState><networkInterfaceSet>{}</networkInterfaceSet>\
             <tagSet><item><key>Name</key><value>server {number} of {region}</value></item><item><key>owner</key>\
             <value>team-{}</value></item></tagSet></item></instancesSet></item>",
            id(region, number),
            address.repeat(SIZE / address.len()),
            number % 20,
        );
    }
    xml.push_str("</reservationSet>");
    if (page + 1) * PAGE < INSTANCES {
        let _ = write!(xml, "<nextToken>{}</nextToken>", page + 1);
    }
    xml.push_str("</DescribeInstancesResponse>");
    xml
}

fn metrics(name: &str, value: f64) -> Json {
    let metric = |name: &str| json!({ "name": name, "statistic": "MAXIMUM", "value": value });
    let others = [
        "MEMORY",
        "NETWORK_IN_BYTES_PER_SECOND",
        "NETWORK_OUT_BYTES_PER_SECOND",
    ];
    let others = others.iter().map(|it| metric(it));
    std::iter::once(metric(name)).chain(others).collect()
}

fn saves(value: f64) -> Json {
    json!({
        "savingsOpportunityPercentage": 50.0,
        "estimatedMonthlySavings": { "currency": "USD", "value": value },
    })
}

fn arn(region: &str, number: usize) -> String {
    let id = id(region, number);
    format!("arn:aws:ec2:{region}:111122223333:instance/{id}")
}

/// A page of a thousand, each with three options.
fn sizes(region: &str, page: usize) -> String {
    let size = 1_000;
    let option = |rank: usize| {
        json!({
            "instanceType": format!("m7g.{}", ["medium", "small", "large"][rank - 1]),
            "rank": rank,
            "performanceRisk": 1.0,
            "migrationEffort": "Low",
            "projectedUtilizationMetrics": metrics("CPU", 40.0),
            "savingsOpportunity": saves(31.5),
            "savingsOpportunityAfterDiscounts": saves(24.25),
        })
    };
    let options: Vec<Json> = (1..=3).map(option).collect();
    let each = (page * size..(page + 1) * size).map(|number| {
        json!({
            "instanceArn": arn(region, number),
            "instanceName": format!("server {number} of {region}"),
            "currentInstanceType": "m7g.large",
            "finding": if number % 5 < 2 { "OVER_PROVISIONED" } else { "OPTIMIZED" },
            "utilizationMetrics": metrics("CPU", 20.0),
            "lookBackPeriodInDays": 14.0,
            "lastRefreshTimestamp": 1_780_000_000.0,
            "recommendationOptions": options,
            "tags": [{ "key": "owner", "value": format!("team-{}", number % 20) }],
        })
    });
    let each: Vec<Json> = each.collect();
    let next = ((page + 1) * size < INSTANCES).then(|| (page + 1).to_string());
    json!({ "instanceRecommendations": each, "nextToken": next }).to_string()
}

/// One in five of the region's instances, a hundred on a page.
fn idle(region: &str, page: usize) -> String {
    let each = (page * PAGE..(page + 1) * PAGE).map(|number| {
        json!({
            "resourceArn": arn(region, number * 5),
            "resourceId": id(region, number * 5),
            "resourceType": "EC2Instance",
            "finding": "Idle",
            "savingsOpportunity": saves(60.0),
            "savingsOpportunityAfterDiscounts": saves(48.5),
            "utilizationMetrics": metrics("CPU", 1.0),
            "lookBackPeriodInDays": 14.0,
            "lastRefreshTimestamp": 1_780_000_000.0,
        })
    });
    let each: Vec<Json> = each.collect();
    let next = ((page + 1) * PAGE < INSTANCES / 5).then(|| (page + 1).to_string());
    json!({ "idleRecommendations": each, "nextToken": next }).to_string()
}

impl Account {
    /// One instance in five does nothing.
    fn metric_data(&self, input: &Json) -> String {
        let start = input["StartTime"].as_i64().unwrap_or_default();
        let times: Vec<i64> = (0..14).map(|day| start + day * 86_400).collect();
        let queries = input["MetricDataQueries"].as_array().unwrap().iter();
        let mut asked = self.metrics.lock().unwrap();
        let results = queries.map(|query| {
            let metric = &query["MetricStat"]["Metric"];
            let instance = metric["Dimensions"][0]["Value"].as_str().unwrap();
            let name = metric["MetricName"].as_str().unwrap();
            asked.insert(format!("{name} {instance}"));
            let number = instance.get(7..).map(|it| usize::from_str_radix(it, 16).unwrap());
            let is_idle = number.is_some_and(|it| it % 5 == 0);
            let value = match (name, is_idle) {
                ("CPUUtilization", true) => 1.25,
                ("CPUUtilization", false) => 60.5,
                _ => 100_000.0,
            };
            json!({
                "Id": query["Id"], "StatusCode": "Complete", "Timestamps": times, "Values": vec![value; 14],
            })
        });
        let results: Vec<Json> = results.collect();
        json!({ "MetricDataResults": results }).to_string()
    }
}
