//! Everything that delivery needs from outside, in one place: a test has a world of its own.

use std::{future::Future, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use webhook::{
    Answer, InvalidSecret, MAX_BODY_READ, SignedRequest, UrlPolicy, Webhook, dead_letter,
    parse_http_date,
};

use crate::{
    aws::{
        CallError,
        dynamodb::Ledger,
        secrets::{SecretsManager, Stored},
        sqs::{BATCH, Outgoing, Sqs, batches},
        transport,
    },
    http::{HttpSetup, Reuse, client},
    ledger::{InvalidGrouping, Place, Tally, Window},
    log::{Level, Log},
    settings::{Environment, MissingVariable},
};

/// How long a call to the ledger may take, all in all.
const LEDGER: Duration = Duration::from_secs(4);

/// What is around a delivery.
pub trait World {
    /// What time it is.
    fn now(&self) -> Timestamp;
    /// A number from 0 to 1, by chance.
    fn chance(&self) -> f64;
    /// Waits.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()>;
    /// Reads the webhook's URL and secret.
    fn secret(&self) -> impl Future<Output = Result<Webhook, SecretError>>;
    /// Sends a request and takes as much of the answer as comes before the deadline.
    fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> impl Future<Output = Result<Posted, TransportError>>;
    /// Hides messages, by receipt, for so many seconds from now; as many as it can by `deadline`.
    fn hide(&self, messages: &[(String, u64)], deadline: Timestamp) -> impl Future<Output = ()>;
    /// Puts messages among the dead letters by `deadline`; says of each whether it is there.
    fn bury(&self, letters: &[DeadLetter], deadline: Timestamp) -> impl Future<Output = Vec<bool>>;
    /// Writes a line to the log.
    fn log(&self, level: Level, message: &str, fields: Json);
    /// Values of metrics.
    fn metrics(&self, metrics: &[(&'static str, &[u64])]);
    /// The latest window of a group in the ledger. A world may have no ledger.
    fn latest(&self, group: &str) -> impl Future<Output = Result<Option<Window>, LedgerError>> {
        let _ = group;
        async { Err(LedgerError::Missing) }
    }
    /// A window of the ledger.
    fn window(&self, place: &Place) -> impl Future<Output = Result<Option<Window>, LedgerError>> {
        let _ = place;
        async { Err(LedgerError::Missing) }
    }
    /// Writes windows and what is used of the budget: all of it, if nobody has written any of the
    /// windows since they were read and the budget has room, or nothing.
    fn save(
        &self,
        windows: &[&Window],
        tallies: &[Tally],
    ) -> impl Future<Output = Result<Saved, LedgerError>> {
        let _ = (windows, tallies);
        async { Err(LedgerError::Missing) }
    }
}

/// What came of a write to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Done,
    /// Somebody else wrote first.
    Changed,
    /// The budget has no room. So many investigations were used in the day.
    NoRoom {
        /// In the whole day, by UTC.
        used_in_day: u32,
    },
}

/// The ledger could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// This world has none.
    #[error("there is no ledger")]
    Missing,
    /// A call took too long; it may have had an effect.
    #[error("the ledger does not answer in time")]
    Late,
    /// A call failed.
    #[error("the ledger cannot be used: {0}")]
    Failed(String),
}

/// An answer, and what its date says of this machine's clock.
#[derive(Clone, Debug, Default)]
pub struct Posted {
    /// The answer.
    pub answer: Answer,
    /// The receiver's clock less ours, in seconds.
    pub clock_skew: Option<i64>,
}

/// There was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer ({0})")]
pub struct TransportError(pub &'static str);

/// Why there is no webhook to send to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nobody has set it yet.
    #[error("the webhook's URL and secret have not been set")]
    NotSet,
    /// What was set cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidSecret),
    /// It could not be read.
    #[error("the secret could not be read: {0}")]
    Unreachable(String),
}

/// A message that is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The body, as it was queued.
    pub body: String,
    /// Why it is given up.
    pub reason: String,
    /// When it was first queued; empty where that is not known.
    pub queued: String,
}

/// The world of a deployed function.
#[derive(Debug)]
pub struct LambdaWorld {
    log: Log,
    sqs: Sqs,
    secrets: SecretsManager,
    webhook: reqwest::Client,
    policy: UrlPolicy,
    secret_arn: String,
    incidents: String,
    dead_letters: String,
    ledger: Option<Ledger>,
    function_name: String,
}

/// Why a function has no world.
#[derive(Debug, thiserror::Error)]
pub enum NoWorld {
    /// The account file's settings cannot be read.
    #[error(transparent)]
    Grouping(#[from] InvalidGrouping),
    /// The environment lacks something.
    #[error(transparent)]
    Environment(#[from] MissingVariable),
    /// TLS could not be set up.
    #[error(transparent)]
    Http(#[from] HttpSetup),
}

impl LambdaWorld {
    /// The world as the environment describes it.
    pub fn new(
        log: Log,
        roots: &rustls::RootCertStore,
        environment: &Environment,
    ) -> Result<Self, NoWorld> {
        let aws = client(roots.clone(), Reuse::Connections)?;
        let hosts = environment.get("WEBHOOK_HOSTS").unwrap_or_default();
        let policy = UrlPolicy {
            hosts: hosts
                .split(',')
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
            loopback_http: environment.get("WEBHOOK_LOOPBACK_HTTP") == Some("allowed"),
        };
        Ok(Self {
            log,
            sqs: Sqs::new(aws.clone(), environment)?,
            ledger: environment
                .get("LEDGER_TABLE")
                .map(|table| Ledger::new(aws.clone(), environment, table))
                .transpose()?,
            secrets: SecretsManager::new(aws, environment)?,
            webhook: client(roots.clone(), Reuse::Nothing)?,
            policy,
            secret_arn: environment.require("WEBHOOK_SECRET_ARN")?.to_owned(),
            incidents: environment.require("INCIDENTS_QUEUE_URL")?.to_owned(),
            dead_letters: environment.require("DEAD_LETTERS_QUEUE_URL")?.to_owned(),
            function_name: environment
                .get("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

impl LambdaWorld {
    /// Where incidents may be sent.
    pub fn policy(&self) -> &UrlPolicy {
        &self.policy
    }

    /// What the ledger answers in time: a batch may ask it a hundred times.
    async fn ask<'a, T, F>(&'a self, call: impl FnOnce(&'a Ledger) -> F) -> Result<T, LedgerError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let ledger = self.ledger.as_ref().ok_or(LedgerError::Missing)?;
        match tokio::time::timeout(LEDGER, call(ledger)).await {
            Ok(answer) => answer.map_err(|error| LedgerError::Failed(error.to_string())),
            Err(_) => Err(LedgerError::Late),
        }
    }

    /// What a call to AWS comes to by `deadline`.
    async fn by<T>(
        &self,
        deadline: Timestamp,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, String> {
        let left = Duration::try_from(deadline.duration_since(self.now())).unwrap_or_default();
        match tokio::time::timeout(left, call).await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err("there is no time left".to_owned()),
        }
    }
}

impl World for LambdaWorld {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn chance(&self) -> f64 {
        // Enough to spread retries; nothing secret depends on it.
        let nanoseconds = Timestamp::now().subsec_nanosecond().unsigned_abs();
        f64::from(nanoseconds % 1_000_000) / 1_000_000.0
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn secret(&self) -> Result<Webhook, SecretError> {
        match self.secrets.value(&self.secret_arn).await {
            Ok(Stored::Text(value)) => Ok(Webhook::parse(&value, &self.policy)?),
            Ok(Stored::Binary) => Err(InvalidSecret::NotAnObject.into()),
            Ok(Stored::Nothing) => Err(SecretError::NotSet),
            Err(error) => Err(SecretError::Unreachable(error.to_string())),
        }
    }

    async fn post(
        &self,
        request: SignedRequest,
        deadline: Duration,
    ) -> Result<Posted, TransportError> {
        let mut builder = self.webhook.post(request.url).body(request.body);
        for (name, value) in request.headers {
            let mut value = http::HeaderValue::try_from(value)
                .map_err(|_| TransportError("a header that cannot be sent"))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let mut posted = Posted::default();
        let answered = tokio::time::timeout(deadline, receive(builder, &mut posted)).await;
        match answered {
            Ok(Ok(())) => Ok(posted),
            // With the status known, a body that does not end changes nothing.
            _ if posted.answer.status != 0 => Ok(posted),
            Ok(Err(error)) => Err(TransportError(transport(&error))),
            Err(_) => Err(TransportError("timeout")),
        }
    }

    async fn hide(&self, messages: &[(String, u64)], deadline: Timestamp) {
        for batch in messages.chunks(BATCH) {
            let hidden = self.sqs.hide_batch(&self.incidents, batch);
            if let Err(why) = self.by(deadline, hidden).await {
                self.log(
                    Level::Warn,
                    "messages could not be hidden: they come back on their own",
                    json!({ "why": why, "messages": batch.len() }),
                );
            }
        }
    }

    async fn bury(&self, letters: &[DeadLetter], deadline: Timestamp) -> Vec<bool> {
        let letters: Vec<Outgoing> = letters.iter().map(outgoing).collect();
        let mut buried = Vec::with_capacity(letters.len());
        for batch in batches(&letters) {
            let sent = self.sqs.send_batch(&self.dead_letters, batch);
            match self.by(deadline, sent).await {
                Ok(taken) => buried.extend(taken),
                Err(why) => {
                    self.log(
                        Level::Error,
                        "dead letters could not be written: they stay",
                        json!({ "why": why, "messages": batch.len() }),
                    );
                    buried.extend(batch.iter().map(|_| false));
                }
            }
        }
        buried
    }

    fn log(&self, level: Level, message: &str, fields: Json) {
        self.log.line(self.now(), level, message, fields);
    }

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        self.log.metrics(self.now(), &self.function_name, metrics);
    }

    async fn latest(&self, group: &str) -> Result<Option<Window>, LedgerError> {
        self.ask(|ledger| ledger.latest(group)).await
    }

    async fn window(&self, place: &Place) -> Result<Option<Window>, LedgerError> {
        self.ask(|ledger| ledger.window(place)).await
    }

    async fn save(&self, windows: &[&Window], tallies: &[Tally]) -> Result<Saved, LedgerError> {
        self.ask(|ledger| ledger.save(windows, tallies, self.now()))
            .await
    }
}

/// The attributes by which a dead letter of this function is told from others in the same queue.
fn outgoing(letter: &DeadLetter) -> Outgoing {
    let mut attributes = vec![(dead_letter::REASON, letter.reason.clone())];
    if !letter.queued.is_empty() {
        attributes.push((dead_letter::QUEUED, letter.queued.clone()));
    }
    Outgoing::new(letter.body.clone(), attributes)
}

/// Takes the answer into `posted` bit by bit, so that what has come stays when the rest does not.
async fn receive(
    builder: reqwest::RequestBuilder,
    posted: &mut Posted,
) -> Result<(), reqwest::Error> {
    let mut response = builder.send().await?;
    let header = |name: &str| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    posted.answer.retry_after = header("retry-after");
    posted.clock_skew = header("date")
        .and_then(|date| parse_http_date(&date))
        .map(|date| date.as_second() - Timestamp::now().as_second());
    posted.answer.status = response.status().as_u16();
    while posted.answer.body.len() < MAX_BODY_READ {
        let Some(chunk) = response.chunk().await? else {
            break;
        };
        let room = MAX_BODY_READ - posted.answer.body.len();
        posted
            .answer
            .body
            .extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    Ok(())
}
