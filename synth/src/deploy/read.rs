//! Stacks as they are.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{
    Client,
    types::{StackStatus as SdkStatus, TemplateStage},
};
use contract::{Output, StackRole, names::STACK_DESCRIPTION};
use stacks::{Json, Monitor, stack_names};

use super::{DeployError, StackStatus};
use crate::aws::{AwsError, Region};

/// A stack as it is.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// Its status.
    pub status: StackStatus,
    /// Why it is so, in CloudFormation's words.
    pub reason: Option<String>,
    /// The values of its parameters.
    pub parameters: BTreeMap<String, String>,
    /// What it shows.
    pub outputs: BTreeMap<String, String>,
    /// When it was last changed, in seconds since 1970.
    pub changed: i64,
    /// Whether it may not be deleted.
    pub protected: bool,
}

impl Deployed {
    /// What the core stack shows under a name.
    pub fn output(&self, name: Output) -> Option<&str> {
        self.outputs.get(name.as_str()).map(String::as_str)
    }
}

/// The stack of this name, if there is one.
pub async fn describe(cloudformation: &Client, name: &str) -> Result<Option<Deployed>, AwsError> {
    let answer = cloudformation
        .describe_stacks()
        .stack_name(name)
        .send()
        .await;
    let stacks = match answer.map_err(|it| AwsError::call("CloudFormation DescribeStacks", it)) {
        Ok(answer) => answer.stacks.unwrap_or_default(),
        Err(error) if does_not_exist(&error, name) => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(stack) = stacks.into_iter().next() else {
        return Ok(None);
    };
    let changed = stack
        .last_updated_time
        .or(stack.creation_time)
        .map_or(0, |it| it.secs());
    Ok(Some(Deployed {
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
        changed,
        protected: stack.enable_termination_protection.unwrap_or_default(),
    }))
}

/// A stack that must be there.
pub async fn deployed(region: &Region, stack: &str) -> Result<Deployed, DeployError> {
    describe(&region.aws.cloudformation(), stack)
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

/// The names of all stacks, in the order in which they are deployed: those of the account file, and those
/// that were deployed of it once. The first is the core stack.
pub async fn all_stacks(
    cloudformation: &Client,
    monitor: &Monitor,
) -> Result<Vec<String>, AwsError> {
    let core = monitor.stack.as_str();
    let mut names = stack_names(monitor);
    names.extend(siblings(cloudformation, core).await?);
    names.sort_by_key(|name| StackRole::of(name, core));
    names.dedup();
    Ok(names)
}

/// The names of the stacks of alarms that belong to a core stack, whatever the account file says of
/// them now.
pub async fn siblings(cloudformation: &Client, core: &str) -> Result<Vec<String>, AwsError> {
    let mut names = Vec::new();
    let mut pages = cloudformation.list_stacks().into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|it| AwsError::call("CloudFormation ListStacks", it))?;
        for stack in page.stack_summaries.unwrap_or_default() {
            // What was never deployed is not there either.
            let gone = stack.stack_status.is_some_and(|it| {
                [SdkStatus::DeleteComplete, SdkStatus::ReviewInProgress].contains(&it)
            });
            let ours = stack
                .template_description
                .is_none_or(|it| it.starts_with(STACK_DESCRIPTION));
            let name = stack.stack_name.unwrap_or_default();
            if !gone && ours && is_sibling(&name, core) {
                names.push(name);
            }
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

fn is_sibling(name: &str, core: &str) -> bool {
    match StackRole::of(name, core) {
        Some(StackRole::Alarms(_) | StackRole::Composites) => true,
        Some(StackRole::Core) | None => false,
    }
}

/// The template of a stack, as it was handed in.
pub async fn template(cloudformation: &Client, name: &str) -> Result<Json, AwsError> {
    const OPERATION: &str = "CloudFormation GetTemplate";
    let answer = cloudformation
        .get_template()
        .stack_name(name)
        .template_stage(TemplateStage::Original)
        .send()
        .await
        .map_err(|it| AwsError::call(OPERATION, it))?;
    let body = answer.template_body.unwrap_or_default();
    serde_json::from_str(&body).map_err(|_| AwsError::Unreadable {
        operation: OPERATION,
        reason: format!("the template of the stack `{name}` is not JSON: Tocsin did not write it"),
    })
}
