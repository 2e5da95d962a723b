//! From what is watched to the templates of an account: the only place where constructs meet.

use std::collections::{BTreeMap, BTreeSet};

use contract::{FunctionName, Output, StackRole, names::STACK_DESCRIPTION};

use crate::{
    Arn, ToJson, Value,
    arn::AlarmAction,
    asset::{BUCKET_PARAMETER, key_parameter},
    constructs::{
        agent_events::agent_events,
        alarms::{alarm, composite_alarm},
        canary::canary,
        cost_schedule::{COST_REGIONS, cost_schedule},
        dashboard::dashboard,
        delivery::delivery,
        function::{SECURITY_GROUPS, SUBNETS, role_of},
        ledger::{LEDGER_TABLE, ledger},
        pipeline_alarms::pipeline_alarms,
        queues::{only_from, queues},
        redrive::redrive_role,
        results::result_function,
        secret::webhook_secret,
        sources::{alarm_function, ecs_function, event_function},
        sweep::sweep,
    },
    hash::stable_hash,
    limits,
    monitor::{Agent, Alarm, AlarmName, Forwarding, Monitor, Network, NetworkId},
    parallel,
    quota::{self, OverQuota, Subject},
    resources::lambda_function::Function,
    rules::{EventRule, rules},
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
    /// The only region that it is deployed to; nothing for each region of the account file.
    pub region: Option<String>,
    /// The alarms in it, in the order of their names.
    pub alarms: Vec<AlarmName>,
}

/// Where the value of a parameter comes from when a stack is deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterSource {
    /// The name of the bucket that holds the code.
    AssetBucket,
    /// The account file, region by region: a list of IDs.
    Region(BTreeMap<String, Vec<String>>),
    /// The key of a function's code in that bucket.
    CodeKey(FunctionName),
    /// What another stack, deployed before, shows under this name.
    Output {
        /// The other stack.
        stack: String,
        /// The output's name.
        output: Output,
    },
}

/// Why a monitor does not become stacks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynthesisError {
    /// Two names lead to one resource.
    #[error(transparent)]
    DuplicateLogicalId(#[from] DuplicateLogicalId),
    /// More of something than AWS takes.
    #[error("{}", first(.0))]
    Quotas(Vec<OverQuota>),
}

fn first(over: &[OverQuota]) -> String {
    over.first().map(OverQuota::to_string).unwrap_or_default()
}

/// What one stack is made of.
enum Part<'a> {
    Core,
    Alarms(u32, Vec<&'a Alarm>),
    Composites,
    AgentEvents(&'a Agent, &'a Forwarding),
}

impl Part<'_> {
    fn role(&self) -> StackRole {
        match self {
            Self::Core => StackRole::Core,
            Self::Alarms(number, _) => StackRole::Alarms(*number),
            Self::Composites => StackRole::Composites,
            Self::AgentEvents(..) => StackRole::AgentEvents,
        }
    }
}

/// The stacks of an account, in the order in which they are deployed.
///
/// Every quota is checked here, whoever asks. Stacks do not depend on each other, so each core makes some.
///
/// # Errors
///
/// Returns [`SynthesisError::Quotas`] with every quota of AWS that the account file is over, and
/// [`SynthesisError::DuplicateLogicalId`] if two names lead to one resource.
pub fn synthesize(monitor: &Monitor) -> Result<Vec<Stack>, SynthesisError> {
    let parts = parts(monitor);
    let full = full_shards(monitor, &parts);
    if !full.is_empty() {
        return Err(SynthesisError::Quotas(full));
    }
    let rules = rules(monitor);
    let mut over = quota::of_rules(monitor, &rules);
    over.extend(quota::of_alarms(monitor));
    let mut stacks = Vec::new();
    for part in parallel::map(&parts, |part| {
        let stack = stack(monitor, &rules, part)?;
        let over = quota::of_stack(monitor, &stack);
        Ok::<_, DuplicateLogicalId>((stack, over))
    }) {
        let (stack, over_in_stack) = part?;
        stacks.push(stack);
        over.extend(over_in_stack);
    }
    if over.is_empty() {
        Ok(stacks)
    } else {
        Err(SynthesisError::Quotas(over))
    }
}

/// The names of the stacks of an account, in the order in which they are deployed.
pub fn stack_names(monitor: &Monitor) -> Vec<String> {
    let names = parts(monitor).into_iter();
    names
        .map(|it| it.role().stack_name(monitor.stack.as_str()))
        .collect()
}

fn parts(monitor: &Monitor) -> Vec<Part<'_>> {
    let mut parts = vec![Part::Core];
    let shards = (1..).zip(shards(monitor));
    parts.extend(
        shards
            .filter(|(_, alarms)| !alarms.is_empty())
            .map(|(number, alarms)| Part::Alarms(number, alarms)),
    );
    if !monitor.composites.is_empty() {
        parts.push(Part::Composites);
    }
    if let Some((agent, forwarding)) = monitor.forwarding() {
        parts.push(Part::AgentEvents(agent, forwarding));
    }
    parts
}

fn stack(
    monitor: &Monitor,
    rules: &[EventRule],
    part: &Part<'_>,
) -> Result<Stack, DuplicateLogicalId> {
    match part {
        Part::Core => core_stack(monitor, rules),
        Part::Alarms(number, alarms) => alarm_stack(monitor, *number, alarms),
        Part::Composites => composite_stack(monitor),
        Part::AgentEvents(agent, forwarding) => agent_events_stack(monitor, agent, forwarding),
    }
}

/// The functions that stacks run, each once.
pub fn assets(stacks: &[Stack]) -> BTreeSet<FunctionName> {
    let sources = stacks.iter().flat_map(|stack| stack.parameters.values());
    sources
        .filter_map(|source| match source {
            ParameterSource::CodeKey(asset) => Some(*asset),
            ParameterSource::AssetBucket
            | ParameterSource::Region(_)
            | ParameterSource::Output { .. } => None,
        })
        .collect()
}

fn core_stack(monitor: &Monitor, rules: &[EventRule]) -> Result<Stack, DuplicateLogicalId> {
    let mut template = Template::new(format!(
        "{STACK_DESCRIPTION}what goes wrong in the account `{}` becomes investigations of AWS DevOps Agent",
        monitor.account_name
    ));
    let core = queues(&mut template, monitor, rules)?;
    let secret = webhook_secret(&mut template, &core)?;
    let ledger = ledger(&mut template, &core)?;

    let mut functions: Vec<(FunctionName, Handle<Function>)> = Vec::new();
    let alarm = alarm_function(&mut template, &core)?;
    functions.push((FunctionName::Alarm, alarm.clone()));
    if let Some(ecs) = ecs_function(&mut template, &core)? {
        functions.push((FunctionName::Ecs, ecs));
    }
    if let Some(event) = event_function(&mut template, &core)? {
        functions.push((FunctionName::Event, event));
    }
    if let Some(cost) = cost_schedule(&mut template, &core, &ledger)? {
        functions.push((FunctionName::Cost, cost));
    }
    let deliver = delivery(&mut template, &core, &secret, &ledger)?;
    sweep(&mut template, &core, &deliver)?;
    let redrive = redrive_role(&mut template, &core)?;
    let mut senders: Vec<Value<String>> = functions.iter().map(|(it, _)| role_of(*it)).collect();
    senders.push(redrive.arn().into_text());
    only_from(&mut template, &core, senders)?;
    functions.push((FunctionName::Deliver, deliver.clone()));
    if let Some(result) = result_function(&mut template, &core, &ledger)? {
        functions.push((FunctionName::Result, result));
    }
    canary(&mut template, &core, &alarm)?;
    let alarms = pipeline_alarms(&mut template, &core, &functions, &deliver)?;
    dashboard(&mut template, &core, &functions, &deliver, &alarms)?;

    let mut show = |output: Output, description, value: &dyn ToJson| {
        template.output(output.as_str(), description, value);
    };
    show(
        Output::AlarmFunctionArn,
        "Any alarm of this account can have this function as an action",
        &alarm.arn(),
    );
    for (asset, function) in &functions {
        show(
            Output::Function(*asset),
            "The function's name",
            &function.reference(),
        );
    }
    show(
        Output::IncidentsUrl,
        "Incidents that wait",
        &core.incidents.queue_url(),
    );
    show(
        Output::DeadLettersUrl,
        "Dead letters",
        &core.dead_letters.queue_url(),
    );
    show(
        Output::FailedEventsBucket,
        "Events that functions failed on",
        &core.failures.reference(),
    );
    show(
        Output::RedriveRoleArn,
        "The role that incidents are sent back by",
        &redrive.arn(),
    );
    show(
        Output::WebhookSecretArn,
        "Where the webhook is kept",
        &secret.reference(),
    );
    show(
        Output::LedgerTable,
        "The table with the record of incidents and reports",
        &ledger.name,
    );
    show(
        Output::Version,
        "The version of Tocsin that made this template",
        &env!("CARGO_PKG_VERSION"),
    );

    let assets = functions.iter().map(|(asset, _)| *asset);
    let parameters = core_parameters(monitor, assets);
    Ok(Stack {
        name: StackRole::Core.stack_name(monitor.stack.as_str()),
        template,
        parameters,
        region: None,
        alarms: Vec::new(),
    })
}

/// What forwards the agent's events is in a stack of its own: the region of the agent space may have no other.
fn agent_events_stack(
    monitor: &Monitor,
    agent: &Agent,
    forwarding: &Forwarding,
) -> Result<Stack, DuplicateLogicalId> {
    let mut template = Template::new(format!(
        "{STACK_DESCRIPTION}forwards the agent's events to the regions of the account `{}`",
        monitor.account_name
    ));
    agent_events(&mut template, monitor, agent, forwarding)?;
    Ok(Stack {
        name: StackRole::AgentEvents.stack_name(monitor.stack.as_str()),
        template,
        parameters: BTreeMap::new(),
        region: Some(forwarding.from.clone()),
        alarms: Vec::new(),
    })
}

/// Where the values of the core stack's parameters come from, where it runs these functions.
fn core_parameters(
    monitor: &Monitor,
    functions: impl Iterator<Item = FunctionName>,
) -> BTreeMap<String, ParameterSource> {
    let code = |it| (key_parameter(it).to_owned(), ParameterSource::CodeKey(it));
    let mut parameters: BTreeMap<String, ParameterSource> = functions.map(code).collect();
    parameters.insert(BUCKET_PARAMETER.to_owned(), ParameterSource::AssetBucket);
    if let Some(report) = &monitor.cost_report
        && report.regions.len() > 1
    {
        let source = in_the_first(&report.regions);
        parameters.insert(COST_REGIONS.to_owned(), source);
    }
    let tables = &monitor.hardening.ledger_tables;
    if !tables.is_empty() {
        let tables = tables.iter();
        let by_region = tables.map(|(region, it)| (region.clone(), vec![it.clone()]));
        let source = ParameterSource::Region(by_region.collect());
        parameters.insert(LEDGER_TABLE.to_owned(), source);
    }
    if let Some(vpc) = &monitor.hardening.vpc {
        let by_region = |ids: fn(&Network) -> &Vec<NetworkId>| {
            let regions = vpc.regions.iter();
            ParameterSource::Region(
                regions
                    .map(|(name, it)| {
                        let ids = ids(it).iter().map(|id| id.as_str().to_owned());
                        (name.clone(), ids.collect())
                    })
                    .collect(),
            )
        };
        parameters.insert(SUBNETS.to_owned(), by_region(|it| &it.subnets));
        parameters.insert(
            SECURITY_GROUPS.to_owned(),
            by_region(|it| &it.security_groups),
        );
    }
    parameters
}

/// All regions in the first of them, and nothing in the others.
fn in_the_first(regions: &[String]) -> ParameterSource {
    let lists = regions.iter().enumerate().map(|(index, region)| {
        let list = if index == 0 {
            regions.to_vec()
        } else {
            Vec::new()
        };
        (region.clone(), list)
    });
    ParameterSource::Region(lists.collect())
}

fn alarm_stack(
    monitor: &Monitor,
    number: u32,
    alarms: &[&Alarm],
) -> Result<Stack, DuplicateLogicalId> {
    let mut template = Template::new(format!(
        "{STACK_DESCRIPTION}alarms of the account `{}`, part {number} of {}",
        monitor.account_name,
        monitor.alarm_shards.get()
    ));
    let action = alarm_action(&mut template);
    for it in alarms {
        alarm(&mut template, monitor, it, &action)?;
    }
    let names = alarms.iter().map(|it| it.name.clone()).collect();
    Ok(alarms_of(
        monitor,
        StackRole::Alarms(number).stack_name(monitor.stack.as_str()),
        template,
        names,
    ))
}

/// Composite alarms have a stack of their own, after all others: they look at alarms of any shard,
/// and CloudWatch neither makes one before what it looks at, nor deletes that before it.
fn composite_stack(monitor: &Monitor) -> Result<Stack, DuplicateLogicalId> {
    let mut template = Template::new(format!(
        "{STACK_DESCRIPTION}composite alarms of the account `{}`",
        monitor.account_name
    ));
    let action = alarm_action(&mut template);
    for it in &monitor.composites {
        composite_alarm(&mut template, monitor, it, &action)?;
    }
    let names = monitor
        .composites
        .iter()
        .map(|it| it.name.clone())
        .collect();
    let name = StackRole::Composites.stack_name(monitor.stack.as_str());
    Ok(alarms_of(monitor, name, template, names))
}

/// A parameter and not an import: an imported function could never be replaced.
fn alarm_action(template: &mut Template) -> Value<Arn<AlarmAction>> {
    template
        .parameter::<Arn<Function>>(
            Output::AlarmFunctionArn.as_str(),
            ParameterType::String,
            "The function that alarms invoke; filled in by `synth deploy`",
        )
        .into()
}

fn alarms_of(monitor: &Monitor, name: String, template: Template, alarms: Vec<AlarmName>) -> Stack {
    let source = ParameterSource::Output {
        stack: monitor.stack.to_string(),
        output: Output::AlarmFunctionArn,
    };
    Stack {
        name,
        template,
        parameters: BTreeMap::from([(Output::AlarmFunctionArn.as_str().to_owned(), source)]),
        region: None,
        alarms,
    }
}

/// The alarms of each shard, in the order of their names. An alarm's shard is a fixed hash of its
/// name, so that no other alarm ever moves it.
fn shards(monitor: &Monitor) -> Vec<Vec<&Alarm>> {
    let mut shards = spread(&monitor.alarms, monitor.alarm_shards.get());
    for shard in &mut shards {
        shard.sort_by(|a, b| a.name.cmp(&b.name));
    }
    shards
}

fn full_shards(monitor: &Monitor, parts: &[Part<'_>]) -> Vec<OverQuota> {
    let holds = |alarms: &Vec<&Alarm>| alarms.len() <= limits::ALARMS_PER_SHARD;
    let full: Vec<(u32, &Vec<&Alarm>)> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Alarms(number, alarms) if !holds(alarms) => Some((*number, alarms)),
            Part::Alarms(..) | Part::Core | Part::Composites | Part::AgentEvents(..) => None,
        })
        .collect();
    if full.is_empty() {
        return Vec::new();
    }
    let most = u32::try_from(monitor.alarms.len()).unwrap_or(u32::MAX);
    let needed = (monitor.alarm_shards.get() + 1..=most)
        .find(|count| spread(&monitor.alarms, *count).iter().all(holds))
        .unwrap_or(most);
    let over = full.into_iter().map(|(number, alarms)| OverQuota {
        what: format!(
            "alarms in the stack `{}`",
            StackRole::Alarms(number).stack_name(monitor.stack.as_str())
        ),
        found: alarms.len(),
        limit: limits::ALARMS_PER_SHARD,
        subject: Subject::Alarms(
            alarms
                .iter()
                .skip(limits::ALARMS_PER_SHARD)
                .map(|it| it.name.clone())
                .collect(),
        ),
        remedy: format!("set `alarm-shards: {needed}`, which moves alarms between stacks"),
    });
    over.collect()
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
