//! What a deploy would do, by comparing stacks with what is deployed of them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudformation::Client;
use stacks::{Json, Stack, stack::ParameterSource};

use super::{
    DeployError, Deployed, StackCondition, assets, describe,
    owner::check_ours,
    read::siblings,
    remains::{Remains, remains},
    staging::{Staging, Step, Templates, staging},
    template,
};
use crate::{
    aws::Region,
    diff::{self, Diff, Source},
    package::Package,
};

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
    /// What becomes of the resources of a first deploy that failed: its stack is deleted and made again.
    pub remains: Option<Remains>,
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
    Shrink(Box<StackPlan<'a>>),
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

impl Values {
    /// The values for a region, where these packages go.
    pub fn of(region: &Region, packages: &[Package]) -> Self {
        let keys = packages
            .iter()
            .map(|it| (it.asset.as_str(), assets::key(it)))
            .collect();
        Self {
            region: region.name().to_owned(),
            bucket: assets::bucket(&region.account, region.name()),
            keys,
        }
    }
}

impl StackPlan<'_> {
    /// An error if a person has to decide something first, even where there is nothing to deploy.
    pub fn check_not_stuck(&self, region: &str) -> Result<(), DeployError> {
        let stuck = |it: &Deployed| DeployError::stuck(&self.stack.name, region, &it.status);
        self.deployed.as_ref().and_then(stuck).map_or(Ok(()), Err)
    }

    /// Whether a deploy would have nothing to do.
    pub fn is_current(&self) -> bool {
        let ready = self
            .deployed
            .as_ref()
            .is_some_and(|it| it.status.condition() == StackCondition::Ready);
        ready && self.diff.is_empty()
    }
}

impl Plan<'_> {
    /// Whether a deploy would have nothing to do.
    pub fn is_current(&self) -> bool {
        self.first.is_empty() && self.stacks.iter().all(StackPlan::is_current)
    }
}

/// Compares stacks with what is deployed of them. The first is the core stack.
pub async fn plan<'a>(
    cloudformation: &Client,
    stacks: &'a [Stack],
    values: &Values,
) -> Result<Plan<'a>, DeployError> {
    let core_name = stacks.first().map_or("", |it| it.name.as_str());
    let mut plans: Vec<StackPlan<'a>> = Vec::new();
    let mut outputs: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut now = Templates::new();
    for stack in stacks {
        let deployed = describe(cloudformation, &stack.name).await?;
        let mut left = None;
        let before = match &deployed {
            Some(it) if it.status.condition() == StackCondition::Unborn => {
                let template = template(cloudformation, &stack.name).await?;
                check_ours(&stack.name, &values.region, &template, core_name)?;
                left = Some(remains(cloudformation, &stack.name, &template).await?);
                None
            }
            Some(it) if it.status.condition() != StackCondition::Absent => {
                outputs.insert(stack.name.clone(), it.outputs.clone());
                let template = template(cloudformation, &stack.name).await?;
                check_ours(&stack.name, &values.region, &template, core_name)?;
                now.insert(stack.name.clone(), template.clone());
                Some(Source {
                    template,
                    parameters: it.parameters.clone(),
                    region: values.region.clone(),
                })
            }
            _ => None,
        };
        let parameters = parameters(stack, values, &outputs);
        let after = Source {
            template: stack.template.to_json(),
            parameters,
            region: values.region.clone(),
        };
        let diff = diff::diff(before.as_ref(), &after);
        let Source {
            template,
            parameters,
            ..
        } = after;
        plans.push(StackPlan {
            stack,
            template,
            parameters,
            deployed,
            diff,
            remains: left,
        });
    }
    let Some(core) = stacks.first() else {
        return Ok(Plan {
            first: Vec::new(),
            moved: BTreeSet::new(),
            stacks: plans,
        });
    };
    for (sibling, template) in siblings(cloudformation, &core.name).await? {
        now.entry(sibling).or_insert(template);
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
        (Step::Shrink { template, .. }, Some(plan)) => First::Shrink(Box::new(StackPlan {
            stack: plan.stack,
            template,
            parameters: plan.parameters.clone(),
            deployed: plan.deployed.clone(),
            diff: Diff::default(),
            remains: None,
        })),
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
                ParameterSource::CodeKey(asset) => values.keys.get(asset.as_str()).cloned(),
                ParameterSource::Output { stack, output } => {
                    outputs.get(stack)?.get(output.as_str()).cloned()
                }
            };
            Some((name.clone(), value?))
        })
        .collect()
}
