//! From what is watched to the templates of an account: the only place where constructs meet.

use std::collections::BTreeMap;

use crate::{
    asset::CodeAsset,
    constructs::{
        alarms::alarm,
        cost_schedule::cost_schedule,
        delivery::delivery,
        function::{SECURITY_GROUPS, SUBNETS},
        queues::queues,
        secret::webhook_secret,
        self_watch::self_watch,
        sources::{alarm_function, ecs_function},
    },
    hash::stable_hash,
    limits,
    monitor::{Alarm, Monitor, Network},
    resources::lambda_function::Function,
    template::{DuplicateLogicalId, Handle, ParameterType, Template},
};

/// A stack: a template, and where the values of its parameters come from.
#[derive(Debug)]
pub struct Stack {
    /// The stack's name.
    pub name: String,
    /// What CloudFormation reads.
    pub template: Template,
    /// Where each parameter's value comes from, by name.
    pub parameters: BTreeMap<String, ParameterSource>,
}

/// Where the value of a parameter comes from when a stack is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterSource {
    /// The name of the bucket that holds the code.
    AssetBucket,
    /// The account file, region by region: a list of IDs.
    Region(BTreeMap<String, Vec<String>>),
    /// The key of a function's code in that bucket.
    CodeKey(CodeAsset),
    /// What another stack, deployed before, shows under this name.
    Output {
        /// The other stack.
        stack: String,
        /// The output's name.
        output: &'static str,
    },
}

/// Why a monitor does not become stacks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynthesisError {
    /// Two names lead to one resource.
    #[error(transparent)]
    DuplicateLogicalId(#[from] DuplicateLogicalId),
    /// More alarms than one stack holds.
    #[error(
        "{alarms} alarms fall into one of {shards} shards, which holds {}: set `alarm-shards: {needed}`",
        limits::ALARMS_PER_SHARD
    )]
    ShardFull {
        /// How many fall into the fullest shard.
        alarms: usize,
        /// How many shards there are.
        shards: u32,
        /// How many shards would do.
        needed: u32,
    },
}

/// The output of the core stack that alarms need.
const ALARM_FUNCTION_ARN: &str = "AlarmFunctionArn";

/// The stacks of an account, in the order in which they are deployed.
pub fn synthesize(monitor: &Monitor) -> Result<Vec<Stack>, SynthesisError> {
    let mut stacks = vec![core_stack(monitor)?];
    for (index, alarms) in shards(monitor)?.into_iter().enumerate() {
        if !alarms.is_empty() {
            stacks.push(alarm_stack(monitor, index + 1, &alarms)?);
        }
    }
    Ok(stacks)
}

fn core_stack(monitor: &Monitor) -> Result<Stack, DuplicateLogicalId> {
    let mut template = Template::new(format!(
        "Tocsin: what goes wrong in the account `{}` becomes investigations of AWS DevOps Agent",
        monitor.account_name
    ));
    let core = queues(&mut template, monitor)?;
    let secret = webhook_secret(&mut template, &core)?;

    let mut functions: Vec<(CodeAsset, Handle<Function>)> = Vec::new();
    let alarm = alarm_function(&mut template, &core)?;
    functions.push((CodeAsset::Alarm, alarm.clone()));
    if let Some(ecs) = ecs_function(&mut template, &core)? {
        functions.push((CodeAsset::Ecs, ecs));
    }
    if let Some(cost) = cost_schedule(&mut template, &core)? {
        functions.push((CodeAsset::Cost, cost));
    }
    let deliver = delivery(&mut template, &core, &secret)?;
    functions.push((CodeAsset::Deliver, deliver.clone()));
    self_watch(&mut template, &core, &functions, &deliver)?;

    template.output(
        ALARM_FUNCTION_ARN,
        "Any alarm of this account can have this function as an action",
        &alarm.arn(),
    );
    for (asset, function) in &functions {
        template.output(
            asset.logical_name(),
            "The function's name",
            &function.reference(),
        );
    }
    template.output(
        "IncidentsUrl",
        "Incidents that wait",
        &core.incidents.queue_url(),
    );
    template.output(
        "DeadLettersUrl",
        "What was given up",
        &core.dead_letters.queue_url(),
    );
    template.output(
        "WebhookSecretArn",
        "Where the webhook is kept",
        &secret.reference(),
    );

    let mut parameters: BTreeMap<String, ParameterSource> = functions
        .iter()
        .map(|(asset, _)| {
            (
                asset.parameter().to_owned(),
                ParameterSource::CodeKey(*asset),
            )
        })
        .collect();
    parameters.insert(
        CodeAsset::BUCKET_PARAMETER.to_owned(),
        ParameterSource::AssetBucket,
    );
    if let Some(vpc) = &monitor.hardening.vpc {
        let by_region = |ids: fn(&Network) -> &Vec<String>| {
            let regions = vpc.regions.iter();
            ParameterSource::Region(
                regions
                    .map(|(name, it)| (name.clone(), ids(it).clone()))
                    .collect(),
            )
        };
        parameters.insert(SUBNETS.to_owned(), by_region(|it| &it.subnets));
        parameters.insert(
            SECURITY_GROUPS.to_owned(),
            by_region(|it| &it.security_groups),
        );
    }
    Ok(Stack {
        name: monitor.stack.to_string(),
        template,
        parameters,
    })
}

fn alarm_stack(
    monitor: &Monitor,
    number: usize,
    alarms: &[&Alarm],
) -> Result<Stack, DuplicateLogicalId> {
    let mut template = Template::new(format!(
        "Tocsin: alarms of the account `{}`, part {number} of {}",
        monitor.account_name, monitor.alarm_shards
    ));
    // A parameter and not an import: an imported function could never be replaced.
    let action = template
        .parameter::<crate::Arn<Function>>(
            ALARM_FUNCTION_ARN,
            ParameterType::String,
            "The function that alarms invoke; filled in by `synth deploy`",
        )
        .into();
    for it in alarms {
        alarm(&mut template, monitor, it, &action)?;
    }
    let source = ParameterSource::Output {
        stack: monitor.stack.to_string(),
        output: ALARM_FUNCTION_ARN,
    };
    Ok(Stack {
        name: format!("{}-alarms-{number}", monitor.stack),
        template,
        parameters: BTreeMap::from([(ALARM_FUNCTION_ARN.to_owned(), source)]),
    })
}

/// The alarms of each shard. An alarm's shard is a fixed hash of its name, so that no other alarm
/// ever moves it.
fn shards(monitor: &Monitor) -> Result<Vec<Vec<&Alarm>>, SynthesisError> {
    let shards = spread(&monitor.alarms, monitor.alarm_shards);
    let alarms = shards.iter().map(Vec::len).max().unwrap_or_default();
    if alarms <= limits::ALARMS_PER_SHARD {
        return Ok(shards);
    }
    let most = u32::try_from(monitor.alarms.len()).unwrap_or(u32::MAX);
    let needed = (monitor.alarm_shards + 1..=most)
        .find(|count| {
            spread(&monitor.alarms, *count)
                .iter()
                .all(|it| it.len() <= limits::ALARMS_PER_SHARD)
        })
        .unwrap_or(most);
    Err(SynthesisError::ShardFull {
        alarms,
        shards: monitor.alarm_shards,
        needed,
    })
}

fn spread(alarms: &[Alarm], count: u32) -> Vec<Vec<&Alarm>> {
    let mut shards = vec![Vec::new(); count as usize];
    for alarm in alarms {
        let index = stable_hash(alarm.name.as_str()) % u64::from(count);
        if let Some(shard) = usize::try_from(index)
            .ok()
            .and_then(|index| shards.get_mut(index))
        {
            shard.push(alarm);
        }
    }
    shards
}
