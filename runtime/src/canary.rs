//! The canary of the pipeline, as the functions that turn events into incidents see it.

use contract::{
    Envelope, Incident, IncidentId, Priority, Signal,
    canary::{DETAIL_TYPE, SOURCE},
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Whether an event is the canary. An event of anything else says something else.
pub(crate) fn is_canary(event: &Json) -> bool {
    event["source"] == SOURCE && event["detail-type"] == DETAIL_TYPE
}

/// What is queued for it. Nothing of the event is in it, because anybody may have sent that.
pub(crate) fn envelope(now: Timestamp) -> Envelope {
    let incident = Incident::new(
        IncidentId::of("canary", &[&now.to_string()]),
        Priority::Minimal,
        "The canary of the pipeline",
        "This is no incident, and is never sent.",
        now,
        "tocsin",
        json!({}),
    );
    Envelope::new(Signal::Canary, incident)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        alarm,
        decision::{Decision, Skip},
        event,
    };

    fn canary() -> Json {
        json!({
            "id": "1",
            "time": "2026-01-02T03:04:05Z",
            "account": "111122223333",
            "region": "eu-central-1",
            "source": SOURCE,
            "detail-type": DETAIL_TYPE,
            "detail": { "stack": "tocsin-a" },
        })
    }

    #[test]
    fn an_event_that_is_not_the_canary_is_never_taken_for_it() {
        assert!(matches!(
            alarm::tests::decide(&canary()),
            Ok(Decision::Canary)
        ));
        for (field, value) in [
            ("source", json!("aws.cloudwatch")),
            ("source", json!("tocsin.shop")),
            ("source", json!(["tocsin"])),
            ("source", Json::Null),
            ("detail-type", json!("CloudWatch Alarm State Change")),
            ("detail-type", json!("tocsin pipeline canary")),
            ("detail-type", Json::Null),
        ] {
            let mut event = canary();
            event[field] = value;
            assert!(!is_canary(&event), "{event}");
            assert!(
                !matches!(alarm::tests::decide(&event), Ok(Decision::Canary)),
                "{event}"
            );
        }
        for event in [
            json!({}),
            json!([]),
            json!("tocsin"),
            json!({ "event": canary() }),
        ] {
            assert!(!is_canary(&event), "{event}");
        }
    }

    /// A rule of the account file may catch everything there is.
    #[test]
    fn a_canary_that_another_rule_catches_is_no_incident() {
        let input = json!({ "rule": "all", "title": "Everything", "event": canary() });
        for payload in [input, canary()] {
            let decision = event::decide(&payload);
            assert!(
                matches!(decision, Ok(Decision::Skip(Skip::Canary))),
                "{decision:?}"
            );
        }
    }
}
