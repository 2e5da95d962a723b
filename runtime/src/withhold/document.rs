//! Redacts JSON: the values of sensitive names, and secrets in texts.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::{
    WITHHELD, assignments, commands,
    names::{Meaning, is_described_by_parts, is_placeholder, is_sensitive, last_word, meaning},
    neighbours,
    signs::Signs,
    spans::Spans,
    values,
};

/// Levels of JSON in a text: SNS in SQS in EventBridge are three. Deeper levels are withheld unread.
const DEEPEST: u8 = 6;

/// Failed attempts per text to parse JSON from its middle. Each attempt may read to the end of the text.
const ATTEMPTS: u8 = 32;

/// Fields that hold the request or the response of an API call (CloudTrail) or of a function (destinations of
/// Lambda). Their content can be anything, secrets included, so only the names of their members are kept, and
/// the members that describe an error.
const CALLS: &[&str] = &[
    "additionaleventdata",
    "requestparameters",
    "requestpayload",
    "responseelements",
    "responsepayload",
];
const OF_ERRORS: &[&str] = &["errorMessage", "errorType"];

/// Last words of the fields that hold the name of a pair, such as `{"name": "DB_PASSWORD", "value": ..}`.
const PAIR_NAMES: &[&str] = &[
    "attribute",
    "field",
    "header",
    "key",
    "name",
    "option",
    "param",
    "parameter",
    "property",
    "setting",
    "variable",
];
/// Last words of the fields that hold its value.
const PAIR_VALUES: &[&str] = &["val", "value", "values"];
/// Last words of the fields that hold its value, if that is a text or a number.
const PAIR_TEXTS: &[&str] = &["content", "data", "default", "plaintext", "text"];

/// Redacts a value. `path` is the value's own, `depth` is the number of texts that it is nested in, and
/// `paths` collects the paths of what is withheld.
pub(super) fn value(json: &Json, path: &str, depth: u8, paths: &mut Vec<String>) -> Json {
    match json {
        Json::Object(fields) => object(fields, path, depth, paths),
        Json::Array(items) => array(items, path, depth, paths),
        Json::String(it) => Json::from(text(it, path, depth, paths).into_owned()),
        scalar => scalar.clone(),
    }
}

/// Redacts a text that is at `path`.
pub(super) fn text<'t>(
    text: &'t str,
    path: &str,
    depth: u8,
    paths: &mut Vec<String>,
) -> Cow<'t, str> {
    let json = as_json(text);
    if let Some(json) = &json {
        let known = paths.len();
        let cleaned = if depth < DEEPEST {
            value(json, path, depth + 1, paths)
        } else {
            paths.push(path.to_owned());
            Json::from(WITHHELD)
        };
        if paths.len() > known {
            return Cow::Owned(cleaned.to_string());
        }
    }
    let signs = Signs::of(text);
    let mut spans = Spans::default();
    values::find(text, &signs, &mut spans);
    if signs.have(b":=%") {
        commands::find(text, &mut spans);
        assignments::find(text, &mut spans);
    }
    neighbours::find(text, &signs, &mut spans);
    if json.is_none() && signs.have(b"{[") {
        json_within(text, depth, &mut spans);
    }
    match spans.apply(text) {
        Some(cleaned) => {
            paths.push(path.to_owned());
            Cow::Owned(cleaned)
        }
        None => Cow::Borrowed(text),
    }
}

/// Parses a text that is an object, a list or a text in JSON.
fn as_json(text: &str) -> Option<Json> {
    let text = text.trim_start_matches('\u{feff}').trim();
    text.starts_with(['{', '[', '"'])
        .then(|| serde_json::from_str(text).ok())?
}

/// Redacts JSON in the middle of a text, such as `failed: {"token": ..}`.
fn json_within(text: &str, depth: u8, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut attempts = 0;
    while let Some(offset) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| matches!(byte, b'{' | b'[')))
    {
        let begin = at + offset;
        at = begin + 1;
        let inside = text[at..].trim_start();
        if !inside.starts_with(['"', '{', '[']) {
            continue;
        }
        let mut stream = serde_json::Deserializer::from_str(&text[begin..]).into_iter::<Json>();
        match stream.next() {
            Some(Ok(json)) => {
                at = begin + stream.byte_offset();
                let mut paths = Vec::new();
                if depth < DEEPEST {
                    let cleaned = value(&json, "", depth + 1, &mut paths);
                    if !paths.is_empty() {
                        spans.replace(begin..at, cleaned.to_string());
                    }
                } else {
                    spans.withhold(begin..at);
                }
            }
            _ if attempts == ATTEMPTS => return,
            _ => attempts += 1,
        }
    }
}

fn object(fields: &Map<String, Json>, path: &str, depth: u8, paths: &mut Vec<String>) -> Json {
    let is_pair = is_pair_of_secret(fields);
    let fields = fields.iter().map(|(key, it)| {
        let name = text(key, path, depth, paths);
        let path = join(path, &name);
        let it = if is_placeholder_value(it) {
            it.clone()
        } else if is_call(key) {
            paths.push(path.clone());
            names_only(it, depth)
        } else if hides(key, it) || (is_pair && is_value_in_pair(key, it)) {
            paths.push(path);
            Json::from(WITHHELD)
        } else {
            value(it, &path, depth, paths)
        };
        (name.into_owned(), it)
    });
    Json::Object(fields.collect())
}

/// Whether the value of this name is withheld as a whole.
fn hides(key: &str, json: &Json) -> bool {
    match (meaning(key), json) {
        (None, _) => false,
        (Some(Meaning::Secret), Json::Object(_)) => !is_described_by_parts(key),
        // An ARN names a secret, and people need to know which.
        (Some(Meaning::Secret), Json::String(text)) => !is_arn(text),
        _ => true,
    }
}

/// Whether these are the fields of a pair that names a secret.
fn is_pair_of_secret(fields: &Map<String, Json>) -> bool {
    fields.iter().any(|(key, it)| {
        it.as_str()
            .is_some_and(|name| ends_in_word(key, PAIR_NAMES) && is_sensitive(name))
    })
}

/// Whether the last word of a name is one of these.
fn ends_in_word(name: &str, words: &[&str]) -> bool {
    let ends_in = |word: &&str| {
        let end = name.len().checked_sub(word.len());
        end.and_then(|end| name.get(end..))
            .is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    words.iter().any(ends_in) && words.contains(&last_word(name).as_str())
}

fn is_value_in_pair(key: &str, json: &Json) -> bool {
    let is_text = !json.is_object() && !json.is_array();
    ends_in_word(key, PAIR_VALUES) || (is_text && ends_in_word(key, PAIR_TEXTS))
}

/// A list may hold arguments (`["--token", ..]`), raw headers (`["Authorization", ..]`) or a pair.
fn array(items: &[Json], path: &str, depth: u8, paths: &mut Vec<String>) -> Json {
    let is_pair = items.len() == 2;
    let mut previous = "";
    let mut cleaned = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = join(path, &index.to_string());
        cleaned.push(
            if is_value_of(previous, item, is_pair) && !is_placeholder_value(item) {
                paths.push(path);
                Json::from(WITHHELD)
            } else {
                value(item, &path, depth, paths)
            },
        );
        previous = item.as_str().unwrap_or_default();
    }
    Json::Array(cleaned)
}

/// Whether `previous` is a name or a flag that makes `item`, the element after it, sensitive.
fn is_value_of(previous: &str, item: &Json, is_pair: bool) -> bool {
    let text = item.as_str().unwrap_or_default();
    if previous.is_empty() || previous.contains([' ', '=']) || text.starts_with('-') {
        return false;
    }
    if neighbours::takes_user_and_password(previous) {
        return text.contains(':');
    }
    match meaning(previous) {
        Some(Meaning::Header) => true,
        Some(_) => is_pair || previous.starts_with('-'),
        None => false,
    }
}

/// Whether a value is empty or a placeholder. Withholding it would suggest that there was a secret.
fn is_placeholder_value(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(_) => true,
        Json::String(text) => is_placeholder(text),
        _ => false,
    }
}

fn is_call(key: &str) -> bool {
    const LENGTHS: std::ops::Range<usize> = 14..32;
    LENGTHS.contains(&key.len()) && {
        let plain = key.replace(['-', '_'], "").to_ascii_lowercase();
        CALLS.contains(&plain.as_str())
    }
}

fn names_only(json: &Json, depth: u8) -> Json {
    let Json::Object(fields) = json else {
        return Json::from(WITHHELD);
    };
    let fields = fields.iter().map(|(key, it)| {
        let name = text(key, "", depth, &mut Vec::new()).into_owned();
        let it = match it {
            Json::String(it) if OF_ERRORS.contains(&key.as_str()) => {
                Json::from(text(it, "", depth, &mut Vec::new()).into_owned())
            }
            Json::Null | Json::Bool(_) => it.clone(),
            _ => Json::from(WITHHELD),
        };
        (name, it)
    });
    Json::Object(fields.collect())
}

pub(super) fn is_arn(text: &str) -> bool {
    let may_be_in_arn = |c: char| c.is_ascii_alphanumeric() || "-_:/.+@$*#".contains(c);
    text.starts_with("arn:") && text.split(':').count() >= 6 && text.chars().all(may_be_in_arn)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
