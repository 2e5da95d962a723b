//! As much of DynamoDB as the ledger asks for.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// A table, by its keys.
#[derive(Debug, Default)]
pub(crate) struct Table(BTreeMap<String, Json>);

impl Table {
    /// What an operation answers.
    pub(crate) fn answer(&mut self, operation: &str, input: &Json) -> (u16, Json) {
        match operation {
            "BatchGetItem" => {
                let (name, request) = input["RequestItems"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .next()
                    .unwrap();
                assert_eq!(request["ConsistentRead"], true);
                let keys = request["Keys"].as_array().unwrap();
                assert!(keys.len() <= 100, "at most a hundred keys");
                let found: Vec<&Json> = keys.iter().filter_map(|it| self.0.get(&key(it))).collect();
                (
                    200,
                    json!({ "Responses": { name: found }, "UnprocessedKeys": {} }),
                )
            }
            "PutItem" if self.may(input) => {
                self.put(input);
                (200, json!({}))
            }
            "PutItem" => (
                400,
                json!({ "__type": "x#ConditionalCheckFailedException" }),
            ),
            "TransactWriteItems" => {
                let puts: Vec<&Json> = input["TransactItems"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| &it["Put"])
                    .collect();
                assert!(puts.len() <= 100, "at most a hundred items");
                let reasons: Vec<Json> = puts
                    .iter()
                    .map(|it| {
                        let code = if self.may(it) {
                            "None"
                        } else {
                            "ConditionalCheckFailed"
                        };
                        json!({ "Code": code })
                    })
                    .collect();
                if reasons.iter().any(|it| it["Code"] != "None") {
                    let error = "x#TransactionCanceledException";
                    return (
                        400,
                        json!({ "__type": error, "CancellationReasons": reasons }),
                    );
                }
                for put in puts {
                    self.put(put);
                }
                (200, json!({}))
            }
            "Query" => {
                assert_eq!(input["IndexName"], "due");
                let number = |json: &Json| json["N"].as_str().unwrap().parse::<i64>().unwrap();
                let by = number(&input["ExpressionAttributeValues"][":by"]);
                let pending = self.0.values().filter(|it| it.get("pending").is_some());
                let due: Vec<&Json> = pending.filter(|it| number(&it["due"]) <= by).collect();
                (200, json!({ "Items": due }))
            }
            other => panic!("nobody may call {other}"),
        }
    }

    /// So much time passes that no claim holds.
    pub(crate) fn end_claims(&mut self) {
        for item in self.0.values_mut() {
            let text = item["item"]["S"].as_str().unwrap();
            let mut inside: Json = serde_json::from_str(text).unwrap();
            if let Some(claim) = inside.pointer_mut("/state/claimed/until") {
                *claim = json!("1970-01-01T00:00:00Z");
                item["item"]["S"] = json!(inside.to_string());
            }
        }
    }

    fn may(&self, put: &Json) -> bool {
        let there = self.0.get(&key(&put["Item"]));
        match put["ConditionExpression"].as_str() {
            None => true,
            Some("attribute_not_exists(#version)") => there.is_none(),
            Some("#version = :version") => {
                let version = &put["ExpressionAttributeValues"][":version"];
                there.is_some_and(|it| it["version"] == *version)
            }
            Some(other) => panic!("{other}"),
        }
    }

    fn put(&mut self, put: &Json) {
        self.0.insert(key(&put["Item"]), put["Item"].clone());
    }
}

fn key(item: &Json) -> String {
    format!(
        "{}/{}",
        item["group"]["S"].as_str().unwrap(),
        item["number"]["N"].as_str().unwrap()
    )
}
