//! What an alarm asks that watches no metric: a query of logs, or one in PromQL.
//!
//! Source: `ScheduledQueryConfiguration` of `PutLogAlarm` and `AlarmPromQLCriteria` of `PutMetricAlarm`
//! in the CloudWatch API reference. Under which keys the events have them is not published, and differs
//! between the samples: a text whose key ends with `query` or `queryString` is taken for the query.

use serde_json::{Map, Value as Json};

/// How deep a query is looked for, and the facts beside it.
const DEEPEST: usize = 5;

/// A query, and what its configuration says beside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) text: String,
    /// Lines such as `log group identifiers: /ecs/checkout`.
    pub(super) facts: Vec<String>,
}

impl Query {
    /// The query of an alarm's configuration, if there is one. The expressions of metrics are none.
    pub(super) fn read(configuration: &Json) -> Option<Self> {
        find(configuration, 0)
    }
}

fn find(json: &Json, depth: usize) -> Option<Query> {
    let fields = json.as_object().filter(|_| depth <= DEEPEST)?;
    let text = fields.iter().find_map(|(key, value)| query(key, value));
    if let Some((key, text)) = text {
        let mut facts = Vec::new();
        // What is beside it at the top is about the alarm.
        if depth > 0 {
            collect(fields, key, depth, &mut facts);
        }
        return Some(Query {
            text: text.to_owned(),
            facts,
        });
    }
    fields
        .iter()
        .filter(|(key, _)| *key != "metrics")
        .find_map(|(_, value)| find(value, depth + 1))
}

fn query<'a>(key: &'a str, value: &'a Json) -> Option<(&'a str, &'a str)> {
    let lower = key.to_ascii_lowercase();
    let is_key = lower.ends_with("query") || lower.ends_with("querystring");
    let text = value.as_str()?;
    let is_text = !text.trim().is_empty() && !text.starts_with("arn:");
    (is_key && is_text).then_some((key, text))
}

fn collect(fields: &Map<String, Json>, except: &str, depth: usize, facts: &mut Vec<String>) {
    for (key, value) in fields.iter().filter(|(key, _)| *key != except) {
        if let Json::Object(inner) = value
            && depth < DEEPEST
        {
            collect(inner, "", depth + 1, facts);
        } else if let Some(shown) = show(key, value) {
            facts.push(format!("{}: {shown}", words(key)));
        }
    }
}

fn show(key: &str, value: &Json) -> Option<String> {
    match value {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) if is_in_seconds(key) => Some(format!("{number} s")),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        // Other lists could hold what the query found: lines of a log.
        Json::Array(items) if key.to_ascii_lowercase().contains("loggroup") => {
            let texts: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Json::String(_) | Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn is_in_seconds(key: &str) -> bool {
    ["Period", "Interval", "Offset"]
        .iter()
        .any(|end| key.ends_with(end))
}

/// `logGroupIdentifiers` becomes `log group identifiers`.
fn words(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    let mut was_lower = false;
    for c in key.chars() {
        if c.is_uppercase() && was_lower {
            out.push(' ');
        }
        was_lower = !c.is_uppercase();
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(configuration: Json, text: &str, facts: &[&str]) {
        let query = Query::read(&configuration).unwrap();
        assert_eq!(query.text, text);
        assert_eq!(query.facts, facts);
    }

    #[test]
    fn a_query_is_found_under_whatever_key_it_has() {
        let of_logs = json!({ "description": "Errors", "scheduledQueryConfiguration": {
            "queryString": "filter level = 'ERROR'", "logGroupIdentifiers": ["/ecs/a", "/ecs/b"],
            "aggregationExpression": "count(*) by host", "scheduledQueryRoleARN": "arn:aws:iam::1:role/q",
            "scheduleConfiguration": { "scheduleExpression": "rate(5 minutes)", "startTimeOffset": 300 },
            "tags": [{ "key": "a", "value": "b" }], "logLines": ["canary"],
        } });
        check(
            of_logs,
            "filter level = 'ERROR'",
            &[
                "aggregation expression: count(*) by host",
                "log group identifiers: /ecs/a, /ecs/b",
                "schedule expression: rate(5 minutes)",
                "start time offset: 300 s",
                "scheduled query role arn: arn:aws:iam::1:role/q",
            ],
        );
        let promql = json!({ "evaluationCriteria": { "promQLCriteria": {
            "query": "up == 0", "pendingPeriod": 300, "recoveryPeriod": null,
        } }, "evaluationInterval": 30 });
        check(promql, "up == 0", &["pending period: 300 s"]);
        check(
            json!({ "logQuery": "fields @message", "description": "d" }),
            "fields @message",
            &[],
        );
    }

    #[test]
    fn what_is_no_query_is_none() {
        let nested = (0..10).fold(json!({ "query": "up" }), |inner, _| json!({ "a": inner }));
        for configuration in [
            json!({}),
            json!(null),
            json!({ "metrics": [{ "id": "q1", "expression": "SELECT 1" }] }),
            json!({ "metrics": { "query": "x" } }),
            json!({ "alarmRule": "ALARM(query)", "description": "a query" }),
            json!({ "scheduledQueryConfiguration": { "query": " ", "queryString": null } }),
            json!({ "managedQuery": "arn:aws:logs:r:1:scheduled-query:x" }),
            nested,
        ] {
            assert_eq!(Query::read(&configuration), None, "{configuration}");
        }
    }
}
