//! Whether an event fits a pattern, as EventBridge decides it.
//!
//! An event is taken apart into its scalars, each with its path and with the list elements that it
//! lies in. A pattern fits when one scalar can be chosen for each of its leaves such that no two
//! choices lie in different elements of the same list.

use std::collections::BTreeMap;

use super::{Comparison, EventPattern, Except, Field, Matcher};
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

/// The element of each list, by the list's path, that a scalar lies in.
type Elements = BTreeMap<String, usize>;

/// A scalar of an event, and where it lies.
pub(super) struct Scalar<'a> {
    pub(super) value: &'a Json,
    elements: Elements,
}

/// The scalars of an event, by path.
pub(super) type Scalars<'a> = BTreeMap<String, Vec<Scalar<'a>>>;

/// The leaves of a pattern, without alternatives between them.
pub(super) type Leaves<'a> = Vec<(String, &'a [Matcher])>;

impl EventPattern {
    /// Whether EventBridge would hand `event` to a rule with this pattern in `scope`.
    pub fn matches(&self, event: &Json, scope: &Scope<'_>) -> bool {
        let scalars = scalars(event);
        self.branches()
            .iter()
            .any(|leaves| fits(leaves, &scalars, &Elements::new(), scope))
    }

    /// Every way to choose one branch of each `$or`.
    pub(super) fn branches(&self) -> Vec<Leaves<'_>> {
        let mut branches = Vec::new();
        self.alternatives("", &mut branches);
        branches
    }

    /// The pattern as EventBridge holds it once the stack is deployed in `scope`.
    pub fn resolved(&self, scope: &Scope<'_>) -> Json {
        scope.resolve_json(self.to_json())
    }

    /// Every way to choose one branch of each `$or`, as the leaves that must then all fit.
    fn alternatives<'a>(&'a self, path: &str, out: &mut Vec<Leaves<'a>>) {
        let mut here: Vec<Leaves<'a>> = vec![Vec::new()];
        for (name, field) in &self.fields {
            let path = join(path, name);
            match field {
                Field::Leaf(matchers) => {
                    for leaves in &mut here {
                        leaves.push((path.clone(), matchers.as_slice()));
                    }
                }
                Field::Object(pattern) => {
                    let mut inner = Vec::new();
                    pattern.alternatives(&path, &mut inner);
                    here = product(&here, &inner);
                }
            }
        }
        if !self.any_of.is_empty() {
            let mut branches = Vec::new();
            for pattern in &self.any_of {
                pattern.alternatives(path, &mut branches);
            }
            here = product(&here, &branches);
        }
        out.append(&mut here);
    }
}

fn product<'a>(left: &[Leaves<'a>], right: &[Leaves<'a>]) -> Vec<Leaves<'a>> {
    left.iter()
        .flat_map(|a| right.iter().map(|b| [a.as_slice(), b.as_slice()].concat()))
        .collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

pub(super) fn scalars(event: &Json) -> Scalars<'_> {
    let mut scalars = Scalars::new();
    take_apart(event, String::new(), &Elements::new(), &mut scalars);
    scalars
}

fn take_apart<'a>(value: &'a Json, path: String, elements: &Elements, scalars: &mut Scalars<'a>) {
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                take_apart(value, join(&path, name), elements, scalars);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                // A list of scalars is one value with many faces: any of them may fit.
                let mut elements = elements.clone();
                if item.is_object() || item.is_array() {
                    elements.insert(path.clone(), index);
                }
                take_apart(item, path.clone(), &elements, scalars);
            }
        }
        scalar => scalars.entry(path).or_default().push(Scalar {
            value: scalar,
            elements: elements.clone(),
        }),
    }
}

fn fits(
    leaves: &[(String, &[Matcher])],
    scalars: &Scalars<'_>,
    chosen: &Elements,
    scope: &Scope<'_>,
) -> bool {
    let Some(((path, matchers), rest)) = leaves.split_first() else {
        return true;
    };
    let candidates = scalars.get(path).map_or(&[][..], Vec::as_slice);
    if candidates.is_empty() {
        return matchers.contains(&Matcher::Absent) && fits(rest, scalars, chosen, scope);
    }
    candidates.iter().any(|scalar| {
        let consistent = scalar
            .elements
            .iter()
            .all(|(list, index)| chosen.get(list).is_none_or(|other| other == index));
        consistent
            && matchers
                .iter()
                .any(|matcher| matcher.fits(scalar.value, scope))
            && {
                let mut chosen = chosen.clone();
                chosen.extend(scalar.elements.clone());
                fits(rest, scalars, &chosen, scope)
            }
    })
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
    pub(super) fn resolve_json(&self, json: Json) -> Json {
        match json {
            Json::Object(fields) => match fields.get("Fn::Sub").and_then(Json::as_str) {
                Some(text) => self.resolve(&Value::sub(text)).into(),
                None => Json::Object(
                    fields
                        .into_iter()
                        .map(|(name, it)| (name, self.resolve_json(it)))
                        .collect(),
                ),
            },
            Json::Array(items) => {
                Json::Array(items.into_iter().map(|it| self.resolve_json(it)).collect())
            }
            scalar => scalar,
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
