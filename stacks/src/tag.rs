//! Tags, which are the same thing in every resource type that takes a list of them.

use crate::json::{Json, Object, ToJson};

/// A tag of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// At most 128 characters, and not beginning with `aws:`.
    pub key: String,
    /// At most 256 characters.
    pub value: String,
}

impl ToJson for Tag {
    fn to_json(&self) -> Json {
        let mut tag = Object::default();
        tag.put("Key", &self.key);
        tag.put("Value", &self.value);
        tag.into()
    }
}
