//! The fake AWS as an HTTP client of the SDK, and what goes wrong between the two.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use synth::terminal::StopSwitch;

use crate::{
    account,
    clock::VirtualClock,
    cloudformation::{self, esc},
    model::World,
    request::{DEVOPS_AGENT, Parsed, parse},
    s3, sts,
};

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// AWS refuses for a while because of too many calls.
    Throttled(Duration),
    /// The service has trouble for a while.
    Unavailable(Duration),
    /// The connection breaks before the call takes effect, for a while.
    Reset(Duration),
    /// The call takes effect, and the connection breaks, so many times.
    AnswerLost(usize),
    /// Nothing comes back; the call takes effect or not.
    Silence { takes_effect: bool },
    /// A proxy says yes to everything, for this call.
    FalseYes,
    /// A proxy answers with a page, for this call.
    Page(u16),
    /// The credentials may not make this call.
    Denied,
    /// The credentials end.
    Expired,
    /// The call takes effect, the answer is lost, and the credentials end.
    LostThenExpired,
    /// Ctrl-C, or a request to terminate, comes while the call is made.
    Stop,
    /// The process is killed while the call is made.
    Kill,
    /// From now on reads are late.
    LateReads { lag: Duration, flaps: bool },
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) service: String,
    pub(crate) operation: String,
    pub(crate) region: String,
    /// The role that it names.
    pub(crate) role: Option<String>,
    pub(crate) at: SystemTime,
}

/// What goes wrong, and when: with the call of this operation of this number.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) operation: String,
    pub(crate) number: usize,
    pub(crate) fault: Fault,
}

/// An operation, and what happens while it is called.
pub(crate) type Meanwhile = (&'static str, fn(&mut State));

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) calls: Vec<Call>,
    pub(crate) planned: Option<Planned>,
    /// What somebody else does while the next call of this operation is made.
    pub(crate) meanwhile: Option<Meanwhile>,
    /// Since when the fault has been there.
    since: Option<SystemTime>,
    lost: usize,
    expired: bool,
    pub(crate) killed: bool,
    /// Operations that the credentials may not call.
    pub(crate) denied: Vec<&'static str>,
    switch: Option<StopSwitch>,
    reads: u64,
    /// Calls that list what is in the account.
    listed: usize,
}

/// The fake AWS.
#[derive(Clone, Debug)]
pub(crate) struct Cloud {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) clock: VirtualClock,
}

/// How long a call takes.
const LATENCY: Duration = Duration::from_millis(60);

impl Cloud {
    pub(crate) fn new(world: World) -> Self {
        let state = State {
            world,
            ..State::default()
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            clock: VirtualClock::new(),
        }
    }

    /// Another AWS that is the same.
    pub(crate) fn copy(&self) -> Self {
        Self {
            clock: self.clock.copy(),
            ..Self::new(self.lock().world.clone())
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Begins another run: nothing goes wrong in it.
    pub(crate) fn next_run(&self, switch: StopSwitch) {
        let mut state = self.lock();
        state.switch = Some(switch);
        state.killed = false;
    }

    pub(crate) fn mend(&self) {
        let mut state = self.lock();
        state.planned = None;
        state.since = None;
        state.expired = false;
        state.denied.clear();
        state.world.lag = Duration::ZERO;
    }
}

impl State {
    /// Somebody presses Ctrl-C.
    pub(crate) fn stop(&self) {
        if let Some(switch) = &self.switch {
            switch.stop();
        }
    }
}

impl HttpClient for Cloud {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// What becomes of one call.
enum Reply {
    Answer,
    AnswerAndLose,
    Lose,
    Silence { takes_effect: bool },
    Say(u16, String),
    Error(u16, &'static str, &'static str),
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.clone();
        let parsed = parse(&request);
        let reply = cloud.begin(&parsed);
        HttpConnectorFuture::new(async move {
            cloud.clock.sleep(LATENCY).await;
            let lost = || Err(ConnectorError::io("connection reset by peer".into()));
            match reply {
                Reply::Answer => Ok(own(cloud.answer(&parsed))),
                Reply::AnswerAndLose => {
                    let _ = cloud.answer(&parsed);
                    lost()
                }
                Reply::Lose => lost(),
                Reply::Silence { takes_effect } => {
                    if takes_effect {
                        let _ = cloud.answer(&parsed);
                    }
                    std::future::pending::<()>().await;
                    lost()
                }
                Reply::Say(status, body) => Ok(respond(status, body)),
                Reply::Error(status, ..) if parsed.operation.starts_with("Head") => {
                    Ok(respond(status, String::new()))
                }
                Reply::Error(status, code, message) => {
                    let body = error_body(parsed.service, code, message);
                    let mut response = respond(status, body);
                    if parsed.service == DEVOPS_AGENT {
                        let headers = response.headers_mut();
                        headers.insert("x-amzn-errortype", format!("{code}:http://x"));
                    }
                    Ok(response)
                }
            }
        })
    }
}

impl Cloud {
    /// Notes the call, and what becomes of it.
    fn begin(&self, parsed: &Parsed) -> Reply {
        let now = self.clock.now();
        let mut state = self.lock();
        let name = &parsed.operation;
        let number = state
            .calls
            .iter()
            .filter(|it| it.operation == *name)
            .count();
        state.calls.push(Call {
            service: parsed.service.to_owned(),
            operation: name.clone(),
            region: parsed.region.clone(),
            role: ["RoleARN", "RoleArn"]
                .iter()
                .find_map(|it| parsed.form.get(*it).cloned()),
            at: now,
        });
        if let Some((operation, act)) = state.meanwhile
            && operation == name
        {
            state.meanwhile = None;
            act(&mut state);
        }
        if state.expired {
            return Reply::Error(
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
            );
        }
        if parsed.service == "another" || state.denied.contains(&name.as_str()) {
            return denied();
        }
        if is_of_account(parsed.service) {
            state.listed += 1;
            let throttled = state.world.inventory(&parsed.region).throttled;
            if throttled > 0 && state.listed.is_multiple_of(throttled) {
                return Reply::Error(400, "ThrottlingException", "Rate exceeded");
            }
        }
        let Some(planned) = state.planned.clone() else {
            return Reply::Answer;
        };
        let is_hit = planned.operation == *name && planned.number == number;
        let has_begun = state.since.is_some();
        if !is_hit && !has_begun {
            return Reply::Answer;
        }
        let since = *state.since.get_or_insert(now);
        let is_within = |duration: Duration| now.duration_since(since).unwrap() < duration;
        match planned.fault {
            Fault::Throttled(long) if is_within(long) => match parsed.service {
                "S3" => Reply::Error(503, "SlowDown", "Please reduce your request rate."),
                _ => Reply::Error(400, "Throttling", "Rate exceeded"),
            },
            Fault::Unavailable(long) if is_within(long) => {
                Reply::Error(503, "ServiceUnavailable", "try later")
            }
            Fault::Reset(long) if is_within(long) => Reply::Lose,
            Fault::AnswerLost(times) if planned.operation == *name && state.lost < times => {
                state.lost += 1;
                Reply::AnswerAndLose
            }
            Fault::Silence { takes_effect } if is_hit => Reply::Silence { takes_effect },
            Fault::FalseYes if is_hit => Reply::Say(200, false_yes(parsed)),
            Fault::Page(status) if is_hit => Reply::Say(
                status,
                "<html><h1>Access blocked by policy</h1></html>".to_owned(),
            ),
            Fault::Denied if planned.operation == *name => denied(),
            Fault::Expired if is_hit => {
                state.expired = true;
                Reply::Error(
                    403,
                    "ExpiredToken",
                    "The security token included in the request is expired",
                )
            }
            Fault::LostThenExpired if is_hit => {
                state.expired = true;
                Reply::AnswerAndLose
            }
            Fault::Stop if is_hit => {
                state.stop();
                Reply::Answer
            }
            Fault::Kill if is_hit => {
                state.killed = true;
                Reply::Silence { takes_effect: true }
            }
            Fault::LateReads { lag, flaps } if is_hit => {
                state.world.lag = lag;
                state.world.flaps = flaps;
                Reply::Answer
            }
            _ => Reply::Answer,
        }
    }

    /// Answers a call, and changes what it changes.
    fn answer(&self, parsed: &Parsed) -> HttpResponse {
        let now = self.clock.now();
        let mut state = self.lock();
        state.reads += 1;
        let is_late = !state.world.flaps || state.reads.is_multiple_of(2);
        let lag = if is_late {
            state.world.lag
        } else {
            Duration::ZERO
        };
        let world = &mut state.world;
        match parsed.service {
            "S3" => s3::answer(
                world,
                &parsed.operation,
                &parsed.bucket,
                &parsed.key,
                &parsed.body,
            ),
            service if is_of_account(service) => {
                let inventory = world.inventory(&parsed.region);
                respond(
                    200,
                    account::answer(&inventory, &parsed.operation, &parsed.body),
                )
            }
            "STS" => respond(
                200,
                wrap(&parsed.operation, &sts::answer(&parsed.operation)),
            ),
            _ => {
                let operation = &parsed.operation;
                let answer = cloudformation::answer(
                    world,
                    &parsed.region,
                    operation,
                    &parsed.form,
                    now,
                    now - lag,
                );
                match answer {
                    Ok(result) => respond(200, wrap(operation, &result)),
                    Err((code, message)) => {
                        let status = if code == "ChangeSetNotFound" {
                            404
                        } else {
                            400
                        };
                        respond(status, error_body("CloudFormation", code, &message))
                    }
                }
            }
        }
    }
}

fn is_of_account(service: &str) -> bool {
    account::SERVICES.iter().any(|(_, it)| *it == service)
}

fn denied() -> Reply {
    Reply::Error(
        403,
        "AccessDenied",
        "User is not authorized to perform this action",
    )
}

/// An answer that looks like one, and is not CloudFormation's.
fn false_yes(parsed: &Parsed) -> String {
    if parsed.service == "S3" {
        String::new()
    } else {
        wrap(&parsed.operation, "")
    }
}

fn wrap(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
    )
}

fn error_body(service: &str, code: &str, message: &str) -> String {
    let (code, message) = (esc(code), esc(message));
    if service == DEVOPS_AGENT {
        return format!("{{\"message\":\"{message}\"}}");
    }
    if service == "S3" {
        return format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    }
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

pub(crate) fn respond(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}

/// What AWS itself answers has an ID.
fn own(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert("x-amzn-requestid", "1");
    response.headers_mut().insert("x-amz-request-id", "1");
    response
}
