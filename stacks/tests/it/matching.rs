//! The matcher against a second formulation of the same rules, over patterns and events that chance
//! makes: compile as `aws/event-ruler` compiles, and try every choice of scalars.
//!
//! The second formulation shares no code with the first, and is slow: it has the whole event as one
//! list of fields, and walks through all of it for each leaf of a pattern.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use stacks::{
    EventPattern, ToJson as _,
    event_pattern::{Scope, Written},
};

const HERE: Scope<'_> = Scope {
    partition: "aws",
    region: "eu-central-1",
    account: "111122223333",
    stack: "tocsin-test",
};

/// What somebody writes, with its fields in the order in which they are written.
#[derive(Clone, Debug)]
enum Text {
    Object(Vec<(String, Text)>),
    Or(Vec<Text>),
    Values(Vec<Json>),
}

impl Written for Text {
    fn fields(&self) -> Option<Vec<(&str, &Self)>> {
        match self {
            Self::Object(fields) => Some(fields.iter().map(|(name, it)| (&**name, it)).collect()),
            _ => None,
        }
    }

    fn items(&self) -> Option<Vec<&Self>> {
        match self {
            Self::Or(branches) => Some(branches.iter().collect()),
            _ => None,
        }
    }

    fn json(&self) -> Json {
        match self {
            Self::Object(fields) => {
                let fields = fields.iter().map(|(name, it)| (name.clone(), it.json()));
                fields.collect()
            }
            Self::Or(branches) => branches.iter().map(Written::json).collect(),
            Self::Values(values) => Json::Array(values.clone()),
        }
    }
}

type Compiled = BTreeMap<String, Vec<Json>>;

/// What `JsonRuleCompiler` makes of a pattern: maps in which a later list takes the place of an
/// earlier one.
fn compile(text: &Text, path: &[String], maps: &mut Vec<Compiled>) {
    let Text::Object(fields) = text else {
        panic!("a pattern is an object: {text:?}")
    };
    for (name, value) in fields {
        let path = [path, std::slice::from_ref(name)].concat();
        match value {
            Text::Object(_) => compile(value, &path, maps),
            Text::Values(values) => {
                for map in &mut *maps {
                    map.insert(path.join("."), values.clone());
                }
            }
            Text::Or(branches) => {
                let mut all = Vec::new();
                for branch in branches {
                    let mut copy = maps.clone();
                    compile(branch, &path[..path.len() - 1], &mut copy);
                    all.extend(copy);
                }
                *maps = all;
            }
        }
    }
}

/// A field of an event as `Event` has it: path, value, and which element of which list.
type Entry = (String, Json, HashMap<usize, usize>);

fn entries(event: &Json) -> Vec<Entry> {
    // What is still to be taken apart. Lists are numbered as they are met.
    let mut open: Vec<Entry> = vec![(String::new(), event.clone(), HashMap::new())];
    let (mut found, mut lists) = (Vec::new(), 0);
    while let Some((path, value, places)) = open.pop() {
        match value {
            Json::Object(fields) => {
                for (name, value) in fields {
                    let path = format!("{path}.{name}").trim_start_matches('.').to_owned();
                    open.push((path, value, places.clone()));
                }
            }
            Json::Array(items) => {
                lists += 1;
                for (index, item) in items.into_iter().enumerate() {
                    let mut places = places.clone();
                    if matches!(item, Json::Object(_) | Json::Array(_)) {
                        places.insert(lists, index);
                    }
                    open.push((path.clone(), item, places));
                }
            }
            scalar => found.push((path, scalar, places)),
        }
    }
    found
}

fn consistent(a: &HashMap<usize, usize>, b: &HashMap<usize, usize>) -> bool {
    a.iter()
        .all(|(list, index)| b.get(list).is_none_or(|other| other == index))
}

fn value_fits(wanted: &Json, value: &Json) -> bool {
    match wanted.get("anything-but").and_then(Json::as_array) {
        Some(but) => !but.contains(value),
        None if wanted == &json!({ "exists": true }) => true,
        None => wanted == value,
    }
}

/// Tries, for each path in alphabetical order, every field of the event and the absence of all.
fn try_all(
    leaves: &[(&String, &Vec<Json>)],
    entries: &[Entry],
    chosen: &mut Vec<HashMap<usize, usize>>,
) -> bool {
    let Some(((path, wanted), rest)) = leaves.split_first() else {
        return true;
    };
    for (at, value, places) in entries {
        if at == *path
            && wanted.iter().any(|wanted| value_fits(wanted, value))
            && chosen.iter().all(|other| consistent(places, other))
        {
            chosen.push(places.clone());
            let fits = try_all(rest, entries, chosen);
            chosen.pop();
            if fits {
                return true;
            }
        }
    }
    let there = entries
        .iter()
        .any(|(at, _, places)| at == *path && chosen.iter().all(|other| consistent(places, other)));
    !there && wanted.contains(&json!({ "exists": false })) && try_all(rest, entries, chosen)
}

fn second_opinion(pattern: &Text, event: &Json) -> bool {
    let mut maps = vec![Compiled::new()];
    compile(pattern, &[], &mut maps);
    let entries = entries(event);
    maps.iter().any(|map| {
        let leaves: Vec<(&String, &Vec<Json>)> = map.iter().collect();
        try_all(&leaves, &entries, &mut Vec::new())
    })
}

/// Few names and values, so that patterns and events have something to do with each other.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

/// Objects below one another, with lists of them, and lists of lists, on every level.
fn lists_of_objects() -> impl Strategy<Value = Json> {
    let number = || prop::sample::select(vec![json!(1), json!(2)]);
    number().prop_recursive(6, 30, 3, move |inner| {
        let object = prop::collection::btree_map(prop::sample::select(vec!["b", "c"]), inner.clone(), 1..3)
            .prop_map(|fields| fields.into_iter().map(|(name, it)| (name.to_owned(), it)).collect::<Json>());
        prop_oneof![
            2 => prop::collection::vec(prop_oneof![3 => object.clone(), 1 => inner], 1..4).prop_map(Json::Array),
            1 => object,
        ]
    })
    .prop_map(|value| json!({ "a": value }))
}

/// Fields of the same objects, of which all must fit.
fn fields_of_objects() -> impl Strategy<Value = Text> {
    let path = prop::sample::select(vec!["a", "a.b", "a.c", "a.b.b", "a.b.c", "a.c.b"]);
    let value = prop::sample::select(vec![
        json!(1),
        json!(2),
        json!({ "exists": true }),
        json!({ "exists": false }),
    ]);
    let values = prop::collection::vec(value, 1..3).prop_map(Text::Values);
    prop::collection::btree_map(path, values, 2..5).prop_map(|fields| {
        let fields = fields.into_iter().map(|(path, it)| (path.to_owned(), it));
        Text::Object(fields.collect())
    })
}

fn scalar() -> impl Strategy<Value = Json> {
    prop::sample::select(vec![json!(1), json!(2), json!("x"), Json::Null])
}

fn event() -> impl Strategy<Value = Json> {
    let value = scalar().prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            2 => prop::collection::btree_map(name(), inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    });
    prop::collection::btree_map(name(), value, 1..4).prop_map(|fields| fields.into_iter().collect())
}

fn values() -> impl Strategy<Value = Text> {
    let value = prop_oneof![
        3 => scalar(),
        2 => Just(json!({ "exists": false })),
        1 => Just(json!({ "exists": true })),
        1 => prop::sample::select(vec![json!([1, 2]), json!(["x"])])
            .prop_map(|but| json!({ "anything-but": but })),
    ];
    prop::collection::vec(value, 1..3).prop_map(Text::Values)
}

fn fields(value: impl Strategy<Value = Text>) -> impl Strategy<Value = Vec<(String, Text)>> {
    prop::collection::btree_map(name(), value, 1..4)
        .prop_map(|fields| fields.into_iter().collect::<Vec<_>>())
}

/// Objects: fields in any order, `$or` anywhere between them, each name once.
fn pattern() -> impl Strategy<Value = Text> {
    let flat = fields(values()).prop_shuffle().prop_map(Text::Object);
    flat.prop_recursive(3, 24, 3, |inner| {
        let value = prop_oneof![2 => values(), 1 => inner.clone()];
        let branches = prop::collection::vec(inner, 2..4).prop_map(Text::Or);
        (fields(value), prop::option::of(branches))
            .prop_map(|(mut fields, or)| {
                fields.extend(or.map(|branches| ("$or".to_owned(), branches)));
                fields
            })
            .prop_shuffle()
            .prop_map(Text::Object)
    })
}

/// # Panics
///
/// When the matcher says something else than the second formulation.
fn compare(pattern: &Text, event: &Json) {
    let (read, _) = EventPattern::read(pattern).expect("a pattern that EventBridge accepts");
    let expected = second_opinion(pattern, event);
    let shown = format!("{} on {event}", pattern.json());
    assert_eq!(read.matches(event, &HERE), expected, "{shown}");
    // What is deployed means the same, and has no field twice whose order could matter.
    let printed = read.to_json();
    let (deployed, replaced) = EventPattern::read(&printed).expect("what was read is accepted");
    assert!(replaced.is_empty(), "{printed} of {shown}: {replaced:?}");
    assert_eq!(
        deployed.matches(event, &HERE),
        expected,
        "{printed} of {shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_pattern_matches_as_a_second_matcher_says(pattern in pattern(), event in event()) {
        compare(&pattern, &event);
    }

    #[test]
    fn lists_of_objects_match_as_a_second_matcher_says(
        pattern in fields_of_objects(),
        event in lists_of_objects(),
    ) {
        compare(&pattern, &event);
    }
}
