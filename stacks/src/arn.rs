//! Amazon Resource Names that know what they name.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use crate::{
    json::{Json, ToJson},
    monitor::OpsTopic,
    resources::{lambda_function::Function, s3_bucket::Bucket, sqs_queue::Queue},
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

/// What takes the record of an event that a function failed on: a bucket.
#[derive(Debug)]
pub enum FailureDestination {}

/// What an event source mapping reads: a queue.
#[derive(Debug)]
pub enum EventSource {}

/// An event bus of EventBridge.
#[derive(Debug)]
pub enum EventBus {}

/// What a rule or a schedule invokes: a function, a queue or a bus.
#[derive(Debug)]
pub enum Invocable {}

/// Any resource, where CloudFormation takes every ARN.
#[derive(Debug)]
pub enum Any {}

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

/// The account's default event bus.
pub(crate) fn default_bus() -> Value<Arn<EventBus>> {
    let arn = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default";
    Value::Expression(Expression::Sub(arn.to_owned(), BTreeMap::new()))
}

/// The account's default event bus in a region.
pub(crate) fn bus_in(region: &str) -> Value<Arn<EventBus>> {
    let bus = "${AWS::AccountId}:event-bus/default";
    let arn = format!("arn:${{AWS::Partition}}:events:{region}:{bus}");
    Value::Expression(Expression::Sub(arn, BTreeMap::new()))
}

impl From<&OpsTopic> for Value<Arn<Topic>> {
    /// A name is that of a topic in the stack's own account and region.
    fn from(topic: &OpsTopic) -> Self {
        match topic {
            OpsTopic::ByName(name) => {
                let arn = format!(
                    "arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}"
                );
                Self::Expression(Expression::Sub(arn, BTreeMap::new()))
            }
            OpsTopic::ByArn(arn) => Self::Literal(Arn {
                text: arn.to_string(),
                kind: PhantomData,
            }),
        }
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
accepts!(FailureDestination: Bucket);
accepts!(Invocable: EventBus, Function, Queue);
