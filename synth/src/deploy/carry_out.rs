//! Carries a plan out in its region, and reports to whoever watches.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use stacks::{Json, stack::ParameterSource};

use super::{
    DeployError, Deployed, First, Outcome, Plan, RunResult, StackCondition, StackOutcome,
    StackPlan, Values, describe,
    events::Failure,
    observer::{DeployEvent, Observer},
    watch::LONGEST,
};
use crate::{aws::Region, terminal::Stop};

/// Says where in the account file a resource comes from, by its template and logical ID, if that is known.
pub type Origin<'a> = dyn Fn(&Json, &str) -> Option<String> + 'a;

/// Deploys to one region.
#[derive(Clone, Copy)]
pub struct Deployer<'a> {
    /// The region.
    pub region: &'a Region,
    /// Who observes what happens.
    pub observer: &'a Observer<'a>,
    /// Who may want it to end. What CloudFormation has begun goes on without.
    pub stop: &'a Stop,
    /// Where resources come from.
    pub origin: &'a Origin<'a>,
    /// What may be replaced or removed beyond what the comparison shows, as `stack/LogicalId`.
    pub accepted: &'a BTreeSet<String>,
}

/// What is known of a region while a plan is carried out.
struct Known<'a> {
    values: &'a Values,
    /// Stacks as they are, as far as this run has seen it.
    stacks: BTreeMap<String, Deployed>,
}

impl Deployer<'_> {
    /// The core stack, what must leave, and then the others. `result` says what became of each, also where the run
    /// ends early.
    pub(crate) async fn carry_out(
        &self,
        plan: &Plan<'_>,
        values: &Values,
        result: &mut RunResult,
    ) -> Result<(), DeployError> {
        let done = self.carry_out_in_order(plan, values, result).await;
        if done.is_err() {
            let region = self.region.name();
            result.gone = plan.gone(|stack| result.outcome(stack, region));
        }
        done
    }

    async fn carry_out_in_order(
        &self,
        plan: &Plan<'_>,
        values: &Values,
        result: &mut RunResult,
    ) -> Result<(), DeployError> {
        let mut known = Known {
            values,
            stacks: BTreeMap::new(),
        };
        for stack in &plan.stacks {
            if let Some(deployed) = &stack.deployed {
                known
                    .stacks
                    .insert(stack.stack.name.clone(), deployed.clone());
            }
        }
        let (core, others) = match plan.stacks.split_first() {
            Some((core, others)) => (Some(core), others),
            None => (None, &[][..]),
        };
        if let Some(core) = core.filter(|it| !it.is_current()) {
            self.step(core, &mut known, result).await?;
        }
        let mut touched: Vec<&str> = Vec::new();
        for first in &plan.first {
            match first {
                First::Shrink(shrunk) => {
                    self.step(shrunk, &mut known, result).await?;
                    touched.push(shrunk.stack.name.as_str());
                }
                First::Delete {
                    stack,
                    id,
                    comes_back,
                } => {
                    self.delete(stack, id.as_deref(), *comes_back, &mut known, result)
                        .await?;
                    touched.push(stack);
                }
            }
        }
        for other in others {
            if touched.contains(&other.stack.name.as_str()) || !other.is_current() {
                self.step(other, &mut known, result).await?;
            }
        }
        Ok(())
    }

    async fn delete(
        &self,
        stack: &str,
        id: Option<&str>,
        comes_back: bool,
        known: &mut Known<'_>,
        result: &mut RunResult,
    ) -> Result<(), DeployError> {
        let region = self.region.name();
        self.begin(stack, &DeployEvent::Deleting { stack, region })?;
        let known_id = known.stacks.get(stack).map(|it| it.id.clone());
        match self.remove(stack, known_id.as_deref().or(id)).await {
            Ok(_) => {
                known.stacks.remove(stack);
                let outcome = if comes_back {
                    StackOutcome::AlarmsRemoved
                } else {
                    StackOutcome::Deleted
                };
                result.note(stack, region, outcome, None);
                Ok(())
            }
            Err(error) => {
                result.note(stack, region, StackOutcome::of(&error), None);
                Err(error)
            }
        }
    }

    /// One stack, and what became of it.
    async fn step(
        &self,
        plan: &StackPlan<'_>,
        known: &mut Known<'_>,
        result: &mut RunResult,
    ) -> Result<(), DeployError> {
        let stack = plan.stack.name.as_str();
        let region = self.region.name();
        let resources = plan.resources();
        let event = if plan.is_shrunk {
            DeployEvent::RemovingAlarms { stack, region }
        } else {
            DeployEvent::Deploying {
                stack,
                region,
                resources,
            }
        };
        self.begin(stack, &event)?;
        match self.deploy(plan, known).await {
            Ok(outcome) => {
                let was_changed =
                    result.outcome(stack, region) == Some(StackOutcome::AlarmsRemoved);
                let outcome = match outcome {
                    Outcome::NoChanges if was_changed => StackOutcome::Changed,
                    Outcome::NoChanges => StackOutcome::Unchanged,
                    Outcome::Changed(_) if plan.is_shrunk => StackOutcome::AlarmsRemoved,
                    Outcome::Changed(_) if plan.is_new() => StackOutcome::Created,
                    Outcome::Changed(_) => StackOutcome::Changed,
                };
                result.note(stack, region, outcome, known.stacks.get(stack));
                Ok(())
            }
            Err(error) => {
                let alarms_were_removed =
                    result.outcome(stack, region) == Some(StackOutcome::AlarmsRemoved);
                // What a failed first deploy had left was deleted before.
                let is_gone = plan.remains.is_some() && !known.stacks.contains_key(stack);
                let outcome = match StackOutcome::of(&error) {
                    StackOutcome::NotChanged | StackOutcome::RolledBack if alarms_were_removed => {
                        StackOutcome::AlarmsRemoved
                    }
                    StackOutcome::NotChanged if is_gone => StackOutcome::Deleted,
                    outcome => outcome,
                };
                result.note(stack, region, outcome, None);
                Err(error)
            }
        }
    }

    /// Says what comes next, unless nothing should.
    pub(crate) fn begin(&self, stack: &str, event: &DeployEvent<'_>) -> Result<(), DeployError> {
        if self.stop.is_given() {
            return Err(DeployError::Stopped {
                stack: stack.to_owned(),
                region: self.region.name().to_owned(),
            });
        }
        (self.observer)(event);
        Ok(())
    }

    /// Creates or updates one stack and watches until it is known what became of it.
    async fn deploy(
        &self,
        plan: &StackPlan<'_>,
        known: &mut Known<'_>,
    ) -> Result<Outcome, DeployError> {
        let stack = plan.stack.name.as_str();
        let mut before = known.stacks.get(stack).cloned();
        if let Some(found) = &before {
            let status = &found.status;
            let (region, protected) = (self.region.name(), found.protected);
            if let Some(stuck) = DeployError::stuck(stack, region, status, protected) {
                return Err(stuck);
            }
            match status.condition() {
                // The last two are errors by now.
                StackCondition::Absent
                | StackCondition::Ready
                | StackCondition::Stuck
                | StackCondition::Unknown => {}
                // What this run has done to it is cleaned up: nothing else goes on in a stack that was compared.
                StackCondition::Busy => before = self.wait_until_at_rest(stack, found).await?,
                StackCondition::NeverCreated => {
                    let status = status.clone();
                    (self.observer)(&DeployEvent::DeletingRemains { stack, status });
                    self.remove(stack, Some(&found.id)).await?;
                    before = None;
                    known.stacks.remove(stack);
                }
            }
        }
        let parameters = self.parameters(plan, known).await?;
        let outcome = self
            .apply(plan, &parameters, known.values, before.as_ref())
            .await?;
        match &outcome {
            Outcome::NoChanges => (self.observer)(&DeployEvent::NoChanges { stack }),
            Outcome::Changed(Some(now)) => {
                known.stacks.insert(stack.to_owned(), now.clone());
            }
            Outcome::Changed(None) => {
                known.stacks.remove(stack);
            }
        }
        Ok(outcome)
    }

    /// The values of the parameters, with the outputs of stacks that came before.
    async fn parameters(
        &self,
        plan: &StackPlan<'_>,
        known: &Known<'_>,
    ) -> Result<BTreeMap<String, String>, DeployError> {
        let mut parameters = plan.parameters.clone();
        for (name, source) in &plan.stack.parameters {
            let ParameterSource::Output {
                stack: other,
                output,
            } = source
            else {
                continue;
            };
            let shown = known.stacks.get(other).and_then(|it| it.output(*output));
            let value = if let Some(value) = shown {
                value.to_owned()
            } else {
                let read = describe(&self.region.aws, other);
                let read = self.unless_stopped(&plan.stack.name, read).await??;
                let value = read.and_then(|it| it.output(*output).map(str::to_owned));
                value.ok_or_else(|| DeployError::MissingOutput {
                    stack: other.clone(),
                    region: self.region.name().to_owned(),
                    output: *output,
                })?
            };
            parameters.insert(name.clone(), value);
        }
        Ok(parameters)
    }

    /// Waits until nothing goes on in a stack; the stack then, if it is still there.
    pub(crate) async fn wait_until_at_rest(
        &self,
        stack: &str,
        found: &Deployed,
    ) -> Result<Option<Deployed>, DeployError> {
        let status = found.status.clone();
        (self.observer)(&DeployEvent::Waiting { stack, status });
        let clock = self.region.aws.clock();
        let begin = clock.now();
        loop {
            let look = async {
                clock.pause(Duration::from_secs(5)).await;
                describe(&self.region.aws, &found.id).await
            };
            match self.unless_stopped(stack, look).await?? {
                Some(now) if now.status.condition() == StackCondition::Busy => {
                    if clock.since(begin) > LONGEST {
                        return Err(DeployError::StillBusy {
                            stack: stack.to_owned(),
                            region: self.region.name().to_owned(),
                            status: now.status,
                        });
                    }
                }
                now => return Ok(now),
            }
        }
    }

    /// What failed, as people know it: by its name, and where in the account file it comes from.
    pub(super) fn reasons(&self, plan: &StackPlan<'_>, failures: &[Failure]) -> Vec<String> {
        let reason = |it: &Failure| match (self.origin)(&plan.template, &it.id) {
            Some(origin) => format!("{} ({origin}): {}", it.id, it.reason),
            None => it.to_string(),
        };
        failures.iter().map(reason).collect()
    }
}
