//! What to make of an answer.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::http_date::parse_http_date;

/// Bytes of a body that are read at most. A caller that gives more has them ignored.
pub const MAX_BODY_READ: usize = 4_096;

/// The longest wait that a receiver may ask for. A message can be hidden for twelve hours at most,
/// counted from when it was received. Source: `ChangeMessageVisibility` in the SQS API reference.
const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// What the receiver answered.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header `Retry-After`, as it came.
    pub retry_after: Option<String>,
    /// As much of the body as was read.
    pub body: Vec<u8>,
}

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The agent said that it has the incident.
    Confirmed,
    /// A success in words that the agent is not known to use. It counts as delivered.
    Unconfirmed,
    /// The incident is at fault: sending it again would be refused again. Why, in the agent's words.
    Rejected(String),
    /// The secret is at fault, or has been rotated since it was read.
    Unauthorized,
    /// The webhook is at fault: not this incident, but any would be refused.
    Misconfigured,
    /// Nobody is at fault for long. Not before this much time, if the receiver said so.
    Later(Option<Duration>),
}

impl Answer {
    /// What the answer means. `now` is when it came.
    pub fn verdict(&self, now: Timestamp) -> Verdict {
        match self.status {
            200..=299 => self.accepted(),
            401 | 403 => Verdict::Unauthorized,
            408 | 425 | 429 | 500..=599 => Verdict::Later(self.wait(now)),
            413 => Verdict::Rejected("the receiver says that the incident is too large".to_owned()),
            // Redirects are not followed: they would hand body and signature to another host.
            // Whatever else a receiver says, an incident is not lost for it.
            _ => Verdict::Misconfigured,
        }
    }

    /// A success is one only if the body does not say otherwise: an incident that breaks the schema
    /// is answered with 200 and a list of what is wrong.
    fn accepted(&self) -> Verdict {
        let body = &self.body[..self.body.len().min(MAX_BODY_READ)];
        let Ok(json) = serde_json::from_slice::<Json>(body) else {
            return Verdict::Unconfirmed;
        };
        let listed = ["errors", "validationErrors"]
            .into_iter()
            .find_map(|key| json.get(key).filter(|errors| !is_blank(errors)));
        if let Some(errors) = listed {
            return Verdict::Rejected(excerpt(&errors.to_string()));
        }
        // These are the agent's own words. Whatever else the body repeats is the incident's.
        if json.get("message").and_then(Json::as_str) == Some("Webhook received") {
            return Verdict::Confirmed;
        }
        if let Some(text) = find_text(&json, |text| {
            ["is not one of", "is required", "is not valid"]
                .iter()
                .any(|it| text.contains(it))
        }) {
            return Verdict::Rejected(excerpt(text));
        }
        Verdict::Unconfirmed
    }

    /// Source of the forms: RFC 9110, section 10.2.3.
    fn wait(&self, now: Timestamp) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        let wait = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            Duration::from_secs(text.parse().unwrap_or(u64::MAX))
        } else {
            let at = parse_http_date(text)?;
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        };
        Some(wait.min(LONGEST_WAIT))
    }
}

fn is_blank(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(fields) => fields.is_empty(),
        Json::Bool(true) | Json::Number(_) => false,
    }
}

fn find_text(json: &Json, wanted: impl Fn(&str) -> bool + Copy) -> Option<&str> {
    match json {
        Json::String(text) => wanted(text).then_some(text.as_str()),
        Json::Array(items) => items.iter().find_map(|it| find_text(it, wanted)),
        Json::Object(fields) => fields.values().find_map(|it| find_text(it, wanted)),
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

/// One line of it: it goes into logs and attributes of messages.
fn excerpt(text: &str) -> String {
    contract::text::cut(&contract::text::clean(text).replace('\n', " "), 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    #[test]
    fn a_reason_is_one_line() {
        let answer = Answer {
            status: 200,
            body: br#"{"detail":"the title\nis required\ttoo"}"#.to_vec(),
            ..Answer::default()
        };
        let verdict = answer.verdict(NOW.parse().unwrap());
        assert!(
            matches!(&verdict, Verdict::Rejected(why) if why.starts_with("the title is required")),
            "{verdict:?}"
        );
    }

    #[track_caller]
    fn check(status: u16, retry_after: Option<&str>, body: &str, expected: &Verdict) {
        let answer = Answer {
            status,
            retry_after: retry_after.map(str::to_owned),
            body: body.as_bytes().to_vec(),
        };
        assert_eq!(
            answer.verdict(NOW.parse().unwrap()),
            *expected,
            "{status} {body}"
        );
    }

    #[test]
    fn only_the_agents_own_words_confirm() {
        check(
            200,
            None,
            r#"{"message": "Webhook received"}"#,
            &Verdict::Confirmed,
        );
        check(
            202,
            None,
            r#"{"message":"Webhook received"}"#,
            &Verdict::Confirmed,
        );
        for body in [
            "",
            "ok",
            "{}",
            r#"{"message":"Webhook rec"#,
            r#"{"message":"queued"}"#,
            "[]",
        ] {
            check(200, None, body, &Verdict::Unconfirmed);
        }
        check(204, None, "", &Verdict::Unconfirmed);
    }

    #[test]
    fn a_success_that_lists_errors_is_none() {
        let list = r#"["'P2' is not one of ['CRITICAL', 'HIGH']"]"#;
        for body in [
            format!(r#"{{"errors":{list}}}"#),
            format!(r#"{{"message":"Webhook received","validationErrors":{list}}}"#),
        ] {
            check(200, None, &body, &Verdict::Rejected(list.to_owned()));
        }
        check(
            200,
            None,
            r#"{"message":"Webhook received","incident":{"title":"Field x is required"}}"#,
            &Verdict::Confirmed,
        );
        for text in [
            "'P2' is not one of ['HIGH']",
            "title is required",
            "action is not valid",
        ] {
            let rejected = Verdict::Rejected(text.to_owned());
            check(
                200,
                None,
                &format!(r#"{{"detail":[{{"msg":"{text}"}}]}}"#),
                &rejected,
            );
        }
        check(
            200,
            None,
            r#"{"message":"Webhook received","errors":[]}"#,
            &Verdict::Confirmed,
        );
    }

    #[test]
    fn every_status_has_a_verdict() {
        for status in 100..=599 {
            let verdict = Answer {
                status,
                ..Answer::default()
            }
            .verdict(NOW.parse().unwrap());
            let expected = match status {
                200..=299 => Verdict::Unconfirmed,
                401 | 403 => Verdict::Unauthorized,
                413 => {
                    Verdict::Rejected("the receiver says that the incident is too large".to_owned())
                }
                408 | 425 | 429 | 500.. => Verdict::Later(None),
                _ => Verdict::Misconfigured,
            };
            assert_eq!(verdict, expected, "{status}");
        }
    }

    #[test]
    fn the_wait_that_was_asked_for() {
        let seconds = |n| Some(Duration::from_secs(n));
        for (text, expected) in [
            ("0", seconds(0)),
            (" 7 ", seconds(7)),
            ("1000000000", Some(LONGEST_WAIT)),
            ("99999999999999999999999", Some(LONGEST_WAIT)),
            ("Sun, 22 Nov 2026 12:01:30 GMT", seconds(90)),
            ("Sun, 22 Nov 2026 11:00:00 GMT", seconds(0)),
            ("Sunday, 22-Nov-26 12:01:30 GMT", seconds(90)),
            ("Sun Nov 22 12:01:30 2026", seconds(90)),
            ("Thu, 31 Dec 2099 23:59:59 GMT", Some(LONGEST_WAIT)),
            ("-5", None),
            ("1.5", None),
            ("abc", None),
            ("", None),
        ] {
            check(429, Some(text), "", &Verdict::Later(expected));
            check(503, Some(text), "", &Verdict::Later(expected));
        }
    }

    #[test]
    fn only_so_much_of_a_body_is_read() {
        let padding = " ".repeat(MAX_BODY_READ);
        check(
            200,
            None,
            &format!(r#"{padding}{{"message":"Webhook received"}}"#),
            &Verdict::Unconfirmed,
        );
    }
}
