//! A webhook receiver on loopback that judges requests as the agent does.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request, Response,
    body::Bytes,
    header::{HeaderValue, RETRY_AFTER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use stacks::Json;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use webhook::{Credential, SIGNATURE_HEADER, TIMESTAMP_HEADER, sign};

/// How old a timestamp may be, in seconds: what receivers of signed requests usually allow. The
/// agent's own limit is not published.
const MAX_AGE: i64 = 300;
/// The largest body that is read, in bytes.
const MAX_BODY: usize = 1_048_576;

/// Why a request is refused that came too soon after others.
pub const TOO_MANY: &str = "more requests in a second than are taken";

/// An incident that arrived.
#[derive(Debug)]
pub struct Arrival {
    /// The body.
    pub incident: Json,
    /// Why it was refused; nothing where it was taken.
    pub refused: Option<&'static str>,
}

/// A receiver that listens until it is dropped.
pub struct Receiver {
    url: String,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    task: JoinHandle<()>,
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
    pub async fn listen(secret: String) -> std::io::Result<Self> {
        Self::listen_for(Credential::Hmac(SecretString::from(secret))).await
    }

    /// Listens on loopback for requests that are proven by `credential`.
    pub async fn listen_for(credential: Credential) -> std::io::Result<Self> {
        Self::listen_with(credential, Limit::none()).await
    }

    /// Listens on loopback for requests that are signed with `secret`, and refuses with 429 what is more
    /// than so many in any second.
    pub async fn listen_limited(secret: String, per_second: usize) -> std::io::Result<Self> {
        let credential = Credential::Hmac(SecretString::from(secret));
        Self::listen_with(credential, Limit::of(per_second)).await
    }

    async fn listen_with(credential: Credential, limit: Limit) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhook/generic/demo", listener.local_addr()?);
        let (sender, arrivals) = mpsc::unbounded_channel();
        let judge = Arc::new((credential, limit));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (judge, sender) = (Arc::clone(&judge), sender.clone());
                tokio::spawn(async move {
                    let service = service_fn(|request| receive(request, &judge, &sender));
                    // A connection that breaks has told all that it had to tell.
                    drop(
                        http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        Ok(Self {
            url,
            arrivals,
            task,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
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

/// How many requests are taken in any second. Those that are refused count, too.
struct Limit {
    per_second: usize,
    recent: Mutex<VecDeque<Instant>>,
}

impl Limit {
    fn of(per_second: usize) -> Self {
        Self {
            per_second,
            recent: Mutex::default(),
        }
    }

    fn none() -> Self {
        Self::of(usize::MAX)
    }

    /// Whether a request that comes now is one too many.
    fn is_exceeded(&self, now: Instant) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent
            .front()
            .is_some_and(|it| now.duration_since(*it) >= Duration::from_secs(1))
        {
            recent.pop_front();
        }
        recent.push_back(now);
        recent.len() > self.per_second
    }
}

async fn receive(
    request: Request<hyper::body::Incoming>,
    (credential, limit): &(Credential, Limit),
    arrivals: &mpsc::UnboundedSender<Arrival>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (timestamp, signature) = (header(TIMESTAMP_HEADER), header(SIGNATURE_HEADER));
    let authorization = header("authorization");
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return Ok(answer(413, r#"{"message":"Too large"}"#));
    };
    let body = body.to_bytes();
    let refused = match credential {
        Credential::Hmac(secret) => refuse(secret, &timestamp, &signature, &body, Timestamp::now()),
        Credential::ApiKey(key) => (authorization != format!("Bearer {}", key.expose_secret()))
            .then_some("a key that is not the webhook's"),
    };
    let incident = serde_json::from_slice(&body).unwrap_or_default();
    let too_many = limit.is_exceeded(Instant::now());
    let refused = refused.or(too_many.then_some(TOO_MANY));
    let problems = problems(&incident);
    // Nobody listens any more once the demo has what it waits for.
    drop(arrivals.send(Arrival { incident, refused }));
    Ok(match (refused, problems) {
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
    })
}

/// Why a request is refused, if it is.
fn refuse(
    secret: &SecretString,
    timestamp: &str,
    signature: &str,
    body: &[u8],
    now: Timestamp,
) -> Option<&'static str> {
    let Ok(signed) = timestamp.parse::<Timestamp>() else {
        return Some("no timestamp");
    };
    if (now.as_second() - signed.as_second()).abs() > MAX_AGE {
        return Some("a timestamp too far from now");
    }
    (sign(secret, timestamp, body) != signature).then_some("a signature that does not verify")
}

/// What is wrong with an incident, by the schema of the user guide.
fn problems(incident: &Json) -> Option<&'static str> {
    let is = |key: &str, allowed: &[&str]| {
        incident[key]
            .as_str()
            .is_some_and(|it| allowed.contains(&it))
    };
    let text = |key: &str| incident[key].as_str().is_some_and(|it| !it.is_empty());
    if !is("eventType", &["incident"]) {
        Some("eventType is not valid")
    } else if !is("action", &["created", "updated", "closed", "resolved"]) {
        Some("action is not valid")
    } else if !is(
        "priority",
        &["CRITICAL", "HIGH", "MEDIUM", "LOW", "MINIMAL"],
    ) {
        Some("priority is not valid")
    } else if !text("incidentId") {
        Some("incidentId is required")
    } else if !text("title") {
        Some("title is required")
    } else {
        None
    }
}

fn answer(status: u16, body: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_a_second_is_refused() {
        let limit = Limit::of(2);
        let begin = Instant::now();
        let exceeded = [0, 100, 999, 1_101, 2_000]
            .map(|it| limit.is_exceeded(begin + Duration::from_millis(it)));
        assert_eq!(exceeded, [false, false, true, false, false]);
    }

    #[test]
    fn only_a_fresh_signature_with_the_right_secret_is_taken() {
        let secret = SecretString::from("right");
        let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let stamp = contract::format_timestamp(now);
        let good = sign(&secret, &stamp, b"body");
        assert_eq!(refuse(&secret, &stamp, &good, b"body", now), None);
        for (timestamp, signature, body) in [
            ("", good.as_str(), b"body"),
            (stamp.as_str(), "", b"body"),
            (
                stamp.as_str(),
                &sign(&SecretString::from("wrong"), &stamp, b"body"),
                b"body",
            ),
            (stamp.as_str(), &good, b"dody"),
            (
                "2026-01-02T02:04:05.678Z",
                &sign(&secret, "2026-01-02T02:04:05.678Z", b"body"),
                b"body",
            ),
        ] {
            assert!(refuse(&secret, timestamp, signature, body, now).is_some());
        }
    }
}
