//! A property value: a literal, or an expression that CloudFormation resolves when it deploys.

use std::collections::BTreeMap;

use crate::{
    json::{Json, ToJson},
    logical_id::LogicalId,
};

/// A literal `T`, or an expression that becomes a `T`.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<T> {
    /// Known now.
    Literal(T),
    /// Known when the stack is deployed.
    Expression(Expression),
}

/// An intrinsic function of CloudFormation.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// `Ref` of a resource or a parameter. What a resource yields depends on its type.
    Ref(LogicalId),
    /// `Ref` of a pseudo parameter, such as `AWS::Region`.
    Pseudo(&'static str),
    /// `Fn::GetAtt`
    GetAtt(LogicalId, &'static str),
    /// `Fn::Select` of `Fn::Split`: a part of a text, counted from 0.
    Part {
        /// The text.
        of: Box<Expression>,
        /// What stands between the parts.
        separator: &'static str,
        /// Which part.
        index: u32,
    },
    /// `Fn::Sub`: a text with `${Name}` in it, and the names that are no pseudo parameters.
    Sub(String, BTreeMap<String, Expression>),
}

impl<T> Value<T> {
    pub(crate) fn reference(id: &LogicalId) -> Self {
        Self::Expression(Expression::Ref(id.clone()))
    }

    pub(crate) fn attribute(id: &LogicalId, name: &'static str) -> Self {
        Self::Expression(Expression::GetAtt(id.clone(), name))
    }
}

impl Value<String> {
    /// A text in which `${AWS::Region}` and the other pseudo parameters are filled in.
    pub fn sub(text: impl Into<String>) -> Self {
        Self::Expression(Expression::Sub(text.into(), BTreeMap::new()))
    }

    /// A text in which `${Name}` stands for the value under that name, and pseudo parameters for
    /// themselves.
    pub fn sub_with<const N: usize>(
        text: impl Into<String>,
        values: [(&str, Value<String>); N],
    ) -> Self {
        let values = values.map(|(name, value)| (name.to_owned(), value));
        Self::sub_with_all(text, values)
    }

    /// The same for any number of values.
    pub fn sub_with_all(
        text: impl Into<String>,
        values: impl IntoIterator<Item = (String, Value<String>)>,
    ) -> Self {
        let mut text = text.into();
        let mut variables = BTreeMap::new();
        for (name, value) in values {
            match value {
                Self::Literal(literal) => {
                    let escaped = literal.replace("${", "${!");
                    text = text.replace(&format!("${{{name}}}"), &escaped);
                }
                Self::Expression(expression) => {
                    variables.insert(name, expression);
                }
            }
        }
        Self::Expression(Expression::Sub(text, variables))
    }

    /// The name of the stack that the template becomes.
    pub fn stack_name() -> Self {
        Self::Expression(Expression::Pseudo("AWS::StackName"))
    }

    /// The account that the stack is deployed to.
    pub fn account_id() -> Self {
        Self::Expression(Expression::Pseudo("AWS::AccountId"))
    }
}

impl<T> From<T> for Value<T> {
    fn from(literal: T) -> Self {
        Self::Literal(literal)
    }
}

impl From<i32> for Value<f64> {
    fn from(literal: i32) -> Self {
        Self::Literal(literal.into())
    }
}

impl From<&str> for Value<String> {
    fn from(literal: &str) -> Self {
        Self::Literal(literal.to_owned())
    }
}

impl<T: ToJson> ToJson for Value<T> {
    fn to_json(&self) -> Json {
        match self {
            Self::Literal(literal) => literal.to_json(),
            Self::Expression(expression) => expression.to_json(),
        }
    }
}

impl ToJson for Expression {
    fn to_json(&self) -> Json {
        let (function, argument) = match self {
            Self::Ref(id) => ("Ref", id.to_json()),
            Self::Pseudo(name) => ("Ref", name.to_json()),
            Self::GetAtt(id, attribute) => (
                "Fn::GetAtt",
                Json::Array(vec![id.to_json(), attribute.to_json()]),
            ),
            Self::Part {
                of,
                separator,
                index,
            } => {
                let parts = one("Fn::Split", vec![separator.to_json(), of.to_json()].into());
                (
                    "Fn::Select",
                    vec![i64::from(*index).to_json(), parts].into(),
                )
            }
            Self::Sub(text, variables) if variables.is_empty() => ("Fn::Sub", text.to_json()),
            Self::Sub(text, variables) => (
                "Fn::Sub",
                Json::Array(vec![text.to_json(), variables.to_json()]),
            ),
        };
        one(function, argument)
    }
}

fn one(function: &str, argument: Json) -> Json {
    Json::Object([(function.to_owned(), argument)].into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_scalar_can_be_an_expression() {
        let timeout: Value<i64> = Value::reference(&LogicalId::from("Timeout"));
        assert_eq!(timeout.to_json(), json!({ "Ref": "Timeout" }));
        assert_eq!(Value::from(30_i64).to_json(), json!(30));
    }

    #[test]
    fn sub_fills_literals_in_and_leaves_expressions_to_cloudformation() {
        let arn = Value::attribute(&LogicalId::from("Queue"), "Arn");
        let text = Value::sub_with(
            "${AWS::Region}/${Literal}/${Queue}",
            [("Literal", "x${y}".into()), ("Queue", arn)],
        );
        assert_eq!(
            text.to_json(),
            json!({ "Fn::Sub": [
                "${AWS::Region}/x${!y}/${Queue}",
                { "Queue": { "Fn::GetAtt": ["Queue", "Arn"] } },
            ] })
        );
    }
}
