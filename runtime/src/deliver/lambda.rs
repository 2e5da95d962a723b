//! What surrounds a deployed function.

use std::{collections::BTreeMap, future::Future, time::Duration};

use contract::{dead_letter, settings::variable};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use webhook::{InvalidSecret, MAX_BODY_READ, SignedRequest, UrlPolicy, Webhook, parse_http_date};

use super::ports::{
    Clock, DeadLetter, Endpoint, Ledger, LedgerError, Posted, Queue, SecretError, Telemetry,
    TransportError,
};
use crate::{
    aws::{
        CallError,
        dynamodb::Table,
        secrets::{SecretsManager, Stored},
        sqs::{BATCH, Outgoing, Sqs, batches},
        transport,
    },
    http::{HttpSetup, Reuse, client},
    ledger::{Item, Key, Pending, Put, Versioned},
    log::{Level, Log},
    settings::{Environment, InvalidVariable},
};

/// How long a call to the ledger may take, all in all.
const LEDGER: Duration = Duration::from_secs(4);

/// What surrounds a deployed function.
#[derive(Debug)]
pub struct LambdaPorts {
    log: Log,
    sqs: Sqs,
    secrets: SecretsManager,
    webhook: reqwest::Client,
    policy: UrlPolicy,
    secret_arn: String,
    incidents: String,
    dead_letters: String,
    ledger: Table,
    function_name: String,
}

/// Why a function cannot reach what surrounds it.
#[derive(Debug, thiserror::Error)]
pub enum NoPorts {
    /// The environment lacks something.
    #[error(transparent)]
    Environment(#[from] InvalidVariable),
    /// TLS could not be set up.
    #[error(transparent)]
    Http(#[from] HttpSetup),
}

impl LambdaPorts {
    /// What the environment describes.
    ///
    /// # Errors
    ///
    /// When the environment lacks something or TLS cannot be set up.
    pub fn new(
        log: Log,
        roots: &rustls::RootCertStore,
        environment: &Environment,
    ) -> Result<Self, NoPorts> {
        let aws = client(roots.clone(), Reuse::Connections)?;
        let hosts = environment.variables().list(variable::WEBHOOK_HOSTS);
        let policy = UrlPolicy {
            hosts: hosts.into_iter().collect(),
            loopback_http: environment.get(variable::WEBHOOK_LOOPBACK_HTTP)
                == Some(variable::ALLOWED),
        };
        Ok(Self {
            log,
            sqs: Sqs::new(aws.clone(), environment)?,
            ledger: Table::new(
                aws.clone(),
                environment,
                environment.require(variable::LEDGER_TABLE)?,
            )?,
            secrets: SecretsManager::new(aws, environment)?,
            webhook: client(roots.clone(), Reuse::Nothing)?,
            policy,
            secret_arn: environment
                .require(variable::WEBHOOK_SECRET_ARN)?
                .to_owned(),
            incidents: environment
                .require(variable::INCIDENTS_QUEUE_URL)?
                .to_owned(),
            dead_letters: environment
                .require(variable::DEAD_LETTERS_QUEUE_URL)?
                .to_owned(),
            function_name: environment
                .get("AWS_LAMBDA_FUNCTION_NAME")
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

impl LambdaPorts {
    /// Where incidents may be sent.
    pub fn policy(&self) -> &UrlPolicy {
        &self.policy
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

impl Clock for LambdaPorts {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn jitter(&self) -> f64 {
        // Enough to spread retries; nothing secret depends on it.
        let nanoseconds = Timestamp::now().subsec_nanosecond().unsigned_abs();
        f64::from(nanoseconds % 1_000_000) / 1_000_000.0
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Ledger for LambdaPorts {
    async fn read(
        &self,
        keys: &[Key],
    ) -> BTreeMap<Key, Result<Option<Versioned<Item>>, LedgerError>> {
        let read = in_time(self.ledger.read(keys, self.jitter())).await;
        let of = |key: &Key| match &read {
            Err(error) => Err(error.clone()),
            Ok(found) => match found.get(key) {
                None => Ok(None),
                Some(Some(item)) => Ok(Some(item.clone())),
                Some(None) => Err(LedgerError::Unreadable),
            },
        };
        keys.iter().map(|key| (key.clone(), of(key))).collect()
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, LedgerError> {
        in_time(self.ledger.write(puts, self.jitter())).await
    }

    async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, LedgerError> {
        in_time(self.ledger.due(by)).await
    }
}

async fn in_time<T>(call: impl Future<Output = Result<T, CallError>>) -> Result<T, LedgerError> {
    match tokio::time::timeout(LEDGER, call).await {
        Ok(answer) => answer.map_err(|error| LedgerError::Failed(error.to_string())),
        Err(_) => Err(LedgerError::Late),
    }
}

impl Queue for LambdaPorts {
    async fn defer(&self, messages: &[(String, u64)], deadline: Timestamp) {
        for batch in messages.chunks(BATCH) {
            let deferred = self.sqs.hide_batch(&self.incidents, batch);
            if let Err(why) = self.by(deadline, deferred).await {
                self.log(
                    Level::Warn,
                    "messages could not be deferred: they come back by themselves",
                    json!({ "why": why, "messages": batch.len() }),
                );
            }
        }
    }

    async fn dead_letter(&self, letters: &[DeadLetter], deadline: Timestamp) -> Vec<bool> {
        let letters: Vec<Outgoing> = letters.iter().map(outgoing).collect();
        let mut taken = Vec::with_capacity(letters.len());
        for batch in batches(&letters) {
            let sent = self.sqs.send_batch(&self.dead_letters, batch);
            match self.by(deadline, sent).await {
                Ok(each) => taken.extend(each),
                Err(why) => {
                    self.log(
                        Level::Error,
                        "dead letters could not be written: they stay in the queue",
                        json!({ "why": why, "messages": batch.len() }),
                    );
                    taken.extend(batch.iter().map(|_| false));
                }
            }
        }
        taken
    }
}

impl Endpoint for LambdaPorts {
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
}

impl Telemetry for LambdaPorts {
    fn log(&self, level: Level, message: &str, fields: Json) {
        self.log.line(self.now(), level, message, fields);
    }

    fn metrics(&self, metrics: &[(&'static str, &[u64])]) {
        self.log.metrics(self.now(), &self.function_name, metrics);
    }
}

/// The attributes that distinguish a dead letter of this function from others in the same queue.
fn outgoing(letter: &DeadLetter) -> Outgoing {
    let mut attributes = vec![(dead_letter::REASON, letter.reason.clone())];
    if !letter.queued.is_empty() {
        attributes.push((dead_letter::QUEUED, letter.queued.clone()));
    }
    if let Some(window) = &letter.window {
        attributes.push((dead_letter::WINDOW, window.clone()));
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
