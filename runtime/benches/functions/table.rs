//! The ledger's table: as much of Amazon DynamoDB as `deliver` asks for, with its conditions.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value as Json, json};

/// An item's key: its group, and its number in the group.
type Key = (String, i64);

/// What begins the groups of the cost report's own items. They are forgotten at once: so each of its events is
/// the first.
const OF_COST: &str = "cost#";

/// A table in memory, which counts how often it is called.
#[derive(Default)]
pub(crate) struct Table(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    items: BTreeMap<Key, Json>,
    calls: Calls,
}

/// How often a table was called.
#[derive(Clone, Copy, Default)]
pub(crate) struct Calls {
    pub(crate) reads: usize,
    pub(crate) writes: usize,
}

impl Table {
    /// How often it was called so far.
    pub(crate) fn calls(&self) -> Calls {
        self.0.lock().unwrap().calls
    }

    /// The answer of an operation, if it is one of DynamoDB's; an error where a condition does not hold.
    pub(crate) fn answer(&self, operation: &str, input: &Json) -> Option<Result<Json, Json>> {
        let mut contents = self.0.lock().unwrap();
        Some(match operation {
            "BatchGetItem" => Ok(contents.items(input)),
            "Query" => Ok(contents.due(input)),
            "PutItem" => contents.put(input),
            "TransactWriteItems" => contents.transact(input),
            _ => return None,
        })
    }
}

impl Contents {
    fn items(&mut self, input: &Json) -> Json {
        self.calls.reads += 1;
        let tables = input["RequestItems"].as_object().unwrap().iter();
        let responses = tables.map(|(table, request)| {
            let keys = request["Keys"].as_array().unwrap().iter();
            let items = keys.filter_map(|it| self.items.get(&key(it)).cloned());
            let items = items.filter(|it| !is_of_cost(it));
            (table.clone(), Json::Array(items.collect()))
        });
        let responses: serde_json::Map<String, Json> = responses.collect();
        json!({ "Responses": responses, "UnprocessedKeys": {} })
    }

    fn due(&mut self, input: &Json) -> Json {
        self.calls.reads += 1;
        let by = number(&input["ExpressionAttributeValues"][":by"]).unwrap();
        let is_due = |it: &&Json| number(&it["due"]).is_some_and(|due| due <= by);
        let mut due: Vec<&Json> = self.items.values().filter(is_due).collect();
        due.sort_by_key(|it| number(&it["due"]));
        json!({ "Items": due })
    }

    fn put(&mut self, put: &Json) -> Result<Json, Json> {
        self.calls.writes += 1;
        if !self.allows(put) {
            return Err(json!({ "__type": "ConditionalCheckFailedException" }));
        }
        self.items.insert(key(&put["Item"]), put["Item"].clone());
        Ok(json!({}))
    }

    fn transact(&mut self, input: &Json) -> Result<Json, Json> {
        self.calls.writes += 1;
        let puts = input["TransactItems"].as_array().unwrap().iter();
        let puts: Vec<&Json> = puts.map(|it| &it["Put"]).collect();
        let code = |it: &&Json| {
            if self.allows(it) {
                json!({ "Code": "None" })
            } else {
                json!({ "Code": "ConditionalCheckFailed" })
            }
        };
        let reasons: Vec<Json> = puts.iter().map(code).collect();
        if reasons.iter().any(|it| it["Code"] != "None") {
            return Err(
                json!({ "__type": "TransactionCanceledException", "CancellationReasons": reasons }),
            );
        }
        for put in puts {
            self.items.insert(key(&put["Item"]), put["Item"].clone());
        }
        Ok(json!({}))
    }

    /// Whether the condition of a write holds, of which `deliver` knows two kinds: that there is no such
    /// item, and that it has the version that was read.
    fn allows(&self, put: &Json) -> bool {
        let there = self.items.get(&key(&put["Item"]));
        match put["ConditionExpression"].as_str() {
            None => true,
            Some(_) if is_of_cost(&put["Item"]) => true,
            Some("attribute_not_exists(#version)") => there.is_none(),
            Some(_) => {
                let version = number(&put["ExpressionAttributeValues"][":version"]);
                there.and_then(|it| number(&it["version"])) == version
            }
        }
    }
}

fn is_of_cost(item: &Json) -> bool {
    text(&item["group"]["S"]).starts_with(OF_COST)
}

fn key(item: &Json) -> Key {
    (
        text(&item["group"]["S"]),
        number(&item["number"]).unwrap_or_default(),
    )
}

fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn number(attribute: &Json) -> Option<i64> {
    attribute["N"].as_str()?.parse().ok()
}
