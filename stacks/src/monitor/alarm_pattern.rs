//! Which existing alarms are meant, by their names.

use std::fmt;

use super::InvalidName;

/// Which existing CloudWatch alarms are meant: their names, in which each `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlarmPattern(String);

impl AlarmPattern {
    /// Reads `legacy-*`, `*-5xx`, `prod-*-latency`, or `*` or `all` for all. Without any `*` it is how names begin: `legacy-`
    /// is the same as `legacy-*`. Source: `AlarmName` of `PutMetricAlarm` in the CloudWatch API reference; "Wildcard
    /// matching" in the EventBridge user guide, which refuses two wildcards in a row.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text is empty or longer than 255 characters, or if it holds control
    /// characters or two `*` in a row.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| InvalidName::new("alarm pattern", text, reason);
        if text.is_empty() {
            return Err(fail("is empty"));
        }
        if text.contains("**") {
            return Err(fail("has two `*` in a row, and one says the same"));
        }
        if text.chars().any(char::is_control) {
            return Err(fail("may not hold control characters"));
        }
        if text.chars().count() > 255 {
            return Err(fail("is longer than 255 characters"));
        }
        Ok(Self(match text {
            "all" => "*".to_owned(),
            _ if text.contains('*') => text.to_owned(),
            _ => format!("{text}*"),
        }))
    }

    /// The pattern with its `*`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How the names begin, if that is all that the pattern says; empty for all names.
    pub fn prefix(&self) -> Option<&str> {
        self.0.strip_suffix('*').filter(|it| !it.contains('*'))
    }

    /// How the names begin, whatever else the pattern says.
    pub fn beginning(&self) -> &str {
        self.0.split('*').next().unwrap_or_default()
    }

    /// The pattern as EventBridge reads it: what it would take for an escape is one.
    pub fn as_wildcard(&self) -> String {
        self.0.replace('\\', "\\\\")
    }
}

impl fmt::Display for AlarmPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_the_same_with_and_without_a_star() {
        for (text, prefix) in [
            ("legacy-*", Some("legacy-")),
            ("legacy-", Some("legacy-")),
            ("legacy", Some("legacy")),
            ("5xx / prod: *", Some("5xx / prod: ")),
            ("*", Some("")),
            ("all", Some("")),
            ("all-*", Some("all-")),
            ("*-5xx", None),
            ("prod-*-latency", None),
            ("prod-*-*", None),
        ] {
            let parsed = AlarmPattern::parse(text).unwrap();
            assert_eq!(parsed.prefix(), prefix, "{text}");
            assert_eq!(AlarmPattern::parse(&parsed.to_string()), Ok(parsed));
        }
        for text in ["", "legacy-**", "a\n*"] {
            assert!(AlarmPattern::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_eventbridge_would_take_for_an_escape_is_one() {
        let pattern = AlarmPattern::parse("a\\b*c").unwrap();
        assert_eq!(pattern.as_wildcard(), "a\\\\b*c");
    }
}
