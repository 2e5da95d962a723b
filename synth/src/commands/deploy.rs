//! `synth deploy`: compares, asks, uploads, carries out.

use serde_json::{Map, json};
use stacks::{Json, Stack};

use crate::{
    cli::Deploy,
    commands::{
        diff::show,
        region::{Region, connect, packages},
    },
    deploy::{assets, carry_out},
    error::{Error, Exit},
    package::Package,
    terminal::Terminal,
};

pub(crate) async fn run(args: &Deploy, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = &account.stacks;
    let packages = packages(&account, stacks)?;
    let regions = connect(&account).await?;
    if deploy_to(&regions, stacks, &packages, args.yes, terminal).await? == Exit::Declined {
        return Ok(Exit::Declined);
    }
    print_outputs(&regions, stacks, args.json, terminal).await?;
    Ok(Exit::Done)
}

/// Compares, asks unless `yes`, uploads, and carries out, in every region.
pub(crate) async fn deploy_to(
    regions: &[Region],
    stacks: &[Stack],
    packages: &[Package],
    yes: bool,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let mut plans = Vec::new();
    for region in regions {
        let values = region.values(packages);
        for plan in region.plan(stacks, &values).await? {
            show(&plan, region.aws.region(), terminal, |line| {
                terminal.say(line);
            });
            plan.check_not_stuck(region.aws.region())?;
            plans.push((region, values.clone(), plan));
        }
    }
    if plans.iter().all(|(_, _, plan)| plan.is_current()) {
        terminal.say("nothing to do");
        return Ok(Exit::Done);
    }
    if !yes && !terminal.confirm("Deploy these changes?")? {
        return Ok(Exit::Declined);
    }
    for region in regions {
        assets::upload(&region.aws, &region.account, packages, terminal).await?;
    }
    for (region, values, plan) in &plans {
        if plan.is_current() {
            continue;
        }
        terminal.say(&format!(
            "deploying {} in {}",
            plan.stack.name,
            region.aws.region()
        ));
        carry_out(&region.aws, plan, values, terminal).await?;
    }
    terminal.say("deployed");
    Ok(Exit::Done)
}

async fn print_outputs(
    regions: &[Region],
    stacks: &[Stack],
    as_json: bool,
    terminal: Terminal,
) -> Result<(), Error> {
    let mut all: Vec<Json> = Vec::new();
    for region in regions {
        for stack in stacks {
            let outputs = region.deployed(&stack.name).await?.outputs;
            if as_json {
                let outputs: Map<String, Json> = outputs
                    .into_iter()
                    .map(|(name, value)| (name, Json::from(value)))
                    .collect();
                all.push(json!({
                    "stack": stack.name, "region": region.aws.region(), "outputs": outputs,
                }));
                continue;
            }
            for (name, value) in outputs {
                terminal.data(&format!("{}.{name} = {value}", stack.name));
            }
        }
    }
    if as_json {
        terminal.data(&format!("{:#}", Json::Array(all)));
    }
    Ok(())
}
