//! Amazon Resource Names that know what they name.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use crate::{
    json::{Json, ToJson},
    resources::{lambda_function::Function, sqs_queue::Queue},
    value::{Expression, Value},
};

/// The ARN of an `R`, so that a queue's ARN where a role's is wanted does not compile.
pub struct Arn<R> {
    text: String,
    kind: PhantomData<fn() -> R>,
}

/// An SNS topic. Tocsin only points at topics that exist, so there is no resource type for them.
#[derive(Debug)]
pub enum Topic {}

/// What an alarm can start: a function or a topic.
#[derive(Debug)]
pub enum AlarmAction {}

/// What takes the events that could not be delivered: a queue or a topic.
#[derive(Debug)]
pub enum DeadLetters {}

/// What an event source mapping reads: a queue.
#[derive(Debug)]
pub enum EventSource {}

/// What a rule or a schedule invokes: a function or a queue.
#[derive(Debug)]
pub enum Invocable {}

/// Any resource, where CloudFormation takes every ARN.
#[derive(Debug)]
pub enum Any {}

/// A text that is not the ARN that was asked for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not the ARN of an SNS topic, such as `arn:aws:sns:eu-west-1:111122223333:ops`"
)]
pub struct NotATopic {
    text: String,
}

impl Arn<Topic> {
    /// Reads the ARN of a topic.
    pub fn parse(text: &str) -> Result<Self, NotATopic> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (arn, partition, service, region, account, name) =
            (next(), next(), next(), next(), next(), next());
        let valid = arn == "arn"
            && partition.starts_with("aws")
            && service == "sns"
            && !region.is_empty()
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if valid {
            Ok(Self {
                text: text.to_owned(),
                kind: PhantomData,
            })
        } else {
            Err(NotATopic {
                text: text.to_owned(),
            })
        }
    }

    /// The region that the topic lives in.
    pub fn region(&self) -> &str {
        self.text.split(':').nth(3).unwrap_or_default()
    }
}

impl<R> Arn<R> {
    /// The text of the ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<R> Clone for Arn<R> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            kind: PhantomData,
        }
    }
}

impl<R> PartialEq for Arn<R> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<R> Eq for Arn<R> {}

impl<R> fmt::Debug for Arn<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<R> ToJson for Arn<R> {
    fn to_json(&self) -> Json {
        Json::String(self.text.clone())
    }
}

impl<R> Value<Arn<R>> {
    /// The same value where `Wider` is wanted. Only the conversions below are open to others.
    fn widen<Wider>(self) -> Value<Arn<Wider>> {
        match self {
            Self::Literal(arn) => Value::Literal(Arn {
                text: arn.text,
                kind: PhantomData,
            }),
            Self::Expression(expression) => Value::Expression(expression),
        }
    }

    /// The account that the ARN names.
    pub fn account(self) -> Value<String> {
        match self {
            Self::Literal(arn) => {
                Value::Literal(arn.text.split(':').nth(4).unwrap_or_default().to_owned())
            }
            Self::Expression(expression) => Value::Expression(Expression::Part {
                of: Box::new(expression),
                separator: ":",
                index: 4,
            }),
        }
    }

    /// The ARN as text, for policies and patterns.
    pub fn into_text(self) -> Value<String> {
        match self {
            Self::Literal(arn) => Value::Literal(arn.text),
            Self::Expression(expression) => Value::Expression(expression),
        }
    }

    /// The ARN where every ARN is taken.
    pub fn into_any(self) -> Value<Arn<Any>> {
        self.widen()
    }
}

impl Value<Arn<Any>> {
    /// ARNs by pattern, where a condition compares with `ArnLike`. `${Name}` stands for the value
    /// under that name; pseudo parameters are filled in.
    pub fn matching<const N: usize>(
        pattern: impl Into<String>,
        values: [(&str, Value<String>); N],
    ) -> Self {
        match Value::sub_with(pattern, values) {
            Value::Literal(text) => Self::Literal(Arn {
                text,
                kind: PhantomData,
            }),
            Value::Expression(expression) => Self::Expression(expression),
        }
    }
}

impl Value<Arn<Topic>> {
    /// The topic of this name in the stack's own account and region.
    pub fn topic_beside_stack(name: &str) -> Self {
        let arn =
            format!("arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}");
        Self::Expression(Expression::Sub(arn, BTreeMap::new()))
    }
}

/// States which kinds of ARN can stand where a wider kind is wanted.
macro_rules! accepts {
    ($wider:ty: $($narrow:ty),+) => {
        $(impl From<Value<Arn<$narrow>>> for Value<Arn<$wider>> {
            fn from(value: Value<Arn<$narrow>>) -> Self {
                value.widen()
            }
        })+
    };
}

accepts!(AlarmAction: Function, Topic);
accepts!(DeadLetters: Queue, Topic);
accepts!(EventSource: Queue);
accepts!(Invocable: Function, Queue);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_read() {
        let arn = Arn::parse("arn:aws:sns:eu-west-1:111122223333:platform-ops").unwrap();
        assert_eq!(arn.region(), "eu-west-1");
    }

    #[test]
    fn what_is_not_a_topic_is_refused() {
        for text in [
            "",
            "platform-ops",
            "arn:aws:sqs:eu-west-1:111122223333:platform-ops",
            "arn:aws:sns:eu-west-1:1111:platform-ops",
            "arn:aws:sns:eu-west-1:111122223333:",
            "arn:aws:sns:eu-west-1:111122223333:ops:5e0ab21b-subscription",
        ] {
            assert!(Arn::parse(text).is_err(), "{text}");
        }
    }
}
