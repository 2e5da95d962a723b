//! The events that EventBridge would have handed on, made of what the services say afterwards.
//!
//! Sources: "Alarm events and EventBridge" in the CloudWatch user guide and `AlarmHistoryItem` in its API reference; "Amazon
//! ECS events" in the ECS developer guide and `Task` in its API reference.

use contract::Partition;
use runtime::read::{list, text, time};
use serde_json::{Map, Value as Json, json};

use super::{Happened, Origin};

/// The alarm that an item of the history is about, if it went off then.
pub(super) fn went_off(item: &Json) -> Option<&str> {
    let is_update = text(item, "HistoryItemType").is_none_or(|it| it == "StateUpdate");
    let state = data(item)
        .and_then(|it| text(&it, "newState.stateValue").map(|it| it == "ALARM"))
        .or_else(|| text(item, "HistorySummary").map(|it| it.ends_with("to ALARM")));
    (is_update && state == Some(true))
        .then(|| text(item, "AlarmName"))
        .flatten()
}

/// An alarm that went off, by an item of its history and by what it is now. One that is gone watched nobody knows what.
pub(super) fn of_alarm(item: &Json, alarm: Option<&Json>, origin: &Origin) -> Option<Happened> {
    let name = went_off(item)?;
    let at = time(item, "Timestamp")?;
    let data = data(item).unwrap_or_default();
    let Origin { region, account } = origin;
    let partition = Partition::of_any_region(region).name;
    let state = |of: &str, unless: &str| {
        let own = |key: &str| text(&data, &format!("{of}.{key}"));
        json!({
            "value": own("stateValue").unwrap_or(unless),
            "reason": own("stateReason"),
            "reasonData": data[of].get("stateReasonData").map(ToString::to_string),
        })
    };
    let mut now = state("newState", "ALARM");
    now["timestamp"] = json!(at.to_string());
    let event = json!({
        "version": "0",
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": account,
        "region": region,
        "time": at.to_string(),
        "resources": [format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")],
        "detail": {
            "alarmName": name,
            "state": now,
            "previousState": state("oldState", "OK"),
            "configuration": alarm.map(configuration),
        },
    });
    Some(Happened {
        at,
        alarm: Some(name.to_owned()),
        event,
    })
}

/// A task that stopped, as ECS describes it.
pub(super) fn of_task(task: &Json, origin: &Origin) -> Option<Happened> {
    let at = time(task, "stoppedAt")?;
    let event = json!({
        "version": "0",
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "account": origin.account,
        "region": origin.region,
        "time": at.to_string(),
        "resources": [task["taskArn"]],
        "detail": with_times(task.clone()),
    });
    Some(Happened {
        at,
        alarm: None,
        event,
    })
}

/// What happened to an alarm, for machines. It travels as a text.
fn data(item: &Json) -> Option<Json> {
    serde_json::from_str(text(item, "HistoryData")?).ok()
}

/// What an alarm watches, from the words of the API to those of events.
fn configuration(alarm: &Json) -> Json {
    let description = text(alarm, "AlarmDescription");
    if let Some(rule) = text(alarm, "AlarmRule") {
        return json!({ "description": description, "alarmRule": rule });
    }
    let metrics: Vec<Json> = match list(alarm, "Metrics") {
        [] => vec![json!({
            "id": "m1",
            "metricStat": metric_stat(alarm, alarm),
            "returnData": true,
        })],
        several => several.iter().map(metric).collect(),
    };
    json!({ "description": description, "metrics": metrics })
}

fn metric(query: &Json) -> Json {
    let mut metric = Map::new();
    let mut put = |name: &str, value: Option<&Json>| {
        if let Some(value) = value.filter(|it| !it.is_null()) {
            metric.insert(name.to_owned(), value.clone());
        }
    };
    put("id", query.get("Id"));
    put("label", query.get("Label"));
    put("expression", query.get("Expression"));
    put("returnData", query.get("ReturnData"));
    put("accountId", query.get("AccountId"));
    if let Some(stat) = query.get("MetricStat").filter(|it| it.is_object()) {
        put("metricStat", Some(&metric_stat(&stat["Metric"], stat)));
    }
    Json::Object(metric)
}

fn metric_stat(metric: &Json, stat: &Json) -> Json {
    let dimensions: Map<String, Json> = list(metric, "Dimensions")
        .iter()
        .filter_map(|it| Some((text(it, "Name")?.to_owned(), it["Value"].clone())))
        .collect();
    let statistic = ["Stat", "Statistic", "ExtendedStatistic"];
    json!({
        "metric": {
            "namespace": metric["Namespace"],
            "name": metric["MetricName"],
            "dimensions": dimensions,
        },
        "period": stat["Period"],
        "stat": statistic.iter().find_map(|it| text(stat, it)),
    })
}

/// The same with each of its times (`stoppedAt` and the like) as events have them.
fn with_times(mut task: Json) -> Json {
    let names = task.as_object().into_iter().flat_map(Map::keys);
    let names: Vec<String> = names.filter(|it| it.ends_with("At")).cloned().collect();
    for name in names {
        if let Some(at) = time(&task, &name) {
            task[&name] = json!(at.to_string());
        }
    }
    task
}
