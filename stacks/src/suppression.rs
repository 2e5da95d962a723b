//! Rules of template validators that are not followed, each for a reason.
//!
//! What is right to fix is fixed. What is right not to do has a [`Reason`] here, once; it is printed
//! into the `Metadata` of each resource that it applies to, in the syntax of each validator that
//! reads one. `make validate` sees that each is needed, and that nothing else is found.

use crate::json::{Json, Object};

/// Why rules are not followed on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Everything is encrypted at rest; these rules know only keys that cost a dollar a month each.
    AwsOwnedKey,
    /// Only `deliver` needs the internet, and Lambda's own network has it; a VPC needs NAT gateways.
    OwnNetworkOfLambda,
    /// Reserving takes from the account, and fails where the account's limit is Lambda's first ten.
    SharedConcurrency,
    /// Lambda polls the queue for this function: what fails stays in the queue, which has a
    /// dead-letter queue.
    QueueKeepsEvents,
    /// What Lambda drops goes to a bucket: a dead-letter queue beside it would have everything twice, and is in the
    /// service and under the key that functions fail without.
    DestinationKeepsEvents,
    /// The names of the records that Lambda writes are its own, and it asks for the whole bucket.
    AnyFailedEvent,
    /// Who reads the bucket of failed events, CloudTrail's data events can say; logs of access would be one more bucket
    /// with what somebody must look after. What is in it is a month's failures, which nobody needs twice.
    RecordsOfFailures,
    /// The agent's console issues the value, and no function could rotate it.
    IssuedByTheAgent,
    /// IAM has no resources for these actions.
    NoResourceLevel,
    /// Lambda makes the interfaces of a function in a VPC, in subnets that a parameter names: no policy
    /// can name them.
    InterfacesOfLambda,
    /// The log group is a resource of the stack, so the function needs no permission to make one.
    DeclaredLogGroup,
    /// Incidents, patterns and policies speak of a stack's alarms by name. Guard's rule is silent
    /// only if everything that could be named says so: roles, policies and the table too.
    NamedAfterTheStack,
    /// A composite alarm covers this one.
    PartOfComposite,
}

/// A rule of each validator, where it has one for the same thing.
struct Rules {
    reason: Reason,
    resource_type: &'static str,
    checkov: Option<&'static str>,
    guard: Option<&'static str>,
    cfn_nag: Option<&'static str>,
    cdk_nag: Option<&'static str>,
}

const FUNCTION: &str = "AWS::Lambda::Function";
const BUCKET: &str = "AWS::S3::Bucket";
const LOG_GROUP: &str = "AWS::Logs::LogGroup";
const MANAGED_POLICY: &str = "AWS::IAM::ManagedPolicy";
const QUEUE: &str = "AWS::SQS::Queue";
const SECRET: &str = "AWS::SecretsManager::Secret";
const TABLE: &str = "AWS::DynamoDB::Table";
const NO_EXPLICIT_NAMES: &str = "CFN_NO_EXPLICIT_RESOURCE_NAMES";

#[rustfmt::skip]
const RULES: &[Rules] = &[
    rules(Reason::AwsOwnedKey, FUNCTION, Some("CKV_AWS_173"), None, None, None),
    rules(Reason::AwsOwnedKey, LOG_GROUP, Some("CKV_AWS_158"), Some("CLOUDWATCH_LOG_GROUP_ENCRYPTED"), Some("W84"), None),
    rules(Reason::AwsOwnedKey, QUEUE, Some("CKV_AWS_27"), Some("SQS_QUEUE_KMS_MASTER_KEY_ID_RULE"), Some("W48"), None),
    rules(Reason::AwsOwnedKey, SECRET, Some("CKV_AWS_149"), Some("SECRETSMANAGER_USING_CMK"), Some("W77"), None),
    rules(Reason::AwsOwnedKey, TABLE, Some("CKV_AWS_119"), Some("DYNAMODB_TABLE_ENCRYPTED_KMS"), Some("W74"), None),
    rules(Reason::AwsOwnedKey, TABLE, None, Some("DYNAMODB_TABLE_MUST_BE_ENCRYPTED"), None, None),
    rules(Reason::OwnNetworkOfLambda, FUNCTION, Some("CKV_AWS_117"), Some("LAMBDA_INSIDE_VPC"), Some("W89"), None),
    rules(Reason::SharedConcurrency, FUNCTION, Some("CKV_AWS_115"), Some("LAMBDA_CONCURRENCY_CHECK"), Some("W92"), None),
    rules(Reason::QueueKeepsEvents, FUNCTION, Some("CKV_AWS_116"), Some("LAMBDA_DLQ_CHECK"), None, None),
    rules(Reason::DestinationKeepsEvents, FUNCTION, Some("CKV_AWS_116"), Some("LAMBDA_DLQ_CHECK"), None, None),
    rules(Reason::AnyFailedEvent, MANAGED_POLICY, None, None, None, Some("AwsSolutions-IAM5[Resource::<FailedEvents.Arn>/*]")),
    rules(Reason::RecordsOfFailures, BUCKET, Some("CKV_AWS_18"), Some("S3_BUCKET_LOGGING_ENABLED"), Some("W35"), Some("AwsSolutions-S1")),
    rules(Reason::RecordsOfFailures, BUCKET, None, Some("S3_BUCKET_REPLICATION_ENABLED"), None, None),
    rules(Reason::RecordsOfFailures, BUCKET, None, Some("S3_BUCKET_DEFAULT_LOCK_ENABLED"), None, None),
    rules(Reason::IssuedByTheAgent, SECRET, None, Some("SECRETSMANAGER_ROTATION_ENABLED_CHECK"), None, Some("AwsSolutions-SMG4")),
    rules(Reason::NoResourceLevel, MANAGED_POLICY, None, Some("IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE"), Some("W13"), Some("AwsSolutions-IAM5[Resource::*]")),
    rules(Reason::InterfacesOfLambda, MANAGED_POLICY, None, None, None, Some("AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*]")),
    rules(Reason::InterfacesOfLambda, MANAGED_POLICY, None, None, None, Some("AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group/*]")),
    rules(Reason::InterfacesOfLambda, MANAGED_POLICY, None, None, None, Some("AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:subnet/*]")),
    rules(Reason::DeclaredLogGroup, FUNCTION, None, None, Some("W58"), None),
    rules(Reason::NamedAfterTheStack, "AWS::CloudWatch::Alarm", None, Some(NO_EXPLICIT_NAMES), Some("W28"), None),
    rules(Reason::NamedAfterTheStack, "AWS::IAM::Role", None, Some(NO_EXPLICIT_NAMES), None, None),
    rules(Reason::NamedAfterTheStack, MANAGED_POLICY, None, Some(NO_EXPLICIT_NAMES), None, None),
    rules(Reason::NamedAfterTheStack, TABLE, None, Some(NO_EXPLICIT_NAMES), None, None),
    rules(Reason::PartOfComposite, "AWS::CloudWatch::Alarm", None, Some("CLOUDWATCH_ALARM_ACTION_CHECK"), None, None),
];

const fn rules(
    reason: Reason,
    resource_type: &'static str,
    checkov: Option<&'static str>,
    guard: Option<&'static str>,
    cfn_nag: Option<&'static str>,
    cdk_nag: Option<&'static str>,
) -> Rules {
    Rules {
        reason,
        resource_type,
        checkov,
        guard,
        cfn_nag,
        cdk_nag,
    }
}

impl Reason {
    /// The reason as it stands in a template.
    fn text(self) -> &'static str {
        match self {
            Self::AwsOwnedKey => {
                "encrypted with a key of AWS; `customer-managed-key: true` makes one"
            }
            Self::OwnNetworkOfLambda => {
                "runs in Lambda's own network; `vpc` in the account file changes that"
            }
            Self::SharedConcurrency => {
                "shares the account's concurrency; `reserved-concurrency` changes that"
            }
            Self::QueueKeepsEvents => "what fails stays in the queue, which has dead letters",
            Self::DestinationKeepsEvents => {
                "what fails goes to a bucket, in another service and under another key"
            }
            Self::AnyFailedEvent => "Lambda names the records, and asks for the whole bucket",
            Self::RecordsOfFailures => {
                "records of failed events, for a month; CloudTrail can say who reads them"
            }
            Self::IssuedByTheAgent => "the console of the agent issues the value",
            Self::NoResourceLevel => "these actions know no resources",
            Self::InterfacesOfLambda => {
                "Lambda creates these interfaces; nobody knows their IDs before"
            }
            Self::DeclaredLogGroup => "the log group is a resource of this stack",
            Self::NamedAfterTheStack => "incidents and patterns speak of alarms by name",
            Self::PartOfComposite => "a composite alarm covers it; `incident: false`",
        }
    }
}

/// What a template as a whole says to validators: to cfn-lint, that it need not ask for notes of
/// design intent (I4010). What a resource is for, its description says.
pub(crate) fn of_template() -> Json {
    let mut config = Object::default();
    config.put("ignore_checks", &vec!["I4010".to_owned()]);
    let mut cfn_lint = Object::default();
    cfn_lint.put("config", &Json::from(config));
    let mut metadata = Object::default();
    metadata.put("cfn-lint", &Json::from(cfn_lint));
    metadata.into()
}

/// What a resource of this type says to validators.
pub(crate) fn metadata(reasons: &[Reason], resource_type: &str) -> Option<Json> {
    let [mut cdk_nag, mut cfn_nag, mut checkov, mut guard] = [const { Vec::new() }; 4];
    for rules in RULES {
        if rules.resource_type != resource_type || !reasons.contains(&rules.reason) {
            continue;
        }
        let why = rules.reason.text();
        checkov.extend(rules.checkov.map(|id| pair(("id", id), ("comment", why))));
        guard.extend(rules.guard.map(Json::from));
        cfn_nag.extend(rules.cfn_nag.map(|id| pair(("id", id), ("reason", why))));
        cdk_nag.extend(rules.cdk_nag.map(|id| pair(("id", id), ("reason", why))));
    }
    let mut metadata = serde_json::Map::new();
    for (validator, list, entries) in [
        ("cdk_nag", "rules_to_suppress", cdk_nag),
        ("cfn_nag", "rules_to_suppress", cfn_nag),
        ("checkov", "skip", checkov),
        ("guard", "SuppressedRules", guard),
    ] {
        if !entries.is_empty() {
            let mut object = Object::default();
            object.put(list, &Json::Array(entries));
            metadata.insert(validator.to_owned(), object.into());
        }
    }
    (!metadata.is_empty()).then_some(Json::Object(metadata))
}

fn pair(first: (&str, &str), second: (&str, &str)) -> Json {
    let mut object = Object::default();
    object.put(first.0, &first.1);
    object.put(second.0, &second.1);
    object.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reason_is_printed_in_the_syntax_of_each_validator() {
        let metadata = metadata(&[Reason::OwnNetworkOfLambda], FUNCTION).unwrap();
        let why = "runs in Lambda's own network; `vpc` in the account file changes that";
        assert_eq!(
            metadata,
            json!({
                "checkov": { "skip": [{ "id": "CKV_AWS_117", "comment": why }] },
                "guard": { "SuppressedRules": ["LAMBDA_INSIDE_VPC"] },
                "cfn_nag": { "rules_to_suppress": [{ "id": "W89", "reason": why }] },
            })
        );
    }

    #[test]
    fn cdk_nag_is_given_each_finding_by_itself() {
        let metadata = metadata(&[Reason::IssuedByTheAgent], SECRET).unwrap();
        let why = "the console of the agent issues the value";
        assert_eq!(
            metadata["cdk_nag"],
            json!({ "rules_to_suppress": [{ "id": "AwsSolutions-SMG4", "reason": why }] })
        );
    }

    #[test]
    fn a_type_without_rules_says_nothing() {
        assert_eq!(metadata(&[Reason::OwnNetworkOfLambda], QUEUE), None);
        assert_eq!(metadata(&[], FUNCTION), None);
    }
}
