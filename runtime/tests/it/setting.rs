//! The function, with real HTTP to a receiver and to AWS, and with a clock that waiting moves on.

use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use runtime::{
    deliver::{
        DeadLetter, Deliver, DeliverFunction, LambdaWorld, Message, Posted, SecretError,
        TransportError, World, parse_batch,
    },
    http::web_roots,
    log::{Level, Log},
    settings::Environment,
};
use serde_json::{Value as Json, json};
use tokio_rustls::rustls::RootCertStore;
use webhook::{Envelope, Incident, IncidentId, Priority, Signal, SignedRequest, Webhook};

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

/// An environment of the function and what is around it.
pub(crate) struct Setting {
    pub(crate) aws: Aws,
    pub(crate) function: Rc<DeliverFunction<Skipping>>,
    world: Skipping,
    lines: Arc<Mutex<Vec<String>>>,
}

/// The world of the deployed function, but for the time: what it waits for is over at once.
#[derive(Clone, Debug)]
pub(crate) struct Skipping(Rc<Inner>);

struct Inner {
    world: LambdaWorld,
    skipped: Cell<SignedDuration>,
    /// What proved the sender in each request.
    proofs: RefCell<Vec<String>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.world.fmt(f)
    }
}

/// What became of a batch.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What Lambda was told.
    pub(crate) answer: Json,
    /// The log.
    pub(crate) lines: Vec<Json>,
    messages: Vec<Message>,
    hidden: Vec<(String, u64)>,
    buried: Vec<Json>,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It leaves the queue.
    Delivered,
    /// It goes back, hidden for so many seconds.
    Back(u64),
    /// It is a dead letter, for this reason.
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
    Envelope::new(Signal::Alarm, incident).to_body()
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
        let world = Skipping(Rc::new(Inner {
            world: LambdaWorld::new(log, roots, &environment).unwrap(),
            skipped: Cell::default(),
            proofs: RefCell::default(),
        }));
        let memory = Deliver::default();
        Self {
            aws,
            function: Rc::new(DeliverFunction::new(world.clone(), memory)),
            world,
            lines,
        }
    }

    /// Another environment takes the place of this one, in which an attempt may take so long.
    pub(crate) fn replace(&mut self, attempt: Duration) {
        let memory = Deliver::with_attempts_of(attempt);
        self.function = Rc::new(DeliverFunction::new(self.world.clone(), memory));
    }

    /// So much time passes.
    pub(crate) fn skip(&self, time: SignedDuration) {
        let skipped = &self.world.0.skipped;
        skipped.set(skipped.get() + time);
    }

    /// What time it is here.
    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// When an invocation that begins now has to end.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.world.now() + SignedDuration::from_secs(120)
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
        let (hidden, buried) = {
            let mut state = self.aws.state();
            (
                std::mem::take(&mut state.hidden),
                std::mem::take(&mut state.buried),
            )
        };
        canary::check(
            &self.world.0.proofs.take(),
            &[
                ("the log", lines.join("\n")),
                ("the answer", answer.to_string()),
                ("the dead letters", Json::from(buried.clone()).to_string()),
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
            hidden,
            buried,
        }
    }
}

impl Ended {
    /// What became of each message.
    #[track_caller]
    pub(crate) fn fates(&self) -> Vec<Fate> {
        let stays = self.answer["batchItemFailures"].as_array().unwrap();
        let dead = self.buried.len() + stays.len();
        assert!(dead <= self.messages.len(), "{self:?}");
        let fate = |it: &Message| {
            if stays.iter().any(|stays| stays["itemIdentifier"] == *it.id) {
                let mut hidden = self.hidden.iter();
                let (_, seconds) = hidden.find(|(receipt, _)| *receipt == it.receipt).unwrap();
                return Fate::Back(*seconds);
            }
            let letter = self
                .buried
                .iter()
                .find(|letter| letter["MessageBody"] == *it.body);
            letter.map_or(Fate::Delivered, |letter| {
                let reason = &letter["MessageAttributes"]["TOCSIN_REASON"]["StringValue"];
                Fate::Dead(reason.as_str().unwrap().to_owned())
            })
        };
        self.messages.iter().map(fate).collect()
    }

    /// What became of the only message.
    #[track_caller]
    pub(crate) fn fate(&self) -> Fate {
        let mut fates = self.fates();
        assert_eq!(fates.len(), 1);
        fates.remove(0)
    }

    /// What became dead letters, as it was queued.
    pub(crate) fn letters(&self) -> Vec<String> {
        let body = |letter: &Json| letter["MessageBody"].as_str().unwrap().to_owned();
        self.buried.iter().map(body).collect()
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

impl World for Skipping {
    fn now(&self) -> Timestamp {
        self.0.world.now() + self.0.skipped.get()
    }

    fn chance(&self) -> f64 {
        self.0.world.chance()
    }

    async fn sleep(&self, time: Duration) {
        let time = SignedDuration::try_from(time).unwrap();
        self.0.skipped.set(self.0.skipped.get() + time);
    }

    async fn secret(&self) -> Result<Webhook, SecretError> {
        self.0.world.secret().await
    }

    async fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> Result<Posted, TransportError> {
        let (_, proof) = request.headers.last().unwrap();
        self.0.proofs.borrow_mut().push(proof.clone());
        self.0.world.post(request, deadline).await
    }

    // AWS's own time is the real one.

    async fn hide(&self, messages: &[(String, u64)], deadline: Timestamp) {
        self.0
            .world
            .hide(messages, deadline - self.0.skipped.get())
            .await;
    }

    async fn bury(&self, letters: &[DeadLetter], deadline: Timestamp) -> Vec<bool> {
        self.0
            .world
            .bury(letters, deadline - self.0.skipped.get())
            .await
    }

    fn log(&self, level: Level, message: &str, fields: Json) {
        self.0.world.log(level, message, fields);
    }

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        self.0.world.metrics(metrics);
    }
}
