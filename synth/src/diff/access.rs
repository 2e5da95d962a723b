//! What a change lets whom do, in words: statements of IAM and of resource policies, before and after. Pure.

use std::collections::BTreeSet;

use stacks::Json;

const ANYBODY: &str = "anybody";

/// What somebody may do, or may not: one statement, without its order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    allows: bool,
    who: String,
    what: String,
    on: String,
    only_if: String,
}

/// A change of what somebody may do.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessChange {
    /// Whether somebody may do more than before.
    pub broadens: bool,
    /// It in words.
    pub text: String,
}

/// What changes by a resource that was so and is to be so; nothing for what there was or will not be.
pub(super) fn access(id: &str, old: Option<&Json>, new: Option<&Json>) -> Vec<AccessChange> {
    let (before, after) = (grants(id, old), grants(id, new));
    let come = after.difference(&before).map(|grant| AccessChange {
        // What was allowed without the condition is narrower with it.
        broadens: grant.allows && !before.iter().any(|it| it.covers(grant)),
        text: grant.words("now"),
    });
    let go = before.difference(&after).map(|grant| AccessChange {
        // What was forbidden may be allowed by another statement, unless it is still forbidden.
        broadens: !grant.allows && !after.iter().any(|it| it.covers(grant)),
        text: grant.words("no longer"),
    });
    let mut changes: Vec<AccessChange> = come.chain(go).collect();
    changes.sort_by_key(|it| !it.broadens);
    changes
}

impl Grant {
    /// Whether it says all that another says: the same of everything, or without its condition.
    fn covers(&self, other: &Self) -> bool {
        let is_as_broad = |own: &str, others: &str| own == others || own == "*";
        self.allows == other.allows
            && (self.who == other.who || self.who == ANYBODY)
            && is_as_broad(&self.what, &other.what)
            && is_as_broad(&self.on, &other.on)
            && (self.only_if.is_empty() || self.only_if == other.only_if)
    }

    fn words(&self, when: &str) -> String {
        let Self {
            allows,
            who,
            what,
            on,
            only_if,
        } = self;
        let may = if *allows { "may" } else { "is denied to" };
        let condition = if only_if.is_empty() {
            String::new()
        } else {
            format!(" if {only_if}")
        };
        format!("{who} {when} {may}: {what} on {on}{condition}")
    }
}

fn grants(id: &str, resource: Option<&Json>) -> BTreeSet<Grant> {
    let Some(resource) = resource else {
        return BTreeSet::new();
    };
    let properties = &resource["Properties"];
    let mut out = BTreeSet::new();
    match resource["Type"].as_str().unwrap_or_default() {
        "AWS::IAM::Role" => {
            let trust = &properties["AssumeRolePolicyDocument"];
            read(trust, ANYBODY, &format!("the role {id}"), &mut out);
            for policy in list(&properties["Policies"]) {
                read(&policy["PolicyDocument"], id, "nothing", &mut out);
            }
            for arn in list(&properties["ManagedPolicyArns"]) {
                out.insert(Grant {
                    allows: true,
                    who: id.to_owned(),
                    what: format!("what the policy {} says", text(arn)),
                    on: "what it says".to_owned(),
                    only_if: String::new(),
                });
            }
        }
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => {
            let roles: Vec<String> = list(&properties["Roles"]).map(text).collect();
            let who = if roles.is_empty() {
                format!("whoever has the policy {id}")
            } else {
                roles.join(", ")
            };
            read(&properties["PolicyDocument"], &who, "nothing", &mut out);
        }
        "AWS::Lambda::Permission" => {
            let mut conditions = Vec::new();
            for name in ["SourceArn", "SourceAccount", "PrincipalOrgID"] {
                if !properties[name].is_null() {
                    conditions.push(format!("{name} is {}", text(&properties[name])));
                }
            }
            out.insert(Grant {
                allows: true,
                who: text(&properties["Principal"]),
                what: text(&properties["Action"]),
                on: text(&properties["FunctionName"]),
                only_if: conditions.join(" and "),
            });
        }
        // Of these, the resource that a statement means is the one that has the policy.
        kind => {
            let names = ["PolicyDocument", "ResourcePolicy", "KeyPolicy"];
            let on = if kind == "AWS::KMS::Key" { id } else { "it" };
            for name in names {
                read(&properties[name], ANYBODY, on, &mut out);
            }
        }
    }
    out
}

/// Reads the statements of a policy. `who` and `on` are meant where they name nobody and nothing.
fn read(policy: &Json, who: &str, on: &str, out: &mut BTreeSet<Grant>) {
    for statement in list(&policy["Statement"]) {
        let principal = match (&statement["Principal"], &statement["NotPrincipal"]) {
            (Json::Null, Json::Null) => who.to_owned(),
            (Json::Null, other) => format!("everybody but {}", principals(other)),
            (principal, _) => principals(principal),
        };
        let on = match (&statement["Resource"], &statement["NotResource"]) {
            (Json::Null, Json::Null) => on.to_owned(),
            (Json::Null, other) => format!("everything but {}", texts(other)),
            (resource, _) => texts(resource),
        };
        let condition = &statement["Condition"];
        let only_if = if condition.is_null() {
            String::new()
        } else {
            text(condition)
        };
        let (actions, not) = match (&statement["Action"], &statement["NotAction"]) {
            (Json::Null, other) => (other, true),
            (actions, _) => (actions, false),
        };
        let mut insert = |what: String| {
            out.insert(Grant {
                allows: statement["Effect"] == "Allow",
                who: principal.clone(),
                what,
                on: on.clone(),
                only_if: only_if.clone(),
            });
        };
        if not {
            insert(format!("everything but {}", texts(actions)));
        } else {
            list(actions).map(text).for_each(insert);
        }
    }
}

/// One or many.
fn list(json: &Json) -> impl Iterator<Item = &Json> {
    let many = json.as_array().map(|it| it.iter());
    let one = (!json.is_array() && !json.is_null()).then_some(json);
    many.into_iter().flatten().chain(one)
}

fn texts(json: &Json) -> String {
    let texts: Vec<String> = list(json).map(text).collect();
    texts.join(", ")
}

/// Whom a principal means.
fn principals(json: &Json) -> String {
    if json == "*" {
        return ANYBODY.to_owned();
    }
    let Some(kinds) = json.as_object() else {
        return text(json);
    };
    let names: Vec<String> = kinds.values().flat_map(list).map(text).collect();
    names.join(", ")
}

/// A value as people write it: references by the names of what they refer to.
fn text(json: &Json) -> String {
    if let Some(text) = json.as_str() {
        return text.to_owned();
    }
    let get_att = &json["Fn::GetAtt"];
    match (json["Ref"].as_str(), get_att.as_array(), &json["Fn::Sub"]) {
        (Some(id), ..) => id.to_owned(),
        (None, Some(parts), _) => parts
            .first()
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned(),
        (None, None, Json::String(template)) => template.clone(),
        _ => json.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(statement: Json) -> Json {
        json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": {
            "Roles": [{ "Ref": "DeliverRole" }],
            "PolicyDocument": { "Statement": [statement] },
        } })
    }

    #[track_caller]
    fn check(old: Option<Json>, new: Option<Json>, expected: &[(bool, &str)]) {
        let changes = access("It", old.as_ref(), new.as_ref());
        let found: Vec<(bool, &str)> = changes
            .iter()
            .map(|it| (it.broadens, it.text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_action_more_is_broader_and_said_first() {
        let before = policy(
            json!({ "Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:PurgeQueue"],
            "Resource": { "Fn::GetAtt": ["Queue", "Arn"] } }),
        );
        let after = policy(
            json!({ "Effect": "Allow", "Action": ["sqs:DeleteQueue", "sqs:SendMessage"],
            "Resource": { "Fn::GetAtt": ["Queue", "Arn"] } }),
        );
        check(
            Some(before),
            Some(after),
            &[
                (true, "DeliverRole now may: sqs:DeleteQueue on Queue"),
                (false, "DeliverRole no longer may: sqs:PurgeQueue on Queue"),
            ],
        );
    }

    #[test]
    fn a_condition_less_and_a_denial_less_are_broader() {
        let with = |condition: Json| {
            policy(
                json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition }),
            )
        };
        check(
            Some(with(json!("x"))),
            None,
            &[(true, "DeliverRole no longer is denied to: s3:* on * if x")],
        );
    }

    #[test]
    fn a_condition_more_is_narrower_and_a_denial_that_stays_is_no_loss() {
        let with = |effect: &str, condition: Json| {
            policy(
                json!({ "Effect": effect, "Action": "s3:*", "Resource": "*", "Condition": condition }),
            )
        };
        check(
            Some(with("Allow", Json::Null)),
            Some(with("Allow", json!("x"))),
            &[
                (false, "DeliverRole now may: s3:* on * if x"),
                (false, "DeliverRole no longer may: s3:* on *"),
            ],
        );
        check(
            Some(with("Deny", json!("x"))),
            Some(with("Deny", Json::Null)),
            &[
                (false, "DeliverRole now is denied to: s3:* on *"),
                (false, "DeliverRole no longer is denied to: s3:* on * if x"),
            ],
        );
    }

    #[test]
    fn whoever_may_come_from_outside_is_named() {
        let queue = json!({ "Type": "AWS::SQS::QueuePolicy", "Properties": { "PolicyDocument": {
            "Statement": { "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
                "Resource": { "Fn::GetAtt": ["Queue", "Arn"] } },
        } } });
        check(
            None,
            Some(queue),
            &[(true, "anybody now may: sqs:SendMessage on Queue")],
        );
        let permission = json!({ "Type": "AWS::Lambda::Permission", "Properties": {
            "Principal": "events.amazonaws.com", "Action": "lambda:InvokeFunction",
            "FunctionName": { "Ref": "Ecs" }, "SourceArn": { "Fn::Sub": "arn:x" },
        } });
        check(
            None,
            Some(permission),
            &[(
                true,
                "events.amazonaws.com now may: lambda:InvokeFunction on Ecs if SourceArn is arn:x",
            )],
        );
    }
}
