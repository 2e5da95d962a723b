//! The functions that turn what AWS says into incidents, and what may invoke them.

use crate::{
    Arn,
    arn::Any,
    asset::CodeAsset,
    constructs::{
        Core,
        function::{Invocation, Spec, function},
        rule::rule,
    },
    event_pattern::{EventPattern, Except, Matcher},
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
    Ok(alarm)
}

/// Adds the rule for alarms that exist already, if any are watched.
pub(crate) fn watched_alarms(
    template: &mut Template,
    core: &Core<'_>,
    alarm: &Handle<Function>,
) -> Result<(), DuplicateLogicalId> {
    let prefixes = &core.monitor.watched_alarms;
    if prefixes.is_empty() {
        return Ok(());
    }
    let names: Vec<Matcher> = prefixes
        .iter()
        .map(|prefix| Matcher::Prefix(prefix.as_str().into()))
        .collect();
    // The alarms that this stack makes have their own way to the function, and an alarm on the
    // pipeline must never feed the pipeline. All of them are named after the stack.
    let own = Value::sub(format!(
        "arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{}-",
        core.monitor.stack
    ));
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.cloudwatch"]))
        .field(
            "resources",
            [Matcher::AnythingBut(Except::Prefixes(vec![own]))],
        )
        .field(
            "detail-type",
            Matcher::texts([
                "CloudWatch Alarm State Change",
                "CloudWatch Alarm Contributor State Change",
            ]),
        )
        .field("detail.alarmName", names)
        .field("detail.state.value", Matcher::texts(["ALARM"]));
    let rule = rule(
        template,
        core,
        "watched-alarms",
        "Alarms that exist already, by the beginning of their names",
        pattern,
        alarm,
    )?;
    invoked_by_rules(template, CodeAsset::Alarm, alarm, rule.arn().into_any())
}

/// Lets rules invoke a function. The rule's ARN holds the account, so nothing else is needed.
pub(crate) fn invoked_by_rules(
    template: &mut Template,
    asset: CodeAsset,
    function: &Handle<Function>,
    rules: Value<Arn<Any>>,
) -> Result<(), DuplicateLogicalId> {
    let permission = Permission {
        source_arn: Some(rules),
        ..Permission::new(
            "lambda:InvokeFunction",
            function.arn().into_text(),
            "events.amazonaws.com",
        )
    };
    template.add(&[asset.logical_name(), "FromRules"], &permission)?;
    Ok(())
}
