//! `synth diff`: the templates against what is deployed.

use serde_json::json;
use stacks::Json;

use crate::{
    cli::Diff,
    commands::region::{connect, packages},
    deploy::StackPlan,
    diff::render,
    error::{Error, Exit},
    terminal::Terminal,
};

pub(crate) async fn run(args: &Diff, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = &account.stacks;
    let packages = packages(&account, stacks).unwrap_or_else(|error| {
        terminal.say(&format!("code is not compared: {error}"));
        Vec::new()
    });
    let mut differs = false;
    let mut all: Vec<Json> = Vec::new();
    for region in connect(&account).await? {
        for plan in region.plan(stacks, &region.values(&packages)).await? {
            differs |= !plan.diff.is_empty();
            if args.json {
                all.push(json!({
                    "stack": plan.stack.name,
                    "region": region.aws.region(),
                    "diff": plan.diff,
                }));
            } else {
                show(&plan, region.aws.region(), terminal, |line| {
                    terminal.data(line);
                });
            }
        }
    }
    if args.json {
        terminal.data(&format!("{:#}", Json::Array(all)));
    }
    Ok(if differs && args.exit_code {
        Exit::Differences
    } else {
        Exit::Done
    })
}

/// Prints what would change in a stack.
pub(crate) fn show(plan: &StackPlan<'_>, region: &str, terminal: Terminal, print: impl Fn(&str)) {
    let status = plan
        .deployed
        .as_ref()
        .map_or("not deployed yet".to_owned(), |it| match &it.reason {
            Some(reason) if !it.status.is_success() => format!("{}: {reason}", it.status),
            _ => it.status.to_string(),
        });
    print(&format!("{} in {region} ({status})", plan.stack.name));
    if plan.diff.is_empty() {
        print("  no differences");
    } else {
        print(render(&plan.diff, terminal.color).trim_end());
    }
}
