//! What else happens in an account and is an incident: by EventBridge rules.

use contract::{Paths, Title};

use super::{InvalidName, PrincipalSelector, Priority};
use crate::EventPattern;

/// Events that are incidents as the account file says.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSource {
    /// What the rule is called, after the stack's name.
    pub name: EventName,
    /// The incident's title, with places of the event in braces: `Job {detail.jobName} failed`.
    pub title: Title,
    /// Which events.
    pub pattern: EventPattern,
    /// How urgent the incidents are.
    pub priority: Priority,
    /// Places of the event whose values say which events are one incident; empty for each its own.
    pub group_by: Vec<Paths>,
}

/// What events are called, in a rule's name: lowercase letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventName(String);

/// CodePipeline pipelines whose failed executions are incidents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PipelineSelector {
    /// One, by its name.
    Name(String),
    /// All whose names begin like this; empty for all of them.
    Prefix(String),
}

/// The region whose event bus has the events of `aws.ce` and `aws.trustedadvisor`. Sources: "Using EventBridge
/// with Cost Anomaly Detection" in the Cost Management user guide; "Monitoring AWS Trusted Advisor check results with
/// Amazon EventBridge" in the AWS Support user guide.
pub const BILLING_REGION: &str = "us-east-1";

/// Anomalies of what the account costs, as AWS Cost Anomaly Detection finds them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CostAnomalies {
    /// How much more than expected an anomaly must have cost, in USD; 0 or more.
    pub from: f64,
}

/// API calls that were denied, which CloudTrail must record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnauthorizedApiCalls {
    /// How urgent the incidents are.
    pub priority: Priority,
    /// Principals whose denied calls are ignored, sorted.
    pub ignored_principals: Vec<PrincipalSelector>,
}

impl EventName {
    /// Names that the rules of other keys of an account file have.
    const TAKEN: [&str; 3] = ["pipelines", "denied-calls", "cost-anomalies"];

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text is empty, holds anything but lowercase letters, digits and hyphens
    /// between them, or is what the rule of another key is called.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let fail = |reason| InvalidName::new("event name", text, reason);
        let valid = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if text.is_empty() {
            return Err(fail("is empty"));
        }
        if !valid || text.starts_with('-') || text.ends_with('-') {
            return Err(fail(
                "may hold only lowercase letters and digits, with hyphens between them",
            ));
        }
        if Self::TAKEN.contains(&text) {
            return Err(fail("is what the rule of another key is called"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PipelineSelector {
    /// Reads `release`, `release-*`, or `*` for all. Source: `name` of `PipelineDeclaration` in the
    /// CodePipeline API reference.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidName`] if the text is empty, if the name has more than 100 characters, or if it holds a
    /// character that no pipeline's name has.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.strip_suffix('*').unwrap_or(text);
        let valid = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".@-_".contains(&b));
        if text.is_empty() {
            return Err(InvalidName::new("pipeline", text, "is empty"));
        }
        if !valid {
            return Err(InvalidName::new(
                "pipeline",
                text,
                "may hold only letters, digits, `.`, `@`, `-` and `_`, and end with `*`",
            ));
        }
        if name.len() > 100 {
            return Err(InvalidName::new(
                "pipeline",
                text,
                "is longer than 100 characters",
            ));
        }
        Ok(if name.len() < text.len() {
            Self::Prefix(name.to_owned())
        } else {
            Self::Name(name.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_names() {
        assert_eq!(
            EventName::parse("batch-job-2").unwrap().as_str(),
            "batch-job-2"
        );
        for text in ["", "Batch", "batch job", "-batch", "batch-", "pipelines"] {
            assert!(EventName::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn pipelines() {
        for (text, expected) in [
            ("release", PipelineSelector::Name("release".to_owned())),
            ("release-*", PipelineSelector::Prefix("release-".to_owned())),
            ("*", PipelineSelector::Prefix(String::new())),
        ] {
            assert_eq!(PipelineSelector::parse(text).unwrap(), expected);
        }
        for text in ["", "*-release", "re lease"] {
            assert!(PipelineSelector::parse(text).is_err(), "{text}");
        }
    }
}
