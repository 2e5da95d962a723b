//! The ways in which an alarm says that its state changed.
//!
//! Sources: "Alarm actions" and "Alarm events and EventBridge" in the CloudWatch user guide. What an
//! alarm of many time series sends to a function for each of them (its contributors) is not
//! published: it is read where the EventBridge form has it.

use contract::Partition;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{ALARMS, missing, query::Query};
use crate::{
    group::show_pairs,
    place::Place,
    read::{UnreadableEvent, at, list, text, time},
};

/// An event about an alarm.
#[derive(Debug)]
pub(super) enum AlarmEvent<'a> {
    /// The alarm's state changed, or was reported again.
    State(Box<StateChange<'a>>),
    /// The alarm was made, changed or deleted.
    Configuration,
}

/// What sent the state change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// An action of the alarm: the function itself, or a topic.
    Action,
    /// A rule of EventBridge.
    EventBridge,
}

/// A state of an alarm, as far as the event says.
#[derive(Debug)]
pub(super) struct StateChange<'a> {
    pub(super) channel: Channel,
    pub(super) arn: String,
    pub(super) name: &'a str,
    pub(super) state: &'a str,
    pub(super) previous_state: Option<&'a str>,
    pub(super) at: Timestamp,
    pub(super) reason: Option<&'a str>,
    /// What the reason says, for machines; it travels as a text.
    pub(super) reason_data: Option<Json>,
    pub(super) description: Option<&'a str>,
    pub(super) metrics: Vec<Metric>,
    /// What an alarm asks that watches logs, or metrics in PromQL.
    pub(super) query: Option<Query>,
    /// The rule of a composite alarm.
    pub(super) rule: Option<&'a str>,
    /// The phase of suppression that keeps the alarm's actions from being executed.
    pub(super) suppressed_by: Option<&'a str>,
    /// The phase that did so until this change.
    pub(super) suppressed_before_by: Option<&'a str>,
    /// The alarm in whose name that happens.
    pub(super) suppressor: Option<&'a str>,
    pub(super) mute: Option<Mute<'a>>,
    /// Whether the alarm's actions were muted when its state changed, and are executed only now.
    pub(super) is_after_mute: bool,
    /// The one of many time series that this is about.
    pub(super) contributor: Option<Contributor<'a>>,
    pub(super) tags: Vec<(&'a str, &'a str)>,
}

/// One of the time series of an alarm that watches many.
#[derive(Debug)]
pub(super) struct Contributor<'a> {
    id: Option<&'a str>,
    /// In the order of their names.
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Contributor<'a> {
    /// A contributor that has an ID, attributes, or both.
    pub(super) fn new(id: Option<&'a str>, attributes: Option<&'a Json>) -> Option<Self> {
        let mut attributes = pairs(attributes);
        attributes.sort_unstable();
        (id.is_some() || !attributes.is_empty()).then_some(Self { id, attributes })
    }

    /// What distinguishes it from the other contributors of its alarm.
    pub(super) fn identity(&self) -> String {
        self.id
            .map_or_else(|| show_pairs(&self.attributes), str::to_owned)
    }

    /// `Stage=prod, TableName=orders`, or `time series 6d442278` where it has no attributes.
    pub(super) fn show(&self) -> String {
        match self.id {
            Some(id) if self.attributes.is_empty() => format!("time series {id}"),
            _ => show_pairs(&self.attributes),
        }
    }

    /// The same with the ID beside the attributes.
    pub(super) fn describe(&self) -> String {
        match self.id {
            Some(id) if !self.attributes.is_empty() => format!("{} (id {id})", self.show()),
            _ => self.show(),
        }
    }
}

/// The rule by which an alarm's own actions are muted. EventBridge sends its states all the same, and
/// CloudWatch makes up for the actions when the window ends.
#[derive(Debug)]
pub(super) struct Mute<'a> {
    pub(super) rule: &'a str,
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

/// What an alarm watches.
#[derive(Debug)]
pub(super) enum Metric {
    Stat {
        id: Option<String>,
        /// The account that the metric is in, where it is not the alarm's.
        account: Option<String>,
        namespace: Option<String>,
        name: String,
        dimensions: Vec<(String, String)>,
        statistic: Option<String>,
        period: Option<i64>,
    },
    Expression {
        id: Option<String>,
        text: String,
        label: Option<String>,
    },
}

impl Metric {
    /// Whether it is a query of Metrics Insights, which can return many time series.
    pub(super) fn is_query(&self) -> bool {
        let Self::Expression { text, .. } = self else {
            return false;
        };
        let first = text.split_whitespace().next().unwrap_or_default();
        first.eq_ignore_ascii_case("select")
    }
}

/// Reads an event, whichever way it came.
pub(super) fn read(event: &Json) -> Result<AlarmEvent<'_>, UnreadableEvent> {
    if let Some(data) = at(event, "alarmData").filter(|data| data.is_object()) {
        let arn = text(event, "alarmArn");
        return state_change(Channel::Action, event, data, arn).map(AlarmEvent::State);
    }
    match text(event, "detail-type") {
        Some("CloudWatch Alarm State Change" | "CloudWatch Alarm Contributor State Change") => {
            let detail = at(event, "detail")
                .filter(|detail| detail.is_object())
                .ok_or(missing("`detail`"))?;
            let resources = list(event, "resources").iter().filter_map(Json::as_str);
            let alarm = resources.clone().find(|it| name_in_arn(it).is_some());
            let arn = alarm.or_else(|| resources.clone().next());
            state_change(Channel::EventBridge, event, detail, arn).map(AlarmEvent::State)
        }
        Some("CloudWatch Alarm Configuration Change") => Ok(AlarmEvent::Configuration),
        _ if text(event, "source") == Some("aws.cloudwatch") && event.get("alarmArn").is_some() => {
            Err(missing("`alarmData`"))
        }
        _ => Err(UnreadableEvent::Foreign(ALARMS)),
    }
}

/// Reads the form that actions and EventBridge share.
fn state_change<'a>(
    channel: Channel,
    event: &'a Json,
    data: &'a Json,
    arn: Option<&'a str>,
) -> Result<Box<StateChange<'a>>, UnreadableEvent> {
    let account = text(event, "accountId").or_else(|| text(event, "account"));
    let name = text(data, "alarmName").or_else(|| arn.and_then(name_in_arn));
    let arn = match (arn, name, account, text(event, "region")) {
        (Some(arn), ..) if Place::of_arn(arn).is_some() => arn.to_owned(),
        (_, Some(name), Some(account), Some(region)) => {
            let partition = Partition::of_any_region(region).name;
            format!("arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}")
        }
        _ => return Err(missing("the alarm's ARN")),
    };
    Ok(Box::new(StateChange {
        channel,
        arn,
        name: name.ok_or(missing("the alarm's name"))?,
        state: text(data, "state.value").ok_or(missing("a state"))?,
        previous_state: text(data, "previousState.value"),
        at: time(data, "state.timestamp")
            .or_else(|| time(event, "time"))
            .ok_or(missing("a time"))?,
        reason: text(data, "state.reason"),
        reason_data: reason_data(data, "state.reasonData"),
        description: text(data, "configuration.description"),
        metrics: list(data, "configuration.metrics")
            .iter()
            .filter_map(metric)
            .collect(),
        query: at(data, "configuration").and_then(Query::read),
        rule: text(data, "configuration.alarmRule"),
        suppressed_by: text(data, "state.actionsSuppressedBy"),
        suppressed_before_by: text(data, "previousState.actionsSuppressedBy"),
        suppressor: text(data, "configuration.actionsSuppressor"),
        mute: mute(data).or_else(|| mute(event)),
        is_after_mute: [
            "actionExecutedAfterMuteWindow",
            "ActionExecutedAfterMuteWindow",
        ]
        .iter()
        .any(|key| data.get(key) == Some(&Json::Bool(true))),
        contributor: contributor(data).or_else(|| contributor(event)),
        tags: pairs(at(data, "alarmTags").or_else(|| at(event, "alarmTags"))),
    }))
}

/// What a reason says for machines. It travels as a text.
pub(super) fn reason_data(json: &Json, path: &str) -> Option<Json> {
    let data = match at(json, path)? {
        Json::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    data.is_object().then_some(data)
}

fn name_in_arn(arn: &str) -> Option<&str> {
    Place::of_arn(arn)?.resource.strip_prefix("alarm:")
}

fn mute(data: &Json) -> Option<Mute<'_>> {
    Some(Mute {
        rule: text(data, "muteDetail.mutedByArn")?,
        from: time(data, "muteDetail.muteWindowStart"),
        until: time(data, "muteDetail.muteWindowEnd"),
    })
}

fn contributor(data: &Json) -> Option<Contributor<'_>> {
    Contributor::new(
        text(data, "alarmContributor.id"),
        at(data, "alarmContributor.attributes"),
    )
}

/// The pairs of a map, or of a list of names and values.
pub(super) fn pairs(json: Option<&Json>) -> Vec<(&str, &str)> {
    match json {
        Some(Json::Object(fields)) => fields
            .iter()
            .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
            .collect(),
        Some(Json::Array(items)) => items.iter().filter_map(pair).collect(),
        _ => Vec::new(),
    }
}

fn pair(json: &Json) -> Option<(&str, &str)> {
    let first = |keys: &[&str]| keys.iter().find_map(|key| json.get(*key)?.as_str());
    Some((
        first(&["name", "Name", "key", "Key"])?,
        first(&["value", "Value"])?,
    ))
}

pub(super) fn owned(pairs: Vec<(&str, &str)>) -> Vec<(String, String)> {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

pub(super) fn metric(json: &Json) -> Option<Metric> {
    let own = |path: &str| text(json, path).map(str::to_owned);
    let id = own("id");
    if let Some(expression) = own("expression") {
        return Some(Metric::Expression {
            id,
            text: expression,
            label: own("label"),
        });
    }
    Some(Metric::Stat {
        id,
        account: own("accountId"),
        namespace: own("metricStat.metric.namespace"),
        name: own("metricStat.metric.name").or_else(|| own("metricStat.metric.metricName"))?,
        dimensions: owned(pairs(at(json, "metricStat.metric.dimensions"))),
        statistic: own("metricStat.stat"),
        period: at(json, "metricStat.period").and_then(Json::as_i64),
    })
}
