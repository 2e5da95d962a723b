//! Excludes events that must not become incidents: calls of ignored principals and of the stack's own roles,
//! anything that the agent itself does or has planned, and the canary of the pipeline.

use contract::mitigation::SOURCE;
use serde_json::Value as Json;

use crate::{
    canary::is_canary,
    decision::Skip,
    read::{list, text},
};

/// The agent, as a service of AWS. Source: "AWS DevOps Agent security" in its user guide.
const AGENT: &str = "aidevops.amazonaws.com";
/// Where the agent's own events come from.
const AGENT_SOURCE: &str = "aws.aidevops";

/// Roles that the console and the user guide of AWS DevOps Agent create: names with a slash are complete, the
/// other is a prefix. `AWSServiceRoleFor` is reserved for AWS. The rule excludes the same roles.
const AGENT_ROLES: &[&str] = &[
    "AWSServiceRoleForAIDevOps/",
    "DevOpsAgentCrossAccountRole/",
    "DevOpsAgentRole-",
];

/// Why `event` is not investigated; nothing if it is. `payload` is the input of the rule.
pub(super) fn excluded(payload: &Json, event: &Json) -> Option<Skip> {
    if is_canary(event) {
        return Some(Skip::Canary);
    }
    let source = text(event, "source").unwrap_or_default();
    if source == AGENT_SOURCE || source == SOURCE {
        return Some(Skip::AgentItself);
    }
    let detail = event.get("detail")?;
    let is_call =
        source.starts_with("aws.") && detail.get("userIdentity").is_some_and(Json::is_object);
    if !is_call {
        return None;
    }
    let account = text(event, "account").unwrap_or_default();
    if is_agent(detail, account) {
        return Some(Skip::AgentItself);
    }
    let own_roles = text(payload, "ownRoles");
    if own_roles.is_some_and(|path| is_role_below(detail, account, path)) {
        return Some(Skip::OwnRole);
    }
    let ignored = list(payload, "ignorePrincipals");
    is_ignored(detail, ignored).then_some(Skip::IgnoredPrincipal)
}

/// Whether the agent made a call. An incident about it would start an investigation, whose calls could be
/// denied again, without end.
///
/// Only facts that a caller cannot choose count: the service that called on somebody's behalf, the source
/// address, and the role, whose name only an administrator can choose. Session names and user agents do not
/// count, so nobody can hide behind them.
fn is_agent(detail: &Json, account: &str) -> bool {
    let says = |path: &str| text(detail, path) == Some(AGENT);
    if says("userIdentity.invokedBy") || says("invokedBy") || says("sourceIPAddress") {
        return true;
    }
    // A caller inside AWS does not choose its user agent.
    if text(detail, "sourceIPAddress") == Some("AWS Internal") && says("userAgent") {
        return true;
    }
    let session = text(detail, "userIdentity.arn").unwrap_or_default();
    session
        .split_once(&format!(":sts::{account}:assumed-role/"))
        .is_some_and(|(partition, role)| {
            partition.starts_with("arn:") && AGENT_ROLES.iter().any(|it| role.starts_with(it))
        })
}

/// Whether the caller is a session of a role of this account below `path`.
fn is_role_below(detail: &Json, account: &str, path: &str) -> bool {
    text(detail, "userIdentity.sessionContext.sessionIssuer.arn")
        .and_then(|arn| arn.split_once(&format!(":iam::{account}:role")))
        .is_some_and(|(_, role)| role.starts_with(path))
}

/// Whether an entry of the account file names the caller, in full or, with `*` at its end, as a prefix.
fn is_ignored(detail: &Json, entries: &[Json]) -> bool {
    let service = text(detail, "userIdentity.invokedBy")
        .filter(|_| text(detail, "userIdentity.type") == Some("AWSService"));
    let names = [
        text(detail, "userIdentity.arn"),
        text(detail, "userIdentity.sessionContext.sessionIssuer.arn"),
        service,
    ];
    let matches = |entry: &str| {
        names
            .iter()
            .flatten()
            .any(|name| match entry.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => *name == entry,
            })
    };
    entries.iter().filter_map(Json::as_str).any(matches)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const IGNORED: [&str; 5] = [
        "arn:aws:iam::111122223333:role/path/deploy",
        "arn:aws:sts::111122223333:assumed-role/deploy/*",
        "arn:aws:iam::111122223333:user/bob",
        "arn:aws:iam::111122223333:role/team/*",
        "config.amazonaws.com",
    ];

    #[track_caller]
    fn check(detail: Json, expected: Option<Skip>) {
        let event = json!({ "source": "aws.s3", "account": "111122223333", "detail": detail });
        let payload = json!({
            "ignorePrincipals": IGNORED, "ownRoles": "/tocsin-x-roles/", "event": event,
        });
        assert_eq!(excluded(&payload, &event), expected, "{event}");
    }

    fn session(path: &str, role: &str, session: &str) -> Json {
        json!({
            "type": "AssumedRole",
            "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{session}"),
            "sessionContext": { "sessionIssuer": {
                "arn": format!("arn:aws:iam::111122223333:role{path}/{role}"),
            } },
        })
    }

    #[test]
    fn principals_in_the_account_file_are_ignored() {
        let ignored = Some(Skip::IgnoredPrincipal);
        let of = |identity: Json| json!({ "userIdentity": identity });
        let user =
            |name: &str| of(json!({ "arn": format!("arn:aws:iam::111122223333:user/{name}") }));
        check(of(session("/path", "deploy", "ci-1")), ignored);
        check(of(session("/team", "build", "ci-1")), ignored);
        check(user("bob"), ignored);
        check(
            of(json!({ "type": "AWSService", "invokedBy": "config.amazonaws.com" })),
            ignored,
        );
        let issued_by_bob = json!({
            "arn": "arn:aws:sts::111122223333:federated-user/x",
            "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::111122223333:user/bob" } },
        });
        check(of(issued_by_bob), ignored);

        check(of(session("/path", "deploy-2", "ci-1")), None);
        check(of(session("", "other", "deploy")), None);
        check(user("bobby"), None);
        check(
            of(json!({ "type": "IAMUser", "invokedBy": "config.amazonaws.com" })),
            None,
        );
        let event = json!({ "source": "aws.s3", "detail": of(session("/path", "deploy", "ci-1")) });
        assert_eq!(
            excluded(&json!({ "event": event }), &event),
            None,
            "without a list"
        );
    }

    #[test]
    fn the_stacks_own_roles_are_excluded() {
        let of = |path: &str| json!({ "userIdentity": session(path, "any", "any") });
        check(of("/tocsin-x-roles"), Some(Skip::OwnRole));
        check(of("/tocsin-x"), None);
        check(of("/other/tocsin-x-roles"), None);
        check(of(""), None);
    }

    #[test]
    fn calls_and_events_of_the_agent_are_excluded() {
        let agent = Some(Skip::AgentItself);
        let of =
            |identity: Json| json!({ "userIdentity": identity, "sourceIPAddress": "198.51.100.7" });
        for role in [
            "DevOpsAgentRole-AgentSpace",
            "DevOpsAgentRole-AgentSpace-3xj2396z",
            "DevOpsAgentRole-WebappAdmin-1",
            "DevOpsAgentCrossAccountRole",
            "AWSServiceRoleForAIDevOps",
        ] {
            check(of(session("/service-role", role, "any")), agent);
        }
        let mut by_service = of(session("", "any", "any"));
        by_service["userIdentity"]["invokedBy"] = json!(AGENT);
        check(by_service, agent);
        for field in ["invokedBy", "sourceIPAddress"] {
            let mut by_service = of(session("", "any", "any"));
            by_service[field] = json!(AGENT);
            check(by_service, agent);
        }
        check(
            json!({ "userIdentity": {}, "sourceIPAddress": "AWS Internal", "userAgent": AGENT }),
            agent,
        );
        let of_itself = json!({ "source": "aws.aidevops", "detail-type": "Investigation Failed" });
        assert_eq!(excluded(&Json::Null, &of_itself), agent);
    }

    #[test]
    fn a_session_name_or_user_agent_does_not_exclude_anybody() {
        let of = |identity: Json| {
            json!({
                "userIdentity": identity, "sourceIPAddress": "198.51.100.7", "userAgent": AGENT,
            })
        };
        check(of(session("", "thief", "DevOpsAgentRole-AgentSpace")), None);
        check(of(session("", "thief", "aidevops.amazonaws.com")), None);
        check(of(session("", "MyDevOpsAgentRole-AgentSpace", "x")), None);
        check(of(session("", "DevOpsAgentCrossAccountRole2", "x")), None);
        let user = "arn:aws:iam::111122223333:user/DevOpsAgentRole-AgentSpace";
        check(of(json!({ "arn": user })), None);
        // Other accounts choose the names of their roles freely.
        let theirs = "arn:aws:sts::444455556666:assumed-role/DevOpsAgentRole-AgentSpace/x";
        check(of(json!({ "arn": theirs })), None);
        // CloudTrail did not record this call.
        let event = json!({
            "source": "my.app", "detail": { "userIdentity": { "invokedBy": AGENT } },
        });
        assert_eq!(excluded(&Json::Null, &event), None);
    }
}
