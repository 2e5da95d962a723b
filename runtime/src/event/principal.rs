//! The principal of an API call, from `userIdentity` in CloudTrail's record.
//!
//! Source: "CloudTrail userIdentity element" in the CloudTrail user guide. The names of anonymous callers are
//! those in records of S3.

use contract::text::cut;
use serde_json::Value as Json;

use crate::read::text;

/// The longest name that a caller can choose, in characters: a longer one is cut.
const LONGEST_NAME: usize = 150;

/// The caller of an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principal {
    /// The principal's name. All sessions of a role share it, and no two principals do.
    pub(super) name: String,
    /// The session's name, which whoever assumed the role chose freely.
    pub(super) session: Option<String>,
}

/// The principal that a `userIdentity` describes. The names of each kind of principal have a form of their own,
/// and names that people choose are quoted, so no principal can take the name of another.
pub(super) fn principal(identity: &Json) -> Principal {
    let of = |path: &str| text(identity, path);
    let arn = of("arn");
    let kind = of("type").unwrap_or_default();
    let principal_id = of("principalId").unwrap_or_default();
    let name = of("userName");
    let account = of("accountId");

    // The issuer is the role that was assumed, or the user that federates another.
    if let Some(issuer) = of("sessionContext.sessionIssuer.arn") {
        return Principal {
            name: issuer.to_owned(),
            session: session(arn, principal_id),
        };
    }
    if let Some((role, session)) = arn.and_then(role_of_session) {
        return Principal {
            name: role,
            session: Some(session),
        };
    }
    if let Some(arn) = arn {
        return alone(arn.to_owned());
    }
    if let Some(person) = of("onBehalfOf.userId") {
        let store = of("onBehalfOf.identityStoreArn").map_or("", last);
        return alone(format!("Identity Center user {person} of {store}"));
    }
    match (kind, account) {
        ("AWSService", _) => {
            let service = of("invokedBy").or(name).unwrap_or("an unknown service");
            alone(service.to_owned())
        }
        ("AWSAccount", Some(account)) if is_anonymous(account) => {
            alone("an anonymous caller".to_owned())
        }
        ("AWSAccount", Some(account)) => {
            let (id, session) = match principal_id.split_once(':') {
                Some((id, session)) => (id, Some(session.to_owned())),
                None => (principal_id, None),
            };
            let name = match id.get(..4) {
                Some("AROA") => format!("role {id} of account {account}"),
                Some("AIDA") => format!("user {id} of account {account}"),
                _ if id.is_empty() || id == account => format!("account {account}"),
                _ => format!("{id} of account {account}"),
            };
            Principal { name, session }
        }
        ("Root", Some(account)) => alone(format!("root of account {account}")),
        ("IdentityCenterUser", _) => {
            let id = of("credentialId").or(name).unwrap_or(principal_id);
            alone(format!("Identity Center user {id}"))
        }
        ("WebIdentityUser", _) => federated("web identity", identity),
        ("SAMLUser", _) => federated("SAML user", identity),
        ("Directory", _) => federated("directory user", identity),
        _ => alone(match (name, principal_id, of("invokedBy"), account) {
            (Some(name), _, _, Some(account)) => format!("{kind} {name:?} of account {account}"),
            (Some(name), _, _, None) => format!("{kind} {name:?}"),
            (None, "", Some(service), _) => service.to_owned(),
            (None, "", None, Some(account)) => format!("{kind} of account {account}"),
            (None, "", None, None) => "an unknown caller".to_owned(),
            (None, id, _, _) => format!("{kind} {id:?}"),
        }),
    }
}

fn alone(name: String) -> Principal {
    Principal {
        name: cut(name.trim(), 2 * LONGEST_NAME),
        session: None,
    }
}

/// A principal that an identity provider authenticated.
fn federated(kind: &str, identity: &Json) -> Principal {
    let name = text(identity, "userName")
        .or_else(|| text(identity, "principalId"))
        .unwrap_or_default();
    let name = cut(name, LONGEST_NAME);
    alone(match text(identity, "identityProvider") {
        Some(provider) => format!("{kind} {name:?} of {}", last(provider)),
        None => format!("{kind} {name:?}"),
    })
}

/// The last part of an ARN's path. Any other text stays as it is.
fn last(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, last)| last)
}

/// Whether an account stands for callers without credentials.
fn is_anonymous(account: &str) -> bool {
    account.eq_ignore_ascii_case("anonymous") || account.eq_ignore_ascii_case("ANONYMOUS_PRINCIPAL")
}

/// The role and the name of a session, from the session's ARN. The ARN lacks the role's path, but names of roles
/// are unique in an account.
fn role_of_session(arn: &str) -> Option<(String, String)> {
    let (before, session) = arn.split_once(":assumed-role/")?;
    let (role, session) = session.split_once('/')?;
    let account = before.replacen(":sts:", ":iam:", 1);
    Some((format!("{account}:role/{role}"), session.to_owned()))
}

fn session(arn: Option<&str>, principal_id: &str) -> Option<String> {
    let of_arn = arn.map(last).filter(|it| !it.is_empty());
    let of_id = principal_id.split_once(':').map(|(_, session)| session);
    of_arn.or(of_id).map(|it| cut(it, LONGEST_NAME))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(identity: Json, name: &str, session: Option<&str>) {
        let expected = Principal {
            name: name.to_owned(),
            session: session.map(str::to_owned),
        };
        assert_eq!(principal(&identity), expected);
    }

    fn session(role: &str, name: &str) -> Json {
        json!({
            "type": "AssumedRole", "principalId": format!("AROAX:{name}"), "accountId": "111122223333",
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}"),
            "sessionContext": { "sessionIssuer": {
                "type": "Role", "principalId": "AROAX", "userName": role,
                "arn": format!("arn:aws:iam::111122223333:role/path/{role}"),
            } },
        })
    }

    #[test]
    fn all_sessions_of_a_role_are_one_principal() {
        let role = "arn:aws:iam::111122223333:role/path/deploy";
        for name in ["ci-1", "dev@example.com"] {
            check(session("deploy", name), role, Some(name));
        }
        let mut without_issuer = session("deploy", "ci-1");
        without_issuer["sessionContext"] = Json::Null;
        check(
            without_issuer,
            "arn:aws:iam::111122223333:role/deploy",
            Some("ci-1"),
        );
        let mut by_service = session("deploy", "ci-1");
        by_service["invokedBy"] = json!("cloudformation.amazonaws.com");
        check(by_service, role, Some("ci-1"));
        check(json!({ "type": "Role", "arn": role }), role, None);
    }

    #[test]
    fn a_user_is_its_arn() {
        let arn = "arn:aws:iam::111122223333:user/team/alice";
        check(
            json!({ "type": "IAMUser", "principalId": "AIDAX", "arn": arn, "userName": "alice" }),
            arn,
            None,
        );
        check(
            json!({ "type": "IAMUser", "accountId": "111122223333", "userName": "alice" }),
            "IAMUser \"alice\" of account 111122223333",
            None,
        );
    }

    #[test]
    fn a_federated_user_counts_as_the_user_who_issued_it() {
        let federated = "arn:aws:sts::111122223333:federated-user/bob";
        let issuer = "arn:aws:iam::111122223333:user/alice";
        check(
            json!({
                "type": "FederatedUser", "principalId": "111122223333:bob", "arn": federated,
                "sessionContext": { "sessionIssuer": { "type": "IAMUser", "arn": issuer } },
            }),
            issuer,
            Some("bob"),
        );
        check(
            json!({ "type": "FederatedUser", "arn": federated }),
            federated,
            None,
        );
    }

    #[test]
    fn root_is_its_account() {
        let arn = "arn:aws:iam::111122223333:root";
        check(
            json!({ "type": "Root", "principalId": "111122223333", "arn": arn }),
            arn,
            None,
        );
        check(
            json!({ "type": "Root", "principalId": "1", "accountId": "111122223333" }),
            "root of account 111122223333",
            None,
        );
    }

    #[test]
    fn a_service_is_its_name() {
        for service in ["config.amazonaws.com", "AWS Internal"] {
            check(
                json!({ "type": "AWSService", "invokedBy": service }),
                service,
                None,
            );
        }
        check(
            json!({ "invokedBy": "config.amazonaws.com" }),
            "config.amazonaws.com",
            None,
        );
        check(json!({ "type": "AWSService" }), "an unknown service", None);
    }

    #[test]
    fn a_role_of_another_account_is_its_id() {
        let of = |id: &str| json!({ "type": "AWSAccount", "principalId": id, "accountId": "444455556666" });
        for session in ["botocore-session-1", "2"] {
            check(
                of(&format!("AROAEXAMPLEROLEID0001:{session}")),
                "role AROAEXAMPLEROLEID0001 of account 444455556666",
                Some(session),
            );
        }
        check(
            of("AIDAEXAMPLE"),
            "user AIDAEXAMPLE of account 444455556666",
            None,
        );
        check(of("444455556666"), "account 444455556666", None);
        check(of(""), "account 444455556666", None);
    }

    #[test]
    fn anonymous_and_unknown_callers_are_named_as_such() {
        for account in ["ANONYMOUS_PRINCIPAL", "anonymous"] {
            check(
                json!({ "type": "AWSAccount", "principalId": "", "accountId": account }),
                "an anonymous caller",
                None,
            );
        }
        for identity in [
            json!({}),
            json!({ "type": "" }),
            json!({ "type": 7, "arn": [] }),
        ] {
            check(identity, "an unknown caller", None);
        }
    }

    #[test]
    fn a_person_of_identity_center_is_a_user_id() {
        let store = "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7";
        for (kind, more) in [
            ("IdentityCenterUser", "credentialId"),
            ("Unknown", "principalId"),
        ] {
            check(
                json!({
                    "type": kind, "accountId": "111122223333", more: "EXAMPLEVHUL",
                    "onBehalfOf": { "userId": "5448-94e8", "identityStoreArn": store },
                }),
                "Identity Center user 5448-94e8 of d-9067642ac7",
                None,
            );
        }
        check(
            json!({ "type": "IdentityCenterUser", "credentialId": "EXAMPLEVHUL" }),
            "Identity Center user EXAMPLEVHUL",
            None,
        );
        // If a role acts for a person, permissions are those of the role.
        let mut role = session("deploy", "ci-1");
        role["onBehalfOf"] = json!({ "userId": "5448-94e8" });
        check(
            role,
            "arn:aws:iam::111122223333:role/path/deploy",
            Some("ci-1"),
        );
    }

    #[test]
    fn federated_identities_are_quoted() {
        check(
            json!({
                "type": "WebIdentityUser", "userName": "repo:shop/web:ref:refs/heads/main",
                "principalId": "arn:aws:iam::111122223333:oidc-provider/token.example.com:aud:repo:shop/web",
                "identityProvider": "arn:aws:iam::111122223333:oidc-provider/token.example.com",
            }),
            "web identity \"repo:shop/web:ref:refs/heads/main\" of token.example.com",
            None,
        );
        check(
            json!({ "type": "WebIdentityUser", "principalId": "accounts.example.com:app:7" }),
            "web identity \"accounts.example.com:app:7\"",
            None,
        );
        check(
            json!({ "type": "SAMLUser", "principalId": "x:alice", "userName": "alice", "identityProvider": "x" }),
            "SAML user \"alice\" of x",
            None,
        );
        check(
            json!({ "type": "Directory", "userName": "alice", "principalId": "d-1:2" }),
            "directory user \"alice\"",
            None,
        );
    }

    #[test]
    fn unknown_types_are_shown_by_their_type() {
        check(
            json!({ "type": "Robot", "principalId": "R2:D2", "accountId": "1" }),
            "Robot \"R2:D2\"",
            None,
        );
        check(
            json!({ "type": "Robot", "accountId": "1" }),
            "Robot of account 1",
            None,
        );
        check(
            json!({ "type": "Robot", "userName": "D2" }),
            "Robot \"D2\"",
            None,
        );
    }

    #[test]
    fn nobody_can_choose_the_name_of_another_principal() {
        let somebody = "config.amazonaws.com";
        let service = principal(&json!({ "type": "AWSService", "invokedBy": somebody }));
        for kind in [
            "WebIdentityUser",
            "SAMLUser",
            "Directory",
            "IAMUser",
            "Unknown",
            "Robot",
        ] {
            for field in ["userName", "principalId"] {
                let other = principal(&json!({ "type": kind, field: somebody }));
                assert_ne!(other.name, service.name, "{kind} {field}");
            }
        }
        let long = principal(&json!({ "type": "SAMLUser", "userName": "\n\"x".repeat(9_000) }));
        assert!(
            long.name.chars().count() < 1_000 && !long.name.contains('\n'),
            "{}",
            long.name
        );
    }
}
