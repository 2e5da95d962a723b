//! The rule for alarms that exist already.

use super::{EventRule, Purpose};
use crate::{
    event_pattern::{EventPattern, Except, Matcher},
    monitor::{AlarmPrefix, Monitor},
    value::Value,
};

/// The rule, if any alarms are watched.
pub(super) fn rule(monitor: &Monitor) -> Option<EventRule> {
    let watched = monitor.watched_alarms.iter();
    let mut prefixes: Vec<&AlarmPrefix> = watched.map(|it| &it.prefix).collect();
    prefixes.sort();
    if prefixes.is_empty() {
        return None;
    }
    let names: Vec<Matcher> = prefixes
        .iter()
        .map(|prefix| Matcher::Prefix(prefix.as_str().into()))
        .collect();
    let every = prefixes.iter().any(|prefix| prefix.as_str().is_empty());
    // The alarms that this stack makes have their own way to the function, and an alarm on the
    // pipeline must never feed the pipeline. All of them are named after the stack.
    let own = Value::sub(format!(
        "arn:${{AWS::Partition}}:cloudwatch:${{AWS::Region}}:${{AWS::AccountId}}:alarm:{}-",
        monitor.stack
    ));
    let kinds = [
        "CloudWatch Alarm State Change",
        "CloudWatch Alarm Contributor State Change",
    ];
    let mut pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.cloudwatch"]))
        .field(
            "resources",
            [Matcher::AnythingBut(Except::Prefixes(vec![own]))],
        )
        .field("detail-type", Matcher::texts(kinds));
    if !every {
        pattern = pattern.field("detail.alarmName", names);
    }
    Some(EventRule {
        purpose: Purpose::WatchedAlarms,
        pattern: pattern.field("detail.state.value", Matcher::texts(["ALARM"])),
        input: None,
    })
}
