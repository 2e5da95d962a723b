use serde_json::json;

use super::*;

const HERE: Scope<'_> = Scope {
    partition: "aws",
    region: "eu-central-1",
    account: "111122223333",
    stack: "tocsin-test",
};

#[track_caller]
fn check(pattern: &EventPattern, event: &Json, expected: bool) {
    assert_eq!(
        pattern.matches(event, &HERE),
        expected,
        "{} on {event}",
        pattern.to_json()
    );
}

fn leaf(matchers: impl Into<Vec<Matcher>>) -> EventPattern {
    EventPattern::new().field("a", matchers)
}

fn texts(texts: &[&str]) -> Vec<Value<String>> {
    texts.iter().map(|text| Value::from(*text)).collect()
}

#[test]
fn scalars_are_compared_by_type() {
    check(&leaf(Matcher::texts(["x"])), &json!({ "a": "x" }), true);
    check(&leaf(Matcher::texts(["1"])), &json!({ "a": 1 }), false);
    check(&leaf([Matcher::Number(1.0)]), &json!({ "a": 1 }), true);
    check(&leaf([Matcher::Bool(true)]), &json!({ "a": true }), true);
    check(&leaf([Matcher::Null]), &json!({ "a": null }), true);
    check(&leaf([Matcher::Null]), &json!({}), false);
}

#[test]
fn text_tests() {
    check(
        &leaf([Matcher::Prefix("ab".into())]),
        &json!({ "a": "abc" }),
        true,
    );
    check(
        &leaf([Matcher::Suffix("bc".into())]),
        &json!({ "a": "abc" }),
        true,
    );
    check(
        &leaf([Matcher::EqualsIgnoreCase("ÄB".into())]),
        &json!({ "a": "äb" }),
        true,
    );
    for (pattern, text, expected) in [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abb", false),
        ("*b*", "abc", true),
        ("a*a", "a", false),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("abc", "abc", true),
        ("ab", "abc", false),
    ] {
        check(
            &leaf([Matcher::Wildcard(pattern.into())]),
            &json!({ "a": text }),
            expected,
        );
    }
}

#[test]
fn numeric_ranges() {
    let range = vec![(Comparison::Greater, 0.0), (Comparison::AtMost, 5.0)];
    let pattern = leaf([Matcher::Numeric(range)]);
    check(&pattern, &json!({ "a": 5 }), true);
    check(&pattern, &json!({ "a": 0 }), false);
    check(&pattern, &json!({ "a": "3" }), false);
}

#[test]
fn any_element_of_a_list_may_fit() {
    check(
        &leaf(Matcher::texts(["x", "y"])),
        &json!({ "a": ["z", "y"] }),
        true,
    );
    check(&leaf(Matcher::texts(["x"])), &json!({ "a": [] }), false);
}

#[test]
fn anything_but_needs_the_field() {
    let pattern = leaf([Matcher::AnythingBut(Except::Texts(texts(&["x", "y"])))]);
    check(&pattern, &json!({ "a": "z" }), true);
    check(&pattern, &json!({ "a": "y" }), false);
    check(&pattern, &json!({}), false);
}

#[test]
fn anything_but_takes_lists_of_prefixes() {
    let pattern = leaf([Matcher::AnythingBut(Except::Prefixes(texts(&["x-", "y-"])))]);
    check(&pattern, &json!({ "a": "z-1" }), true);
    check(&pattern, &json!({ "a": "y-1" }), false);
}

/// Why [`Except`] takes lists: side by side, two exclusions are alternatives.
#[test]
fn two_anything_buts_exclude_nothing() {
    let but = |prefix| Matcher::AnythingBut(Except::Prefixes(texts(&[prefix])));
    let pattern = leaf([but("x-"), but("y-")]);
    check(&pattern, &json!({ "a": "x-1" }), true);
    check(&pattern, &json!({ "a": "y-1" }), true);
}

#[test]
fn null_is_present() {
    check(&leaf([Matcher::Present]), &json!({ "a": null }), true);
    check(&leaf([Matcher::Absent]), &json!({ "a": null }), false);
    check(&leaf([Matcher::Absent]), &json!({ "b": 1 }), true);
}

#[track_caller]
fn check_json(pattern: &Json, event: &Json, expected: bool) {
    check(&EventPattern::parse(pattern).unwrap(), event, expected);
}

#[test]
fn an_absent_field_by_itself_is_absent_from_every_element() {
    let pattern = json!({ "list": { "code": [{ "exists": false }] } });
    for (list, expected) in [
        (json!([{ "x": 1 }, { "x": 2 }]), true),
        (json!([]), true),
        (json!([{ "x": 1 }, { "code": 0 }]), false),
        (json!([{ "code": { "inner": 0 } }]), true),
        (json!([{ "code": [] }]), true),
        (json!([[{ "code": 0 }]]), false),
    ] {
        check_json(&pattern, &json!({ "list": list }), expected);
    }
}

/// Paths are looked at in alphabetical order: what has been found before says which element is meant.
#[test]
fn an_absent_field_is_absent_from_the_element_that_was_found_before_it() {
    let pattern = json!({ "list": { "code": [1], "name": [{ "exists": false }] } });
    for (list, expected) in [
        (json!([{ "code": 1 }, { "code": 2, "name": "app" }]), true),
        (json!([{ "code": 1, "name": "app" }, { "code": 1 }]), true),
        (json!([{ "code": 1, "name": "app" }, { "code": 2 }]), false),
        (json!([{ "code": 2 }]), false),
        (json!({ "code": [1, 2], "name": "app" }), false),
    ] {
        check_json(&pattern, &json!({ "list": list }), expected);
    }
}

#[test]
fn an_absent_field_that_comes_first_is_absent_from_every_element() {
    let pattern = json!({ "list": { "code": [{ "exists": false }], "name": ["app"] } });
    for (list, expected) in [
        (json!([{ "name": "app" }, { "name": "web" }]), true),
        (
            json!([{ "name": "app" }, { "name": "web", "code": 0 }]),
            false,
        ),
        (json!([{ "code": 0 }]), false),
    ] {
        check_json(&pattern, &json!({ "list": list }), expected);
    }
}

#[test]
fn an_absent_field_of_another_list_is_absent_from_all_of_it() {
    let pattern = json!({ "a": { "x": [1] }, "b": { "y": [{ "exists": false }] } });
    check_json(
        &pattern,
        &json!({ "a": [{ "x": 1 }], "b": [{}, { "y": 1 }] }),
        false,
    );
    check_json(
        &pattern,
        &json!({ "a": [{ "x": 1 }, { "y": 1 }], "b": [{}] }),
        true,
    );
}

#[test]
fn absent_or_a_value() {
    let pattern = json!({ "list": { "code": [1], "name": ["app", { "exists": false }] } });
    check_json(
        &pattern,
        &json!({ "list": [{ "code": 1 }, { "name": "web" }] }),
        true,
    );
    check_json(
        &pattern,
        &json!({ "list": [{ "code": 1, "name": "app" }] }),
        true,
    );
    check_json(
        &pattern,
        &json!({ "list": [{ "code": 1, "name": "web" }] }),
        false,
    );
}

/// Of two lists of values for one field, the one that is read last counts.
#[test]
fn a_field_beside_or_is_replaced_by_the_same_field_inside_it() {
    let pattern = json!({
        "kind": ["stop"],
        "$or": [{ "kind": ["start"] }, { "code": [1] }],
    });
    for (event, expected) in [
        (json!({ "kind": "start" }), true),
        (json!({ "kind": "stop", "code": 1 }), true),
        (json!({ "kind": "stop" }), false),
        (json!({ "kind": "pause", "code": 1 }), false),
    ] {
        check_json(&pattern, &event, expected);
    }
    let (read, replaced) = EventPattern::read(&pattern).unwrap();
    assert_eq!(
        read.to_json(),
        json!({ "$or": [{ "kind": ["start"] }, { "code": [1], "kind": ["stop"] }] }),
    );
    assert_eq!(replaced.len(), 1);
    assert_eq!(replaced[0].place, ["$or", "0", "kind"]);
    assert_eq!(replaced[0].field, "kind");
}

#[test]
fn a_field_is_the_same_however_deep_it_is_written() {
    let pattern = json!({
        "source": ["s"],
        "detail": { "kind": ["stop"], "size": [1] },
        "$or": [{ "detail": { "kind": ["start"] } }, { "detail.size": [2] }],
    });
    let event = |kind, size| json!({ "source": "s", "detail": { "kind": kind, "size": size } });
    check_json(&pattern, &event("start", 1), true);
    check_json(&pattern, &event("stop", 2), true);
    check_json(&pattern, &event("stop", 1), false);
    check_json(&pattern, &event("start", 2), false);
}

#[test]
fn a_list_inside_of_a_list_is_a_list_of_its_own() {
    let pattern = json!({ "list": { "code": [1], "name": ["app"] } });
    for (list, expected) in [
        (json!([[{ "code": 1, "name": "app" }]]), true),
        (json!([[{ "code": 1 }], [{ "name": "app" }]]), false),
        (json!([[{ "code": 1 }, { "name": "app" }]]), false),
        (json!([[{ "code": 1 }], { "name": "app" }]), false),
        (json!([{ "code": 1 }, [{}, { "name": "app" }]]), false),
    ] {
        check_json(&pattern, &json!({ "list": list }), expected);
    }
    // An element that is a scalar goes with every neighbour, but not with what is in another list.
    let pattern = json!({ "list": [5], "list.code": [1] });
    for (list, expected) in [
        (json!([[5, { "code": 1 }]]), true),
        (json!([[{}, 5, {}, { "code": 1 }]]), true),
        (json!([5, [[{ "code": 1 }]]]), true),
        (json!([[5], [{ "code": 1 }]]), false),
    ] {
        check_json(&pattern, &json!({ "list": list }), expected);
    }
}

/// Three lists of a thousand elements have a billion combinations.
#[test]
fn long_lists_are_matched_one_after_the_other() {
    let long: Json = (0..1_000).map(|n| json!({ "x": n })).collect();
    let event = json!({ "a": long, "b": long, "c": long, "d": 1 });
    let any = json!({ "x": [{ "exists": true }] });
    check_json(
        &json!({ "a": any, "b": any, "c": any, "d": [2] }),
        &event,
        false,
    );
    check_json(
        &json!({ "a": any, "b": any, "c": any, "d": [1] }),
        &event,
        true,
    );
}

#[test]
fn objects_in_a_list_are_matched_one_at_a_time() {
    let pattern = EventPattern::new()
        .field("list.name", Matcher::texts(["app"]))
        .field("list.code", [Matcher::Number(1.0)]);
    check(
        &pattern,
        &json!({ "list": [{ "name": "app", "code": 1 }] }),
        true,
    );
    check(
        &pattern,
        &json!({ "list": [{ "name": "app", "code": 0 }, { "name": "side", "code": 1 }] }),
        false,
    );
}

#[test]
fn a_list_seen_from_two_branches_is_still_one_list() {
    let name = |name| EventPattern::new().field("list.name", Matcher::texts([name]));
    let pattern = EventPattern::new()
        .field("list.code", [Matcher::Number(1.0)])
        .any_of([name("app"), name("web")]);
    check(
        &pattern,
        &json!({ "list": [{ "name": "app", "code": 0 }, { "name": "side", "code": 1 }] }),
        false,
    );
    check(
        &pattern,
        &json!({ "list": [{ "name": "web", "code": 1 }] }),
        true,
    );
}

#[test]
fn one_alternative_is_enough() {
    let pattern = EventPattern::new()
        .field("kind", Matcher::texts(["stop"]))
        .any_of([
            leaf(Matcher::texts(["x"])),
            EventPattern::new().field("b", [Matcher::Present]),
        ]);
    check(&pattern, &json!({ "kind": "stop", "b": 0 }), true);
    check(&pattern, &json!({ "kind": "stop", "a": "x" }), true);
    check(&pattern, &json!({ "kind": "stop", "a": "y" }), false);
    check(&pattern, &json!({ "kind": "start", "a": "x" }), false);
}

#[test]
fn pseudo_parameters_are_filled_in() {
    let cluster =
        Value::sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:cluster/a");
    check(
        &leaf([Matcher::Text(cluster)]),
        &json!({ "a": "arn:aws:ecs:eu-central-1:111122223333:cluster/a" }),
        true,
    );
}

#[test]
fn a_pattern_is_printed_as_eventbridge_reads_it() {
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.ecs"]))
        .field(
            "detail.code",
            [Matcher::AnythingBut(Except::Numbers(vec![0.0]))],
        )
        .field(
            "detail.size",
            [Matcher::Numeric(vec![(Comparison::AtLeast, 2.0)])],
        )
        .object("detail.inner", leaf([Matcher::Absent]))
        .any_of([leaf([Matcher::Null])]);
    assert_eq!(
        pattern.to_json(),
        json!({
            "source": ["aws.ecs"],
            "detail": {
                "code": [{ "anything-but": [0] }],
                "size": [{ "numeric": [">=", 2] }],
                "inner": { "a": [{ "exists": false }] },
            },
            "$or": [{ "a": [null] }],
        })
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let pattern = EventPattern::new()
        .field("source", Matcher::texts(["aws.ecs"]))
        .any_of([
            EventPattern::new()
                .field("code", Matcher::texts(["x"]))
                .field("more", [Matcher::Present]),
            EventPattern::new().field("code", Matcher::texts(["y"])),
        ]);
    let shown = |event: Json| -> Vec<String> {
        let mismatches = pattern.mismatches(&event, &HERE);
        mismatches.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        shown(json!({ "source": "aws.ec2", "code": "z" })),
        [
            "`code` is \"z\", expected [\"y\"]",
            "`source` is \"aws.ec2\", expected [\"aws.ecs\"]",
        ]
    );
    assert_eq!(
        shown(json!({ "source": "aws.ecs", "code": "x" })),
        ["`more` is not there, expected [{\"exists\":true}]"]
    );
    assert!(shown(json!({ "source": "aws.ecs", "code": "y" })).is_empty());
}

/// `exists: false` alone speaks of every element of a list, and beside a path before it of one.
#[test]
fn an_alternative_that_asks_for_less_can_fit_less() {
    let pattern = json!({ "a": {
        "$or": [{ "a": [{ "exists": true }] }, { "c": [1] }],
        "c": [{ "exists": false }],
    } });
    let (pattern, _) = EventPattern::read(&pattern).unwrap();
    let event = json!({ "a": [{ "c": 1 }, { "a": 1 }] });
    assert!(pattern.matches(&event, &HERE), "{}", pattern.to_json());
}

#[test]
fn an_absent_field_is_no_mismatch_where_another_element_has_it() {
    let pattern = json!({ "list": { "code": [1], "name": [{ "exists": false }] } });
    let pattern = EventPattern::parse(&pattern).unwrap();
    let mismatches = |event: Json| -> Vec<String> {
        let mismatches = pattern.mismatches(&event, &HERE).into_iter();
        mismatches.map(|it| it.path).collect()
    };
    let elsewhere = json!({ "list": [{ "code": 2 }, { "code": 3, "name": "app" }] });
    assert_eq!(mismatches(elsewhere), ["list.code"]);
    let everywhere = json!({ "list": { "code": 2, "name": "app" } });
    assert_eq!(mismatches(everywhere), ["list.code", "list.name"]);
}
