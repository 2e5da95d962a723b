//! The schedule of the daily cost report.

use contract::FunctionName;
use serde_json::json;

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec},
        sources::signal_function,
    },
    monitor::CostReport,
    policy::{Condition, PolicyDocument, Statement},
    resources::{
        iam_managed_policy::ManagedPolicy,
        iam_role::Role,
        lambda_function::Function,
        scheduler_schedule::{
            DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Schedule,
            ScheduleState, Target,
        },
    },
    suppression::Reason,
    tag::tags,
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// Adds the function and its schedule, if a report is wanted.
pub(crate) fn cost_schedule(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    let Some(report) = &core.monitor.cost_report else {
        return Ok(None);
    };
    let CostReport {
        at,
        time_zone,
        lookback_days,
        idle_below,
    } = report;
    let cost = signal_function(
        template,
        core,
        Spec {
            function: FunctionName::Cost,
            description: "Reports idle spend once a day",
            timeout: 300,
            memory: 256,
            environment: vec![
                ("IDLE_BELOW_PERCENT", idle_below.get().to_string().into()),
                ("LOOKBACK_DAYS", lookback_days.get().to_string().into()),
            ],
            // None of these actions can be limited to a resource.
            statements: vec![Statement::allow(
                "ReadUsage",
                &[
                    "cloudwatch:GetMetricData",
                    "compute-optimizer:GetEC2InstanceRecommendations",
                    "ec2:DescribeInstances",
                ],
                [Value::from("*")],
            )],
            invocation: Invocation::Asynchronous,
        },
    )?;

    let mut statements = vec![
        Statement::allow(
            "Invoke",
            &["lambda:InvokeFunction"],
            [cost.arn().into_text()],
        ),
        Statement::allow(
            "SendDeadLetters",
            &["sqs:SendMessage"],
            [core.dead_letters.arn().into_text()],
        ),
    ];
    statements.extend(core.use_of_key());
    let policy = template.add_with(
        &["CostSchedule", "Policy"],
        &ManagedPolicy::new(PolicyDocument::new(statements)),
        Reason::NamedAfterTheStack.into(),
    )?;
    let role = template.add_with(
        &["CostSchedule", "Role"],
        &Role {
            path: Some(core.monitor.role_path().into()),
            managed_policy_arns: Some(vec![policy.reference()].into()),
            tags: Some(tags(core.monitor)),
            ..Role::new(PolicyDocument::new([Statement {
                conditions: vec![Condition::same_account()],
                ..Statement::trust("scheduler.amazonaws.com")
            }]))
        },
        Reason::NamedAfterTheStack.into(),
    )?;

    // The time that the report is for, and not the time of the attempt, identifies it.
    let input = json!({
        "report": "cost",
        "scheduledTime": "<aws.scheduler.scheduled-time>",
        "schedule": "<aws.scheduler.schedule-arn>",
    });
    template.add(
        &["CostSchedule"],
        &Schedule {
            description: Some("The daily cost report".into()),
            schedule_expression_timezone: Some(time_zone.as_str().into()),
            kms_key_arn: core.key_arn(),
            state: Some(ScheduleState::Enabled.into()),
            ..Schedule::new(
                FlexibleTimeWindow::new(FlexibleTimeWindowMode::Off),
                at.cron(),
                Target {
                    input: Some(input.to_string().into()),
                    dead_letter_config: Some(DeadLetterConfig {
                        arn: Some(core.dead_letters.arn().into()),
                    }),
                    retry_policy: Some(RetryPolicy {
                        maximum_event_age_in_seconds: Some(21_600.into()),
                        maximum_retry_attempts: Some(10.into()),
                    }),
                    ..Target::new(cost.arn(), role.arn())
                },
            )
        },
    )?;
    Ok(Some(cost))
}
