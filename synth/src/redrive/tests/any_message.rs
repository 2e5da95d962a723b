//! What holds of every message, whoever wrote it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use contract::{Envelope, FunctionName, Incident, IncidentId, Priority};
use jiff::Timestamp;

use super::{
    super::{Disposition, Report, foreseen, plan, read},
    RULE, everything, message, stack, task,
};

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "version",
            "signal",
            "incident",
            "requestContext",
            "requestPayload",
            "event",
            "detail",
            "clusters",
            "rule",
            "report",
            "Records",
            "Sns",
            "alarmData",
            "detail-type",
            "source",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
    .prop_map(|json| json.to_string())
}

proptest! {
    /// Whatever is in the queue is accounted for, in one line each of bounded length.
    #[test]
    fn every_message_has_a_verdict(
        body in prop_oneof![any::<String>(), json_text()],
        attributes in prop::collection::btree_map(
            prop::sample::select(vec![
                "TOCSIN_REASON", "TOCSIN_QUEUED", "RULE_ARN", "SCHEDULE_ARN", "TARGET_ARN",
                "RequestID", "ErrorCode", "ErrorMessage", "ERROR_CODE", "ERROR_MESSAGE",
                "RETRY_ATTEMPTS", "SCHEDULED_TIME", "IS_PAYLOAD_TRUNCATED",
            ]),
            any::<String>(),
            0..4,
        ),
    ) {
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let letter = read(&message(&body, &attributes));
        for line in [&letter.what, &letter.why] {
            prop_assert!(line.chars().count() <= 400);
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
        let disposition = foreseen(&plan(&letter, &everything(), &stack()));
        prop_assert!(matches!(disposition, Disposition::WouldRedrive | Disposition::Kept(_)));
        let report = Report { region: String::new(), letters: vec![(letter, disposition)], more: false, unread: None };
        let json = report.to_json();
        prop_assert!(["kept", "would redrive"].iter().any(|it| json["letters"][0]["verdict"] == *it));
    }
}

/// Containers, overrides and titles that events fill may hold secrets.
#[test]
fn nothing_is_quoted_that_may_be_secret() {
    let wrapped = json!({ "rule": "r", "title": "canary", "event": task() });
    let record = json!({
        "requestContext": {},
        "requestPayload": wrapped,
        "responsePayload": { "stackTrace": ["canary"] },
    });
    let titled = {
        let id = IncidentId::of("alarm", &["a"]);
        let title = "Login with password=canary failed";
        let at = Timestamp::UNIX_EPOCH;
        let incident = Incident::new(id, Priority::High, title, "", at, "a", json!({}));
        Envelope::new(FunctionName::Alarm, incident).to_body()
    };
    let named = json!({ "alarmData": { "alarmName": "https://x:canary@host/" } });
    for message in [
        message(&titled, &[("TOCSIN_REASON", "rejected: token=canary")]),
        message(
            &named.to_string(),
            &[("RequestID", "1"), ("ErrorMessage", "secret: canary")],
        ),
        message(
            &task().to_string(),
            &[("RULE_ARN", "arn:aws:events:::rule/password=canary")],
        ),
        message(&task().to_string(), &[("RequestID", "1")]),
        message(&wrapped.to_string(), &[("RequestID", "1")]),
        message(&task().to_string(), &[("RULE_ARN", RULE)]),
        message(&record.to_string(), &[]),
        message("canary", &[]),
        message(r#"{"canary":"canary"}"#, &[]),
    ] {
        let letter = read(&message);
        let disposition = foreseen(&plan(&letter, &everything(), &stack()));
        let report = Report {
            region: "eu-central-1".to_owned(),
            letters: vec![(letter, disposition)],
            more: false,
            unread: None,
        };
        let shown = format!("{}{}", report.to_json(), report.lines().concat());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
