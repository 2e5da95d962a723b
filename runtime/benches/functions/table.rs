//! The ledger's table: as much of Amazon DynamoDB as `deliver` asks for, with its conditions.

use std::{collections::BTreeMap, sync::Mutex};

use serde_json::{Value as Json, json};

/// An item's key: its group, and its number in the group.
type Key = (String, i64);

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
            "Query" => Ok(contents.latest(input)),
            "GetItem" => Ok(contents.item(input)),
            "PutItem" => contents.put(input),
            "TransactWriteItems" => contents.transact(input),
            _ => return None,
        })
    }
}

impl Contents {
    fn latest(&mut self, input: &Json) -> Json {
        self.calls.reads += 1;
        let group = text(&input["ExpressionAttributeValues"][":group"]["S"]);
        let of_group = (group.clone(), i64::MIN)..=(group, i64::MAX);
        let latest = self.items.range(of_group).next_back();
        json!({ "Items": latest.map(|(_, item)| item).into_iter().collect::<Vec<_>>() })
    }

    fn item(&mut self, input: &Json) -> Json {
        self.calls.reads += 1;
        match self.items.get(&key(&input["Key"])) {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        }
    }

    fn put(&mut self, put: &Json) -> Result<Json, Json> {
        self.calls.writes += 1;
        if !self.allows(put, &put["Item"]) {
            return Err(json!({ "__type": "ConditionalCheckFailedException" }));
        }
        self.items.insert(key(&put["Item"]), put["Item"].clone());
        Ok(json!({}))
    }

    fn transact(&mut self, input: &Json) -> Result<Json, Json> {
        self.calls.writes += 1;
        let writes = input["TransactItems"].as_array().unwrap();
        let of = |write: &Json| match write.get("Put") {
            Some(put) => (put.clone(), put["Item"].clone()),
            None => (write["Update"].clone(), write["Update"]["Key"].clone()),
        };
        let reasons: Vec<Json> = writes
            .iter()
            .map(of)
            .map(|(write, item)| {
                if self.allows(&write, &item) {
                    json!({ "Code": "None" })
                } else {
                    json!({ "Code": "ConditionalCheckFailed", "Item": self.items.get(&key(&item)) })
                }
            })
            .collect();
        if reasons.iter().any(|it| it["Code"] != "None") {
            return Err(
                json!({ "__type": "TransactionCanceledException", "CancellationReasons": reasons }),
            );
        }
        for write in writes {
            match write.get("Put") {
                Some(put) => drop(self.items.insert(key(&put["Item"]), put["Item"].clone())),
                None => self.add(&write["Update"]),
            }
        }
        Ok(json!({}))
    }

    /// Whether the condition of a write holds, of which `deliver` knows three kinds: that an attribute is
    /// not there, that it is the same, and that it is less. All of them must hold, and an attribute that
    /// is not there is less than any.
    fn allows(&self, write: &Json, item: &Json) -> bool {
        let Some(condition) = write["ConditionExpression"].as_str() else {
            return true;
        };
        let there = self.items.get(&key(item));
        let attribute = |name: &str| {
            let name = text(&write["ExpressionAttributeNames"][name]);
            there.map(|it| number(&it[name])).unwrap_or_default()
        };
        let value = |name: &str| number(&write["ExpressionAttributeValues"][name]);
        if condition == "attribute_not_exists(#version)" {
            return there.is_none();
        }
        let words: Vec<&str> = condition.split([' ', '(', ')']).collect();
        words.windows(3).all(|it| match *it {
            [name, "=", wanted] => attribute(name) == value(wanted),
            [name, "<", limit] => attribute(name).unwrap_or(i64::MIN) < value(limit).unwrap(),
            _ => true,
        })
    }

    /// Adds the values of an update to the attributes of the same names.
    fn add(&mut self, update: &Json) {
        let item = self
            .items
            .entry(key(&update["Key"]))
            .or_insert_with(|| update["Key"].clone());
        for (name, attribute) in update["ExpressionAttributeNames"].as_object().unwrap() {
            let attribute = text(attribute);
            let value = &update["ExpressionAttributeValues"][name.replace('#', ":")];
            let added = number(&item[&attribute]).unwrap_or(0) + number(value).unwrap();
            item[attribute] = json!({ "N": added.to_string() });
        }
    }
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
