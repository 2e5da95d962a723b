//! The table of the functions: how each evaluates an event, and which events it takes.
//!
//! `synth match`, `synth redrive` and the fuzz targets ask here, so that a function which is added has to be
//! added here and nowhere else of theirs.

use contract::{AlarmSettings, FunctionName};
use serde_json::Value as Json;

use crate::{alarm, decision::Decision, ecs, event, read::UnreadableEvent, result};

/// How a function evaluates what invokes it. What does not come from an alarm needs no settings of alarms.
pub type Evaluation = fn(&Json, &AlarmSettings) -> Result<Decision, UnreadableEvent>;

/// How a function evaluates an event. Nothing for those that make no incident of one: `cost` looks at the account,
/// `deliver` takes what the others have made, `result` reads what became of it.
pub fn evaluation(function: FunctionName) -> Option<Evaluation> {
    match function {
        FunctionName::Alarm => Some(alarm::decide),
        FunctionName::Ecs => Some(|event, _| ecs::decide(event)),
        FunctionName::Event => Some(|event, _| event::decide(event)),
        FunctionName::Cost | FunctionName::Deliver | FunctionName::Result => None,
    }
}

/// The function that takes inputs of this shape, if any does.
pub fn taking(input: &Json) -> Option<FunctionName> {
    FunctionName::ALL
        .into_iter()
        .find(|function| takes(*function, input))
}

fn takes(function: FunctionName, input: &Json) -> bool {
    let is_occasion = input["report"] == "cost";
    let is_filled = !is_occasion && input["event"].is_object();
    let is_event = !is_occasion && !is_filled;
    let is_result = result::Occasion::takes(input);
    match function {
        FunctionName::Alarm => is_event && is_alarm(input),
        FunctionName::Ecs => {
            (is_filled && input["clusters"].is_array())
                || (is_event && input["source"] == "aws.ecs")
        }
        // Whatever none of those above takes.
        FunctionName::Event => {
            (is_filled && input["rule"].is_string())
                || (is_event && !is_result && input["detail-type"].is_string())
        }
        FunctionName::Cost => is_occasion,
        // What it takes is in the queue of incidents.
        FunctionName::Deliver => false,
        FunctionName::Result => is_event && is_result,
    }
}

/// An alarm's action, its event, or its message to a topic.
fn is_alarm(event: &Json) -> bool {
    let detail_type = event["detail-type"].as_str();
    event["alarmData"].is_object()
        || event["NewStateValue"].is_string()
        || event["Records"][0]["Sns"].is_object()
        || event["Type"] == "Notification"
        || detail_type.is_some_and(|it| it.starts_with("CloudWatch Alarm "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_function_is_known_by_the_shape_of_its_input() {
        let ecs = json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change" });
        for (event, expected) in [
            (
                json!({ "alarmData": { "alarmName": "a" } }),
                Some(FunctionName::Alarm),
            ),
            (
                json!({ "source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change" }),
                Some(FunctionName::Alarm),
            ),
            (
                json!({ "AlarmName": "a", "NewStateValue": "ALARM" }),
                Some(FunctionName::Alarm),
            ),
            (
                json!({ "Type": "Notification", "Message": "{}" }),
                Some(FunctionName::Alarm),
            ),
            (
                json!({ "Records": [{ "Sns": { "Message": "{}" } }] }),
                Some(FunctionName::Alarm),
            ),
            (ecs.clone(), Some(FunctionName::Ecs)),
            (
                json!({ "clusters": [], "event": ecs }),
                Some(FunctionName::Ecs),
            ),
            // A rule of the account file may be about ECS or alarms, too.
            (
                json!({ "rule": "r", "title": "t", "event": ecs }),
                Some(FunctionName::Event),
            ),
            (
                json!({ "source": "shop", "detail-type": "Order Failed" }),
                Some(FunctionName::Event),
            ),
            (
                json!({ "report": "cost", "scheduledTime": "" }),
                Some(FunctionName::Cost),
            ),
            (
                json!({ "source": "aws.aidevops", "detail-type": "Investigation Completed" }),
                Some(FunctionName::Result),
            ),
            (json!({ "results": "overdue" }), Some(FunctionName::Result)),
            (
                json!({ "rule": "r", "title": "t", "event": { "source": "aws.aidevops" } }),
                Some(FunctionName::Event),
            ),
            (json!({ "event": ecs }), None),
            (
                json!({ "Records": [{ "body": "{}", "eventSource": "aws:sqs" }] }),
                None,
            ),
            (json!({ "raise_error": 1 }), None),
            (json!({}), None),
            (json!([]), None),
            (json!("alarmData"), None),
            (Json::Null, None),
        ] {
            assert_eq!(taking(&event), expected, "{event}");
        }
    }
}
