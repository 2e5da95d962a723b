//! What the templates promise as a whole: nothing is lost between two resources, and nothing feeds
//! itself.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use snapshots::{account, directory};
use stacks::{Monitor, Stack, event_pattern::Scope, stack::ParameterSource};

fn example() -> (Monitor, Vec<Stack>) {
    let monitor = account(&directory("cases/example")).monitor;
    let stacks = stacks::synthesize(&monitor).unwrap();
    (monitor, stacks)
}

fn resources(stack: &Stack) -> BTreeMap<String, Json> {
    stack.template.to_json()["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(id, resource)| (id.clone(), resource.clone()))
        .collect()
}

fn of_type<'a>(
    resources: &'a BTreeMap<String, Json>,
    name: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Json)> {
    resources
        .iter()
        .filter(move |(_, resource)| resource["Type"] == name)
        .map(|(id, resource)| (id, &resource["Properties"]))
}

fn dead_letters() -> Json {
    json!({ "Fn::GetAtt": ["DeadLetters", "Arn"] })
}

fn failed_events() -> Json {
    json!({ "Fn::GetAtt": ["FailedEvents", "Arn"] })
}

/// Every hop has somewhere for what it cannot hand on: rule to function, schedule to function,
/// function to queue, queue to `deliver`. The one hop that has nowhere is from an alarm to its
/// action: CloudWatch offers nothing there. The canary needs nothing: an alarm says when it is missing.
#[test]
fn every_hop_has_dead_letters() {
    let (_, stacks) = example();
    let resources = resources(&stacks[0]);
    let mut hops = 0;
    let mut asynchronous = Vec::new();
    let rules = of_type(&resources, "AWS::Events::Rule");
    for (id, rule) in rules.filter(|(id, _)| *id != "CanaryRule") {
        for target in rule["Targets"].as_array().unwrap() {
            assert_eq!(target["DeadLetterConfig"]["Arn"], dead_letters(), "{id}");
            asynchronous.push(target["Arn"]["Fn::GetAtt"][0].as_str().unwrap().to_owned());
            hops += 1;
        }
    }
    for (id, schedule) in of_type(&resources, "AWS::Scheduler::Schedule") {
        let target = &schedule["Target"];
        if id == "Canary" {
            continue;
        }
        // The next sweep does what a lost one would have done.
        if id == "Sweep" {
            assert_eq!(schedule["ScheduleExpression"], "rate(5 minutes)");
            continue;
        }
        assert_eq!(target["DeadLetterConfig"]["Arn"], dead_letters(), "{id}");
        asynchronous.push(target["Arn"]["Fn::GetAtt"][0].as_str().unwrap().to_owned());
        hops += 1;
    }
    for (_, permission) in of_type(&resources, "AWS::Lambda::Permission") {
        asynchronous.push(
            permission["FunctionName"]["Fn::GetAtt"][0]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let from_queue: Vec<&Json> = of_type(&resources, "AWS::Lambda::EventSourceMapping")
        .map(|(_, mapping)| &mapping["FunctionName"]["Ref"])
        .collect();
    for (id, function) in of_type(&resources, "AWS::Lambda::Function") {
        hops += 1;
        // With a dead-letter queue beside the destination, everything would come twice.
        assert_eq!(function["DeadLetterConfig"], Json::Null, "{id}");
        if asynchronous.contains(id) {
            let retries = &resources[&format!("{id}Retries")]["Properties"];
            let destination = &retries["DestinationConfig"]["OnFailure"]["Destination"];
            assert_eq!(*destination, failed_events(), "{id}");
        } else {
            assert!(
                from_queue.contains(&&json!(id)),
                "{id} is invoked by nothing"
            );
        }
    }
    for (id, queue) in of_type(&resources, "AWS::SQS::Queue").filter(|(id, _)| *id != "DeadLetters")
    {
        assert_eq!(
            queue["RedrivePolicy"]["deadLetterTargetArn"],
            dead_letters(),
            "{id}"
        );
        hops += 1;
    }
    assert_eq!(hops, 6 + 1 + 5 + 1);
}

/// What functions fail without must not take what they failed on with it: that is in another service, under a key that
/// nobody can disable, outlives the stack, and is nobody else's.
#[test]
fn failed_events_do_not_share_the_fate_of_the_queue() {
    let monitor = account(&directory("cases/customer_managed_key")).monitor;
    let stacks = stacks::synthesize(&monitor).unwrap();
    let resources = resources(&stacks[0]);
    assert!(resources.contains_key("Key"));
    let bucket = &resources["FailedEvents"];
    assert_eq!(bucket["Type"], "AWS::S3::Bucket");
    assert_eq!(bucket["UpdateReplacePolicy"], "Retain");
    assert_eq!(bucket["DeletionPolicy"], "RetainExceptOnCreate");
    let bucket = &bucket["Properties"];
    let encryption = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"];
    let by_default = json!([{ "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }]);
    assert_eq!(*encryption, by_default);
    assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    let access = bucket["PublicAccessBlockConfiguration"]
        .as_object()
        .unwrap();
    assert!(access.len() == 4 && access.values().all(|it| *it == true));
    let policy = resources["FailedEventsPolicy"].to_string();
    assert!(
        policy.contains("aws:SecureTransport") && !policy.contains("\"Allow\""),
        "{policy}"
    );
}

/// Only roles of the stack send incidents, and all that do are named. Nothing else is denied but what is not TLS.
#[test]
fn nobody_else_sends_incidents() {
    let (_, stacks) = example();
    let resources = resources(&stacks[0]);
    let statements = &resources["IncidentsPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let [only_roles, only_tls] = statements.as_array().unwrap().as_slice() else {
        panic!("{statements}")
    };
    assert_eq!(
        (&only_roles["Effect"], &only_roles["Principal"]),
        (&json!("Deny"), &json!("*"))
    );
    assert_eq!(only_roles["Action"], "sqs:SendMessage");
    let mut senders: Vec<&str> = only_roles["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["Fn::GetAtt"][0].as_str().unwrap())
        .collect();
    senders.sort_unstable();
    let may_send = |policy: &Json| {
        let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap();
        statements.iter().any(|it| {
            it["Action"].to_string().contains("sqs:SendMessage")
                && it["Resource"] == json!({ "Fn::GetAtt": ["Incidents", "Arn"] })
        })
    };
    let mut those_that_may: Vec<String> = of_type(&resources, "AWS::IAM::ManagedPolicy")
        .filter(|(_, policy)| may_send(policy))
        .map(|(id, _)| id.replace("Policy", "Role"))
        .collect();
    those_that_may.sort();
    assert_eq!(senders, those_that_may);
    assert!(senders.contains(&"RedriveRole"));
    let denied = (&only_tls["Effect"], &only_tls["Action"]);
    assert_eq!(denied, (&json!("Deny"), &json!("sqs:*")));
    assert_eq!(
        only_tls["Condition"],
        json!({ "Bool": { "aws:SecureTransport": "false" } })
    );
}

/// The canary goes the way of an alarm's event, begins when all of that is there, and is missed after a day.
#[test]
fn the_canary_goes_through_the_pipeline() {
    let (monitor, stacks) = example();
    let resources = resources(&stacks[0]);
    let schedule = &resources["Canary"];
    let target = &schedule["Properties"]["Target"];
    let parameters = &target["EventBridgeParameters"];
    let event = json!({
        "source": parameters["Source"],
        "detail-type": parameters["DetailType"],
        "detail": serde_json::from_str::<Json>(target["Input"].as_str().unwrap()).unwrap(),
    });
    let matches = |pattern: &Json, event: &Json| {
        let pattern = stacks::event_pattern::EventPattern::parse(pattern).unwrap();
        let scope = Scope {
            partition: "aws",
            region: "eu-central-1",
            account: "111122223333",
            stack: monitor.stack.as_str(),
        };
        pattern.matches(event, &scope)
    };
    let rule = &resources["CanaryRule"]["Properties"];
    assert!(matches(&rule["EventPattern"], &event), "{event}");
    let mut of_another = event.clone();
    of_another["detail"]["stack"] = json!("tocsin-another");
    assert!(!matches(&rule["EventPattern"], &of_another));
    let function = &rule["Targets"][0]["Arn"]["Fn::GetAtt"][0];
    assert_eq!(function, "AlarmFunction");
    let evaluated = snapshots::decide_alarm(&event);
    assert!(matches!(evaluated, Ok(runtime::decision::Decision::Canary)));
    let after = schedule["DependsOn"].as_array().unwrap();
    for id in after {
        assert!(resources.contains_key(id.as_str().unwrap()), "{id}");
    }
    assert!(after.contains(&json!("AlarmFunctionFromCanary")));
    assert!(after.contains(&json!("DeliverFunctionFromIncidents")));
    let alarm = &resources["PipelineCanaryMissing"]["Properties"];
    assert_eq!(alarm["TreatMissingData"], "breaching");
    let hours =
        alarm["EvaluationPeriods"].as_i64().unwrap() * alarm["Period"].as_i64().unwrap() / 3_600;
    assert!((25..=30).contains(&hours), "{hours}");
}

/// Whoever sends a dead letter may do so: the schedule by its role, rules by the queue's policy; Lambda writes failed
/// events with the roles of the functions.
#[test]
fn whoever_sends_dead_letters_may() {
    let (_, stacks) = example();
    let resources = resources(&stacks[0]);
    let may_send = |policy: &Json| {
        policy["PolicyDocument"]["Statement"]
            .as_array()
            .unwrap()
            .iter()
            .any(|statement| {
                statement["Effect"] == "Allow"
                    && statement["Action"].to_string().contains("sqs:SendMessage")
                    && statement["Resource"] == dead_letters()
            })
    };
    let may_write = |policy: &Json| {
        let text = policy.to_string();
        text.contains("s3:PutObject") && text.contains("s3:ListBucket")
    };
    for function in [
        "AlarmFunction",
        "EcsFunction",
        "EventFunction",
        "CostFunction",
    ] {
        let policy = &resources[&format!("{function}Policy")]["Properties"];
        assert!(may_write(policy) && !may_send(policy), "{function}");
    }
    assert!(!may_write(
        &resources["DeliverFunctionPolicy"]["Properties"]
    ));
    for sender in ["DeliverFunction", "CostSchedule"] {
        assert!(
            may_send(&resources[&format!("{sender}Policy")]["Properties"]),
            "{sender}"
        );
        let role = &resources[&format!("{sender}Role")]["Properties"];
        assert_eq!(
            role["ManagedPolicyArns"],
            json!([{ "Ref": format!("{sender}Policy") }])
        );
    }
    assert!(may_send(&resources["DeadLettersPolicy"]["Properties"]));
    for (_, rule) in of_type(&resources, "AWS::Events::Rule") {
        assert!(
            rule["Name"]
                .as_str()
                .unwrap()
                .starts_with("tocsin-example-")
        );
    }
}

/// A failed delivery raises alarms. If one of them became an incident, it would fail to be delivered
/// and raise alarms.
#[test]
fn no_alarm_of_ours_is_watched() {
    let (mut monitor, stacks) = example();
    let core = resources(&stacks[0]);
    assert!(core.contains_key("RuleWatchedAlarms"));
    // Even where somebody watches every alarm whose name begins like ours, or every alarm there is.
    for prefix in ["t*", "*"] {
        let prefix = stacks::monitor::AlarmPattern::parse(prefix).unwrap();
        monitor
            .watched_alarms
            .push(stacks::monitor::WatchedAlarms::new(prefix));
        none_of_ours_is_watched(&monitor, &stacks);
    }
}

#[track_caller]
fn none_of_ours_is_watched(monitor: &Monitor, stacks: &[Stack]) {
    let scope = Scope {
        partition: "aws",
        region: "eu-central-1",
        account: "111122223333",
        stack: monitor.stack.as_str(),
    };
    let event = |name: &str| {
        json!({
            "source": "aws.cloudwatch",
            "detail-type": "CloudWatch Alarm State Change",
            "resources": [format!("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}")],
            "detail": { "alarmName": name, "state": { "value": "ALARM" } },
        })
    };
    let rules = stacks::rules::rules(monitor);
    let matched = |name: &str| {
        rules
            .iter()
            .any(|rule| rule.pattern.matches(&event(name), &scope))
    };
    assert!(matched("legacy-cpu"), "what is watched is matched");
    assert!(matched("team-cpu"), "what begins like ours is matched");
    let mut ours = 0;
    for stack in stacks {
        for (_, alarm) in of_type(&resources(stack), "AWS::CloudWatch::Alarm") {
            let name = alarm["AlarmName"].as_str().unwrap();
            assert!(!matched(name), "{name}");
            ours += 1;
        }
    }
    assert!(ours > 10);
}

/// What a rule catches is evaluated: `synth match` and the function that is deployed agree on who does it.
#[test]
fn every_rule_hands_its_events_to_a_function_that_evaluates_them() {
    let monitor = account(&directory("cases/events")).monitor;
    let rules = [
        stacks::rules::rules(&monitor),
        stacks::rules::rules(&example().0),
    ]
    .concat();
    assert!(rules.len() > 5);
    for rule in rules {
        let function = rule.purpose.function();
        let evaluation = runtime::functions::evaluation(function);
        assert!(evaluation.is_some(), "{function:?}, {:?}", rule.purpose);
    }
}

/// Alarms of the pipeline tell people and never the pipeline.
#[test]
fn pipeline_alarms_tell_the_ops_topic() {
    let (_, stacks) = example();
    for (id, alarm) in of_type(&resources(&stacks[0]), "AWS::CloudWatch::Alarm") {
        let actions = alarm["AlarmActions"].to_string();
        assert!(
            actions.contains(":sns:") && actions.contains("platform-ops"),
            "{id}: {actions}"
        );
    }
}

/// One permission a principal, however many alarms and rules there are.
#[test]
fn alarms_need_one_permission() {
    let (_, stacks) = example();
    let resources = resources(&stacks[0]);
    let principals: Vec<(&Json, &Json)> = of_type(&resources, "AWS::Lambda::Permission")
        .map(|(_, it)| (&it["FunctionName"]["Fn::GetAtt"][0], &it["Principal"]))
        .collect();
    assert_eq!(
        principals,
        [
            (
                &json!("AlarmFunction"),
                &json!("lambda.alarms.cloudwatch.amazonaws.com")
            ),
            (&json!("AlarmFunction"), &json!("events.amazonaws.com")),
            // The canary's rule.
            (&json!("AlarmFunction"), &json!("events.amazonaws.com")),
            (&json!("EcsFunction"), &json!("events.amazonaws.com")),
            (&json!("EventFunction"), &json!("events.amazonaws.com")),
        ]
    );
}

/// The secret has no value: not now, and not by any later update.
#[test]
fn the_secret_has_no_value() {
    let (_, stacks) = example();
    let resources = resources(&stacks[0]);
    let secret = &resources["WebhookSecret"];
    let keys: Vec<&String> = secret["Properties"].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["Description", "Tags"]);
    assert_eq!(secret["UpdateReplacePolicy"], "Retain");
}

#[test]
fn synthesis_is_deterministic_to_the_byte() {
    let print = || {
        let (_, stacks) = example();
        stacks
            .iter()
            .map(|stack| stack.template.to_json().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(print(), print());
}

/// Whoever has restored the ledger names its table by region, and delivery keeps that one.
#[test]
fn a_restored_ledger_is_the_one_that_delivery_keeps() {
    let (mut monitor, _) = example();
    let tables = [("eu-central-1".to_owned(), "restored".to_owned())];
    monitor.hardening.ledger_tables = tables.into();
    let stacks = stacks::synthesize(&monitor).unwrap();
    let source = &stacks[0].parameters["RestoredLedger"];
    let restored = BTreeMap::from([("eu-central-1".to_owned(), vec!["restored".to_owned()])]);
    assert_eq!(*source, ParameterSource::Region(restored));
    let resources = resources(&stacks[0]);
    let table = json!({ "Ref": "RestoredLedger" });
    let variables = &resources["DeliverFunction"]["Properties"]["Environment"]["Variables"];
    assert_eq!(variables["LEDGER_TABLE"], table);
    let template = stacks[0].template.to_json();
    assert_eq!(template["Outputs"]["LedgerTable"]["Value"], table);
    let policy = &resources["DeliverFunctionPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let of_ledger = policy.as_array().unwrap().iter().filter(|it| {
        let action = &it["Action"];
        action.to_string().contains("dynamodb:")
    });
    for statement in of_ledger {
        let resource = statement["Resource"].to_string();
        assert!(resource.contains("RestoredLedger"), "{resource}");
    }
    // The stack's own table stays: it is retained, and may be wanted again.
    assert_eq!(resources["Ledger"]["Type"], "AWS::DynamoDB::Table");
}
