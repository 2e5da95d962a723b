//! Amazon DynamoDB: the ledger's table.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{CallError, Reason, Service};
use crate::{
    ledger::{Item, Key, Pending, Put, Versioned},
    read::{list, text},
    settings::{Environment, InvalidVariable},
};

/// For how long a write is tried again that another transaction is in the way of.
const IN_THE_WAY: Duration = Duration::from_secs(2);
/// Pages of the index that are read at most. One has some thousand windows.
const PAGES: usize = 2;
/// The index of windows that are still to be sent, and what its partition key says of all of them.
const INDEX: &str = "due";
const PENDING: &str = "yes";

/// The ledger's table.
#[derive(Clone, Debug)]
pub struct Table {
    service: Service,
    name: String,
}

impl Table {
    /// The table of this name, as the environment says.
    ///
    /// # Errors
    ///
    /// When the environment names no region or credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        name: &str,
    ) -> Result<Self, InvalidVariable> {
        Ok(Self {
            service: Service::new(http, environment, "dynamodb", "DYNAMODB")?,
            name: name.to_owned(),
        })
    }

    async fn call(&self, operation: &'static str, input: &Json) -> Result<Json, CallError> {
        let target = "DynamoDB_20120810";
        self.service.json(target, operation, "1.0", input).await
    }

    /// Reads up to a hundred items, consistently. `jitter` (0 to 1) spreads what has to be asked for again.
    /// What is not there has no entry; what cannot be read says so.
    ///
    /// # Errors
    ///
    /// When the table cannot be reached.
    pub async fn read(
        &self,
        keys: &[Key],
        jitter: f64,
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        let keys: Vec<Json> = keys.iter().map(key_of).collect();
        let mut requests = json!({ &self.name: { "Keys": keys, "ConsistentRead": true } });
        let mut found = BTreeMap::new();
        let mut pause = Duration::from_millis(50);
        loop {
            let input = json!({ "RequestItems": requests });
            let mut answer = self.call("BatchGetItem", &input).await?;
            let items = answer["Responses"][&self.name].take();
            let items = items.as_array().into_iter().flatten();
            found.extend(items.filter_map(|it| Some((key_in(it)?, item_in(it)))));
            match answer.get_mut("UnprocessedKeys").map(Json::take) {
                Some(rest @ Json::Object(_)) if rest != json!({}) => requests = rest,
                _ => return Ok(found),
            }
            tokio::time::sleep(pause.mul_f64(1.0 + jitter)).await;
            pause *= 2;
        }
    }

    /// Writes all of these, or nothing where somebody else has written one of them: then it says `false`.
    ///
    /// # Errors
    ///
    /// When the table cannot be reached or refuses for another reason. The write may have had an effect.
    pub async fn write(&self, puts: &[Put], jitter: f64) -> Result<bool, CallError> {
        let (operation, input) = match puts {
            [put] => ("PutItem", self.put(put)),
            puts => {
                let items: Vec<Json> = puts
                    .iter()
                    .map(|it| json!({ "Put": self.put(it) }))
                    .collect();
                let input = json!({ "ClientRequestToken": token(&items), "TransactItems": items });
                ("TransactWriteItems", input)
            }
        };
        let (mut pause, mut waited) = (Duration::from_millis(20), Duration::ZERO);
        loop {
            let Err(error) = self.call(operation, &input).await else {
                return Ok(true);
            };
            let codes: Vec<&str> = match error.reason() {
                Reason::Cancelled(reasons) => {
                    reasons.iter().filter_map(|it| text(it, "Code")).collect()
                }
                Reason::Refused { error, .. } => vec![error],
                _ => Vec::new(),
            };
            if codes
                .iter()
                .any(|it| it.starts_with("ConditionalCheckFailed"))
            {
                return Ok(false);
            }
            let is_in_the_way = codes.iter().any(|it| {
                it.starts_with("TransactionConflict") || it.starts_with("TransactionInProgress")
            });
            if !is_in_the_way || waited >= IN_THE_WAY {
                return Err(error);
            }
            let wait = pause.mul_f64(0.5 + jitter);
            tokio::time::sleep(wait).await;
            waited += wait;
            pause *= 2;
        }
    }

    /// Windows that are due by then, the earliest first. What was written a moment ago may be missing.
    ///
    /// # Errors
    ///
    /// When the table cannot be reached.
    pub async fn due(&self, by: Timestamp) -> Result<Vec<Pending>, CallError> {
        let mut input = json!({
            "TableName": self.name,
            "IndexName": INDEX,
            "KeyConditionExpression": "#pending = :yes AND #due <= :by",
            "ExpressionAttributeNames": { "#pending": "pending", "#due": "due" },
            "ExpressionAttributeValues": {
                ":yes": { "S": PENDING },
                ":by": { "N": by.as_millisecond().to_string() },
            },
        });
        let mut due = Vec::new();
        for _ in 0..PAGES {
            let mut answer = self.call("Query", &input).await?;
            let items = list(&answer, "Items").iter();
            due.extend(items.filter_map(|it| serde_json::from_str(text(it, "brief.S")?).ok()));
            match answer.get_mut("LastEvaluatedKey").map(Json::take) {
                Some(last @ Json::Object(_)) => input["ExclusiveStartKey"] = last,
                _ => break,
            }
        }
        Ok(due)
    }

    /// Every item, for people; nothing where one cannot be read. Items of the first edition, which another
    /// attribute holds, have no entry. Reads the whole table, page by page.
    ///
    /// # Errors
    ///
    /// When the table is not there, cannot be reached or may not be scanned.
    pub async fn items(&self) -> Result<Vec<(Key, Option<Item>)>, CallError> {
        let mut input = json!({ "TableName": self.name, "ConsistentRead": true });
        let mut items = Vec::new();
        loop {
            let mut answer = self.call("Scan", &input).await?;
            let page = list(&answer, "Items").iter();
            let page = page.filter(|it| it.get("item").is_some());
            items.extend(page.filter_map(|it| Some((key_in(it)?, item_in(it).map(|it| it.item)))));
            match answer.get_mut("LastEvaluatedKey").map(Json::take) {
                Some(last @ Json::Object(_)) => input["ExclusiveStartKey"] = last,
                _ => return Ok(items),
            }
        }
    }

    fn put(&self, put: &Put) -> Json {
        let mut item = key_of(&put.key);
        item["version"] = number(put.after.unwrap_or_default() + 1);
        item["item"] = json!({ "S": json!(put.item).to_string() });
        if let Some(expires) = put.item.expires() {
            item["expires"] = number(expires.as_second());
        }
        if let Some(brief) = put.item.pending() {
            item["pending"] = json!({ "S": PENDING });
            item["due"] = number(brief.due.as_millisecond());
            item["brief"] = json!({ "S": json!(brief).to_string() });
        }
        let mut input = json!({ "TableName": self.name, "Item": item });
        if let Some(after) = put.after {
            input["ExpressionAttributeNames"] = json!({ "#version": "version" });
            if after == 0 {
                input["ConditionExpression"] = json!("attribute_not_exists(#version)");
            } else {
                input["ConditionExpression"] = json!("#version = :version");
                input["ExpressionAttributeValues"] = json!({ ":version": number(after) });
            }
        }
        input
    }
}

fn key_of(key: &Key) -> Json {
    json!({ "group": { "S": key.group }, "number": { "N": key.number.to_string() } })
}

fn key_in(item: &Json) -> Option<Key> {
    Some(Key {
        group: text(item, "group.S")?.to_owned(),
        number: text(item, "number.N")?.parse().ok()?,
    })
}

fn item_in(item: &Json) -> Option<Versioned<Item>> {
    Some(Versioned {
        item: serde_json::from_str(text(item, "item.S")?).ok()?,
        version: text(item, "version.N")?.parse().ok()?,
    })
}

/// The same for the same write, and no other: a write whose answer was lost is not made again.
fn token(items: &[Json]) -> String {
    let hash = Sha256::digest(json!(items).to_string());
    let (first, _) = hash.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    format!("{:032x}", u128::from_be_bytes(*first))
}

fn number(number: impl ToString) -> Json {
    json!({ "N": number.to_string() })
}
