//! What an incident is called by: the same however often and in whichever form its event arrives, and
//! another for whatever happened at another time, to another thing or elsewhere.

use jiff::Timestamp;
use proptest::prelude::*;
use runtime::{
    decision::Decision,
    ecs, event,
    read::{UnreadableEvent, parse},
};
use serde_json::{Value as Json, json};
use snapshots::{decide_alarm, directory};

/// 2026-01-02T03:20:00Z, when a window begins, in milliseconds.
const WINDOW_BEGINS: i64 = 1_767_324_000_000;
/// How long a window is, in milliseconds.
const WINDOW: i64 = 20 * 60 * 1_000;

#[track_caller]
fn id(decision: Result<Decision, UnreadableEvent>) -> String {
    match decision {
        Ok(Decision::Investigate(finding)) => finding.incident.id().to_string(),
        other => panic!("no incident: {other:?}"),
    }
}

pub(crate) fn sample(name: &str) -> Json {
    let path = directory("events").join(format!("{name}.json"));
    parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// As EventBridge writes points in time.
fn utc(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds)
        .unwrap()
        .to_string()
}

/// As CloudWatch does.
fn with_offset(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap();
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

/// What distinguishes one thing that happened from another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Occurrence {
    pub(crate) account: String,
    pub(crate) region: &'static str,
    /// The name of an alarm or a service, or what events are grouped by.
    pub(crate) name: String,
    /// The contributor of an alarm, the cluster of a service, the rule of an event.
    pub(crate) part: String,
    /// In milliseconds.
    pub(crate) at: i64,
}

pub(crate) fn occurrence() -> impl Strategy<Value = Occurrence> {
    (
        "[0-9]{12}",
        prop::sample::select(vec!["eu-central-1", "us-east-1", "us-gov-west-1"]),
        "[a-z][a-z0-9-]{0,20}",
        "[a-z0-9]{1,16}",
        0..WINDOW,
    )
        .prop_map(|(account, region, name, part, offset)| Occurrence {
            account,
            region,
            name,
            part,
            at: WINDOW_BEGINS + offset,
        })
}

/// Occurrences that differ from this one in one respect each; in time by more than a window.
pub(crate) fn others(of: &Occurrence) -> Vec<Occurrence> {
    let it = || of.clone();
    let region = if of.region == "us-east-1" {
        "eu-central-1"
    } else {
        "us-east-1"
    };
    let account = if of.account.starts_with('9') {
        "0"
    } else {
        "9"
    };
    let account = format!("{account}{}", &of.account[1..]);
    vec![
        Occurrence { account, ..it() },
        Occurrence { region, ..it() },
        Occurrence {
            name: format!("{}x", of.name),
            ..it()
        },
        Occurrence {
            part: format!("{}x", of.part),
            ..it()
        },
        Occurrence {
            at: of.at + WINDOW,
            ..it()
        },
        Occurrence {
            at: of.at - WINDOW,
            ..it()
        },
    ]
}

fn alarm_arn(it: &Occurrence) -> String {
    format!(
        "arn:aws:cloudwatch:{}:{}:alarm:{}",
        it.region, it.account, it.name
    )
}

/// The data that all ways of telling share. `noise` is what does not matter.
fn alarm_data(it: &Occurrence, noise: &str) -> Json {
    json!({
        "alarmName": it.name,
        "state": { "value": "ALARM", "timestamp": with_offset(it.at), "reason": noise },
        "configuration": { "description": noise },
        "alarmContributor": { "id": it.part, "attributes": { "Name": it.part } },
    })
}

pub(crate) fn alarm_as_action(it: &Occurrence, noise: &str) -> Json {
    json!({
        "source": "aws.cloudwatch", "alarmArn": alarm_arn(it), "accountId": it.account,
        "region": it.region, "time": with_offset(it.at + 777_777),
        "alarmData": alarm_data(it, noise),
    })
}

pub(crate) fn alarm_by_rule(it: &Occurrence, noise: &str) -> Json {
    json!({
        "id": noise, "source": "aws.cloudwatch", "account": it.account, "region": it.region,
        "detail-type": "CloudWatch Alarm State Change", "time": utc(it.at + 60_000),
        "resources": [alarm_arn(it)], "detail": alarm_data(it, noise),
    })
}

pub(crate) fn alarm_by_topic(it: &Occurrence, noise: &str) -> Json {
    let message = json!({
        "AlarmName": it.name, "AlarmArn": alarm_arn(it), "AWSAccountId": it.account,
        "NewStateValue": "ALARM", "NewStateReason": noise, "Region": "EU (Frankfurt)",
        "StateChangeTime": with_offset(it.at), "AlarmContributorId": it.part,
        "AlarmContributorAttributes": { "Name": it.part },
    });
    json!({ "Records": [{ "Sns": { "Message": message.to_string(), "MessageId": noise } }] })
}

/// The sample of a service's task that ran out of memory, as this occurrence. `noise` is the task.
pub(crate) fn task(it: &Occurrence, noise: &str) -> Json {
    let mut event = sample("ecs-task-stopped-oom");
    let arn = |kind: &str| {
        format!(
            "arn:aws:ecs:{}:{}:{kind}/{}",
            it.region, it.account, it.part
        )
    };
    event["id"] = json!(noise);
    event["account"] = json!(it.account);
    event["region"] = json!(it.region);
    let detail = &mut event["detail"];
    detail["group"] = json!(format!("service:{}", it.name));
    detail["clusterArn"] = json!(arn("cluster"));
    detail["taskArn"] = json!(format!("{}/{noise}", arn("task")));
    detail["stoppedAt"] = json!(utc(it.at));
    event
}

/// The sample of a denied call, as this occurrence. `noise` is what one call differs in from others
/// of its group.
pub(crate) fn denied_call(it: &Occurrence, noise: &str) -> Json {
    let mut payload = sample("event-DERIVED-api-call-denied");
    payload["rule"] = json!(it.part);
    payload["title"] = json!(noise);
    let event = &mut payload["event"];
    event["id"] = json!(format!("id {noise}"));
    event["account"] = json!(it.account);
    event["region"] = json!(it.region);
    event["time"] = json!(utc(it.at));
    event["detail"]["eventID"] = json!(noise);
    event["detail"]["userAgent"] = json!(noise);
    event["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] = json!(it.name);
    payload
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn of_an_alarm(it in occurrence(), noise in ".{0,20}", more in ".{0,20}") {
        let known = id(decide_alarm(&alarm_as_action(&it, &noise)));
        for way in [alarm_as_action, alarm_by_rule, alarm_by_topic] {
            prop_assert_eq!(&id(decide_alarm(&way(&it, &more))), &known);
            for other in others(&it) {
                prop_assert_ne!(&id(decide_alarm(&way(&other, &noise))), &known, "{:?}", other);
            }
        }
        // A millisecond later it went off anew.
        let later = Occurrence { at: it.at + 1, ..it };
        prop_assert_ne!(id(decide_alarm(&alarm_as_action(&later, &noise))), known);
    }

    #[test]
    fn of_a_task(it in occurrence(), noise in "[a-z0-9]{32}", more in "[a-z0-9]{32}") {
        let known = id(ecs::decide(&task(&it, &noise)));
        // A task stops once, however many events say so and when.
        let later = Occurrence { at: it.at + 7_000, ..it.clone() };
        prop_assert_eq!(&id(ecs::decide(&task(&later, &noise))), &known);
        let treated = json!({ "clusters": [{ "prefix": "", "priority": "LOW" }], "event": task(&it, &noise) });
        prop_assert_eq!(&id(ecs::decide(&treated)), &known);
        prop_assert_eq!(id(ecs::decide(&task(&it, &more))) == known, more == noise);
        for other in others(&it) {
            let differs = (&other.account, other.region, &other.part) != (&it.account, it.region, &it.part);
            prop_assert_eq!(id(ecs::decide(&task(&other, &noise))) != known, differs, "{:?}", other);
        }
        // Another cause is another failure.
        let mut other = task(&it, &noise);
        other["detail"]["containers"][0]["reason"] = json!("CannotPullContainerError: x");
        prop_assert_ne!(&id(ecs::decide(&other)), &known);
    }

    #[test]
    fn of_an_event_by_itself(it in occurrence(), noise in ".{1,20}") {
        let mut payload = denied_call(&it, &noise);
        payload["groupBy"] = json!([]);
        let known = id(event::decide(&payload));
        // Retries and redrives bring the same event, perhaps without the wrapper.
        prop_assert_eq!(&id(event::decide(&payload)), &known);
        prop_assert_eq!(&id(event::decide(&payload["event"])), &known);
        // What none of the paths leads to does not make a group.
        payload["groupBy"] = json!(["detail.nothing", "detail.none|detail.noone"]);
        prop_assert_eq!(&id(event::decide(&payload)), &known);
        payload["event"]["id"] = json!(format!("another id {noise}"));
        prop_assert_ne!(&id(event::decide(&payload)), &known);
    }
}

/// Values of a group do not run together, and one that is not there is not another's.
#[test]
fn groups_differ_by_which_value_is_where() {
    let group = |a: Json, b: Json| {
        let mut payload = sample("event-EDGE-title-values");
        payload["groupBy"] = json!(["detail.a", "detail.b"]);
        payload["event"]["detail"] = json!({ "a": a, "b": b });
        match event::decide(&payload) {
            Ok(Decision::Investigate(finding)) => finding.group.key,
            other => panic!("no incident: {other:?}"),
        }
    };
    let ids = [
        group(json!("ab"), json!("c")),
        group(json!("a"), json!("bc")),
        group(json!("abc"), Json::Null),
        group(Json::Null, json!("abc")),
        group(json!(["abc"]), Json::Null),
    ];
    for (index, id) in ids.iter().enumerate() {
        assert!(!ids[..index].contains(id), "{index}");
    }
}
