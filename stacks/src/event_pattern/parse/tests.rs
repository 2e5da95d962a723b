use serde_json::json;

use super::*;
use crate::json::ToJson as _;

#[test]
fn whatever_eventbridge_accepts_is_read_and_printed_alike() {
    for pattern in [
        json!({ "source": ["aws.ecs"], "detail": { "n": [1, 0.5, true, null] } }),
        json!({ "a": [{ "prefix": "x" }, { "suffix": "y" }, { "exists": false }] }),
        json!({ "a": [{ "prefix": { "equals-ignore-case": "x" } }] }),
        json!({ "a": [{ "suffix": { "equals-ignore-case": "x" } }] }),
        json!({ "a": [{ "equals-ignore-case": "x" }, { "wildcard": "a*b" }] }),
        json!({ "a": [{ "anything-but": { "prefix": ["x", "y"] } }] }),
        json!({ "a": [{ "anything-but": ["x"] }, { "exists": true }] }),
        json!({ "a": [{ "anything-but": [1, 2] }] }),
        json!({ "a": [{ "numeric": [">", 0, "<=", 5] }, { "numeric": ["=", 3] }] }),
        json!({ "a": [{ "cidr": "10.0.0.0/24" }, { "cidr": "2001:db8::/32" }] }),
        json!({ "$or": [{ "a": ["x"] }, { "b": { "c": ["y"] } }], "d": ["z"] }),
    ] {
        assert_eq!(EventPattern::parse(&pattern).unwrap().to_json(), pattern);
    }
}

/// EventBridge takes one value for a list of one.
#[test]
fn one_excluded_value_stands_for_a_list() {
    let one = json!({ "a": [{ "anything-but": "x" }] });
    let list = json!({ "a": [{ "anything-but": ["x"] }] });
    assert_eq!(EventPattern::parse(&one).unwrap().to_json(), list);
}

#[test]
fn whatever_eventbridge_refuses_is_refused_at_its_place() {
    for (pattern, path, message) in [
        (json!([]), "", "an object of fields"),
        (json!({}), "", "at least one field"),
        (json!({ "a": "x" }), "a", "takes a list"),
        (json!({ "a": {} }), "a", "at least one field"),
        (json!({ "a": [] }), "a", "nothing fits"),
        (json!({ "a": [["x"]] }), "a.0", "inside of a list"),
        (json!({ "a": [{}] }), "a.0", "one comparison"),
        (
            json!({ "a": [{ "prefix": "x", "suffix": "y" }] }),
            "a.0",
            "one comparison",
        ),
        (json!({ "a": [{ "prefix": 1 }] }), "a.0.prefix", "a text"),
        (
            json!({ "a": [{ "like": "x" }] }),
            "a.0.like",
            "no comparison",
        ),
        (
            json!({ "a": [{ "exists": "yes" }] }),
            "a.0.exists",
            "`true` or `false`",
        ),
        (
            json!({ "a": [{ "wildcard": "x**" }] }),
            "a.0.wildcard",
            "in a row",
        ),
        (
            json!({ "a": [{ "wildcard": 1 }] }),
            "a.0.wildcard",
            "a text",
        ),
        (
            json!({ "a": [{ "numeric": [">"] }] }),
            "a.0.numeric",
            "a range",
        ),
        (
            json!({ "a": [{ "numeric": ["~", 1] }] }),
            "a.0.numeric",
            "a range",
        ),
        (
            json!({ "a": [{ "numeric": ["<", 5, ">", 0] }] }),
            "a.0.numeric",
            "a range",
        ),
        (
            json!({ "a": [{ "numeric": [">", 5, "<", 5] }] }),
            "a.0.numeric",
            "a range",
        ),
        (json!({ "a": [6_000_000_000_i64] }), "a.0", "5,000,000,000"),
        (
            json!({ "a": [{ "anything-but": ["x", 1] }] }),
            "a.0.anything-but",
            "not both",
        ),
        (
            json!({ "a": [{ "anything-but": [] }] }),
            "a.0.anything-but",
            "at least one",
        ),
        (
            json!({ "a": [{ "anything-but": { "numeric": [">", 0] } }] }),
            "a.0.anything-but",
            "does not go with",
        ),
        (
            json!({ "a": [{ "cidr": "10.0.0.0" }] }),
            "a.0.cidr",
            "range",
        ),
        (json!({ "$or": [{ "a": ["x"] }] }), "$or", "at least two"),
        (
            json!({ "$or": [{ "a": ["x"] }, { "a": "y" }] }),
            "$or.1.a",
            "takes a list",
        ),
        (
            json!({ "detail": { "Ref": ["x"] } }),
            "detail.Ref",
            "cannot hold",
        ),
        (
            json!({ "$or": [{ "a": ["x"] }, { "b": { "prefix": ["y"] } }] }),
            "$or.1.b.prefix",
            "no field called",
        ),
    ] {
        let problems = EventPattern::parse(&pattern).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{pattern}: {problems:?}");
        };
        assert_eq!(problem.path.join("."), path, "{pattern}");
        assert!(problem.message.contains(message), "{pattern}: {problem}");
    }
}

#[test]
fn all_problems_are_found_at_once() {
    let pattern = json!({ "a": "x", "b": [], "c": [{ "like": "y" }] });
    assert_eq!(EventPattern::parse(&pattern).unwrap_err().len(), 3);
}

#[test]
fn alternatives_multiply() {
    let or = |names: [&str; 2]| {
        let branches = (0..32).map(|n| json!({ names[0]: { names[1]: [n] } }));
        branches.collect::<Json>()
    };
    let pattern = json!({ "x": { "$or": or(["a", "b"]) }, "y": { "$or": or(["c", "d"]) } });
    let problems = EventPattern::parse(&pattern).unwrap_err();
    assert!(
        problems[0].message.contains("1024 alternatives"),
        "{problems:?}"
    );
}

/// What is written, with its fields in order.
enum InOrder {
    Object(Vec<(&'static str, InOrder)>),
    List(Vec<InOrder>),
    Value(Json),
}

impl Written for InOrder {
    fn fields(&self) -> Option<Vec<(&str, &Self)>> {
        match self {
            Self::Object(fields) => Some(fields.iter().map(|(name, it)| (*name, it)).collect()),
            _ => None,
        }
    }

    fn items(&self) -> Option<Vec<&Self>> {
        match self {
            Self::List(items) => Some(items.iter().collect()),
            _ => None,
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, it)| ((*name).to_owned(), it.json()));
                fields.collect()
            }
            Self::List(items) => items.iter().map(Written::json).collect(),
            Self::Value(json) => json.clone(),
        }
    }
}

#[test]
fn of_two_lists_for_a_field_the_one_that_is_read_last_counts() {
    let leaf = |name, values: Json| (name, InOrder::Value(values));
    let one = |name, values| InOrder::Object(vec![leaf(name, values)]);
    let or = || InOrder::List(vec![one("a", json!([1])), one("b", json!([2]))]);
    let read = |fields| {
        let (pattern, replaced) = EventPattern::read(&InOrder::Object(fields)).unwrap();
        let places: Vec<String> = replaced.iter().map(|it| it.place.join(".")).collect();
        (pattern.to_json(), places)
    };
    let (pattern, places) = read(vec![leaf("a", json!([3])), ("$or", or())]);
    assert_eq!(
        pattern,
        json!({ "$or": [{ "a": [1] }, { "a": [3], "b": [2] }] })
    );
    assert_eq!(places, ["$or.0.a"]);
    // The first alternative asks for no more than the field beside it.
    let (pattern, places) = read(vec![("$or", or()), leaf("a", json!([3]))]);
    assert_eq!(pattern, json!({ "a": [3] }));
    assert_eq!(places, ["a"]);
}

/// `a` is a list of scalars and of objects: in one alternative, both are looked at.
#[test]
fn a_field_below_another_is_written_as_its_path() {
    let branch = |kind: u8| json!({ "a": { "b": [2] }, "kind": [kind] });
    let pattern = json!({ "a": [1], "kind": [0], "$or": [branch(3), branch(4)] });
    let read = EventPattern::parse(&pattern).unwrap();
    assert_eq!(
        read.to_json(),
        json!({ "a": [1], "a.b": [2], "$or": [{ "kind": [3] }, { "kind": [4] }] })
    );
}
