//! `synth cost`: what the cost report finds now, by the code that makes it.

mod html;
mod json;

use std::time::Duration;

use contract::{CostSettings, Output};
use jiff::Timestamp;
use runtime::{
    aws::dynamodb::Table,
    cost::{
        AwsReads, Evaluation, LedgerStore, News, PassingClock, Past, Settings, evaluate, look,
        news, past, price_of_metrics, sections, summary,
    },
    http::{Reuse, client, web_roots},
};
use stacks::monitor::CostReport;

use crate::{
    aws::{AwsError, FunctionEnvironment, Region},
    cli::{AccountFile, Cost as Arguments},
    commands::connect,
    deploy::deployed,
    error::{Error, Exit},
    ledger::LedgerError,
    terminal::Terminal,
};

pub use html::page;
pub use json::to_json;

/// What the calls are for, where they fail before they are made.
const OPERATION: &str = "cost report";
/// How long reading may take. There is nobody who would end it.
const PATIENCE: Duration = Duration::from_mins(15);
/// The services that are asked, by their IDs and by their names in variables.
const SERVICES: [(&str, &str); 5] = [
    ("EC2", "EC2"),
    ("CloudWatch", "CLOUDWATCH"),
    ("Compute Optimizer", "COMPUTE_OPTIMIZER"),
    ("Cost Optimization Hub", "COST_OPTIMIZATION_HUB"),
    ("DynamoDB", "DYNAMODB"),
];

/// What was found, and what is to be known beside it.
#[derive(Debug)]
pub struct Found {
    /// Twelve digits.
    pub account: String,
    /// The day of the report, such as `2026-11-26`.
    pub date: String,
    /// The regions of the report.
    pub regions: Vec<String>,
    /// What was found.
    pub evaluation: Evaluation,
    /// What of it is new, where that was asked.
    pub news: Option<News>,
}

pub(crate) async fn run(
    args: &Arguments,
    file: &AccountFile,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let account = file.load(terminal)?.account;
    let report = account.monitor.cost_report.as_ref();
    let report = report.ok_or(Error::NoCostReport)?;
    if let Some(note) = left_out(&report.settings()) {
        terminal.say(note);
    }
    let regions = connect(&account, terminal).await?;
    let Some(first) = regions.first() else {
        return Err(AwsError::NoRegion.into());
    };
    let settings = settings(report, &regions)?;
    let FunctionEnvironment { environment, .. } =
        first.aws.function_environment(OPERATION, &SERVICES).await?;
    let http = client(web_roots(), Reuse::Connections).map_err(failed)?;
    let reads = AwsReads::new(&http, &environment, &settings, &first.account).map_err(failed)?;
    let at = Timestamp::now();
    let facts = look(&reads, &PassingClock::new(), &settings, at, PATIENCE).await;
    let evaluation = evaluate(facts, &settings, at);
    let news = if args.since_reported {
        let core = account.monitor.stack.as_str();
        let deployed = deployed(first, core).await?;
        let table =
            deployed
                .output(Output::LedgerTable)
                .ok_or_else(|| LedgerError::NotDeployed {
                    stack: core.to_owned(),
                    region: first.name().to_owned(),
                })?;
        let table = Table::new(http, &environment, table).map_err(failed)?;
        let past: Past = past(&LedgerStore::new(table)).await;
        Some(news(&evaluation, &past, &settings, at))
    } else {
        None
    };
    let found = Found {
        account: first.account.clone(),
        date: settings.day(at).to_string(),
        regions: settings.regions.clone(),
        evaluation,
        news,
    };
    if let Some(path) = &args.html {
        std::fs::write(path, page(&found)).map_err(|source| Error::File {
            action: "write",
            path: path.clone(),
            source,
        })?;
        terminal.say(&format!("wrote {}", path.display()));
    }
    if args.json {
        terminal.data(&format!("{:#}", to_json(&found)));
    } else if args.html.is_none() {
        terminal.data(&text(&found, &settings));
    }
    Ok(Exit::Done)
}

/// What the account file asks for and this command leaves out.
fn left_out(settings: &CostSettings) -> Option<&'static str> {
    settings.actual_costs.then_some(
        "actual costs are not included: only the deployed function calls Cost Explorer, which charges for it",
    )
}

fn failed(error: impl std::fmt::Display) -> AwsError {
    AwsError::NoAnswer {
        operation: OPERATION,
        reason: error.to_string(),
    }
}

/// What the function's environment would say.
fn settings(report: &CostReport, regions: &[Region]) -> Result<Settings, AwsError> {
    let regions = regions.iter().map(|it| it.name().to_owned()).collect();
    Settings::new(regions, report.settings()).map_err(failed)
}

/// What was found, for a terminal.
fn text(found: &Found, settings: &Settings) -> String {
    let evaluation = &found.evaluation;
    let mut lines = vec![format!(
        "Account {}, {}: {}",
        found.account,
        found.date,
        summary(evaluation)
    )];
    for (title, facts) in sections(evaluation, found.news.as_ref(), settings) {
        lines.push(format!("\n{title}"));
        lines.extend(facts.iter().map(|it| format!("  {it}")));
    }
    lines.push(format!(
        "\n{} calls, {} metrics of CloudWatch: {:.4} USD",
        evaluation.calls,
        evaluation.metrics,
        price_of_metrics(evaluation.metrics)
    ));
    if let Some(news) = &found.news {
        lines.push(verdict(news));
    }
    lines.join("\n")
}

/// What the function would do now.
fn verdict(news: &News) -> String {
    let mut text = if news.past_is_unknown {
        "The ledger could not be read: what was reported is not known".to_owned()
    } else {
        format!(
            "New since the last report, or a fifth larger: {}, {}",
            news.new.len(),
            news.sums
        )
    };
    if let Some(done) = &news.done {
        text = format!("{text}. Done since: {} of {}", done.count, done.of);
    }
    let worth = if news.is_worth_it {
        "worth an incident"
    } else {
        "not worth an incident"
    };
    format!("{text}: {worth}")
}
