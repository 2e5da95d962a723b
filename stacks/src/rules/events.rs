//! Rules for whatever else happens in an account: pipelines, denied API calls, and what the account
//! file says.

use contract::FunctionName;
use serde_json::json;

use super::{EventRule, Input};
use crate::{
    event_pattern::{EventPattern, Except, Matcher},
    monitor::{EventSource, Monitor, PipelineSelector, Priority, UnauthorizedApiCalls},
    value::Value,
};

/// What the names of all of these rules begin with, after the stack's.
pub(crate) const PREFIX: &str = "event-";

/// The principal that an API call counts for: the role, where a session of one made it.
const PRINCIPAL: &str = "detail.userIdentity.sessionContext.sessionIssuer.arn|detail.userIdentity.arn|detail.userIdentity.principalId";

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
            .map(|it| unauthorized_api_calls(monitor, it)),
    );
    rules.sort_by(|a, b| a.slug.cmp(&b.slug));
    rules
}

fn general(monitor: &Monitor, event: &EventSource) -> EventRule {
    let what = What {
        title: &event.title,
        priority: event.priority,
        group_by: &event
            .group_by
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    };
    EventRule {
        event: Some(event.name.clone()),
        ..rule(
            monitor,
            event.name.as_str(),
            format!("Events of the account file: {}", event.name.as_str()),
            event.pattern.clone(),
            &what,
        )
    }
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
        title: "Pipeline {detail.pipeline} failed",
        priority: Priority::High,
        group_by: &[],
    };
    Some(rule(
        monitor,
        "pipelines",
        "Executions of CodePipeline pipelines that failed".to_owned(),
        pattern,
        &what,
    ))
}

/// The error codes are those that the CIS benchmark's metric filter on unauthorized API calls looks
/// for. What the pipeline's own roles are denied is left out: it would lead to itself.
fn unauthorized_api_calls(monitor: &Monitor, calls: &UnauthorizedApiCalls) -> EventRule {
    // CloudFormation cuts the stack's name in the names of the roles that it makes.
    let stack: String = monitor.stack.as_str().chars().take(24).collect();
    let mut ignored = vec![Value::sub(format!(
        "arn:${{AWS::Partition}}:sts::${{AWS::AccountId}}:assumed-role/{stack}-"
    ))];
    ignored.extend(calls.ignored_principals.iter().map(|it| it.as_str().into()));
    let pattern = EventPattern::new()
        .field(
            "detail-type",
            Matcher::texts(["AWS API Call via CloudTrail"]),
        )
        .field(
            "detail.errorCode",
            [
                Matcher::Prefix("AccessDenied".into()),
                Matcher::Suffix("UnauthorizedOperation".into()),
            ],
        )
        .field(
            "detail.userIdentity.arn",
            [
                Matcher::AnythingBut(Except::Prefixes(ignored)),
                Matcher::Absent,
            ],
        );
    let what = What {
        title: "{detail.userIdentity.arn|detail.userIdentity.principalId|detail.userIdentity.type} \
                was denied {detail.eventName} of {detail.eventSource}",
        priority: calls.priority,
        group_by: &[PRINCIPAL, "detail.eventSource", "detail.eventName"],
    };
    EventRule {
        management_events: true,
        ..rule(
            monitor,
            "denied-calls",
            "API calls that were denied, as CloudTrail records them".to_owned(),
            pattern,
            &what,
        )
    }
}

/// What the function is told of a rule's events.
struct What<'a> {
    title: &'a str,
    priority: Priority,
    group_by: &'a [&'a str],
}

fn rule(
    monitor: &Monitor,
    name: &str,
    description: String,
    pattern: EventPattern,
    what: &What<'_>,
) -> EventRule {
    let slug = format!("{PREFIX}{name}");
    let mut fields = vec![
        ("rule", json!(format!("{}-{slug}", monitor.stack))),
        ("title", json!(what.title)),
        ("priority", json!(what.priority.as_str())),
    ];
    if !what.group_by.is_empty() {
        fields.push(("groupBy", json!(what.group_by)));
    }
    EventRule {
        slug,
        description,
        pattern,
        function: FunctionName::Event,
        input: Some(Input::beside_event(fields)),
        management_events: false,
        clusters: Vec::new(),
        event: None,
    }
}
