//! `synth diff`: the templates against what is deployed.

use serde_json::json;
use stacks::Json;

use crate::{
    cli::Diff,
    commands::{connect, package::packages},
    deploy::{self, First, Plan, StackPlan, Values},
    diff::render,
    error::{Error, Exit},
    terminal::Terminal,
};

pub(crate) async fn run(args: &Diff, terminal: Terminal) -> Result<Exit, Error> {
    let file = args.file.load(terminal)?;
    let (account, stacks) = (&file.account, &file.synthesize()?);
    let packages = packages(account, stacks).unwrap_or_else(|error| {
        terminal.say(&format!("code is not compared: {error}"));
        Vec::new()
    });
    let mut differs = false;
    let mut all: Vec<Json> = Vec::new();
    for region in connect(account).await? {
        let values = Values::of(&region, &packages);
        let plan = deploy::plan(&region.aws.cloudformation(), stacks, &values).await?;
        differs |= !plan.first.is_empty() || plan.stacks.iter().any(|it| !it.diff.is_empty());
        if args.json {
            all.extend(as_json(&plan, region.name()));
        } else {
            show(&plan, region.name(), terminal, |line| {
                terminal.data(line);
            });
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

fn as_json(plan: &Plan<'_>, region: &str) -> Vec<Json> {
    let stacks = plan.stacks.iter().map(|it| {
        json!({
            "stack": it.stack.name,
            "region": region,
            "diff": it.diff,
        })
    });
    let deleted = deleted(plan).map(|stack| {
        json!({
            "stack": stack,
            "region": region,
            "deleted": true,
        })
    });
    stacks.chain(deleted).collect()
}

/// The stacks that would be deleted for good.
fn deleted<'a>(plan: &'a Plan<'_>) -> impl Iterator<Item = &'a str> {
    plan.first.iter().filter_map(|first| match first {
        First::Delete {
            stack,
            comes_back: false,
        } => Some(stack.as_str()),
        _ => None,
    })
}

/// Prints what would change in a region.
pub(crate) fn show(plan: &Plan<'_>, region: &str, terminal: Terminal, print: impl Fn(&str)) {
    for stack in &plan.stacks {
        show_stack(stack, region, terminal, &print);
    }
    for stack in deleted(plan) {
        print(&format!(
            "{stack} in {region} (no longer in the account file)"
        ));
        print("  would be deleted");
    }
    if !plan.moved.is_empty() {
        print(&format!(
            "alarms in {region} that would move to another stack or resource: {}",
            plan.moved.len()
        ));
    }
}

fn show_stack(plan: &StackPlan<'_>, region: &str, terminal: Terminal, print: impl Fn(&str)) {
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
