//! Tags, which are the same thing in every resource type that takes a list of them.

use crate::{
    json::{Json, Object, ToJson},
    monitor::Monitor,
};

/// A tag of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    /// 1 to 128 characters, not beginning with `aws:`.
    pub key: String,
    /// At most 256 characters.
    pub value: String,
}

/// The tags of every resource of an account.
pub(crate) fn tags(monitor: &Monitor) -> Vec<Tag> {
    let tags = monitor.tags.pairs().map(|(key, value)| Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    });
    tags.collect()
}

impl ToJson for Tag {
    fn to_json(&self) -> Json {
        let mut tag = Object::default();
        tag.put("Key", &self.key);
        tag.put("Value", &self.value);
        tag.into()
    }
}
