//! IAM policy documents: who may do what to which resource.

use crate::{
    json::{Json, Object, ToJson},
    value::Value,
};

/// A policy document, of a role, a managed policy or a resource.
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    statements: Vec<Statement>,
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub struct Statement {
    /// What the statement is for, in letters and digits.
    pub sid: &'static str,
    /// Whether the statement allows or denies.
    pub effect: Effect,
    /// Who may act; only in policies of roles and resources.
    pub principal: Option<Principal>,
    /// Actions by their full names, such as `sqs:SendMessage`.
    pub actions: &'static [&'static str],
    /// ARNs; empty only in a role's trust policy.
    pub resources: Vec<Value<String>>,
    /// What must hold besides.
    pub conditions: Vec<Condition>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// What is not allowed anywhere is denied.
    Allow,
    /// A denial beats every allowance.
    Deny,
}

/// Who a statement is about.
#[derive(Clone, Copy, Debug)]
pub enum Principal {
    /// An AWS service, such as `lambda.amazonaws.com`.
    Service(&'static str),
    /// A service whose name depends on the region.
    RegionalService(&'static str),
    /// The stack's own account, whose IAM policies then decide.
    Account,
    /// Everyone: only ever to deny.
    Everyone,
}

/// A condition on the request.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The comparison, such as `StringEquals`.
    pub operator: &'static str,
    /// What is compared, such as `aws:SourceAccount`.
    pub key: &'static str,
    /// What it is compared with: any of these.
    pub values: Vec<Value<String>>,
}

impl PolicyDocument {
    /// A document of these statements.
    pub fn new(statements: impl Into<Vec<Statement>>) -> Self {
        Self {
            statements: statements.into(),
        }
    }
}

impl Statement {
    /// Allows `actions` on `resources`.
    pub fn allow(
        sid: &'static str,
        actions: &'static [&'static str],
        resources: impl Into<Vec<Value<String>>>,
    ) -> Self {
        Self {
            sid,
            effect: Effect::Allow,
            principal: None,
            actions,
            resources: resources.into(),
            conditions: Vec::new(),
        }
    }

    /// Whether the statement is about no resource in particular.
    pub fn is_on_everything(&self) -> bool {
        self.resources.contains(&Value::from("*"))
    }

    /// Lets `service` take on the role.
    pub fn trust(service: &'static str) -> Self {
        Self::trust_of(Principal::Service(service))
    }

    /// Lets the stack's own account decide who may take on the role.
    pub fn trust_account() -> Self {
        Self::trust_of(Principal::Account)
    }

    fn trust_of(principal: Principal) -> Self {
        Self {
            principal: Some(principal),
            ..Self::allow("Trust", &["sts:AssumeRole"], [])
        }
    }

    /// Denies what is not encrypted on its way, whoever asks.
    pub fn only_over_tls(
        actions: &'static [&'static str],
        resources: impl Into<Vec<Value<String>>>,
    ) -> Self {
        Self {
            effect: Effect::Deny,
            principal: Some(Principal::Everyone),
            conditions: vec![Condition {
                operator: "Bool",
                key: "aws:SecureTransport",
                values: vec!["false".into()],
            }],
            ..Self::allow("OnlyOverTls", actions, resources)
        }
    }
}

impl Condition {
    /// The request comes from a resource of the stack's own account.
    pub fn same_account() -> Self {
        Self {
            operator: "StringEquals",
            key: "aws:SourceAccount",
            values: vec![Value::account_id()],
        }
    }

    /// The events are of Tocsin's own source. Source: "Using conditions in Amazon EventBridge" in its user guide.
    pub fn own_source() -> Self {
        Self {
            operator: "ForAllValues:StringEquals",
            key: "events:source",
            values: vec![contract::mitigation::SOURCE.into()],
        }
    }
}

impl ToJson for PolicyDocument {
    fn to_json(&self) -> Json {
        let mut document = Object::default();
        document.put("Version", &"2012-10-17");
        document.put("Statement", &self.statements);
        document.into()
    }
}

impl ToJson for Statement {
    fn to_json(&self) -> Json {
        let mut statement = Object::default();
        statement.put("Sid", &self.sid);
        statement.put("Effect", &self.effect);
        statement.put("Principal", &self.principal);
        statement.put(
            "Action",
            &one_or_many(self.actions.iter().map(ToJson::to_json)),
        );
        statement.put(
            "Resource",
            &one_or_many(self.resources.iter().map(ToJson::to_json)),
        );
        if !self.conditions.is_empty() {
            let mut operators = serde_json::Map::new();
            for condition in &self.conditions {
                operators
                    .entry(condition.operator)
                    .or_insert_with(|| Json::Object(serde_json::Map::new()))[condition.key] =
                    one_or_many(condition.values.iter().map(ToJson::to_json));
            }
            statement.put("Condition", &Json::Object(operators));
        }
        statement.into()
    }
}

/// IAM's own short form: a list of one is written as the one.
fn one_or_many(items: impl Iterator<Item = Json>) -> Json {
    let mut items: Vec<Json> = items.collect();
    match items.len() {
        0 => Json::Null,
        1 => items.remove(0),
        _ => Json::Array(items),
    }
}

impl ToJson for Effect {
    fn to_json(&self) -> Json {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
        .to_json()
    }
}

impl ToJson for Principal {
    fn to_json(&self) -> Json {
        match self {
            Self::Service(name) => serde_json::json!({ "Service": name }),
            Self::RegionalService(name) => {
                let name = format!("{name}.${{AWS::Region}}.${{AWS::URLSuffix}}");
                serde_json::json!({ "Service": Value::sub(name).to_json() })
            }
            Self::Account => {
                let root = Value::sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root");
                serde_json::json!({ "AWS": root.to_json() })
            }
            Self::Everyone => "*".to_json(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_on_one_operator_share_it() {
        let statement = Statement {
            conditions: vec![
                Condition::same_account(),
                Condition {
                    operator: "StringEquals",
                    key: "aws:x",
                    values: vec!["y".into()],
                },
            ],
            ..Statement::trust("scheduler.amazonaws.com")
        };
        assert_eq!(
            statement.to_json(),
            json!({
                "Sid": "Trust",
                "Effect": "Allow",
                "Principal": { "Service": "scheduler.amazonaws.com" },
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": {
                    "aws:SourceAccount": { "Ref": "AWS::AccountId" },
                    "aws:x": "y",
                } },
            })
        );
    }
}
