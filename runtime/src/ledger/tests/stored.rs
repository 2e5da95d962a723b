//! Items as earlier versions wrote them: they are never edited, only added to.

use super::*;

#[test]
fn recorded_items_are_read() {
    let recorded = include_str!("items.jsonl");
    assert!(recorded.lines().count() >= 8);
    for line in recorded.lines() {
        let item: Item = serde_json::from_str(line).unwrap();
        let again: Item = serde_json::from_value(json!(item)).unwrap();
        assert_eq!(again, item);
    }
}

/// What a newer version adds is no reason not to read the rest.
#[test]
fn fields_that_are_not_known_are_left() {
    for line in include_str!("items.jsonl").lines() {
        let mut newer: serde_json::Value = serde_json::from_str(line).unwrap();
        newer["added"] = json!({ "since": "later" });
        let item: Item = serde_json::from_value(newer).unwrap();
        assert_eq!(item, serde_json::from_str(line).unwrap());
    }
}
