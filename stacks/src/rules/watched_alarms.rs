//! The rule for alarms that exist already.

use super::{EventRule, Purpose};
use crate::{
    event_pattern::{EventPattern, Except, Matcher},
    monitor::{AlarmPattern, Monitor, WatchedAlarms},
    value::Value,
};

/// The rule, if any alarms are watched.
///
/// The alarms that this stack makes have their own way to the function, and an alarm on the pipeline must never feed the
/// pipeline. All of them are named after the stack.
pub(super) fn rule(monitor: &Monitor) -> Option<EventRule> {
    if monitor.watched_alarms.is_empty() {
        return None;
    }
    let kinds = [
        "CloudWatch Alarm State Change",
        "CloudWatch Alarm Contributor State Change",
    ];
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.cloudwatch"]))
        .field("detail-type", Matcher::texts(kinds));
    let is_plain = monitor.excepted_alarms.is_empty()
        && monitor
            .watched_alarms
            .iter()
            .all(|it| it.regions.is_empty());
    let pattern = if is_plain {
        by_name(pattern, monitor)
    } else {
        by_arn(pattern, monitor)
    };
    Some(EventRule {
        purpose: Purpose::WatchedAlarms,
        pattern: pattern.field("detail.state.value", Matcher::texts(["ALARM"])),
        input: None,
    })
}

/// Which alarms, where every region watches the same and nothing is excepted: the name says it, and the ARN that it is
/// none of the stack's own.
fn by_name(pattern: EventPattern, monitor: &Monitor) -> EventPattern {
    let own = arn("${AWS::Region}", &format!("{}-", monitor.stack));
    let pattern = pattern.field(
        "resources",
        [Matcher::AnythingBut(Except::Prefixes(vec![own]))],
    );
    if watches_all(monitor) {
        return pattern;
    }
    let (prefixes, wildcards) = sorted(monitor.watched_alarms.iter().map(|it| &it.pattern));
    let prefixes = prefixes
        .into_iter()
        .map(|it| Matcher::Prefix(it.to_owned().into()));
    let wildcards = wildcards
        .into_iter()
        .map(|it| Matcher::Wildcard(it.as_wildcard().into()));
    let names: Vec<Matcher> = prefixes.chain(wildcards).collect();
    pattern.field("detail.alarmName", names)
}

/// The same where regions or exceptions differ: the ARN says which alarms, because it names the region, and the name which
/// not. A field holds one list, any of whose members will do, so one field cannot say both.
fn by_arn(pattern: EventPattern, monitor: &Monitor) -> EventPattern {
    let own = format!("{}-", monitor.stack);
    let (prefixes, wildcards) = sorted(&monitor.excepted_alarms);
    let except = if wildcards.is_empty() {
        let all = std::iter::once(own.as_str()).chain(prefixes);
        Except::Prefixes(all.map(|it| it.to_owned().into()).collect())
    } else {
        let prefixes = std::iter::once(own.as_str()).chain(prefixes);
        let prefixes = prefixes.map(|it| format!("{}*", it.replace('\\', "\\\\")));
        let wildcards = wildcards.into_iter().map(AlarmPattern::as_wildcard);
        Except::Wildcards(prefixes.chain(wildcards).map(Value::from).collect())
    };
    let pattern = pattern.field("detail.alarmName", [Matcher::AnythingBut(except)]);
    if watches_all(monitor) {
        return pattern;
    }
    let mut entries: Vec<&WatchedAlarms> = monitor.watched_alarms.iter().collect();
    entries.sort_by_key(|it| (it.pattern.prefix().is_none(), it.pattern.as_str()));
    let mut arns = Vec::new();
    for entry in entries {
        let everywhere = ["${AWS::Region}".to_owned()];
        let regions = if entry.regions.is_empty() {
            &everywhere[..]
        } else {
            &entry.regions[..]
        };
        arns.extend(regions.iter().map(|region| match entry.pattern.prefix() {
            Some(prefix) => Matcher::Prefix(arn(region, prefix)),
            None => Matcher::Wildcard(arn(region, &entry.pattern.as_wildcard())),
        }));
    }
    pattern.field("resources", arns)
}

/// Whether every alarm of every region is watched, but for exceptions.
fn watches_all(monitor: &Monitor) -> bool {
    let mut watched = monitor.watched_alarms.iter();
    watched.any(|it| it.regions.is_empty() && it.pattern.prefix() == Some(""))
}

/// The beginnings of names, and what is more than that, both sorted.
fn sorted<'a>(
    patterns: impl IntoIterator<Item = &'a AlarmPattern>,
) -> (Vec<&'a str>, Vec<&'a AlarmPattern>) {
    let (mut prefixes, mut wildcards) = (Vec::new(), Vec::new());
    for pattern in patterns {
        match pattern.prefix() {
            Some(prefix) => prefixes.push(prefix),
            None => wildcards.push(pattern),
        }
    }
    prefixes.sort_unstable();
    wildcards.sort();
    (prefixes, wildcards)
}

/// The ARN of an alarm, or how it begins. What CloudFormation would take for a variable in the name is none.
fn arn(region: &str, name: &str) -> Value<String> {
    let name = name.replace("${", "${!");
    Value::sub(format!(
        "arn:${{AWS::Partition}}:cloudwatch:{region}:${{AWS::AccountId}}:alarm:{name}"
    ))
}
