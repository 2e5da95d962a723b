//! The functions that turn what AWS says into incidents, and what may invoke them.

use contract::{FunctionName, settings::variable};

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec, function},
        rule::rules_to,
    },
    policy::Statement,
    resources::{lambda_function::Function, lambda_permission::Permission},
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// Megabytes of a function that turns events into incidents. The largest event that AWS sends, 1 MB of the smallest JSON
/// objects, takes 205 of them: `make bench` measures it.
const SIGNAL_MEMORY: i64 = 256;

/// Adds a function that turns events into incidents.
pub(crate) fn signal_function(
    template: &mut Template,
    core: &Core<'_>,
    mut spec: Spec,
) -> Result<Handle<Function>, DuplicateLogicalId> {
    spec.environment
        .push((variable::INCIDENTS_QUEUE_URL, core.incidents.queue_url()));
    spec.statements.push(Statement::allow(
        "SendIncidents",
        &["sqs:SendMessage"],
        [core.incidents.arn().into_text()],
    ));
    function(template, core, spec)
}

/// Adds the function that alarms invoke. Any alarm of the account may.
pub(crate) fn alarm_function(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Handle<Function>, DuplicateLogicalId> {
    let settings = core.monitor.alarm_settings().to_env().into_iter();
    let alarm = signal_function(
        template,
        core,
        Spec {
            environment: settings.map(|(name, value)| (name, value.into())).collect(),
            ..evaluator(
                FunctionName::Alarm,
                "Turns CloudWatch alarms into incidents",
            )
        },
    )?;
    // By account and not by alarm: one statement however many alarms there are, where a function's
    // policy would be full at about forty.
    let permission = Permission {
        source_account: Some(Value::account_id()),
        ..Permission::new(
            "lambda:InvokeFunction",
            alarm.arn().into_text(),
            "lambda.alarms.cloudwatch.amazonaws.com",
        )
    };
    template.add(
        &[FunctionName::Alarm.logical_id(), "FromAlarms"],
        &permission,
    )?;
    rules_to(template, core, FunctionName::Alarm, &alarm)?;
    Ok(alarm)
}

/// Adds the function for failures in ECS, if any cluster is watched.
pub(crate) fn ecs_function(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    let description = "Turns ECS failures into incidents";
    function_of_rules(template, core, FunctionName::Ecs, description)
}

/// Adds the function for other events, if any are watched.
pub(crate) fn event_function(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    let description = "Turns other events into incidents";
    function_of_rules(template, core, FunctionName::Event, description)
}

/// Adds a function that nothing but rules invoke, if there are any.
fn function_of_rules(
    template: &mut Template,
    core: &Core<'_>,
    asset: FunctionName,
    description: &'static str,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    if core.rules.iter().all(|it| it.purpose.function() != asset) {
        return Ok(None);
    }
    let function = signal_function(template, core, evaluator(asset, description))?;
    rules_to(template, core, asset, &function)?;
    Ok(Some(function))
}

/// A function that evaluates events and needs nothing but them.
fn evaluator(function: FunctionName, description: &'static str) -> Spec {
    Spec {
        function,
        description,
        timeout: 30,
        memory: SIGNAL_MEMORY,
        environment: Vec::new(),
        statements: Vec::new(),
        invocation: Invocation::Asynchronous,
    }
}
