//! The few AWS calls that the functions make, signed by the SDK's own signer.
//!
//! Not the SDK's clients: they would add more to a cold start than all else together.

pub mod cloudwatch;
pub mod compute_optimizer;
pub mod cost_explorer;
pub mod cost_optimization_hub;
pub mod devops_agent;
pub mod dynamodb;
pub mod ec2;
pub mod eventbridge;
pub mod logs;
pub mod secrets;
pub mod sns;
pub mod sqs;
mod stream;

pub use stream::Page;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::{
    read::text,
    settings::{Environment, InvalidVariable},
};

/// How often a call is tried before it counts as failed.
const ATTEMPTS: u32 = 3;
/// How long one try may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// What an error is called that the service does not name.
const UNNAMED: &str = "an unnamed error";
/// The largest answer that is read. A page of a table has a megabyte of items; as JSON within JSON
/// that can be twice as much.
const MAX_ANSWER: usize = 4 * 1_048_576;

/// A client of one AWS service.
#[derive(Clone, Debug)]
pub struct Service {
    http: reqwest::Client,
    /// The name that requests are signed for, such as `sqs`.
    name: &'static str,
    endpoint: String,
    region: String,
    credentials: Credentials,
}

/// A call that failed, without anything of what was sent or received.
#[derive(Debug, thiserror::Error)]
#[error("{service} {operation}: {reason}")]
pub struct CallError {
    service: &'static str,
    operation: &'static str,
    reason: Reason,
}

/// A request, before it is signed.
struct Request<'a> {
    method: http::Method,
    /// With the slash that it begins with; of characters that need no escape.
    path: &'a str,
    headers: &'a [(&'static str, String)],
    body: &'a [u8],
}

impl<'a> Request<'a> {
    fn post(headers: &'a [(&'static str, String)], body: &'a [u8]) -> Self {
        Self {
            method: http::Method::POST,
            path: "/",
            headers,
            body,
        }
    }
}

/// Why a call failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There was no answer.
    #[error("no answer ({0})")]
    NoAnswer(&'static str),
    /// The service refused. Its name for the reason, such as `AccessDeniedException`.
    #[error("{error} (status {status})")]
    Refused {
        /// The status code.
        status: u16,
        /// The service's name for the reason.
        error: String,
    },
    /// A transaction was cancelled. Its reasons, in the order of its items.
    #[error("a transaction was cancelled")]
    Cancelled(Vec<Json>),
    /// The answer is not what the service is known to give.
    #[error("an answer that cannot be read")]
    Unreadable,
}

impl CallError {
    /// A call that failed for this reason.
    pub fn new(service: &'static str, operation: &'static str, reason: Reason) -> Self {
        Self {
            service,
            operation,
            reason,
        }
    }

    /// Why the call failed.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Whether the service refused for a reason of this name.
    pub fn is(&self, name: &str) -> bool {
        matches!(&self.reason, Reason::Refused { error, .. } if error == name)
    }
}

impl Service {
    /// A client of the service that is signed for as `name` and whose endpoint variable ends in
    /// `variable`.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment names no region or has no credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        name: &'static str,
        variable: &str,
    ) -> Result<Self, InvalidVariable> {
        let region = environment.region()?;
        Self::in_region(http, environment, name, variable, region)
    }

    /// As [`Service::new`], of a region that need not be the function's own: the same credentials sign for
    /// any region of the partition.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn in_region(
        http: reqwest::Client,
        environment: &Environment,
        name: &'static str,
        variable: &str,
        region: &str,
    ) -> Result<Self, InvalidVariable> {
        let endpoint = environment.endpoint_in(variable, name, region);
        Self::at(http, environment, name, endpoint, region)
    }

    /// A client of the service at this endpoint.
    fn at(
        http: reqwest::Client,
        environment: &Environment,
        name: &'static str,
        endpoint: String,
        region: &str,
    ) -> Result<Self, InvalidVariable> {
        Ok(Self {
            http,
            name,
            endpoint,
            region: region.to_owned(),
            credentials: environment.credentials()?,
        })
    }

    /// Calls an operation of a service that speaks AWS's REST protocol in JSON. `path` has no characters that would have
    /// to be escaped.
    async fn rest(
        &self,
        operation: &'static str,
        method: http::Method,
        path: &str,
        input: Option<&Json>,
    ) -> Result<Json, CallError> {
        let body = input.map(Json::to_string).unwrap_or_default();
        let headers = [("content-type", "application/json".to_owned())];
        let request = Request {
            method,
            path,
            headers: input.map_or(&[], |_| &headers[..]),
            body: body.as_bytes(),
        };
        let answer = self.persist(operation, &request).await?;
        serde_json::from_slice(&answer).map_err(|_| self.failed(operation, Reason::Unreadable))
    }

    /// Calls an operation of a service that speaks one of AWS's JSON protocols. `target` is what
    /// comes before the operation in `x-amz-target`; `version` is `1.0` or `1.1`.
    async fn json(
        &self,
        target: &str,
        operation: &'static str,
        version: &str,
        input: &Json,
    ) -> Result<Json, CallError> {
        let headers = json_headers(target, operation, version);
        let body = input.to_string().into_bytes();
        let answer = self.call(operation, &headers, body).await?;
        serde_json::from_slice(&answer).map_err(|_| self.failed(operation, Reason::Unreadable))
    }

    /// As [`Service::json`], once and within so long.
    async fn json_once(
        &self,
        target: &str,
        operation: &'static str,
        version: &str,
        input: &Json,
        within: Duration,
    ) -> Result<Json, CallError> {
        let headers = json_headers(target, operation, version);
        let body = serde_json::to_vec(input).unwrap_or_default();
        let answer =
            tokio::time::timeout(within, self.attempt(&Request::post(&headers, &body))).await;
        let answer = answer.unwrap_or(Err(Reason::NoAnswer("timeout")));
        let answer = answer.map_err(|reason| self.failed(operation, reason))?;
        serde_json::from_slice(&answer).map_err(|_| self.failed(operation, Reason::Unreadable))
    }

    /// Sends a signed request, a few times if it fails for a moment.
    pub(crate) async fn call(
        &self,
        operation: &'static str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Vec<u8>, CallError> {
        self.persist(operation, &Request::post(headers, &body))
            .await
    }

    async fn persist(
        &self,
        operation: &'static str,
        request: &Request<'_>,
    ) -> Result<Vec<u8>, CallError> {
        let mut attempt = 1;
        loop {
            let reason = match self.attempt(request).await {
                Ok(answer) => return Ok(answer),
                Err(reason) => reason,
            };
            if attempt == ATTEMPTS || !reason.is_passing() {
                return Err(self.failed(operation, reason));
            }
            tokio::time::sleep(Duration::from_millis(100) * 3_u32.pow(attempt - 1)).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, request: &Request<'_>) -> Result<Vec<u8>, Reason> {
        let mut request = self.signed(request).ok_or(Reason::NoAnswer("not signed"))?;
        *request.timeout_mut() = Some(DEADLINE);
        let mut response = self
            .http
            .execute(request)
            .await
            .map_err(|error| Reason::NoAnswer(transport(&error)))?;
        let status = response.status().as_u16();
        let named = named_by_header(response.headers());
        let mut answer = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| Reason::NoAnswer(transport(&error)))?
        {
            answer.extend_from_slice(&chunk);
            if answer.len() > MAX_ANSWER {
                return Err(Reason::Unreadable);
            }
        }
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        Err(match refusal(status, &answer) {
            Reason::Refused { error, .. } if error == UNNAMED => Reason::Refused {
                status,
                error: named.unwrap_or(error),
            },
            reason => reason,
        })
    }

    fn signed(&self, request: &Request<'_>) -> Option<reqwest::Request> {
        let Request {
            method,
            path,
            headers,
            body,
        } = request;
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.endpoint));
        for (name, value) in *headers {
            request = request.header(*name, value);
        }
        let mut request = request.body(body.to_vec()).ok()?;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.name)
            .time(Timestamp::now().into())
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let signable = SignableRequest::new(
            method.as_str(),
            request.uri().to_string(),
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(body),
        )
        .ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        reqwest::Request::try_from(request).ok()
    }

    fn failed(&self, operation: &'static str, reason: Reason) -> CallError {
        CallError::new(self.name, operation, reason)
    }
}

impl Reason {
    /// Whether the same call may well succeed a moment later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Refused { status, error } => {
                let passing = [
                    "Throttl",
                    "ThroughputExceeded",
                    "RequestLimitExceeded",
                    "TransactionConflict",
                    "TransactionInProgress",
                ];
                *status >= 500 || *status == 429 || passing.iter().any(|it| error.contains(it))
            }
            Self::Cancelled(_) | Self::Unreadable => false,
        }
    }
}

/// What says which operation of a JSON protocol is called.
fn json_headers(target: &str, operation: &str, version: &str) -> [(&'static str, String); 2] {
    [
        ("content-type", format!("application/x-amz-json-{version}")),
        ("x-amz-target", format!("{target}.{operation}")),
    ]
}

/// What went wrong below HTTP, without the URL.
pub(crate) fn transport(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else if error.is_body() || error.is_decode() {
        "body"
    } else {
        "request"
    }
}

fn refusal(status: u16, answer: &[u8]) -> Reason {
    let error = error_name(answer);
    if error == "TransactionCanceledException"
        && let Ok(Json::Object(mut answer)) = serde_json::from_slice(answer)
        && let Some(Json::Array(reasons)) = answer.remove("CancellationReasons")
    {
        return Reason::Cancelled(reasons);
    }
    Reason::Refused { status, error }
}

/// The name of the error in an answer: JSON has it in `__type`, after a `#`; Query in `<Code>`.
fn error_name(answer: &[u8]) -> String {
    let from_json = serde_json::from_slice::<Json>(answer)
        .ok()
        .and_then(|json| {
            text(&json, "__type")
                .or_else(|| text(&json, "code"))
                .map(str::to_owned)
        });
    let from_xml = || {
        let text = std::str::from_utf8(answer).ok()?;
        let (_, rest) = text.split_once("<Code>")?;
        Some(rest.split_once("</Code>")?.0.to_owned())
    };
    let name = from_json.or_else(from_xml).unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default();
    plain(name).unwrap_or_else(|| UNNAMED.to_owned())
}

/// The name of the error in the header of REST protocols; a URL may follow it. Source: "AWS REST protocols" in the
/// specification of Smithy.
fn named_by_header(headers: &http::HeaderMap) -> Option<String> {
    let name = headers.get("x-amzn-errortype")?.to_str().ok()?;
    plain(name.split(':').next().unwrap_or_default())
}

fn plain(name: &str) -> Option<String> {
    let plain = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '.');
    let plain: String = plain.take(80).collect();
    (!plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_as_aws_names_them() {
        for (answer, expected) in [
            (
                r#"{"__type":"com.amazonaws.secretsmanager#ResourceNotFoundException"}"#,
                "ResourceNotFoundException",
            ),
            (
                r#"{"__type":"AccessDeniedException","message":"canary"}"#,
                "AccessDeniedException",
            ),
            (
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>",
                "UnauthorizedOperation",
            ),
            ("<html>canary</html>", "an unnamed error"),
            ("", "an unnamed error"),
        ] {
            assert_eq!(error_name(answer.as_bytes()), expected);
        }
    }

    #[test]
    fn a_cancelled_transaction_says_why() {
        let answer = br#"{
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "CancellationReasons": [{ "Code": "None" }, { "Code": "ConditionalCheckFailed" }]
        }"#;
        let Reason::Cancelled(reasons) = refusal(400, answer) else {
            panic!("not cancelled");
        };
        let codes: Vec<_> = reasons.iter().map(|it| text(it, "Code")).collect();
        assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed")]);
    }

    /// Another transaction is in the way, or too much is asked for: a moment later it is not.
    #[test]
    fn what_passes_is_tried_again() {
        for (error, passes) in [
            ("TransactionConflictException", true),
            ("TransactionInProgressException", true),
            ("ProvisionedThroughputExceededException", true),
            ("ThrottlingException", true),
            ("ConditionalCheckFailedException", false),
            ("AccessDeniedException", false),
            ("ResourceNotFoundException", false),
        ] {
            let answer = format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{error}"}}"#);
            assert_eq!(
                refusal(400, answer.as_bytes()).is_passing(),
                passes,
                "{error}"
            );
        }
        assert!(refusal(503, b"").is_passing());
    }
}
