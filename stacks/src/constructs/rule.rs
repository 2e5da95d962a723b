//! An EventBridge rule that hands events to a function.

use crate::{
    constructs::Core,
    event_pattern::EventPattern,
    resources::{
        events_rule::{DeadLetterConfig, Rule, State, Target},
        lambda_function::Function,
    },
    template::{DuplicateLogicalId, Handle, Template},
};

/// Adds the rule. Events that cannot be handed over within a day become dead letters.
///
/// The rule is named after the stack, so that policies can speak of all of a stack's rules at once.
/// `slug` is the rest of the name, in letters, digits and hyphens.
pub(crate) fn rule(
    template: &mut Template,
    core: &Core<'_>,
    slug: &str,
    description: &str,
    pattern: EventPattern,
    function: &Handle<Function>,
) -> Result<Handle<Rule>, DuplicateLogicalId> {
    template.add(
        &["Rule", slug],
        &Rule {
            name: Some(format!("{}-{slug}", core.monitor.stack).into()),
            description: Some(description.into()),
            event_pattern: Some(pattern),
            state: Some(State::Enabled.into()),
            targets: Some(vec![Target {
                dead_letter_config: Some(DeadLetterConfig {
                    arn: Some(core.dead_letters.arn().into()),
                }),
                ..Target::new(function.arn(), "Function")
            }]),
            tags: Some(core.monitor.tags.clone()),
            ..Rule::new()
        },
    )
}
