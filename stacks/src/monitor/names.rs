//! Names that AWS will accept.

use std::fmt;

use contract::StackRole;

/// A text that AWS would not take as a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{text}` {reason}")]
pub struct InvalidName {
    kind: &'static str,
    text: String,
    reason: &'static str,
}

impl InvalidName {
    pub(super) fn new(kind: &'static str, text: &str, reason: &'static str) -> Self {
        Self {
            kind,
            text: text.to_owned(),
            reason,
        }
    }

    /// The same mistake in another kind of name.
    #[must_use]
    pub(super) fn about(self, kind: &'static str, text: &str) -> Self {
        Self::new(kind, text, self.reason)
    }
}

/// The name of a stack. At most 40 characters, so that every name that begins with it stays within
/// AWS's limits (64 for a rule's name).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackName(String);

/// The name of an ECS cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClusterName(String);

/// The name of a CloudWatch alarm that is to be created.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlarmName(String);

impl StackName {
    /// Reads a name. Source: "Parameters" of `CreateStack` in the CloudFormation API reference.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text does not begin with a letter, holds anything but letters, digits and
    /// hyphens, has more than 40 characters, or ends like the name of a stack of alarms.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| InvalidName::new("stack name", text, reason);
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(fail("must begin with a letter"));
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(fail("may hold only letters, digits and hyphens"));
        }
        if text.len() > 40 {
            return Err(fail("is longer than 40 characters"));
        }
        if StackRole::is_of_another(text) {
            return Err(fail(
                "ends in `-composites`, `-agent-events` or `-alarms-1`, as further stacks of another account file do",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl ClusterName {
    /// Reads a name. Source: `clusterName` of `CreateCluster` in the ECS API reference.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text is empty, holds anything but letters, digits, hyphens and
    /// underscores, or has more than 255 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| InvalidName::new("cluster name", text, reason);
        if text.is_empty() {
            return Err(fail("is empty"));
        }
        if !text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        {
            return Err(fail(
                "may hold only letters, digits, hyphens and underscores",
            ));
        }
        if text.len() > 255 {
            return Err(fail("is longer than 255 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl AlarmName {
    /// Reads a name. Source: `AlarmName` of `PutMetricAlarm` in the CloudWatch API reference, and
    /// the 64 characters that are kept for what comes before it.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text has no letter or digit, begins with `pipeline-`, holds control
    /// characters, or has more than 191 characters.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| InvalidName::new("alarm name", text, reason);
        if !text.chars().any(|c| c.is_ascii_alphanumeric()) {
            return Err(fail(
                "needs at least one letter or digit of the English alphabet",
            ));
        }
        if text.starts_with(contract::names::PIPELINE) {
            return Err(fail(
                "begins with `pipeline-`, which the alarms on the pipeline itself do",
            ));
        }
        if text.chars().any(char::is_control) {
            return Err(fail("may not hold control characters"));
        }
        if text.chars().count() > 191 {
            return Err(fail("is longer than 191 characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// Gives each name its text.
macro_rules! text {
    ($($name:ty),+) => {
        $(impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        })+
    };
}

text!(StackName, ClusterName, AlarmName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_aws_takes() {
        StackName::parse("tocsin-prod-2").unwrap();
        ClusterName::parse("checkout_EU-1").unwrap();
        AlarmName::parse("checkout / 5xx > 1 % (größer)").unwrap();
    }

    #[test]
    fn names_that_aws_refuses_say_why() {
        let long = "x".repeat(256);
        for (error, expected) in [
            (
                StackName::parse("2prod").unwrap_err(),
                "stack name `2prod` must begin with a letter",
            ),
            (
                StackName::parse("my_stack").unwrap_err(),
                "stack name `my_stack` may hold only letters, digits and hyphens",
            ),
            (
                ClusterName::parse("").unwrap_err(),
                "cluster name `` is empty",
            ),
            (
                ClusterName::parse("a/b").unwrap_err(),
                "cluster name `a/b` may hold only letters, digits, hyphens and underscores",
            ),
            (
                AlarmName::parse("警報").unwrap_err(),
                "alarm name `警報` needs at least one letter or digit of the English alphabet",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
        assert!(ClusterName::parse(&long).is_err());
        assert!(AlarmName::parse(&long).is_err());
        assert!(AlarmName::parse("a\nb").is_err());
    }
}
