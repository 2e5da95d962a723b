//! Stacks as they are.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{
    primitives::DateTime,
    types::{StackStatus as SdkStatus, TemplateStage},
};
use contract::{Output, StackRole, names::STACK_DESCRIPTION};
use stacks::{Json, Monitor, Stack, stack_names};

use super::{DeployError, StackStatus, owner::owner};
use crate::aws::{Aws, AwsError, Region};

/// A stack as it is.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its ID: another stack of the same name has another.
    pub id: String,
    /// Its status.
    pub status: StackStatus,
    /// Why it is so, in CloudFormation's words.
    pub reason: Option<String>,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// What it shows.
    pub outputs: BTreeMap<String, String>,
    /// When it was made.
    pub created: Option<DateTime>,
    /// When it was last changed since.
    pub updated: Option<DateTime>,
    /// Whether it may not be deleted.
    pub protected: bool,
}

impl Deployed {
    /// When it was last made or changed.
    pub fn changed(&self) -> Option<&DateTime> {
        self.updated.as_ref().or(self.created.as_ref())
    }

    /// What the core stack shows under a name.
    pub fn output(&self, name: Output) -> Option<&str> {
        self.outputs.get(name.as_str()).map(String::as_str)
    }
}

/// The stack of this name or ID, if there is one.
pub async fn describe(aws: &Aws, name: &str) -> Result<Option<Deployed>, AwsError> {
    let request = aws.cloudformation().describe_stacks().stack_name(name);
    let answer = aws.patiently(|| async {
        let answer = request.clone().send().await;
        let answer = answer.map_err(|it| AwsError::call("CloudFormation DescribeStacks", it))?;
        // A stack without a status is none: that is no answer of CloudFormation's.
        let stack = answer.stacks.unwrap_or_default().into_iter().next();
        stack
            .filter(|it| it.stack_status.is_some())
            .ok_or_else(|| AwsError::NoAnswer {
                operation: "CloudFormation DescribeStacks",
                reason: "the answer has no stack in it".to_owned(),
            })
    });
    let stack = match answer.await {
        Ok(stack) => stack,
        Err(error) if does_not_exist(&error, name) => return Ok(None),
        Err(error) => return Err(error),
    };
    Ok(Some(Deployed {
        id: stack.stack_id.unwrap_or_else(|| name.to_owned()),
        status: StackStatus::parse(stack.stack_status.as_ref().map_or("", |it| it.as_str())),
        reason: stack.stack_status_reason,
        parameters: stack
            .parameters
            .unwrap_or_default()
            .into_iter()
            .filter_map(|it| Some((it.parameter_key?, it.parameter_value?)))
            .collect(),
        outputs: stack
            .outputs
            .unwrap_or_default()
            .into_iter()
            .filter_map(|it| Some((it.output_key?, it.output_value?)))
            .collect(),
        created: stack.creation_time,
        updated: stack.last_updated_time,
        protected: stack.enable_termination_protection.unwrap_or_default(),
    }))
}

/// A stack that must be there.
pub async fn deployed(region: &Region, stack: &str) -> Result<Deployed, DeployError> {
    describe(&region.aws, stack)
        .await?
        .ok_or_else(|| not_deployed(region, stack))
}

/// What a stack that must be there shows under a name.
pub async fn output(region: &Region, stack: &str, name: Output) -> Result<String, DeployError> {
    let deployed = deployed(region, stack).await?;
    let value = deployed.output(name).map(str::to_owned);
    value.ok_or_else(|| not_deployed(region, stack))
}

fn not_deployed(region: &Region, stack: &str) -> DeployError {
    DeployError::NotDeployed {
        stack: stack.to_owned(),
        region: region.name().to_owned(),
    }
}

/// CloudFormation has no code of its own for a stack that is not there, only this text.
fn does_not_exist(error: &AwsError, name: &str) -> bool {
    let absent = format!("Stack with id {name} does not exist");
    error.code() == Some("ValidationError") && error.message() == Some(&absent)
}

/// Those of the stacks that are deployed to a region, in the order in which they are.
pub fn stacks_in<'a>(region: &Region, stacks: &'a [Stack]) -> Vec<&'a Stack> {
    let is_here = |it: &&Stack| is_in(region, it.region.as_deref());
    stacks.iter().filter(is_here).collect()
}

/// Whether a stack is deployed to a region, if it is deployed to this one only, or to each that is watched.
fn is_in(region: &Region, only: Option<&str>) -> bool {
    only.map_or(region.is_watched, |only| only == region.name())
}

/// The names of the stacks that an account file has in a region, in the order in which they are deployed.
pub fn wanted_stacks(region: &Region, monitor: &Monitor) -> Vec<String> {
    let core = monitor.stack.as_str();
    let mut names = stack_names(monitor);
    names.retain(|name| {
        let only = match StackRole::of(name, core) {
            Some(StackRole::AgentEvents) => monitor.forwarding().map(|(_, it)| it.from.as_str()),
            _ => None,
        };
        is_in(region, only)
    });
    names
}

/// The names of all stacks in a region, in the order in which they are deployed: those of the account file, and those
/// that were deployed of it once.
pub async fn all_stacks(region: &Region, monitor: &Monitor) -> Result<Vec<String>, AwsError> {
    let core = monitor.stack.as_str();
    let mut names = wanted_stacks(region, monitor);
    let siblings = siblings(region, core, &BTreeMap::new()).await?;
    names.extend(siblings.into_keys());
    names.sort_by_key(|name| StackRole::of(name, core));
    names.dedup();
    Ok(names)
}

/// A further stack that belongs to a core stack.
pub(super) struct Sibling {
    /// Its ID: another stack of the same name has another.
    pub(super) id: Option<String>,
    pub(super) template: Json,
}

/// The further stacks that belong to a core stack, whatever the account file says of them now. Stacks of others
/// that are only called so are not among them. Templates that are `known` are not read.
pub(super) async fn siblings(
    region: &Region,
    core: &str,
    known: &BTreeMap<String, Json>,
) -> Result<BTreeMap<String, Sibling>, AwsError> {
    const OPERATION: &str = "CloudFormation ListStacks";
    let aws = &region.aws;
    let there: Vec<SdkStatus> = StackStatus::ALL
        .iter()
        // What was never deployed is not there either.
        .filter(|it| {
            !matches!(
                it,
                StackStatus::DeleteComplete | StackStatus::ReviewInProgress
            )
        })
        .map(|it| SdkStatus::from(it.as_str()))
        .collect();
    let mut ids: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut page = None;
    loop {
        let request = aws
            .cloudformation()
            .list_stacks()
            .set_stack_status_filter(Some(there.clone()))
            .set_next_token(page);
        let answer = aws
            .patiently(|| async {
                let answer = request.clone().send().await;
                let answer = answer.map_err(|it| AwsError::call(OPERATION, it))?;
                aws.own_answer(OPERATION, answer)
            })
            .await?;
        for stack in answer.stack_summaries.unwrap_or_default() {
            let ours = stack
                .template_description
                .is_none_or(|it| it.starts_with(STACK_DESCRIPTION));
            let name = stack.stack_name.unwrap_or_default();
            let gone = stack.stack_status == Some(SdkStatus::DeleteComplete);
            if ours && !gone && is_sibling(&name, core, region) {
                ids.insert(name, stack.stack_id);
            }
        }
        page = answer.next_token;
        if page.is_none() {
            break;
        }
    }
    let mut siblings = BTreeMap::new();
    for (name, id) in ids {
        if let Some(template) = known.get(&name).cloned() {
            siblings.insert(name, Sibling { id, template });
            continue;
        }
        // By its ID: what is deleted by it is what was read.
        match template(aws, id.as_deref().unwrap_or(&name)).await {
            Ok(Some(template)) if owner(&template) == Some(core) => {
                siblings.insert(name, Sibling { id, template });
            }
            // Tocsin's templates are JSON.
            Ok(_) | Err(AwsError::Unreadable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(siblings)
}

/// In a region that is not watched any more, everything else is left alone, as its core stack is.
fn is_sibling(name: &str, core: &str, region: &Region) -> bool {
    match StackRole::of(name, core) {
        Some(StackRole::Alarms(_) | StackRole::Composites) => region.is_watched,
        Some(StackRole::AgentEvents) => true,
        Some(StackRole::Core) | None => false,
    }
}

/// The template of a stack, as it was handed in, if the stack is there.
pub async fn template(aws: &Aws, name: &str) -> Result<Option<Json>, AwsError> {
    const OPERATION: &str = "CloudFormation GetTemplate";
    let request = aws
        .cloudformation()
        .get_template()
        .stack_name(name)
        .template_stage(TemplateStage::Original);
    let body = aws
        .patiently(|| async {
            let answer = request.clone().send().await;
            let answer = answer.map_err(|it| AwsError::call(OPERATION, it))?;
            answer.template_body.ok_or_else(|| AwsError::NoAnswer {
                operation: OPERATION,
                reason: "the answer has no template in it".to_owned(),
            })
        })
        .await;
    let body = match body {
        Ok(body) => body,
        Err(error) if does_not_exist(&error, name) => return Ok(None),
        Err(error) => return Err(error),
    };
    let template = serde_json::from_str(&body).map(Some);
    template.map_err(|_| AwsError::Unreadable {
        operation: OPERATION,
        reason: format!("the template of the stack `{name}` is not JSON: Tocsin did not write it"),
    })
}
