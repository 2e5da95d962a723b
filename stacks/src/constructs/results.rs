//! The function that reads what became of incidents, and what invokes it.

use contract::{FunctionName, settings::variable};
use serde_json::json;

use crate::{
    Arn,
    arn::{Topic, default_bus},
    constructs::{
        Core,
        function::{Invocation, Spec, function},
        ledger::{Ledger, record_results},
        rule::rules_to,
        schedule::{Does, Missed, Timetable, schedule},
    },
    monitor::Agent,
    policy::{Condition, Statement},
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
    let settings = agent.settings(&monitor.account_name, monitor.budget.limits());
    let topic = agent.results.as_ref();
    let topic = topic.map(|it| Value::<Arn<Topic>>::from(&it.topic).into_text());
    let environment = settings.to_env().into_iter();
    let environment = environment
        .map(|(name, value)| (name, value.into()))
        .chain([(variable::LEDGER_TABLE, ledger.name.clone())])
        .chain(topic.clone().map(|it| (variable::RESULTS_TOPIC_ARN, it)));
    let mut statements = vec![on_space(agent, "ReadResults", READS)];
    if agent.mitigation.is_some() {
        statements.push(on_space(
            agent,
            "AskForPlans",
            &["aidevops:UpdateBacklogTask"],
        ));
        statements.push(put_own_events());
    }
    if settings.metered {
        // No metric has an ARN.
        statements.push(Statement::allow(
            "ReadMeter",
            &["cloudwatch:GetMetricData"],
            [Value::from("*")],
        ));
    }
    statements.extend(record_results(ledger));
    statements.extend(topic.map(|it| Statement::allow("PublishResults", &["sns:Publish"], [it])));
    let result = function(
        template,
        core,
        Spec {
            function: FunctionName::Result,
            description: "Records what AWS DevOps Agent found about incidents",
            // Some twenty calls of the agent, each with its retries, and twice 15 seconds of waiting for what it wrote.
            timeout: 180,
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
            description: "Asks for investigations without an end in the ledger",
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

/// What reading the agent's tasks takes. Source: "Actions, resources, and condition keys for AWS DevOps Agent" in the
/// service authorization reference.
const READS: &[&str] = &[
    "aidevops:GetBacklogTask",
    "aidevops:ListBacklogTasks",
    "aidevops:ListExecutions",
    "aidevops:ListJournalRecords",
];

/// Events of Tocsin's own source, on the default bus.
fn put_own_events() -> Statement {
    Statement {
        conditions: vec![Condition::own_source()],
        ..Statement::allow(
            "HandOnPlans",
            &["events:PutEvents"],
            [default_bus().into_text()],
        )
    }
}

/// What these actions take, in the agent's space and no other.
fn on_space(agent: &Agent, sid: &'static str, actions: &'static [&'static str]) -> Statement {
    let region = agent.region.as_deref().unwrap_or("${AWS::Region}");
    let space = agent.space.as_str();
    Statement::allow(
        sid,
        actions,
        [Value::sub(format!(
            "arn:${{AWS::Partition}}:aidevops:{region}:${{AWS::AccountId}}:agentspace/{space}"
        ))],
    )
}
