//! The SNS topic for alerts about Tocsin itself.

use std::fmt;

/// The SNS topic for alerts about Tocsin itself. It exists already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpsTopic {
    /// The topic of this name in each account and region that is deployed to.
    ByName(TopicName),
    /// One topic.
    ByArn(TopicArn),
}

/// The name of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicName(String);

/// The ARN of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicArn(String);

/// A text that names no topic.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTopic {
    /// It is no name.
    #[error("`{0}` is not the name of an SNS topic")]
    ByName(String),
    /// It begins like an ARN, and is not one of a topic.
    #[error(
        "`{0}` is not the ARN of an SNS topic, such as `arn:aws:sns:eu-west-1:111122223333:ops`"
    )]
    ByArn(String),
}

impl OpsTopic {
    /// Reads a name or an ARN. Source: `Name` of `CreateTopic` in the SNS API reference.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidTopic::ByArn`] if the text begins with `arn:` and is not the ARN of a topic, and
    /// [`InvalidTopic::ByName`] if it is not a topic's name either.
    pub fn parse(text: &str) -> Result<Self, InvalidTopic> {
        if text.starts_with("arn:") {
            if is_arn(text) {
                return Ok(Self::ByArn(TopicArn(text.to_owned())));
            }
            return Err(InvalidTopic::ByArn(text.to_owned()));
        }
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if plain && !text.is_empty() && text.len() <= 256 {
            Ok(Self::ByName(TopicName(text.to_owned())))
        } else {
            Err(InvalidTopic::ByName(text.to_owned()))
        }
    }

    /// The region that it is in, if that is the same for every stack.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::ByName(_) => None,
            Self::ByArn(TopicArn(arn)) => arn.split(':').nth(3),
        }
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, name] = parts.as_slice() else {
        return false;
    };
    *arn == "arn"
        && partition.starts_with("aws")
        && *service == "sns"
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|b| b.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read() {
        let topic = OpsTopic::parse("arn:aws:sns:eu-west-1:111122223333:platform-ops").unwrap();
        assert_eq!(topic.region(), Some("eu-west-1"));
        let topic = OpsTopic::parse("platform-ops").unwrap();
        assert_eq!(topic.region(), None);
    }

    #[test]
    fn what_is_not_a_topic_is_refused() {
        for text in [
            "",
            "platform ops",
            "platform:ops",
            "arn:",
            "arn:aws:sqs:eu-west-1:111122223333:platform-ops",
            "arn:aws:sns:eu-west-1:1111:platform-ops",
            "arn:aws:sns:eu-west-1:111122223333:",
            "arn:aws:sns:eu-west-1:111122223333:ops:5e0ab21b-subscription",
        ] {
            assert!(OpsTopic::parse(text).is_err(), "{text}");
        }
    }
}
