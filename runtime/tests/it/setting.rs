//! The function, with real HTTP to a receiver and to AWS, and with a clock that waiting moves on.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use contract::{DeliverySettings, Envelope, FunctionName, Incident, IncidentId, Priority};
use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::{
        Clock, DeadLetter, Deliver, DeliverFunction, Endpoint, LambdaPorts, Ledger, LedgerError,
        Message, Posted, Queue, SecretError, Telemetry, TransportError, parse_batch,
    },
    http::web_roots,
    ledger::{Item, Key, Pending, Put, Versioned},
    log::{Level, Log},
    settings::Environment,
};
use serde_json::{Value as Json, json};
use tokio_rustls::rustls::RootCertStore;
use webhook::{SignedRequest, Webhook};

use crate::{
    aws::{Aws, Stored},
    canary,
    hostile::Receiver,
};

/// How long an attempt may take where a receiver is silent. Where none is, nobody has to hurry, however
/// busy this machine is.
pub(crate) const DEADLINE: Duration = Duration::from_millis(200);
/// A test that takes longer hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// An environment of the function and what surrounds it.
pub(crate) struct Setting {
    pub(crate) aws: Aws,
    pub(crate) function: Rc<DeliverFunction<Skipping>>,
    ports: Skipping,
    settings: DeliverySettings,
    lines: Arc<Mutex<Vec<String>>>,
}

/// What surrounds the deployed function, but for the time: what it waits for is over at once.
#[derive(Clone, Debug)]
pub(crate) struct Skipping(Rc<Inner>);

struct Inner {
    ports: LambdaPorts,
    skipped: Cell<SignedDuration>,
    /// What proved the sender in each request.
    proofs: RefCell<Vec<String>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ports.fmt(f)
    }
}

/// What became of a batch.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What the function answered to Lambda.
    pub(crate) answer: Json,
    /// The log.
    pub(crate) lines: Vec<Json>,
    messages: Vec<Message>,
    deferred: Vec<(String, u64)>,
    letters: Vec<Json>,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// It leaves the queue.
    Ends,
    /// It is returned to the queue for so many seconds.
    Deferred(u64),
    /// It, or the report on its incident, is a dead letter, for this reason.
    Dead(String),
}

/// The value of the secret for a receiver; `key` is `secret` or `apiKey`.
pub(crate) fn secret(origin: &str, key: &str) -> Stored {
    let proof = match key {
        "apiKey" => canary::API_KEY,
        _ => canary::SECRET,
    };
    let url = format!(
        "{origin}/webhook/generic/{}?{}",
        canary::PATH,
        canary::QUERY
    );
    Stored::Text(json!({ "url": url, key: proof }).to_string())
}

/// An incident called `name`, in an envelope.
pub(crate) fn envelope(name: &str) -> String {
    let at = "2026-01-02T03:00:00Z".parse().unwrap();
    let id = IncidentId::of("alarm", &[name]);
    let incident = Incident::new(id, Priority::High, name, "Why.", at, "checkout", json!({}));
    Envelope::new(FunctionName::Alarm, incident).to_body()
}

/// A batch of messages, with how often each has been received.
pub(crate) fn batch(bodies: &[String], receives: u32) -> Json {
    let now = Timestamp::now().as_millisecond();
    let records = bodies.iter().enumerate().map(|(number, body)| {
        json!({
            "messageId": format!("message-{number}"),
            "receiptHandle": format!("receipt-{number}"),
            "body": body,
            "attributes": {
                "SentTimestamp": now.to_string(),
                "ApproximateReceiveCount": receives.to_string(),
            },
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

impl Setting {
    /// An environment that sends to a receiver, signing with a secret.
    pub(crate) async fn to(receiver: &Receiver) -> Self {
        Self::with(secret(&receiver.origin(), "secret"), web_roots()).await
    }

    /// An environment whose secret holds this and which trusts `roots`.
    pub(crate) async fn with(stored: Stored, roots: RootCertStore) -> Self {
        Self::around(Aws::with(stored).await, &roots)
    }

    /// An environment that calls this AWS and trusts `roots`.
    pub(crate) fn around(aws: Aws, roots: &RootCertStore) -> Self {
        canary::listen();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&lines);
        let log = Log::new("deliver", move |line| {
            sink.lock().unwrap().push(line.to_owned());
        });
        let environment = Environment::new(aws.environment());
        let ports = Skipping(Rc::new(Inner {
            ports: LambdaPorts::new(log, roots, &environment).unwrap(),
            skipped: Cell::default(),
            proofs: RefCell::default(),
        }));
        let settings = DeliverySettings::from_env(environment.variables()).unwrap();
        let memory = Deliver::new(settings.clone());
        Self {
            aws,
            function: Rc::new(DeliverFunction::new(ports.clone(), memory)),
            ports,
            settings,
            lines,
        }
    }

    /// Another environment takes the place of this one, in which an attempt may take so long.
    pub(crate) fn replace(&mut self, attempt: Duration) {
        let memory = Deliver::with_attempts_of(self.settings.clone(), attempt);
        self.function = Rc::new(DeliverFunction::new(self.ports.clone(), memory));
    }

    /// So much time passes.
    pub(crate) fn skip(&self, time: SignedDuration) {
        let skipped = &self.ports.0.skipped;
        skipped.set(skipped.get() + time);
    }

    /// What time it is here.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.now()
    }

    /// When an invocation that begins now has to end.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.ports.now() + SignedDuration::from_secs(120)
    }

    /// Delivers incidents that are called so.
    pub(crate) async fn deliver(&mut self, names: &[&str]) -> Ended {
        let bodies: Vec<String> = names.iter().map(|name| envelope(name)).collect();
        self.handle(batch(&bodies, 1)).await
    }

    /// Delivers a batch, and sees that nothing shows a secret.
    pub(crate) async fn handle(&mut self, batch: Json) -> Ended {
        let handled = self.function.handle(&batch, self.deadline());
        let answer = tokio::time::timeout(PATIENCE, handled).await.unwrap();
        let lines = std::mem::take(&mut *self.lines.lock().unwrap());
        let (deferred, letters) = {
            let mut state = self.aws.state();
            (
                std::mem::take(&mut state.deferred),
                std::mem::take(&mut state.letters),
            )
        };
        canary::check(
            &self.ports.0.proofs.take(),
            &[
                ("the log", lines.join("\n")),
                ("the answer", answer.to_string()),
                ("the dead letters", Json::from(letters.clone()).to_string()),
                ("the function", format!("{:?}", self.function)),
            ],
        );
        Ended {
            answer,
            lines: lines
                .iter()
                .map(|it| serde_json::from_str(it).unwrap())
                .collect(),
            messages: parse_batch(&batch),
            deferred,
            letters,
        }
    }
}

impl Ended {
    /// What became of each message.
    #[track_caller]
    pub(crate) fn dispositions(&self) -> Vec<Disposition> {
        let stays = self.answer["batchItemFailures"].as_array().unwrap();
        let disposition = |it: &Message| {
            if stays.iter().any(|stays| stays["itemIdentifier"] == *it.id) {
                let mut deferred = self.deferred.iter();
                let (_, seconds) = deferred
                    .find(|(receipt, _)| *receipt == it.receipt)
                    .unwrap();
                return Disposition::Deferred(*seconds);
            }
            let letter = self.letters.iter().find(|letter| {
                let body = letter["MessageBody"].as_str().unwrap();
                body == it.body
                    || incident_id(body).is_some_and(|id| incident_id(&it.body) == Some(id))
            });
            letter.map_or(Disposition::Ends, |letter| {
                let reason = &letter["MessageAttributes"]["TOCSIN_REASON"]["StringValue"];
                Disposition::Dead(reason.as_str().unwrap().to_owned())
            })
        };
        self.messages.iter().map(disposition).collect()
    }

    /// What became of the only message.
    #[track_caller]
    pub(crate) fn disposition(&self) -> Disposition {
        let mut all = self.dispositions();
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// The bodies of the dead letters.
    pub(crate) fn letters(&self) -> Vec<String> {
        let body = |letter: &Json| letter["MessageBody"].as_str().unwrap().to_owned();
        self.letters.iter().map(body).collect()
    }

    /// The log's lines on attempts.
    pub(crate) fn attempts(&self) -> Vec<&Json> {
        self.said("attempt")
    }

    /// The log's lines that say this.
    pub(crate) fn said(&self, message: &str) -> Vec<&Json> {
        self.lines
            .iter()
            .filter(|it| it["message"] == message)
            .collect()
    }

    /// What the last attempt came to.
    pub(crate) fn verdict(&self) -> &str {
        self.attempts()
            .last()
            .and_then(|it| it["verdict"].as_str())
            .unwrap_or("none")
    }

    /// The sum of a metric's values.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let lines = self.said("metrics");
        let values = lines.iter().filter_map(|it| it[name].as_array()).flatten();
        values.filter_map(Json::as_u64).sum()
    }
}

fn incident_id(body: &str) -> Option<String> {
    let envelope = Envelope::parse(body).ok()?;
    Some(envelope.incident.id().to_string())
}

impl Clock for Skipping {
    fn now(&self) -> Timestamp {
        self.0.ports.now() + self.0.skipped.get()
    }

    fn jitter(&self) -> f64 {
        self.0.ports.jitter()
    }

    async fn sleep(&self, time: Duration) {
        let time = SignedDuration::try_from(time).unwrap();
        self.0.skipped.set(self.0.skipped.get() + time);
    }
}

impl Ledger for Skipping {
    async fn read(
        &self,
        keys: &[Key],
    ) -> BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>> {
        self.0.ports.read(keys).await
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        self.0.ports.write(puts).await
    }

    async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        self.0.ports.due(by).await
    }
}

impl Endpoint for Skipping {
    async fn secret(&self) -> Result<Webhook, SecretError> {
        self.0.ports.secret().await
    }

    async fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> Result<Posted, TransportError> {
        let (_, proof) = request.headers.last().unwrap();
        self.0.proofs.borrow_mut().push(proof.clone());
        self.0.ports.post(request, deadline).await
    }
}

// AWS's own time is the real one.
impl Queue for Skipping {
    async fn defer(&self, messages: &[(String, u64)], deadline: Timestamp) {
        let deadline = deadline - self.0.skipped.get();
        self.0.ports.defer(messages, deadline).await;
    }

    async fn dead_letter(&self, letters: &[DeadLetter], deadline: Timestamp) -> Vec<bool> {
        let deadline = deadline - self.0.skipped.get();
        self.0.ports.dead_letter(letters, deadline).await
    }
}

impl Telemetry for Skipping {
    fn log(&self, level: Level, message: &str, fields: Json) {
        self.0.ports.log(level, message, fields);
    }

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        self.0.ports.metrics(metrics);
    }
}
