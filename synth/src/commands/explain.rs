//! `synth explain`: one incident from its event to the report, with times.

use std::collections::BTreeSet;

use contract::{FunctionName, Output};
use jiff::Timestamp;
use stacks::Json;

use crate::{
    aws::Region,
    cli::Explain,
    commands::connect,
    config::Account,
    deploy::deployed,
    error::{Error, Exit},
    ledger::{Contents, Explanation, LedgerError, Search, Table},
    terminal::Terminal,
};

/// Incidents that the logs of one region are searched for at most, beside what was asked for.
const INCIDENTS: usize = 10;

pub(crate) async fn run(args: &Explain, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let mut all = Vec::new();
    let mut is_known = false;
    for region in connect(&account, terminal).await? {
        let explanation = explain(&region, &account, args).await?;
        is_known |= explanation.is_known();
        if args.json {
            all.push(explanation.to_json(region.name(), &args.id));
            continue;
        }
        terminal.data(&format!("{}, times in UTC", region.name()));
        for line in explanation.lines(&args.id) {
            terminal.data(&line);
        }
    }
    if args.json {
        terminal.data(&format!("{:#}", Json::Array(all)));
    }
    Ok(if is_known { Exit::Done } else { Exit::Failed })
}

async fn explain(region: &Region, account: &Account, args: &Explain) -> Result<Explanation, Error> {
    let now = Timestamp::now();
    let core = account.monitor.stack.as_str();
    let deployed = deployed(region, core).await?;
    let table = deployed
        .output(Output::LedgerTable)
        .ok_or_else(|| LedgerError::NotDeployed {
            stack: core.to_owned(),
            region: region.name().to_owned(),
        })?;
    let mut explanation = Explanation::default();
    let contents = match Table::new(&region.aws, table.to_owned()).items().await {
        Ok(items) => Contents::read(items, now),
        Err(error) => {
            explanation.gaps.push(error.to_string());
            Contents::default()
        }
    };
    let settings = account.monitor.delivery();
    explanation.add_found(&contents.find(&args.id, &settings, now));
    if args.no_logs {
        explanation
            .gaps
            .push("the functions' logs, because of --no-logs".to_owned());
        return Ok(explanation);
    }
    let functions: Vec<(String, String)> = FunctionName::ALL
        .into_iter()
        .filter_map(|it| {
            let name = deployed.output(Output::Function(it))?;
            Some((it.as_str().to_owned(), name.to_owned()))
        })
        .collect();
    let since = now.saturating_sub(args.since).unwrap_or(Timestamp::MIN);
    let search = match Search::of(&region.aws, &functions, since).await {
        Ok(search) => search,
        Err(error) => {
            explanation
                .gaps
                .push(format!("the functions' logs: {error}"));
            return Ok(explanation);
        }
    };
    let (lines, gaps) = search.holding(&args.id).await;
    explanation.gaps.extend(gaps);
    // An event or an alarm leads to incidents, which the ledger and `deliver` know by their own IDs.
    let mut others = explanation.add_lines(&lines);
    let reports: BTreeSet<String> = explanation.reports().cloned().collect();
    others.extend(reports.iter().cloned());
    others.remove(&args.id);
    let more = others.len().saturating_sub(INCIDENTS);
    if more > 0 {
        let gap = format!("{more} more incidents: ask for one by its ID");
        explanation.gaps.push(gap);
    }
    for id in others.into_iter().take(INCIDENTS) {
        // What the ledger says of a report is there already.
        if !reports.contains(&id) {
            explanation.add_found(&contents.find(&id, &settings, now));
        }
        let (lines, gaps) = search.holding(&id).await;
        explanation.gaps.extend(gaps);
        explanation.add_lines(&lines);
    }
    Ok(explanation)
}
