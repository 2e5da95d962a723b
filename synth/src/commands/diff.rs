//! `synth diff`: the templates against what is deployed.

use serde_json::json;
use stacks::{Json, Stack};

use crate::{
    aws::Region,
    cli::{AccountFile, Diff},
    commands::{Session, names::NameCheck, package::packages},
    deploy::{
        self, DeployError, First, Plan, Remains, Resource, StackCondition, StackPlan, Values,
    },
    diff::render,
    error::{Error, Exit},
    package::Package,
    terminal::Terminal,
};

pub(crate) async fn run(args: &Diff, file: &AccountFile, session: &Session) -> Result<Exit, Error> {
    let file = file.load(session.terminal)?;
    let stacks = file.synthesize()?;
    let packages = packages(&file.account, &stacks).unwrap_or_else(|error| {
        session
            .terminal
            .say(&format!("code is not compared: {error}"));
        Vec::new()
    });
    let names = NameCheck {
        file: &file,
        strict: args.strict,
    };
    let exit = diff(session, names, &stacks, &packages, args.json).await?;
    Ok(if args.exit_code { exit } else { Exit::Done })
}

/// Compares, and shows what a deploy would change. The exit code is that of `--exit-code`.
///
/// # Errors
///
/// Returns an [`Error`] if the credentials belong to another account, if CloudFormation refuses or does not
/// answer, if a stack belongs to somebody else, if the run is stopped, or, with `--strict`, if names in the
/// account file are not in the account.
pub async fn diff(
    session: &Session,
    names: NameCheck<'_>,
    stacks: &[Stack],
    packages: &[Package],
    as_json: bool,
) -> Result<Exit, Error> {
    let terminal = session.terminal;
    let mut exit = Exit::Done;
    let mut all: Vec<Json> = Vec::new();
    let regions = session.connect_everywhere(&names.file.account).await?;
    show_identity(&regions, |line| terminal.say(line));
    let plans = async {
        let mut plans = Vec::new();
        for region in &regions {
            let values = Values::of(region, packages);
            plans.push(deploy::plan(region, stacks, &values).await?);
        }
        Ok::<_, DeployError>(plans)
    };
    let found = async { Ok(names.look_up(&regions).await) };
    let both = async { tokio::try_join!(plans, found) };
    let (plans, found) = session.unless_stopped(both).await?;
    for (region, plan) in regions.iter().zip(&plans) {
        exit = worse(exit, exit_of(plan));
        if as_json {
            all.extend(to_json(plan, region.name()));
        } else {
            show(plan, region.name(), terminal, |line| {
                terminal.data(line);
            });
        }
    }
    if as_json {
        terminal.data(&format!("{:#}", Json::Array(all)));
    }
    names.show(found, terminal)?;
    Ok(exit)
}

/// What `diff --exit-code` ends with for one region. A stack that a deploy would have to wait for or make again
/// differs, whatever its template says.
fn exit_of(plan: &Plan<'_>) -> Exit {
    let conditions = plan.stacks.iter().filter_map(|it| it.deployed.as_ref());
    let exit = conditions.fold(Exit::Done, |exit, it| {
        worse(exit, exit_of_condition(it.status.condition()))
    });
    if plan.is_current() {
        exit
    } else {
        worse(exit, Exit::Differences)
    }
}

/// What `diff --exit-code` ends with for a stack of which the template does not differ.
pub fn exit_of_condition(condition: StackCondition) -> Exit {
    match condition {
        StackCondition::Ready => Exit::Done,
        StackCondition::Absent | StackCondition::Busy | StackCondition::NeverCreated => {
            Exit::Differences
        }
        StackCondition::Stuck | StackCondition::Unknown => Exit::ManualIntervention,
    }
}

fn worse(a: Exit, b: Exit) -> Exit {
    if a as u8 >= b as u8 { a } else { b }
}

/// Shows whose credentials are used, and where.
pub(super) fn show_identity(regions: &[Region], print: impl Fn(&str)) {
    let Some(first) = regions.first() else { return };
    let names: Vec<&str> = regions.iter().map(Region::name).collect();
    let caller = if first.caller.is_empty() {
        String::new()
    } else {
        format!(", as {}", first.caller)
    };
    print(&format!(
        "account {} in {}{caller}",
        first.account,
        names.join(", ")
    ));
}

fn to_json(plan: &Plan<'_>, region: &str) -> Vec<Json> {
    let stacks = plan.stacks.iter().map(|it| {
        json!({
            "stack": it.stack.name,
            "region": region,
            "status": it.deployed.as_ref().map(|it| it.status.to_string()),
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
            ..
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
    if let Some(remains) = &plan.remains {
        print("  its first deploy failed: the stack would be deleted and made again");
        show_remains(remains, &print);
    }
    let condition = plan.deployed.as_ref().map(|it| it.status.condition());
    if condition == Some(StackCondition::Busy) {
        print("  an operation goes on: what it leads to is not known yet");
    }
    if plan.diff.is_empty() {
        print("  no differences");
    } else {
        print(render(&plan.diff, terminal.color).trim_end());
    }
}

/// Shows what goes with a stack, and what stays.
pub(super) fn show_remains(remains: &Remains, print: impl Fn(&str)) {
    for (what, resources) in [
        ("would be deleted, with what is in it", &remains.deleted),
        ("would stay, and belong to no stack", &remains.kept),
    ] {
        for Resource { id, kind, name } in resources {
            print(&format!("  {what}: {id}  {kind}  {name}"));
        }
    }
}
