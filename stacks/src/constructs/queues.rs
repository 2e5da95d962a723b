//! The queue that incidents wait in, the one for what could not be delivered, and whatever else all share.

use serde_json::json;

use crate::{
    constructs::{Core, failures::failures, key::key},
    monitor::Monitor,
    policy::{Condition, Effect, PolicyDocument, Principal, Statement},
    resources::{
        scheduler_schedule_group::ScheduleGroup,
        sqs_queue::{Queue, RedrivePolicy},
        sqs_queue_policy::QueuePolicy,
    },
    rules::EventRule,
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// How long `deliver` may take for a batch, in seconds.
pub(crate) const DELIVER_TIMEOUT: i64 = 120;
/// How long a received message stays hidden, in seconds: longer than the function may take, and no longer, because what
/// the function had when it was killed waits for so long. Lambda asks for six times the timeout where it throttles;
/// the event source mapping never asks for more than its own concurrency.
const VISIBILITY: i64 = DELIVER_TIMEOUT + 30;
/// How long an incident may wait, in seconds. `deliver` gives up a day earlier, with the reason.
const RETENTION: i64 = 7 * 86_400;
/// How long a dead letter is kept, in seconds: the longest that SQS keeps anything.
const DEAD_LETTER_RETENTION: i64 = 14 * 86_400;
/// A guard against messages that crash the function. Giving up is decided by age and verdict.
const MAX_RECEIVES: i64 = 1_000;

/// Adds both queues, and what else every construct of the core stack shares. Who may send incidents, only those know
/// that are made later: see [`only_from`].
pub(crate) fn queues<'a>(
    template: &mut Template,
    monitor: &'a Monitor,
    rules: &'a [EventRule],
) -> Result<Core<'a>, DuplicateLogicalId> {
    let key = key(template, monitor)?;
    let aws_owned_key = key.is_none().then_some(Reason::AwsOwnedKey);
    let kms_master_key_id = key.as_ref().map(|key| key.arn().into_text());
    let sqs_managed_sse_enabled = key.is_none().then(|| true.into());
    let dead_letters = template.add_with(
        &["DeadLetters"],
        &Queue {
            message_retention_period: Some(DEAD_LETTER_RETENTION.into()),
            kms_master_key_id: kms_master_key_id.clone(),
            sqs_managed_sse_enabled: sqs_managed_sse_enabled.clone(),
            tags: Some(tags(monitor)),
            ..Queue::new()
        },
        Attributes::retained().but(aws_owned_key),
    )?;
    let incidents = template.add_with(
        &["Incidents"],
        &Queue {
            message_retention_period: Some(RETENTION.into()),
            visibility_timeout: Some(VISIBILITY.into()),
            kms_master_key_id,
            sqs_managed_sse_enabled,
            redrive_policy: Some(RedrivePolicy {
                dead_letter_target_arn: Some(dead_letters.arn()),
                max_receive_count: Some(MAX_RECEIVES.into()),
            }),
            // Nothing may use the incidents themselves as a dead-letter queue.
            redrive_allow_policy: Some(json!({ "redrivePermission": "denyAll" })),
            tags: Some(tags(monitor)),
            ..Queue::new()
        },
        Attributes::retained().but(aws_owned_key),
    )?;

    let from_any_rule = Value::sub(format!(
        "arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{}-*",
        monitor.stack
    ));
    let from_rules = Statement {
        principal: Some(Principal::Service("events.amazonaws.com")),
        conditions: vec![Condition {
            operator: "ArnLike",
            key: "aws:SourceArn",
            values: vec![from_any_rule],
        }],
        ..Statement::allow(
            "FromRulesOfThisStack",
            &["sqs:SendMessage"],
            [dead_letters.arn().into_text()],
        )
    };
    queue_policy(template, "DeadLetters", &dead_letters, vec![from_rules])?;
    let schedules = template.add(
        &["Schedules"],
        &ScheduleGroup {
            tags: Some(tags(monitor)),
            ..ScheduleGroup::new()
        },
    )?;
    Ok(Core {
        monitor,
        rules,
        key,
        incidents,
        dead_letters,
        failures: failures(template, monitor)?,
        schedules,
    })
}

/// Adds the policy of the incidents' queue: nobody sends to it but these roles.
///
/// Whatever is queued becomes a report, so a message that somebody else sends is a forged incident. The key is
/// the role's ARN also for its sessions, and is absent for services of AWS, which are denied by that. Lambda
/// receives and deletes with the role of `deliver`; SQS moves messages out of this queue, which sends to
/// the other one. Source: "`aws:PrincipalArn`" in the IAM user guide.
pub(crate) fn only_from(
    template: &mut Template,
    core: &Core<'_>,
    senders: Vec<Value<String>>,
) -> Result<(), DuplicateLogicalId> {
    let only_senders = Statement {
        effect: Effect::Deny,
        principal: Some(Principal::Everyone),
        conditions: vec![Condition {
            operator: "ArnNotEquals",
            key: "aws:PrincipalArn",
            values: senders,
        }],
        ..Statement::allow(
            "OnlyFromRolesOfThisStack",
            &["sqs:SendMessage"],
            [core.incidents.arn().into_text()],
        )
    };
    queue_policy(template, "Incidents", &core.incidents, vec![only_senders])
}

fn queue_policy(
    template: &mut Template,
    name: &str,
    queue: &Handle<Queue>,
    mut statements: Vec<Statement>,
) -> Result<(), DuplicateLogicalId> {
    statements.push(Statement::only_over_tls(
        &["sqs:*"],
        [queue.arn().into_text()],
    ));
    let policy = QueuePolicy::new(PolicyDocument::new(statements), vec![queue.queue_url()]);
    template.add(&[name, "Policy"], &policy)?;
    Ok(())
}
