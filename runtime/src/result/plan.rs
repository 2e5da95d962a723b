//! The plan that the agent wrote about a root cause: read, and made fit to be handed on.

use serde_json::{Value as Json, json};

use super::{foreign, message::Origin};
use crate::{
    aws::eventbridge::Event,
    ledger::{Investigation, Window},
    read::text,
};

/// Bytes of a plan in an event at most, as JSON writes it. Source: an event has at most 256 KB, by "Amazon EventBridge
/// quotas" in its user guide.
const LONGEST: usize = 200_000;
/// What is said at the end of a plan that was cut.
const CUT: &str = "\n[cut: the whole plan is in the agent's web app]";

/// A plan: foreign text, in markdown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Cleaned and searched for secrets.
    pub(super) text: String,
    /// Whether not all of it is there.
    pub(super) is_cut: bool,
}

impl Plan {
    /// The latest plan among records of a journal; nothing where there is none.
    pub(super) fn read(records: &[Json], kind: &str) -> Option<Self> {
        let records = records.iter();
        let plans = records.filter(|it| text(it, "recordType") == Some(kind));
        let plans = plans.filter_map(|it| {
            let text = foreign::lines(text(it, "content")?)?;
            Some((foreign::time(it, "createdAt"), text))
        });
        let (_, text) = plans.max_by(|a, b| a.0.cmp(&b.0))?;
        Some(Self::of(&text))
    }

    fn of(text: &str) -> Self {
        let mut length = 2;
        let room = LONGEST - CUT.len() - 2;
        let mut end = None;
        for (at, c) in text.char_indices() {
            length += json_length(c);
            if length > room && end.is_none() {
                end = Some(at);
            }
        }
        match end.filter(|_| length > LONGEST) {
            Some(end) => Self {
                text: format!("{}{CUT}", &text[..end]),
                is_cut: true,
            },
            None => Self {
                text: text.to_owned(),
                is_cut: false,
            },
        }
    }
}

/// Bytes that JSON takes for a character within a text.
fn json_length(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}

/// The event that hands a plan on.
pub(super) fn event(it: &Investigation, window: &Window, origin: Origin<'_>, plan: &Plan) -> Event {
    let Origin { account, space } = origin;
    Event {
        detail_type: contract::mitigation::READY,
        detail: json!({
            "version": "1",
            "account": account,
            "incidentId": it.incident,
            "group": { "key": window.key.group, "name": window.name },
            "priority": window.priority().as_str(),
            "agentSpace": { "id": space.id, "region": space.region },
            "task": it.task,
            "link": space.app(&it.task),
            "writtenBy": "AWS DevOps Agent: a language model, steered by text from events",
            "plan": plan.text,
            "planIsCut": plan.is_cut,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: i64, content: &str) -> Json {
        json!({ "recordType": "mitigation_summary_md", "createdAt": at, "content": content })
    }

    #[test]
    fn the_latest_plan_is_read_with_its_lines() {
        let records = [
            record(2, "# Plan\r\n\n1. Roll back\u{202e}"),
            record(1, "# Old"),
            json!({ "recordType": "message", "createdAt": 3, "content": "x" }),
        ];
        let plan = Plan::read(&records, "mitigation_summary_md").unwrap();
        assert_eq!(plan.text, "# Plan\n\n1. Roll back\u{fffd}");
        assert!(!plan.is_cut);
        for nothing in [json!({}), record(1, ""), record(1, " \n ")] {
            assert_eq!(Plan::read(&[nothing], "mitigation_summary_md"), None);
        }
    }

    /// Whatever the characters are, the event fits, and only what is too long is cut.
    #[test]
    fn a_plan_is_cut_at_what_an_event_has_room_for() {
        let length = |text: &str| Json::from(text).to_string().len();
        for piece in ["a", "\n", "\"", "ü", "🚨", "\u{1}"] {
            let each = length(piece) - 2;
            let most = (LONGEST - 2) / each;
            let fits = Plan::of(&piece.repeat(most));
            assert!(!fits.is_cut && length(&fits.text) <= LONGEST, "{piece:?}");
            let cut = Plan::of(&piece.repeat(most + 1));
            assert!(cut.is_cut && length(&cut.text) <= LONGEST, "{piece:?}");
            assert!(length(&cut.text) > LONGEST - 100, "{piece:?}");
            assert!(cut.text.ends_with(CUT));
        }
    }
}
