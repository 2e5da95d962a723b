//! A part of an account file that is JSON in the language of something else.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value as Json;
use stacks::event_pattern::Written;

use super::field::Field;

/// A part of an account file that is JSON in the language of something else.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Scalar(Json),
    List(Vec<Field<Tree>>),
    Map(Vec<(String, Field<Tree>)>),
}

impl Tree {
    /// The JSON; what could not be read is null in it.
    pub(crate) fn to_json(&self) -> Json {
        let json_of = |field: &Field<Self>| field.value.as_ref().map_or(Json::Null, Self::to_json);
        match self {
            Self::Scalar(json) => json.clone(),
            Self::List(items) => items.iter().map(json_of).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, field)| (key.clone(), json_of(field)))
                .collect(),
        }
    }

    /// Where the value that these names and list indices lead to stands in the text, or what is
    /// nearest to it.
    pub(crate) fn place<'a>(&'a self, path: &[String]) -> Option<&'a Range<usize>> {
        let (step, rest) = path.split_first()?;
        let field = match self {
            Self::Scalar(_) => return None,
            Self::List(items) => items.get(step.parse::<usize>().ok()?)?,
            Self::Map(entries) => &entries.iter().find(|(key, _)| key == step)?.1,
        };
        let deeper = field.value.as_ref().and_then(|tree| tree.place(rest));
        Some(deeper.unwrap_or(&field.span))
    }
}

impl Written for Tree {
    fn fields(&self) -> Option<Vec<(&str, &Self)>> {
        match self {
            Self::Map(entries) => {
                let entries = entries.iter();
                Some(
                    entries
                        .map(|(key, field)| (key.as_str(), of(field)))
                        .collect(),
                )
            }
            Self::Scalar(_) | Self::List(_) => None,
        }
    }

    fn items(&self) -> Option<Vec<&Self>> {
        match self {
            Self::List(items) => Some(items.iter().map(of).collect()),
            Self::Scalar(_) | Self::Map(_) => None,
        }
    }

    fn json(&self) -> Json {
        self.to_json()
    }
}

/// What stands there; null where it could not be read.
fn of(field: &Field<Tree>) -> &Tree {
    const NULL: &Tree = &Tree::Scalar(Json::Null);
    field.value.as_ref().unwrap_or(NULL)
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;

        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Tree, E> {
                Ok(Tree::Scalar(Json::Null))
            }

            fn visit_bool<E: de::Error>(self, it: bool) -> Result<Tree, E> {
                Ok(Tree::Scalar(it.into()))
            }

            fn visit_i64<E: de::Error>(self, it: i64) -> Result<Tree, E> {
                Ok(Tree::Scalar(it.into()))
            }

            fn visit_f64<E: de::Error>(self, it: f64) -> Result<Tree, E> {
                Ok(Tree::Scalar(it.into()))
            }

            fn visit_str<E: de::Error>(self, it: &str) -> Result<Tree, E> {
                Ok(Tree::Scalar(it.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Tree::Map(entries))
            }
        }

        deserializer.deserialize_any(TreeVisitor)
    }
}

impl schemars::JsonSchema for Tree {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Tree".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object" })
    }
}
