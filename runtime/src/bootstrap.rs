//! From the start of a process to its first event.

use std::future::Future;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value as Json, json};
use webhook::Signal;

use crate::{
    decision::Decision,
    http::{HttpSetup, Reuse, client, web_roots},
    log::{Level, Log},
    read::UnreadableEvent,
    settings::{Environment, MissingVariable},
    signal::SignalFunction,
};

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment lacks something.
    #[error(transparent)]
    Environment(#[from] MissingVariable),
    /// TLS could not be set up.
    #[error(transparent)]
    Http(#[from] HttpSetup),
    /// A part of what `deliver` needs is missing.
    #[error(transparent)]
    World(#[from] crate::deliver::NoWorld),
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
    let failed = |error: &dyn std::fmt::Display| StartError::Runtime(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?;
    runtime
        .block_on(lambda_runtime::run(service_fn(handler)))
        .map_err(|error| failed(&error))
}

/// The whole of a function that turns events into incidents by a pure judgement.
///
/// # Errors
///
/// When the function cannot start.
pub fn signal_function(
    name: &'static str,
    signal: Signal,
    decide: fn(&Json) -> Result<Decision, UnreadableEvent>,
) -> Result<(), StartError> {
    let log = Log::standard(name);
    started(&log, || {
        let http = client(web_roots(), Reuse::Connections)?;
        let function = SignalFunction::new(signal, log.clone(), http, &environment())?;
        serve(|event: LambdaEvent<Json>| {
            let function = &function;
            async move {
                let decision = decide(&event.payload);
                let request_id = &event.context.request_id;
                function.act(decision, request_id, Timestamp::now()).await
            }
        })
    })
}

/// Runs a function; says in the log why it could not start.
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
