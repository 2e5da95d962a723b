//! What an incident belongs to: the same for whatever happens to one thing, however often and in
//! whichever form it arrives in, and another for any other thing.

use contract::Group;
use proptest::prelude::*;
use runtime::{
    decision::Decision,
    ecs, event,
    read::{UnreadableEvent, parse},
};
use serde_json::{Value as Json, json};
use snapshots::decide_alarm;

use crate::identities::{
    Occurrence, alarm_as_action, alarm_by_rule, alarm_by_topic, denied_call, occurrence, others,
    sample, task,
};

#[track_caller]
fn of(decision: Result<Decision, UnreadableEvent>) -> Group {
    match decision {
        Ok(Decision::Investigate(finding)) => finding.group,
        other => panic!("no incident: {other:?}"),
    }
}

/// The alarm of one time series, in each form in which it arrives.
fn series(it: &Occurrence, noise: &str) -> Vec<Json> {
    vec![
        alarm_as_action(it, noise),
        alarm_by_rule(it, noise),
        alarm_by_topic(it, noise),
    ]
}

/// The same with this instead of the time series: `data` as actions and rules have it, `message` as
/// topics do.
fn told(it: &Occurrence, noise: &str, data: &Json, message: &Json) -> Vec<Json> {
    let put = |into: &mut Json, what: &Json| {
        for (key, value) in what.as_object().unwrap() {
            into[key] = value.clone();
        }
    };
    let mut action = alarm_as_action(it, noise);
    let mut rule = alarm_by_rule(it, noise);
    let mut topic = alarm_by_topic(it, noise);
    for place in [&mut action["alarmData"], &mut rule["detail"]] {
        place["alarmContributor"] = Json::Null;
        put(&mut place["state"], &data["state"]);
        put(&mut place["configuration"], &data["configuration"]);
    }
    let text = &mut topic["Records"][0]["Sns"]["Message"];
    let mut inside = parse(text.as_str().unwrap()).unwrap();
    inside["AlarmContributorId"] = Json::Null;
    inside["AlarmContributorAttributes"] = Json::Null;
    put(&mut inside, message);
    *text = json!(inside.to_string());
    vec![action, rule, topic]
}

/// The alarm as a whole, whose time series [`series`] is one of.
fn alarm_of_series(it: &Occurrence, noise: &str) -> Vec<Json> {
    let query = "SELECT MAX(Load) FROM Shop GROUP BY Name ORDER BY MAX() DESC";
    told(
        it,
        noise,
        &json!({
            "state": {},
            "configuration": { "metrics": [{ "id": "q1", "expression": query }] },
        }),
        &json!({ "Trigger": { "Metrics": [{ "Id": "q1", "Expression": query }] } }),
    )
}

/// An alarm on a metric with these dimensions, which topics list in their order. `noise` is the
/// metric's name.
fn metric(it: &Occurrence, noise: &str, namespace: &str, dimensions: &[(&str, &str)]) -> Vec<Json> {
    let name = format!("metric {noise}");
    let map: serde_json::Map<String, Json> = dimensions
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let list: Vec<Json> = dimensions
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let metric = json!({ "namespace": namespace, "name": name, "dimensions": map });
    told(
        it,
        noise,
        &json!({
            "state": {}, "configuration": { "metrics": [
                { "id": "e1", "expression": "m1 * 2" }, { "id": "m1", "metricStat": { "metric": metric } },
            ] },
        }),
        &json!({ "Trigger": {
            "MetricName": name, "Namespace": namespace, "Dimensions": list, "Threshold": 1.0,
        } }),
    )
}

/// A composite alarm on the alarm `child-<part>`, which set it off, and on another.
fn composite(it: &Occurrence, noise: &str) -> Vec<Json> {
    let rule = format!("ALARM(\"child-{}\") OR ALARM(another)", it.part);
    let arn = format!(
        "arn:aws:cloudwatch:{}:{}:alarm:child-{}",
        it.region, it.account, it.part
    );
    let triggering = json!([{ "arn": arn, "state": { "value": "ALARM", "timestamp": noise } }]);
    let children = json!([{ "Arn": arn, "State": { "Value": "ALARM", "Timestamp": noise } }]);
    let data = json!({ "triggeringAlarms": triggering }).to_string();
    told(
        it,
        noise,
        &json!({ "state": { "reasonData": data }, "configuration": { "alarmRule": rule } }),
        &json!({ "AlarmRule": rule, "TriggeringChildren": children }),
    )
}

/// Occurrences of other things, and of the same thing at other times.
fn elsewhere_and_later(it: &Occurrence) -> (Vec<Occurrence>, Vec<Occurrence>) {
    others(it).into_iter().partition(|other| other.at == it.at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn all_ways_of_telling_agree(it in occurrence(), noise in ".{0,20}", more in ".{0,20}") {
        let queue = |noise: &str| metric(&it, noise, "AWS/SQS", &[("QueueName", &it.part), ("A", "b")]);
        for (events, again) in [
            (series(&it, &noise), series(&it, &more)),
            (queue("x"), queue("x")),
            (composite(&it, &noise), composite(&it, &more)),
        ] {
            let known = of(decide_alarm(&events[0]));
            for event in events.iter().chain(&again) {
                prop_assert_eq!(&of(decide_alarm(event)), &known);
            }
        }
        let speaks_for = of(decide_alarm(&composite(&it, &noise)[0])).covers;
        prop_assert_eq!(speaks_for.len(), 2);
        let known = of(event::decide(&denied_call(&it, &noise)));
        prop_assert_eq!(of(event::decide(&denied_call(&it, &noise))), known);
    }

    #[test]
    fn an_alarm_and_its_time_series_meet(it in occurrence(), noise in ".{0,20}", more in ".{0,20}") {
        let known = of(decide_alarm(&series(&it, &noise)[0]));
        let second = Occurrence { part: format!("{}-second", it.part), at: it.at + 1, ..it.clone() };
        for event in [series(&second, &more), alarm_of_series(&it, &noise)].concat() {
            let other = of(decide_alarm(&event));
            prop_assert_eq!(&other.key, &known.key);
            prop_assert_ne!(&other.cause, &known.cause);
        }
    }

    #[test]
    fn alarms_on_one_resource_meet(it in occurrence(), noise in "[a-z]{0,9}", more in "[a-z]{0,9}") {
        let key = |it: &Occurrence, part: &str, noise: &str, namespace: &str| {
            of(decide_alarm(&metric(it, noise, namespace, &[("QueueName", part), ("A", "b")])[0])).key
        };
        let known = key(&it, &it.part, &noise, "AWS/SQS");
        let second = Occurrence { name: format!("{}-second", it.name), at: it.at + 1, ..it.clone() };
        prop_assert_eq!(&key(&second, &it.part, &more, "AWS/SQS"), &known);
        prop_assert_ne!(&key(&it, &it.part, &noise, "AWS/SNS"), &known);
        for other in others(&it) {
            let differs = (&other.account, other.region, &other.part) != (&it.account, it.region, &it.part);
            let found = key(&other, &other.part, &noise, "AWS/SQS");
            prop_assert_eq!(found != known, differs, "{:?}", other);
        }
    }

    #[test]
    fn failures_of_a_service_and_alarms_on_it_meet(
        it in occurrence(), noise in "[a-z0-9]{32}", more in "[a-z0-9]{32}",
    ) {
        let by_alarm = |it: &Occurrence| {
            let dimensions = [("ServiceName", it.name.as_str()), ("ClusterName", it.part.as_str())];
            let alarm = Occurrence { name: "cpu".to_owned(), ..it.clone() };
            metric(&alarm, "x", "AWS/ECS", &dimensions).iter().map(|event| of(decide_alarm(event)).key).collect::<Vec<_>>()
        };
        let known = of(ecs::decide(&task(&it, &noise)));
        prop_assert_eq!(by_alarm(&it), vec![known.key.clone(); 3]);
        let (elsewhere, later) = elsewhere_and_later(&it);
        for other in elsewhere {
            prop_assert_ne!(&of(ecs::decide(&task(&other, &noise))).key, &known.key, "{:?}", other);
            prop_assert!(!by_alarm(&other).contains(&known.key), "{:?}", other);
        }
        for other in later {
            let again = of(ecs::decide(&task(&other, &noise)));
            prop_assert_eq!(&again.key, &known.key);
        }
        // The same stop, told again and treated as a file says; and another of the same service.
        let treated = json!({ "clusters": [{ "prefix": "", "priority": "LOW" }], "event": task(&it, &noise) });
        prop_assert_eq!(&of(ecs::decide(&treated)), &known);
        let another = of(ecs::decide(&task(&it, &more)));
        prop_assert_eq!(&another.key, &known.key);
        let mut other = task(&it, &noise);
        other["detail"]["containers"][0]["reason"] = json!("CannotPullContainerError: x");
        prop_assert_eq!(&of(ecs::decide(&other)).key, &known.key);
    }

    #[test]
    fn what_is_elsewhere_is_another_group(it in occurrence(), noise in ".{0,20}") {
        type Key = fn(&Occurrence, &str) -> contract::GroupKey;
        let keys: [Key; 2] = [
            |it, noise| of(event::decide(&denied_call(it, noise))).key,
            |it, _| {
                let mut handed_over = sample("event-DERIVED-pipeline-failed");
                handed_over["rule"] = json!(it.part);
                let event = &mut handed_over["event"];
                event["account"] = json!(it.account);
                event["region"] = json!(it.region);
                event["resources"][0] = json!(it.name);
                of(event::decide(&handed_over)).key
            },
        ];
        let (elsewhere, later) = elsewhere_and_later(&it);
        for key in keys {
            let known = key(&it, &noise);
            for other in &elsewhere {
                prop_assert_ne!(&key(other, &noise), &known, "{:?}", other);
            }
            for other in &later {
                prop_assert_eq!(&key(other, &noise), &known, "{:?}", other);
            }
        }
        // An alarm is distinguished by itself, and not by its time series or the alarms that it watches.
        let of_alarm: [Key; 2] = [
            |it, noise| of(decide_alarm(&composite(it, noise)[0])).key,
            |it, noise| of(decide_alarm(&series(it, noise)[0])).key,
        ];
        for key in of_alarm {
            let known = key(&it, &noise);
            for other in others(&it) {
                let differs = (&other.account, other.region, &other.name) != (&it.account, it.region, &it.name);
                prop_assert_eq!(key(&other, &noise) != known, differs, "{:?}", other);
            }
        }
    }
}
