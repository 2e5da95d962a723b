//! Carries a plan out in its region, and tells whoever watches.

use stacks::stack::ParameterSource;

use super::{
    DeployError, First, Outcome, Plan, StackCondition, StackPlan, StackStatus, Values, change_set,
    describe,
    observer::{DeployEvent, Observer},
};
use crate::{aws::Region, terminal::Stop};

/// Deploys to one region.
#[derive(Clone, Copy)]
pub struct Deployer<'a> {
    /// The region.
    pub region: &'a Region,
    /// Who is told what happens.
    pub observer: &'a Observer<'a>,
    /// Who may want it to end. What CloudFormation has begun goes on without.
    pub stop: &'a Stop,
}

impl Deployer<'_> {
    /// The core stack, what must leave, and then the others.
    pub async fn carry_out(&self, plan: &Plan<'_>, values: &Values) -> Result<(), DeployError> {
        let region = self.region.name();
        let mut touched: Vec<&str> = Vec::new();
        let (core, others) = match plan.stacks.split_first() {
            Some((core, others)) => (Some(core), others),
            None => (None, &[][..]),
        };
        if let Some(core) = core.filter(|it| !it.is_current()) {
            let stack = core.stack.name.as_str();
            self.begin(stack, &DeployEvent::Deploying { stack, region })?;
            self.deploy(core, values, false).await?;
        }
        for first in &plan.first {
            match first {
                First::Shrink(shrunk) => {
                    let stack = shrunk.stack.name.as_str();
                    self.begin(stack, &DeployEvent::MakingRoom { stack, region })?;
                    self.deploy(shrunk, values, false).await?;
                    touched.push(stack);
                }
                First::Delete { stack, .. } => {
                    self.begin(stack, &DeployEvent::Deleting { stack, region })?;
                    self.remove(stack).await?;
                    touched.push(stack);
                }
            }
        }
        for other in others {
            let stack = other.stack.name.as_str();
            let touched = touched.contains(&stack);
            if touched || !other.is_current() {
                self.begin(stack, &DeployEvent::Deploying { stack, region })?;
                self.deploy(other, values, touched).await?;
            }
        }
        Ok(())
    }

    /// Says what comes next, unless nothing should.
    pub fn begin(&self, stack: &str, event: &DeployEvent<'_>) -> Result<(), DeployError> {
        if self.stop.is_given() {
            return Err(DeployError::Stopped {
                stack: stack.to_owned(),
            });
        }
        (self.observer)(event);
        Ok(())
    }

    /// Creates or updates one stack and waits until it has settled. `touched` says that this deploy has
    /// changed the stack since the plan was made.
    async fn deploy(
        &self,
        plan: &StackPlan<'_>,
        values: &Values,
        touched: bool,
    ) -> Result<(), DeployError> {
        let cloudformation = self.region.aws.cloudformation();
        let stack = plan.stack.name.as_str();
        let mut deployed = if touched {
            describe(&cloudformation, stack).await?
        } else {
            plan.deployed.clone()
        };
        if let Some(status) = deployed.as_ref().map(|it| it.status.clone()) {
            if let Some(stuck) = DeployError::stuck(stack, self.region.name(), &status) {
                return Err(stuck);
            }
            match status.condition() {
                // The last two are errors by now.
                StackCondition::Absent
                | StackCondition::Ready
                | StackCondition::Stuck
                | StackCondition::Unknown => {}
                StackCondition::Busy => {
                    (self.observer)(&DeployEvent::Waiting { stack, status });
                    let at_rest = |status: &StackStatus| {
                        status.is_settled() && status.condition() != StackCondition::Busy
                    };
                    self.settle(stack, None, at_rest).await?;
                    deployed = describe(&cloudformation, stack).await?;
                }
                StackCondition::Unborn => {
                    (self.observer)(&DeployEvent::DeletingRemains { stack, status });
                    self.remove(stack).await?;
                    deployed = None;
                }
            }
        }
        // Outputs of stacks that came before are known by now.
        let mut parameters = plan.parameters.clone();
        for (name, source) in &plan.stack.parameters {
            if let ParameterSource::Output {
                stack: other,
                output,
            } = source
            {
                let value = describe(&cloudformation, other)
                    .await?
                    .and_then(|it| it.output(*output).map(str::to_owned))
                    .ok_or_else(|| DeployError::MissingOutput {
                        stack: other.clone(),
                        output: *output,
                    })?;
                parameters.insert(name.clone(), value);
            }
        }
        let outcome = change_set::apply(self, plan, &parameters, values, deployed.as_ref()).await?;
        if outcome == Outcome::NoChanges {
            (self.observer)(&DeployEvent::NoChanges { stack });
        }
        Ok(())
    }
}
