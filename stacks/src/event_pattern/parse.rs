//! Patterns that somebody wrote, read by EventBridge's rules.
//!
//! Source: "Comparison operators for use in event patterns in Amazon EventBridge" in the EventBridge
//! user guide.

#[cfg(test)]
mod tests;

use super::{
    Comparison, EventPattern, Except, Field, Matcher,
    alternatives::{Alternative, Leaf},
};
use crate::{json::Json, value::Value};

/// Alternatives that one pattern may have, with every `$or` multiplied out. Source: "Creating event
/// patterns with or matching" in the EventBridge user guide.
const ALTERNATIVES: usize = 1_000;
/// Numbers that EventBridge compares lie between this and its negative.
const LARGEST_NUMBER: f64 = 5.0e9;

const RANGE: &str = "`numeric` takes one comparison such as [\">=\", 5], or a range such as \
                     [\">\", 0, \"<=\", 5]";

/// Names that are no fields within `$or`. Source: "The `$or` Primitive" in the README of
/// `aws/event-ruler`, and the constant that it refers to.
#[rustfmt::skip]
const RESERVED: [&str; 24] = [
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric",
    "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after",
    "date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range",
    "ip-address-not-in-range",
];

/// What EventBridge would not accept about a pattern, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidPattern {
    /// The names and the list indices that lead to the place, from the outside.
    pub path: Vec<String>,
    /// What is wrong there.
    pub message: String,
}

/// A list of values that takes the place of one that was read before it, at the same path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The names and the list indices that lead to the list that counts, from the outside.
    pub place: Vec<String>,
    /// The path in the event that both lists are about.
    pub field: String,
}

/// JSON that a pattern is read from. The order of its fields counts: of two lists of values for the
/// same field, EventBridge keeps the one that it reads last.
pub trait Written {
    /// The fields in order, if this is an object.
    fn fields(&self) -> Option<Vec<(&str, &Self)>>;
    /// The elements, if this is a list.
    fn items(&self) -> Option<Vec<&Self>>;
    /// All of it.
    fn json(&self) -> Json;
}

/// Fields have lost their order; `$or` counts as the last.
impl Written for Json {
    fn fields(&self) -> Option<Vec<(&str, &Self)>> {
        let fields = self.as_object()?.iter();
        let mut fields: Vec<(&str, &Self)> = fields.map(|(name, it)| (name.as_str(), it)).collect();
        fields.sort_by_key(|(name, _)| *name == "$or");
        Some(fields)
    }

    fn items(&self) -> Option<Vec<&Self>> {
        Some(self.as_array()?.iter().collect())
    }

    fn json(&self) -> Json {
        self.clone()
    }
}

impl EventPattern {
    /// Reads a pattern as EventBridge would. See [`read`](Self::read).
    ///
    /// # Errors
    ///
    /// Everything that EventBridge would refuse, at its place.
    pub fn parse(json: &Json) -> Result<Self, Vec<InvalidPattern>> {
        Self::read(json).map(|(pattern, _)| pattern)
    }

    /// Reads a pattern as EventBridge would, and says which lists of values do not count, because
    /// another one for the same field comes after them. The pattern has only those that count: it
    /// means the same whatever becomes of the order of its fields on the way to EventBridge.
    ///
    /// # Errors
    ///
    /// Everything that EventBridge would refuse, at its place.
    pub fn read(written: &impl Written) -> Result<(Self, Vec<Replaced>), Vec<InvalidPattern>> {
        let alternatives = alternatives_count(written);
        let mut reader = Reader {
            path: Vec::new(),
            names: Vec::new(),
            within_or: false,
            problems: Vec::new(),
            replaced: Vec::new(),
            alternatives: (alternatives <= ALTERNATIVES).then(|| vec![Alternative::new()]),
        };
        let pattern = reader.pattern(written);
        if !reader.problems.is_empty() {
            return Err(reader.problems);
        }
        let Some(alternatives) = reader.alternatives else {
            reader.refuse(format!(
                "the pattern has {alternatives} alternatives: EventBridge takes {ALTERNATIVES}",
            ));
            return Err(reader.problems);
        };
        if reader.replaced.is_empty() {
            return Ok((pattern, Vec::new()));
        }
        Ok((Self::of_alternatives(alternatives), reader.replaced))
    }
}

/// How many patterns without `$or` a pattern stands for.
fn alternatives_count<W: Written>(written: &W) -> usize {
    let fields = written.fields().unwrap_or_default();
    let counts = fields.into_iter().map(|(name, value)| match name {
        "$or" => value.items().map_or(1, |items| {
            items
                .into_iter()
                .map(alternatives_count)
                .sum::<usize>()
                .max(1)
        }),
        _ => alternatives_count(value),
    });
    counts.fold(1, usize::saturating_mul)
}

struct Reader {
    /// Where in the JSON.
    path: Vec<String>,
    /// Where in the event.
    names: Vec<String>,
    within_or: bool,
    problems: Vec<InvalidPattern>,
    replaced: Vec<Replaced>,
    /// What has been read; nothing where there are too many.
    alternatives: Option<Vec<Alternative>>,
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

    fn pattern<W: Written>(&mut self, written: &W) -> EventPattern {
        let mut pattern = EventPattern::new();
        let Some(fields) = written.fields() else {
            self.refuse("a pattern is an object of fields");
            return pattern;
        };
        if fields.is_empty() {
            self.refuse("an empty pattern: EventBridge wants at least one field");
        }
        for (name, value) in fields {
            self.inside(name, |reader| {
                if name == "$or" {
                    pattern.any_of = reader.any_of(value);
                } else if let Some(field) = reader.field(name, value) {
                    pattern.fields.insert(name.to_owned(), field);
                }
            });
        }
        pattern
    }

    fn field<W: Written>(&mut self, name: &str, value: &W) -> Option<Field> {
        // CloudFormation would take it for one of its functions.
        if name == "Ref" || name.starts_with("Fn::") {
            self.refuse(format!("a template cannot hold a field called `{name}`"));
            return None;
        }
        if self.within_or && RESERVED.contains(&name) {
            self.refuse(format!(
                "within `$or`, EventBridge takes no field called `{name}`"
            ));
            return None;
        }
        self.names.push(name.to_owned());
        let field = match value.json() {
            Json::Object(_) => Some(Field::Object(self.pattern(value))),
            Json::Array(items) => {
                let matchers = self.matchers(&items);
                self.note(&matchers);
                Some(Field::Leaf(matchers))
            }
            _ => {
                self.refuse("a field takes a list of values, also where there is only one");
                None
            }
        };
        self.names.pop();
        field
    }

    /// Adds a list of values to every alternative that has been begun.
    fn note(&mut self, matchers: &[Matcher]) {
        let leaf = Leaf {
            names: self.names.clone(),
            matchers: matchers.to_vec(),
        };
        let field = self.names.join(".");
        let replaces = |it: &mut Alternative| it.insert(field.clone(), leaf.clone()).is_some();
        let alternatives = self.alternatives.iter_mut().flatten();
        if alternatives
            .filter_map(|it| replaces(it).then_some(()))
            .count()
            > 0
        {
            let place = self.path.clone();
            self.replaced.push(Replaced { place, field });
        }
    }

    fn any_of<W: Written>(&mut self, written: &W) -> Vec<EventPattern> {
        let branches = written.items().unwrap_or_default();
        if branches.len() < 2 {
            self.refuse("`$or` takes a list of at least two patterns");
        }
        let outside = std::mem::replace(&mut self.within_or, true);
        let so_far = self.alternatives.take();
        let mut alternatives = Vec::new();
        let mut patterns = Vec::new();
        for (index, branch) in branches.into_iter().enumerate() {
            self.alternatives.clone_from(&so_far);
            patterns.push(self.inside(index, |reader| reader.pattern(branch)));
            alternatives.extend(self.alternatives.take().into_iter().flatten());
        }
        self.alternatives = so_far.map(|_| alternatives);
        self.within_or = outside;
        patterns
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
