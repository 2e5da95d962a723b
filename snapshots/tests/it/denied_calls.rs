//! Denied API calls: which of them the rule matches, and that rule and function exclude the same ones.

use std::fs;

use proptest::{prelude::*, sample::select};
use runtime::{
    decision::{Decision, Skip},
    event,
};
use serde_json::{Value as Json, json};
use snapshots::{CONTEXT, account, account_file, directory, stacks_of};
use stacks::{
    event_pattern::Scope,
    limits,
    rules::{EventRule, Purpose},
};
use synth::config;

const HERE: Scope<'_> = Scope {
    partition: "aws",
    region: "eu-central-1",
    account: "111122223333",
    stack: "tocsin-x",
};

fn rule(ignored: &[&str]) -> EventRule {
    let file = json!({
        "name": "x", "ops-topic": "ops",
        "unauthorized-api-calls": { "ignore-principals": ignored },
    });
    let (account, diagnostics) = config::parse(&file.to_string(), CONTEXT);
    assert!(account.is_some(), "{diagnostics:?}");
    let rules = stacks::rules::rules(&account.unwrap().monitor);
    rules
        .into_iter()
        .find(|rule| rule.purpose == Purpose::DeniedCalls)
        .unwrap()
}

fn denied(detail: &Json) -> Json {
    let mut event = json!({
        "id": "1", "source": "aws.s3", "detail-type": "AWS API Call via CloudTrail",
        "account": HERE.account, "region": HERE.region, "time": "2026-01-02T03:04:05Z",
        "resources": [], "detail": {
            "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "errorCode": "AccessDenied",
            "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.30",
        },
    });
    for (key, value) in detail.as_object().unwrap() {
        event["detail"][key] = value.clone();
    }
    event
}

/// Why the function skips an event that the rule passes to it; nothing if it does not.
fn skipped(rule: &EventRule, event: &Json) -> Option<Skip> {
    match event::decide(&rule.input.as_ref().unwrap().filled(event)) {
        Ok(Decision::Skip(skip)) => Some(skip),
        Ok(Decision::Investigate(_)) => None,
        Ok(Decision::Canary) => panic!("a canary: {event}"),
        Err(error) => panic!("{error}: {event}"),
    }
}

#[test]
fn the_rule_matches_each_error_code_of_a_denied_call() {
    let rule = rule(&[]);
    for (code, expected) in [
        ("AccessDenied", true),
        ("AccessDeniedException", true),
        ("KMSAccessDeniedException", true),
        ("VpceAccessDenied", true),
        ("Client.UnauthorizedOperation", true),
        ("UnauthorizedOperation", true),
        ("UnauthorizedAccess", true),
        ("Client.UnauthorizedAccess", true),
        ("AuthorizationError", true),
        ("AuthorizationErrorException", true),
        // The call would have succeeded.
        ("Client.DryRunOperation", false),
        ("DryRunOperation", false),
        // Credentials were wrong or had expired, or the call failed for another reason.
        ("NotAuthorizedException", false),
        ("UnauthorizedException", false),
        ("ExpiredToken", false),
        ("ResourceNotFoundException", false),
        ("ThrottlingException", false),
    ] {
        let event = denied(&json!({ "errorCode": code }));
        assert_eq!(rule.pattern.matches(&event, &HERE), expected, "{code}");
    }
    let mut fine = denied(&json!({}));
    fine["detail"].as_object_mut().unwrap().remove("errorCode");
    assert!(!rule.pattern.matches(&fine, &HERE));
}

#[test]
fn a_denied_dry_run_says_so() {
    let rule = rule(&[]);
    let event = denied(&json!({
        "errorCode": "Client.UnauthorizedOperation", "requestParameters": { "dryRun": true },
    }));
    let Ok(Decision::Investigate(finding)) =
        event::decide(&rule.input.as_ref().unwrap().filled(&event))
    else {
        panic!("no incident")
    };
    let description = finding.incident.description();
    assert!(description.contains("- dry run: "), "{description}");
}

#[test]
fn denied_calls_of_the_stacks_own_roles_are_excluded() {
    for case in fs::read_dir(directory("cases")).unwrap() {
        let account = account_file(&case.unwrap().path().join("account.yaml"));
        let path = account.monitor.role_path();
        assert!(path.starts_with(&format!("/{}-", account.monitor.stack)));
        for stack in stacks_of(&account) {
            for (id, _) in stack
                .template
                .resources()
                .filter(|(_, it)| *it == "AWS::IAM::Role")
            {
                assert_eq!(stack.template.properties(id)["Path"], json!(path), "{id}");
            }
        }
    }
    let rule = rule(&[]);
    let of =
        |path: &str| denied(&json!({ "userIdentity": session(path, "any-name", "any-session") }));
    let own = of("/tocsin-x-roles");
    assert!(!rule.pattern.matches(&own, &HERE));
    assert_eq!(skipped(&rule, &own), Some(Skip::OwnRole));
    let other = of("/tocsin-x");
    assert!(rule.pattern.matches(&other, &HERE));
    assert_eq!(skipped(&rule, &other), None);
}

/// The function excludes the principals that do not fit the rule's pattern.
#[test]
fn forty_roles_can_be_ignored() {
    let roles: Vec<String> = (0..40)
        .map(|it| format!("arn:aws:iam::111122223333:role/scanner-number-{it:02}"))
        .collect();
    let rule = rule(&roles.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(rule.pattern_characters() <= limits::EVENT_PATTERN_CHARACTERS);
    let mut caught = 0;
    for number in 0..40 {
        let event = denied(
            &json!({ "userIdentity": session("", &format!("scanner-number-{number:02}"), "x") }),
        );
        caught += usize::from(rule.pattern.matches(&event, &HERE));
        assert_eq!(skipped(&rule, &event), Some(Skip::IgnoredPrincipal));
    }
    assert!((1..40).contains(&caught), "{caught}");
}

fn session(path: &str, role: &str, name: &str) -> Json {
    json!({
        "type": "AssumedRole", "principalId": format!("AROAX:{name}"),
        "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}"),
        "sessionContext": { "sessionIssuer": {
            "type": "Role", "principalId": "AROAX",
            "arn": format!("arn:aws:iam::111122223333:role{path}/{role}"),
        } },
    })
}

const IGNORED: [&str; 11] = [
    "arn:aws:iam::111122223333:role/deploy",
    "arn:aws:iam::111122223333:role/path/deploy",
    "arn:aws:iam::111122223333:role/ci-*",
    "arn:aws:iam::111122223333:role/team/*",
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::111122223333:user/b*",
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:assumed-role/deploy/",
    "arn:aws:sts::111122223333:assumed-role/deploy/ci-",
    "arn:aws:sts::111122223333:assumed-role/ci-2",
    "config.amazonaws.com",
];

const NAMES: [&str; 8] = [
    "deploy",
    "deploy-2",
    "ci-1",
    "ci-2",
    "bob",
    "bobby",
    "DevOpsAgentRole-AgentSpace-1",
    "DevOpsAgentCrossAccountRole",
];

fn identity() -> impl Strategy<Value = Json> {
    let of_role = (
        select(vec!["", "/path", "/team", "/tocsin-x-roles"]),
        select(NAMES.to_vec()),
        select(NAMES.to_vec()),
    )
        .prop_map(|(path, role, name)| session(path, role, name));
    let user = select(NAMES.to_vec()).prop_map(
        |name| json!({ "type": "IAMUser", "arn": format!("arn:aws:iam::111122223333:user/{name}") }),
    );
    let service = select(vec!["config.amazonaws.com", "aidevops.amazonaws.com"])
        .prop_map(|service| json!({ "type": "AWSService", "invokedBy": service }));
    prop_oneof![
        4 => of_role,
        2 => user,
        1 => service,
        1 => Just(json!({ "type": "Root", "arn": "arn:aws:iam::111122223333:root" })),
        1 => Just(json!({ "type": "AWSAccount", "principalId": "AROAX:deploy", "accountId": "444455556666" })),
        1 => Just(json!({})),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// The function excludes everything that the rule excludes. The rule excludes the agent, the stack's roles, and
    /// ignored roles whose sessions it can express.
    #[test]
    fn rule_and_function_agree(
        ignored in prop::collection::vec(select(IGNORED.to_vec()), 0..4),
        identity in identity(),
        by in select(vec!["", "", "", "cloudformation.amazonaws.com", "aidevops.amazonaws.com"]),
    ) {
        let rule = rule(&ignored);
        let mut event = denied(&json!({ "userIdentity": identity }));
        if !by.is_empty() {
            event["detail"]["userIdentity"]["invokedBy"] = json!(by);
        }
        let skipped = skipped(&rule, &event);
        let is_caught = rule.pattern.matches(&event, &HERE);
        prop_assert!(is_caught || skipped.is_some(), "only the rule excludes {}", event);
        if matches!(skipped, Some(Skip::AgentItself | Skip::OwnRole)) {
            prop_assert!(!is_caught, "only the function excludes {}", event);
        }
        let whole_roles = ignored.iter().all(|it| it.contains("assumed-role") || it.ends_with("deploy"));
        if skipped.is_some() && whole_roles {
            prop_assert!(!is_caught, "only the function excludes {}", event);
        }
    }
}

#[test]
fn a_role_is_ignored_by_the_arn_that_people_know() {
    let monitor = account(&directory("cases/events")).monitor;
    let rules = stacks::rules::rules(&monitor);
    let rule = rules
        .iter()
        .find(|it| it.purpose == Purpose::DeniedCalls)
        .unwrap();
    for (role, expected) in [("deploy", false), ("deployer", true), ("scanner", false)] {
        let event = denied(&json!({ "userIdentity": session("/any", role, "ci-1") }));
        assert_eq!(rule.pattern.matches(&event, &HERE), expected, "{role}");
        assert_eq!(skipped(rule, &event).is_none(), expected, "{role}");
    }
}
