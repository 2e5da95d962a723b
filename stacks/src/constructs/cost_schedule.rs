//! The schedule of the daily cost report.

use contract::FunctionName;
use serde_json::json;

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec},
        schedule::{Missed, Timetable, schedule},
        sources::signal_function,
    },
    monitor::CostReport,
    policy::Statement,
    resources::lambda_function::Function,
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
        idle_below_percent,
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
                ("IDLE_BELOW_PERCENT", idle_below_percent.to_string().into()),
                ("LOOKBACK_DAYS", lookback_days.to_string().into()),
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

    schedule(
        template,
        core,
        &cost,
        Timetable {
            name: "CostSchedule",
            description: "The daily cost report",
            expression: at.cron(),
            time_zone: Some(time_zone.as_str()),
            // The time that the report is for, and not the time of the attempt, identifies it.
            event: json!({
                "report": "cost",
                "scheduledTime": "<aws.scheduler.scheduled-time>",
                "schedule": "<aws.scheduler.schedule-arn>",
            }),
            missed: Missed::DeadLetter,
        },
    )?;
    Ok(Some(cost))
}
