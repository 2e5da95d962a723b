//! The schedule of the daily cost report.

use contract::{CostSources, FunctionName, settings::variable};
use serde_json::json;

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec},
        ledger::{Ledger, remember_reports},
        schedule::{Does, Missed, Timetable, daily, schedule},
        sources::signal_function,
    },
    monitor::CostReport,
    policy::Statement,
    resources::lambda_function::Function,
    template::{ConditionName, DuplicateLogicalId, Handle, ParameterType, Template},
    value::Value,
};

/// The parameter that `synth deploy` fills with the regions of the report where it is made, and with nothing
/// elsewhere.
pub(crate) const COST_REGIONS: &str = "CostRegions";

/// Adds the function and its schedule, if a report is wanted.
pub(crate) fn cost_schedule(
    template: &mut Template,
    core: &Core<'_>,
    ledger: &Ledger,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    let Some(report) = &core.monitor.cost_report else {
        return Ok(None);
    };
    let (regions, condition) = regions(template, report);
    let cost = signal_function(
        template,
        core,
        Spec {
            function: FunctionName::Cost,
            description: "Reports spend that may not be needed, once a day",
            timeout: 300,
            memory: 128,
            environment: environment(report, regions, ledger),
            statements: reads(report.sources)
                .into_iter()
                .chain(report.actual_costs.then(read_costs))
                .chain([remember_reports(ledger)])
                .collect(),
            invocation: Invocation::Asynchronous,
        },
    )?;

    schedule(
        template,
        core,
        Does::Invokes(&cost),
        Timetable {
            name: "CostSchedule",
            description: "The daily cost report",
            expression: daily(report.at),
            time_zone: Some(report.time_zone.as_str()),
            // The time that the report is for, and not the time of the attempt, identifies it.
            event: json!({
                "report": "cost",
                "scheduledTime": "<aws.scheduler.scheduled-time>",
                "schedule": "<aws.scheduler.schedule-arn>",
            }),
            missed: Missed::DeadLetter,
            condition,
            after: Vec::new(),
        },
    )?;
    Ok(Some(cost))
}

/// The regions of the report, and the condition that it is made here. The template is the same in each region,
/// so a parameter says which of them makes it. A single one needs none.
fn regions(
    template: &mut Template,
    report: &CostReport,
) -> (Option<Value<String>>, Option<ConditionName>) {
    if report.regions.len() < 2 {
        return (None, None);
    }
    let regions: Value<String> = template.parameter(
        COST_REGIONS,
        ParameterType::String,
        "The regions of the cost report, in the one that makes it; filled in by `synth deploy`",
    );
    let condition = template.condition_of_presence("CostReportHere", &regions);
    (Some(regions), Some(condition))
}

fn environment(
    report: &CostReport,
    regions: Option<Value<String>>,
    ledger: &Ledger,
) -> Vec<(&'static str, Value<String>)> {
    let settings = report.settings().to_env().into_iter();
    settings
        .map(|(name, value)| (name, value.into()))
        .chain([(variable::LEDGER_TABLE, ledger.name.clone())])
        .chain(regions.map(|it| (variable::COST_REGIONS, it)))
        .collect()
}

/// What asking for actual costs takes. The template knows no billing view, which alone it could be limited to.
fn read_costs() -> Statement {
    Statement::allow(
        "ReadCosts",
        &["ce:GetCostAndUsageWithResources"],
        [Value::from("*")],
    )
}

/// What the sources that are on read. None of these actions can be limited to a resource.
///
/// What recommendations are of is always looked up, so instances are always read. Sources: "Cost
/// Optimization Hub" and "Compute Optimizer" in the service authorization reference, and "Controlling access" in
/// the Compute Optimizer user guide, by which its recommendations need the actions that describe the resources.
fn reads(sources: CostSources) -> Vec<Statement> {
    let all = || [Value::from("*")];
    let mut statements = vec![Statement::allow(
        "ReadInstances",
        &["ec2:DescribeInstances"],
        all(),
    )];
    if sources.hub {
        statements.push(Statement::allow(
            "ReadCostOptimizationHub",
            &[
                "cost-optimization-hub:GetPreferences",
                "cost-optimization-hub:ListEnrollmentStatuses",
                "cost-optimization-hub:ListRecommendations",
            ],
            all(),
        ));
    }
    if sources.optimizer {
        statements.push(Statement::allow(
            "ReadComputeOptimizer",
            &[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "compute-optimizer:GetEC2InstanceRecommendations",
                "compute-optimizer:GetEnrollmentStatus",
                "compute-optimizer:GetIdleRecommendations",
            ],
            all(),
        ));
    }
    if sources.optimizer || sources.metrics {
        statements.push(Statement::allow(
            "ReadVolumes",
            &["ec2:DescribeVolumes"],
            all(),
        ));
    }
    if sources.metrics {
        statements.push(Statement::allow(
            "ReadMetrics",
            &["cloudwatch:GetMetricData", "ec2:DescribeAddresses"],
            all(),
        ));
    }
    statements
}
