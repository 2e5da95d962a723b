//! The functions that turn what AWS says into incidents, and what may invoke them.

use crate::{
    asset::CodeAsset,
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

/// The variable that tells a function where incidents go.
const INCIDENTS_QUEUE_URL: &str = "INCIDENTS_QUEUE_URL";

/// Adds a function that turns events into incidents.
pub(crate) fn signal_function(
    template: &mut Template,
    core: &Core<'_>,
    mut spec: Spec,
) -> Result<Handle<Function>, DuplicateLogicalId> {
    spec.environment
        .push((INCIDENTS_QUEUE_URL, core.incidents.queue_url()));
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
    let alarm = signal_function(
        template,
        core,
        Spec {
            asset: CodeAsset::Alarm,
            description: "Turns CloudWatch alarms into incidents",
            timeout: 30,
            memory: 128,
            environment: Vec::new(),
            statements: Vec::new(),
            invocation: Invocation::Asynchronous,
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
        &[CodeAsset::Alarm.logical_name(), "FromAlarms"],
        &permission,
    )?;
    rules_to(template, core, CodeAsset::Alarm, &alarm)?;
    Ok(alarm)
}

/// Adds the function for failures in ECS, if any cluster is watched.
pub(crate) fn ecs_function(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    if core.monitor.clusters.is_empty() {
        return Ok(None);
    }
    let ecs = signal_function(
        template,
        core,
        Spec {
            asset: CodeAsset::Ecs,
            description: "Turns ECS failures into incidents",
            timeout: 30,
            memory: 128,
            environment: Vec::new(),
            statements: Vec::new(),
            invocation: Invocation::Asynchronous,
        },
    )?;
    rules_to(template, core, CodeAsset::Ecs, &ecs)?;
    Ok(Some(ecs))
}

/// Adds the function for other events, if any are watched.
pub(crate) fn event_function(
    template: &mut Template,
    core: &Core<'_>,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    if !core.rules.iter().any(|it| it.function == CodeAsset::Event) {
        return Ok(None);
    }
    let event = signal_function(
        template,
        core,
        Spec {
            asset: CodeAsset::Event,
            description: "Turns other events into incidents",
            timeout: 30,
            memory: 128,
            environment: Vec::new(),
            statements: Vec::new(),
            invocation: Invocation::Asynchronous,
        },
    )?;
    rules_to(template, core, CodeAsset::Event, &event)?;
    Ok(Some(event))
}
