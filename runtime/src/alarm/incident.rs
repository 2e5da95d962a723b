//! From an alarm's state to the incident that says so.

use std::fmt::Write as _;

use contract::{AlarmSettings, Incident, IncidentId, Priority};
use serde_json::json;

use super::{
    evidence::{evidence, results},
    read::{Contributor, Metric, StateChange},
};
use crate::{
    group::show_pairs,
    place::{Place, encode},
    read::show_time,
    report::{Report, first},
    withhold,
};

/// Metrics, triggering alarms and datapoints that are listed at most.
pub(super) const LISTED: usize = 20;

/// The incident of an alarm that is in the state `ALARM`.
pub(super) fn incident(change: &StateChange<'_>, settings: &AlarmSettings) -> Incident {
    let place = Place::of_arn(&change.arn);
    let (said, meaning) = priority(change.description);
    let priority = settings.priority(change.name, said);
    let title = title(settings.short_name(change.name), change, place);
    let service = service(change);
    let data = json!({
        "alarmArn": change.arn,
        "alarmName": change.name,
        "state": change.state,
        "previousState": change.previous_state,
        "reason": change.reason.map(withhold::text),
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
fn priority(description: Option<&str>) -> (Option<Priority>, Option<&str>) {
    let Some(text) = description else {
        return (None, None);
    };
    let named = text
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'));
    let (priority, rest) = named
        .and_then(|(name, rest)| {
            let priority = Priority::named(&name.trim().to_ascii_uppercase())?;
            Some((Some(priority), rest))
        })
        .unwrap_or((None, text));
    let rest = rest.trim();
    (priority, (!rest.is_empty()).then_some(rest))
}

fn title(name: &str, change: &StateChange<'_>, place: Option<Place<'_>>) -> String {
    let series = change.contributor.as_ref().map(Contributor::show);
    let region = place.map(|it| it.region.to_owned());
    let place: Vec<String> = series.into_iter().chain(region).collect();
    let place = match place.as_slice() {
        [] => String::new(),
        _ => format!(" ({})", place.join(", ")),
    };
    format!("{name} in ALARM{place}")
}

fn service(change: &StateChange<'_>) -> String {
    let namespace = change.metrics.iter().find_map(|metric| match metric {
        Metric::Stat { namespace, .. } => namespace.clone(),
        Metric::Expression { .. } => None,
    });
    namespace.unwrap_or_else(|| change.name.to_owned())
}

fn describe(change: &StateChange<'_>, place: Option<Place<'_>>, meaning: Option<&str>) -> String {
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
    report.section("Evidence", &evidence(change.reason_data.as_ref()));
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
    report.section("Suppression", &suppression(change));

    let mut facts = Vec::new();
    if let Some(place) = place {
        facts.push(place.describe());
    }
    facts.push(change.arn.clone());
    report.section("Where", &facts);
    if let Some(place) = place {
        let fragment = format!("alarmsV2:alarm/{}", encode(change.name));
        let page = place.console("/cloudwatch/home", &fragment);
        report.section("Console", &page.into_iter().collect::<Vec<_>>());
    }
    report.section("Not known", &unknown(change));
    let query = change.query.as_ref();
    let facts = query.map(|it| first(it.facts.clone(), LISTED).join("\n"));
    for (label, text) in [
        ("what the alarm means, by its description", meaning),
        ("the reason for its state", change.reason),
        ("query", query.map(|it| it.text.as_str())),
        ("beside the query", facts.as_deref()),
        ("rule of the composite alarm", change.rule),
        ("tags", Some(show_pairs(&change.tags).as_str())),
    ] {
        if let Some(text) = text.filter(|it| !it.is_empty()) {
            report.quote(label, text);
        }
    }
    report.into_text()
}

/// What the event could have said, and did not.
fn unknown(change: &StateChange<'_>) -> Vec<String> {
    let data = change.reason_data.as_ref();
    // The reason of an alarm on a query quotes the results.
    let has_results = change.reason.is_some() || data.is_some_and(|it| !results(it).is_empty());
    let evidence = match &change.query {
        None if evidence(data).is_empty() => Some("no datapoints came with the alarm"),
        Some(_) if !has_results => Some("no results of the query came with the alarm"),
        _ => None,
    };
    let is_silent = change.metrics.is_empty() && change.rule.is_none() && change.query.is_none();
    let reason = change
        .reason
        .is_none()
        .then_some("the alarm gave no reason");
    let watched = is_silent.then_some("what the alarm watches did not come with it");
    let unknown = [reason, evidence, watched].into_iter().flatten();
    unknown.map(str::to_owned).collect()
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
    if change.is_after_mute {
        facts.push(
            "the alarm's own actions were muted when it went off; this one is executed after the mute window"
                .to_owned(),
        );
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

fn show_metric(metric: &Metric) -> String {
    match metric {
        Metric::Stat {
            id,
            namespace,
            name,
            dimensions,
            statistic,
            period,
            account,
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
            if let Some(account) = account {
                let _ = write!(out, ", in account {account}");
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
