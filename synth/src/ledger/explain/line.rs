//! A line that a function has written, as far as it says what became of something.

use contract::text::{clean, cut};
use jiff::Timestamp;
use runtime::{aws::logs::LogLine, read::text};
use serde_json::Value as Json;

use super::Step;

/// Characters of what is said of a step at most.
const DETAIL: usize = 300;

/// A line of a function's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    /// Which function wrote it.
    pub(crate) by: String,
    pub(crate) message: String,
    pub(crate) incident_id: Option<String>,
    /// What it says beside its message, field by field.
    pub(crate) fields: Vec<(&'static str, String)>,
}

/// What people are shown of a line, in this order.
const FIELDS: [&str; 10] = [
    "alarm",
    "eventId",
    "priority",
    "title",
    "group",
    "into",
    "incidents",
    "status",
    "verdict",
    "why",
];

impl Line {
    /// Reads a line; nothing where it is none of the functions' own.
    pub(crate) fn read(line: &LogLine) -> Option<Self> {
        let json: Json = serde_json::from_str(line.text.trim()).ok()?;
        let of = |name: &str| text(&json, name).map(str::to_owned);
        let fields = FIELDS.iter().filter_map(|name| {
            let value = match &json[*name] {
                Json::String(text) if !text.is_empty() => text.clone(),
                Json::Number(number) => number.to_string(),
                _ => return None,
            };
            Some((*name, value))
        });
        Some(Self {
            at: line.at,
            by: of("function")?,
            message: of("message")?,
            incident_id: of("incidentId"),
            fields: fields.collect(),
        })
    }

    /// The step that the line reports.
    pub(crate) fn step(&self) -> Step {
        let fields: Vec<String> = self
            .fields
            .iter()
            .map(|(name, value)| match *name {
                "why" | "title" | "group" => value.clone(),
                name => format!("{name} {value}"),
            })
            .chain(self.incident_id.clone())
            .collect();
        let known = match self.message.as_str() {
            "incident queued" => Some("queued"),
            "event skipped" => Some("skipped"),
            "event not understood" | "the incident could not be queued" => Some("failed"),
            "put among the dead letters" => Some("dead letter"),
            "covered by a composite alarm" => Some("merged"),
            "recorded" => Some("recorded"),
            "sent" => Some("sent"),
            _ => None,
        };
        let (what, detail) = match known {
            Some(what) => (what, fields.join(", ")),
            None => ("note", format!("{}: {}", self.message, fields.join(", "))),
        };
        Step {
            at: self.at,
            what: what.to_owned(),
            by: self.by.clone(),
            detail: cut(&clean(&detail).replace(['\n', '\t'], " "), DETAIL),
        }
    }
}
