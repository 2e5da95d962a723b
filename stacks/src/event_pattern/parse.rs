//! Patterns that somebody wrote, read by EventBridge's rules.
//!
//! Source: "Comparison operators for use in event patterns in Amazon EventBridge" in the EventBridge
//! user guide.

use super::{Comparison, EventPattern, Except, Field, Matcher};
use crate::{json::Json, value::Value};

/// Alternatives that one pattern may have, with every `$or` multiplied out. Source: "Creating event
/// patterns with or matching" in the EventBridge user guide.
const ALTERNATIVES: usize = 1_000;
/// Numbers that EventBridge compares lie between this and its negative.
const LARGEST_NUMBER: f64 = 5.0e9;

const RANGE: &str = "`numeric` takes one comparison such as [\">=\", 5], or a range such as \
                     [\">\", 0, \"<=\", 5]";

/// What EventBridge would not accept about a pattern, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidPattern {
    /// The names and the list indices that lead to the place, from the outside.
    pub path: Vec<String>,
    /// What is wrong there.
    pub message: String,
}

impl EventPattern {
    /// Reads a pattern as EventBridge would.
    ///
    /// # Errors
    ///
    /// Everything that EventBridge would refuse, at its place.
    pub fn parse(json: &Json) -> Result<Self, Vec<InvalidPattern>> {
        let mut reader = Reader::default();
        let pattern = reader.pattern(json);
        if reader.problems.is_empty() && pattern.alternatives_count() > ALTERNATIVES {
            reader.refuse(format!(
                "the pattern has {} alternatives: EventBridge takes {ALTERNATIVES}",
                pattern.alternatives_count()
            ));
        }
        if reader.problems.is_empty() {
            Ok(pattern)
        } else {
            Err(reader.problems)
        }
    }

    /// How many patterns without `$or` this one stands for.
    fn alternatives_count(&self) -> usize {
        let fields = self.fields.values().map(|field| match field {
            Field::Object(pattern) => pattern.alternatives_count(),
            Field::Leaf(_) => 1,
        });
        let branches: usize = self.any_of.iter().map(Self::alternatives_count).sum();
        fields.fold(branches.max(1), usize::saturating_mul)
    }
}

#[derive(Default)]
struct Reader {
    path: Vec<String>,
    problems: Vec<InvalidPattern>,
}

impl Reader {
    fn refuse(&mut self, message: impl Into<String>) {
        self.problems.push(InvalidPattern {
            path: self.path.clone(),
            message: message.into(),
        });
    }

    fn inside<T>(&mut self, step: impl ToString, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.to_string());
        let value = read(self);
        self.path.pop();
        value
    }

    fn pattern(&mut self, json: &Json) -> EventPattern {
        let mut pattern = EventPattern::new();
        let Some(fields) = json.as_object() else {
            self.refuse("a pattern is an object of fields");
            return pattern;
        };
        if fields.is_empty() {
            self.refuse("an empty pattern: EventBridge wants at least one field");
        }
        for (name, value) in fields {
            self.inside(name, |reader| match (name.as_str(), value) {
                ("$or", _) => pattern.any_of = reader.alternatives(value),
                // CloudFormation would take it for one of its functions.
                (name, _) if name == "Ref" || name.starts_with("Fn::") => {
                    reader.refuse(format!("a template cannot hold a field called `{name}`"));
                }
                (_, Json::Object(_)) => {
                    let inner = reader.pattern(value);
                    pattern.fields.insert(name.clone(), Field::Object(inner));
                }
                (_, Json::Array(matchers)) => {
                    let matchers = reader.matchers(matchers);
                    pattern.fields.insert(name.clone(), Field::Leaf(matchers));
                }
                _ => reader.refuse("a field takes a list of values, also where there is only one"),
            });
        }
        pattern
    }

    fn alternatives(&mut self, json: &Json) -> Vec<EventPattern> {
        let branches = json.as_array().map_or(&[][..], Vec::as_slice);
        if branches.len() < 2 {
            self.refuse("`$or` takes a list of at least two patterns");
        }
        let branches = branches.iter().enumerate();
        branches
            .map(|(index, branch)| self.inside(index, |reader| reader.pattern(branch)))
            .collect()
    }

    fn matchers(&mut self, items: &[Json]) -> Vec<Matcher> {
        if items.is_empty() {
            self.refuse("an empty list, which nothing fits");
        }
        let items = items.iter().enumerate();
        items
            .filter_map(|(index, item)| self.inside(index, |reader| reader.matcher(item)))
            .collect()
    }

    fn matcher(&mut self, json: &Json) -> Option<Matcher> {
        match json {
            Json::Null => Some(Matcher::Null),
            Json::Bool(bool) => Some(Matcher::Bool(*bool)),
            Json::Number(_) => self.number(json).map(Matcher::Number),
            Json::String(text) => Some(Matcher::Text(text.as_str().into())),
            Json::Array(_) => {
                self.refuse("a list inside of a list");
                None
            }
            Json::Object(operator) => {
                let mut entries = operator.iter();
                let (Some((name, operand)), None) = (entries.next(), entries.next()) else {
                    self.refuse("one comparison at a time: side by side they are alternatives");
                    return None;
                };
                self.inside(name, |reader| reader.comparison(name, operand))
            }
        }
    }

    fn comparison(&mut self, name: &str, operand: &Json) -> Option<Matcher> {
        match name {
            "prefix" => self.affix(operand, Matcher::Prefix, Matcher::PrefixIgnoringCase),
            "suffix" => self.affix(operand, Matcher::Suffix, Matcher::SuffixIgnoringCase),
            "equals-ignore-case" => self.text(operand).map(Matcher::EqualsIgnoreCase),
            "wildcard" => self.wildcard(operand).map(Matcher::Wildcard),
            "anything-but" => self.except(operand).map(Matcher::AnythingBut),
            "numeric" => self.range(operand).map(Matcher::Numeric),
            "exists" => {
                let there = operand.as_bool();
                if there.is_none() {
                    self.refuse("`exists` takes `true` or `false`");
                }
                there.map(|there| {
                    if there {
                        Matcher::Present
                    } else {
                        Matcher::Absent
                    }
                })
            }
            "cidr" => {
                let range = operand.as_str().and_then(|text| text.parse().ok());
                if range.is_none() {
                    self.refuse("`cidr` takes a range such as \"10.0.0.0/24\"");
                }
                range.map(Matcher::Cidr)
            }
            other => {
                self.refuse(format!(
                    "EventBridge knows no comparison `{other}`: use prefix, suffix, \
                     equals-ignore-case, wildcard, anything-but, numeric, exists or cidr"
                ));
                None
            }
        }
    }

    fn affix(
        &mut self,
        operand: &Json,
        exact: fn(Value<String>) -> Matcher,
        ignoring_case: fn(Value<String>) -> Matcher,
    ) -> Option<Matcher> {
        match operand.get("equals-ignore-case") {
            Some(inner) => self.text(inner).map(ignoring_case),
            None => self.text(operand).map(exact),
        }
    }

    fn text(&mut self, json: &Json) -> Option<Value<String>> {
        let text = json.as_str();
        if text.is_none() {
            self.refuse("a text is wanted here");
        }
        text.map(Value::from)
    }

    fn wildcard(&mut self, json: &Json) -> Option<Value<String>> {
        if json.as_str().is_some_and(|text| text.contains("**")) {
            self.refuse("two `*` in a row");
            return None;
        }
        self.text(json)
    }

    fn number(&mut self, json: &Json) -> Option<f64> {
        let number = json.as_f64().filter(|it| it.abs() <= LARGEST_NUMBER);
        if number.is_none() {
            self.refuse("a number from -5,000,000,000 to 5,000,000,000 is wanted here");
        }
        number
    }

    fn except(&mut self, operand: &Json) -> Option<Except> {
        if let Some(operator) = operand.as_object() {
            let mut entries = operator.iter();
            let (Some((name, inner)), None) = (entries.next(), entries.next()) else {
                self.refuse("`anything-but` takes one comparison");
                return None;
            };
            let kind = match name.as_str() {
                "prefix" => Except::Prefixes,
                "suffix" => Except::Suffixes,
                "equals-ignore-case" => Except::EqualsIgnoreCase,
                "wildcard" => Except::Wildcards,
                _ => {
                    self.refuse(format!("`anything-but` does not go with `{name}`"));
                    return None;
                }
            };
            let read = if name == "wildcard" {
                Self::wildcard
            } else {
                Self::text
            };
            let texts = one_or_many(inner).iter().map(|item| read(self, item));
            let texts: Vec<Option<Value<String>>> = texts.collect();
            return self.not_empty(texts.into_iter().collect()).map(kind);
        }
        let items = one_or_many(operand);
        if items.iter().all(Json::is_string) {
            let texts = items.iter().map(|item| self.text(item)).collect();
            return self.not_empty(texts).map(Except::Texts);
        }
        if items.iter().all(Json::is_number) {
            let numbers = items.iter().map(|item| self.number(item)).collect();
            return self.not_empty(numbers).map(Except::Numbers);
        }
        self.refuse("`anything-but` takes texts or numbers, and not both");
        None
    }

    fn not_empty<T>(&mut self, list: Option<Vec<T>>) -> Option<Vec<T>> {
        let list = list?;
        if list.is_empty() {
            self.refuse("`anything-but` takes at least one value");
            return None;
        }
        Some(list)
    }

    fn range(&mut self, operand: &Json) -> Option<Vec<(Comparison, f64)>> {
        let items = operand.as_array().map_or(&[][..], Vec::as_slice);
        let pairs = items.chunks(2).map(|pair| match pair {
            [symbol, number] => Some((Comparison::parse(symbol.as_str()?)?, number)),
            _ => None,
        });
        let Some(pairs) = pairs.collect::<Option<Vec<_>>>() else {
            self.refuse(RANGE);
            return None;
        };
        let numbers = pairs
            .into_iter()
            .map(|(comparison, number)| Some((comparison, self.number(number)?)));
        let range: Vec<(Comparison, f64)> = numbers.collect::<Option<_>>()?;
        let valid = match range.as_slice() {
            [_] => true,
            [(low, from), (high, to)] => low.is_lower() && high.is_upper() && from < to,
            _ => false,
        };
        if !valid {
            self.refuse(RANGE);
        }
        valid.then_some(range)
    }
}

fn one_or_many(json: &Json) -> &[Json] {
    match json {
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

impl Comparison {
    fn parse(symbol: &str) -> Option<Self> {
        [
            Self::Equal,
            Self::Less,
            Self::AtMost,
            Self::Greater,
            Self::AtLeast,
        ]
        .into_iter()
        .find(|it| it.symbol() == symbol)
    }

    fn is_lower(self) -> bool {
        matches!(self, Self::Greater | Self::AtLeast)
    }

    fn is_upper(self) -> bool {
        matches!(self, Self::Less | Self::AtMost)
    }
}

#[cfg(test)]
mod tests {
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
}
