//! What of an event stays in the account: values that may be secrets, told by the names they go by.
//! A secret within a text of a harmless name is not found.

use serde_json::{Map, Value as Json};
use webhook::text::clean_json;

/// What stands where a value was.
const WITHHELD: &str = "(withheld)";

/// Names in which one of these occurs, whatever the case and the hyphens, stand for secrets.
const SECRETS: &[&str] = &[
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "environmentoverride",
    "environmentvariable",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "token",
];

/// Names that stand for what programs are started with, which is where secrets are handed over.
const STARTED_WITH: &[&str] = &["command", "commands", "env", "environment"];

/// What a call was made with and what it answered, in the records of CloudTrail: whatever the call is
/// about, secrets among it. Only the names of its parts are kept.
const CALLS: &[&str] = &[
    "additionaleventdata",
    "requestparameters",
    "responseelements",
];

/// Members of a pair: under one of them lies a name, under the other what goes by that name.
const PAIR_NAMES: &[&str] = &["key", "name"];
const PAIR_VALUE: &str = "value";

/// A document without what may be secret, and without control characters.
pub(super) struct Cleaned {
    /// The document. `(withheld)` stands where a value was, so that paths lead where they did.
    pub(super) json: Json,
    /// The paths of what was withheld.
    pub(super) withheld: Vec<String>,
}

/// Withholds what may be secret, and replaces what does not show: as JSON it would be spelled out.
pub(super) fn withhold(json: &Json) -> Cleaned {
    let mut withheld = Vec::new();
    let json = clean_json(without_secrets(json, "", &mut withheld));
    Cleaned { json, withheld }
}

fn without_secrets(json: &Json, path: &str, withheld: &mut Vec<String>) -> Json {
    match json {
        Json::Object(fields) => {
            let names_secret = names_secret(fields);
            let fields = fields.iter().map(|(key, value)| {
                let path = join(path, key);
                let name = plain(key);
                let value = if is_nothing(value) {
                    value.clone()
                } else if CALLS.contains(&name.as_str()) {
                    withheld.push(path);
                    names_only(value)
                } else if is_secret(&name) || (names_secret && name == PAIR_VALUE) {
                    withheld.push(path);
                    Json::from(WITHHELD)
                } else {
                    without_secrets(value, &path, withheld)
                };
                (key.clone(), value)
            });
            Json::Object(fields.collect())
        }
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| without_secrets(item, &join(path, &index.to_string()), withheld))
            .collect(),
        scalar => scalar.clone(),
    }
}

/// Whether this is a pair such as `{"name": "DB_PASSWORD", "value": ..}`.
fn names_secret(fields: &Map<String, Json>) -> bool {
    fields.iter().any(|(key, value)| {
        PAIR_NAMES.contains(&plain(key).as_str())
            && value.as_str().is_some_and(|name| is_secret(&plain(name)))
    })
}

fn is_secret(name: &str) -> bool {
    STARTED_WITH.contains(&name) || SECRETS.iter().any(|secret| name.contains(secret))
}

/// What says nothing needs no withholding, and "withheld" would say too much of it.
fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}

fn names_only(value: &Json) -> Json {
    match value {
        Json::Object(fields) => fields
            .keys()
            .map(|key| (key.clone(), Json::from(WITHHELD)))
            .collect::<Map<_, _>>()
            .into(),
        _ => Json::from(WITHHELD),
    }
}

/// A name without what different habits of writing add to it.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for secret in [
            "password",
            "MasterUserPassword",
            "db_passwd",
            "client-secret",
            "secretAccessKey",
            "sessionToken",
            "Credentials",
            "Authorization",
            "Set-Cookie",
            "api_key",
            "ENVIRONMENT",
            "environment-variables",
            "command",
        ] {
            for value in [json!("canary"), json!(["canary"]), json!({ "a": "canary" })] {
                let cleaned = withhold(&json!({ "detail": [{ secret: value }] }));
                assert_eq!(
                    cleaned.json,
                    json!({ "detail": [{ secret: "(withheld)" }] })
                );
                assert_eq!(cleaned.withheld, [format!("detail.0.{secret}")]);
            }
        }
        let harmless = json!({
            "EnvironmentName": "shop", "accessKeyId": "AKIA", "command-id": "c", "key": "k",
            "secret": null, "token": "", "name": "password", "values": ["a"],
        });
        let cleaned = withhold(&harmless);
        assert_eq!(cleaned.json, harmless);
        assert!(cleaned.withheld.is_empty());
    }

    #[test]
    fn pairs_name_what_they_hold() {
        let cleaned = withhold(&json!([
            { "name": "DB_PASSWORD", "value": "canary", "type": "PLAINTEXT" },
            { "Key": "api-token", "Value": "canary" },
            { "name": "STAGE", "value": "prod" },
        ]));
        assert_eq!(
            cleaned.json,
            json!([
                { "name": "DB_PASSWORD", "value": "(withheld)", "type": "PLAINTEXT" },
                { "Key": "api-token", "Value": "(withheld)" },
                { "name": "STAGE", "value": "prod" },
            ])
        );
    }

    #[test]
    fn of_calls_only_names_are_kept() {
        let cleaned = withhold(&json!({
            "eventName": "PutParameter",
            "requestParameters": { "name": "/canary", "value": { "canary": "canary" } },
            "responseElements": "canary",
            "additionalEventData": null,
        }));
        assert_eq!(
            cleaned.json,
            json!({
                "eventName": "PutParameter",
                "requestParameters": { "name": "(withheld)", "value": "(withheld)" },
                "responseElements": "(withheld)",
                "additionalEventData": null,
            })
        );
        assert_eq!(cleaned.withheld, ["requestParameters", "responseElements"]);
    }
}
