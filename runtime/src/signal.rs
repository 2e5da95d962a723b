//! What the functions do that turn events into incidents: evaluate, queue, log.

use std::time::Duration;

use contract::{Envelope, FunctionName, settings::variable};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Value as Json, json};

use crate::{
    aws::{CallError, sqs::Sqs},
    canary,
    decision::{Decision, Finding},
    log::{Level, Log},
    origin::Origin,
    persistence::{SystemTime, persist},
    read::{UnreadableEvent, parse_event},
    settings::{Environment, InvalidVariable},
};

/// What is kept of an invocation's time to say what became of it.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// One invocation: what led to it, and how long it lasts.
struct Invocation<'a> {
    request_id: &'a str,
    origin: Origin,
    now: Timestamp,
    clock: SystemTime,
    /// For how long the queue is tried.
    until: Duration,
}

impl Invocation<'_> {
    /// The fields of a log line.
    fn fields(&self, mut fields: Json) -> Json {
        fields["requestId"] = json!(self.request_id);
        self.origin.with(fields)
    }
}

/// A function that turns events into incidents.
#[derive(Debug)]
pub struct SignalFunction {
    function: FunctionName,
    log: Log,
    sqs: Sqs,
    incidents: String,
    function_name: String,
}

/// Why an event did not become an incident although nobody decided so. Lambda tries again, and then
/// writes the event into the bucket of failed events.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The event cannot be evaluated.
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
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment does not name the incidents queue or a region, or
    /// has no credentials.
    pub fn new(
        function: FunctionName,
        log: Log,
        http: reqwest::Client,
        environment: &Environment,
    ) -> Result<Self, InvalidVariable> {
        Ok(Self {
            function,
            log,
            sqs: Sqs::new(http, environment)?,
            incidents: environment
                .require(variable::INCIDENTS_QUEUE_URL)?
                .to_owned(),
            function_name: environment
                .get("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// Evaluates what the function is handed, and acts on each decision. Log lines say by what people know the event.
    ///
    /// # Errors
    ///
    /// Returns [`SignalError::Unreadable`] if the payload or one of its messages cannot be evaluated, and
    /// [`SignalError::Queue`] if an incident could not be queued in the time that is left. Lambda then invokes the
    /// function with the same event again.
    pub async fn handle(
        &self,
        payload: &str,
        decide: impl Fn(&Json) -> Vec<Result<Decision, UnreadableEvent>>,
        request_id: &str,
        now: Timestamp,
        time: Duration,
    ) -> Result<Json, SignalError> {
        let (decisions, origin) = match parse_event(payload) {
            Ok(payload) => (decide(&payload), Origin::of(&payload)),
            Err(error) => (vec![Err(error)], Origin::default()),
        };
        let invocation = Invocation {
            request_id,
            origin,
            now,
            clock: SystemTime::begin(),
            until: time.saturating_sub(LAST_WORDS),
        };
        self.act_on_each(decisions, &invocation).await
    }

    /// Acts on each decision, whatever becomes of the others. If one fails, the whole event is tried
    /// again: incidents that were queued then have the IDs that they had before. A queue that cannot be reached is
    /// tried for all of the time there is.
    async fn act_on_each(
        &self,
        decisions: Vec<Result<Decision, UnreadableEvent>>,
        invocation: &Invocation<'_>,
    ) -> Result<Json, SignalError> {
        let mut outcomes = Vec::new();
        for decision in decisions {
            let outcome = self.act(decision, invocation).await;
            // There is no time left for the others, either.
            let is_over = matches!(outcome, Err(SignalError::Queue(_)));
            outcomes.push(outcome);
            if is_over {
                break;
            }
        }
        let mut outcomes = outcomes.into_iter().collect::<Result<Vec<Json>, _>>()?;
        Ok(if outcomes.len() == 1 {
            outcomes.remove(0)
        } else {
            json!(outcomes)
        })
    }

    /// Acts on a decision: queues the incident, or says why there is none.
    async fn act(
        &self,
        decision: Result<Decision, UnreadableEvent>,
        invocation: &Invocation<'_>,
    ) -> Result<Json, SignalError> {
        let now = invocation.now;
        match decision {
            Ok(Decision::Investigate(finding)) => {
                let Finding { incident, group } = *finding;
                let (id, title) = (incident.id().clone(), incident.title().to_owned());
                let priority = incident.priority();
                let envelope = Envelope::of_group(self.function, incident, group);
                self.queue(&envelope, invocation).await?;
                let fields = json!({ "incidentId": id, "title": title, "priority": priority });
                let fields = invocation.fields(fields);
                self.log.line(now, Level::Info, "incident queued", fields);
                self.log
                    .metrics(now, &self.function_name, &[("Incidents", &[1])]);
                Ok(json!({ "decision": "investigate", "incidentId": id }))
            }
            Ok(Decision::Canary) => {
                let envelope = canary::envelope(now);
                self.queue(&envelope, invocation).await?;
                let fields = invocation.fields(json!({}));
                self.log.line(now, Level::Info, "canary queued", fields);
                Ok(json!({ "decision": "canary" }))
            }
            Ok(Decision::Skip(skip)) => {
                self.log.line(
                    now,
                    Level::Info,
                    "event skipped",
                    invocation.fields(json!({ "why": skip.as_str() })),
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
                    invocation.fields(json!({ "why": error.to_string() })),
                );
                self.log
                    .metrics(now, &self.function_name, &[("Unreadable", &[1])]);
                Err(error.into())
            }
        }
    }

    async fn queue(
        &self,
        envelope: &Envelope,
        invocation: &Invocation<'_>,
    ) -> Result<(), SignalError> {
        let now = invocation.now;
        let body = envelope.to_body();
        let sent = persist(&invocation.clock, invocation.until, async |within| {
            self.sqs.send_once(&self.incidents, &body, within).await
        });
        let sent = sent.await;
        if let Err(error) = &sent {
            let id = envelope.incident.id();
            self.log.line(
                now,
                Level::Error,
                "the incident could not be queued",
                invocation.fields(json!({ "incidentId": id, "why": error.to_string() })),
            );
            self.log
                .metrics(now, &self.function_name, &[("QueueUnavailable", &[1])]);
        }
        Ok(sent?)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        sync::{Arc, Mutex},
        thread,
    };

    use contract::{Group, GroupKey, Incident, IncidentId, Priority, Signal};

    use super::*;
    use crate::{
        decision::Skip,
        http::{Reuse, client, web_roots},
        read::text,
    };

    async fn act(
        endpoint: &str,
        decision: Result<Decision, UnreadableEvent>,
    ) -> (Result<Json, SignalError>, Vec<Json>) {
        act_on_each(endpoint, vec![decision]).await
    }

    /// Acts with a queue at this endpoint; returns the outcome and the lines of the log.
    async fn act_on_each(
        endpoint: &str,
        decisions: Vec<Result<Decision, UnreadableEvent>>,
    ) -> (Result<Json, SignalError>, Vec<Json>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let log = Log::new("test", move |line| {
            sink.lock()
                .unwrap()
                .push(serde_json::from_str(line).unwrap());
        });
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_LAMBDA_FUNCTION_NAME", "function"),
            ("INCIDENTS_QUEUE_URL", "https://sqs.example.com/incidents"),
        ];
        let environment =
            Environment::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let http = client(web_roots(), Reuse::Nothing).unwrap();
        let function = SignalFunction::new(FunctionName::Event, log, http, &environment).unwrap();
        let invocation = Invocation {
            request_id: "request",
            origin: Origin::of(&json!({ "id": "event", "detail": { "alarmName": "cpu" } })),
            now: Timestamp::UNIX_EPOCH,
            clock: SystemTime::begin(),
            until: Duration::ZERO,
        };
        let outcome = function.act_on_each(decisions, &invocation).await;
        let lines = lines.lock().unwrap().clone();
        (outcome, lines)
    }

    fn investigate() -> Decision {
        let id = IncidentId::of("event", &["1"]);
        let key = GroupKey::of("rule", &["orders"]);
        let group = Group::new(key, "rule orders", "Order Failed");
        let incident = Incident::new(
            id,
            Priority::Low,
            "It broke",
            "It broke.",
            Timestamp::UNIX_EPOCH,
            "shop",
            json!({}),
        );
        Decision::investigate(incident, group)
    }

    /// The one metric that was counted.
    #[track_caller]
    fn counted(lines: &[Json]) -> &str {
        let metrics: Vec<&str> = lines
            .iter()
            .filter_map(|line| text(line, "_aws.CloudWatchMetrics.0.Metrics.0.Name"))
            .collect();
        let [metric] = metrics.as_slice() else {
            panic!("{metrics:?}")
        };
        assert!(lines.iter().any(|line| line[metric] == json!([1])));
        metric
    }

    fn error_type(outcome: Result<Json, SignalError>) -> String {
        Diagnostic::from(outcome.unwrap_err()).error_type
    }

    #[tokio::test]
    async fn each_decision_is_acted_on_whatever_becomes_of_the_others() {
        let skip = || Ok(Decision::Skip(Skip::NotAnAlarm));
        let (outcome, lines) = act_on_each("http://127.0.0.1:1", vec![skip(), skip()]).await;
        let why = json!({ "decision": "skip", "why": "not-an-alarm" });
        assert_eq!(outcome.unwrap(), json!([why, why]));
        assert_eq!(lines.len(), 4);
        let unreadable = Err(UnreadableEvent::NotJson("where".to_owned()));
        let (outcome, lines) = act_on_each("http://127.0.0.1:1", vec![unreadable, skip()]).await;
        assert_eq!(error_type(outcome), "UnreadableEvent");
        assert!(lines.iter().any(|line| line["why"] == "not-an-alarm"));
    }

    #[tokio::test]
    async fn a_skip_is_counted_with_its_reason() {
        let (outcome, lines) = act(
            "http://127.0.0.1:1",
            Ok(Decision::Skip(Skip::IgnoredService)),
        )
        .await;
        assert_eq!(outcome.unwrap()["why"], "ignored-service");
        assert_eq!(lines[0]["why"], "ignored-service");
        // By these people look for it.
        assert_eq!(
            (&lines[0]["eventId"], &lines[0]["alarm"]),
            (&json!("event"), &json!("cpu"))
        );
        assert_eq!(counted(&lines), "Skipped");
    }

    #[tokio::test]
    async fn what_cannot_be_evaluated_is_counted_and_fails() {
        let unreadable = UnreadableEvent::NotJson("where".to_owned());
        let (outcome, lines) = act("http://127.0.0.1:1", Err(unreadable)).await;
        assert_eq!(error_type(outcome), "UnreadableEvent");
        assert_eq!(lines[0]["why"], "not JSON: where");
        assert_eq!(counted(&lines), "Unreadable");
    }

    #[tokio::test]
    async fn a_queue_that_is_away_is_counted_and_fails() {
        // The port stays taken: a stranger who got it would be sent what is meant for the queue.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || listener.incoming().for_each(drop));
        let (outcome, lines) = act(&endpoint, Ok(investigate())).await;
        assert_eq!(error_type(outcome), "QueueUnavailable");
        assert_eq!(counted(&lines), "QueueUnavailable");
    }

    /// Answers one call, and hands on what was sent.
    fn queue_of_one() -> (String, thread::JoinHandle<Envelope>) {
        let queue = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", queue.local_addr().unwrap());
        let received = thread::spawn(move || {
            let (mut stream, _) = queue.accept().unwrap();
            let mut request = Vec::new();
            // The body is JSON, and the only thing that ends like this.
            while !request.ends_with(b"\"}") {
                let mut chunk = [0; 4096];
                let read = stream.read(&mut chunk).unwrap();
                assert_ne!(read, 0, "the request ended too early");
                request.extend_from_slice(&chunk[..read]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                .unwrap();
            let request = String::from_utf8(request).unwrap();
            let (_, body) = request.split_once("\r\n\r\n").unwrap();
            let body: Json = serde_json::from_str(body).unwrap();
            Envelope::parse(body["MessageBody"].as_str().unwrap()).unwrap()
        });
        (endpoint, received)
    }

    #[tokio::test]
    async fn an_incident_is_queued_and_counted() {
        let (endpoint, received) = queue_of_one();
        let (outcome, lines) = act(&endpoint, Ok(investigate())).await;
        let id = outcome.unwrap()["incidentId"].clone();
        assert_eq!(counted(&lines), "Incidents");
        let envelope = received.join().unwrap();
        assert_eq!(envelope.signal, FunctionName::Event.into());
        assert_eq!(json!(envelope.incident.id()), id);
        assert_eq!(envelope.group().name, "rule orders");
    }

    /// It counts as no incident of anybody's.
    #[tokio::test]
    async fn the_canary_is_queued_as_such() {
        let (endpoint, received) = queue_of_one();
        let (outcome, lines) = act(&endpoint, Ok(Decision::Canary)).await;
        assert_eq!(outcome.unwrap(), json!({ "decision": "canary" }));
        assert!(
            lines.iter().all(|it| it["Incidents"].is_null()),
            "{lines:?}"
        );
        assert_eq!(received.join().unwrap().signal, Signal::Canary);
    }
}
