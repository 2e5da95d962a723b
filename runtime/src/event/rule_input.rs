//! What a rule hands over: an event, and what the account file says of such events.

use contract::{Partition, Paths, Priority};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{EVENTBRIDGE, derived::Derived, missing};
use crate::{
    place::Place,
    read::{UnreadableEvent, list, text, time},
};

/// An event, and what is to become of it.
pub(super) struct RuleInput<'a> {
    /// The rule's name. A bare event comes without.
    pub(super) rule: Option<&'a str>,
    /// The title as the account file has it.
    pub(super) title: Option<&'a str>,
    pub(super) priority: Priority,
    /// Events that agree in all of these are one incident.
    pub(super) group_by: Vec<Paths>,
    /// Where the event says how large the problem is.
    pub(super) size: Option<Paths>,
    pub(super) event: &'a Json,
    /// The fields that are derived from the event.
    pub(super) derived: Derived,
    pub(super) id: &'a str,
    pub(super) source: &'a str,
    pub(super) detail_type: &'a str,
    pub(super) at: Timestamp,
}

impl<'a> RuleInput<'a> {
    /// Reads what a rule handed over. What of it cannot be read is as if it were not there, except
    /// for the event itself.
    pub(super) fn read(payload: &'a Json) -> Result<Self, UnreadableEvent> {
        let fields = payload
            .as_object()
            .ok_or(UnreadableEvent::Foreign(EVENTBRIDGE))?;
        let event = match fields.get("event") {
            Some(event) if event.is_object() => event,
            None if fields.contains_key("detail-type") => payload,
            _ => return Err(missing("`event`")),
        };
        Ok(Self {
            rule: text(payload, "rule"),
            title: text(payload, "title"),
            priority: text(payload, "priority")
                .and_then(Priority::named)
                .unwrap_or(Priority::High),
            group_by: list(payload, "groupBy")
                .iter()
                .filter_map(|paths| paths.as_str()?.parse().ok())
                .collect(),
            size: text(payload, "size").and_then(|it| it.parse().ok()),
            event,
            derived: Derived::of(event),
            id: text(event, "id").ok_or(missing("`id`"))?,
            source: text(event, "source").ok_or(missing("`source`"))?,
            detail_type: text(event, "detail-type").ok_or(missing("`detail-type`"))?,
            at: time(event, "time").ok_or(missing("a time"))?,
        })
    }

    /// The same for the redacted event, which may be shown.
    pub(super) fn with<'b>(&'b self, event: &'b Json) -> RuleInput<'b> {
        RuleInput {
            rule: self.rule,
            title: self.title,
            priority: self.priority,
            group_by: self.group_by.clone(),
            size: self.size.clone(),
            event,
            derived: Derived::of(event),
            id: text(event, "id").unwrap_or(self.id),
            source: text(event, "source").unwrap_or(self.source),
            detail_type: text(event, "detail-type").unwrap_or(self.detail_type),
            at: self.at,
        }
    }

    /// Where the event comes from, if it says so.
    pub(super) fn place(&self) -> Option<Place<'a>> {
        let region = text(self.event, "region")?;
        Some(Place {
            partition: Partition::of_any_region(region).name,
            region,
            account: text(self.event, "account")?,
            resource: "",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bare() -> Json {
        json!({
            "id": "6f87d04b-9f74-4f04-a780-7acf4b0a9b38",
            "detail-type": "Order Failed",
            "source": "shop.orders",
            "account": "111122223333",
            "time": "2026-01-02T03:04:05Z",
            "region": "eu-central-1",
            "resources": [],
            "detail": {},
        })
    }

    #[test]
    fn what_cannot_be_read_is_not_there() {
        for (payload, rule, priority, groups) in [
            (bare(), None, Priority::High, 0),
            (json!({ "event": bare() }), None, Priority::High, 0),
            (
                json!({
                    "rule": "r", "priority": "LOW", "groupBy": ["detail.a|detail.b", "account"],
                    "event": bare(),
                }),
                Some("r"),
                Priority::Low,
                2,
            ),
            (
                json!({
                    "rule": 7, "title": null, "priority": "P1", "groupBy": ["a..b", 1, "ok"],
                    "event": bare(),
                }),
                None,
                Priority::High,
                1,
            ),
            (
                json!({ "priority": {}, "groupBy": "account", "event": bare() }),
                None,
                Priority::High,
                0,
            ),
        ] {
            let input = RuleInput::read(&payload).unwrap();
            assert_eq!(input.rule, rule, "{payload}");
            assert_eq!(input.title, None, "{payload}");
            assert_eq!(input.priority, priority, "{payload}");
            assert_eq!(input.group_by.len(), groups, "{payload}");
            assert_eq!(input.source, "shop.orders");
        }
    }

    #[test]
    fn there_is_no_incident_without_an_event() {
        let without = |field: &str| {
            let mut event = bare();
            event[field] = Json::Null;
            json!({ "event": event })
        };
        for (payload, expected) in [
            (json!([]), "not an event of Amazon EventBridge"),
            (json!({}), "an event of Amazon EventBridge without `event`"),
            (
                json!({ "event": bare().to_string() }),
                "an event of Amazon EventBridge without `event`",
            ),
            (
                json!({ "event": null, "detail-type": "x" }),
                "an event of Amazon EventBridge without `event`",
            ),
            (without("id"), "an event of Amazon EventBridge without `id`"),
            (
                without("source"),
                "an event of Amazon EventBridge without `source`",
            ),
            (
                without("detail-type"),
                "an event of Amazon EventBridge without `detail-type`",
            ),
            (
                without("time"),
                "an event of Amazon EventBridge without a time",
            ),
        ] {
            let error = RuleInput::read(&payload).err().unwrap();
            assert_eq!(error.to_string(), expected, "{payload}");
        }
    }
}
