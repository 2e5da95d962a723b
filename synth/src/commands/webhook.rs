//! `synth webhook set` and `synth webhook test`.

use std::io::Read as _;

use aws_sdk_lambda::{primitives::Blob, types::LogType};
use jiff::Timestamp;
use serde_json::json;
use stacks::Json;
use webhook::{Envelope, Incident, IncidentId, Priority, Signal, UrlPolicy, Webhook};

use crate::{
    aws::AwsError,
    cli::{WebhookSet, WebhookTest},
    commands::region::{Region, connect},
    error::{Error, Exit},
    terminal::Terminal,
};

/// Puts what standard input or a person says into the secret of every region.
pub(crate) async fn set(args: &WebhookSet, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let value = if terminal.interactive {
        ask(terminal)?
    } else {
        read_input()?
    };
    let monitor = &account.monitor;
    let policy = UrlPolicy {
        hosts: monitor.webhook.hosts.clone(),
        loopback_http: monitor.webhook.loopback_http,
    };
    let webhook = Webhook::parse(&value, &policy)?;
    for region in connect(&account).await? {
        let secret = region
            .output(monitor.stack.as_str(), "WebhookSecretArn")
            .await?;
        put(&region, &secret, &value).await?;
        terminal.say(&format!(
            "{}: the webhook is set: {} at {}",
            region.aws.region(),
            webhook.kind(),
            webhook.host()
        ));
    }
    Ok(Exit::Done)
}

/// Puts a value into a secret.
pub(crate) async fn put(region: &Region, secret: &str, value: &str) -> Result<(), AwsError> {
    region
        .aws
        .secrets_manager()
        .put_secret_value()
        .secret_id(secret)
        .secret_string(value)
        .send()
        .await
        .map(drop)
        .map_err(|it| AwsError::call("SecretsManager PutSecretValue", it))
}

fn read_input() -> Result<String, Error> {
    let mut value = String::new();
    std::io::stdin()
        .take(65_536)
        .read_to_string(&mut value)
        .map_err(|source| Error::Input { source })?;
    Ok(value)
}

/// Asks a person, without showing what is typed.
fn ask(terminal: Terminal) -> Result<String, Error> {
    terminal.say(
        "The agent's console shows both when the webhook is made. What you type is not shown.",
    );
    let prompt =
        |text: &str| rpassword::prompt_password(text).map_err(|source| Error::Input { source });
    let url = prompt("URL: ")?;
    let secret = prompt("Secret (HMAC), or empty for an API key: ")?;
    if !secret.is_empty() {
        return Ok(json!({ "url": url, "secret": secret }).to_string());
    }
    let key = prompt("API key: ")?;
    Ok(json!({ "url": url, "apiKey": key }).to_string())
}

/// Has the deployed function deliver a test incident, as it would any other.
pub(crate) async fn test(args: &WebhookTest, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let question = "The agent takes the test for a real incident: an investigation may cost money. \
                    Send it?";
    if !args.yes && !terminal.confirm(question)? {
        return Ok(Exit::Declined);
    }
    let mut exit = Exit::Done;
    for region in connect(&account).await? {
        let function = region
            .output(account.monitor.stack.as_str(), "DeliverFunction")
            .await?;
        let attempt = deliver(&region, &function, &test_incident(&region)).await?;
        let verdict = attempt["verdict"].as_str().unwrap_or_default();
        let status = &attempt["status"];
        let why = attempt["why"]
            .as_str()
            .map_or(String::new(), |why| format!(": {why}"));
        terminal.data(&format!(
            "{}: {verdict} (status {status}){why}",
            region.aws.region()
        ));
        if !matches!(verdict, "confirmed" | "unconfirmed") {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

fn test_incident(region: &Region) -> Incident {
    let now = Timestamp::now();
    // A fresh ID each time: the agent would take a second test for the first.
    let id = IncidentId::of(
        "test",
        &[&region.account, region.aws.region(), &now.to_string()],
    );
    let text = "This is a test of the connection between Tocsin and AWS DevOps Agent. Nothing is \
                wrong: no investigation is needed.";
    let title = format!(
        "Test of the webhook from {} ({})",
        region.account,
        region.aws.region()
    );
    Incident::new(
        id,
        Priority::Minimal,
        &title,
        text,
        now,
        "tocsin",
        json!({}),
    )
}

/// Invokes the function with a batch of one, and reads from its log what became of it.
async fn deliver(region: &Region, function: &str, incident: &Incident) -> Result<Json, Error> {
    let envelope = Envelope::new(Signal::Test, incident.clone());
    let batch = json!({ "Records": [{
        "messageId": incident.id(),
        "body": envelope.to_body(),
        "attributes": { "ApproximateReceiveCount": "1" },
    }] });
    let answer = region
        .aws
        .lambda()
        .invoke()
        .function_name(function)
        .log_type(LogType::Tail)
        .payload(Blob::new(batch.to_string()))
        .send()
        .await
        .map_err(|it| AwsError::call("Lambda Invoke", it))?;
    let log = answer.log_result.as_deref().map(decode).unwrap_or_default();
    let lines = || {
        log.lines()
            .filter_map(|line| serde_json::from_str::<Json>(line).ok())
    };
    let attempt = lines().rfind(|line| line["message"] == "attempt");
    let unusable = || lines().find(|line| line["level"] == "ERROR");
    match attempt.or_else(unusable) {
        Some(line) => Ok(line),
        None => Err(Error::NoVerdict {
            function: function.to_owned(),
        }),
    }
}

fn decode(log: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let bytes = STANDARD.decode(log).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
