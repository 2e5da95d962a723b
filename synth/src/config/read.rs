//! From the tree to the types, with every mistake and not just the first.
//!
//! Serde stops at the first error. Here an error inside of a [`Field`](super::field::Field) is noted, the field is left
//! without a value, and reading goes on beside it.

use std::{cell::RefCell, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IntoDeserializer as _, MapAccess, SeqAccess, Visitor},
};

use super::{
    diagnostic::{Diagnostic, did_you_mean},
    field::FIELD,
    node::{Key, Kind, Node},
    text_or::TEXT_OR,
};

/// Reads a `T`, or notes why not.
pub(crate) fn read<'de, T: Deserialize<'de>>(
    node: &'de Node<'de>,
    problems: &mut Vec<Diagnostic>,
) -> Option<T> {
    let sink = RefCell::new(Vec::new());
    let value = Reader {
        node,
        key: None,
        problems: &sink,
    }
    .noted(PhantomData);
    problems.append(&mut sink.into_inner());
    value.ok()
}

/// Why a value could not be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// Noted already, where it happened.
    Noted,
    /// Somewhere in the value that is being read.
    Here {
        message: String,
        hint: Option<String>,
    },
}

#[derive(Clone, Copy)]
struct Reader<'de, 'a> {
    node: &'de Node<'de>,
    /// The key that it is the value of.
    key: Option<&'de Key<'de>>,
    problems: &'a RefCell<Vec<Diagnostic>>,
}

impl<'de> Reader<'de, '_> {
    /// Reads a value; an error is noted here.
    fn noted<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, ReadError> {
        seed.deserialize(self).map_err(|error| {
            if let ReadError::Here { message, hint } = error {
                let mut problem = Diagnostic::error(self.node.span.clone(), message);
                if let Some(hint) = hint {
                    problem = problem.hint(hint);
                }
                self.problems.borrow_mut().push(problem);
            }
            ReadError::Noted
        })
    }

    fn found(self) -> String {
        match &self.node.kind {
            _ if self.node.is_empty_scalar() => "nothing".to_owned(),
            Kind::Scalar { text, plain: true } => format!("`{text}`"),
            Kind::Scalar { text, plain: false } => format!("the text `{text}`"),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }

    fn expected(self, what: &str) -> ReadError {
        ReadError::Here {
            message: format!("expected {what}, found {}", self.found()),
            hint: None,
        }
    }

    fn plain(self) -> Option<&'de str> {
        match &self.node.kind {
            Kind::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// A text, which a bare number or truth value is not: YAML would change it.
    fn text(self) -> Result<&'de str, ReadError> {
        match &self.node.kind {
            Kind::Scalar { text, plain: false } => Ok(text),
            Kind::Scalar { text, plain: true } => {
                let kind = if self.node.is_empty_scalar() {
                    return Err(self.expected("a string"));
                } else if is_bool(text) {
                    "the truth value"
                } else if text.parse::<f64>().is_ok() {
                    "the number"
                } else {
                    return Ok(text);
                };
                Err(ReadError::Here {
                    message: format!("expected a string, found {kind} `{text}`"),
                    hint: Some(instead_of(self.key.map(|it| it.name.as_ref()), text)),
                })
            }
            Kind::List(_) | Kind::Map(_) => Err(self.expected("a string")),
        }
    }

    fn entries(self) -> Result<&'de [(Key<'de>, Node<'de>)], ReadError> {
        match &self.node.kind {
            Kind::Map(entries) => Ok(entries),
            _ => Err(self.expected("a map of keys and values")),
        }
    }

    fn note_unknown_keys(self, known: &[&str]) -> Result<(), ReadError> {
        for (key, _) in self.entries()? {
            if !known.contains(&key.name.as_ref()) {
                let problem =
                    Diagnostic::error(key.span.clone(), format!("unknown key `{}`", key.name))
                        .hint(did_you_mean(&key.name, known));
                self.problems.borrow_mut().push(problem);
            }
        }
        Ok(())
    }
}

/// What to write where a number or a truth value is not what the key takes.
fn instead_of(key: Option<&str>, text: &str) -> String {
    let seconds = text.parse::<u32>().ok();
    match (key, seconds) {
        (Some("when"), Some(_)) => format!("write a condition: \"> {text}\""),
        (Some("period" | "group-wait" | "group-window"), Some(seconds)) => {
            let duration = match (seconds % 60, seconds / 60) {
                (0, 1) => "1 minute".to_owned(),
                (0, minutes) if minutes > 0 => format!("{minutes} minutes"),
                _ => format!("{seconds} seconds"),
            };
            format!("give it a unit: {duration}")
        }
        _ => format!("put it in quotes: \"{text}\""),
    }
}

fn is_bool(text: &str) -> bool {
    matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
}

/// Whole numbers of every width are read alike.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty),+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            match self.plain().and_then(|text| text.parse::<$type>().ok()) {
                Some(number) => visitor.$visit(number),
                None => Err(self.expected(&format!(
                    "a whole number from {} to {}", <$type>::MIN, <$type>::MAX
                ))),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = ReadError;

    whole_numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64
    );

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.kind {
            Kind::List(_) => self.deserialize_seq(visitor),
            Kind::Map(_) => self.deserialize_map(visitor),
            _ if self.node.is_empty_scalar() => visitor.visit_unit(),
            Kind::Scalar { text, plain: true } if is_bool(text) => self.deserialize_bool(visitor),
            Kind::Scalar { text, plain: true } if text.parse::<i64>().is_ok() => {
                self.deserialize_i64(visitor)
            }
            Kind::Scalar { text, plain: true } if text.parse::<f64>().is_ok() => {
                self.deserialize_f64(visitor)
            }
            Kind::Scalar { text, .. } => visitor.visit_borrowed_str(text),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.plain() {
            Some(text) if is_bool(text) => visitor.visit_bool(text.eq_ignore_ascii_case("true")),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self
            .plain()
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|it| it.is_finite())
        {
            Some(number) => visitor.visit_f64(number),
            None => Err(self.expected("a number")),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.node.is_empty_scalar() {
            visitor.visit_unit()
        } else {
            Err(self.expected("nothing"))
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        if name == FIELD {
            return visitor.visit_seq(FieldParts {
                reader: self,
                next: 0,
            });
        }
        if name == TEXT_OR {
            return match &self.node.kind {
                Kind::Map(_) => visitor.visit_newtype_struct(self),
                Kind::Scalar { .. } => visitor.visit_borrowed_str(self.text()?),
                Kind::List(_) => Err(self.expected("a string or a map")),
            };
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.kind {
            Kind::List(items) => visitor.visit_seq(Items {
                reader: self,
                items: items.iter(),
            }),
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let entries = self.entries()?;
        visitor.visit_map(Entries {
            reader: self,
            rest: entries.iter(),
            known: None,
            value: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.note_unknown_keys(known)?;
        let rest = self.entries()?.iter();
        visitor.visit_map(Entries {
            reader: self,
            rest,
            known: Some(known),
            value: None,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let word = self.text()?;
        if !variants.contains(&word) {
            return Err(ReadError::Here {
                message: format!("`{word}` is not one of {}", variants.join(", ")),
                hint: None,
            });
        }
        visitor.visit_enum(word.into_deserializer())
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }
}

/// A [`Field`](super::field::Field) as its reader sees it: the places of the value and of its key, and the value.
struct FieldParts<'de, 'a> {
    reader: Reader<'de, 'a>,
    next: u8,
}

impl<'de> SeqAccess<'de> for FieldParts<'de, '_> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        self.next += 1;
        let span = &self.reader.node.span;
        let key = self.reader.key.map_or(span, |it| &it.span);
        let place = match self.next {
            1 => span.start,
            2 => span.end,
            3 => key.start,
            4 => key.end,
            _ => return self.reader.noted(seed).map(Some),
        };
        seed.deserialize((place as u64).into_deserializer())
            .map(Some)
    }
}

struct Items<'de, 'a> {
    reader: Reader<'de, 'a>,
    items: std::slice::Iter<'de, Node<'de>>,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = ReadError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        let Some(node) = self.items.next() else {
            return Ok(None);
        };
        Reader {
            node,
            key: None,
            ..self.reader
        }
        .noted(seed)
        .map(Some)
    }
}

struct Entries<'de, 'a> {
    reader: Reader<'de, 'a>,
    rest: std::slice::Iter<'de, (Key<'de>, Node<'de>)>,
    /// The keys of a struct; those of a map can be any.
    known: Option<&'static [&'static str]>,
    value: Option<&'de (Key<'de>, Node<'de>)>,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = ReadError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ReadError> {
        for entry in self.rest.by_ref() {
            let (key, _) = entry;
            if self
                .known
                .is_none_or(|known| known.contains(&key.name.as_ref()))
            {
                self.value = Some(entry);
                let name: de::value::StrDeserializer<'_, ReadError> =
                    key.name.as_ref().into_deserializer();
                return seed.deserialize(name).map(Some);
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        match self.value.take() {
            Some((key, node)) => Reader {
                node,
                key: Some(key),
                ..self.reader
            }
            .noted(seed),
            None => Err(de::Error::custom("a value without a key")),
        }
    }
}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Here {
            message: message.to_string(),
            hint: None,
        }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::custom(format_args!("the key `{name}` is missing"))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Noted => f.write_str("noted"),
            Self::Here { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for ReadError {}
