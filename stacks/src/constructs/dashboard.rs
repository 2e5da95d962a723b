//! A dashboard of the pipeline, for who wants one: an account's first three are free.

use contract::{FunctionName, INVESTIGATION_TIME, canary::METRIC};
use serde_json::{Value as Json, json};

use crate::{
    constructs::{Core, pipeline_alarms::NAMESPACE},
    monitor::Monitor,
    resources::{cloudwatch_dashboard::Dashboard, lambda_function::Function},
    suppression::Reason,
    tag::tags,
    template::{DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// How wide a dashboard is, in its own units.
const WIDTH: usize = 24;
/// How wide a graph is: three stand beside each other.
const GRAPH: usize = 8;
/// Alarms that one widget shows at most. Source: "Dashboard body structure and syntax" in the CloudWatch API reference.
const ALARMS: usize = 100;
/// How high a row is.
const ROW: usize = 6;

/// Adds the dashboard, if the account file asks for one. `alarms` are the names of the alarms on the pipeline.
///
/// A dashboard belongs to no region, so its name says which one it is of.
pub(crate) fn dashboard(
    template: &mut Template,
    core: &Core<'_>,
    functions: &[(FunctionName, Handle<Function>)],
    deliver: &Handle<Function>,
    alarms: &[String],
) -> Result<(), DuplicateLogicalId> {
    if !core.monitor.dashboard {
        return Ok(());
    }
    let mut names: Vec<(String, Value<String>)> = functions
        .iter()
        .map(|(name, function)| (name.logical_id().to_owned(), function.reference()))
        .collect();
    names.push(("Deliver".to_owned(), deliver.reference()));
    names.push(("Incidents".to_owned(), core.incidents.queue_name()));
    names.push(("DeadLetters".to_owned(), core.dead_letters.queue_name()));
    let body = json!({ "widgets": widgets(core.monitor, functions, alarms) }).to_string();
    let name = Value::sub(format!("{}-${{AWS::Region}}", core.monitor.stack));
    template.add_with(
        &["Dashboard"],
        &Dashboard {
            dashboard_name: Some(name),
            tags: Some(tags(core.monitor)),
            ..Dashboard::new(Value::sub_with_all(body, names))
        },
        Reason::NamedAfterTheStack.into(),
    )?;
    Ok(())
}

fn widgets(
    monitor: &Monitor,
    functions: &[(FunctionName, Handle<Function>)],
    alarms: &[String],
) -> Vec<Json> {
    let counted = |metric: &str, statistic: &str| {
        let options = json!({ "stat": statistic });
        json!([NAMESPACE, metric, "FunctionName", "${Deliver}", options])
    };
    let queue = |metric: &str, queue: &str, label: &str| {
        let options = json!({ "stat": "Maximum", "label": label });
        json!(["AWS/SQS", metric, "QueueName", queue, options])
    };
    let of_each = |metric: &str, but: Option<FunctionName>| -> Vec<Json> {
        let functions = functions.iter().map(|(name, _)| *name);
        let those = functions.filter(|it| Some(*it) != but);
        let line = |it: FunctionName| {
            let function = format!("${{{}}}", it.logical_id());
            let label = format!("{} {metric}", it.as_str());
            json!(["AWS/Lambda", metric, "FunctionName", function, { "stat": "Sum", "label": label }])
        };
        those.map(line).collect()
    };
    let waiting = vec![
        queue(
            "ApproximateNumberOfMessagesVisible",
            "${Incidents}",
            "waiting",
        ),
        queue(
            "ApproximateNumberOfMessagesNotVisible",
            "${Incidents}",
            "being sent, or hidden",
        ),
        queue(
            "ApproximateAgeOfOldestMessage",
            "${Incidents}",
            "oldest, in seconds",
        ),
    ];
    let sent = vec![
        counted("Confirmed", "SampleCount"),
        counted("Grouped", "Sum"),
        counted(METRIC, "Sum"),
    ];
    let held = vec![counted("Held", "Sum"), counted("Undelivered", "Maximum")];
    let mut failed = vec![
        counted("FailedAttempts", "Sum"),
        counted("Rejected", "Sum"),
        counted("Misconfigured", "Sum"),
    ];
    failed.extend(of_each("Errors", None));
    let mut dead = vec![queue(
        "ApproximateNumberOfMessagesVisible",
        "${DeadLetters}",
        "dead letters",
    )];
    dead.extend(of_each("AsyncEventsDropped", Some(FunctionName::Deliver)));
    let ledger = vec![
        counted("LedgerMilliseconds", "Average"),
        counted("LedgerMilliseconds", "Maximum"),
        counted("LedgerUnavailable", "Sum"),
    ];
    // In seconds, by space: known where the account file names the agent's.
    let agent = monitor.agent_time.as_ref().map(|agent| {
        let space = agent.agent_space.as_str();
        let options = json!({ "stat": "Sum", "label": "seconds of investigations" });
        let [namespace, metric, dimension] = INVESTIGATION_TIME;
        vec![json!([namespace, metric, dimension, space, options])]
    });
    let mut graphs = vec![
        ("Waiting", waiting),
        ("Sent", sent),
        ("Held", held),
        ("Failed", failed),
        ("Dead letters and failed events", dead),
        ("Ledger", ledger),
    ];
    graphs.extend(agent.map(|it| ("Agent", it)));
    let status = alarms.iter().map(|name| {
        format!(
            "arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{name}"
        )
    });
    let status: Vec<String> = status.take(ALARMS).collect();
    let mut widgets = vec![json!({
        "type": "alarm",
        "x": 0, "y": 0, "width": WIDTH, "height": ROW,
        "properties": { "title": "Alarms on the pipeline", "alarms": status },
    })];
    for (index, (title, metrics)) in graphs.into_iter().enumerate() {
        let (column, row) = (index * GRAPH % WIDTH, index * GRAPH / WIDTH + 1);
        widgets.push(json!({
            "type": "metric",
            "x": column, "y": row * ROW, "width": GRAPH, "height": ROW,
            "properties": {
                "title": title,
                "region": "${AWS::Region}",
                "view": "timeSeries",
                "period": 300,
                "metrics": metrics,
            },
        }));
    }
    widgets
}
