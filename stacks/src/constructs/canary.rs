//! The canary of the pipeline: once a day an event goes all the way but the post.

use contract::{
    FunctionName,
    canary::{DETAIL_TYPE, SOURCE, STACK},
    names,
};
use serde_json::json;

use crate::{
    constructs::{
        Core, delivery,
        schedule::{Does, Missed, Timetable, schedule},
    },
    event_pattern::{EventPattern, Matcher},
    resources::{
        events_rule::{RetryPolicy, Rule, State, Target},
        lambda_function::Function,
        lambda_permission::Permission,
    },
    tag::tags,
    template::{DuplicateLogicalId, Handle, Template},
};

/// Adds the schedule that sends the canary, and the rule that hands it to `alarm`, which every stack has.
///
/// It starts when it is made, so it is made after everything that it goes through. One that does not arrive sets off
/// an alarm: it needs no dead letters.
pub(crate) fn canary(
    template: &mut Template,
    core: &Core<'_>,
    alarm: &Handle<Function>,
) -> Result<(), DuplicateLogicalId> {
    let stack = core.monitor.stack.as_str();
    let pattern = EventPattern::new()
        .field("source", Matcher::texts([SOURCE]))
        .field("detail-type", Matcher::texts([DETAIL_TYPE]))
        .field(&format!("detail.{STACK}"), Matcher::texts([stack]));
    let rule = template.add(
        &["Canary", "Rule"],
        &Rule {
            name: Some(names::rule(stack, "canary").into()),
            description: Some("The canary of the pipeline".into()),
            event_pattern: Some(pattern),
            state: Some(State::Enabled.into()),
            targets: Some(vec![Target {
                // A canary of yesterday says nothing of today.
                retry_policy: Some(RetryPolicy {
                    maximum_event_age_in_seconds: Some(21_600.into()),
                    ..RetryPolicy::new()
                }),
                ..Target::new(alarm.arn(), "Function")
            }]),
            tags: Some(tags(core.monitor)),
            ..Rule::new()
        },
    )?;
    let permission = template.add(
        &[FunctionName::Alarm.logical_id(), "FromCanary"],
        &Permission {
            source_arn: Some(rule.arn().into_any()),
            ..Permission::new(
                "lambda:InvokeFunction",
                alarm.arn().into_text(),
                "events.amazonaws.com",
            )
        },
    )?;
    schedule(
        template,
        core,
        Does::Sends {
            source: SOURCE,
            detail_type: DETAIL_TYPE,
        },
        Timetable {
            name: "Canary",
            description: "The canary of the pipeline: goes the way of an incident, and is not sent",
            expression: "rate(1 day)".to_owned(),
            time_zone: None,
            event: json!({ STACK: stack }),
            missed: Missed::Retried,
            condition: None,
            after: vec![permission.logical_id().clone(), delivery::mapping()],
        },
    )
}
