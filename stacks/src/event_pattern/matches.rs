//! Whether an event fits a pattern, as EventBridge decides it.
//!
//! EventBridge matches with `aws/event-ruler`, which is open source. The rules below are those of its
//! README ("JSON Array Matching", "Exists matching", "Caveat: Compiled rules and JSON keys with dots")
//! and, where the README is silent, of its classes `JsonRuleCompiler`, `Event`, `ArrayMembership` and
//! `ACFinder`:
//!
//! - **A pattern is its alternatives.** Every `$or` is multiplied out. An alternative is a map from
//!   paths to lists of values: a path that stands beside `$or` and inside it as well (or twice in any
//!   other way) holds the list that was read last, and not both.
//! - **An event is its scalars**, each with its path and with the list elements that it lies in. Lists
//!   have no names of their own: objects and lists inside of a list, however deep, are as if they were
//!   the field's value. A list directly inside another is a list of its own. `[]` and `{}` are nothing.
//! - **An alternative fits** when a scalar can be chosen for each of its paths such that no two lie in
//!   different elements of the same list. A scalar that is itself an element lies in no element, so
//!   any of its neighbours goes with it.
//! - **`exists: false` fits** when there is no scalar at the path that could be chosen with those that
//!   have been chosen already. Paths are looked at in alphabetical order. So beside a path that comes
//!   before it, `exists: false` speaks of the same element of the list; where it comes first, of all
//!   elements. An object at the path is no scalar.

use std::collections::BTreeSet;

use super::{
    Comparison, EventPattern, Except, Matcher,
    alternatives::Leaves,
    flatten::{Elements, Scalars, flatten},
};
use crate::{
    json::{Json, ToJson as _},
    value::{Expression, Value},
};

/// Where a pattern is deployed: what the pseudo parameters in it stand for.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, ..
    pub partition: &'a str,
    /// Such as `eu-central-1`.
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
    /// The stack's name.
    pub stack: &'a str,
}

impl EventPattern {
    /// Whether EventBridge would hand `event` to a rule with this pattern in `scope`.
    pub fn matches(&self, event: &Json, scope: &Scope<'_>) -> bool {
        let scalars = flatten(event);
        self.alternatives()
            .iter()
            .any(|leaves| fits(leaves, &scalars, scope))
    }

    /// The pattern as EventBridge holds it once the stack is deployed in `scope`.
    pub fn resolved(&self, scope: &Scope<'_>) -> Json {
        scope.resolve_json(self.to_json())
    }
}

/// Whether a choice is left after every leaf. All choices are carried along at once, as the elements
/// that they lie in, of lists that a later leaf lies in too.
fn fits(leaves: &Leaves<'_>, scalars: &Scalars<'_>, scope: &Scope<'_>) -> bool {
    let at = |path: &String| scalars.get(path).map_or(&[][..], Vec::as_slice);
    let mut choices = BTreeSet::from([Elements::default()]);
    let mut rest = leaves.as_slice();
    while let Some(((path, matchers), later)) = rest.split_first() {
        rest = later;
        let scalars = at(path);
        let fitting: Vec<&Elements> = scalars
            .iter()
            .filter(|scalar| matchers.iter().any(|it| it.fits(scalar.value, scope)))
            .map(|scalar| &scalar.elements)
            .collect();
        let may_be_absent = matchers.contains(&Matcher::Absent);
        let lists: BTreeSet<usize> = later
            .iter()
            .flat_map(|(path, _)| at(path))
            .flat_map(|scalar| scalar.elements.lists())
            .collect();
        let mut next = BTreeSet::new();
        for chosen in choices {
            let with = fitting.iter().filter_map(|elements| chosen.and(elements));
            next.extend(with.map(|chosen| chosen.within(&lists)));
            let is_absent = || scalars.iter().all(|it| chosen.and(&it.elements).is_none());
            if may_be_absent && is_absent() {
                next.insert(chosen.within(&lists));
            }
        }
        choices = next;
    }
    !choices.is_empty()
}

impl Matcher {
    pub(super) fn fits(&self, value: &Json, scope: &Scope<'_>) -> bool {
        let text = value.as_str();
        let is = |wanted: &Value<String>, test: fn(&str, &str) -> bool| {
            text.is_some_and(|text| test(text, &scope.resolve(wanted)))
        };
        match self {
            Self::Text(wanted) => is(wanted, |text, wanted| text == wanted),
            Self::Number(wanted) => value.as_f64() == Some(*wanted),
            Self::Bool(wanted) => value.as_bool() == Some(*wanted),
            Self::Null => value.is_null(),
            Self::Prefix(wanted) => is(wanted, |text, wanted| text.starts_with(wanted)),
            Self::Suffix(wanted) => is(wanted, |text, wanted| text.ends_with(wanted)),
            Self::EqualsIgnoreCase(wanted) => is(wanted, same_letters),
            Self::PrefixIgnoringCase(wanted) => is(wanted, |text, wanted| {
                text.to_lowercase().starts_with(&wanted.to_lowercase())
            }),
            Self::SuffixIgnoringCase(wanted) => is(wanted, |text, wanted| {
                text.to_lowercase().ends_with(&wanted.to_lowercase())
            }),
            Self::Cidr(range) => text.is_some_and(|text| range.holds(text)),
            Self::Wildcard(wanted) => is(wanted, wildcard),
            Self::AnythingBut(except) => !except.names(value, scope),
            Self::Numeric(range) => value.as_f64().is_some_and(|number| {
                range
                    .iter()
                    .all(|(comparison, bound)| comparison.holds(number, *bound))
            }),
            Self::Present => true,
            Self::Absent => false,
        }
    }
}

impl Except {
    fn names(&self, value: &Json, scope: &Scope<'_>) -> bool {
        let any = |texts: &[Value<String>], test: fn(&str, &str) -> bool| {
            value.as_str().is_some_and(|text| {
                texts
                    .iter()
                    .any(|wanted| test(text, &scope.resolve(wanted)))
            })
        };
        match self {
            Self::Texts(texts) => any(texts, |text, wanted| text == wanted),
            Self::Numbers(numbers) => value
                .as_f64()
                .is_some_and(|number| numbers.contains(&number)),
            Self::Prefixes(texts) => any(texts, |text, wanted| text.starts_with(wanted)),
            Self::Suffixes(texts) => any(texts, |text, wanted| text.ends_with(wanted)),
            Self::EqualsIgnoreCase(texts) => any(texts, same_letters),
            Self::Wildcards(texts) => any(texts, wildcard),
        }
    }
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            #[expect(clippy::float_cmp, reason = "EventBridge compares exactly")]
            Self::Equal => number == bound,
            Self::Less => number < bound,
            Self::AtMost => number <= bound,
            Self::Greater => number > bound,
            Self::AtLeast => number >= bound,
        }
    }
}

impl Scope<'_> {
    pub(super) fn resolve_json(&self, mut json: Json) -> Json {
        self.resolve_within(&mut json);
        json
    }

    fn resolve_within(&self, json: &mut Json) {
        match json {
            Json::Object(fields) => match fields.get("Fn::Sub").and_then(Json::as_str) {
                Some(text) => *json = self.resolve(&Value::sub(text)).into(),
                None => fields.values_mut().for_each(|it| self.resolve_within(it)),
            },
            Json::Array(items) => items.iter_mut().for_each(|it| self.resolve_within(it)),
            _ => {}
        }
    }

    /// The text that a value becomes when it is deployed here. What only a deployment knows (an
    /// attribute, a parameter) is nothing that an event carries.
    fn resolve(&self, value: &Value<String>) -> String {
        match value {
            Value::Literal(text) => text.clone(),
            Value::Expression(Expression::Sub(text, variables)) => {
                let mut text = text
                    .replace("${AWS::Partition}", self.partition)
                    .replace("${AWS::Region}", self.region)
                    .replace("${AWS::AccountId}", self.account)
                    .replace("${AWS::StackName}", self.stack);
                for (name, expression) in variables {
                    let value = self.resolve(&Value::Expression(expression.clone()));
                    text = text.replace(&format!("${{{name}}}"), &value);
                }
                text.replace("${!", "${")
            }
            Value::Expression(Expression::Pseudo(name)) => match *name {
                "AWS::Partition" => self.partition,
                "AWS::Region" => self.region,
                "AWS::AccountId" => self.account,
                "AWS::StackName" => self.stack,
                other => other,
            }
            .to_owned(),
            Value::Expression(Expression::Ref(id) | Expression::GetAtt(id, _)) => {
                format!("<{id}>")
            }
            Value::Expression(Expression::Part {
                of,
                separator,
                index,
            }) => {
                let text = self.resolve(&Value::Expression((**of).clone()));
                let index = usize::try_from(*index).unwrap_or(usize::MAX);
                text.split(separator)
                    .nth(index)
                    .unwrap_or_default()
                    .to_owned()
            }
        }
    }
}

fn same_letters(text: &str, wanted: &str) -> bool {
    text.to_lowercase() == wanted.to_lowercase()
}

/// Whether `text` fits a pattern in which `*` is any number of characters, and `\\*` a star.
fn wildcard(text: &str, pattern: &str) -> bool {
    let mut pieces = wildcard_pieces(pattern).into_iter();
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let mut pieces: Vec<String> = pieces.collect();
    let Some(last) = pieces.pop() else {
        return rest.is_empty();
    };
    for piece in pieces {
        match rest.find(&piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(&last)
}

/// The texts between the stars.
fn wildcard_pieces(pattern: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' => {
                pieces.push(String::new());
                continue;
            }
            '\\' => chars.next().unwrap_or('\\'),
            other => other,
        };
        if let Some(piece) = pieces.last_mut() {
            piece.push(literal);
        }
    }
    pieces
}
