//! As much of Secrets Manager, SQS and DynamoDB as `deliver` asks for, on loopback.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value as Json, json};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};

use crate::table::Table;

/// What the secret holds.
#[derive(Clone, Debug)]
pub(crate) enum Stored {
    Text(String),
    Binary,
    /// As AWS says it: there is no current version.
    NoVersion,
    /// As a local AWS says it: there is one, without a value.
    NoValue,
    /// Secrets Manager fails.
    Down,
    /// Secrets Manager does not let the function read it.
    Denied,
}

/// What was asked of it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) stored: Stored,
    pub(crate) reads: usize,
    /// Receipts, and for how many seconds each was hidden.
    pub(crate) deferred: Vec<(String, u64)>,
    /// The entries of `SendMessageBatch`.
    pub(crate) letters: Vec<Json>,
    pub(crate) ledger: Table,
}

/// How connections end that are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// With a word.
    Closed,
    /// Without one.
    Reset,
}

/// An AWS that listens until it is dropped.
pub(crate) struct Aws {
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
    cuts: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Aws {
    pub(crate) async fn with(stored: Stored) -> Self {
        Self::that_cuts(stored, Cut::Closed).await
    }

    /// One whose connections end so when they are cut.
    pub(crate) async fn that_cuts(stored: Stored, how: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            stored,
            reads: 0,
            deferred: Vec::new(),
            letters: Vec::new(),
            ledger: Table::default(),
        }));
        let (cuts, cut) = mpsc::channel(1);
        let task = tokio::spawn(listen(listener, Arc::clone(&state), cut, how));
        Self {
            endpoint,
            state,
            cuts,
            task,
        }
    }

    /// Cuts every connection.
    pub(crate) async fn cut(&self) {
        let (done, wait) = oneshot::channel();
        self.cuts.send(done).await.unwrap();
        wait.await.unwrap();
    }

    /// What it keeps, for whoever changes that in the middle of something.
    pub(crate) fn shared(&self) -> Arc<Mutex<State>> {
        Arc::clone(&self.state)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What a function's environment says of it, and of the rest.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_LAMBDA_FUNCTION_NAME", "tocsin-test-deliver"),
            ("AWS_ENDPOINT_URL", &self.endpoint),
            (
                "WEBHOOK_SECRET_ARN",
                "arn:aws:secretsmanager:eu-central-1:000000000000:secret:x",
            ),
            ("WEBHOOK_LOOPBACK_HTTP", "allowed"),
            ("INCIDENTS_QUEUE_URL", "http://queue/incidents"),
            ("DEAD_LETTERS_QUEUE_URL", "http://queue/dead-letters"),
            ("LEDGER_TABLE", "ledger"),
            ("GROUP_WAIT_SECONDS", "0"),
            ("GROUP_WINDOW_SECONDS", "1200"),
            ("INVESTIGATIONS_PER_HOUR", "10000"),
            ("INVESTIGATIONS_PER_DAY", "10000"),
            ("BUDGET_FLOOR", "CRITICAL"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(
    listener: TcpListener,
    state: Arc<Mutex<State>>,
    mut cuts: mpsc::Receiver<oneshot::Sender<()>>,
    how: Cut,
) {
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            Ok((stream, _)) = listener.accept() => stream,
            Some(done) = cuts.recv() => {
                connections.shutdown().await;
                let _ = done.send(());
                continue;
            }
        };
        if how == Cut::Reset {
            stream.set_zero_linger().unwrap();
        }
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            let served = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(served);
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    state: &Mutex<State>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let operation = request.headers()["x-amz-target"]
        .to_str()
        .unwrap()
        .to_owned();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let input: Json = serde_json::from_slice(&body).unwrap();
    let entries = input["Entries"].as_array().cloned().unwrap_or_default();
    let taken: Vec<Json> = entries.iter().map(|it| json!({ "Id": it["Id"] })).collect();
    let mut state = state.lock().unwrap();
    let (status, output) = match operation.as_str() {
        "secretsmanager.GetSecretValue" => {
            state.reads += 1;
            state.stored.answer()
        }
        "AmazonSQS.ChangeMessageVisibilityBatch" => {
            state.deferred.extend(entries.iter().map(|it| {
                let receipt = it["ReceiptHandle"].as_str().unwrap().to_owned();
                (receipt, it["VisibilityTimeout"].as_u64().unwrap())
            }));
            (200, json!({ "Successful": taken }))
        }
        "AmazonSQS.SendMessageBatch" => {
            state.letters.extend(entries);
            (200, json!({ "Successful": taken }))
        }
        other => match other.strip_prefix("DynamoDB_20120810.") {
            Some(operation) => state.ledger.answer(operation, &input),
            None => panic!("nobody may call {other}"),
        },
    };
    let mut response = Response::new(Full::new(Bytes::from(output.to_string())));
    *response.status_mut() = status.try_into().unwrap();
    Ok(response)
}

impl Stored {
    fn answer(&self) -> (u16, Json) {
        match self {
            Self::Text(value) => (200, json!({ "SecretString": value })),
            Self::Binary => (200, json!({ "SecretBinary": "Y2FuYXJ5" })),
            Self::NoVersion => (400, json!({ "__type": "ResourceNotFoundException" })),
            Self::NoValue => (200, json!({ "VersionStages": ["AWSCURRENT"] })),
            Self::Down => (503, json!({ "__type": "InternalServiceError" })),
            Self::Denied => (400, json!({ "__type": "AccessDeniedException" })),
        }
    }
}
