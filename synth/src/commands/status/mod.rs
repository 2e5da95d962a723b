//! `synth status`: how the stacks, the queues and the webhook are.

mod region;

use aws_sdk_cloudwatch::types::StateValue;
use contract::{Output, names::pipeline_alarm};
use jiff::Timestamp;
use stacks::{Json, stack_names};

use self::region::{PipelineAlarm, RegionStatus, StackLine};
use crate::{
    aws::{AwsError, QueueDepth, Region},
    cli::Status,
    commands::{connect, webhook::url_policy},
    config::Account,
    deploy::{all_stacks, describe},
    error::{Error, Exit},
    ledger::{Contents, LedgerError, Summary, Table},
    terminal::Terminal,
    webhook_secret,
};

pub(super) async fn run(args: &Status, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let mut all = Vec::new();
    for region in connect(&account).await? {
        all.push(status(&region, &account).await?);
    }
    if args.json {
        let all = all.iter().map(RegionStatus::to_json).collect();
        terminal.data(&format!("{:#}", Json::Array(all)));
        return Ok(Exit::Done);
    }
    let now = Timestamp::now();
    for region in &all {
        for line in region.lines(&account.monitor.account_name, now) {
            terminal.data(&line);
        }
    }
    Ok(Exit::Done)
}

async fn status(region: &Region, account: &Account) -> Result<RegionStatus, Error> {
    let aws = &region.aws;
    let cloudformation = aws.cloudformation();
    let core = account.monitor.stack.as_str();
    let mut lines = Vec::new();
    let wanted = stack_names(&account.monitor);
    for stack in all_stacks(&cloudformation, &account.monitor).await? {
        let found = describe(&cloudformation, &stack).await?;
        let mut status = found.map_or("not deployed".to_owned(), |it| it.status.to_string());
        if !wanted.contains(&stack) {
            status.push_str(" (no longer in the account file)");
        }
        lines.push(StackLine { stack, status });
    }
    let deployed = describe(&cloudformation, core).await?;
    let of = |name: Output| deployed.as_ref()?.output(name).map(str::to_owned);
    let webhook = match of(Output::WebhookSecretArn) {
        Some(secret) => Some(webhook_secret::state(aws, &secret, &url_policy(account)).await?),
        None => None,
    };
    let ledger = match of(Output::LedgerTable) {
        Some(table) => Some(ledger(region, account, table).await),
        None => None,
    };
    Ok(RegionStatus {
        region: region.name().to_owned(),
        stacks: lines,
        webhook,
        incidents: depth(region, of(Output::IncidentsUrl)).await?,
        dead_letters: depth(region, of(Output::DeadLettersUrl)).await?,
        ledger,
        alarms: alarms(region, core).await?,
    })
}

async fn depth(region: &Region, url: Option<String>) -> Result<Option<QueueDepth>, AwsError> {
    match url {
        Some(url) => QueueDepth::of(&region.aws, &url).await.map(Some),
        None => Ok(None),
    }
}

/// What the ledger says of the budget and of what waits.
async fn ledger(region: &Region, account: &Account, table: String) -> Result<Summary, LedgerError> {
    let items = Table::new(&region.aws, table).items().await?;
    let now = Timestamp::now();
    let contents = Contents::read(items, now);
    Ok(Summary::new(&contents, &account.monitor.delivery(), now))
}

/// The alarms on the pipeline itself that have gone off.
async fn alarms(region: &Region, core: &str) -> Result<Vec<PipelineAlarm>, AwsError> {
    let answer = region
        .aws
        .cloudwatch()
        .describe_alarms()
        .alarm_name_prefix(pipeline_alarm(core, ""))
        .state_value(StateValue::Alarm)
        .send()
        .await
        .map_err(|it| AwsError::call("CloudWatch DescribeAlarms", it))?;
    let alarms = answer.metric_alarms.unwrap_or_default().into_iter();
    Ok(alarms
        .map(|it| PipelineAlarm {
            name: it.alarm_name,
            reason: it.state_reason,
        })
        .collect())
}
