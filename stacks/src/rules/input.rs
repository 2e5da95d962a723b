//! What a rule hands to a function beside the event.

use serde_json::json;

use crate::json::Json;

/// What a function gets: some fields of ours, and the whole event in the field `event`.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    fields: serde_json::Map<String, Json>,
}

impl Input {
    /// `fields` beside the event; none may be called `event`.
    pub(super) fn beside_event(fields: impl IntoIterator<Item = (&'static str, Json)>) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        Self { fields }
    }

    /// The input template that EventBridge fills in.
    ///
    /// EventBridge takes what stands between `<` and `>` for a variable, even in a text: so those
    /// are written as JSON's escapes. Source: "Amazon EventBridge input transformation" in the
    /// EventBridge user guide.
    pub fn template(&self) -> String {
        let fields = json!(self.fields).to_string();
        let fields = fields.strip_suffix('}').unwrap_or(&fields);
        let escaped = fields.replace('<', "\\u003c").replace('>', "\\u003e");
        format!("{escaped},\"event\":<aws.events.event.json>}}")
    }

    /// What the function gets for an event.
    pub fn filled(&self, event: &Json) -> Json {
        let mut input = self.fields.clone();
        input.insert("event".to_owned(), event.clone());
        json!(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_becomes_what_the_function_gets() {
        let title = "a <b> \"c\" {detail.x} \\ \u{1}";
        let input = Input::beside_event([("title", json!(title))]);
        let event = json!({ "id": "1" });
        let filled = input
            .template()
            .replace("<aws.events.event.json>", &event.to_string());
        assert!(!filled.contains(['<', '>']));
        assert_eq!(
            serde_json::from_str::<Json>(&filled).unwrap(),
            input.filled(&event)
        );
    }
}
