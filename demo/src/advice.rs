//! Cost Optimization Hub and Compute Optimizer, which the local AWS does not have: they recommend something about
//! the demo's instances. What they answer has the shape of their API references; the amounts are invented.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::json;
use stacks::Json;
use tokio::{net::TcpListener, task::JoinHandle};

/// What is recommended something about.
#[derive(Clone, Debug)]
pub struct Subjects {
    /// Twelve digits.
    pub account: String,
    /// Such as `eu-central-1`.
    pub region: String,
    /// An instance that does nothing.
    pub idle: String,
    /// An instance that is larger than it needs to be.
    pub large: String,
    /// When the recommendations were made.
    pub refreshed: Timestamp,
}

/// A server on loopback that answers calls of AWS, until it is dropped.
#[derive(Debug)]
pub struct Server {
    endpoint: String,
    task: JoinHandle<()>,
}

/// What an operation answers to a body; nothing where it is not known.
type Answer = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

impl Server {
    /// Listens on loopback. `answer` is given the name of an operation and the body.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if no port of the loopback interface can be bound.
    pub async fn listen(
        answer: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let answer: Arc<Answer> = Arc::new(answer);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    let service = service_fn(|request| respond(request, &*answer));
                    // A connection that breaks has nothing more to ask.
                    drop(
                        http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        Ok(Self { endpoint, task })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(
    request: Request<Incoming>,
    answer: &Answer,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.headers().get("x-amz-target");
    let target = target.and_then(|it| it.to_str().ok()).map(str::to_owned);
    let body = request.into_body().collect().await;
    let body = body.map(|it| String::from_utf8_lossy(&it.to_bytes()).into_owned());
    let body = body.unwrap_or_default();
    // A service of JSON names the operation in a header, and one of forms in the body.
    let of_form = || body.strip_prefix("Action=")?.split('&').next();
    let operation = target.as_deref().and_then(|it| it.rsplit('.').next());
    let text = operation
        .or_else(of_form)
        .and_then(|operation| answer(operation, &body));
    let mut response = Response::new(Full::new(Bytes::from(text.clone().unwrap_or_default())));
    if text.is_none() {
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    }
    Ok(response)
}

/// The advisers of a demo: they know no instance until some are added.
#[derive(Debug)]
pub struct Advisers {
    server: Server,
    subjects: Arc<Mutex<Option<Subjects>>>,
}

impl Advisers {
    /// Listens on loopback.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if no port of the loopback interface can be bound.
    pub async fn listen() -> std::io::Result<Self> {
        let subjects = Arc::new(Mutex::new(None::<Subjects>));
        let known = Arc::clone(&subjects);
        let server = Server::listen(move |operation, _| {
            let known = known.lock().unwrap_or_else(PoisonError::into_inner);
            Some(advice(operation, known.as_ref())?.to_string())
        });
        let server = server.await?;
        Ok(Self { server, subjects })
    }

    /// Where both listen.
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// From now on they speak of these.
    pub fn speak_of(&self, subjects: Subjects) {
        *self.subjects.lock().unwrap_or_else(PoisonError::into_inner) = Some(subjects);
    }
}

/// What an operation of one of the two services answers; nothing where it is of neither.
///
/// Shapes: `ListRecommendations`, `ListEnrollmentStatuses` and `GetPreferences` in the API reference of AWS Billing
/// and Cost Management; `GetIdleRecommendations`, `GetEC2InstanceRecommendations` and `GetEnrollmentStatus` in
/// that of Compute Optimizer.
pub fn advice(operation: &str, subjects: Option<&Subjects>) -> Option<Json> {
    let list = |about: fn(&Subjects) -> Vec<Json>| subjects.map(about).unwrap_or_default();
    Some(match operation {
        "GetEnrollmentStatus" => json!({ "status": "Active" }),
        "ListEnrollmentStatuses" => json!({ "items": [{ "status": "Active" }] }),
        "GetPreferences" => json!({ "savingsEstimationMode": "AfterDiscounts" }),
        "ListRecommendations" => json!({ "items": list(of_hub) }),
        "GetIdleRecommendations" => json!({ "idleRecommendations": list(idle) }),
        "GetEC2InstanceRecommendations" => json!({ "instanceRecommendations": list(sizes) }),
        _ => return None,
    })
}

fn arn(of: &Subjects, resource: &str) -> String {
    format!("arn:aws:ec2:{}:{}:{resource}", of.region, of.account)
}

fn of_hub(of: &Subjects) -> Vec<Json> {
    let instance =
        |id: &str, action: &str, now: &str, then: Option<&str>, saves: f64, share: f64| {
            json!({
                "recommendationId": format!("{action}-{id}"),
                "accountId": of.account,
                "region": of.region,
                "resourceId": id,
                "resourceArn": arn(of, &format!("instance/{id}")),
                "currentResourceType": "Ec2Instance",
                "actionType": action,
                "currentResourceSummary": now,
                "recommendedResourceSummary": then,
                "estimatedMonthlySavings": saves,
                "estimatedSavingsPercentage": share,
                "currencyCode": "USD",
                "implementationEffort": "Low",
                "restartNeeded": true,
                "rollbackPossible": true,
                "recommendationLookbackPeriodInDays": 14,
                "lastRefreshTimestamp": of.refreshed.as_second(),
            })
        };
    let plan = json!({
        "recommendationId": "plan",
        "accountId": of.account,
        "region": of.region,
        "currentResourceType": "ComputeSavingsPlans",
        "actionType": "PurchaseSavingsPlans",
        "estimatedMonthlySavings": 31.2,
        "currencyCode": "USD",
    });
    vec![
        instance(&of.idle, "Stop", "m7g.xlarge", None, 98.4, 100.0),
        instance(
            &of.large,
            "Rightsize",
            "r7g.2xlarge",
            Some("r7g.xlarge"),
            157.1,
            50.0,
        ),
        plan,
    ]
}

fn idle(of: &Subjects) -> Vec<Json> {
    let saves = |value: f64| {
        json!({
            "savingsOpportunityPercentage": 100.0,
            "estimatedMonthlySavings": { "currency": "USD", "value": value },
        })
    };
    let maximum =
        |name: &str, value: f64| json!({ "name": name, "statistic": "MAXIMUM", "value": value });
    vec![
        json!({
            "resourceArn": arn(of, &format!("instance/{}", of.idle)),
            "resourceId": of.idle,
            "resourceType": "EC2Instance",
            "accountId": of.account,
            "finding": "Idle",
            "savingsOpportunity": saves(123.0),
            "savingsOpportunityAfterDiscounts": saves(98.4),
            "utilizationMetrics": [maximum("CPU", 1.4)],
            "lookBackPeriodInDays": 14.0,
            "lastRefreshTimestamp": of.refreshed.as_second(),
        }),
        json!({
            "resourceArn": arn(of, "volume/vol-0a1b2c3d4e5f60718"),
            "resourceId": "vol-0a1b2c3d4e5f60718",
            "resourceType": "EBSVolume",
            "accountId": of.account,
            "finding": "Unattached",
            "savingsOpportunity": saves(11.9),
            "savingsOpportunityAfterDiscounts": saves(11.9),
            "lookBackPeriodInDays": 32.0,
            "lastRefreshTimestamp": of.refreshed.as_second(),
            "tags": [{ "key": "Name", "value": "search-index-2025" }, { "key": "team", "value": "search" }],
        }),
    ]
}

fn sizes(of: &Subjects) -> Vec<Json> {
    let saves = |value: f64| {
        json!({
            "savingsOpportunityPercentage": 50.0,
            "estimatedMonthlySavings": { "currency": "USD", "value": value },
        })
    };
    vec![json!({
        "instanceArn": arn(of, &format!("instance/{}", of.large)),
        "accountId": of.account,
        "instanceName": "search-index",
        "currentInstanceType": "r7g.2xlarge",
        "finding": "OVER_PROVISIONED",
        "utilizationMetrics": [{ "name": "CPU", "statistic": "MAXIMUM", "value": 22.5 }],
        "lookBackPeriodInDays": 14.0,
        "lastRefreshTimestamp": of.refreshed.as_second(),
        "idle": "False",
        "recommendationOptions": [{
            "instanceType": "r7g.xlarge",
            "rank": 1,
            "performanceRisk": 1.0,
            "migrationEffort": "VeryLow",
            "platformDifferences": [],
            "savingsOpportunity": saves(196.4),
            "savingsOpportunityAfterDiscounts": saves(157.1),
        }],
    })]
}
