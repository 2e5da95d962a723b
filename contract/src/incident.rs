//! The payload of the webhook.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{IncidentId, Priority, text, timestamp::format_timestamp};

/// Characters of a title at most. Source: `title` of `CreateBacklogTask`, the webhook's twin, in
/// the DevOps Agent API reference; the webhook's own limit is not published.
pub const MAX_TITLE: usize = 400;
/// Characters of a description at most. Source: as for [`MAX_TITLE`].
pub const MAX_DESCRIPTION: usize = 10_000;
/// Characters of a title that is sent, before its first parenthesis, at most: what a phone shows of it.
const MAX_HEADLINE: usize = 60;
/// Bytes of `data` at most, so that a body stays small enough for any receiver.
const MAX_DATA: usize = 8_000;

/// What the agent is to investigate.
///
/// Everything that it must know stands in `title` and `description`: the agent is not shown `data`,
/// which repeats the facts for other readers. However an incident is made or read, its texts are fit to send:
/// cleaned and cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    event_type: EventType,
    #[serde(rename = "incidentId")]
    id: IncidentId,
    action: Action,
    priority: Priority,
    #[serde(deserialize_with = "read_line")]
    title: String,
    #[serde(deserialize_with = "read_description")]
    description: String,
    #[serde(deserialize_with = "read_line")]
    timestamp: String,
    #[serde(deserialize_with = "read_line")]
    service: String,
    #[serde(deserialize_with = "read_data")]
    data: serde_json::Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum EventType {
    Incident,
}

/// Only `created` is ever sent: what the other actions do is not documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Created,
}

impl Incident {
    /// An incident of these texts. `at` is when it happened; `service` is what it happened to.
    pub fn new(
        id: IncidentId,
        priority: Priority,
        title: &str,
        description: &str,
        at: Timestamp,
        service: &str,
        data: serde_json::Value,
    ) -> Self {
        Self {
            event_type: EventType::Incident,
            id,
            action: Action::Created,
            priority,
            title: fit_line(title),
            description: fit_description(description),
            timestamp: format_timestamp(at),
            service: fit_line(service),
            data: fit_data(data),
        }
    }

    /// The same incident, as urgent as this.
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// The same incident, as one of this account: its title begins with the account's name. What of a title does not fit
    /// a phone is cut out of the middle, and the description then begins with all of it.
    #[must_use]
    pub fn of_account(self, account: &str) -> Self {
        let title = format!("{account}: {}", self.title);
        let (headline, place) = title.split_at(title.find(" (").unwrap_or(title.len()));
        let short = text::cut_middle(headline, MAX_HEADLINE);
        let incident = Self {
            title: fit_line(&format!("{short}{place}")),
            ..self
        };
        if short == headline {
            incident
        } else {
            incident.with_preface(&format!("Full title: {title}"))
        }
    }

    /// The same incident, with more at the end of its description, which makes room for it.
    #[must_use]
    pub fn with_context(self, context: &str) -> Self {
        if context.is_empty() {
            return self;
        }
        let room = MAX_DESCRIPTION.saturating_sub(context.chars().count());
        let description = format!("{}{context}", text::cut(&self.description, room));
        Self {
            description: fit_description(&description),
            ..self
        }
    }

    /// The same incident, with a paragraph before its description, which makes room for it.
    #[must_use]
    pub fn with_preface(self, preface: &str) -> Self {
        let room = MAX_DESCRIPTION.saturating_sub(preface.chars().count() + 2);
        let description = format!("{preface}\n\n{}", text::cut(&self.description, room));
        Self {
            description: fit_description(&description),
            ..self
        }
    }

    /// What the agent deduplicates by.
    pub fn id(&self) -> &IncidentId {
        &self.id
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// One line: what happened to what.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Everything that is known.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// When it happened, as it is sent: `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub fn timestamp(&self) -> &str {
        &self.timestamp
    }

    /// What it happened to.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The bytes that are signed and sent: the same for the same incident.
    ///
    /// # Panics
    ///
    /// Never: there is nothing in an incident that JSON cannot say.
    pub fn to_body(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, numbers and maps with text keys are JSON")
    }
}

fn fit_line(text: &str) -> String {
    text::cut(&text::clean(text).replace('\n', " "), MAX_TITLE)
}

fn fit_description(text: &str) -> String {
    text::cut(&text::clean(text), MAX_DESCRIPTION)
}

fn fit_data(data: serde_json::Value) -> serde_json::Value {
    let size = data.to_string().len();
    if size <= MAX_DATA {
        text::clean_json(data)
    } else {
        serde_json::json!({ "leftOut": format!("{size} bytes of details") })
    }
}

fn read_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(fit_line(&String::deserialize(deserializer)?))
}

fn read_description<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(fit_description(&String::deserialize(deserializer)?))
}

fn read_data<'de, D: Deserializer<'de>>(deserializer: D) -> Result<serde_json::Value, D::Error> {
    Ok(fit_data(serde_json::Value::deserialize(deserializer)?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn incident(title: &str, description: &str, data: serde_json::Value) -> Incident {
        let at = "2026-01-02T03:04:05.678Z".parse().unwrap();
        let id = IncidentId::of("alarm", &["x"]);
        Incident::new(id, Priority::High, title, description, at, "checkout", data)
    }

    #[test]
    fn the_body_is_what_the_agent_documents() {
        let body = incident("CPU high", "It is high.", json!({ "a": 1 })).to_body();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body,
            json!({
                "eventType": "incident",
                "incidentId": IncidentId::of("alarm", &["x"]).as_str(),
                "action": "created",
                "priority": "HIGH",
                "title": "CPU high",
                "description": "It is high.",
                "timestamp": "2026-01-02T03:04:05.678Z",
                "service": "checkout",
                "data": { "a": 1 },
            })
        );
    }

    #[test]
    fn a_title_that_is_sent_begins_with_the_account_and_fits_a_phone() {
        let sent = |title: &str| incident(title, "It is high.", json!({})).of_account("shop-prod");
        let short = sent("checkout-api out of memory (cluster demo, eu-central-1)");
        assert_eq!(
            (short.title(), short.description()),
            (
                "shop-prod: checkout-api out of memory (cluster demo, eu-central-1)",
                "It is high."
            )
        );
        let name = "checkout-".repeat(9);
        let title = format!("{name}api out of memory (cluster demo, eu-central-1)");
        let long = sent(&title);
        let (headline, place) = long.title().split_once(" (").unwrap();
        assert_eq!(headline.chars().count(), MAX_HEADLINE);
        assert!(headline.starts_with("shop-prod: checkout-"), "{headline}");
        assert!(headline.ends_with("… out of memory"), "{headline}");
        assert_eq!(place, "cluster demo, eu-central-1)");
        let full = format!("Full title: shop-prod: {title}\n\nIt is high.");
        assert_eq!(long.description(), full);
    }

    #[test]
    fn priorities_have_the_names_that_are_sent() {
        for priority in [
            Priority::Critical,
            Priority::High,
            Priority::Medium,
            Priority::Low,
            Priority::Minimal,
        ] {
            let it = incident("t", "d", json!({})).with_priority(priority);
            let body: serde_json::Value = serde_json::from_slice(&it.to_body()).unwrap();
            let name = body["priority"].as_str().unwrap();
            assert_eq!(Priority::named(name), Some(priority));
        }
        for name in ["", "high", "P1"] {
            assert_eq!(Priority::named(name), None);
        }
    }

    #[test]
    fn texts_are_cut_and_cleaned() {
        let it = incident(&"t\n".repeat(300), &"d\0".repeat(8_000), json!({}));
        assert_eq!(it.title().chars().count(), MAX_TITLE);
        assert!(!it.title().contains('\n'));
        assert!(it.description().chars().count() <= MAX_DESCRIPTION);
        assert!(!it.description().contains('\0'));
    }

    #[test]
    fn an_incident_that_is_read_is_fit_to_send_as_well() {
        let body = incident("t", "d", json!({})).to_body();
        let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        body["title"] = json!("a\n\u{200b}b");
        body["description"] = json!("d\u{1b}".repeat(8_000));
        body["service"] = json!("s\u{e0041}");
        body["data"] = json!({ "k\u{202e}": "v\u{2028}" });
        let it: Incident = serde_json::from_value(body).unwrap();
        assert_eq!(it.title(), "a \u{fffd}b");
        assert!(it.description().chars().count() <= MAX_DESCRIPTION);
        assert!(!it.description().contains('\u{1b}'));
        assert_eq!(it.service(), "s\u{fffd}");
        assert_eq!(it.data, json!({ "k\u{fffd}": "v\u{fffd}" }));
    }

    #[test]
    fn a_preface_stands_before_the_description_and_is_never_cut() {
        let it = incident("t", "d", json!({})).with_preface("Before.");
        assert_eq!(it.description(), "Before.\n\nd");
        let it = incident("t", &"d".repeat(20_000), json!({})).with_preface("Before.");
        assert!(it.description().starts_with("Before.\n\nddd"));
        assert!(it.description().ends_with("characters left out]"));
        assert!(it.description().chars().count() <= MAX_DESCRIPTION);
    }

    #[test]
    fn large_data_is_left_out_and_said_so() {
        let it = incident("t", "d", json!({ "x": "y".repeat(9_000) }));
        assert_eq!(it.data, json!({ "leftOut": "9008 bytes of details" }));
    }
}
