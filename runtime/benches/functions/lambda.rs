//! Lambda, as far as a function sees it: the Runtime API on loopback, and the process behind it.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
};
use tokio::sync::{Mutex, mpsc};

use crate::serve::serve;

/// A function to run: a program, its arguments, and the environment that it reads.
#[derive(Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
}

/// An event, how long the function may take over it, and how its answer begins if all goes well.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) payload: String,
    pub(crate) time: Duration,
    pub(crate) answer: &'static str,
}

/// A running function that waits for events.
pub(crate) struct Lambda {
    child: Child,
    events: mpsc::Sender<Event>,
    said: mpsc::Receiver<Said>,
}

/// What a function says to the Runtime API.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// That it waits for an event.
    Poll,
    /// What became of one.
    Answer(String),
    /// That it failed.
    Failure(String),
}

struct Api {
    events: Mutex<mpsc::Receiver<Event>>,
    said: mpsc::Sender<Said>,
}

impl Lambda {
    /// Starts a program and waits until it asks for an event. With `callgrind`, valgrind counts its
    /// instructions into that file.
    pub(crate) async fn start(program: &Program, callgrind: Option<&Path>) -> Self {
        let (events, received) = mpsc::channel(1);
        let (sender, said) = mpsc::channel(1);
        let api = Arc::new(Api {
            events: Mutex::new(received),
            said: sender,
        });
        let address = serve(None, move |request| {
            let api = Arc::clone(&api);
            async move { answer(request, &api).await }
        })
        .await;
        let mut command = match callgrind {
            None => Command::new(&program.path),
            Some(counts) => {
                let mut command = Command::new("valgrind");
                command
                    .args(["--quiet", "--tool=callgrind"])
                    .arg(format!("--callgrind-out-file={}", counts.display()))
                    .arg(&program.path);
                command
            }
        };
        let child = command
            .args(&program.arguments)
            .env_clear()
            .envs(program.environment.iter().cloned())
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.to_string().as_str()),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut lambda = Self {
            child,
            events,
            said,
        };
        assert_eq!(lambda.next_call().await, Said::Poll);
        lambda
    }

    /// Hands an event to the function; returns how long the answer took. The function waits for the
    /// next event then.
    pub(crate) async fn invoke(&mut self, event: &Event) -> Duration {
        let start = Instant::now();
        self.events.send(event.clone()).await.unwrap();
        let said = self.next_call().await;
        let took = start.elapsed();
        assert!(
            matches!(&said, Said::Answer(answer) if answer.starts_with(event.answer)),
            "{said:?}"
        );
        assert_eq!(self.next_call().await, Said::Poll);
        took
    }

    async fn next_call(&mut self) -> Said {
        let deadline = Duration::from_mins(6);
        let said = tokio::time::timeout(deadline, self.said.recv()).await;
        said.unwrap().unwrap()
    }

    /// Time on a processor so far, of all threads.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        threads
            .map(|thread| {
                let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
                let nanoseconds = text.split(' ').next()?.parse().ok()?;
                Some(Duration::from_nanos(nanoseconds))
            })
            .sum()
    }

    /// The most memory that it ever had, in MB.
    pub(crate) fn peak_memory(&self) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
        let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kilobytes * 1.024 / 1e3)
    }

    /// Ends the function, and lets valgrind write what it counted.
    pub(crate) fn end(mut self) {
        let end = format!("kill {}", self.child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &end])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap();
    }
}

async fn answer(
    request: Request<Incoming>,
    api: &Api,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    // Ports are used again: this may be for whoever had this one before.
    if !request.uri().path().starts_with("/2018-06-01/runtime/") {
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
        return Ok(response);
    }
    if request.method() == Method::GET {
        api.said.send(Said::Poll).await.unwrap();
        // Nothing more comes when the function is ended.
        if let Some(event) = api.events.lock().await.recv().await {
            let deadline = SystemTime::now() + event.time;
            let deadline = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let arn = "arn:aws:lambda:eu-central-1:111122223333:function:tocsin-bench";
            for (name, value) in [
                ("lambda-runtime-aws-request-id", "request"),
                ("lambda-runtime-invoked-function-arn", arn),
                (
                    "lambda-runtime-deadline-ms",
                    &deadline.as_millis().to_string(),
                ),
            ] {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            *response.body_mut() = event.payload.into();
        }
        return Ok(response);
    }
    let failed = request.uri().path().ends_with("/error");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    let said = if failed {
        Said::Failure(body)
    } else {
        Said::Answer(body)
    };
    api.said.send(said).await.unwrap();
    *response.status_mut() = hyper::StatusCode::ACCEPTED;
    Ok(response)
}
