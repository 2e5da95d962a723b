//! A value of an account file, and where it stands.

use std::{fmt, marker::PhantomData, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};

/// A value of an account file, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Field<T> {
    /// Nothing where the value was wrong, which has then been noted, or where there is none.
    pub(crate) value: Option<T>,
    pub(crate) span: Range<usize>,
    /// Where its key stands; of an entry of a list where the value does.
    pub(crate) key: Range<usize>,
    /// There is no such key. Nobody has noted that.
    pub(crate) missing: bool,
}

impl<T> Field<T> {
    /// A value that stands there.
    pub(crate) fn of(value: T, span: Range<usize>) -> Self {
        Self {
            value: Some(value),
            key: span.clone(),
            span,
            missing: false,
        }
    }
}

/// Asks the reader for a [`Field`].
pub(super) const FIELD: &str = "$field";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for FieldVisitor<T> {
            type Value = Field<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Field {
                    value: None,
                    span: 0..0,
                    key: 0..0,
                    missing: true,
                })
            }

            fn visit_some<D: Deserializer<'de>>(self, it: D) -> Result<Self::Value, D::Error> {
                it.deserialize_newtype_struct(FIELD, self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut place = || seq.next_element().map(Option::unwrap_or_default);
                let span = place()?..place()?;
                let key = place()?..place()?;
                // An error has been noted by the reader, which knows the place.
                let value = seq.next_element().unwrap_or_default();
                Ok(Field {
                    value,
                    span,
                    key,
                    missing: false,
                })
            }
        }

        // As an option, because serde then calls this for keys that are not there, too.
        deserializer.deserialize_option(FieldVisitor(PhantomData))
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
