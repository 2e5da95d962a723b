//! One change of one stack, from the change set to what became of it.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use aws_sdk_cloudformation::{
    Client,
    primitives::DateTime,
    types::{Capability, ChangeSetType, Parameter, Tag},
};
use contract::names::TAG;
use jiff::Timestamp;

use super::{
    DeployError, DeployEvent, Deployed, Deployer, Operation, StackCondition, StackPlan, Values,
    Verdict, assets, describe,
    execute::{Begin, Look},
    made::Made,
    watch::{End, Watched},
};
use crate::aws::AwsError;

/// The largest template that CloudFormation takes along with a request, in bytes.
/// Source: "CloudFormation quotas" in its user guide.
const INLINE: usize = 51_200;
const CREATE: &str = "CloudFormation CreateChangeSet";

/// How a change of a stack ended, if it ended well.
#[derive(Debug)]
pub enum Outcome {
    /// The stack is as the template says, and so it is now, if it could be read.
    Changed(Option<Deployed>),
    /// It was so before.
    NoChanges,
}

/// A change set of this run.
#[derive(Debug)]
pub(super) struct ChangeSet<'a> {
    pub(super) stack: &'a str,
    /// Its name, which is the token of what it does, too. One of its own, so that two who deploy at once never touch
    /// each other's change set.
    pub(super) name: String,
    /// Whether the stack is changed and not made.
    pub(super) update: bool,
    /// The stack's ID, as soon as it is known.
    pub(super) stack_id: Option<String>,
    /// Its own ID, as soon as it is known.
    pub(super) id: Option<String>,
    /// Whether there may be such a change set.
    pub(super) may_exist: bool,
}

/// A name that nobody else has.
pub(super) fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{}{}-{}-{}",
        ChangeSet::PREFIX,
        Timestamp::now().as_millisecond(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

impl ChangeSet<'_> {
    /// How the names of all change sets of Tocsin's begin.
    pub(super) const PREFIX: &'static str = "tocsin-";

    /// What CloudFormation knows the change set by: its ID alone, or its name and the stack's.
    pub(super) fn key(&self) -> (Option<String>, &str) {
        match &self.id {
            Some(id) => (None, id),
            None => (Some(self.stack.to_owned()), &self.name),
        }
    }

    /// What CloudFormation knows the stack by.
    pub(super) fn stack_key(&self) -> &str {
        self.stack_id.as_deref().unwrap_or(self.stack)
    }
}

/// A change set that can be carried out.
struct Ready {
    made: Option<DateTime>,
}

impl Deployer<'_> {
    /// Makes a change set, carries it out, and watches until it is known what became of it. Where it is not carried
    /// out, it is taken away again.
    pub(super) async fn apply(
        &self,
        plan: &StackPlan<'_>,
        parameters: &BTreeMap<String, String>,
        values: &Values,
        deployed: Option<&Deployed>,
    ) -> Result<Outcome, DeployError> {
        let stack = plan.stack.name.as_str();
        let update = deployed.is_some_and(|it| it.status.condition() == StackCondition::Ready);
        let before = deployed.filter(|_| update);
        let mut change = ChangeSet {
            stack,
            name: new_name(),
            update,
            stack_id: before.map(|it| it.id.clone()),
            id: None,
            may_exist: false,
        };
        let ready = match self
            .prepare(&mut change, plan, parameters, values, before)
            .await
        {
            Ok(Some(ready)) => ready,
            Ok(None) => {
                self.discard(&change, false).await;
                return Ok(Outcome::NoChanges);
            }
            Err(error) => {
                self.discard(&change, false).await;
                return Err(error);
            }
        };
        match self.execute(&change).await {
            Begin::Begun => {}
            Begin::Refused(error) => {
                self.discard(&change, true).await;
                return Err(error.into());
            }
            Begin::Unclear(error) => {
                self.may_be_left(&change);
                return Err(DeployError::ContactLost {
                    stack: stack.to_owned(),
                    region: self.region.name().to_owned(),
                    hint: error.hint().filter(|_| error.is_credentials()),
                    reason: error.to_string(),
                });
            }
        }
        let watched = Watched {
            operation: if update {
                Operation::Update
            } else {
                Operation::Create
            },
            stack,
            id: change.stack_key(),
            token: &change.name,
            before: before.map(|it| it.status.clone()),
            made: ready.made,
        };
        if let Some(end) = self.watch(&watched).await? {
            return self.outcome(plan, end);
        }
        // The stack says nothing; the change set may.
        let reason = match self.look(&change).await {
            Look::Begun => "it is being carried out, and the stack does not show it",
            Look::Unreadable => "neither the stack nor the change set says whether it began",
            Look::NotBegun | Look::Gone => {
                self.discard(&change, true).await;
                return Err(DeployError::NotBegun {
                    stack: stack.to_owned(),
                    region: self.region.name().to_owned(),
                });
            }
        };
        self.may_be_left(&change);
        Err(DeployError::ContactLost {
            stack: stack.to_owned(),
            region: self.region.name().to_owned(),
            reason: reason.to_owned(),
            hint: None,
        })
    }

    /// Makes the change set. Nothing if there is nothing to change.
    async fn prepare(
        &self,
        change: &mut ChangeSet<'_>,
        plan: &StackPlan<'_>,
        parameters: &BTreeMap<String, String>,
        values: &Values,
        before: Option<&Deployed>,
    ) -> Result<Option<Ready>, DeployError> {
        let stack = change.stack;
        let cloudformation = self.region.aws.cloudformation();
        let body = plan.template.to_string();
        let mut request = cloudformation
            .create_change_set()
            .stack_name(stack)
            .change_set_name(&change.name)
            .client_token(&change.name)
            .change_set_type(if change.update {
                ChangeSetType::Update
            } else {
                ChangeSetType::Create
            })
            .set_role_arn(self.region.cloudformation_role.clone())
            .set_parameters(Some(parameters.iter().map(parameter).collect()))
            .tags(Tag::builder().key(TAG).value(stack).build());
        request = if body.len() <= INLINE {
            request.template_body(body)
        } else {
            let (aws, account) = (&self.region.aws, &self.region.account);
            let upload = assets::upload_template(aws, account, &values.bucket, &body);
            request.template_url(self.unless_stopped(stack, upload).await??)
        };
        if has_roles(&plan.template) {
            request = request.capabilities(Capability::CapabilityIam);
        }
        let (created, was_lost) = self
            .request(|| async {
                let answer = request.clone().send().await;
                let answer = answer.map_err(|it| AwsError::call(CREATE, it))?;
                self.region.aws.own_answer(CREATE, answer)
            })
            .await;
        change.may_exist = was_lost || created.is_ok() || self.stop.is_given();
        match created {
            Ok(answer) => {
                change.id = answer.id;
                change.stack_id = answer.stack_id.or(change.stack_id.take());
            }
            // An attempt whose answer was lost has made it.
            Err(error) if was_lost && error.code() == Some("AlreadyExistsException") => {}
            Err(error) => return Err(error.into()),
        }
        let made = self.wait_until_made(change);
        let Made::Ready(description) = self.unless_stopped(stack, made).await?? else {
            return Ok(None);
        };
        change.id = Some(description.id);
        change.stack_id = description.stack_id.or(change.stack_id.take());
        self.compare_with_plan(plan, &description.changes)?;
        let checked = self.check_unchanged(change, before);
        self.unless_stopped(stack, checked).await??;
        Ok(Some(Ready {
            made: description.made,
        }))
    }

    /// An error if somebody else has changed the stack since it was compared.
    async fn check_unchanged(
        &self,
        change: &ChangeSet<'_>,
        before: Option<&Deployed>,
    ) -> Result<(), DeployError> {
        let Some(before) = before else { return Ok(()) };
        let now = describe(&self.region.aws, &before.id).await?;
        match now {
            Some(now) if now.changed() == before.changed() && now.status == before.status => Ok(()),
            _ => Err(DeployError::Stale {
                stack: change.stack.to_owned(),
                region: self.region.name().to_owned(),
            }),
        }
    }

    fn outcome(&self, plan: &StackPlan<'_>, end: End) -> Result<Outcome, DeployError> {
        let (stack, region) = (plan.stack.name.clone(), self.region.name().to_owned());
        let reasons = self.reasons(plan, &end.failures);
        match end.verdict {
            Verdict::Done => Ok(Outcome::Changed(end.stack)),
            Verdict::Stuck | Verdict::Unknown => {
                let protected = end.stack.as_ref().is_some_and(|it| it.protected);
                Err(
                    DeployError::stuck(&stack, &region, &end.status, protected).map_or_else(
                        || DeployError::RolledBack {
                            stack,
                            region,
                            status: end.status,
                            reasons: reasons.clone(),
                        },
                        |it| it.because(reasons.clone()),
                    ),
                )
            }
            Verdict::Vanished => Err(DeployError::Vanished { stack, region }),
            Verdict::RolledBack | Verdict::Abandoned | Verdict::NotSeen | Verdict::Running => {
                Err(DeployError::RolledBack {
                    stack,
                    region,
                    status: end.status,
                    reasons,
                })
            }
        }
    }

    /// Waits for something that changes nothing, unless the wish to end comes first.
    pub(super) async fn unless_stopped<T>(
        &self,
        stack: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, DeployError> {
        tokio::select! {
            biased;
            () = self.stop.given() => Err(DeployError::Stopped {
                stack: stack.to_owned(),
                region: self.region.name().to_owned(),
            }),
            done = work => Ok(done),
        }
    }

    pub(super) fn client(&self) -> Client {
        self.region.aws.cloudformation()
    }

    /// Shows what is left behind, and how it is removed.
    pub(super) fn left_behind(&self, what: &str, command: &str) {
        (self.observer)(&DeployEvent::LeftBehind { what, command });
    }
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
