//! What each kind of dead letter is taken for, and which way it goes.

use serde_json::{Value as Json, json};

use super::{
    super::{
        Message, Selection, Step,
        letter::{Content, Kind},
        plan, read,
    },
    RULE, alarm, envelope, everything, message, stack, task,
};

/// The samples of AWS; their origin is in `snapshots/events/SOURCES.md`.
const FUNCTION: &str =
    include_str!("../../../../snapshots/events/dlq-DERIVED-sqs-event-lambda-dlq-alarm.json");
const RULE_SAMPLE: &str =
    include_str!("../../../../snapshots/events/dlq-DERIVED-sqs-event-eventbridge-dlq-ecs.json");
const DESTINATION: &str =
    include_str!("../../../../snapshots/events/dlq-destination-record-retriesexhausted.json");
const SCHEDULE: &str =
    include_str!("../../../../snapshots/events/dlq-docs-scheduler-receive-message.json");
const FOREIGN: &str =
    include_str!("../../../../snapshots/events/dlq-lambda-async-dlq-receive-message.json");

/// The one message of a sample, as a function or the CLI would have received it.
fn sample(text: &str) -> Message {
    let all: Json = serde_json::from_str(text).unwrap();
    let it = all["Records"].get(0).unwrap_or(&all["Messages"][0]);
    let field = |lower: &str, upper: &str| it.get(lower).unwrap_or(&it[upper]).clone();
    let as_text = |json: Json| json.as_str().map_or(json.to_string(), str::to_owned);
    let attributes = field("messageAttributes", "MessageAttributes");
    let attributes: Vec<(&str, &str)> = attributes
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, it)| {
            let value = it.get("stringValue").unwrap_or(&it["StringValue"]);
            (name.as_str(), value.as_str().unwrap())
        })
        .collect();
    message(&as_text(field("body", "Body")), &attributes)
}

#[track_caller]
fn check(message: &Message, kind: Kind, what: &str, why: &str, step: &Step) {
    let letter = read(message);
    assert_eq!(
        (letter.kind, letter.what.as_str(), letter.why.as_str()),
        (kind, what, why)
    );
    assert_eq!(plan(&letter, &everything(), &stack()), *step);
}

fn invoke(function: &str, payload: &Json) -> Step {
    Step::Invoke {
        function: function.to_owned(),
        payload: payload.to_string(),
    }
}

fn leave(reason: &str) -> Step {
    Step::Keep(reason.to_owned())
}

/// Where Lambda writes its records.
fn in_the_bucket(message: Message) -> Message {
    Message {
        receipt: super::Receipt::Object("aws/lambda/async/x".to_owned()),
        ..message
    }
}

/// What stands in the queue like a record of Lambda's anybody may have written.
#[test]
fn a_record_in_the_queue_goes_back_only_for_who_names_it() {
    let letter = read(&sample(DESTINATION));
    let step = plan(&letter, &everything(), &stack());
    let reason = "no reason attribute: anyone who may send to this queue could have written it; to try all the same: --id ";
    assert!(matches!(step, Step::Keep(why) if why.starts_with(reason)));
}

#[test]
fn samples_of_aws() {
    let function = sample(FUNCTION);
    let step = Step::Invoke {
        function: "alarm-fn".to_owned(),
        payload: function.body.clone(),
    };
    check(
        &function,
        Kind::Function,
        "the alarm ServerCpuTooHigh is in ALARM",
        "webhook failed with status 503",
        &step,
    );
    check(
        &sample(RULE_SAMPLE),
        Kind::Rule,
        "ECS Deployment State Change of aws.ecs: \
         arn:aws:ecs:us-west-2:111122223333:service/default/servicetest",
        "NO_PERMISSIONS: User: events.amazonaws.com is not authorized to perform: \
         lambda:InvokeFunction",
        &leave("the account file has no rule `ecs-task-stopped`"),
    );
    let nobody = leave("no function of the stack takes events like this");
    check(
        &in_the_bucket(sample(DESTINATION)),
        Kind::OnFailure,
        "an event without a type",
        "RetriesExhausted: Test exception (this is intentional)",
        &nobody,
    );
    check(
        &sample(SCHEDULE),
        Kind::Schedule,
        "an event without a type",
        "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist for this wsdl \
         version.",
        &nobody,
    );
    check(
        &sample(FOREIGN),
        Kind::Function,
        "an event without a type",
        "Test exception (this is intentional)",
        &nobody,
    );
}

/// The body, marked as one that a person has put back.
fn marked(body: &str) -> String {
    let mut envelope: Json = serde_json::from_str(body).unwrap();
    envelope["redriven"] = json!(true);
    envelope.to_string()
}

#[test]
fn incidents_go_to_their_queue_marked_as_redriven() {
    let body = envelope("cpu").to_body();
    let queue = Step::Queue {
        body: marked(&body),
    };
    let what = "Alarm cpu is in ALARM";
    let given_up = message(&body, &[("TOCSIN_REASON", "given up after six days")]);
    check(
        &given_up,
        Kind::Incident,
        what,
        "given up after six days",
        &queue,
    );
    let moved = Message {
        moved: true,
        ..message(&body, &[])
    };
    let why = "it was received too often without being delivered";
    check(&moved, Kind::Incident, what, why, &queue);
    assert_eq!(
        read(&given_up).incident_id.as_deref(),
        Some(envelope("cpu").incident.id().as_str())
    );
}

/// What an older version queued, and what an incident belongs to.
#[test]
fn nothing_of_an_envelope_is_lost() {
    for body in [
        include_str!("../../../../contract/tests/envelopes/v1-alarm.json"),
        include_str!("../../../../contract/tests/envelopes/v2-alarm.json"),
    ] {
        let letter = read(&message(body, &[]));
        assert_eq!(letter.kind, Kind::Incident);
        let Content::Incident { body: kept, .. } = letter.content else {
            panic!("{:?}", letter.content)
        };
        assert_eq!(kept, marked(body));
    }
}

/// Whoever may send to the queue of dead letters can write an incident: without a reason it goes nowhere by itself.
#[test]
fn an_incident_that_nobody_explains_goes_only_by_its_id() {
    let body = envelope("cpu").to_body();
    let unexplained = message(&body, &[]);
    let would = "no reason attribute: anyone who may send to this queue could have written it; to try all the same: --id message";
    let what = "Alarm cpu is in ALARM";
    check(
        &unexplained,
        Kind::Incident,
        what,
        "no reason is given",
        &leave(would),
    );
    let selection = Selection {
        ids: vec!["message".to_owned()],
        ..everything()
    };
    let queue = Step::Queue {
        body: marked(&body),
    };
    assert_eq!(plan(&read(&unexplained), &selection, &stack()), queue);
}

/// The agent would only say the same again, unless a person thinks otherwise.
#[test]
fn what_the_agent_rejected_goes_only_by_its_id() {
    let envelope = envelope("cpu");
    let body = envelope.to_body();
    let letter = read(&message(&body, &[("TOCSIN_REASON", "rejected: no title")]));
    let would = leave("the agent would reject it again; to try all the same: --id message");
    assert_eq!(plan(&letter, &everything(), &stack()), would);
    for id in ["message", envelope.incident.id().as_str()] {
        let selection = Selection {
            ids: vec![id.to_owned()],
            ..everything()
        };
        let queue = Step::Queue {
            body: marked(&body),
        };
        assert_eq!(plan(&letter, &selection, &stack()), queue, "{id}");
    }
}

#[test]
fn events_go_to_the_function_that_failed() {
    let event = json!({ "rule": "r", "title": "t", "event": task() });
    let treated = json!({ "clusters": [], "event": task() });
    let cost = json!({ "report": "cost", "scheduledTime": "2026-01-02T06:30:00Z" });
    for (payload, function) in [
        (alarm("cpu"), "alarm-fn"),
        (task(), "ecs-fn"),
        (treated, "ecs-fn"),
        (event, "event-fn"),
        (cost, "cost-fn"),
    ] {
        let attributes = [
            ("RequestID", "1"),
            ("ErrorCode", "200"),
            ("ErrorMessage", "it broke"),
        ];
        let letter = read(&message(&payload.to_string(), &attributes));
        assert_eq!(
            (letter.kind, letter.why.as_str()),
            (Kind::Function, "it broke")
        );
        assert_eq!(
            plan(&letter, &everything(), &stack()),
            invoke(function, &payload)
        );
    }
    let without_words = message(
        &task().to_string(),
        &[("RequestID", "1"), ("ErrorCode", "429")],
    );
    assert_eq!(
        read(&without_words).why,
        "the function ended with status 429"
    );
}

/// A record names its function. One that was replaced since then has another name.
#[test]
fn records_go_to_the_function_that_they_name() {
    let record = |function: &str, payload: &Json| {
        let record = json!({
            "requestContext": {
                "functionArn": format!(
                    "arn:aws:lambda:eu-central-1:111122223333:function:{function}:$LATEST"
                ),
                "condition": "EventAgeExceeded",
            },
            "requestPayload": payload,
        });
        in_the_bucket(message(&record.to_string(), &[]))
    };
    let odd = json!({ "odd": true });
    check(
        &record("event-fn", &odd),
        Kind::OnFailure,
        "an event without a type",
        "EventAgeExceeded",
        &invoke("event-fn", &odd),
    );
    check(
        &record("alarm-fn-of-last-year", &alarm("cpu")),
        Kind::OnFailure,
        "the alarm cpu is in ALARM",
        "EventAgeExceeded",
        &invoke("alarm-fn", &alarm("cpu")),
    );
    let batch = json!({ "Records": [{ "messageId": "1", "body": "{}" }] });
    check(
        &record("deliver-fn", &batch),
        Kind::OnFailure,
        "an event without a type",
        "EventAgeExceeded",
        &leave("no function of the stack takes events like this"),
    );
}

/// EventBridge keeps the event as it was, so the rule's input is made anew.
#[test]
fn events_of_rules_get_the_input_of_the_rule() {
    let by = |rule: &str, event: &Json| {
        let arn = format!("{RULE}{rule}");
        let attributes = [
            ("RULE_ARN", arn.as_str()),
            (
                "TARGET_ARN",
                "arn:aws:lambda:eu-central-1:111122223333:function:old",
            ),
            ("ERROR_CODE", "THROTTLING"),
            ("ERROR_MESSAGE", "Rate exceeded"),
            ("EXHAUSTED_RETRY_CONDITION", "MaximumRetryAttempts"),
            ("RETRY_ATTEMPTS", "185"),
        ];
        message(&event.to_string(), &attributes)
    };
    let why = "THROTTLING: Rate exceeded (after 185 retries)";
    let order = json!({ "source": "shop.orders", "detail-type": "Order Failed", "detail": {} });
    check(
        &by("event-orders", &order),
        Kind::Rule,
        "Order Failed of shop.orders",
        why,
        &invoke(
            "event-fn",
            &json!({
                "rule": "tocsin-test-event-orders",
                "title": "An order failed",
                "priority": "HIGH",
                "event": order,
            }),
        ),
    );
    check(
        &by("ecs-tasks", &task()),
        Kind::Rule,
        "ECS Task State Change of aws.ecs: service:api",
        why,
        &invoke(
            "ecs-fn",
            &json!({ "clusters": [{ "name": "shop", "priority": "LOW" }], "event": task() }),
        ),
    );
    let watched = json!({
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "detail": { "alarmName": "legacy-cpu", "state": { "value": "ALARM" } },
    });
    check(
        &by("watched-alarms", &watched),
        Kind::Rule,
        "the alarm legacy-cpu is in ALARM",
        why,
        &invoke("alarm-fn", &watched),
    );
    check(
        &by("event-payments", &order),
        Kind::Rule,
        "Order Failed of shop.orders",
        why,
        &leave("the account file has no rule `tocsin-test-event-payments`"),
    );
}

#[test]
fn reports_stay_those_of_their_day() {
    let schedule = "arn:aws:scheduler:eu-central-1:111122223333:schedule/default/cost";
    let by = |body: &Json, more: &[(&str, &str)]| {
        let mut attributes = vec![
            ("SCHEDULE_ARN", schedule),
            (
                "TARGET_ARN",
                "arn:aws:lambda:eu-central-1:111122223333:function:cost-fn",
            ),
            ("SCHEDULED_TIME", "2026-01-02T06:30:00Z"),
            ("ERROR_CODE", "ThrottlingException"),
            ("RETRY_ATTEMPTS", "0"),
        ];
        attributes.extend(more);
        message(&body.to_string(), &attributes)
    };
    let filled = json!({
        "report": "cost", "scheduledTime": "2026-01-02T06:30:00Z", "schedule": schedule,
    });
    let unfilled = json!({
        "report": "cost",
        "scheduledTime": "<aws.scheduler.scheduled-time>",
        "schedule": "<aws.scheduler.schedule-arn>",
    });
    for body in [&filled, &unfilled] {
        check(
            &by(body, &[]),
            Kind::Schedule,
            "the cost report of 2026-01-02T06:30:00Z",
            "ThrottlingException",
            &invoke("cost-fn", &filled),
        );
    }
    let cut = by(&filled, &[("IS_PAYLOAD_TRUNCATED", "true")]);
    let what = "what a schedule hands over, cut";
    let step = leave("the scheduler has cut it");
    check(&cut, Kind::Schedule, what, "ThrottlingException", &step);
}

#[test]
fn poison_stays_and_is_not_quoted() {
    let unknown =
        leave("unknown format: not written by this stack, EventBridge, the scheduler or Lambda");
    for (body, attributes, what, why) in [
        (
            "",
            vec![],
            "0 bytes that are not JSON",
            "no reason is given",
        ),
        (
            "canary",
            vec![("RequestID", "1")],
            "6 bytes that are not JSON",
            "the function failed",
        ),
        (
            r#"{"canary":1}"#,
            vec![],
            "12 bytes of JSON",
            "no reason is given",
        ),
        (
            "canary",
            vec![("TOCSIN_REASON", "not an envelope: at line 1")],
            "6 bytes that are not JSON",
            "not an envelope: at line 1",
        ),
        (
            r#"["canary"]"#,
            vec![("RULE_ARN", RULE)],
            "10 bytes of JSON",
            "not delivered",
        ),
        (
            "canary",
            vec![("SCHEDULE_ARN", "arn")],
            "6 bytes that are not JSON",
            "not delivered",
        ),
    ] {
        check(
            &message(body, &attributes),
            Kind::Unknown,
            what,
            why,
            &unknown,
        );
    }
    check(
        &message(r#"{"version":99,"canary":1}"#, &[]),
        Kind::Incident,
        "an incident in an envelope of version 99",
        "no reason is given",
        &leave("a newer version of Tocsin wrote it: redrive it with that version"),
    );
}

#[test]
fn letters_that_are_not_selected_are_skipped() {
    let reason = [("TOCSIN_REASON", "expired")];
    let incident = read(&message(&envelope("cpu").to_body(), &reason));
    let event = read(&message(&alarm("cpu").to_string(), &[("RequestID", "1")]));
    let incident_id = incident.incident_id.clone().unwrap();
    let ids = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    for (kinds, ids, expected) in [
        (vec![], ids(&[]), [true, true]),
        (vec![Kind::Incident], ids(&[]), [true, false]),
        (vec![Kind::Function, Kind::Rule], ids(&[]), [false, true]),
        (vec![], ids(&["message"]), [true, true]),
        (vec![], ids(&[&incident_id, "other"]), [true, false]),
        (vec![Kind::Function], ids(&[&incident_id]), [false, false]),
    ] {
        let selection = Selection { kinds, ids };
        let asked =
            [&incident, &event].map(|letter| plan(letter, &selection, &stack()) != Step::Skipped);
        assert_eq!(asked, expected, "{selection:?}");
    }
}
