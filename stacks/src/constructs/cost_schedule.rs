//! The schedule of the daily cost report.

use contract::FunctionName;
use serde_json::json;

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec},
        ledger::{Ledger, remember_reports},
        schedule::{Does, Missed, Timetable, schedule},
        sources::signal_function,
    },
    monitor::{CostReport, CostSources},
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
            memory: 256,
            environment: environment(report, regions, ledger),
            statements: reads(report.sources)
                .into_iter()
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
            expression: report.at.cron(),
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
    let CostSources {
        hub,
        optimizer,
        metrics,
    } = report.sources;
    let sources: Vec<&str> = [
        hub.then_some("cost-optimization-hub"),
        optimizer.then_some("compute-optimizer"),
        metrics.then_some("metrics"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let (ignore_tag, ignore_tag_value) = &report.ignore_tag;
    let mut variables: Vec<(&'static str, Value<String>)> = vec![
        ("COST_SOURCES", sources.join(",").into()),
        (
            "IDLE_BELOW_MEGABYTES",
            report.idle_below_megabytes.to_string().into(),
        ),
        (
            "IDLE_BELOW_PERCENT",
            report.idle_below.get().to_string().into(),
        ),
        ("IGNORE_TAG", ignore_tag.as_str().into()),
        ("IGNORE_TAG_VALUE", ignore_tag_value.as_str().into()),
        ("LEDGER_TABLE", ledger.name.clone()),
        (
            "LOOKBACK_DAYS",
            report.lookback_days.get().to_string().into(),
        ),
        ("MAX_METRICS", report.max_metrics.to_string().into()),
        (
            "REPORT_EVERY_DAYS",
            report.report_every_days.to_string().into(),
        ),
        ("REPORT_FROM", report.report_from.to_string().into()),
        ("TIME_ZONE", report.time_zone.as_str().into()),
    ];
    if !report.owner_tags.is_empty() {
        variables.push(("OWNER_TAGS", report.owner_tags.join(",").into()));
    }
    variables.extend(regions.map(|it| ("COST_REGIONS", it)));
    variables
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
