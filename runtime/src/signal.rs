//! What the functions do that turn events into incidents: judge, queue, say so.

use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Value as Json, json};
use webhook::{Envelope, Signal};

use crate::{
    aws::{CallError, sqs::Sqs},
    decision::Decision,
    log::{Level, Log},
    read::UnreadableEvent,
    settings::{Environment, MissingVariable},
};

/// A function that turns events into incidents.
#[derive(Debug)]
pub struct SignalFunction {
    signal: Signal,
    log: Log,
    sqs: Sqs,
    incidents: String,
    function_name: String,
}

/// Why an event did not become an incident although nobody decided so. Lambda tries again, and then
/// keeps the event as a dead letter.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The event cannot be judged.
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
    /// The incident could not be queued.
    #[error("the incident could not be queued")]
    Queue(#[from] CallError),
}

impl From<SignalError> for Diagnostic {
    fn from(error: SignalError) -> Self {
        let error_type = match error {
            SignalError::Unreadable(_) => "UnreadableEvent",
            SignalError::Queue(_) => "QueueUnavailable",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl SignalFunction {
    /// A function as the environment says.
    pub fn new(
        signal: Signal,
        log: Log,
        http: reqwest::Client,
        environment: &Environment,
    ) -> Result<Self, MissingVariable> {
        Ok(Self {
            signal,
            log,
            sqs: Sqs::new(http, environment)?,
            incidents: environment.require("INCIDENTS_QUEUE_URL")?.to_owned(),
            function_name: environment
                .get("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// Acts on a decision: queues the incident, or says why there is none.
    pub async fn act(
        &self,
        decision: Result<Decision, UnreadableEvent>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Json, SignalError> {
        match decision {
            Ok(Decision::Investigate(incident)) => {
                let (id, title) = (incident.id().clone(), incident.title().to_owned());
                let priority = incident.priority();
                let envelope = Envelope::new(self.signal, *incident);
                let sent = self.sqs.send(&self.incidents, &envelope.to_body()).await;
                if let Err(error) = &sent {
                    self.log.line(
                        now,
                        Level::Error,
                        "the incident could not be queued",
                        json!({
                            "requestId": request_id, "incidentId": id, "why": error.to_string(),
                        }),
                    );
                }
                sent?;
                self.log.line(now, Level::Info, "incident queued", json!({
                    "requestId": request_id, "incidentId": id, "title": title, "priority": priority,
                }));
                self.log
                    .metrics(now, &self.function_name, &[("Incidents", &[1])]);
                Ok(json!({ "decision": "investigate", "incidentId": id }))
            }
            Ok(Decision::Skip(skip)) => {
                self.log.line(
                    now,
                    Level::Info,
                    "event skipped",
                    json!({
                        "requestId": request_id, "why": skip.as_str(),
                    }),
                );
                self.log
                    .metrics(now, &self.function_name, &[("Skipped", &[1])]);
                Ok(json!({ "decision": "skip", "why": skip.as_str() }))
            }
            Err(error) => {
                self.log.line(
                    now,
                    Level::Error,
                    "event not understood",
                    json!({
                        "requestId": request_id, "why": error.to_string(),
                    }),
                );
                self.log
                    .metrics(now, &self.function_name, &[("Unreadable", &[1])]);
                Err(error.into())
            }
        }
    }
}
