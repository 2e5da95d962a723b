//! `synth status`: how the stacks, the queues and the webhook are.

mod region;

use aws_sdk_cloudwatch::types::StateValue;
use contract::{FunctionName, Output, names::pipeline_alarm};
use jiff::{SignedDuration, Timestamp};
use stacks::Json;

use self::region::{Attempt, PipelineAlarm, RegionStatus, StackLine};
use crate::{
    aws::{AwsError, QueueDepth, Region},
    cli::{AccountFile, Status},
    commands::{Session, names::NameCheck, webhook::url_policy},
    config::Account,
    deploy::{StackCondition, all_stacks, describe, wanted_stacks},
    error::{Error, Exit},
    ledger::{Contents, LedgerError, Search, Summary, Table},
    webhook_secret,
};

/// How far back the last attempt is looked for. A webhook that is down is tried at least every four minutes.
const LAST_ATTEMPT: SignedDuration = SignedDuration::from_mins(30);

pub(super) async fn run(
    args: &Status,
    file: &AccountFile,
    session: &Session,
) -> Result<Exit, Error> {
    let file = file.load(session.terminal)?;
    let names = NameCheck {
        file: &file,
        strict: args.strict,
    };
    status(session, names, args.json).await
}

/// Shows the status of an account's stacks, queues, webhook and budget. What cannot be read does not hide the rest.
///
/// # Errors
///
/// Returns an [`Error`] if the credentials belong to another account, if the run is stopped, if something could
/// not be read (after all else has been printed), or, with `--strict`, if names in the account file are not in the
/// account.
pub async fn status(session: &Session, names: NameCheck<'_>, as_json: bool) -> Result<Exit, Error> {
    let terminal = session.terminal;
    let account = &names.file.account;
    let regions = session.connect_everywhere(account).await?;
    let statuses = async {
        let mut all = Vec::new();
        for region in &regions {
            all.push(region_status(region, account).await);
        }
        all
    };
    let both = async { Ok::<_, Error>(tokio::join!(statuses, names.look_up(&regions))) };
    let (all, found) = session.unless_stopped(both).await?;
    if as_json {
        let all = all.iter().map(RegionStatus::to_json).collect();
        terminal.data(&format!("{:#}", Json::Array(all)));
    } else {
        let now = Timestamp::now();
        for region in &all {
            for line in region.lines(&account.monitor.account_name, now) {
                terminal.data(&line);
            }
        }
    }
    let compared = names.show(found, terminal);
    if let Some(problem) = all.iter().find_map(|it| it.problems.first()) {
        return Err(Error::Incomplete(problem.clone()));
    }
    compared?;
    let stacks = all.iter().flat_map(|it| &it.stacks);
    let exits = stacks.filter_map(|it| it.condition).map(exit_of_condition);
    Ok(exits.max_by_key(|it| *it as u8).unwrap_or(Exit::Done))
}

/// What `status` ends with for a stack.
pub fn exit_of_condition(condition: StackCondition) -> Exit {
    match condition {
        StackCondition::Absent
        | StackCondition::Ready
        | StackCondition::Busy
        | StackCondition::NeverCreated => Exit::Done,
        StackCondition::Stuck | StackCondition::Unknown => Exit::ManualIntervention,
    }
}

async fn region_status(region: &Region, account: &Account) -> RegionStatus {
    let aws = &region.aws;
    let core = account.monitor.stack.as_str();
    let mut problems = Vec::new();
    let mut note = |what: &str, error: &dyn std::fmt::Display| {
        problems.push(format!("{what} in {}: {error}", region.name()));
    };
    let wanted = wanted_stacks(region, &account.monitor);
    let stacks = match all_stacks(region, &account.monitor).await {
        Ok(stacks) => stacks,
        Err(error) => {
            note("other stacks", &error);
            wanted.clone()
        }
    };
    let mut lines = Vec::new();
    let mut deployed = None;
    for stack in stacks {
        let found = match describe(aws, &stack).await {
            Ok(found) => found,
            Err(error) => {
                note(&format!("the stack `{stack}`"), &error);
                lines.push(StackLine {
                    stack,
                    status: "could not be read".to_owned(),
                    condition: None,
                });
                continue;
            }
        };
        let mut status = found
            .as_ref()
            .map_or("not deployed".to_owned(), |it| it.status.to_string());
        if !wanted.contains(&stack) {
            status.push_str(" (no longer in the account file)");
        }
        let condition = found.as_ref().map(|it| it.status.condition());
        if stack == core {
            deployed = found;
        }
        lines.push(StackLine {
            stack,
            status,
            condition,
        });
    }
    let of = |name: Output| deployed.as_ref()?.output(name).map(str::to_owned);
    let webhook = match of(Output::WebhookSecretArn) {
        Some(secret) => webhook_secret::state(aws, &secret, &url_policy(account))
            .await
            .map_err(|error| note("the webhook", &error))
            .ok(),
        None => None,
    };
    let ledger = match of(Output::LedgerTable) {
        Some(table) => Some(ledger(region, account, table).await),
        None => None,
    };
    let is_due = matches!(&ledger, Some(Ok(summary)) if summary.has_due());
    let attempt = match of(Output::Function(FunctionName::Deliver)).filter(|_| is_due) {
        Some(function) => last_attempt(region, function).await.transpose(),
        None => None,
    };
    let mut depth = async |what: &str, url: Option<String>| match url {
        Some(url) => QueueDepth::of(aws, &url)
            .await
            .map_err(|error| note(what, &error))
            .ok(),
        None => None,
    };
    let incidents = depth("the queue of incidents", of(Output::IncidentsUrl)).await;
    let dead_letters = depth("the dead letters", of(Output::DeadLettersUrl)).await;
    let alarms = alarms(region, core).await.unwrap_or_else(|error| {
        note("the alarms on the pipeline", &error);
        Vec::new()
    });
    RegionStatus {
        region: region.name().to_owned(),
        stacks: lines,
        version: of(Output::Version),
        webhook,
        incidents,
        dead_letters,
        ledger,
        attempt,
        alarms,
        problems,
    }
}

/// What the ledger says of the budget and of what waits.
async fn ledger(region: &Region, account: &Account, table: String) -> Result<Summary, LedgerError> {
    let items = Table::new(&region.aws, table).items().await?;
    let now = Timestamp::now();
    let contents = Contents::read(items, now);
    Ok(Summary::new(&contents, &account.monitor.delivery(), now))
}

/// What the webhook answered the last time, by the log of `deliver`: the ledger keeps no answers.
async fn last_attempt(region: &Region, function: String) -> Result<Option<Attempt>, String> {
    let since = Timestamp::now().saturating_sub(LAST_ATTEMPT);
    let since = since.unwrap_or(Timestamp::MIN);
    let functions = [(FunctionName::Deliver.as_str().to_owned(), function)];
    let search = Search::of(&region.aws, &functions, since).await;
    let search = search.map_err(|error| error.to_string())?;
    let last = search.last_attempt().await.map_err(|it| it.to_string())?;
    Ok(last.map(|(at, line)| Attempt { at, line }))
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
