//! One change of one stack, from the change set to the settled stack.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_cloudformation::{
    Client,
    types::{Capability, ChangeSetStatus, ChangeSetType, Parameter, Tag},
};
use contract::names::TAG;
use jiff::Timestamp;

use super::{
    DeployError, Deployed, Deployer, StackCondition, StackPlan, StackStatus, Values, assets, events,
};
use crate::aws::{Aws, AwsError};

/// The largest template that CloudFormation takes along with a request, in bytes.
/// Source: "CloudFormation quotas" in its user guide.
const INLINE: usize = 51_200;

/// How a change of a stack ended, if it ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The stack is as the template says.
    Changed,
    /// It was so before.
    NoChanges,
}

/// Makes a change set, carries it out, and waits until the stack has settled.
pub(super) async fn apply(
    deployer: &Deployer<'_>,
    plan: &StackPlan<'_>,
    parameters: &BTreeMap<String, String>,
    values: &Values,
    deployed: Option<&Deployed>,
) -> Result<Outcome, DeployError> {
    let aws = &deployer.region.aws;
    let cloudformation = aws.cloudformation();
    let stack = plan.stack.name.as_str();
    let update = deployed.is_some_and(|it| it.status.condition() == StackCondition::Ready);
    // A name of its own, so that two who deploy at once never touch each other's change set.
    let name = format!(
        "tocsin-{}-{}",
        Timestamp::now().as_millisecond(),
        std::process::id()
    );

    let body = plan.template.to_string();
    let mut request = cloudformation
        .create_change_set()
        .stack_name(stack)
        .change_set_name(&name)
        .client_token(&name)
        .change_set_type(if update {
            ChangeSetType::Update
        } else {
            ChangeSetType::Create
        })
        .set_parameters(Some(parameters.iter().map(parameter).collect()))
        .tags(Tag::builder().key(TAG).value(stack).build());
    request = if body.len() <= INLINE {
        request.template_body(body)
    } else {
        request.template_url(assets::upload_template(aws, &values.bucket, &body).await?)
    };
    if has_roles(&plan.template) {
        request = request.capabilities(Capability::CapabilityIam);
    }
    request
        .send()
        .await
        .map_err(|it| AwsError::call("CloudFormation CreateChangeSet", it))?;

    let made = wait_until_made(&cloudformation, stack, &name).await;
    match made {
        Ok(true) => {}
        Ok(false) => {
            discard(&cloudformation, stack, &name, update).await;
            return Ok(Outcome::NoChanges);
        }
        Err(error) => {
            discard(&cloudformation, stack, &name, update).await;
            return Err(error);
        }
    }
    if let Some(before) = deployed {
        let now = super::describe(&cloudformation, stack).await?;
        if now.is_some_and(|now| update && now.changed != before.changed) {
            discard(&cloudformation, stack, &name, update).await;
            return Err(DeployError::Stale {
                stack: stack.to_owned(),
            });
        }
    }
    let baseline = events::newest(&cloudformation, stack).await;
    cloudformation
        .execute_change_set()
        .stack_name(stack)
        .change_set_name(&name)
        .client_request_token(&name)
        .send()
        .await
        .map_err(|it| AwsError::call("CloudFormation ExecuteChangeSet", it))?;
    let settled = deployer
        .settle(stack, baseline, StackStatus::is_settled)
        .await?;
    outcome(aws, stack, settled)
}

fn outcome(aws: &Aws, stack: &str, settled: events::Settled) -> Result<Outcome, DeployError> {
    let events::Settled { status, reasons } = settled;
    if status.is_success() {
        return Ok(Outcome::Changed);
    }
    Err(
        DeployError::stuck(stack, aws.region(), &status).unwrap_or_else(|| {
            DeployError::RolledBack {
                stack: stack.to_owned(),
                status,
                reasons,
            }
        }),
    )
}

fn parameter((key, value): (&String, &String)) -> Parameter {
    Parameter::builder()
        .parameter_key(key)
        .parameter_value(value)
        .build()
}

fn has_roles(template: &stacks::Json) -> bool {
    template["Resources"].as_object().is_some_and(|resources| {
        resources.values().any(|it| {
            it["Type"]
                .as_str()
                .is_some_and(|it| it.starts_with("AWS::IAM::"))
        })
    })
}

/// Waits for a change set; false where there is nothing to change.
async fn wait_until_made(
    cloudformation: &Client,
    stack: &str,
    name: &str,
) -> Result<bool, DeployError> {
    let mut pause = Duration::from_millis(200);
    loop {
        let answer = cloudformation
            .describe_change_set()
            .stack_name(stack)
            .change_set_name(name)
            .send()
            .await
            .map_err(|it| AwsError::call("CloudFormation DescribeChangeSet", it));
        match answer {
            Ok(answer) => match answer.status {
                Some(ChangeSetStatus::CreateComplete) => return Ok(true),
                Some(ChangeSetStatus::Failed) => {
                    let reason = answer.status_reason.unwrap_or_default();
                    if says_no_changes(&reason) {
                        return Ok(false);
                    }
                    return Err(DeployError::ChangeSet {
                        stack: stack.to_owned(),
                        reason,
                    });
                }
                _ => {}
            },
            Err(error) if error.is_passing() => {}
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(5));
    }
}

/// CloudFormation has more than one way of saying so.
fn says_no_changes(reason: &str) -> bool {
    [
        "didn't contain changes",
        "No updates are to be performed",
        "no changes",
    ]
    .iter()
    .any(|words| reason.to_lowercase().contains(&words.to_lowercase()))
}

/// Leaves nothing behind: neither the change set nor the empty stack that it was made for.
async fn discard(cloudformation: &Client, stack: &str, name: &str, update: bool) {
    let deleted = cloudformation
        .delete_change_set()
        .stack_name(stack)
        .change_set_name(name)
        .send()
        .await;
    let empty = super::describe(cloudformation, stack)
        .await
        .ok()
        .flatten()
        .is_some_and(|it| it.status == StackStatus::ReviewInProgress);
    if deleted.is_ok() && !update && empty {
        // What cannot be deleted is an empty stack, which the next deploy makes use of.
        drop(cloudformation.delete_stack().stack_name(stack).send().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_changes_in_every_wording() {
        for reason in [
            "The submitted information didn't contain changes. Submit different information to create a change set.",
            "No updates are to be performed.",
        ] {
            assert!(says_no_changes(reason), "{reason}");
        }
        assert!(!says_no_changes(
            "Template error: instance of Fn::GetAtt references undefined resource X"
        ));
    }
}
