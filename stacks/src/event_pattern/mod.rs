//! EventBridge event patterns: which events a rule catches.
//!
//! The types can only say what EventBridge accepts. [`EventPattern::matches`] answers as
//! EventBridge would, so a rule can be tried without an account.
//!
//! Source: "Creating Amazon EventBridge event patterns" in the EventBridge user guide, and AWS's own
//! matcher, `aws/event-ruler`. What the guide leaves open is in `matches.rs`.

mod alternatives;
mod cidr;
mod explain;
mod flatten;
mod matches;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use cidr::Cidr;
pub use explain::Mismatch;
pub use matches::Scope;
pub use parse::{InvalidPattern, Replaced, Written};

use crate::{
    json::{Json, Object, ToJson},
    value::Value,
};

/// What an event must look like to be caught.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPattern {
    fields: BTreeMap<String, Field>,
    /// At least one of these must hold too.
    any_of: Vec<EventPattern>,
}

/// What a field of an event must look like.
#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// The field is an object, or a list of objects one of which fits.
    Object(EventPattern),
    /// The field is a scalar, or a list of scalars one of which fits one of these.
    Leaf(Vec<Matcher>),
}

/// What a scalar must look like.
#[derive(Clone, Debug, PartialEq)]
pub enum Matcher {
    /// This text.
    Text(Value<String>),
    /// This number.
    Number(f64),
    /// This truth value.
    Bool(bool),
    /// JSON's `null`, which is not the same as an absent field.
    Null,
    /// A text that begins with this.
    Prefix(Value<String>),
    /// A text that ends with this.
    Suffix(Value<String>),
    /// This text, whatever the case of its letters.
    EqualsIgnoreCase(Value<String>),
    /// A text that begins with this, whatever the case of its letters.
    PrefixIgnoringCase(Value<String>),
    /// A text that ends with this, whatever the case of its letters.
    SuffixIgnoringCase(Value<String>),
    /// An address in this range.
    Cidr(Cidr),
    /// A text in which each `*` stands for any number of characters. EventBridge allows 30 rules
    /// with wildcards on a bus.
    Wildcard(Value<String>),
    /// A field that is there, and none of these.
    AnythingBut(Except),
    /// A number in this range.
    Numeric(Vec<(Comparison, f64)>),
    /// The field is there, as a scalar.
    Present,
    /// No such field is there: in no element of a list, or not in the one that another field of the
    /// pattern with a smaller path was found in.
    Absent,
}

/// What `anything-but` excludes. Two exclusions side by side would be OR-ed, so that everything
/// matches: one list is the only way to say it.
#[derive(Clone, Debug, PartialEq)]
pub enum Except {
    /// These texts.
    Texts(Vec<Value<String>>),
    /// These numbers.
    Numbers(Vec<f64>),
    /// Texts that begin with one of these.
    Prefixes(Vec<Value<String>>),
    /// Texts that end with one of these.
    Suffixes(Vec<Value<String>>),
    /// These texts, whatever the case of their letters.
    EqualsIgnoreCase(Vec<Value<String>>),
    /// Texts that one of these fits.
    Wildcards(Vec<Value<String>>),
}

/// How a number is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl EventPattern {
    /// A pattern that every event fits.
    pub fn new() -> Self {
        Self::default()
    }

    /// The field at `path`, whose names are separated by dots, must fit one of `matchers`.
    #[must_use]
    pub fn field(mut self, path: &str, matchers: impl Into<Vec<Matcher>>) -> Self {
        self.set(path, matchers.into());
        self
    }

    /// At least one of `patterns` must hold too. None may speak of a field that stands beside it:
    /// EventBridge keeps one of the two lists, and which one depends on their order.
    #[must_use]
    pub fn any_of(mut self, patterns: impl Into<Vec<EventPattern>>) -> Self {
        self.any_of = patterns.into();
        self
    }

    /// The object at `path` must fit `pattern`.
    #[must_use]
    pub fn object(mut self, path: &str, pattern: EventPattern) -> Self {
        *self.object_at(path) = pattern;
        self
    }

    fn set(&mut self, path: &str, matchers: Vec<Matcher>) {
        let (parent, name) = match path.rsplit_once('.') {
            Some((parent, name)) => (self.object_at(parent), name),
            None => (self, path),
        };
        parent.fields.insert(name.to_owned(), Field::Leaf(matchers));
    }

    fn object_at(&mut self, path: &str) -> &mut EventPattern {
        let mut here = self;
        for name in path.split('.') {
            let field = here
                .fields
                .entry(name.to_owned())
                .and_modify(|field| {
                    if matches!(field, Field::Leaf(_)) {
                        *field = Field::Object(EventPattern::new());
                    }
                })
                .or_insert_with(|| Field::Object(EventPattern::new()));
            here = match field {
                Field::Object(pattern) => pattern,
                Field::Leaf(_) => unreachable!("a leaf was just made an object"),
            };
        }
        here
    }
}

impl Matcher {
    /// Texts, each of which fits.
    pub fn texts<const N: usize>(texts: [&str; N]) -> Vec<Self> {
        texts
            .into_iter()
            .map(|text| Self::Text(text.into()))
            .collect()
    }
}

impl ToJson for EventPattern {
    fn to_json(&self) -> Json {
        let mut object = Object::default();
        for (name, field) in &self.fields {
            match field {
                Field::Object(pattern) => object.put(name, pattern),
                Field::Leaf(matchers) => object.put(name, matchers),
            }
        }
        if !self.any_of.is_empty() {
            object.put("$or", &self.any_of);
        }
        object.into()
    }
}

impl ToJson for Matcher {
    fn to_json(&self) -> Json {
        let one = |name: &str, value: &dyn ToJson| {
            let mut object = Object::default();
            object.put(name, value);
            Json::from(object)
        };
        match self {
            Self::Text(text) => text.to_json(),
            Self::Number(number) => number.to_json(),
            Self::Bool(bool) => bool.to_json(),
            Self::Null => Json::Null,
            Self::Prefix(text) => one("prefix", text),
            Self::Suffix(text) => one("suffix", text),
            Self::EqualsIgnoreCase(text) => one("equals-ignore-case", text),
            Self::PrefixIgnoringCase(text) => one("prefix", &one("equals-ignore-case", text)),
            Self::SuffixIgnoringCase(text) => one("suffix", &one("equals-ignore-case", text)),
            Self::Cidr(range) => one("cidr", &range.to_string()),
            Self::Wildcard(text) => one("wildcard", text),
            Self::AnythingBut(except) => one("anything-but", except),
            Self::Numeric(range) => {
                let range: Vec<Json> = range
                    .iter()
                    .flat_map(|(comparison, number)| {
                        [comparison.symbol().to_json(), number.to_json()]
                    })
                    .collect();
                one("numeric", &range)
            }
            Self::Present => one("exists", &true),
            Self::Absent => one("exists", &false),
        }
    }
}

impl ToJson for Except {
    fn to_json(&self) -> Json {
        let (name, texts) = match self {
            Self::Texts(texts) => return texts.to_json(),
            Self::Numbers(numbers) => return numbers.to_json(),
            Self::Prefixes(texts) => ("prefix", texts),
            Self::Suffixes(texts) => ("suffix", texts),
            Self::EqualsIgnoreCase(texts) => ("equals-ignore-case", texts),
            Self::Wildcards(texts) => ("wildcard", texts),
        };
        let mut object = Object::default();
        object.put(name, texts);
        object.into()
    }
}

impl Comparison {
    fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}
