//! The function that delivers incidents to the agent.

use contract::{FunctionName, settings::variable};

use crate::{
    constructs::{
        Core,
        function::{Invocation, Spec, function},
        ledger::{Ledger, keep_ledger},
        queues::DELIVER_TIMEOUT,
    },
    logical_id::LogicalId,
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
        (
            variable::DEAD_LETTERS_QUEUE_URL,
            core.dead_letters.queue_url(),
        ),
        (variable::INCIDENTS_QUEUE_URL, core.incidents.queue_url()),
        (variable::LEDGER_TABLE, ledger.name.clone()),
        (variable::WEBHOOK_SECRET_ARN, secret.reference().into_text()),
    ];
    let settings = core.monitor.delivery().to_env().into_iter();
    environment.extend(settings.map(|(name, value)| (name, value.into())));
    if !webhook.hosts.is_empty() {
        let mut hosts: Vec<String> = webhook.hosts.iter().map(ToString::to_string).collect();
        hosts.sort();
        environment.push((variable::WEBHOOK_HOSTS, hosts.join(",").into()));
    }
    if webhook.loopback_http {
        environment.push((variable::WEBHOOK_LOOPBACK_HTTP, variable::ALLOWED.into()));
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
