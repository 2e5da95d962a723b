//! `synth status`: how the stacks, the queues and the webhook are.

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;
use stacks::Json;

use crate::{
    aws::AwsError,
    cli::Status,
    commands::region::{Region, connect},
    deploy::describe,
    error::{Error, Exit},
    terminal::Terminal,
};

pub(crate) async fn run(args: &Status, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = stacks::synthesize(&account.monitor)?;
    let core = account.monitor.stack.as_str();
    let mut all: Vec<Json> = Vec::new();
    for region in connect(&account).await? {
        let mut statuses = Vec::new();
        for stack in &stacks {
            let found = describe(&region.aws.cloudformation(), &stack.name).await?;
            let status = found.map_or("not deployed".to_owned(), |it| it.status.to_string());
            statuses.push(json!({ "stack": stack.name, "status": status }));
        }
        let outputs = describe(&region.aws.cloudformation(), core)
            .await?
            .map(|it| it.outputs);
        let of = |name: &str| outputs.as_ref().and_then(|it| it.get(name)).cloned();
        let webhook = match of("WebhookSecretArn") {
            Some(secret) => is_set(&region, &secret).await?,
            None => None,
        };
        let incidents = queue(&region, of("IncidentsUrl")).await?;
        let dead_letters = queue(&region, of("DeadLettersUrl")).await?;
        let alarms = alarms(&region, core).await?;
        all.push(json!({
            "region": region.aws.region(),
            "stacks": statuses,
            "webhookSet": webhook,
            "incidents": incidents,
            "deadLetters": dead_letters,
            "pipelineAlarms": alarms,
        }));
    }
    if args.json {
        terminal.data(&format!("{:#}", Json::Array(all)));
        return Ok(Exit::Done);
    }
    let name = &account.monitor.account_name;
    for region in &all {
        show(region, name, terminal);
    }
    Ok(Exit::Done)
}

fn show(region: &Json, account: &str, terminal: Terminal) {
    terminal.data(region["region"].as_str().unwrap_or_default());
    for stack in region["stacks"].as_array().into_iter().flatten() {
        let text = |key: &str| stack[key].as_str().unwrap_or_default().to_owned();
        terminal.data(&format!(
            "  stack         {}  {}",
            text("stack"),
            text("status")
        ));
    }
    match region["webhookSet"].as_bool() {
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
        }
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

/// Whether a secret has a value; nothing where there is no secret.
async fn is_set(region: &Region, secret: &str) -> Result<Option<bool>, AwsError> {
    let answer = region
        .aws
        .secrets_manager()
        .describe_secret()
        .secret_id(secret)
        .send()
        .await
        .map_err(|it| AwsError::call("SecretsManager DescribeSecret", it))?;
    let versions = answer.version_ids_to_stages.unwrap_or_default();
    Ok(Some(
        versions
            .values()
            .flatten()
            .any(|stage| stage == "AWSCURRENT"),
    ))
}

async fn queue(region: &Region, url: Option<String>) -> Result<Json, AwsError> {
    let Some(url) = url else {
        return Ok(Json::Null);
    };
    let answer = region
        .aws
        .sqs()
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
        .attribute_names(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
        .send()
        .await
        .map_err(|it| AwsError::call("SQS GetQueueAttributes", it))?;
    let attributes = answer.attributes.unwrap_or_default();
    let number = |name: &QueueAttributeName| {
        attributes
            .get(name)
            .and_then(|it| it.parse::<i64>().ok())
            .unwrap_or_default()
    };
    Ok(json!({
        "waiting": number(&QueueAttributeName::ApproximateNumberOfMessages),
        "inFlight": number(&QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
    }))
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
