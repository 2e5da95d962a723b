//! What the functions talk to: as much of AWS as they call, and the agent.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use contract::{AgentSettings, AlarmSettings, DeliverySettings, Limits, Priority};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
};
use serde_json::{Value as Json, json};
use tokio_rustls::TlsAcceptor;

use crate::{serve::serve, table::Table};

/// The agent space.
pub(crate) const SPACE: &str = "0a1b2c3d-0000-1111-2222-333344445555";

/// One instance that does nothing.
const INSTANCES: &str = "<DescribeInstancesResponse><reservationSet><item><instancesSet><item>\
    <instanceId>i-0a1b2c3d4e5f60718</instanceId><instanceType>m7g.large</instanceType>\
    <instanceState><name>running</name></instanceState>\
    </item></instancesSet></item></reservationSet></DescribeInstancesResponse>";
const NO_ADDRESSES: &str = "<DescribeAddressesResponse><addressesSet/></DescribeAddressesResponse>";

/// Everything that the functions talk to, until the benchmark ends.
pub(crate) struct Outside {
    aws: String,
    /// The ledger's table.
    pub(crate) table: Arc<Table>,
    sent: Arc<AtomicUsize>,
}

impl Outside {
    /// Listens for calls of AWS and of the agent.
    pub(crate) async fn listen(aws: Option<TlsAcceptor>, agent: Option<TlsAcceptor>) -> Self {
        let scheme = |tls: &Option<TlsAcceptor>| if tls.is_some() { "https" } else { "http" };
        let (aws_scheme, agent_scheme) = (scheme(&aws), scheme(&agent));
        let (table, sent) = (Arc::new(Table::default()), Arc::new(AtomicUsize::new(0)));
        let taken = Arc::clone(&sent);
        let agent = serve(agent, move |request| {
            taken.fetch_add(1, Ordering::Relaxed);
            agent_answers(request)
        })
        .await;
        let url = format!("{agent_scheme}://{agent}/webhook");
        let secret = json!({ "url": url, "secret": "not-a-secret" }).to_string();
        let asked = Arc::clone(&table);
        let aws = serve(aws, move |request| {
            aws_answers(request, secret.clone(), Arc::clone(&asked))
        })
        .await;
        Self {
            aws: format!("{aws_scheme}://{aws}"),
            table,
            sent,
        }
    }

    /// How many incidents the agent was sent so far.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// Where both are, as the environment of a function says it.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut environment = grouped(1000);
        environment.extend(variables([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_LAMBDA_FUNCTION_NAME", "tocsin-bench"),
            ("AWS_ENDPOINT_URL", &self.aws),
            (
                "WEBHOOK_SECRET_ARN",
                "arn:aws:secretsmanager:eu-central-1:111122223333:secret:x",
            ),
            ("WEBHOOK_LOOPBACK_HTTP", "allowed"),
            ("INCIDENTS_QUEUE_URL", "http://queue/incidents"),
            ("DEAD_LETTERS_QUEUE_URL", "http://queue/dead-letters"),
            ("COST_SOURCES", "metrics"),
            ("IDLE_BELOW_MEGABYTES", "5"),
            ("IDLE_BELOW_PERCENT", "5"),
            ("IGNORE_TAG", "tocsin"),
            ("IGNORE_TAG_VALUE", "ignore"),
            ("LEDGER_TABLE", "ledger"),
            ("LOOKBACK_DAYS", "14"),
            ("MAX_METRICS", "10000"),
            ("REPORT_EVERY_DAYS", "7"),
            ("REPORT_FROM", "50"),
            ("TIME_ZONE", "UTC"),
        ]));
        environment
    }
}

/// What the environment of functions says that comes from an account file. Groups wait for a second, which is less than an account file may say.
pub(crate) fn grouped(per_hour: u32) -> Vec<(String, String)> {
    let settings = DeliverySettings {
        wait: Duration::from_secs(1),
        limits: Limits::new(per_hour, 1000),
        ..DeliverySettings::default()
    };
    let agent = AgentSettings {
        space: SPACE.to_owned(),
        region: None,
        price: AgentSettings::PRICE,
        metered: false,
        always_send: Priority::Critical,
        notices: None,
        mitigation: None,
    };
    let mut variables = settings.to_env();
    variables.extend(AlarmSettings::default().to_env());
    variables.extend(agent.to_env());
    let owned = variables.into_iter();
    owned
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(crate) fn variables<const N: usize>(variables: [(&str, &str); N]) -> Vec<(String, String)> {
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

async fn agent_answers(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    request.into_body().collect().await.unwrap();
    Ok(Response::new(r#"{"message":"Webhook received"}"#.into()))
}

async fn aws_answers(
    request: Request<Incoming>,
    secret: String,
    table: Arc<Table>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.headers().get("x-amz-target");
    let operation = target
        .and_then(|it| it.to_str().unwrap().rsplit('.').next())
        .unwrap_or_default()
        .to_owned();
    if request.uri().path().starts_with("/backlog/") {
        let task = json!({ "taskId": "t", "taskType": "INVESTIGATION", "status": "COMPLETED" });
        return Ok(Response::new(json!({ "task": task }).to_string().into()));
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    // EC2 is the one service here that is not called in JSON.
    let input: Json = serde_json::from_slice(&body).unwrap_or_default();
    match table.answer(&operation, &input) {
        Some(Ok(output)) => return Ok(Response::new(output.to_string().into())),
        Some(Err(refusal)) => {
            let mut response = Response::new(refusal.to_string().into());
            *response.status_mut() = StatusCode::BAD_REQUEST;
            return Ok(response);
        }
        None => {}
    }
    let entries = |key: &str| input[key].as_array().cloned().unwrap_or_default();
    let output = match operation.as_str() {
        "" if body.starts_with(b"Action=DescribeInstances&") => {
            return Ok(Response::new(INSTANCES.into()));
        }
        "" => return Ok(Response::new(NO_ADDRESSES.into())),
        "GetSecretValue" => json!({ "SecretString": secret }),
        "ChangeMessageVisibilityBatch" => {
            let taken = entries("Entries")
                .iter()
                .map(|it| json!({ "Id": it["Id"] }))
                .collect::<Vec<_>>();
            json!({ "Successful": taken })
        }
        "GetMetricData" => {
            let start = input["StartTime"].as_i64().unwrap_or_default();
            let days: Vec<i64> = (0..14).map(|day| start + day * 86_400).collect();
            let results = entries("MetricDataQueries")
                .iter()
                .map(|it| {
                    json!({ "Id": it["Id"], "StatusCode": "Complete", "Timestamps": days, "Values": vec![0.5; 14] })
                })
                .collect::<Vec<_>>();
            json!({ "MetricDataResults": results })
        }
        "SendMessage" => json!({ "MessageId": "message" }),
        _ => json!({}),
    };
    Ok(Response::new(output.to_string().into()))
}
