//! What a deploy would do, by comparing stacks with what is deployed of them.

use std::collections::{BTreeMap, BTreeSet};

use stacks::{Json, Stack, stack::ParameterSource};

use super::{
    DeployError, Deployed, StackCondition, StackOutcome, StackStatus, assets, describe,
    owner::check_ours,
    read::{siblings, stacks_in},
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
    /// Whether the stack only becomes smaller by it, to be deployed in full later.
    pub is_shrunk: bool,
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
        /// Its ID: another stack of the same name is left alone.
        id: Option<String>,
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
    /// An error if somebody has to do something first, even where there is nothing to deploy.
    pub(crate) fn check_not_stuck(&self, region: &str) -> Result<(), DeployError> {
        let Some(deployed) = &self.deployed else {
            return Ok(());
        };
        let stack = self.stack.name.as_str();
        if deployed.protected && deployed.status.condition() == StackCondition::NeverCreated {
            return Err(DeployError::Protected {
                stack: stack.to_owned(),
                region: region.to_owned(),
            });
        }
        DeployError::stuck(stack, region, &deployed.status, deployed.protected).map_or(Ok(()), Err)
    }

    /// Whether the stack is made by it.
    pub fn is_new(&self) -> bool {
        self.deployed.as_ref().is_none_or(|it| {
            matches!(
                it.status.condition(),
                StackCondition::Absent | StackCondition::NeverCreated
            )
        })
    }

    /// The status of the stack, if something goes on in it.
    pub fn busy(&self) -> Option<&StackStatus> {
        let status = self.deployed.as_ref().map(|it| &it.status);
        status.filter(|it| it.condition() == StackCondition::Busy)
    }

    /// How many resources a deploy makes, changes or deletes.
    pub fn resources(&self) -> usize {
        self.diff.resources.len()
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
    /// The alarms that have left their old stacks and are not in their new ones, by what became of each stack.
    pub fn gone(&self, outcome: impl Fn(&str) -> Option<StackOutcome>) -> Vec<String> {
        let has_left = self.first.iter().any(|first| {
            let stack = match first {
                First::Shrink(plan) => plan.stack.name.as_str(),
                First::Delete { stack, .. } => stack.as_str(),
            };
            let still = [StackOutcome::NotReached, StackOutcome::NotChanged];
            outcome(stack).is_some_and(|it| !still.contains(&it))
        });
        if !has_left {
            return Vec::new();
        }
        let is_there = |plan: &&StackPlan<'_>| {
            let there = [
                StackOutcome::Created,
                StackOutcome::Changed,
                StackOutcome::Unchanged,
            ];
            outcome(&plan.stack.name).is_some_and(|it| there.contains(&it))
        };
        let there: BTreeSet<&str> = self
            .stacks
            .iter()
            .filter(is_there)
            .filter_map(|it| it.template["Resources"].as_object())
            .flat_map(|it| it.values())
            .filter_map(|it| it["Properties"]["AlarmName"].as_str())
            .collect();
        let moved = self.moved.iter();
        moved
            .filter(|it| !there.contains(it.as_str()))
            .cloned()
            .collect()
    }

    /// Whether a deploy would have nothing to do.
    pub fn is_current(&self) -> bool {
        self.first.is_empty() && self.stacks.iter().all(StackPlan::is_current)
    }
}

/// Compares those of these stacks that are deployed to a region with what is deployed of them there. The first of them
/// all is the core stack.
///
/// # Errors
///
/// Returns [`DeployError::Aws`] if CloudFormation refuses or does not answer, and [`DeployError::NotOurs`] if a
/// stack of one of these names belongs to somebody else.
pub async fn plan<'a>(
    region: &Region,
    stacks: &'a [Stack],
    values: &Values,
) -> Result<Plan<'a>, DeployError> {
    let aws = &region.aws;
    let core = stacks.first().map_or("", |it| it.name.as_str());
    let mut plans: Vec<StackPlan<'a>> = Vec::new();
    let mut outputs: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut now = Templates::new();
    for stack in stacks_in(region, stacks) {
        let mut deployed = describe(aws, &stack.name).await?;
        let condition = deployed
            .as_ref()
            .map_or(StackCondition::Absent, |it| it.status.condition());
        let found = match condition {
            StackCondition::Absent => None,
            _ => template(aws, &stack.name).await?,
        };
        if found.is_none() && condition != StackCondition::Absent {
            // It has gone since.
            deployed = None;
        }
        let mut left = None;
        let before = match (&deployed, found) {
            (Some(it), Some(template)) => {
                check_ours(&stack.name, &values.region, &template, core)?;
                if condition == StackCondition::NeverCreated {
                    left = Some(remains(aws, &it.id, &template, false).await?);
                    None
                } else {
                    outputs.insert(stack.name.clone(), it.outputs.clone());
                    now.insert(stack.name.clone(), template.clone());
                    Some(Source {
                        template,
                        parameters: it.parameters.clone(),
                        region: values.region.clone(),
                    })
                }
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
            is_shrunk: false,
        });
    }
    let mut ids = BTreeMap::new();
    for (name, sibling) in siblings(region, core, &now).await? {
        ids.insert(name.clone(), sibling.id);
        now.entry(name).or_insert(sibling.template);
    }
    now.remove(core);
    let wanted = plans
        .iter()
        .filter(|it| it.stack.name != core)
        .map(|it| (it.stack.name.clone(), it.template.clone()))
        .collect();
    let Staging { steps, moved } = staging(&wanted, &now);
    let first = steps.into_iter();
    let first = first
        .map(|step| self::first(step, &plans, &mut ids))
        .collect();
    Ok(Plan {
        first,
        moved,
        stacks: plans,
    })
}

fn first<'a>(
    step: Step,
    plans: &[StackPlan<'a>],
    ids: &mut BTreeMap<String, Option<String>>,
) -> First<'a> {
    let plan = plans.iter().find(|it| it.stack.name == step.stack());
    match (step, plan) {
        (Step::Shrink { template, .. }, Some(plan)) => First::Shrink(Box::new(StackPlan {
            stack: plan.stack,
            template,
            parameters: plan.parameters.clone(),
            deployed: plan.deployed.clone(),
            diff: Diff::default(),
            remains: None,
            is_shrunk: true,
        })),
        (Step::Shrink { stack, .. } | Step::Delete { stack }, plan) => First::Delete {
            id: ids.remove(&stack).flatten(),
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
