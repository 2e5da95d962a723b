//! `synth deploy`: compares, asks, uploads, carries out.

use serde_json::{Map, json};
use stacks::{Json, Stack};

use crate::{
    aws::Region,
    cli::Deploy,
    commands::{connect, diff::show, package::packages, progress::shown_at},
    deploy::{self, Deployer, Plan, Values, assets, deployed},
    error::{Error, Exit},
    package::Package,
    terminal::{Stop, Terminal},
};

pub(super) async fn run(args: &Deploy, terminal: Terminal) -> Result<Exit, Error> {
    let file = args.file.load(terminal)?;
    let (account, stacks) = (&file.account, &file.synthesize()?);
    let packages = packages(account, stacks)?;
    let regions = connect(account).await?;
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
pub struct Consent {
    /// Change what the comparison shows.
    pub yes: bool,
    /// Move alarms from one stack to another.
    pub move_alarms: bool,
}

/// Compares, asks unless that is consented to, uploads, and carries out, in every region.
pub async fn deploy_to(
    regions: &[Region],
    stacks: &[Stack],
    packages: &[Package],
    consent: Consent,
    terminal: Terminal,
) -> Result<Exit, Error> {
    let mut plans: Vec<(&Region, Values, Plan<'_>)> = Vec::new();
    for region in regions {
        let values = Values::of(region, packages);
        let plan = deploy::plan(&region.aws.cloudformation(), stacks, &values).await?;
        show(&plan, region.name(), terminal, |line| {
            terminal.say(line);
        });
        for plan in &plan.stacks {
            plan.check_not_stuck(region.name())?;
        }
        if !plan.moved.is_empty() && !consent.move_alarms {
            return Err(Error::Moves {
                count: plan.moved.len(),
                first: plan.moved.first().cloned().unwrap_or_default(),
            });
        }
        plans.push((region, values, plan));
    }
    if plans.iter().all(|(_, _, plan)| plan.is_current()) {
        terminal.say("nothing to do");
        return Ok(Exit::Done);
    }
    if !consent.yes && !terminal.confirm("Deploy these changes?")? {
        return Ok(Exit::Declined);
    }
    let observer = &shown_at(terminal);
    for region in regions {
        assets::upload(region, packages, observer).await?;
    }
    let stop = &Stop::on_signal();
    for (region, values, plan) in &plans {
        let deployer = Deployer {
            region,
            observer,
            stop,
        };
        deployer.carry_out(plan, values).await?;
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
            let outputs = deployed(region, &stack.name).await?.outputs;
            if as_json {
                let outputs: Map<String, Json> = outputs
                    .into_iter()
                    .map(|(name, value)| (name, Json::from(value)))
                    .collect();
                all.push(json!({
                    "stack": stack.name, "region": region.name(), "outputs": outputs,
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
