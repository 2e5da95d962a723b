//! Reading AWS events, which come in more shapes than their documentation lists.
//!
//! Reading is tolerant: what is absent, null or of another type is simply not there. Deciding is
//! strict, and is done elsewhere.

use jiff::{SignedDuration, Timestamp, fmt::strtime};
use serde_json::Value as Json;

/// What is wrong with an event that cannot be evaluated. Lambda writes such an event into the bucket of failed
/// events.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableEvent {
    /// It is not even JSON. The parser's words say where, and quote nothing.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// It is longer than any that AWS sends; nothing of it was read.
    #[error("an event of more than {0} bytes, which is more than this function is sent")]
    TooLong(usize),
    /// It is no event of the kind that this function turns into incidents.
    #[error("not an event of {0}")]
    Foreign(&'static str),
    /// It is, but something is missing without which there is no incident.
    #[error("an event of {source_name} without {missing}")]
    Incomplete {
        /// Where the event comes from.
        source_name: &'static str,
        /// What is not there.
        missing: &'static str,
    },
}

/// Reads what a function is handed. A byte order mark is no part of it, although some write one.
///
/// # Errors
///
/// Returns [`UnreadableEvent::NotJson`] with the position of what is not JSON.
pub fn parse(payload: &str) -> Result<Json, UnreadableEvent> {
    serde_json::from_str(payload.trim_start_matches('\u{feff}'))
        .map_err(|error| UnreadableEvent::NotJson(error.to_string()))
}

/// Bytes of an event at most: asynchronous invocations, which EventBridge, alarms and SNS make, have no more. Only a
/// person can send a longer one. Source: "Lambda quotas" in the Lambda developer guide.
pub const LONGEST_EVENT: usize = 1_048_576;

/// Reads an event, unless it is longer than any that AWS sends.
///
/// # Errors
///
/// Returns [`UnreadableEvent::TooLong`] if the payload has more than [`LONGEST_EVENT`] bytes, and
/// [`UnreadableEvent::NotJson`] if it is not JSON.
pub fn parse_event(payload: &str) -> Result<Json, UnreadableEvent> {
    if payload.len() > LONGEST_EVENT {
        return Err(UnreadableEvent::TooLong(LONGEST_EVENT));
    }
    parse(payload)
}

/// The text at `path`, whose names are separated by dots; `0` is the first element of a list.
/// Nothing where there is none, or an empty one.
pub fn text<'a>(json: &'a Json, path: &str) -> Option<&'a str> {
    at(json, path)?.as_str().filter(|text| !text.is_empty())
}

/// The value at `path`, unless it is null.
pub fn at<'a>(json: &'a Json, path: &str) -> Option<&'a Json> {
    let mut here = json;
    for name in path.split('.') {
        here = match here {
            Json::Array(items) => items.get(name.parse::<usize>().ok()?)?,
            other => other.get(name)?,
        };
    }
    (!here.is_null()).then_some(here)
}

/// The first of `paths` that leads to something, and the value there. Null and the empty text are
/// nothing.
pub fn first_of<'a, 'p>(
    json: &'a Json,
    paths: impl IntoIterator<Item = &'p str>,
) -> Option<(&'p str, &'a Json)> {
    paths
        .into_iter()
        .filter_map(|path| Some((path, at(json, path)?)))
        .find(|(_, value)| value.as_str() != Some(""))
}

/// A value as people read it: a text as it is, anything else as JSON without spaces.
pub fn show(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The list at `path`; empty where there is none.
pub fn list<'a>(json: &'a Json, path: &str) -> &'a [Json] {
    at(json, path)
        .and_then(Json::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The point in time at `path`: a text, or the seconds since 1970 that AWS's JSON protocols write where a model says
/// nothing else.
pub fn time(json: &Json, path: &str) -> Option<Timestamp> {
    let found = at(json, path)?;
    let Some(seconds) = found.as_f64() else {
        return parse_time(found.as_str()?);
    };
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::UNIX_EPOCH.checked_add(since).ok()
}

/// Reads a point in time as AWS writes them: with `Z`, `+00:00` or CloudWatch's `+0000`.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let time = strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
        time.to_timestamp().ok()
    })
}

/// `2026-01-02 03:04:05 UTC`
pub fn show_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn payloads_are_json_or_say_why_not() {
        for (payload, expected) in [
            (r#"{"a":1}"#, Ok(json!({ "a": 1 }))),
            ("\u{feff}{}", Ok(json!({}))),
            (" null ", Ok(Json::Null)),
            (
                "",
                Err("not JSON: EOF while parsing a value at line 1 column 0"),
            ),
            ("canary", Err("not JSON: expected value at line 1 column 1")),
            (
                r#"["\ud800 canary"]"#,
                Err("not JSON: unexpected end of hex escape at line 1 column 9"),
            ),
            (
                &"[".repeat(1_000),
                Err("not JSON: recursion limit exceeded at line 1 column 128"),
            ),
        ] {
            let read = parse(payload).map_err(|error| error.to_string());
            assert_eq!(read, expected.map_err(str::to_owned), "{payload}");
        }
    }

    #[test]
    fn a_time_is_a_text_or_seconds() {
        let expected: Timestamp = "2023-08-04T12:36:15.490Z".parse().unwrap();
        for at in [json!("2023-08-04T12:36:15.490Z"), json!(1_691_152_575.490)] {
            assert_eq!(
                time(&json!({ "at": at }), "at").map(jiff::Timestamp::as_millisecond),
                Some(expected.as_millisecond())
            );
        }
        let second = time(&json!({ "at": 1_691_152_575 }), "at");
        assert_eq!(second.map(Timestamp::as_second), Some(expected.as_second()));
        for at in [json!(1e300), json!(true), json!(null)] {
            assert_eq!(time(&json!({ "at": at }), "at"), None, "{at}");
        }
    }

    #[test]
    fn times_as_aws_writes_them() {
        let expected: Timestamp = "2023-08-04T12:36:15.490Z".parse().unwrap();
        for text in [
            "2023-08-04T12:36:15.490Z",
            "2023-08-04T12:36:15.49Z",
            "2023-08-04T12:36:15.490+0000",
            "2023-08-04T14:36:15.490+0200",
            "2023-08-04T14:36:15.490+02:00",
        ] {
            assert_eq!(parse_time(text), Some(expected), "{text}");
        }
        assert_eq!(
            parse_time("2023-08-04T12:36:15+0000"),
            parse_time("2023-08-04T12:36:15Z")
        );
        for text in [
            "",
            "yesterday",
            "2023-08-04",
            "2023-13-04T12:36:15Z",
            "1691152575",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_value_that_is_there_counts() {
        let event = json!({ "null": null, "empty": "", "n": 4.0, "list": [{ "a": true }] });
        for (paths, expected) in [
            (vec!["null", "empty", "n", "list"], Some(("n", "4.0"))),
            (vec!["list.0.a"], Some(("list.0.a", "true"))),
            (vec!["x", "list"], Some(("list", r#"[{"a":true}]"#))),
            (vec!["null", "empty", "list.1"], None),
        ] {
            let found = first_of(&event, paths).map(|(path, value)| (path, show(value)));
            assert_eq!(
                found,
                expected.map(|(path, value)| (path, value.to_owned()))
            );
        }
        assert_eq!(show(&json!("a \"b\"")), "a \"b\"");
    }

    #[test]
    fn what_is_not_there_is_nothing() {
        let event = json!({ "a": { "b": [{ "c": "d" }], "empty": "", "null": null, "n": 1 } });
        assert_eq!(text(&event, "a.b.0.c"), Some("d"));
        for path in ["a.b.1.c", "a.b.c", "a.empty", "a.null", "a.n", "x.y.z", ""] {
            assert_eq!(text(&event, path), None, "{path}");
        }
        assert!(list(&event, "a.null").is_empty());
    }
}
