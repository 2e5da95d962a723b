//! From an alarm's state to the incident that says so.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use webhook::{Incident, IncidentId, Priority};

use super::read::{Contributor, Metric, StateChange};
use crate::{
    group::show_pairs,
    place::{Place, encode},
    read::{list, parse_time, show_time, text},
    report::{Report, first},
};

/// Metrics, triggering alarms and datapoints that are listed at most.
const LISTED: usize = 20;

/// The incident of an alarm that is in the state `ALARM`.
pub(super) fn incident(change: &StateChange<'_>) -> Incident {
    let place = Place::of_arn(&change.arn);
    let (priority, meaning) = priority(change.description);
    let title = title(change, place);
    let service = service(change);
    let data = json!({
        "alarmArn": change.arn,
        "alarmName": change.name,
        "state": change.state,
        "previousState": change.previous_state,
        "reason": change.reason,
        "contributor": change.contributor.as_ref().map(Contributor::identity),
    });
    let description = describe(change, place, meaning);
    Incident::new(
        identity(change),
        priority,
        &title,
        &description,
        change.at,
        &service,
        data,
    )
}

/// The alarm, the moment of its state and, where there are many, the time series: the same for every
/// way in which the news of one change arrives.
fn identity(change: &StateChange<'_>) -> IncidentId {
    let at = change.at.as_millisecond().to_string();
    let contributor = change.contributor.as_ref().map(Contributor::identity);
    let contributor = contributor.unwrap_or_default();
    IncidentId::of("alarm", &[&change.arn, &at, &contributor])
}

/// A description can begin with a priority in brackets, in any case of letters: `[Low] Look at it
/// tomorrow.` It is the one part of an alarm that is free to write in and that every channel carries.
fn priority(description: Option<&str>) -> (Priority, Option<&str>) {
    let Some(text) = description else {
        return (Priority::High, None);
    };
    let named = text
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let (priority, rest) = named
        .and_then(|(name, rest)| {
            let priority = Priority::named(&name.trim().to_ascii_uppercase())?;
            Some((priority, rest))
        })
        .unwrap_or((Priority::High, text));
    let rest = rest.trim();
    (priority, (!rest.is_empty()).then_some(rest))
}

fn title(change: &StateChange<'_>, place: Option<Place<'_>>) -> String {
    let region = place.map_or(String::new(), |it| format!(" in {}", it.region));
    let series = change
        .contributor
        .as_ref()
        .map_or(String::new(), |it| format!(" for {}", it.show()));
    format!("Alarm {} is in ALARM{series}{region}", change.name)
}

fn service(change: &StateChange<'_>) -> String {
    let namespace = change.metrics.iter().find_map(|metric| match metric {
        Metric::Stat { namespace, .. } => namespace.clone(),
        Metric::Expression { .. } => None,
    });
    namespace.unwrap_or_else(|| change.name.to_owned())
}

fn describe(change: &StateChange<'_>, place: Option<Place<'_>>, meaning: Option<&str>) -> String {
    let mut unknown = Vec::new();
    let at = show_time(change.at);
    // Of a time series that went off nothing says that it did before.
    let is_known = |previous: &&str| change.contributor.is_none() || *previous != change.state;
    let mut report = Report::new(&match change.previous_state.filter(is_known) {
        Some(previous) if previous == change.state => {
            format!(
                "The CloudWatch alarm \"{}\" was in ALARM before {at} and still is; its actions are executed only now.",
                change.name
            )
        }
        Some(previous) => {
            format!(
                "The CloudWatch alarm \"{}\" went from {previous} to ALARM at {at}.",
                change.name
            )
        }
        None => format!(
            "The CloudWatch alarm \"{}\" went to ALARM at {at}.",
            change.name
        ),
    });
    report.section(
        "What the alarm means",
        &meaning.map(str::to_owned).into_iter().collect::<Vec<_>>(),
    );

    match change.reason {
        Some(reason) => report.section("Why", &[reason.to_owned()]),
        None => unknown.push("the alarm gave no reason".to_owned()),
    }
    let evidence = evidence(change.reason_data.as_ref());
    if evidence.is_empty() {
        unknown.push("no datapoints came with the alarm".to_owned());
    }
    report.section("Evidence", &evidence);
    if let Some(contributor) = &change.contributor {
        report.section(
            "Time series",
            &[format!(
                "one of several that this alarm watches: {}",
                contributor.describe()
            )],
        );
    }
    report.section(
        "Metrics",
        &first(change.metrics.iter().map(show_metric).collect(), LISTED),
    );
    report.section(
        "Rule",
        &change
            .rule
            .map(str::to_owned)
            .into_iter()
            .collect::<Vec<_>>(),
    );
    report.section("Suppression", &suppression(change));

    let mut facts = Vec::new();
    if let Some(place) = place {
        facts.push(place.describe());
    }
    facts.push(change.arn.clone());
    if !change.tags.is_empty() {
        facts.push(format!("tags: {}", show_pairs(&change.tags)));
    }
    report.section("Where", &facts);
    if let Some(place) = place {
        let fragment = format!("alarmsV2:alarm/{}", encode(change.name));
        report.section("Console", &[place.console("/cloudwatch/home", &fragment)]);
    }
    report.section("Not known", &unknown);
    report.into_text()
}

/// Why the alarm's own actions are not executed, or were not until now.
fn suppression(change: &StateChange<'_>) -> Vec<String> {
    let mut facts = Vec::new();
    let suppressor = change
        .suppressor
        .map_or(String::new(), |it| format!(", the suppressor is {it}"));
    if let Some(by) = change.suppressed_by {
        facts.push(format!(
            "the alarm's own actions are suppressed by {by}{suppressor}"
        ));
    } else if let Some(by) = change.suppressed_before_by {
        facts.push(format!(
            "the alarm's own actions were suppressed until now by {by}{suppressor}"
        ));
    }
    if let Some(mute) = &change.mute {
        let mut fact = format!("the alarm's own actions are muted by {}", mute.rule);
        if let Some(from) = mute.from {
            let _ = write!(fact, ", from {}", show_time(from));
        }
        if let Some(until) = mute.until {
            let _ = write!(fact, ", until {}", show_time(until));
        }
        facts.push(fact);
    }
    facts
}

/// What the reason says for machines: thresholds, datapoints, alarms that triggered this one.
fn evidence(data: Option<&Json>) -> Vec<String> {
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

fn show_metric(metric: &Metric) -> String {
    match metric {
        Metric::Stat {
            id,
            namespace,
            name,
            dimensions,
            statistic,
            period,
            ..
        } => {
            let mut out = show_id(id.as_deref());
            if let Some(namespace) = namespace {
                out.push_str(namespace);
                out.push(' ');
            }
            out.push_str(name);
            if let Some(statistic) = statistic {
                out.push_str(", ");
                out.push_str(statistic);
            }
            if let Some(period) = period {
                let _ = write!(out, " over {period} s");
            }
            for (key, value) in dimensions {
                let _ = write!(out, ", {key}={value}");
            }
            out
        }
        Metric::Expression { id, text, label } => {
            let label = label
                .as_ref()
                .map_or(String::new(), |label| format!(" ({label})"));
            format!("{}{text}{label}", show_id(id.as_deref()))
        }
    }
}

/// CloudWatch gives the only metric of an alarm a long random ID, which says nothing.
fn show_id(id: Option<&str>) -> String {
    id.filter(|id| id.len() < 30)
        .map_or(String::new(), |id| format!("{id}: "))
}
