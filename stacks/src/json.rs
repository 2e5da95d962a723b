//! How typed values become template JSON.
//!
//! A trait of our own and not serde's: one virtual call a property instead of a derive a type was
//! measured at a quarter of the compile time, and there is only ever one output format.

use std::collections::BTreeMap;

/// A JSON document, as CloudFormation reads it.
pub type Json = serde_json::Value;

/// What can stand in a template.
pub trait ToJson {
    /// The value as CloudFormation reads it; `null` for what is not set.
    fn to_json(&self) -> Json;
}

/// Collects the properties of one JSON object.
#[derive(Debug, Default)]
pub struct Object(serde_json::Map<String, Json>);

impl Object {
    /// Sets property `name`, unless `value` is not set.
    pub fn put(&mut self, name: &str, value: &dyn ToJson) {
        let json = value.to_json();
        if !json.is_null() {
            self.0.insert(name.to_owned(), json);
        }
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

impl ToJson for Json {
    fn to_json(&self) -> Json {
        self.clone()
    }
}

impl ToJson for String {
    fn to_json(&self) -> Json {
        Json::String(self.clone())
    }
}

impl ToJson for &str {
    fn to_json(&self) -> Json {
        Json::String((*self).to_owned())
    }
}

impl ToJson for bool {
    fn to_json(&self) -> Json {
        Json::Bool(*self)
    }
}

impl ToJson for i64 {
    fn to_json(&self) -> Json {
        Json::from(*self)
    }
}

impl ToJson for f64 {
    /// Whole numbers without a fraction, so that a template says `80` where a person wrote `80`.
    fn to_json(&self) -> Json {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.fract() == 0.0 && self.abs() < EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            return Json::from(*self as i64);
        }
        Json::from(*self)
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn to_json(&self) -> Json {
        self.as_ref().map_or(Json::Null, ToJson::to_json)
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn to_json(&self) -> Json {
        self.iter().map(ToJson::to_json).collect()
    }
}

impl<T: ToJson> ToJson for BTreeMap<String, T> {
    fn to_json(&self) -> Json {
        Json::Object(
            self.iter()
                .map(|(key, value)| (key.clone(), value.to_json()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unset_properties_are_left_out() {
        let mut object = Object::default();
        object.put("Set", &Some("x".to_owned()));
        object.put("Unset", &None::<String>);
        assert_eq!(Json::from(object), serde_json::json!({ "Set": "x" }));
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(80.0.to_json().to_string(), "80");
        assert_eq!((-3.0).to_json().to_string(), "-3");
        assert_eq!(0.5.to_json().to_string(), "0.5");
    }
}
