//! Amazon EventBridge: events of Tocsin's own.

use serde_json::{Value as Json, json};

use super::{CallError, Reason, Service};
use crate::settings::{Environment, InvalidVariable};

/// The account's default event bus in the function's own region.
#[derive(Clone, Debug)]
pub struct DefaultBus(Service);

/// An event of Tocsin's.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its type.
    pub detail_type: &'static str,
    /// What it says.
    pub detail: Json,
}

impl DefaultBus {
    /// A client as the environment says.
    ///
    /// # Errors
    ///
    /// When the environment names no region or credentials.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, InvalidVariable> {
        Service::new(http, environment, "events", "EVENTBRIDGE").map(Self)
    }

    /// Puts an event on the bus. Source: `PutEvents` in the EventBridge API reference.
    ///
    /// # Errors
    ///
    /// When the bus does not take it.
    pub async fn put(&self, event: &Event) -> Result<(), CallError> {
        const OPERATION: &str = "PutEvents";
        let input = json!({ "Entries": [{
            "Source": contract::mitigation::SOURCE,
            "DetailType": event.detail_type,
            "Detail": event.detail.to_string(),
        }] });
        let answer = self.0.json("AWSEvents", OPERATION, "1.1", &input).await?;
        // A call that succeeds says of each event whether it did.
        match &answer["FailedEntryCount"] {
            Json::Number(count) if count.as_u64() == Some(0) => Ok(()),
            _ => Err(self.0.failed(OPERATION, refused(&answer))),
        }
    }
}

/// Why an event was not taken.
fn refused(answer: &Json) -> Reason {
    match answer["Entries"][0]["ErrorCode"].as_str() {
        Some(code) => Reason::Refused {
            status: 200,
            error: code
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(80)
                .collect(),
        },
        None => Reason::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_not_taken_says_why() {
        let answer =
            json!({ "FailedEntryCount": 1, "Entries": [{ "ErrorCode": "InternalFailure" }] });
        let expected = Reason::Refused {
            status: 200,
            error: "InternalFailure".to_owned(),
        };
        assert_eq!(refused(&answer), expected);
        assert_eq!(refused(&json!({})), Reason::Unreadable);
    }
}
