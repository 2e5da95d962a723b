//! `synth deploy`: compares, asks, uploads, carries out.

use serde_json::{Map, json};
use stacks::{Json, Stack};

use crate::{
    cli::Deploy,
    commands::{
        diff::show,
        region::{Region, connect, packages},
    },
    deploy::{First, Plan, StackPlan, Values, assets, carry_out, remove},
    error::{Error, Exit},
    package::Package,
    terminal::Terminal,
};

pub(crate) async fn run(args: &Deploy, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = &account.stacks;
    let packages = packages(&account, stacks)?;
    let regions = connect(&account).await?;
    let consent = Consent {
        yes: args.yes,
        move_alarms: args.move_alarms,
    };
    if deploy_to(&regions, stacks, &packages, consent, terminal).await? == Exit::Declined {
        return Ok(Exit::Declined);
    }
    print_outputs(&regions, stacks, args.json, terminal).await?;
    Ok(Exit::Done)
}

/// What a deploy may do without asking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consent {
    /// Change what the comparison shows.
    pub(crate) yes: bool,
    /// Move alarms from one stack to another.
    pub(crate) move_alarms: bool,
}

/// Compares, asks unless that is consented to, uploads, and carries out, in every region.
pub(crate) async fn deploy_to(
    regions: &[Region],
    stacks: &[Stack],
    packages: &[Package],
    consent: Consent,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let mut plans = Vec::new();
    for region in regions {
        let values = region.values(packages);
        let plan = region.plan(stacks, &values).await?;
        show(&plan, region.aws.region(), terminal, |line| {
            terminal.say(line);
        });
        for plan in &plan.stacks {
            plan.check_not_stuck(region.aws.region())?;
        }
        if !plan.moved.is_empty() && !consent.move_alarms {
            return Err(Error::Moves {
                count: plan.moved.len(),
                first: plan.moved.first().cloned().unwrap_or_default(),
            });
        }
        plans.push((region, values, plan));
    }
    let is_current =
        |plan: &Plan<'_>| plan.first.is_empty() && plan.stacks.iter().all(StackPlan::is_current);
    if plans.iter().all(|(_, _, plan)| is_current(plan)) {
        terminal.say("nothing to do");
        return Ok(Exit::Done);
    }
    if !consent.yes && !terminal.confirm("Deploy these changes?")? {
        return Ok(Exit::Declined);
    }
    for region in regions {
        assets::upload(&region.aws, &region.account, packages, terminal).await?;
    }
    for (region, values, plan) in &plans {
        carry_out_all(region, values, plan, terminal).await?;
    }
    terminal.say("deployed");
    Ok(Exit::Done)
}

/// The core stack, what must leave, and then the others.
async fn carry_out_all(
    region: &Region,
    values: &Values,
    plan: &Plan<'_>,
    terminal: Terminal,
) -> Result<(), Error> {
    let place = region.aws.region();
    let mut touched: Vec<&str> = Vec::new();
    let (core, others) = match plan.stacks.split_first() {
        Some((core, others)) => (Some(core), others),
        None => (None, &[][..]),
    };
    if let Some(core) = core.filter(|it| !it.is_current()) {
        terminal.say(&format!("deploying {} in {place}", core.stack.name));
        carry_out(&region.aws, core, values, false, terminal).await?;
    }
    for first in &plan.first {
        match first {
            First::Shrink(shrunk) => {
                terminal.say(&format!(
                    "making room: alarms leave {} in {place}",
                    shrunk.stack.name
                ));
                carry_out(&region.aws, shrunk, values, false, terminal).await?;
                touched.push(&shrunk.stack.name);
            }
            First::Delete { stack, .. } => {
                terminal.say(&format!("deleting {stack} in {place}"));
                remove(&region.aws, stack, terminal).await?;
                touched.push(stack);
            }
        }
    }
    for other in others {
        let touched = touched.contains(&other.stack.name.as_str());
        if touched || !other.is_current() {
            terminal.say(&format!("deploying {} in {place}", other.stack.name));
            carry_out(&region.aws, other, values, touched, terminal).await?;
        }
    }
    Ok(())
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
