//! The template as text. A large account has thousands of alarms, so nothing of them is copied for it.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, Write},
};

use serde::{Serialize, Serializer};

use super::{Declared, Template, section};
use crate::json::Json;

/// A section of a template.
#[derive(Serialize)]
#[serde(untagged)]
enum Section<'a> {
    Head(&'a Json),
    Resources(BTreeMap<&'a str, &'a Declared>),
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let head = self.head.as_object().into_iter().flatten();
        let head = head.map(|(name, it)| (name.as_str(), Section::Head(it)));
        let resources = self.resources.iter().map(|(id, it)| (id.as_str(), it));
        let resources = Section::Resources(resources.collect());
        let has_any = !self.resources.is_empty();
        let resources = has_any.then_some(("Resources", resources));
        let sections: BTreeMap<&str, Section<'_>> = head.chain(resources).collect();
        sections.serialize(serializer)
    }
}

impl Serialize for Declared {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = section::beside_properties(self.resource_type, &self.attributes);
        if section::is_any(&self.properties) {
            parts.insert("Properties", Cow::Borrowed(&self.properties));
        }
        parts.serialize(serializer)
    }
}

impl Template {
    /// The template as people read it.
    pub fn to_pretty(&self) -> String {
        let mut text = written(serde_json::to_string_pretty(self));
        text.push('\n');
        text
    }

    /// How long the template is without spaces, as CloudFormation gets it, in bytes.
    pub fn bytes(&self) -> usize {
        let mut length = Length(0);
        written(serde_json::to_writer(&mut length, self));
        length.0
    }
}

/// What is made of texts, numbers and maps with texts as keys is JSON, and neither memory nor a counter refuses it.
pub(super) fn written<T>(result: serde_json::Result<T>) -> T {
    match result {
        Ok(it) => it,
        Err(error) => unreachable!("a template is JSON: {error}"),
    }
}

/// Counts what is written.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0 += bytes.len();
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
