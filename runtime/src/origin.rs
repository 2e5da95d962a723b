//! What an event is called where it comes from, so that its log lines can be found by that.

use serde_json::{Value as Json, json};

use crate::{read::first_of, withhold};

/// Characters of a name at most.
const NAME: usize = 256;

/// The event's ID, or the message's of a topic.
const IDS: [&str; 4] = ["id", "event.id", "Records.0.Sns.MessageId", "MessageId"];
/// The alarm's name.
const ALARMS: [&str; 4] = [
    "alarmData.alarmName",
    "detail.alarmName",
    "event.detail.alarmName",
    "AlarmName",
];

/// By what people know an event: its ID and its alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) event_id: Option<String>,
    pub(crate) alarm: Option<String>,
}

impl Origin {
    pub(crate) fn of(payload: &Json) -> Self {
        let name = |paths: &[&str]| {
            let (_, found) = first_of(payload, paths.iter().copied())?;
            let text = contract::text::clean(&withhold::text(found.as_str()?));
            Some(contract::text::cut(&text, NAME))
        };
        Self {
            event_id: name(&IDS),
            alarm: name(&ALARMS),
        }
    }

    /// Adds it to the fields of a log line.
    pub(crate) fn with(&self, mut fields: Json) -> Json {
        for (name, value) in [("eventId", &self.event_id), ("alarm", &self.alarm)] {
            if let Some(value) = value {
                fields[name] = json!(value);
            }
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_known_by_its_id_and_its_alarm() {
        let of_rule = json!({ "id": "1", "detail": { "alarmName": "cpu" } });
        for (payload, event_id, alarm) in [
            (of_rule.clone(), Some("1"), Some("cpu")),
            (
                json!({ "rule": "r", "event": of_rule }),
                Some("1"),
                Some("cpu"),
            ),
            (
                json!({ "alarmData": { "alarmName": "cpu" } }),
                None,
                Some("cpu"),
            ),
            (
                json!({ "Records": [{ "Sns": { "MessageId": "2" } }] }),
                Some("2"),
                None,
            ),
            (
                json!({ "id": 7, "AlarmName": "password=x" }),
                None,
                Some("password=(withheld)"),
            ),
            (json!([]), None, None),
        ] {
            let expected = Origin {
                event_id: event_id.map(str::to_owned),
                alarm: alarm.map(str::to_owned),
            };
            assert_eq!(Origin::of(&payload), expected, "{payload}");
        }
    }
}
