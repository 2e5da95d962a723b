//! EventBridge rules, and the permission to invoke what they hand events to.

use contract::FunctionName;

use crate::{
    Arn,
    arn::Any,
    constructs::Core,
    resources::{
        events_rule::{DeadLetterConfig, InputTransformer, Rule, State, Target},
        lambda_function::Function,
        lambda_permission::Permission,
    },
    rules::{EventRule, prefix},
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// Adds every rule that hands events to `function`, and the one permission that they need.
pub(crate) fn rules_to(
    template: &mut Template,
    core: &Core<'_>,
    asset: FunctionName,
    function: &Handle<Function>,
) -> Result<(), DuplicateLogicalId> {
    let mut added = Vec::new();
    for it in core
        .rules
        .iter()
        .filter(|it| it.purpose.function() == asset)
    {
        added.push(rule(template, core, it, function)?);
    }
    let source = match (prefix(asset), added.as_slice()) {
        (_, []) => return Ok(()),
        (Some(prefix), _) => rules_like(core, prefix, function),
        (None, [only, ..]) => only.arn().into_any(),
    };
    // The rule's ARN holds the account, so nothing else is needed.
    let permission = Permission {
        source_arn: Some(source),
        ..Permission::new(
            "lambda:InvokeFunction",
            function.arn().into_text(),
            "events.amazonaws.com",
        )
    };
    template.add(&[asset.logical_id(), "FromRules"], &permission)?;
    Ok(())
}

/// All rules of the stack whose names go on like this: one statement, however many there are.
///
/// The account comes from the function's ARN: what is made of nothing but pseudo parameters,
/// validators take for an ARN that somebody typed in (W9002 of cloudformation-validate).
fn rules_like(core: &Core<'_>, prefix: &str, function: &Handle<Function>) -> Value<Arn<Any>> {
    Value::<Arn<Any>>::matching(
        format!(
            "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{Account}}:rule/{}-{prefix}*",
            core.monitor.stack
        ),
        [("Account", function.arn().account())],
    )
}

/// Adds a rule. Events that cannot be handed over within a day become dead letters.
fn rule(
    template: &mut Template,
    core: &Core<'_>,
    rule: &EventRule,
    function: &Handle<Function>,
) -> Result<Handle<Rule>, DuplicateLogicalId> {
    let state = if rule.purpose.sees_reads() {
        State::EnabledWithAllCloudtrailManagementEvents
    } else {
        State::Enabled
    };
    let only = rule.purpose.only_region();
    let attributes = Attributes {
        condition: only.map(|it| template.condition_of_region(&format!("In {it}"), it)),
        ..Attributes::default()
    };
    template.add_with(
        &["Rule", &rule.purpose.slug()],
        &Rule {
            name: Some(rule.name(core.monitor).into()),
            description: Some(rule.purpose.description().into()),
            event_pattern: Some(rule.pattern.clone()),
            state: Some(state.into()),
            targets: Some(vec![Target {
                dead_letter_config: Some(DeadLetterConfig {
                    arn: Some(core.dead_letters.arn().into()),
                }),
                input_transformer: rule
                    .input
                    .as_ref()
                    .map(|input| InputTransformer::new(input.template())),
                ..Target::new(function.arn(), "Function")
            }]),
            tags: Some(tags(core.monitor)),
            ..Rule::new()
        },
        attributes,
    )
}
