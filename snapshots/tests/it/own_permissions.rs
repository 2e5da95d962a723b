//! The policies that `synth doctor --policy` prints, against what `synth` calls.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};
use snapshots::{account, directory, stacks_of};
use synth::permissions::{NEEDS, Policies, Scope, policies};

const SERVICES: [&str; 13] = [
    "CloudFormation",
    "CloudWatch",
    "CloudWatch Logs",
    "CodePipeline",
    "DynamoDB",
    "EC2",
    "ECS",
    "Lambda",
    "S3",
    "SNS",
    "SQS",
    "STS",
    "SecretsManager",
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// What the code calls: each call names its operation, such as `"S3 HeadBucket"`, for the case that it fails.
fn operations() -> BTreeSet<String> {
    let mut paths = Vec::new();
    sources(&directory("../synth/src"), &mut paths);
    let mut found = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        for quoted in text.split('"') {
            let Some((service, operation)) = quoted.rsplit_once(' ') else {
                continue;
            };
            let is_operation = operation.starts_with(|c: char| c.is_ascii_uppercase())
                && operation.chars().all(|c| c.is_ascii_alphanumeric())
                && operation.chars().filter(char::is_ascii_uppercase).count() > 1
                || operation == "Invoke"
                || operation == "Scan";
            if SERVICES.contains(&service) && is_operation {
                found.insert(format!("{service} {operation}"));
            }
        }
    }
    found
}

/// The action of IAM that an operation takes. Source: the tables of actions in the Service Authorization Reference.
fn action(operation: &str) -> String {
    let (service, name) = operation.rsplit_once(' ').unwrap();
    match operation {
        "S3 HeadBucket" | "S3 ListObjectsV2" => return "s3:ListBucket".to_owned(),
        "S3 HeadObject" => return "s3:GetObject".to_owned(),
        "S3 PutPublicAccessBlock" => return "s3:PutBucketPublicAccessBlock".to_owned(),
        "S3 GetBucketLifecycleConfiguration" => return "s3:GetLifecycleConfiguration".to_owned(),
        "S3 PutBucketLifecycleConfiguration" => return "s3:PutLifecycleConfiguration".to_owned(),
        "Lambda Invoke" => return "lambda:InvokeFunction".to_owned(),
        _ => {}
    }
    let prefix = match service {
        "CloudWatch Logs" => "logs".to_owned(),
        other => other.to_ascii_lowercase(),
    };
    format!("{prefix}:{}", name.trim_end_matches("Batch"))
}

fn actions(documents: &[Json]) -> BTreeSet<String> {
    let statements = documents
        .iter()
        .flat_map(|it| it["Statement"].as_array().unwrap());
    let actions = statements.flat_map(|it| it["Action"].as_array().unwrap());
    actions.map(|it| it.as_str().unwrap().to_owned()).collect()
}

fn documents(case: &str) -> Vec<Json> {
    policies_of(case, None).credentials
}

fn policies_of(case: &str, cloudformation_role: Option<&str>) -> Policies {
    let account = account(&directory(&format!("cases/{case}")));
    let scope = Scope {
        account: "111122223333",
        region: "eu-central-1",
        stack: account.monitor.stack.as_str(),
        has_key: account.monitor.hardening.customer_managed_key,
        cloudformation_role,
    };
    policies(scope, &stacks_of(&account))
}

#[test]
fn every_call_of_synth_is_allowed() {
    let allowed = actions(&documents("example"));
    let called = operations();
    assert!(called.len() > 40, "{called:?}");
    for operation in called {
        // The role that `redrive` takes on sends.
        if operation == "SQS SendMessageBatch" {
            continue;
        }
        let action = action(&operation);
        assert!(allowed.contains(&action), "{operation}: {action}");
    }
}

#[test]
fn every_policy_fits_and_is_one_that_iam_takes() {
    for case in ["example", "agent", "customer_managed_key", "vpc"] {
        let documents = documents(case);
        assert!(documents.len() <= 5, "{}", documents.len());
        let mut ids = BTreeSet::new();
        for document in &documents {
            let text = document.to_string();
            assert!(text.len() <= 6_144, "{case}: {}", text.len());
            for statement in document["Statement"].as_array().unwrap() {
                let id = statement["Sid"].as_str().unwrap();
                assert!(id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
                assert!(ids.insert(id.to_owned()), "{id} stands twice");
                for action in statement["Action"].as_array().unwrap() {
                    let (service, name) = action.as_str().unwrap().split_once(':').unwrap();
                    assert!(
                        service
                            .chars()
                            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
                    );
                    assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{action}");
                }
            }
        }
    }
    assert!(
        NEEDS
            .iter()
            .all(|it| !it.actions.is_empty() && !it.who.is_empty())
    );
}

/// `synth cost` reads with the credentials of whoever runs it what the function reads with its role.
#[test]
fn the_policy_of_a_file_with_a_cost_report_allows_what_the_report_reads() {
    // One file has the hub and metrics, the other actual costs.
    let both = [documents("example"), documents("cost_report")].concat();
    let allowed = actions(&both);
    for action in runtime::cost::ACTIONS {
        assert!(allowed.contains(action), "{action}");
    }
    // Recommendations of Auto Scaling groups need it.
    assert!(allowed.contains("autoscaling:DescribeAutoScalingGroups"));
    assert!(!actions(&documents("minimal")).contains("ce:GetCostAndUsageWithResources"));
}

/// `tocsin-example` is not `tocsin-example-2`, nor is its secret.
#[test]
fn no_other_stack_can_be_read() {
    for document in documents("example") {
        for statement in document["Statement"].as_array().unwrap() {
            let id = statement["Sid"].as_str().unwrap();
            for resource in statement["Resource"].as_array().unwrap() {
                let resource = resource.as_str().unwrap();
                assert!(!resource.contains("example*"), "{id}: {resource}");
                if resource.contains(":secret:") {
                    assert!(resource.ends_with(":secret:WebhookSecret-*"), "{resource}");
                    assert_eq!(
                        statement["Condition"]["StringEquals"]["aws:ResourceTag/aws:cloudformation:stack-name"],
                        "tocsin-example"
                    );
                }
            }
        }
    }
}

#[test]
fn roles_are_passed_to_the_services_that_take_them_on() {
    let always = ["lambda.amazonaws.com", "scheduler.amazonaws.com"];
    let with_rules = ["events.amazonaws.com", always[0], always[1]];
    for (case, services) in [("example", &always[..]), ("agent", &with_rules)] {
        let documents = documents(case);
        let statements = documents
            .iter()
            .flat_map(|it| it["Statement"].as_array().unwrap());
        let passes: Vec<&Json> = statements.filter(|it| it["Sid"] == "PassRoles").collect();
        let [pass] = passes.as_slice() else {
            panic!("{passes:?}")
        };
        let condition = &pass["Condition"]["StringEquals"]["iam:PassedToService"];
        assert_eq!(*condition, Json::from(services), "{case}");
    }
}

/// Whoever gets the policy can change roles only of the stack, and pass them only to what the stack runs.
#[test]
fn only_roles_of_the_stack_can_be_changed() {
    for document in documents("example") {
        for statement in document["Statement"].as_array().unwrap() {
            let actions = statement["Action"].as_array().unwrap();
            if actions
                .iter()
                .any(|it| it.as_str().unwrap().starts_with("iam:"))
            {
                for resource in statement["Resource"].as_array().unwrap() {
                    let resource = resource.as_str().unwrap();
                    assert!(
                        resource.contains(":role/tocsin-example-roles/")
                            || resource.contains(":policy/tocsin-example"),
                        "{resource}"
                    );
                }
                assert!(statement["Condition"].is_object(), "{statement}");
            }
        }
    }
}

/// Whoever deploys by a role of CloudFormation passes it on, and makes nothing with credentials of their own.
#[test]
fn with_a_role_of_cloudformation_it_alone_makes_things() {
    let role = "arn:aws:iam::111122223333:role/cloudformation";
    let without = policies_of("example", None);
    let with = policies_of("example", Some(role));
    assert!(without.cloudformation_role.is_empty());
    let is_making = |it: &&String| it.starts_with("lambda:Create") || it.starts_with("iam:Create");
    let (own, its) = (
        actions(&with.credentials),
        actions(&with.cloudformation_role),
    );
    assert_eq!(own.iter().find(is_making), None);
    assert!(own.contains("iam:PassRole") && its.iter().any(|it| is_making(&it)));
    let all: BTreeSet<String> = own.union(&its).cloned().collect();
    assert_eq!(all, actions(&without.credentials));
    let statements = |all: &[Json]| {
        let statements = all
            .iter()
            .flat_map(|it| it["Statement"].as_array().unwrap());
        statements.cloned().collect::<Vec<Json>>()
    };
    let passed = statements(&with.credentials);
    let passed = passed
        .iter()
        .find(|it| it["Sid"] == "PassCloudFormationRole");
    assert_eq!(passed.unwrap()["Resource"], json!([role]));
    // Nothing calls CloudFormation's role by way of CloudFormation.
    assert!(
        !json!(with.cloudformation_role)
            .to_string()
            .contains("CalledVia")
    );
}
