//! The function that reads what became of incidents, and what invokes it.

use contract::{FunctionName, settings::variable};
use serde_json::json;

use crate::{
    Arn,
    arn::Topic,
    constructs::{
        Core,
        function::{Invocation, Spec, function},
        ledger::{Ledger, record_results},
        rule::rules_to,
        schedule::{Does, Missed, Timetable, schedule},
    },
    monitor::Agent,
    policy::Statement,
    resources::lambda_function::Function,
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// Adds the function, its rule and its schedule, if an agent is followed.
pub(crate) fn result_function(
    template: &mut Template,
    core: &Core<'_>,
    ledger: &Ledger,
) -> Result<Option<Handle<Function>>, DuplicateLogicalId> {
    let Some(agent) = &core.monitor.agent else {
        return Ok(None);
    };
    let monitor = core.monitor;
    let always_send = monitor.budget.limits().always_send;
    let settings = agent.settings(&monitor.account_name, always_send);
    let topic = agent.results.as_ref();
    let topic = topic.map(|it| Value::<Arn<Topic>>::from(&it.topic).into_text());
    let environment = settings.to_env().into_iter();
    let environment = environment
        .map(|(name, value)| (name, value.into()))
        .chain([(variable::LEDGER_TABLE, ledger.name.clone())])
        .chain(topic.clone().map(|it| (variable::RESULTS_TOPIC_ARN, it)));
    let mut statements = vec![read_results(agent)];
    statements.extend(record_results(ledger));
    statements.extend(topic.map(|it| Statement::allow("TellPeople", &["sns:Publish"], [it])));
    let result = function(
        template,
        core,
        Spec {
            function: FunctionName::Result,
            description: "Records what AWS DevOps Agent found about incidents",
            timeout: 60,
            memory: 128,
            environment: environment.collect(),
            statements,
            invocation: Invocation::Asynchronous,
        },
    )?;
    rules_to(template, core, FunctionName::Result, &result)?;
    schedule(
        template,
        core,
        Does::Invokes(&result),
        Timetable {
            name: "OverdueResults",
            description: "Asks for investigations whose end was not heard of",
            expression: "rate(1 hour)".to_owned(),
            time_zone: None,
            event: json!({ "results": "overdue" }),
            missed: Missed::Nothing,
            condition: None,
            after: Vec::new(),
        },
    )?;
    Ok(Some(result))
}

/// What reading the agent's tasks takes, in its space and no other. Source: "Actions, resources, and condition keys for
/// AWS DevOps Agent" in the service authorization reference.
fn read_results(agent: &Agent) -> Statement {
    let region = agent.region.as_deref().unwrap_or("${AWS::Region}");
    let space = agent.space.as_str();
    Statement::allow(
        "ReadResults",
        &[
            "aidevops:GetBacklogTask",
            "aidevops:ListBacklogTasks",
            "aidevops:ListExecutions",
            "aidevops:ListJournalRecords",
        ],
        [Value::sub(format!(
            "arn:${{AWS::Partition}}:aidevops:{region}:${{AWS::AccountId}}:agentspace/{space}"
        ))],
    )
}
