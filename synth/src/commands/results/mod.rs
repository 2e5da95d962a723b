//! `synth results`: what the agent found about each report, and what it cost.

mod chart;
mod html;

use contract::{AgentSpace, Output};
use jiff::Timestamp;
use stacks::Json;

use crate::{
    aws::Region,
    cli::{AccountFile, Results as Arguments},
    commands::connect,
    config::Account,
    deploy::deployed,
    error::{Error, Exit},
    ledger::{Contents, LedgerError, Results, Table},
    terminal::Terminal,
};

pub(crate) async fn run(
    args: &Arguments,
    file: &AccountFile,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let account = file.load(terminal)?.account;
    let now = Timestamp::now();
    let since = now.saturating_sub(args.since).unwrap_or(Timestamp::MIN);
    let mut all = Vec::new();
    let regions = connect(&account, terminal).await?;
    let space = regions
        .first()
        .and_then(|first| space(&account, first.name()));
    for region in regions {
        let contents = contents(&region, &account, now).await?;
        let results = Results::new(&contents, args.group.as_deref(), since);
        all.push((region.name().to_owned(), results));
    }
    let name = &account.monitor.account_name;
    if let Some(path) = &args.html {
        let page = html::page(name, &all, space.as_ref(), since, now);
        std::fs::write(path, page).map_err(|source| Error::File {
            action: "write",
            path: path.clone(),
            source,
        })?;
        terminal.say(&format!("wrote {}", path.display()));
    }
    if args.json {
        let all = all
            .iter()
            .map(|(region, it)| it.to_json(region, space.as_ref()));
        terminal.data(&format!("{:#}", Json::Array(all.collect())));
    } else if args.html.is_none() {
        for (region, results) in &all {
            terminal.data(&Results::heading(region));
            for line in results.lines(name, space.is_some(), terminal.width()) {
                terminal.data(&line);
            }
        }
    }
    Ok(Exit::Done)
}

/// What a person is shown of the results of a region since a point in time, in lines of `width` characters at most.
///
/// # Errors
///
/// Returns an [`Error`] if the core stack is not deployed or has no ledger, or if CloudFormation or DynamoDB
/// refuse or do not answer.
pub async fn shown(
    region: &Region,
    account: &Account,
    since: Timestamp,
    width: usize,
) -> Result<Vec<String>, Error> {
    let contents = contents(region, account, Timestamp::now()).await?;
    let results = Results::new(&contents, None, since);
    let name = &account.monitor.account_name;
    let lines = results.lines(name, account.monitor.agent.is_some(), width);
    Ok([vec![Results::heading(region.name())], lines].concat())
}

/// The agent space that the account file names: in the first of its regions, unless it says another.
fn space(account: &Account, first: &str) -> Option<AgentSpace> {
    let agent = account.monitor.agent.as_ref()?;
    Some(AgentSpace {
        id: agent.space.as_str().to_owned(),
        region: agent.region.as_deref().unwrap_or(first).to_owned(),
    })
}

async fn contents(region: &Region, account: &Account, now: Timestamp) -> Result<Contents, Error> {
    let core = account.monitor.stack.as_str();
    let deployed = deployed(region, core).await?;
    let table = deployed
        .output(Output::LedgerTable)
        .ok_or_else(|| LedgerError::NotDeployed {
            stack: core.to_owned(),
            region: region.name().to_owned(),
        })?;
    let items = Table::new(&region.aws, table.to_owned()).items().await?;
    Ok(Contents::read(items, now))
}
