//! From templates to deployed stacks, by change set.

pub mod assets;
mod change_set;
mod error;
mod events;
mod read;
mod remove;
mod staging;
mod status;

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use aws_sdk_cloudformation::Client;
use stacks::{Json, Stack, ToJson as _, stack::ParameterSource};

use crate::{
    aws::{Aws, AwsError},
    diff::{self, Diff, Source},
    terminal::Terminal,
};

pub use change_set::Outcome;
pub use error::DeployError;
pub use read::{Deployed, describe, siblings, template};
pub use remove::{Removed, kept, remove};
use staging::{Staging, Step, Templates, staging};
pub use status::{StackStatus, Standing};

/// What a deploy would do to one stack of one region.
#[derive(Debug)]
pub struct StackPlan<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// The template, as CloudFormation is given it.
    pub template: Json,
    /// The values of the parameters that are known before anything is deployed.
    pub parameters: BTreeMap<String, String>,
    /// The stack as it is now.
    pub deployed: Option<Deployed>,
    /// What would change.
    pub diff: Diff,
}

/// What a deploy would do in one region.
#[derive(Debug)]
pub struct Plan<'a> {
    /// What must leave first, in this order.
    pub first: Vec<First<'a>>,
    /// The names of the alarms that move from one place to another.
    pub moved: BTreeSet<String>,
    /// The stacks, in the order in which they are deployed.
    pub stacks: Vec<StackPlan<'a>>,
}

/// What must happen to a stack before the rest is deployed.
#[derive(Debug)]
pub enum First<'a> {
    /// It becomes smaller.
    Shrink(StackPlan<'a>),
    /// It is deleted.
    Delete {
        /// Its name.
        stack: String,
        /// Whether the account file still asks for it: then it comes back.
        comes_back: bool,
    },
}

/// The values that parameters get from outside of CloudFormation.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// The region.
    pub region: String,
    /// The bucket of all code.
    pub bucket: String,
    /// The key of each function's code, by binary. Those that are not built are not there.
    pub keys: BTreeMap<&'static str, String>,
}

impl StackPlan<'_> {
    /// An error if a person has to decide something first, even where there is nothing to deploy.
    pub fn check_not_stuck(&self, region: &str) -> Result<(), DeployError> {
        match &self.deployed {
            Some(it) if it.status.standing() == Standing::Stuck => {
                Err(DeployError::stuck(&self.stack.name, region, it))
            }
            _ => Ok(()),
        }
    }

    /// Whether a deploy would have nothing to do.
    pub fn is_current(&self) -> bool {
        let ready = self
            .deployed
            .as_ref()
            .is_some_and(|it| it.status.standing() == Standing::Ready);
        ready && self.diff.is_empty()
    }
}

/// Compares stacks with what is deployed of them. The first is the core stack.
pub async fn plan<'a>(
    cloudformation: &Client,
    stacks: &'a [Stack],
    values: &Values,
) -> Result<Plan<'a>, AwsError> {
    let mut plans: Vec<StackPlan<'a>> = Vec::new();
    let mut outputs: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut now = Templates::new();
    for stack in stacks {
        let deployed = describe(cloudformation, &stack.name).await?;
        let before = match &deployed {
            Some(it) if it.status.standing() != Standing::Absent => {
                outputs.insert(stack.name.clone(), it.outputs.clone());
                let template = template(cloudformation, &stack.name).await?;
                now.insert(stack.name.clone(), template.clone());
                Some(Source {
                    template,
                    parameters: it.parameters.clone(),
                })
            }
            _ => None,
        };
        let parameters = parameters(stack, values, &outputs);
        let after = Source {
            template: stack.template.to_json(),
            parameters,
        };
        let diff = diff::diff(before.as_ref(), &after);
        let Source {
            template,
            parameters,
        } = after;
        plans.push(StackPlan {
            stack,
            template,
            parameters,
            deployed,
            diff,
        });
    }
    let Some(core) = stacks.first() else {
        return Ok(Plan {
            first: Vec::new(),
            moved: BTreeSet::new(),
            stacks: plans,
        });
    };
    for sibling in siblings(cloudformation, &core.name).await? {
        if let Entry::Vacant(slot) = now.entry(sibling) {
            let template = template(cloudformation, slot.key()).await?;
            slot.insert(template);
        }
    }
    now.remove(&core.name);
    let wanted = plans
        .iter()
        .skip(1)
        .map(|it| (it.stack.name.clone(), it.template.clone()))
        .collect();
    let Staging { steps, moved } = staging(&wanted, &now);
    let first = steps.into_iter().map(|step| first(step, &plans)).collect();
    Ok(Plan {
        first,
        moved,
        stacks: plans,
    })
}

fn first<'a>(step: Step, plans: &[StackPlan<'a>]) -> First<'a> {
    let plan = plans.iter().find(|it| it.stack.name == step.stack());
    match (step, plan) {
        (Step::Shrink { template, .. }, Some(plan)) => First::Shrink(StackPlan {
            stack: plan.stack,
            template,
            parameters: plan.parameters.clone(),
            deployed: plan.deployed.clone(),
            diff: Diff::default(),
        }),
        (Step::Shrink { stack, .. } | Step::Delete { stack }, plan) => First::Delete {
            stack,
            comes_back: plan.is_some(),
        },
    }
}

/// The values of a stack's parameters, as far as they are known.
fn parameters(
    stack: &Stack,
    values: &Values,
    outputs: &BTreeMap<String, BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    stack
        .parameters
        .iter()
        .filter_map(|(name, source)| {
            let value = match source {
                ParameterSource::AssetBucket => Some(values.bucket.clone()),
                ParameterSource::Region(lists) => {
                    lists.get(&values.region).map(|list| list.join(","))
                }
                ParameterSource::CodeKey(asset) => values.keys.get(asset.binary()).cloned(),
                ParameterSource::Output { stack, output } => {
                    outputs.get(stack).and_then(|it| it.get(*output)).cloned()
                }
            };
            Some((name.clone(), value?))
        })
        .collect()
}

/// Carries out a plan: creates or updates the stack and waits until it has settled. Returns its
/// outputs. `touched` says that this deploy has changed the stack since the plan was made.
pub async fn carry_out(
    aws: &Aws,
    plan: &StackPlan<'_>,
    values: &Values,
    touched: bool,
    terminal: Terminal,
) -> Result<BTreeMap<String, String>, DeployError> {
    let cloudformation = aws.cloudformation();
    let stack = plan.stack;
    let mut deployed = if touched {
        describe(&cloudformation, &stack.name).await?
    } else {
        plan.deployed.clone()
    };
    if let Some(it) = &deployed {
        match it.status.standing() {
            Standing::Absent | Standing::Ready => {}
            Standing::Busy => {
                terminal.say(&format!(
                    "{}: {} goes on; waiting for it",
                    stack.name, it.status
                ));
                let at_rest = |status: StackStatus| status.standing() != Standing::Busy;
                events::settle(aws, &stack.name, None, at_rest, terminal).await?;
                deployed = describe(&cloudformation, &stack.name).await?;
            }
            Standing::Unborn => {
                terminal.say(&format!(
                    "{}: its first deploy failed ({}); deleting what is left of it",
                    stack.name, it.status
                ));
                remove(aws, &stack.name, terminal).await?;
                deployed = None;
            }
            Standing::Stuck => return Err(DeployError::stuck(&stack.name, aws.region(), it)),
        }
    }
    // Outputs of stacks that came before are known by now.
    let mut parameters = plan.parameters.clone();
    for (name, source) in &stack.parameters {
        if let ParameterSource::Output {
            stack: other,
            output,
        } = source
        {
            let value = describe(&cloudformation, other)
                .await?
                .and_then(|mut it| it.outputs.remove(*output))
                .ok_or_else(|| DeployError::MissingOutput {
                    stack: other.clone(),
                    output,
                })?;
            parameters.insert(name.clone(), value);
        }
    }
    let outcome =
        change_set::apply(aws, plan, &parameters, values, deployed.as_ref(), terminal).await?;
    if outcome == Outcome::NoChanges {
        terminal.say(&format!("{}: no changes", stack.name));
    }
    let outputs = describe(&cloudformation, &stack.name)
        .await?
        .map(|it| it.outputs);
    Ok(outputs.unwrap_or_default())
}
