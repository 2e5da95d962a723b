//! Amazon DynamoDB: the ledger's table.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{CallError, Reason, Service};
use crate::{
    deliver::Saved,
    ledger::{Hour, Place, Tally, Window},
    read::{list, text},
    settings::{Environment, MissingVariable},
};

/// The key under which the table has what was used of the budget, by day.
pub const BUDGET: &str = "budget";

/// How long the ledger remembers, as long as dead letters are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How often a write is tried that another is in the way of.
const TRIES: u32 = 5;

/// The ledger's table.
#[derive(Clone, Debug)]
pub struct Ledger {
    service: Service,
    table: String,
}

impl Ledger {
    /// The table of this name, as the environment says.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        table: &str,
    ) -> Result<Self, MissingVariable> {
        Ok(Self {
            service: Service::new(http, environment, "dynamodb", "DYNAMODB")?,
            table: table.to_owned(),
        })
    }

    async fn call(&self, operation: &'static str, input: &Json) -> Result<Json, CallError> {
        let target = "DynamoDB_20120810";
        self.service.json(target, operation, "1.0", input).await
    }

    /// The window of a group with the highest number.
    pub async fn latest(&self, group: &str) -> Result<Option<Window>, CallError> {
        let input = json!({
            "TableName": self.table,
            "KeyConditionExpression": "#group = :group",
            "ExpressionAttributeNames": { "#group": "group" },
            "ExpressionAttributeValues": { ":group": { "S": group } },
            "ScanIndexForward": false,
            "Limit": 1,
            "ConsistentRead": true,
        });
        let answer = self.call("Query", &input).await?;
        list(&answer, "Items")
            .first()
            .map(|item| self.window_of("Query", item))
            .transpose()
    }

    /// A window.
    pub async fn window(&self, place: &Place) -> Result<Option<Window>, CallError> {
        let input = json!({
            "TableName": self.table,
            "Key": key(&place.group, &place.number.to_string()),
            "ConsistentRead": true,
        });
        let answer = self.call("GetItem", &input).await?;
        answer
            .get("Item")
            .map(|item| self.window_of("GetItem", item))
            .transpose()
    }

    /// Every item of the table, for people: delivery needs none but the latest of a group. Reads the
    /// whole table, page by page.
    ///
    /// # Errors
    ///
    /// When the table is not there, cannot be reached or may not be scanned.
    pub async fn items(&self) -> Result<Vec<Json>, CallError> {
        let mut input = json!({ "TableName": self.table, "ConsistentRead": true });
        let mut items = Vec::new();
        loop {
            let mut answer = self.call("Scan", &input).await?;
            if let Some(Json::Array(page)) = answer.get_mut("Items").map(Json::take) {
                items.extend(page);
            }
            match answer.get_mut("LastEvaluatedKey").map(Json::take) {
                Some(last @ Json::Object(_)) => input["ExclusiveStartKey"] = last,
                _ => return Ok(items),
            }
        }
    }

    fn window_of(&self, operation: &'static str, item: &Json) -> Result<Window, CallError> {
        window(item).ok_or_else(|| self.service.failed(operation, Reason::Unreadable))
    }

    /// Writes windows and what is used of the budget, or nothing.
    ///
    /// # Errors
    ///
    /// When the table cannot be reached, or refuses for another reason than that somebody else wrote
    /// first or that the budget has no room.
    pub async fn save(
        &self,
        windows: &[&Window],
        tallies: &[Tally],
        now: Timestamp,
    ) -> Result<Saved, CallError> {
        if let ([window], []) = (windows, tallies) {
            let saved = self.call("PutItem", &self.put(window)).await;
            return match saved {
                Ok(_) => Ok(Saved::Done),
                Err(error) if error.is("ConditionalCheckFailedException") => Ok(Saved::Changed),
                Err(error) => Err(error),
            };
        }
        let puts = windows.iter().map(|it| json!({ "Put": self.put(it) }));
        let updates = tallies
            .iter()
            .map(|it| json!({ "Update": self.update(it, now) }));
        let items: Vec<Json> = puts.chain(updates).collect();
        // A write whose answer was lost is not made again.
        let input = json!({ "ClientRequestToken": token(&items), "TransactItems": items });
        for attempt in 1.. {
            let Err(error) = self.call("TransactWriteItems", &input).await else {
                break;
            };
            let Reason::Cancelled(reasons) = error.reason() else {
                return Err(error);
            };
            let failed = |it: &&Json| text(it, "Code") == Some("ConditionalCheckFailed");
            let (of_windows, of_budget) = reasons.split_at(windows.len().min(reasons.len()));
            if of_windows.iter().any(|it| failed(&it)) {
                return Ok(Saved::Changed);
            }
            if let Some(full) = of_budget.iter().find(failed) {
                let used_in_day = text(full, "Item.day.N").and_then(|it| it.parse().ok());
                return Ok(Saved::NoRoom {
                    used_in_day: used_in_day.unwrap_or_default(),
                });
            }
            // Another transaction is in the way, or the table is asked for too much at once.
            if attempt == TRIES {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(30) * 2_u32.pow(attempt)).await;
        }
        Ok(Saved::Done)
    }

    fn put(&self, window: &Window) -> Json {
        let expires = window
            .ends
            .max(window.closes)
            .checked_add(KEPT)
            .unwrap_or(window.ends);
        let mut item = key(&window.place.group, &window.place.number.to_string());
        item["version"] = number(window.version + 1);
        item["expires"] = number(expires.as_second());
        item["window"] = json!({ "S": serde_json::to_string(window).unwrap_or_default() });
        let mut put = json!({ "TableName": self.table, "Item": item });
        if window.version == 0 {
            put["ConditionExpression"] = json!("attribute_not_exists(#version)");
        } else {
            put["ConditionExpression"] = json!("#version = :version");
            put["ExpressionAttributeValues"] = json!({ ":version": number(window.version) });
        }
        put["ExpressionAttributeNames"] = json!({ "#version": "version" });
        put
    }

    fn update(&self, tally: &Tally, now: Timestamp) -> Json {
        let mut names = Map::from_iter([
            ("#day".to_owned(), json!("day")),
            ("#expires".to_owned(), json!("expires")),
        ]);
        let expires = now.checked_add(KEPT).unwrap_or(now).as_second();
        let mut values = Map::from_iter([
            (":day".to_owned(), number(tally.by)),
            (":expires".to_owned(), number(expires)),
        ]);
        let mut add = "#day :day".to_owned();
        for (hour, by) in &tally.hours {
            names.insert(format!("#h{hour}"), json!(format!("h{hour}")));
            values.insert(format!(":h{hour}"), number(by));
            add = format!("{add}, #h{hour} :h{hour}");
        }
        let condition = tally.room.map(|(hour, limits)| {
            values.insert(":perHour".to_owned(), number(limits.per_hour));
            // A day that is given one back and loses one has as much room as before.
            let per_day = i64::from(limits.per_day) + 1 - tally.by;
            values.insert(":perDay".to_owned(), number(per_day));
            format!(
                "(attribute_not_exists(#day) OR #day < :perDay) \
                 AND (attribute_not_exists(#h{hour}) OR #h{hour} < :perHour)"
            )
        });
        let mut update = json!({
            "TableName": self.table,
            "Key": key(BUDGET, &tally.day.to_string()),
            "UpdateExpression": format!("ADD {add} SET #expires = :expires"),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        });
        if let Some(condition) = condition {
            update["ConditionExpression"] = json!(condition);
            update["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
        }
        update
    }
}

/// The window that an item of the table holds.
pub fn window(item: &Json) -> Option<Window> {
    let mut window: Window = serde_json::from_str(text(item, "window.S")?).ok()?;
    window.version = text(item, "version.N")?.parse().ok()?;
    Some(window)
}

/// What was used of the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// In an hour.
    pub in_hour: u32,
    /// In the hour's day, as far as it has got.
    pub in_day: u32,
}

/// What an item of the table says was used of the budget in an hour, if it counts the hour's day.
pub fn used(item: &Json, hour: Hour) -> Option<Used> {
    let number = |name: &str| text(item, &format!("{name}.N"));
    let of_day = text(item, "group.S") == Some(BUDGET)
        && number("number") == Some(hour.day().to_string().as_str());
    let count = |name: &str| number(name).and_then(|it| it.parse().ok()).unwrap_or(0);
    of_day.then(|| Used {
        in_hour: count(&format!("h{}", hour.of_day())),
        in_day: count("day"),
    })
}

/// The same for the same write, and no other.
fn token(items: &[Json]) -> String {
    let hash = Sha256::digest(json!(items).to_string());
    let (first, _) = hash.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    format!("{:032x}", u128::from_be_bytes(*first))
}

fn key(group: &str, place: &str) -> Json {
    json!({ "group": { "S": group }, "number": { "N": place } })
}

fn number(number: impl ToString) -> Json {
    json!({ "N": number.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_counted_by_day_and_hour() {
        let hour = Hour::of("2026-01-02T03:04:05Z".parse().unwrap());
        let day = |group: &str, day: i64| {
            let mut item = key(group, &day.to_string());
            item["day"] = number(11);
            item["h3"] = number(4);
            item
        };
        let today = hour.day();
        let some = |in_hour, in_day| Some(Used { in_hour, in_day });
        assert_eq!(used(&day(BUDGET, today), hour), some(4, 11));
        assert_eq!(used(&key(BUDGET, &today.to_string()), hour), some(0, 0));
        assert_eq!(used(&day(BUDGET, today - 1), hour), None);
        assert_eq!(used(&day("a group", today), hour), None);
    }
}
