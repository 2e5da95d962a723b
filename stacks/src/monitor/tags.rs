//! Tags of every resource that can have them.

use std::collections::BTreeMap;

use contract::names::TAG;

use super::StackName;

/// Tags of every resource that can have them: those of the account file, and one that names the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

/// A tag that AWS or Tocsin does not take. Source: "Tag naming limits and requirements" in the Tagging AWS
/// Resources user guide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTag {
    /// AWS keeps these keys to itself.
    #[error("the tag `{0}` begins with `aws:`")]
    OfAws(String),
    /// Tocsin sets it.
    #[error("the tag `{TAG}` is set by Tocsin itself")]
    Own,
    /// A key has 1 to 128 characters.
    #[error("the tag `{0}` has a key of {length} characters", length = .0.chars().count())]
    KeyLength(String),
    /// A value has at most 256 characters.
    #[error("the value of the tag `{0}` is too long")]
    ValueLength(String),
}

impl Tags {
    /// Tags that a resource can have.
    pub const MOST: usize = 50;

    /// The tag that names the stack.
    pub fn new(stack: &StackName) -> Self {
        Self(BTreeMap::from([(TAG.to_owned(), stack.to_string())]))
    }

    /// Adds a tag.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidTag`] if the key begins with `aws:`, is the tag that Tocsin sets itself, or is empty,
    /// or if key or value are longer than AWS allows. The tag is not added then.
    pub fn add(&mut self, key: &str, value: &str) -> Result<(), InvalidTag> {
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(InvalidTag::OfAws(key.to_owned()));
        }
        if key == TAG {
            return Err(InvalidTag::Own);
        }
        if key.is_empty() || key.chars().count() > 128 {
            return Err(InvalidTag::KeyLength(key.to_owned()));
        }
        if value.chars().count() > 256 {
            return Err(InvalidTag::ValueLength(key.to_owned()));
        }
        self.0.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// Whether a resource can have as many.
    pub fn fit(&self) -> bool {
        self.0.len() <= Self::MOST
    }

    /// Key and value of each, sorted by key.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_others_keep_to_themselves_are_refused() {
        let mut tags = Tags::new(&StackName::parse("tocsin-x").unwrap());
        tags.add("team", "payments").unwrap();
        for (key, value) in [
            ("tocsin", "other"),
            ("aws:team", "x"),
            ("AWS:team", "x"),
            ("", "x"),
            ("team", "x".repeat(257).as_str()),
        ] {
            assert!(tags.add(key, value).is_err(), "{key}");
        }
        let all: Vec<(&str, &str)> = tags.pairs().collect();
        assert_eq!(all, [("team", "payments"), ("tocsin", "tocsin-x")]);
    }
}
