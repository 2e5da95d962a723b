//! Lambda, as far as a function sees it: the Runtime API on loopback, and the real binary behind it.

use std::{
    convert::Infallible,
    process::Stdio,
    sync::{Arc, Mutex},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex as AsyncMutex, mpsc},
    task::{JoinHandle, JoinSet},
};

use crate::aws::Aws;

/// How long an event may take. The real deadline of two attempts is in it.
const TIMEOUT: SignedDuration = SignedDuration::from_secs(120);

/// What is done before Lambda takes an answer.
type Hook = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// A running function.
pub(crate) struct Lambda {
    child: Child,
    events: mpsc::Sender<Json>,
    answers: mpsc::Receiver<String>,
    /// Done when an answer has come, before it is taken.
    pub(crate) before_answer: Hook,
    task: JoinHandle<()>,
}

struct Api {
    events: AsyncMutex<mpsc::Receiver<Json>>,
    answers: mpsc::Sender<String>,
    before_answer: Hook,
}

impl Lambda {
    /// Starts `deliver`, with `more` in its environment.
    pub(crate) async fn start(aws: &Aws, more: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (events, received) = mpsc::channel(1);
        let (sent, answers) = mpsc::channel(1);
        let before_answer = Hook::default();
        let api = Arc::new(Api {
            events: AsyncMutex::new(received),
            answers: sent,
            before_answer: Arc::clone(&before_answer),
        });
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let api = Arc::clone(&api);
                connections.spawn(async move {
                    let service = service_fn(|request| answer(request, &api));
                    let served = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                    drop(served);
                });
            }
        });
        let child = Command::new(env!("CARGO_BIN_EXE_deliver"))
            .env_clear()
            .envs(aws.environment())
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
                // As loud as it can be made from outside.
                ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
                ("RUST_LOG", "trace"),
                ("RUST_BACKTRACE", "full"),
            ])
            .envs(more.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            child,
            events,
            answers,
            before_answer,
            task,
        }
    }

    /// What the function answers to an event; nothing if it ends before.
    pub(crate) async fn invoke(&mut self, event: Json) -> Option<String> {
        self.events.send(event).await.unwrap();
        tokio::select! {
            answer = self.answers.recv() => answer,
            ended = self.child.wait() => {
                ended.unwrap();
                None
            }
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Ends the function; returns all that it wrote.
    pub(crate) async fn end(mut self) -> String {
        drop(self.child.start_kill());
        self.task.abort();
        let output = self.child.wait_with_output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        text(output.stdout) + &text(output.stderr)
    }
}

async fn answer(
    request: Request<Incoming>,
    api: &Api,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    if path.ends_with("/invocation/next") {
        let event = match api.events.lock().await.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        };
        let deadline = Timestamp::now() + TIMEOUT;
        let arn = "arn:aws:lambda:eu-central-1:000000000000:function:deliver";
        let response = Response::builder()
            .header("lambda-runtime-aws-request-id", "request")
            .header("lambda-runtime-deadline-ms", deadline.as_millisecond())
            .header("lambda-runtime-invoked-function-arn", arn)
            .header("lambda-runtime-trace-id", "Root=1-0-0")
            .body(Full::new(Bytes::from(event.to_string())));
        return Ok(response.unwrap());
    }
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let hook = api.before_answer.lock().unwrap().take();
    if let Some(hook) = hook {
        hook();
    } else {
        let body = String::from_utf8(body.to_vec()).unwrap();
        drop(api.answers.send(body).await);
    }
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = hyper::StatusCode::ACCEPTED;
    Ok(response)
}
