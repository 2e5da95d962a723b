//! `synth deploy`: compares, asks, uploads, carries out, and says what became of it.

use std::collections::BTreeSet;

use serde_json::json;
use stacks::{Stack, stack::ParameterSource};

use crate::{
    aws::Region,
    cli::{AccountFile, Deploy},
    commands::{
        Session,
        diff::{show, show_identity},
        names::NameCheck,
        package::packages,
        progress::Shown,
    },
    deploy::{
        self, DeployError, Deployer, Origin, Plan, RunResult, StackOutcome, StackPlan, Values,
        assets,
    },
    diff::{Action, holds_data},
    error::{Error, Exit},
    package::Package,
    terminal::Terminal,
};

/// How often a plan is made anew because something went on in a stack.
const PLANS: usize = 20;

pub(super) async fn run(
    args: &Deploy,
    file: &AccountFile,
    session: &Session,
) -> Result<Exit, Error> {
    let file = file.load(session.terminal)?;
    let stacks = file.synthesize()?;
    let packages = packages(&file.account, &stacks)?;
    let consent = Consent {
        yes: args.yes,
        move_alarms: args.move_alarms,
    };
    let names = NameCheck {
        file: &file,
        strict: args.strict,
    };
    deploy(session, names, &stacks, &packages, consent, args.json).await
}

/// Deploys an account file, and prints the outputs.
///
/// # Errors
///
/// Returns an [`Error`] if the account file names no account, if the credentials belong to another one, if the
/// comparison or a stack fails, or if the run is stopped. What became of each stack has been printed by then. A
/// plan that is declined is not an error: it is [`Exit::Declined`].
pub async fn deploy(
    session: &Session,
    names: NameCheck<'_>,
    stacks: &[Stack],
    packages: &[Package],
    consent: Consent,
    as_json: bool,
) -> Result<Exit, Error> {
    let file = names.file;
    file.require_account()?;
    let terminal = session.terminal;
    let regions = session.connect_everywhere(&file.account).await?;
    let deployment = Deployment {
        regions: &regions,
        stacks,
        packages,
        consent,
        origin: &|template, id| file.origin(template, id),
        names: Some(names),
    };
    let (result, exit) = deploy_to(session, &deployment).await;
    let is_asked = |it: &Exit| *it == Exit::Done || result.has_changed();
    if as_json && exit.as_ref().map_or(true, is_asked) {
        terminal.data(&format!("{:#}", json!(result.stacks)));
    }
    let exit = exit?;
    if exit == Exit::Done {
        if !as_json {
            print_outputs(&result, regions.len() > 1, terminal);
        }
        let name = &file.account.monitor.account_name;
        let core = &file.account.monitor.stack;
        let is_new = |it: &deploy::StackResult| {
            it.outcome == StackOutcome::Created && it.stack == core.as_str()
        };
        if result.stacks.iter().any(is_new) {
            terminal.say(&format!("next: synth webhook set --account {name}"));
        }
    }
    Ok(exit)
}

/// What a deploy may do without asking.
#[derive(Clone, Copy, Debug)]
pub struct Consent {
    /// Change what the comparison shows.
    pub yes: bool,
    /// Move alarms from one stack to another.
    pub move_alarms: bool,
}

/// What is deployed where.
#[derive(Clone, Copy)]
pub struct Deployment<'a> {
    /// The regions, in this order.
    pub regions: &'a [Region],
    /// The stacks, in this order.
    pub stacks: &'a [Stack],
    /// The functions' code.
    pub packages: &'a [Package],
    /// What may be done without asking.
    pub consent: Consent,
    /// Where resources come from.
    pub origin: &'a Origin<'a>,
    /// The names that are compared with the account while the stacks are, if any are.
    pub names: Option<NameCheck<'a>>,
}

/// What a deploy would do in a region.
struct RegionPlan<'a> {
    region: &'a Region,
    values: Values,
    plan: Plan<'a>,
}

/// Compares, asks unless that is consented to, uploads, and carries out, in every region. What became of each stack is
/// known even where the run does not end well, and then said.
///
/// # Errors
///
/// The second part is an [`Error`] if AWS refuses or does not answer, if a stack fails, is not the account file's
/// or requires manual intervention, if nobody can be asked, or if the run is stopped.
pub async fn deploy_to(
    session: &Session,
    deployment: &Deployment<'_>,
) -> (RunResult, Result<Exit, Error>) {
    let mut result = RunResult::default();
    let exit = deploy_all(session, deployment, &mut result).await;
    if exit.is_err() {
        say_result(&result, session.terminal);
    }
    (result, exit)
}

/// Says what became of each stack, where that is more than what the error says.
pub(super) fn say_result(result: &RunResult, terminal: Terminal) {
    if result.has_changed() || result.stacks.len() > 1 {
        terminal.say("this run:");
        for line in result.lines() {
            terminal.say(&line);
        }
    }
}

async fn deploy_all(
    session: &Session,
    deployment: &Deployment<'_>,
    result: &mut RunResult,
) -> Result<Exit, Error> {
    let Deployment {
        regions,
        packages,
        consent,
        ..
    } = *deployment;
    let terminal = session.terminal;
    let shown = &Shown::at(terminal);
    let observer = &|event: &deploy::DeployEvent<'_>| shown.show(event);
    let mut accepted = BTreeSet::new();
    show_identity(regions, |line| terminal.say(line));
    for round in 0..PLANS {
        let names = deployment.names.filter(|_| round == 0);
        let found = async {
            Ok(match names {
                Some(names) => Some(names.look_up(regions).await),
                None => None,
            })
        };
        let both = async { tokio::try_join!(plan_all(deployment), found) };
        let (plans, found) = session.unless_stopped(both).await?;
        if let Some((names, found)) = names.zip(found) {
            names.show(found, terminal)?;
        }
        note_plans(&plans, result);
        let deployer = |region| Deployer {
            region,
            observer,
            stop: &session.stop,
            origin: deployment.origin,
            accepted: &accepted,
        };
        if wait_for_one(&plans, deployer).await? {
            continue;
        }
        show_all(&plans, consent, terminal)?;
        if plans.iter().all(|it| it.plan.is_current()) {
            terminal.say("nothing to do");
            return Ok(Exit::Done);
        }
        let confirm = terminal.confirm_unless_stopped(question(&plans), &session.stop);
        if !consent.yes && !confirm.await? {
            return Ok(Exit::Declined);
        }
        for RegionPlan { region, plan, .. } in plans.iter().filter(|it| !it.plan.is_current()) {
            // Nobody looks into the bucket of a region that runs no function.
            if region.is_watched {
                let needed = needed(plan, packages);
                let upload = assets::upload(region, &needed, observer);
                session.unless_stopped(upload).await?;
            }
        }
        match carry_out(&plans, deployer, result).await {
            Ok(()) => {
                terminal.say("deployed");
                return Ok(Exit::Done);
            }
            // Nobody was asked about this.
            Err(DeployError::BeyondPlan { stack, id, .. }) if terminal.interactive => {
                let question = format!("Let CloudFormation replace or remove `{id}` of `{stack}`?");
                let confirm = terminal.confirm_unless_stopped(question, &session.stop);
                if !confirm.await? {
                    // Stacks before this one may be changed.
                    say_result(result, terminal);
                    return Ok(Exit::Declined);
                }
                accepted.insert(format!("{stack}/{id}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::NeverAtRest)
}

async fn plan_all<'a>(deployment: &Deployment<'a>) -> Result<Vec<RegionPlan<'a>>, DeployError> {
    let mut plans = Vec::new();
    for region in deployment.regions {
        let values = Values::of(region, deployment.packages);
        let plan = deploy::plan(region, deployment.stacks, &values).await?;
        plans.push(RegionPlan {
            region,
            values,
            plan,
        });
    }
    Ok(plans)
}

/// The packages of which the bucket may not have the code. What a deployed stack runs was uploaded once; CloudFormation
/// reads that again only for a function that it makes.
fn needed<'a>(plan: &Plan<'_>, packages: &'a [Package]) -> Vec<&'a Package> {
    let runs_functions = |it: &StackPlan<'_>| {
        let mut sources = it.stack.parameters.values();
        sources.any(|it| matches!(it, ParameterSource::CodeKey(_)))
    };
    let makes_functions = |it: &StackPlan<'_>| {
        (it.is_new() && runs_functions(it))
            || it.diff.resources.iter().any(|it| {
                let is_made = [Action::Add, Action::Replace, Action::MayReplace];
                it.resource_type == "AWS::Lambda::Function" && is_made.contains(&it.action)
            })
    };
    if plan.stacks.iter().any(makes_functions) {
        return packages.iter().collect();
    }
    let deployed = plan.stacks.iter().filter_map(|it| it.deployed.as_ref());
    let deployed: BTreeSet<&str> = deployed
        .flat_map(|it| it.parameters.values())
        .map(String::as_str)
        .collect();
    let packages = packages.iter();
    packages
        .filter(|it| !deployed.contains(assets::key(it).as_str()))
        .collect()
}

/// What is so before anything is done.
fn note_plans(plans: &[RegionPlan<'_>], result: &mut RunResult) {
    for RegionPlan { region, plan, .. } in plans {
        for stack in &plan.stacks {
            let outcome = if stack.is_current() {
                StackOutcome::Unchanged
            } else {
                StackOutcome::NotReached
            };
            let now = stack.deployed.as_ref();
            // What an earlier round of this run has done counts.
            let before = result.outcome(&stack.stack.name, region.name());
            let outcome = match before {
                Some(done @ (StackOutcome::Created | StackOutcome::Changed))
                    if stack.is_current() =>
                {
                    done
                }
                _ => outcome,
            };
            result.note(&stack.stack.name, region.name(), outcome, now);
        }
    }
}

/// Waits where something goes on; whether it did. What is compared must not change by itself.
async fn wait_for_one<'a>(
    plans: &'a [RegionPlan<'_>],
    deployer: impl Fn(&'a Region) -> Deployer<'a>,
) -> Result<bool, DeployError> {
    for RegionPlan { region, plan, .. } in plans {
        for stack in &plan.stacks {
            if let (Some(_), Some(found)) = (stack.busy(), &stack.deployed) {
                deployer(region)
                    .wait_until_at_rest(&stack.stack.name, found)
                    .await?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Shows every plan; an error where one cannot be carried out.
fn show_all(plans: &[RegionPlan<'_>], consent: Consent, terminal: Terminal) -> Result<(), Error> {
    for RegionPlan { region, plan, .. } in plans {
        show(plan, region.name(), terminal, |line| terminal.say(line));
        for stack in &plan.stacks {
            stack.check_not_stuck(region.name())?;
        }
        if !plan.moved.is_empty() && !consent.move_alarms {
            return Err(Error::Moves {
                count: plan.moved.len(),
                first: plan.moved.first().cloned().unwrap_or_default(),
            });
        }
    }
    Ok(())
}

/// The question that names what goes with what is in it.
fn question(plans: &[RegionPlan<'_>]) -> String {
    let stacks = || plans.iter().flat_map(|it| &it.plan.stacks);
    let deleted = stacks().filter_map(|it| Some(it.remains.as_ref()?.deleted.len()));
    let changed = stacks().flat_map(|it| &it.diff.resources).filter(|it| {
        let gone = [Action::Remove, Action::Replace, Action::MayReplace];
        holds_data(&it.resource_type) && gone.contains(&it.action)
    });
    match deleted.sum::<usize>() + changed.count() {
        0 => "Deploy these changes?".to_owned(),
        1 => "Delete or replace 1 resource with what is in it, as named above, and deploy?"
            .to_owned(),
        losses => format!(
            "Delete or replace {losses} resources with what is in them, as named above, and deploy?"
        ),
    }
}

async fn carry_out<'a>(
    plans: &'a [RegionPlan<'_>],
    deployer: impl Fn(&'a Region) -> Deployer<'a>,
    result: &mut RunResult,
) -> Result<(), DeployError> {
    for RegionPlan {
        region,
        values,
        plan,
    } in plans
    {
        deployer(region).carry_out(plan, values, result).await?;
    }
    Ok(())
}

/// Prints what the stacks show, with the region where there are several.
fn print_outputs(result: &RunResult, with_region: bool, terminal: Terminal) {
    for it in &result.stacks {
        let place = if with_region {
            format!("{} {}", it.region, it.stack)
        } else {
            it.stack.clone()
        };
        for (name, value) in &it.outputs {
            terminal.data(&format!("{place}.{name} = {value}"));
        }
        let is_there = [StackOutcome::Created, StackOutcome::Changed].contains(&it.outcome);
        if is_there && it.status.is_none() {
            terminal.say(&format!(
                "the outputs of {} in {} could not be read: run this command again to see them",
                it.stack, it.region
            ));
        }
    }
}
