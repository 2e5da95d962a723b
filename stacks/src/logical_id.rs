//! Logical IDs: the stable names by which CloudFormation distinguishes resources.

use std::fmt;

use crate::json::{Json, ToJson};

/// The key of a resource in a template.
///
/// A changed logical ID is a *replacement*: the old resource is deleted. So an ID is a pure
/// function of where the resource sits in the model, never of order, time, chance or content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogicalId(String);

impl LogicalId {
    /// Joins the words of `path` in Pascal case and drops what CloudFormation forbids:
    /// `["checkout-api", "errors"]` becomes `CheckoutApiErrors`.
    ///
    /// Two paths can meet in one ID (`a-b`, `c` and `a`, `b-c`): [`crate::Template::add`] refuses
    /// the second.
    pub fn from_path(path: &[&str]) -> Self {
        let mut id = String::new();
        for word in path
            .iter()
            .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric()))
        {
            let mut chars = word.chars();
            if let Some(first) = chars.next() {
                id.push(first.to_ascii_uppercase());
                id.push_str(chars.as_str());
            }
        }
        Self(id)
    }

    /// The ID as it stands in the template.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for LogicalId {
    fn from(name: &str) -> Self {
        Self::from_path(&[name])
    }
}

impl fmt::Display for LogicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToJson for LogicalId {
    fn to_json(&self) -> Json {
        Json::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &[&str], expected: &str) {
        assert_eq!(LogicalId::from_path(path).as_str(), expected);
    }

    #[test]
    fn words_are_joined_in_pascal_case() {
        check(&["checkout-api", "errors"], "CheckoutApiErrors");
        check(&["AlarmFunction"], "AlarmFunction");
        check(&["5xx rate / minute"], "5xxRateMinute");
        check(&["größe"], "GrE");
        check(&["--"], "");
    }
}
