//! `synth webhook set` and `synth webhook test`.

use std::io::{ErrorKind, Read as _};

use aws_sdk_lambda::{primitives::Blob, types::LogType};
use contract::{Envelope, FunctionName, Incident, IncidentId, Output, Priority, Signal};
use jiff::Timestamp;
use serde_json::json;
use stacks::Json;
use webhook::{Kind, UrlPolicy, Webhook};

use crate::{
    aws::{AwsError, Region},
    cli::{WebhookSet, WebhookTest},
    commands::connect,
    config::Account,
    deploy::output,
    error::{Error, Exit},
    terminal::{InputError, Terminal},
    webhook_secret,
};

/// Puts what standard input or a person says into the secret of every region.
pub(crate) async fn set(args: &WebhookSet, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let value = if terminal.interactive {
        ask(terminal)?
    } else {
        read_input()?
    };
    let webhook = Webhook::parse(&value, &url_policy(&account))?;
    if let Some(region) = webhook.unknown_region() {
        terminal.say(&format!(
            "warning: AWS DevOps Agent is not known to be in `{region}`: see that the URL is the one \
             that its console shows"
        ));
    }
    for region in connect(&account, terminal).await? {
        let core = account.monitor.stack.as_str();
        let secret = output(&region, core, Output::WebhookSecretArn).await?;
        webhook_secret::put(&region.aws, &secret, &value, webhook.kind()).await?;
        terminal.say(&format!(
            "{}: the webhook is set: {} at {}",
            region.name(),
            webhook.kind(),
            webhook.host()
        ));
    }
    Ok(Exit::Done)
}

/// Where the account's incidents may be sent.
pub(super) fn url_policy(account: &Account) -> UrlPolicy {
    let webhook = &account.monitor.webhook;
    UrlPolicy {
        hosts: webhook.hosts.iter().map(ToString::to_string).collect(),
        loopback_http: webhook.loopback_http,
    }
}

fn read_input() -> Result<String, Error> {
    let mut value = String::new();
    std::io::stdin()
        .take(65_536)
        .read_to_string(&mut value)
        .map_err(InputError::from)?;
    Ok(value)
}

/// Asks a person.
fn ask(terminal: Terminal) -> Result<String, InputError> {
    terminal.say("The agent's console shows what to enter when the webhook is made.");
    let shown = |question: &str| terminal.answer(question);
    let hidden = |question: &str| Ok(rpassword::prompt_password(question)?);
    value(shown, hidden)
}

/// The secret's value, by questions. The URL is hidden too: its path is as good as a password.
fn value(
    mut shown: impl FnMut(&str) -> Result<Option<String>, InputError>,
    mut hidden: impl FnMut(&str) -> Result<String, InputError>,
) -> Result<String, InputError> {
    let kind = loop {
        let answer = shown("Kind of webhook, HMAC or API key: ")?
            .ok_or_else(|| InputError::Read(ErrorKind::UnexpectedEof.into()))?;
        if let Some(kind) = kind(&answer) {
            break kind;
        }
    };
    let url = hidden("URL (what you type is not shown): ")?;
    let proof = hidden(match kind {
        Kind::Hmac => "Secret: ",
        Kind::ApiKey => "API key: ",
    })?;
    Ok(json!({ "url": url.trim(), kind.key(): proof.trim() }).to_string())
}

/// The kind that an answer names: `hmac`, `API key`, `api-key`, `apikey`.
fn kind(answer: &str) -> Option<Kind> {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(char::is_ascii_alphabetic);
        letters.map(|it| it.to_ascii_lowercase()).collect()
    };
    let answer = letters(answer);
    Kind::ALL
        .into_iter()
        .find(|kind| letters(&kind.to_string()) == answer)
}

/// Has the deployed function deliver a test incident, as it would any other.
pub(crate) async fn test(args: &WebhookTest, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let question = "The agent takes the test for a real incident: an investigation may cost money. \
                    Send it?";
    if !args.yes && !terminal.confirm(question)? {
        return Ok(Exit::Declined);
    }
    let mut exit = Exit::Done;
    for region in connect(&account, terminal).await? {
        let core = account.monitor.stack.as_str();
        let function = output(&region, core, Output::Function(FunctionName::Deliver)).await?;
        let attempt = deliver(&region, &function, &test_incident(&region)).await?;
        let result = result(&attempt, &account.monitor.account_name);
        terminal.data(&format!("{}: {}", region.name(), result.what));
        if let Some(next) = &result.next {
            terminal.data(&format!("  next: {next}"));
        }
        if !result.is_delivered {
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}

/// What became of an attempt.
pub(super) struct AttemptResult {
    pub(super) what: String,
    /// What to do about it.
    pub(super) next: Option<String>,
    is_delivered: bool,
}

/// What a line of the function's log says of an attempt, or of why there was none.
pub(super) fn result(attempt: &Json, account: &str) -> AttemptResult {
    let verdict = attempt["verdict"].as_str().unwrap_or_default();
    let status = attempt["status"].as_u64();
    let why = attempt["why"]
        .as_str()
        .unwrap_or("the log does not say why");
    let answered = status.map_or_else(|| "no answer".to_owned(), |it| format!("HTTP {it}"));
    let set = format!("synth webhook set --account {account}");
    let again = format!("synth webhook test --account {account}");
    let (what, next) = match verdict {
        "confirmed" => (format!("delivered ({answered})"), None),
        "unconfirmed" => (
            format!("{answered}, but not in the agent's words"),
            Some(
                "compare the host of the URL with the one that the agent's console shows"
                    .to_owned(),
            ),
        ),
        "rejected" => (
            format!("rejected ({answered}): {why}"),
            Some(
                "compare the URL with the one that the agent's console shows; incidents that are \
                 rejected become dead letters"
                    .to_owned(),
            ),
        ),
        "unauthorized" => (
            format!("{answered}: the secret or the API key is not the webhook's"),
            Some(format!("copy it from the agent's console again: {set}")),
        ),
        "misconfigured" => (
            format!("{answered}: no webhook takes incidents at this URL"),
            Some(format!(
                "copy the URL from the agent's console again: {set}"
            )),
        ),
        "later" => (
            format!("{answered}: the receiver takes no incidents now"),
            Some(format!(
                "incidents are retried until it does; test it again: {again}"
            )),
        ),
        "no answer" => (
            format!("no answer: {why}"),
            Some(format!(
                "check the host of the URL and the function's way to it; then: {again}"
            )),
        ),
        _ => (format!("nothing was sent: {why}"), Some(set)),
    };
    let clock = attempt["clockSkewSeconds"].as_i64();
    let clock = clock.map(|it| format!("; the receiver's clock differs by {it} s"));
    AttemptResult {
        what: what + &clock.unwrap_or_default(),
        next,
        is_delivered: matches!(verdict, "confirmed" | "unconfirmed"),
    }
}

fn test_incident(region: &Region) -> Incident {
    let now = Timestamp::now();
    // A fresh ID each time: the agent would take a second test for the first.
    let id = IncidentId::of("test", &[&region.account, region.name(), &now.to_string()]);
    let text = "This is a test of the connection between Tocsin and AWS DevOps Agent. Nothing is \
                wrong: no investigation is needed.";
    let title = format!(
        "Test of the webhook from {} ({})",
        region.account,
        region.name()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kinds: &[&str], hidden: [&str; 2]) -> Result<String, InputError> {
        let (mut kinds, mut hidden) = (kinds.iter(), hidden.into_iter());
        value(
            |_| Ok(kinds.next().map(|it| (*it).to_owned())),
            |_| Ok(hidden.next().unwrap_or_default().to_owned()),
        )
    }

    #[test]
    fn a_test_says_what_the_receiver_answered_and_what_to_do() {
        let said = |attempt: Json| {
            let it = result(&attempt, "prod");
            (it.is_delivered, it.what, it.next.unwrap_or_default())
        };
        for (attempt, delivered, what, next) in [
            (
                json!({ "verdict": "confirmed", "status": 200 }),
                true,
                "delivered (HTTP 200)",
                "",
            ),
            (
                json!({ "verdict": "later", "status": 503 }),
                false,
                "HTTP 503: the receiver takes no incidents now",
                "incidents are retried until it does; test it again: synth webhook test --account prod",
            ),
            (
                json!({ "verdict": "rejected", "status": 400, "why": "title is required" }),
                false,
                "rejected (HTTP 400): title is required",
                "compare the URL with the one that the agent's console shows; incidents that are rejected become \
                 dead letters",
            ),
            (
                json!({ "verdict": "misconfigured", "status": 404 }),
                false,
                "HTTP 404: no webhook takes incidents at this URL",
                "copy the URL from the agent's console again: synth webhook set --account prod",
            ),
            (
                json!({ "verdict": "unauthorized", "status": 403, "clockSkewSeconds": 400 }),
                false,
                "HTTP 403: the secret or the API key is not the webhook's; the receiver's clock differs by 400 s",
                "copy it from the agent's console again: synth webhook set --account prod",
            ),
            (
                json!({ "verdict": "no answer", "why": "timeout" }),
                false,
                "no answer: timeout",
                "check the host of the URL and the function's way to it; then: synth webhook test --account prod",
            ),
            (
                json!({ "level": "ERROR", "why": "the webhook's URL and secret have not been set" }),
                false,
                "nothing was sent: the webhook's URL and secret have not been set",
                "synth webhook set --account prod",
            ),
        ] {
            let expected = (delivered, what.to_owned(), next.to_owned());
            assert_eq!(said(attempt.clone()), expected, "{attempt}");
        }
    }

    #[test]
    fn the_kind_decides_what_is_asked_for() {
        for (answer, expected) in [
            ("hmac", r#"{"secret":"proof","url":"https://host/x"}"#),
            ("HMAC", r#"{"secret":"proof","url":"https://host/x"}"#),
            ("API key", r#"{"apiKey":"proof","url":"https://host/x"}"#),
            ("api-key", r#"{"apiKey":"proof","url":"https://host/x"}"#),
        ] {
            let value = asked(&["", "what?", answer], ["https://host/x ", "proof"]).unwrap();
            assert_eq!(value, expected, "{answer}");
        }
    }

    #[test]
    fn whoever_goes_away_sets_nothing() {
        assert!(matches!(
            asked(&["what?"], ["", ""]),
            Err(InputError::Read(_))
        ));
    }
}
