//! Rules for whatever else happens in an account: pipelines, denied API calls, and what the account
//! file says.

use contract::names;
use serde_json::json;

use super::{EventRule, Input, Purpose, denied_calls};
use crate::{
    event_pattern::{Comparison, EventPattern, Matcher},
    json::Json,
    monitor::{CostAnomalies, EventSource, Monitor, PipelineSelector, Priority},
};

/// Every such rule, in the order of their names.
pub(super) fn rules(monitor: &Monitor) -> Vec<EventRule> {
    let mut rules: Vec<EventRule> = monitor
        .events
        .iter()
        .map(|it| general(monitor, it))
        .collect();
    rules.extend(pipelines(monitor));
    rules.extend(
        monitor
            .unauthorized_api_calls
            .as_ref()
            .map(|it| denied_calls::rule(monitor, it)),
    );
    rules.extend(monitor.cost_anomalies.map(|it| cost_anomalies(monitor, it)));
    rules.sort_by_cached_key(|rule| rule.purpose.slug());
    rules
}

fn general(monitor: &Monitor, event: &EventSource) -> EventRule {
    let group_by: Vec<String> = event.group_by.iter().map(ToString::to_string).collect();
    let what = What {
        title: event.title.as_str(),
        priority: event.priority,
        group_by: &group_by.iter().map(String::as_str).collect::<Vec<_>>(),
        more: Vec::new(),
    };
    let purpose = Purpose::Event(event.name.clone());
    rule(monitor, purpose, event.pattern.clone(), &what)
}

/// Source: "Monitoring CodePipeline events" in the CodePipeline user guide.
fn pipelines(monitor: &Monitor) -> Option<EventRule> {
    if monitor.pipelines.is_empty() {
        return None;
    }
    let mut selectors: Vec<&PipelineSelector> = monitor.pipelines.iter().collect();
    selectors.sort();
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.codepipeline"]))
        .field(
            "detail-type",
            Matcher::texts(["CodePipeline Pipeline Execution State Change"]),
        )
        .field("detail.state", Matcher::texts(["FAILED"]));
    let every = selectors
        .iter()
        .any(|it| matches!(it, PipelineSelector::Prefix(prefix) if prefix.is_empty()));
    let pattern = if every {
        pattern
    } else {
        let names: Vec<Matcher> = selectors
            .into_iter()
            .map(|it| match it {
                PipelineSelector::Name(name) => Matcher::Text(name.as_str().into()),
                PipelineSelector::Prefix(prefix) => Matcher::Prefix(prefix.as_str().into()),
            })
            .collect();
        pattern.field("detail.pipeline", names)
    };
    let what = What {
        title: "{subject|detail.pipeline} failed",
        priority: Priority::High,
        group_by: &[],
        more: Vec::new(),
    };
    Some(rule(monitor, Purpose::Pipelines, pattern, &what))
}

/// By what an anomaly has cost: in percent of what was expected it has no size where nothing was. An anomaly can
/// come again while it goes on; the function compares its size with what was reported.
///
/// Source: "Using EventBridge with Cost Anomaly Detection" in the Cost Management user guide.
fn cost_anomalies(monitor: &Monitor, anomalies: CostAnomalies) -> EventRule {
    const SIZE: &str = "detail.impact.totalImpact";
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.ce"]))
        .field("detail-type", Matcher::texts(["Anomaly Detected"]))
        .field(
            SIZE,
            [Matcher::Numeric(vec![(
                Comparison::AtLeast,
                anomalies.from,
            )])],
        );
    let what = What {
        title: "Cost anomaly: {detail.rootCauses.0.service|detail.dimensionValue}, {detail.impact.totalImpact} \
                USD more than expected",
        priority: Priority::Medium,
        group_by: &["detail.anomalyId"],
        more: vec![("size", json!(SIZE))],
    };
    rule(monitor, Purpose::CostAnomalies, pattern, &what)
}

/// What the function receives beside a rule's events.
pub(super) struct What<'a> {
    pub(super) title: &'a str,
    pub(super) priority: Priority,
    pub(super) group_by: &'a [&'a str],
    /// Further fields, by name.
    pub(super) more: Vec<(&'static str, Json)>,
}

pub(super) fn rule(
    monitor: &Monitor,
    purpose: Purpose,
    pattern: EventPattern,
    what: &What<'_>,
) -> EventRule {
    let name = names::rule(monitor.stack.as_str(), &purpose.slug());
    let mut fields = vec![
        ("rule", json!(name)),
        ("title", json!(what.title)),
        ("priority", json!(what.priority.as_str())),
    ];
    if !what.group_by.is_empty() {
        fields.push(("groupBy", json!(what.group_by)));
    }
    fields.extend(what.more.iter().cloned());
    EventRule {
        purpose,
        pattern,
        input: Some(Input::beside_event(fields)),
    }
}
