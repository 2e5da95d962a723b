//! The function that delivers incidents to the agent.

use contract::FunctionName;

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec, function},
        ledger::{Ledger, keep_ledger},
        queues::DELIVER_TIMEOUT,
    },
    logical_id::LogicalId,
    monitor::Monitor,
    policy::Statement,
    resources::{
        lambda_event_source_mapping::{EventSourceMapping, FunctionResponseType, ScalingConfig},
        lambda_function::Function,
        secretsmanager_secret::Secret,
    },
    tag::tags,
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// Messages of one batch at most: what is of one group shares its calls to the ledger.
const BATCH_SIZE: i64 = 1_000;
/// How long a batch may gather, in seconds. Groups wait for longer; a longer window would only delay.
const BATCH_WINDOW: i64 = 5;
/// How many batches are delivered at once: the least that Lambda allows.
const CONCURRENCY: i64 = 2;

/// Where the mapping of the queue to `deliver` sits in the model.
const FROM_INCIDENTS: [&str; 2] = ["DeliverFunction", "FromIncidents"];

/// The mapping without which nothing in the queue is delivered.
pub(crate) fn mapping() -> LogicalId {
    LogicalId::from_path(&FROM_INCIDENTS)
}

/// Adds `deliver`, which alone may read the secret, receive incidents and keep the ledger.
pub(crate) fn delivery(
    template: &mut Template,
    core: &Core<'_>,
    secret: &Handle<Secret>,
    ledger: &Ledger,
) -> Result<Handle<Function>, DuplicateLogicalId> {
    let webhook = &core.monitor.webhook;
    let mut environment: Vec<(&'static str, Value<String>)> = vec![
        ("DEAD_LETTERS_QUEUE_URL", core.dead_letters.queue_url()),
        ("INCIDENTS_QUEUE_URL", core.incidents.queue_url()),
        ("LEDGER_TABLE", ledger.name.clone()),
        ("WEBHOOK_SECRET_ARN", secret.reference().into_text()),
    ];
    let grouping = grouping_variables(core.monitor).into_iter();
    environment.extend(grouping.map(|(name, value)| (name, value.into())));
    if !webhook.hosts.is_empty() {
        let mut hosts: Vec<String> = webhook.hosts.iter().map(ToString::to_string).collect();
        hosts.sort();
        environment.push(("WEBHOOK_HOSTS", hosts.join(",").into()));
    }
    if webhook.loopback_http {
        environment.push(("WEBHOOK_LOOPBACK_HTTP", "allowed".into()));
    }
    let mut statements = vec![
        Statement::allow(
            "TakeIncidents",
            &[
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
            ],
            [core.incidents.arn().into_text()],
        ),
        Statement::allow(
            "GiveUp",
            &["sqs:SendMessage"],
            [core.dead_letters.arn().into_text()],
        ),
        Statement::allow(
            "ReadWebhookSecret",
            &["secretsmanager:GetSecretValue"],
            [secret.reference().into_text()],
        ),
    ];
    statements.extend(keep_ledger(ledger));
    let deliver = function(
        template,
        core,
        Spec {
            function: FunctionName::Deliver,
            description: "Delivers incidents to AWS DevOps Agent",
            timeout: DELIVER_TIMEOUT,
            memory: 256,
            environment,
            statements,
            invocation: Invocation::FromQueue,
        },
    )?;
    template.add(
        &FROM_INCIDENTS,
        &EventSourceMapping {
            event_source_arn: Some(core.incidents.arn().into()),
            batch_size: Some(BATCH_SIZE.into()),
            maximum_batching_window_in_seconds: Some(BATCH_WINDOW.into()),
            function_response_types: Some(
                vec![FunctionResponseType::ReportBatchItemFailures.into()].into(),
            ),
            scaling_config: Some(ScalingConfig {
                maximum_concurrency: Some(CONCURRENCY.into()),
            }),
            tags: Some(tags(core.monitor)),
            ..EventSourceMapping::new(deliver.reference())
        },
    )?;
    Ok(deliver)
}

/// What `deliver` is told of grouping, the budget and quiet hours: variables of its environment.
pub fn grouping_variables(monitor: &Monitor) -> Vec<(&'static str, String)> {
    let Monitor {
        grouping,
        budget,
        quiet_hours,
        ..
    } = monitor;
    let mut variables = vec![
        ("BUDGET_FLOOR", budget.floor().as_str().to_owned()),
        ("GROUP_WAIT_SECONDS", grouping.wait.seconds().to_string()),
        (
            "GROUP_WINDOW_SECONDS",
            grouping.window.seconds().to_string(),
        ),
        ("INVESTIGATIONS_PER_DAY", budget.per_day().to_string()),
        ("INVESTIGATIONS_PER_HOUR", budget.per_hour().to_string()),
    ];
    variables.extend(
        quiet_hours
            .as_ref()
            .map(|it| ("QUIET_HOURS", it.to_string())),
    );
    variables
}
