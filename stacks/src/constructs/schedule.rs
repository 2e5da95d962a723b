//! A schedule that invokes a function or sends an event, with the role that it does so by.

use contract::TimeOfDay;
use serde_json::Value as Json;

use crate::{
    Arn,
    arn::{Invocable, default_bus},
    constructs::{Core, role::role_with},
    logical_id::LogicalId,
    policy::{Condition, PolicyDocument, Statement},
    resources::{
        iam_managed_policy::ManagedPolicy,
        lambda_function::Function,
        scheduler_schedule::{
            DeadLetterConfig, EventBridgeParameters, FlexibleTimeWindow, FlexibleTimeWindowMode,
            RetryPolicy, Schedule, ScheduleState, Target,
        },
    },
    suppression::Reason,
    template::{Attributes, ConditionName, DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// What a schedule does.
#[derive(Clone, Copy)]
pub(crate) enum Does<'a> {
    /// It invokes this function.
    Invokes(&'a Handle<Function>),
    /// It sends an event of this source and this type to the account's default bus.
    Sends {
        source: &'static str,
        detail_type: &'static str,
    },
}

/// When a schedule does something, and with what.
pub(crate) struct Timetable<'a> {
    /// The schedule's logical ID, such as `CostSchedule`.
    pub(crate) name: &'a str,
    pub(crate) description: &'a str,
    /// When, in the language of EventBridge Scheduler.
    pub(crate) expression: String,
    /// Whose time it is; UTC if nothing is said.
    pub(crate) time_zone: Option<&'a str>,
    /// The event that the function receives, or the detail of the event that is sent.
    pub(crate) event: Json,
    pub(crate) missed: Missed,
    /// Without which there is no schedule, if so.
    pub(crate) condition: Option<ConditionName>,
    /// What must be there before it begins.
    pub(crate) after: Vec<LogicalId>,
}

/// What becomes of an invocation that Lambda does not take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    /// It is tried ten times within six hours, and is a dead letter then.
    DeadLetter,
    /// It is tried as often, and then an alarm says so.
    Retried,
    /// Nothing: the next one does all that it would have done.
    Nothing,
}

/// Each day at a time, in the language of EventBridge Scheduler.
pub(crate) fn daily(at: TimeOfDay) -> String {
    format!("cron({} {} * * ? *)", at.minute(), at.hour())
}

/// Adds the schedule.
pub(crate) fn schedule(
    template: &mut Template,
    core: &Core<'_>,
    does: Does<'_>,
    timetable: Timetable<'_>,
) -> Result<(), DuplicateLogicalId> {
    let name = timetable.name;
    let attributes = || Attributes {
        condition: timetable.condition.clone(),
        ..Attributes::default()
    };
    let keeps_missed = timetable.missed == Missed::DeadLetter;
    let mut statements = vec![permission(does)];
    if keeps_missed {
        statements.push(Statement::allow(
            "SendDeadLetters",
            &["sqs:SendMessage"],
            [core.dead_letters.arn().into_text()],
        ));
        statements.extend(core.use_of_key());
    } else if let Some(key) = core.key_arn() {
        // The schedule's own input is encrypted, and nothing is written.
        let key = [key.into_text()];
        statements.push(Statement::allow("ReadInput", &["kms:Decrypt"], key));
    }
    let policy = template.add_with(
        &[name, "Policy"],
        &ManagedPolicy::new(PolicyDocument::new(statements)),
        attributes().but([Reason::NamedAfterTheStack]),
    )?;
    let trust = Statement {
        conditions: vec![Condition::same_account()],
        ..Statement::trust("scheduler.amazonaws.com")
    };
    let role = template.add_with(
        &[name, "Role"],
        &role_with(core.monitor, trust, &policy),
        attributes().but([Reason::NamedAfterTheStack]),
    )?;
    let arn: Value<Arn<Invocable>> = match does {
        Does::Invokes(function) => function.arn().into(),
        Does::Sends { .. } => default_bus().into(),
    };
    let event_bridge_parameters = match does {
        Does::Invokes(_) => None,
        Does::Sends {
            source,
            detail_type,
        } => Some(EventBridgeParameters::new(detail_type, source)),
    };
    let target = Target {
        event_bridge_parameters,
        input: Some(timetable.event.to_string().into()),
        dead_letter_config: keeps_missed.then(|| DeadLetterConfig {
            arn: Some(core.dead_letters.arn().into()),
        }),
        retry_policy: Some(retries(timetable.missed)),
        ..Target::new(arn, role.arn())
    };
    template.add_with(
        &[name],
        &Schedule {
            description: Some(timetable.description.into()),
            group_name: Some(core.schedules.reference()),
            schedule_expression_timezone: timetable.time_zone.map(Into::into),
            kms_key_arn: core.key_arn(),
            state: Some(ScheduleState::Enabled.into()),
            ..Schedule::new(
                FlexibleTimeWindow::new(FlexibleTimeWindowMode::Off),
                timetable.expression,
                target,
            )
        },
        Attributes {
            depends_on: timetable.after,
            ..attributes()
        },
    )?;
    Ok(())
}

/// What a schedule's role needs to do it.
fn permission(does: Does<'_>) -> Statement {
    match does {
        Does::Invokes(function) => Statement::allow(
            "Invoke",
            &["lambda:InvokeFunction"],
            [function.arn().into_text()],
        ),
        Does::Sends { source, .. } => Statement {
            conditions: vec![Condition {
                operator: "ForAllValues:StringEquals",
                key: "events:source",
                values: vec![source.into()],
            }],
            ..Statement::allow("Send", &["events:PutEvents"], [default_bus().into_text()])
        },
    }
}

fn retries(missed: Missed) -> RetryPolicy {
    let (age, attempts) = match missed {
        Missed::DeadLetter | Missed::Retried => (21_600, 10),
        Missed::Nothing => (60, 0),
    };
    RetryPolicy {
        maximum_event_age_in_seconds: Some(age.into()),
        maximum_retry_attempts: Some(attempts.into()),
    }
}
