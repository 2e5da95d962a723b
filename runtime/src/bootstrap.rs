//! From the start of a process to its first event.

use std::future::Future;

use contract::{AlarmSettings, DeliverySettings, FunctionName};
use jiff::Timestamp;
use lambda_runtime::{
    Diagnostic, LambdaEvent, LambdaInvocation, Runtime, layers::TracingLayer, service_fn,
    tower::util::MapRequestLayer,
};
use rustls::RootCertStore;
use serde_json::{Value as Json, json};

use crate::{
    alarm,
    cost::CostFunction,
    decision::Decision,
    deliver::{Deliver, DeliverFunction, LambdaPorts, NoPorts},
    http::{HttpSetup, Reuse, client},
    log::{Level, Log},
    read::{LONGEST_EVENT, UnreadableEvent, parse},
    result::{Patience, ResultFunction},
    settings::{Environment, InvalidVariable},
    signal::SignalFunction,
};

/// Bytes of a schedule's event at most.
const LONGEST_SCHEDULE: usize = 65_536;

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment lacks something, or says what cannot be.
    #[error(transparent)]
    Environment(#[from] InvalidVariable),
    /// TLS could not be set up.
    #[error(transparent)]
    Http(#[from] HttpSetup),
    /// A part of what `deliver` needs is missing.
    #[error(transparent)]
    Ports(#[from] NoPorts),
    /// Lambda's own interface failed.
    #[error("the Lambda runtime failed: {0}")]
    Runtime(String),
}

/// The environment of this process. The only place where a function reads it.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn environment() -> Environment {
    Environment::new(std::env::vars())
}

/// Serves events with `handler` until the process is frozen for good.
///
/// # Errors
///
/// When Lambda's own interface fails.
pub fn serve<F, Fut, E>(handler: F) -> Result<(), StartError>
where
    F: Fn(LambdaEvent<Json>) -> Fut,
    Fut: Future<Output = Result<Json, E>>,
    E: Into<Diagnostic> + std::fmt::Debug,
{
    block_on(lambda_runtime::run(service_fn(handler)))
}

/// Serves events as the texts that they are. What Lambda's own interface cannot parse it never hands
/// to a handler that wants JSON, which could then neither log nor count it.
fn serve_texts<F, Fut, E>(handler: F) -> Result<(), StartError>
where
    F: Fn(LambdaEvent<String>) -> Fut,
    Fut: Future<Output = Result<Json, E>>,
    E: Into<Diagnostic> + std::fmt::Debug,
{
    block_on(async {
        Runtime::new(service_fn(handler))
            .layer(MapRequestLayer::new(as_text))
            .layer(TracingLayer::new())
            .run()
            .await
    })
}

/// The same invocation with its payload quoted: a JSON text, whatever it was. Of what is too long the beginning is
/// enough to say so.
fn as_text(invocation: LambdaInvocation) -> LambdaInvocation {
    let body = &invocation.body[..invocation.body.len().min(LONGEST_EVENT + 1)];
    let text = String::from_utf8_lossy(body);
    LambdaInvocation {
        body: serde_json::to_vec(&text)
            .expect("every text is JSON")
            .into(),
        ..invocation
    }
}

fn block_on(
    serving: impl Future<Output = Result<(), lambda_runtime::Error>>,
) -> Result<(), StartError> {
    let failed = |error: &dyn std::fmt::Display| StartError::Runtime(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?;
    runtime.block_on(serving).map_err(|error| failed(&error))
}

/// The whole of a function that turns events into incidents by a pure evaluation, and trusts `roots`.
///
/// # Errors
///
/// When the function cannot start.
pub fn signal_function(
    function: FunctionName,
    roots: RootCertStore,
    decide: fn(&Json) -> Result<Decision, UnreadableEvent>,
) -> Result<(), StartError> {
    signal_function_with(function, roots, |_| {
        Ok(move |payload: &Json| vec![decide(payload)])
    })
}

/// The whole of the function that turns alarms into incidents, and trusts `roots`. Its events can hold several
/// messages, each with a decision of its own.
///
/// # Errors
///
/// When the function cannot start.
pub fn alarm_function(roots: RootCertStore) -> Result<(), StartError> {
    signal_function_with(FunctionName::Alarm, roots, |environment| {
        let settings = AlarmSettings::from_env(environment.variables())?;
        Ok(move |payload: &Json| alarm::decide_each(payload, &settings))
    })
}

fn signal_function_with<D>(
    function: FunctionName,
    roots: RootCertStore,
    decide: impl FnOnce(&Environment) -> Result<D, StartError>,
) -> Result<(), StartError>
where
    D: Fn(&Json) -> Vec<Result<Decision, UnreadableEvent>>,
{
    let log = Log::standard(function.as_str());
    started(&log, || {
        let http = client(roots, Reuse::Connections)?;
        let environment = environment();
        let decide = decide(&environment)?;
        let function = SignalFunction::new(function, log.clone(), http, &environment)?;
        serve_texts(|event: LambdaEvent<String>| {
            let (function, decide) = (&function, &decide);
            async move {
                let request_id = &event.context.request_id;
                let now = Timestamp::now();
                let deadline = Timestamp::try_from(event.context.deadline()).unwrap_or_default();
                let time = deadline.duration_since(now).try_into().unwrap_or_default();
                function
                    .handle(&event.payload, decide, request_id, now, time)
                    .await
            }
        })
    })
}

/// The whole of the function that delivers incidents, and trusts `roots`.
///
/// # Errors
///
/// When the function cannot start.
pub fn deliver_function(roots: &RootCertStore) -> Result<(), StartError> {
    let log = Log::standard(FunctionName::Deliver.as_str());
    started(&log, || {
        let environment = environment();
        let ports = LambdaPorts::new(log.clone(), roots, &environment)?;
        let function = DeliverFunction::new(
            ports,
            Deliver::new(DeliverySettings::from_env(environment.variables())?),
        );
        serve(|event: LambdaEvent<Json>| {
            let function = &function;
            async move {
                let deadline = Timestamp::try_from(event.context.deadline()).unwrap_or_default();
                Ok::<Json, Diagnostic>(function.handle(&event.payload, deadline).await)
            }
        })
    })
}

/// The whole of the function that makes the cost report, and trusts `roots`.
///
/// # Errors
///
/// When the function cannot start.
pub fn cost_function(roots: RootCertStore) -> Result<(), StartError> {
    let log = Log::standard(FunctionName::Cost.as_str());
    started(&log, || {
        let http = client(roots, Reuse::Connections)?;
        let function = CostFunction::new(log.clone(), http, environment())?;
        serve_texts(|event: LambdaEvent<String>| {
            let function = &function;
            async move {
                let LambdaEvent { payload, context } = event;
                let deadline = Timestamp::try_from(context.deadline()).unwrap_or_default();
                let time = deadline.duration_since(Timestamp::now());
                let time = time.try_into().unwrap_or_default();
                let (arn, id) = (&context.invoked_function_arn, &context.request_id);
                // A schedule's event is short. What is longer would not fit the function's memory once it is read.
                let event = match payload.len() {
                    0..=LONGEST_SCHEDULE => parse(&payload),
                    _ => Err(UnreadableEvent::TooLong(LONGEST_SCHEDULE)),
                };
                let event = event.map_err(|error| Diagnostic {
                    error_type: "UnreadableEvent".to_owned(),
                    error_message: error.to_string(),
                })?;
                function.handle(&event, arn, time, id).await
            }
        })
    })
}

/// The whole of the function that reads what became of incidents, and trusts `roots`.
///
/// # Errors
///
/// When the function cannot start.
pub fn result_function(roots: RootCertStore) -> Result<(), StartError> {
    let log = Log::standard(FunctionName::Result.as_str());
    started(&log, || {
        let http = client(roots, Reuse::Connections)?;
        let patience = Patience::USUAL;
        let function = ResultFunction::new(log.clone(), http, &environment(), patience)?;
        serve_texts(|event: LambdaEvent<String>| {
            let function = &function;
            async move {
                let request_id = &event.context.request_id;
                function.handle(&event.payload, request_id).await
            }
        })
    })
}

/// Runs a function; says in the log why it could not start.
///
/// # Errors
///
/// Returns the error of `run`, which has been logged.
pub fn started(log: &Log, run: impl FnOnce() -> Result<(), StartError>) -> Result<(), StartError> {
    let result = run();
    if let Err(error) = &result {
        let why = json!({ "why": error.to_string() });
        log.line(
            Timestamp::now(),
            Level::Error,
            "the function cannot start",
            why,
        );
    }
    result
}

#[cfg(test)]
mod tests {
    use lambda_runtime::Context;

    use super::*;

    #[test]
    fn whatever_the_payload_is_a_handler_gets_it() {
        for (body, expected) in [
            (&b"{\"a\": \"\\u0041\"}"[..], "{\"a\": \"\\u0041\"}"),
            (b"\xef\xbb\xbf{}", "\u{feff}{}"),
            (b"not JSON\0\xff", "not JSON\0\u{fffd}"),
            (b"", ""),
        ] {
            let invocation = as_text(LambdaInvocation {
                parts: http::Response::new(()).into_parts().0,
                body: body.into(),
                context: Context::default(),
            });
            let payload: String = serde_json::from_slice(&invocation.body).unwrap();
            assert_eq!(payload, expected);
        }
    }
}
