//! The rule for denied API calls, as CloudTrail records them.

use serde_json::json;

use super::{
    EventRule, Purpose,
    events::{What, rule as event_rule},
    pattern_characters,
};
use crate::{
    event_pattern::{EventPattern, Except, Matcher},
    limits,
    monitor::{Monitor, PrincipalSelector, UnauthorizedApiCalls},
    value::Value,
};

/// The agent, as a service of AWS. Source: "AWS DevOps Agent security" in its user guide.
const AGENT: &str = "aidevops.amazonaws.com";

/// Roles that the console and the user guide of AWS DevOps Agent create: names with a slash are complete, the
/// other is a prefix. The function excludes the same roles.
const AGENT_ROLES: [&str; 3] = [
    "AWSServiceRoleForAIDevOps/",
    "DevOpsAgentCrossAccountRole/",
    "DevOpsAgentRole-",
];

/// The rule for calls that were denied to anybody except the agent, the stack's own roles, and the principals
/// that the account file ignores.
///
/// Incidents about denied calls of the agent or of the stack would lead to further ones, without end. The function
/// excludes everything that the rule excludes, and gets the whole list of ignored principals: a pattern can express
/// only sessions of roles, by their prefixes.
pub(super) fn rule(monitor: &Monitor, calls: &UnauthorizedApiCalls) -> EventRule {
    let ignored = &calls.ignored_principals;
    let session = |role: &str| in_this_account("sts", &format!("assumed-role/{role}"));
    let of_agent = AGENT_ROLES.map(session);
    let mut sessions = of_agent.to_vec();
    sessions.extend(ignored.iter().filter_map(|it| Some(it.sessions()?.into())));
    let own_roles = in_this_account("iam", &format!("role{}", monitor.role_path()));
    // A pattern has a maximum length. The function excludes the sessions that do not fit.
    let mut pattern = denied(&own_roles, &sessions);
    while pattern_characters(&pattern) > limits::EVENT_PATTERN_CHARACTERS
        && sessions.len() > of_agent.len()
    {
        sessions.pop();
        pattern = denied(&own_roles, &sessions);
    }
    let entries: Vec<String> = ignored
        .iter()
        .flat_map(PrincipalSelector::entries)
        .collect();
    let what = What {
        title: "{principal} was denied {detail.eventName} of {detail.eventSource}",
        priority: calls.priority,
        group_by: &["principal", "detail.eventSource", "detail.eventName"],
        more: vec![
            ("ignorePrincipals", json!(entries)),
            ("ownRoles", json!(monitor.role_path())),
        ],
    };
    event_rule(monitor, Purpose::DeniedCalls, pattern, &what)
}

/// The prefix of the ARNs of an account's roles (`iam`) or of their sessions (`sts`).
fn in_this_account(service: &str, resource: &str) -> Value<String> {
    Value::sub(format!(
        "arn:${{AWS::Partition}}:{service}::${{AWS::AccountId}}:{resource}"
    ))
}

/// Matches calls that were denied to anybody except the agent, `own_roles` and `sessions`, which are prefixes.
///
/// The error codes are those of the CIS benchmark's metric filter for unauthorized API calls, and variants that
/// single services use (SNS `AuthorizationError`, Lambda `KMSAccessDeniedException`). `DryRunOperation` is none of
/// them: the call would have succeeded. The source must be AWS, because nobody else may put events of its sources
/// on a bus.
fn denied(own_roles: &Value<String>, sessions: &[Value<String>]) -> EventPattern {
    let except_agent = || except(Except::Texts(vec![AGENT.into()]));
    EventPattern::new()
        .field("source", [Matcher::Prefix("aws.".into())])
        .field(
            "detail-type",
            Matcher::texts(["AWS API Call via CloudTrail"]),
        )
        .field(
            "detail.errorCode",
            [
                Matcher::Prefix("AccessDenied".into()),
                Matcher::Suffix("AccessDenied".into()),
                Matcher::Suffix("AccessDeniedException".into()),
                Matcher::Prefix("AuthorizationError".into()),
                Matcher::Prefix("UnauthorizedAccess".into()),
                Matcher::Suffix("UnauthorizedAccess".into()),
                Matcher::Suffix("UnauthorizedOperation".into()),
            ],
        )
        .field("detail.invokedBy", except_agent())
        .field("detail.sourceIPAddress", except_agent())
        .field("detail.userIdentity.invokedBy", except_agent())
        .field(
            "detail.userIdentity.arn",
            except(Except::Prefixes(sessions.to_vec())),
        )
        .field(
            "detail.userIdentity.sessionContext.sessionIssuer.arn",
            except(Except::Prefixes(vec![own_roles.clone()])),
        )
}

fn except(these: Except) -> [Matcher; 2] {
    [Matcher::AnythingBut(these), Matcher::Absent]
}
