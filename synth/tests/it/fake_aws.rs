//! An AWS that does what a test tells it to: as much of STS, S3 and CloudFormation as a deploy asks
//! for, built from their documented behaviour. It shows what `synth` makes of states that no local AWS
//! gets into; it proves nothing of AWS itself.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

/// What the fake does, and what was asked of it.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// The status of the stack, by how often it has been described since the change began. The last
    /// one stays.
    pub(crate) before: Vec<&'static str>,
    /// The same, after a change set was executed.
    pub(crate) after: Vec<&'static str>,
    /// Events: logical ID, status, reason; the newest first.
    pub(crate) events: Vec<(&'static str, &'static str, &'static str)>,
    /// Answers to `DescribeStacks` by the number of the call, as an error code.
    pub(crate) errors: BTreeMap<usize, &'static str>,
    /// Answers to `DescribeStackEvents`: always this error code.
    pub(crate) event_error: Option<&'static str>,
    /// Why every change set fails.
    pub(crate) change_set_fails: Option<&'static str>,
    /// What S3 answers to `HEAD` for the bucket and for an object: a status, 200 where there is none.
    pub(crate) heads: (Option<u16>, Option<u16>),
    /// Whom the stack's resources belong to by their tags, if not to the account file that is deployed.
    pub(crate) owner: Option<&'static str>,
    /// The operations that were called, in order.
    pub(crate) calls: Vec<String>,
    pub(crate) executed: bool,
    /// How often the stack was described: in all, and since the change began.
    pub(crate) describes: usize,
    pub(crate) since: usize,
}

/// A fake that listens on loopback.
pub(crate) struct FakeAws {
    pub(crate) endpoint: String,
    pub(crate) script: Arc<Mutex<Script>>,
}

impl FakeAws {
    pub(crate) async fn play(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(script));
        let shared = Arc::clone(&script);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let script = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = service_fn(|request| answer(request, &script));
                    drop(
                        http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        Self { endpoint, script }
    }

    /// How often an operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.script
            .lock()
            .unwrap()
            .calls
            .iter()
            .filter(|call| *call == operation)
            .count()
    }
}

async fn answer(
    request: Request<Incoming>,
    script: &Mutex<Script>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // S3 is the one service here that is not called by form; everything that is asked for is there.
    if request.method() != Method::POST {
        let is_object = request.uri().path().trim_matches('/').contains('/');
        let (bucket, object) = script.lock().unwrap().heads;
        let status = if is_object { object } else { bucket };
        let is_head = request.method() == Method::HEAD;
        return Ok(respond(status.filter(|_| is_head).unwrap_or(200), ""));
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let form = String::from_utf8_lossy(&body).into_owned();
    let operation = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("Action="))
        .unwrap_or_default()
        .to_owned();
    let mut script = script.lock().unwrap();
    script.calls.push(operation.clone());
    Ok(match script.answer(&operation) {
        Ok(result) => respond(
            200,
            &format!(
                "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
            ),
        ),
        Err((code, message)) => respond(
            400,
            &format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            ),
        ),
    })
}

impl Script {
    fn answer(&mut self, operation: &str) -> Result<String, (&'static str, &'static str)> {
        match operation {
            "GetCallerIdentity" => Ok("<Account>000000000000</Account>".to_owned()),
            "GetTemplate" => Ok(self.template()),
            "DescribeStackResources" => Ok(Self::describe_resources()),
            "CreateChangeSet" => Ok("<Id>change</Id>".to_owned()),
            "DescribeChangeSet" => Ok(match self.change_set_fails {
                Some(reason) => {
                    format!("<Status>FAILED</Status><StatusReason>{reason}</StatusReason>")
                }
                None => "<Status>CREATE_COMPLETE</Status>".to_owned(),
            }),
            "ExecuteChangeSet" | "DeleteStack" => {
                self.executed = true;
                self.since = 0;
                Ok(String::new())
            }
            "DescribeStacks" => self.describe_stacks(),
            "DescribeStackEvents" => self.describe_events(),
            _ => Ok(String::new()),
        }
    }

    /// A queue that is kept, and logs that are not.
    fn template(&self) -> String {
        let tags = json!([{ "Key": "tocsin", "Value": self.owner.unwrap_or("tocsin-fake") }]);
        let template = json!({ "Resources": {
            "Incidents": {
                "Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "Properties": { "Tags": tags },
            },
            "Logs": { "Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Delete" },
        } });
        format!("<TemplateBody>{template}</TemplateBody>")
    }

    fn describe_resources() -> String {
        let resource = |id: &str, kind: &str, name: &str| {
            format!(
                "<member><LogicalResourceId>{id}</LogicalResourceId><ResourceType>{kind}</ResourceType>\
                 <PhysicalResourceId>{name}</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                 <Timestamp>2026-01-02T03:04:05Z</Timestamp></member>"
            )
        };
        let queue = resource("Incidents", "AWS::SQS::Queue", "https://queue");
        let logs = resource("Logs", "AWS::Logs::LogGroup", "tocsin-fake-Logs-1");
        format!("<StackResources>{queue}{logs}</StackResources>")
    }

    fn describe_stacks(&mut self) -> Result<String, (&'static str, &'static str)> {
        let call = self.describes;
        self.describes += 1;
        if let Some(code) = self.errors.get(&call) {
            return Err((code, "a test made this up"));
        }
        let statuses = if self.executed {
            &self.after
        } else {
            &self.before
        };
        let status = statuses
            .get(self.since)
            .or(statuses.last())
            .copied()
            .unwrap_or("");
        self.since += 1;
        if status.is_empty() {
            return Err((
                "ValidationError",
                "Stack with id tocsin-fake does not exist",
            ));
        }
        Ok(format!(
            "<Stacks><member><StackName>tocsin-fake</StackName><StackStatus>{status}</StackStatus>\
             <CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
        ))
    }

    fn describe_events(&mut self) -> Result<String, (&'static str, &'static str)> {
        if let Some(code) = self.event_error {
            return Err((code, "a test made this up"));
        }
        if !self.executed {
            return Ok("<StackEvents/>".to_owned());
        }
        let mut out = String::from("<StackEvents>");
        for (index, (id, status, reason)) in self.events.iter().enumerate() {
            let _ = write!(
                out,
                "<member><StackId>x</StackId><StackName>tocsin-fake</StackName><EventId>{index}</EventId>\
                 <Timestamp>2026-01-02T03:04:05Z</Timestamp><LogicalResourceId>{id}</LogicalResourceId>\
                 <ResourceStatus>{status}</ResourceStatus><ResourceType>AWS::Test::It</ResourceType>\
                 <ResourceStatusReason>{reason}</ResourceStatusReason></member>"
            );
        }
        Ok(out + "</StackEvents>")
    }
}

fn respond(status: u16, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap();
    response
}
