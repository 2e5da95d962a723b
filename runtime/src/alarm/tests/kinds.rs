//! Every kind of alarm, and what it says of itself.

use contract::Priority;
use serde_json::{Value as Json, json};

use super::{by_action, by_rule, by_topic, finding, message, outcome, says};

/// What each kind of alarm says of itself, as actions and rules have it, and as topics do.
fn kinds() -> [(Json, Json); 5] {
    let dimensions = json!([{ "name": "QueueName", "value": "orders" }]);
    let stat = json!({ "metric": {
        "namespace": "AWS/SQS", "name": "Age", "dimensions": { "QueueName": "orders" },
    }, "period": 60, "stat": "Maximum" });
    let topics_stat = json!({ "Metric": {
        "Namespace": "AWS/SQS", "MetricName": "Age", "Dimensions": dimensions,
    }, "Period": 60, "Stat": "Maximum" });
    let band = "ANOMALY_DETECTION_BAND(m1, 2)";
    let query = json!({ "queryString": "filter a", "logGroupIdentifiers": ["/ecs/a"] });
    let topics_query = json!({ "QueryString": "filter a", "LogGroupIdentifiers": ["/ecs/a"] });
    let promql = json!({ "promQLCriteria": { "query": "up == 0", "pendingPeriod": 60 } });
    let topics_promql = json!({ "PromQLCriteria": { "Query": "up == 0", "PendingPeriod": 60 } });
    [
        (
            json!({ "metrics": [{ "id": "m1", "metricStat": stat }] }),
            json!({ "Trigger": {
                "Namespace": "AWS/SQS", "MetricName": "Age", "Dimensions": dimensions,
                "Statistic": "Maximum", "Period": 60,
            } }),
        ),
        (
            json!({ "metrics": [{ "id": "m1", "metricStat": stat }, { "id": "ad1", "expression": band }] }),
            json!({ "Trigger": { "Metrics": [
                { "Id": "m1", "MetricStat": topics_stat }, { "Id": "ad1", "Expression": band },
            ] } }),
        ),
        (
            json!({ "alarmRule": "ALARM(a)" }),
            json!({ "AlarmRule": "ALARM(a)" }),
        ),
        (
            json!({ "scheduledQueryConfiguration": query }),
            json!({ "Trigger": { "ScheduledQueryConfiguration": topics_query } }),
        ),
        (
            json!({ "evaluationCriteria": promql }),
            json!({ "EvaluationCriteria": topics_promql }),
        ),
    ]
}

/// The same change of state by each channel: of the alarm, or of one of its time series.
fn by_each_channel(
    (configuration, trigger): &(Json, Json),
    state: &str,
    series: Option<&str>,
) -> [Json; 3] {
    let contributor = series.map(|id| json!({ "id": id, "attributes": { "Team": "a" } }));
    let data = json!({
        "alarmName": "down", "alarmContributor": contributor, "configuration": configuration,
        "state": { "value": state, "timestamp": "2026-01-02T03:04:05.000+0000" },
    });
    let mut message = message(trigger.clone());
    message["NewStateValue"] = json!(state);
    message["AlarmContributorId"] = json!(series);
    message["AlarmContributorAttributes"] = json!(series.map(|_| json!({ "Team": "a" })));
    [by_action(data.clone()), by_rule(data), by_topic(message)]
}

#[test]
fn every_kind_of_alarm_is_the_same_incident_by_every_channel_and_only_in_alarm() {
    for kind in kinds() {
        for series in [None, Some("6d44")] {
            for state in ["OK", "INSUFFICIENT_DATA", "SOMETHING_NEW"] {
                for event in by_each_channel(&kind, state, series) {
                    assert_eq!(outcome(&event), "not-in-alarm", "{event}");
                }
            }
            let [known, others @ ..] =
                by_each_channel(&kind, "ALARM", series).map(|it| finding(&it));
            for other in others {
                assert_eq!(other.group, known.group, "{kind:?}");
                assert_eq!(other.incident.id(), known.incident.id());
                assert_eq!(other.incident.title(), known.incident.title());
            }
        }
    }
}

#[test]
fn what_an_alarm_asks_is_shown_whichever_channel_says_it() {
    let [.., logs, promql] = kinds();
    for event in by_each_channel(&logs, "ALARM", None) {
        says(
            &event,
            "\n- query: filter a\n- beside the query: log group identifiers: /ecs/a",
        );
    }
    for event in by_each_channel(&promql, "ALARM", None) {
        says(
            &event,
            "\n- query: up == 0\n- beside the query: pending period: 60 s",
        );
    }
    let bare = json!({ "alarmName": "down", "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" } });
    says(
        &by_action(bare),
        "\n- what the alarm watches did not come with it",
    );
}

#[test]
fn time_series_of_one_moment_are_distinguished_by_whatever_they_have() {
    let of = |contributor: Json| {
        finding(&by_rule(json!({
            "alarmName": "down", "alarmContributor": contributor,
            "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
        })))
    };
    let findings = [
        (
            json!({ "id": "1", "attributes": { "Team": "a" } }),
            "in ALARM (Team=a, ",
            "Team=a",
        ),
        (
            json!({ "id": "2", "attributes": { "Team": "a" } }),
            "in ALARM (Team=a, ",
            "Team=a",
        ),
        (
            json!({ "id": "3" }),
            "in ALARM (time series 3, ",
            "time series 3",
        ),
        (
            json!({ "id": "4", "attributes": {} }),
            "in ALARM (time series 4, ",
            "time series 4",
        ),
        (
            json!({ "attributes": { "b": "2", "a": "1" } }),
            "in ALARM (a=1, b=2, ",
            "a=1, b=2",
        ),
        (
            json!({ "attributes": [{ "name": "b", "value": "1" }, { "name": "a", "value": "2" }] }),
            "in ALARM (a=2, b=1, ",
            "a=2, b=1",
        ),
        (Json::Null, "down in ALARM (", "alarm down"),
    ]
    .map(|(contributor, title, cause)| (of(contributor), title, cause));
    for (index, (it, title, cause)) in findings.iter().enumerate() {
        assert!(
            it.incident.title().contains(title),
            "{}",
            it.incident.title()
        );
        assert_eq!(it.group.cause, *cause);
        assert_eq!(it.group.key, findings[0].0.group.key);
        let mut others = findings[..index].iter();
        assert!(
            !others.any(|(other, ..)| other.incident.id() == it.incident.id()),
            "{index}"
        );
    }
}

#[test]
fn tags_are_shown_in_whatever_form_they_come() {
    for tags in [
        json!({ "team": "shop" }),
        json!([{ "key": "team", "value": "shop" }]),
        json!([{ "Key": "team", "Value": "shop" }]),
    ] {
        let state = json!({ "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" });
        let inside = by_rule(json!({ "alarmName": "down", "state": state, "alarmTags": tags }));
        let mut beside = by_action(json!({ "alarmName": "down", "state": state }));
        beside["alarmTags"] = tags.clone();
        for event in [
            inside,
            beside,
            by_topic(message(json!({ "AlarmTags": tags }))),
        ] {
            says(&event, "\n- tags: team=shop");
        }
    }
}

#[test]
fn an_event_without_the_alarms_arn_is_of_the_partition_of_its_region() {
    let mut event = by_rule(json!({
        "alarmName": "5xx/web: 100% (eu)",
        "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
    }));
    event["account"] = json!("111122223333");
    for (region, partition) in [("cn-north-1", "aws-cn"), ("eu-central-1", "aws")] {
        event["region"] = json!(region);
        let arn =
            format!("arn:{partition}:cloudwatch:{region}:111122223333:alarm:5xx/web: 100% (eu)");
        for resources in [
            json!([]),
            json!(["no ARN"]),
            json!([&arn]),
            json!(["arn:aws:ec2:r:1:i-1", &arn]),
        ] {
            event["resources"] = resources;
            assert_eq!(finding(&event).group.alarm.as_ref(), Some(&arn), "{event}");
        }
    }
}

#[test]
fn a_metric_of_another_account_is_shown_with_it() {
    let metric = json!({ "id": "m1", "accountId": "444455556666", "metricStat": {
        "metric": { "namespace": "Shop", "metricName": "Age", "dimensions": {} },
    } });
    let event = by_action(json!({
        "alarmName": "down", "configuration": { "metrics": [metric] },
        "state": {
            "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z",
            "reasonData": { "threshold": 1.0, "recentDatapoints": [2.0] },
        },
    }));
    says(&event, "\n- m1: Shop Age, in account 444455556666\n");
    says(&event, "\n- datapoints, oldest first: 2.0\n");
}
#[test]
fn a_description_that_begins_with_a_priority_sets_it() {
    for (text, priority, meaning) in [
        (
            "[CRITICAL] Orders are stuck",
            Priority::Critical,
            "Orders are stuck",
        ),
        (
            "[Critical] Orders are stuck",
            Priority::Critical,
            "Orders are stuck",
        ),
        (
            "\n [ low ]Orders are slow",
            Priority::Low,
            "Orders are slow",
        ),
        ("[minimal]\tOrders wait", Priority::Minimal, "Orders wait"),
        (
            "[P1] Orders are stuck",
            Priority::High,
            "[P1] Orders are stuck",
        ),
        ("[] Orders are stuck", Priority::High, "[] Orders are stuck"),
        (
            "[critical Orders are stuck",
            Priority::High,
            "[critical Orders are stuck",
        ),
        (
            "Orders [LOW] are stuck",
            Priority::High,
            "Orders [LOW] are stuck",
        ),
    ] {
        let incident = finding(&by_action(json!({
            "alarmName": "down", "configuration": { "description": text },
            "state": { "value": "ALARM", "timestamp": "2026-01-02T03:04:05Z" },
        })))
        .incident;
        assert_eq!(incident.priority(), priority, "{text}");
        let section = format!("\n- what the alarm means, by its description: {meaning}");
        assert!(
            incident.description().contains(&section),
            "{}",
            incident.description()
        );
    }
}
