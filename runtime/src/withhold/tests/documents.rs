//! Documents: JSON, and JSON in texts.

use serde_json::{Value as Json, json};

use super::{
    super::{document, text},
    names::{HARMLESS, PROGRAMS, SECRETS},
};

#[track_caller]
fn hides(document_json: Json, expected: Json, paths: &[&str]) {
    let cleaned = document(&document_json);
    assert_eq!(cleaned.json, expected);
    assert_eq!(cleaned.paths, paths);
}

#[track_caller]
fn keeps(it: Json) {
    hides(it.clone(), it, &[]);
}

#[test]
fn values_of_sensitive_names_are_withheld_whatever_their_type() {
    for name in SECRETS
        .split_whitespace()
        .chain(PROGRAMS.split_whitespace())
    {
        for value in [
            json!("canary"),
            json!(["canary"]),
            json!({ "a": "canary" }),
            json!(4711),
        ] {
            hides(
                json!({ "detail": [{ name: value }] }),
                json!({ "detail": [{ name: "(withheld)" }] }),
                &[&format!("detail.0.{name}")],
            );
        }
    }
    keeps(json!(
        HARMLESS
            .split_whitespace()
            .map(|name| (name.to_owned(), json!("harmless")))
            .collect::<serde_json::Map<_, _>>()
    ));
}

#[test]
fn placeholders_arns_and_facts_about_secrets_stay() {
    keeps(json!({
        "secret": null, "token": "", "password": "********", "requiresToken": true, "auth": "None",
        "sessionCredentialFromConsole": "true", "pwd": "(withheld)",
        "secretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-AbCdEf",
        "SecretId": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:prod/db-AbCdEf",
        "accessKeyDetails": { "principalId": "AIDAEXAMPLE", "userName": "ci" },
        "userIdentity": { "accessKeyId": "ASIAEXAMPLE" },
    }));
}

#[test]
fn the_value_of_a_pair_is_withheld_by_the_name_in_the_pair() {
    hides(
        json!([
            { "name": "DB_PASSWORD", "value": "canary", "type": "PLAINTEXT" },
            { "Key": "api-token", "Value": "canary" },
            { "ParameterKey": "DbPwd", "ParameterValue": "canary" },
            { "name": "password", "values": ["canary"] },
            { "header": "Authorization", "content": "canary" },
            { "name": "STAGE", "value": "prod" },
            { "name": "auth-service", "data": { "status": "down" } },
        ]),
        json!([
            { "name": "DB_PASSWORD", "value": "(withheld)", "type": "PLAINTEXT" },
            { "Key": "api-token", "Value": "(withheld)" },
            { "ParameterKey": "DbPwd", "ParameterValue": "(withheld)" },
            { "name": "password", "values": "(withheld)" },
            { "header": "Authorization", "content": "(withheld)" },
            { "name": "STAGE", "value": "prod" },
            { "name": "auth-service", "data": { "status": "down" } },
        ]),
        &[
            "0.value",
            "1.Value",
            "2.ParameterValue",
            "3.values",
            "4.content",
        ],
    );
    hides(
        json!({
            "step": ["--stage", "prod", "--token", "canary", "-u", "app:canary"],
            "rawHeaders": ["Host", "db", "Authorization", "canary"],
            "header": ["x-api-key", "canary"],
            "columns": ["id", "password", "email"],
        }),
        json!({
            "step": ["--stage", "prod", "--token", "(withheld)", "-u", "(withheld)"],
            "rawHeaders": ["Host", "db", "Authorization", "(withheld)"],
            "header": ["x-api-key", "(withheld)"],
            "columns": ["id", "password", "email"],
        }),
        &["header.1", "rawHeaders.3", "step.3", "step.5"],
    );
}

#[test]
fn only_names_of_requests_and_responses_are_kept() {
    hides(
        json!({
            "eventName": "PutParameter",
            "requestParameters": { "name": "/canary", "value": { "canary": "canary" }, "dryRun": true },
            "responseElements": "canary",
            "additionalEventData": null,
            "requestPayload": { "card": "canary" },
            "responsePayload": { "errorMessage": "no token=canary", "errorType": "Error", "trace": ["canary"] },
        }),
        json!({
            "eventName": "PutParameter",
            "requestParameters": { "name": "(withheld)", "value": "(withheld)", "dryRun": true },
            "responseElements": "(withheld)",
            "additionalEventData": null,
            "requestPayload": { "card": "(withheld)" },
            "responsePayload": {
                "errorMessage": "no token=(withheld)", "errorType": "Error", "trace": "(withheld)",
            },
        }),
        &[
            "requestParameters",
            "requestPayload",
            "responseElements",
            "responsePayload",
        ],
    );
}

#[test]
fn json_in_texts_is_redacted() {
    let inner = json!({ "tenant": "shop", "db": { "password": "canary" } });
    let cleaned = json!({ "tenant": "shop", "db": { "password": "(withheld)" } });
    hides(
        json!({ "input": inner.to_string(), "output": "{\"a\": 1}" }),
        json!({ "input": cleaned.to_string(), "output": "{\"a\": 1}" }),
        &["input.db.password"],
    );
    // SNS in SQS in a text.
    let nested = |it: &Json| {
        let message = json!({ "Message": it.to_string() });
        json!([{ "body": json!(message.to_string()).to_string() }])
    };
    hides(
        nested(&inner),
        nested(&cleaned),
        &["0.body.Message.db.password"],
    );
    hides(
        json!({ "cause": format!("failed: {inner}, and {{no json}}") }),
        json!({ "cause": format!("failed: {cleaned}, and {{no json}}") }),
        &["cause"],
    );
    // A parser sees only the last of two equal names.
    hides(
        json!({ "input": r#"{"password":"canary","password":null}"# }),
        json!({ "input": r#"{"password":"(withheld)","password":null}"# }),
        &["input"],
    );
    // What is nested too deeply is withheld unread.
    let deep = (0..9).fold(json!("canary"), |inner, _| json!([inner.to_string()]));
    assert!(!document(&deep).json.to_string().contains("canary"));
    let deep = (0..9).fold(json!("canary"), |inner, _| {
        json!(format!("x {}", json!([inner])))
    });
    assert!(!text(deep.as_str().unwrap()).contains("canary"));
}
