//! What an alarm's reason says for machines: thresholds, datapoints, results of queries, and the alarms
//! that triggered a composite one.

use serde_json::Value as Json;

use super::incident::LISTED;
use crate::{
    read::{list, parse_time, show, show_time, text},
    report::first,
};

/// A line for each fact.
pub(super) fn evidence(data: Option<&Json>) -> Vec<String> {
    let Some(data) = data else { return Vec::new() };
    let mut facts = Vec::new();
    let number = |key: &str| data.get(key).filter(|it| it.is_number());
    if let Some(threshold) = number("threshold") {
        facts.push(format!("threshold {threshold}"));
    }
    for (key, name) in [
        ("recentLowerThresholds", "lower"),
        ("recentUpperThresholds", "upper"),
    ] {
        let band = numbers(data, key);
        if !band.is_empty() {
            facts.push(format!(
                "{name} bound of the expected band, oldest first: {band}"
            ));
        }
    }
    let recent = numbers(data, "recentDatapoints");
    if !recent.is_empty() {
        let mut fact = format!("datapoints, oldest first: {recent}");
        if let Some(statistic) = text(data, "statistic") {
            fact = format!("{fact} ({statistic}");
            if let Some(period) = number("period") {
                fact = format!("{fact} over {period} s");
            }
            fact.push(')');
        }
        if let Some(unit) = text(data, "unit") {
            fact = format!("{fact}, in {unit}");
        }
        facts.push(fact);
    }
    if let (Some(some), Some(all)) = (
        number("queryResultsToAlarm"),
        number("queryResultsToEvaluate"),
    ) {
        facts.push(format!("{some} of {all} query results have to breach"));
    }
    let results = results(data).iter().map(show_result);
    facts.extend(first(results.collect(), LISTED));
    if let Some(since) = text(data, "startDate").and_then(parse_time) {
        facts.push(format!("looked at since {}", show_time(since)));
    }
    let triggering = list(data, "triggeringAlarms").iter().filter_map(|alarm| {
        let state = text(alarm, "state.value").unwrap_or("an unknown state");
        Some(format!("triggered by {} in {state}", text(alarm, "arn")?))
    });
    facts.extend(first(triggering.collect(), LISTED));
    facts
}

/// The results of the query that the alarm evaluated.
pub(super) fn results(data: &Json) -> &[Json] {
    match list(data, "results") {
        [] => list(data, "queryResults"),
        results => results,
    }
}

fn show_result(result: &Json) -> String {
    let value = ["value", "result"].into_iter().find_map(|key| {
        result
            .get(key)
            .filter(|it| !it.is_null() && !it.is_object())
    });
    let mut fact = match value {
        Some(value) => format!("query result {}", show(value)),
        None => "query result without a value".to_owned(),
    };
    if let Some(at) = text(result, "timestamp").and_then(parse_time) {
        fact = format!("{fact} at {}", show_time(at));
    }
    match text(result, "status") {
        Some(status) if !status.eq_ignore_ascii_case("complete") => format!("{fact} ({status})"),
        _ => fact,
    }
}

fn numbers(data: &Json, key: &str) -> String {
    let all = list(data, key);
    let shown: Vec<String> = all
        .iter()
        .rev()
        .take(LISTED)
        .rev()
        .map(Json::to_string)
        .collect();
    shown.join(", ")
}
