//! `synth status`: how the stacks, the queues and the webhook are.

use std::collections::HashMap;

use aws_sdk_cloudwatch::types::StateValue;
use jiff::Timestamp;
use serde_json::json;
use stacks::Json;
use webhook::{Kind, Webhook};

use crate::{
    aws::{AwsError, QueueDepth, Region},
    cli::Status,
    commands::{
        connect,
        webhook::{label, url_policy},
    },
    config::Account,
    deploy::{all_stacks, describe},
    error::{Error, Exit},
    ledger::{Contents, LedgerError, Summary, Table},
    terminal::Terminal,
};

pub(crate) async fn run(args: &Status, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = &account.stacks;
    let core = account.monitor.stack.as_str();
    let mut all: Vec<(Json, Vec<String>)> = Vec::new();
    for region in connect(&account).await? {
        let mut statuses = Vec::new();
        for stack in all_stacks(&region.aws.cloudformation(), stacks).await? {
            let found = describe(&region.aws.cloudformation(), &stack).await?;
            let mut status = found.map_or("not deployed".to_owned(), |it| it.status.to_string());
            if !stacks.iter().any(|it| it.name == stack) {
                status.push_str(" (no longer in the account file)");
            }
            statuses.push(json!({ "stack": stack, "status": status }));
        }
        let outputs = describe(&region.aws.cloudformation(), core)
            .await?
            .map(|it| it.outputs);
        let of = |name: &str| outputs.as_ref().and_then(|it| it.get(name)).cloned();
        let webhook = match of("WebhookSecretArn") {
            Some(secret) => webhook(&region, &account, &secret).await?,
            None => Json::Null,
        };
        let incidents = queue(&region, of("IncidentsUrl")).await?;
        let dead_letters = queue(&region, of("DeadLettersUrl")).await?;
        let alarms = alarms(&region, core).await?;
        let ledger = match of("LedgerTable") {
            Some(table) => Some(ledger(&region, &account, table).await),
            None => None,
        };
        let (ledger, lines) = shown(ledger);
        all.push((
            json!({
                "region": region.name(),
                "stacks": statuses,
                "webhook": webhook,
                "incidents": incidents,
                "deadLetters": dead_letters,
                "ledger": ledger,
                "pipelineAlarms": alarms,
            }),
            lines,
        ));
    }
    if args.json {
        let all = all.into_iter().map(|(region, _)| region).collect();
        terminal.data(&format!("{:#}", Json::Array(all)));
        return Ok(Exit::Done);
    }
    let name = &account.monitor.account_name;
    for (region, ledger) in &all {
        show(region, ledger, name, terminal);
    }
    Ok(Exit::Done)
}

/// A region's ledger, for programs and for people. Whoever may not read it still sees the rest.
fn shown(ledger: Option<Result<Summary, LedgerError>>) -> (Json, Vec<String>) {
    match ledger {
        Some(Ok(summary)) => (summary.to_json(), summary.lines(Timestamp::now())),
        Some(Err(error)) => {
            let problem = match error.hint() {
                Some(hint) => format!("{error}: {hint}"),
                None => error.to_string(),
            };
            let line = format!("  ledger        {problem}");
            (json!({ "problem": problem }), vec![line])
        }
        None => (Json::Null, Vec::new()),
    }
}

fn show(region: &Json, ledger: &[String], account: &str, terminal: Terminal) {
    terminal.data(region["region"].as_str().unwrap_or_default());
    for stack in region["stacks"].as_array().into_iter().flatten() {
        let text = |key: &str| stack[key].as_str().unwrap_or_default().to_owned();
        terminal.data(&format!(
            "  stack         {}  {}",
            text("stack"),
            text("status")
        ));
    }
    let webhook = &region["webhook"];
    let said = |key: &str| webhook[key].as_str().unwrap_or_default();
    match webhook["set"].as_bool() {
        Some(true) if webhook.get("problem").is_some() => {
            terminal.data(&format!("  webhook       set, but not usable: {}", said("problem")));
        }
        Some(true) if webhook.get("host").is_some() => {
            terminal.data(&format!("  webhook       set: {} at {}", said("kind"), said("host")));
        }
        Some(true) if webhook.get("kind").is_some() => {
            terminal.data(&format!("  webhook       set: {}", said("kind")));
        }
        Some(true) => terminal.data("  webhook       set"),
        Some(false) => terminal.data(&format!(
            "  webhook       not set: incidents wait. Set it with: synth webhook set --account {account}"
        )),
        None => {}
    }
    for (label, key) in [("incidents", "incidents"), ("dead letters", "deadLetters")] {
        let queue = &region[key];
        if let (Some(waiting), Some(hidden)) =
            (queue["waiting"].as_i64(), queue["inFlight"].as_i64())
        {
            terminal.data(&format!(
                "  {label:<13} {waiting} waiting, {hidden} in flight"
            ));
            if key == "deadLetters" && waiting > 0 {
                terminal.data(&format!(
                    "                see why with: synth redrive --account {account} --dry-run"
                ));
            }
        }
    }
    for line in ledger {
        terminal.data(line);
    }
    for alarm in region["pipelineAlarms"].as_array().into_iter().flatten() {
        let text = |key: &str| alarm[key].as_str().unwrap_or_default().to_owned();
        terminal.data(&format!(
            "  alarm         {}  {}",
            text("name"),
            text("reason")
        ));
    }
}

/// How the webhook is: whether it is set, and what can be said of it without showing it.
async fn webhook(region: &Region, account: &Account, secret: &str) -> Result<Json, AwsError> {
    let client = region.aws.secrets_manager();
    let versions = client
        .describe_secret()
        .secret_id(secret)
        .send()
        .await
        .map_err(|it| AwsError::call("SecretsManager DescribeSecret", it))?
        .version_ids_to_stages
        .unwrap_or_default();
    let Some(labels) = current_labels(&versions) else {
        return Ok(json!({ "set": false }));
    };
    if let Some(kind) = labelled(labels) {
        return Ok(json!({ "set": true, "kind": kind.to_string() }));
    }
    // Not by `synth webhook set`, or on a local AWS that knows no labels of ours: only the value says
    // what it is.
    let answer = client.get_secret_value().secret_id(secret).send().await;
    let value = match answer.map_err(|it| AwsError::call("SecretsManager GetSecretValue", it)) {
        Ok(answer) => answer.secret_string,
        Err(error) if error.code() == Some("ResourceNotFoundException") => None,
        // Whoever may not read it still sees that it is set.
        Err(_) => return Ok(json!({ "set": true })),
    };
    let Some(value) = value.filter(|it| !it.is_empty()) else {
        return Ok(json!({ "set": false }));
    };
    Ok(match Webhook::parse(&value, &url_policy(account)) {
        Ok(it) => json!({ "set": true, "kind": it.kind().to_string(), "host": it.host() }),
        Err(error) => json!({ "set": true, "problem": error.to_string() }),
    })
}

/// The staging labels of the version that is used; nothing where there is none.
fn current_labels(versions: &HashMap<String, Vec<String>>) -> Option<&[String]> {
    versions
        .values()
        .find(|labels| labels.iter().any(|label| label == "AWSCURRENT"))
        .map(Vec::as_slice)
}

/// The kind of webhook that a version's labels name.
fn labelled(labels: &[String]) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| labels.iter().any(|it| it == label(*kind)))
}

async fn queue(region: &Region, url: Option<String>) -> Result<Json, AwsError> {
    let Some(url) = url else {
        return Ok(Json::Null);
    };
    let queue = QueueDepth::of(&region.aws, &url).await?;
    Ok(json!({ "waiting": queue.waiting, "inFlight": queue.in_flight }))
}

/// What the ledger says of the budget and of what waits.
async fn ledger(region: &Region, account: &Account, table: String) -> Result<Summary, LedgerError> {
    let items = Table::new(&region.aws, table).items().await?;
    let now = Timestamp::now();
    let contents = Contents::read(&items, now);
    Ok(Summary::new(&contents, account.monitor.budget, now))
}

/// The alarms on the pipeline itself that have gone off.
async fn alarms(region: &Region, core: &str) -> Result<Vec<Json>, AwsError> {
    let answer = region
        .aws
        .cloudwatch()
        .describe_alarms()
        .alarm_name_prefix(format!("{core}-pipeline-"))
        .state_value(StateValue::Alarm)
        .send()
        .await
        .map_err(|it| AwsError::call("CloudWatch DescribeAlarms", it))?;
    Ok(answer
        .metric_alarms
        .unwrap_or_default()
        .into_iter()
        .map(|it| json!({ "name": it.alarm_name, "reason": it.state_reason }))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_versions_label_tells_the_kind() {
        let versions = |all: &[(&str, &[&str])]| -> HashMap<String, Vec<String>> {
            let owned = |labels: &[&str]| labels.iter().map(|it| (*it).to_owned()).collect();
            all.iter()
                .map(|(id, labels)| ((*id).to_owned(), owned(labels)))
                .collect()
        };
        let kind = |all| current_labels(&versions(all)).map(labelled);
        let rotated: &[(&str, &[&str])] = &[
            ("old", &["AWSPREVIOUS", "tocsin.hmac"]),
            ("new", &["AWSCURRENT", "tocsin.api-key"]),
        ];
        assert_eq!(kind(rotated), Some(Some(Kind::ApiKey)));
        let by_hand: &[(&str, &[&str])] = &[
            ("old", &["AWSPREVIOUS", "tocsin.hmac"]),
            ("new", &["AWSCURRENT"]),
        ];
        assert_eq!(kind(by_hand), Some(None));
        assert_eq!(kind(&[("pending", &["AWSPENDING"])]), None);
        assert_eq!(kind(&[]), None);
    }
}
