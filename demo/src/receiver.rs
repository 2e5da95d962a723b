//! The agent's endpoints on loopback: its webhook, which judges requests as the agent does, and its API.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, Response,
    body::Bytes,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use stacks::Json;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use webhook::{Credential, SIGNATURE_HEADER, TIMESTAMP_HEADER};

pub use crate::agent::webhook::TOO_MANY;
use crate::agent::{
    self, Agent,
    webhook::{Limit, problems, refuse},
};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 1_048_576;

/// An incident that arrived.
#[derive(Debug)]
pub struct Arrival {
    /// The body.
    pub incident: Json,
    /// Why it was refused; nothing where it was taken.
    pub refused: Option<&'static str>,
}

/// The clock of the agent that investigates what arrives. Signatures are judged by the clock of this machine.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// An agent that investigates what arrives, and its clock.
#[derive(Clone)]
pub struct Investigates {
    agent: Arc<Mutex<Agent>>,
    clock: Clock,
}

impl Investigates {
    /// An agent that investigates what arrives by this clock.
    pub fn by(clock: Clock, agent: Agent) -> Self {
        Self {
            agent: Arc::new(Mutex::new(agent)),
            clock,
        }
    }

    /// Does something with the agent, by its clock.
    pub fn with<T>(&self, work: impl FnOnce(&mut Agent, Timestamp) -> T) -> T {
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut agent, (self.clock)())
    }
}

/// A receiver that listens until it is dropped.
pub struct Receiver {
    endpoint: String,
    url: String,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    task: JoinHandle<()>,
}

/// What decides on requests, and what is done with incidents.
struct Judge {
    credential: Credential,
    limit: Limit,
    agent: Option<Investigates>,
    arrivals: mpsc::UnboundedSender<Arrival>,
}

/// A secret that nobody has used before. It only ever proves one process on this machine to another.
pub fn fresh_secret() -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let seed = (
        Timestamp::now().as_nanosecond(),
        std::process::id(),
        std::thread::current().id(),
    );
    STANDARD.encode(Sha256::digest(format!("{seed:?}")))
}

impl Receiver {
    /// Listens on loopback for requests that are signed with `secret`.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if no port of the loopback interface can be bound.
    pub async fn listen(secret: String) -> std::io::Result<Self> {
        Self::listen_for(Credential::Hmac(SecretString::from(secret))).await
    }

    /// Listens on loopback for requests that are proven by `credential`.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if no port of the loopback interface can be bound.
    pub async fn listen_for(credential: Credential) -> std::io::Result<Self> {
        Self::listen_with(credential, Limit::none(), None).await
    }

    /// Listens on loopback for requests that are signed with `secret`, and lets an agent investigate what arrives.
    /// The agent's API is at [`Receiver::endpoint`].
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if no port of the loopback interface can be bound.
    pub async fn listen_as(agent: Investigates, secret: String) -> std::io::Result<Self> {
        let credential = Credential::Hmac(SecretString::from(secret));
        Self::listen_with(credential, Limit::none(), Some(agent)).await
    }

    /// Listens on loopback for requests that are signed with `secret`, and refuses with 429 what is more
    /// than so many in any second.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if no port of the loopback interface can be bound.
    pub async fn listen_limited(secret: String, per_second: usize) -> std::io::Result<Self> {
        let credential = Credential::Hmac(SecretString::from(secret));
        Self::listen_with(credential, Limit::of(per_second), None).await
    }

    async fn listen_with(
        credential: Credential,
        limit: Limit,
        agent: Option<Investigates>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (sender, arrivals) = mpsc::unbounded_channel();
        let judge = Arc::new(Judge {
            credential,
            limit,
            agent,
            arrivals: sender,
        });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let judge = Arc::clone(&judge);
                tokio::spawn(async move {
                    let service = service_fn(|request| serve(request, &judge));
                    // A connection that breaks has delivered all that it had.
                    drop(
                        http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        Ok(Self {
            url: format!("{endpoint}/webhook/generic/demo"),
            endpoint,
            arrivals,
            task,
        })
    }

    /// Where the webhook is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the API is.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The next incident that arrives.
    pub async fn next(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }

    /// What has arrived and was not asked for yet.
    pub fn arrived(&mut self) -> Vec<Arrival> {
        std::iter::from_fn(|| self.arrivals.try_recv().ok()).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    request: Request<hyper::body::Incoming>,
    judge: &Judge,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let proof = Proof {
        timestamp: header(TIMESTAMP_HEADER),
        signature: header(SIGNATURE_HEADER),
        authorization: header("authorization"),
    };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return Ok(answer(413, r#"{"message":"Too large"}"#));
    };
    let body = body.to_bytes();
    let is_api = path.starts_with("/backlog/") || path.starts_with("/journal/");
    Ok(match &judge.agent {
        Some(agent) if is_api => {
            let request = agent::Request {
                method: method.as_str(),
                path: &path,
                body: &body,
            };
            of_api(agent.with(|agent, now| agent.answer(&request, now)))
        }
        _ => judge.receive(&proof, &body),
    })
}

/// What proves who sends a request.
struct Proof {
    timestamp: String,
    signature: String,
    authorization: String,
}

impl Judge {
    fn receive(&self, proof: &Proof, body: &[u8]) -> Response<Full<Bytes>> {
        let refused = match &self.credential {
            Credential::Hmac(secret) => refuse(
                secret,
                &proof.timestamp,
                &proof.signature,
                body,
                Timestamp::now(),
            ),
            Credential::ApiKey(key) => {
                let expected = format!("Bearer {}", key.expose_secret());
                (proof.authorization != expected).then_some("a key that is not the webhook's")
            }
        };
        let incident = serde_json::from_slice(body).unwrap_or_default();
        let too_many = self.limit.is_exceeded(Instant::now());
        let refused = refused.or(too_many.then_some(TOO_MANY));
        let problems = problems(&incident);
        if let (Some(agent), None, None) = (&self.agent, refused, problems) {
            agent.with(|agent, now| agent.accept(&incident, now));
        }
        // Nobody listens any more once the demo has what it waits for.
        drop(self.arrivals.send(Arrival { incident, refused }));
        match (refused, problems) {
            (Some(TOO_MANY), _) => {
                let mut answer = answer(429, r#"{"message":"Too many requests"}"#);
                answer
                    .headers_mut()
                    .insert(RETRY_AFTER, HeaderValue::from_static("1"));
                answer
            }
            (Some(_), _) => answer(403, r#"{"message":"Forbidden"}"#),
            // As the agent does: an incident that breaks the schema is answered with 200 and a list.
            (None, Some(problem)) => answer(200, &format!(r#"{{"errors":["{problem}"]}}"#)),
            (None, None) => answer(200, r#"{"message":"Webhook received"}"#),
        }
    }
}

fn of_api(answered: agent::Answer) -> Response<Full<Bytes>> {
    let mut response = answer(answered.status, &answered.body.to_string());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(error) = answered.error {
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error));
    }
    response
}

fn answer(status: u16, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };
    use webhook::sign;

    use super::*;
    use crate::agent::{Script, Space};

    async fn ask(receiver: &Receiver, head: &str, body: &str) -> String {
        let address = receiver.endpoint().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{head}host: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_what_is_signed_and_valid_is_investigated() {
        let space = Space::of("111122223333", "us-east-1");
        let agent = Agent::new(space.clone(), Script::default());
        // Each look at this clock is ten seconds after the one before.
        let looks = std::sync::atomic::AtomicI64::new(0);
        let clock: Clock = Arc::new(move || {
            let look = looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(10 * look)
        });
        let agent = Investigates::by(clock, agent);
        let secret = "secret".to_owned();
        let receiver = Receiver::listen_as(agent, secret.clone()).await.unwrap();
        let good = r#"{"eventType":"incident","action":"created","priority":"HIGH","incidentId":"a-1","title":"It broke"}"#;
        for (body, secret, expected) in [
            (good, "secret", "200"),
            (good, "wrong", "403"),
            ("{}", "secret", r#"{"errors":["#),
        ] {
            let stamp = contract::format_timestamp(Timestamp::now());
            let signature = sign(&SecretString::from(secret), &stamp, body.as_bytes());
            let head = format!(
                "POST /webhook/generic/demo HTTP/1.1\r\n{TIMESTAMP_HEADER}: {stamp}\r\n\
                 {SIGNATURE_HEADER}: {signature}\r\n"
            );
            let answer = ask(&receiver, &head, body).await;
            assert!(answer.contains(expected), "{answer}");
        }
        let head = format!(
            "POST /backlog/agent-space/{}/tasks/list HTTP/1.1\r\n",
            space.id
        );
        // Twelve seconds after it was taken it is there.
        let answer = ask(&receiver, &head, "{}").await;
        assert_eq!(answer.matches("\"taskId\"").count(), 0, "{answer}");
        let answer = ask(&receiver, &head, "{}").await;
        assert_eq!(answer.matches("\"taskId\"").count(), 1, "{answer}");
        assert!(answer.contains("\"referenceId\":\"a-1\""), "{answer}");
        let head = format!(
            "GET /backlog/agent-space/{}/tasks/gone HTTP/1.1\r\n",
            space.id
        );
        let answer = ask(&receiver, &head, "").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert!(
            answer.contains("x-amzn-errortype: ResourceNotFoundException"),
            "{answer}"
        );
    }
}
