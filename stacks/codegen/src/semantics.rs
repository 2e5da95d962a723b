//! What the schemas do not say: which texts are ARNs and of what, which JSON is a policy.
//!
//! The schemas stay as they were published; every deviation stands here.

use crate::model::{Kind, ResourceType};

/// A property, by type and path, and the Rust type that it deserves.
const PROPERTIES: &[(&str, &str, &str)] = &[
    // IAM
    (
        "AWS::IAM::Role",
        "AssumeRolePolicyDocument",
        "PolicyDocument",
    ),
    (
        "AWS::IAM::Role",
        "ManagedPolicyArns[]",
        "Arn<iam_managed_policy::ManagedPolicy>",
    ),
    ("AWS::IAM::Role.Policy", "PolicyDocument", "PolicyDocument"),
    (
        "AWS::IAM::ManagedPolicy",
        "PolicyDocument",
        "PolicyDocument",
    ),
    // Lambda
    ("AWS::Lambda::Function", "Role", "Arn<iam_role::Role>"),
    (
        "AWS::Lambda::Function.DeadLetterConfig",
        "TargetArn",
        "Arn<DeadLetters>",
    ),
    // Numbers and objects are also allowed by the schema, and become text in the function.
    ("AWS::Lambda::Function.Environment", "Variables{}", "String"),
    (
        "AWS::Lambda::EventSourceMapping",
        "EventSourceArn",
        "Arn<EventSource>",
    ),
    (
        "AWS::Lambda::EventInvokeConfig.OnFailure",
        "Destination",
        "Arn<FailureDestination>",
    ),
    (
        "AWS::Lambda::EventInvokeConfig.OnSuccess",
        "Destination",
        "Arn<Invocable>",
    ),
    ("AWS::Lambda::Permission", "SourceArn", "Arn<Any>"),
    // SQS
    ("AWS::SQS::QueuePolicy", "PolicyDocument", "PolicyDocument"),
    (
        "AWS::SQS::Queue.RedrivePolicy",
        "deadLetterTargetArn",
        "Arn<sqs_queue::Queue>",
    ),
    // S3
    ("AWS::S3::BucketPolicy", "PolicyDocument", "PolicyDocument"),
    // CloudWatch
    (
        "AWS::CloudWatch::Alarm",
        "AlarmActions[]",
        "Arn<AlarmAction>",
    ),
    ("AWS::CloudWatch::Alarm", "OKActions[]", "Arn<AlarmAction>"),
    (
        "AWS::CloudWatch::Alarm",
        "InsufficientDataActions[]",
        "Arn<AlarmAction>",
    ),
    (
        "AWS::CloudWatch::CompositeAlarm",
        "AlarmActions[]",
        "Arn<AlarmAction>",
    ),
    (
        "AWS::CloudWatch::CompositeAlarm",
        "OKActions[]",
        "Arn<AlarmAction>",
    ),
    (
        "AWS::CloudWatch::CompositeAlarm",
        "InsufficientDataActions[]",
        "Arn<AlarmAction>",
    ),
    // DynamoDB
    (
        "AWS::DynamoDB::Table.ResourcePolicy",
        "PolicyDocument",
        "PolicyDocument",
    ),
    // KMS
    ("AWS::KMS::Key", "KeyPolicy", "PolicyDocument"),
    ("AWS::Lambda::Function", "KmsKeyArn", "Arn<kms_key::Key>"),
    ("AWS::Logs::LogGroup", "KmsKeyId", "Arn<kms_key::Key>"),
    ("AWS::Scheduler::Schedule", "KmsKeyArn", "Arn<kms_key::Key>"),
    // EventBridge
    ("AWS::Events::Rule", "EventPattern", "EventPattern"),
    ("AWS::Events::Rule.Target", "Arn", "Arn<Invocable>"),
    ("AWS::Events::Rule.Target", "RoleArn", "Arn<iam_role::Role>"),
    (
        "AWS::Events::Rule.DeadLetterConfig",
        "Arn",
        "Arn<DeadLetters>",
    ),
    ("AWS::Scheduler::Schedule.Target", "Arn", "Arn<Invocable>"),
    (
        "AWS::Scheduler::Schedule.Target",
        "RoleArn",
        "Arn<iam_role::Role>",
    ),
    (
        "AWS::Scheduler::Schedule.DeadLetterConfig",
        "Arn",
        "Arn<DeadLetters>",
    ),
];

/// What `Ref` yields where that is no name. Source: "Return values" of each type's page in the
/// CloudFormation template reference.
const REFERENCES: &[(&str, &str)] = &[
    ("AWS::SecretsManager::Secret", "Arn<Secret>"),
    ("AWS::IAM::ManagedPolicy", "Arn<ManagedPolicy>"),
];

/// Attributes that CloudFormation yields although the schema does not call them read-only.
/// Source: "Return values" of each type's page in the CloudFormation template reference.
const ATTRIBUTES: &[(&str, &str)] = &[("AWS::SQS::Queue", "QueueName")];

/// Further attributes of a type, each a text.
pub(crate) fn attributes(resource_type: &str) -> impl Iterator<Item = &'static str> {
    ATTRIBUTES
        .iter()
        .filter(move |(name, _)| *name == resource_type)
        .map(|(_, attribute)| *attribute)
}

/// The kind that `property` of `title` deserves, if the schema does not say it.
pub(crate) fn property(title: &str, property: &str) -> Option<Kind> {
    let (_, _, rust) = PROPERTIES
        .iter()
        .find(|(owner, path, _)| *owner == title && *path == property)?;
    Some(match *rust {
        plain @ ("PolicyDocument" | "EventPattern") => Kind::Plain(plain.to_owned()),
        scalar => Kind::Scalar(scalar.to_owned()),
    })
}

/// The type that `Ref` yields.
pub(crate) fn reference(resource_type: &str) -> String {
    REFERENCES
        .iter()
        .find(|(name, _)| *name == resource_type)
        .map_or("String", |(_, rust)| rust)
        .to_owned()
}

/// The type of the attribute `name`: an ARN of the type itself, or else what the schema says.
pub(crate) fn attribute(resource: &str, name: &str, scalar: String) -> String {
    let own_arn = name == "Arn" || name == format!("{resource}Arn");
    if own_arn {
        format!("Arn<{resource}>")
    } else {
        scalar
    }
}

/// Entries that apply to nothing, so that a schema update cannot silently lose a type.
pub(crate) fn unused(types: &[ResourceType]) -> Vec<String> {
    let titles: Vec<(&str, &str)> = types
        .iter()
        .flat_map(|resource| &resource.structs)
        .flat_map(|item| {
            item.fields
                .iter()
                .map(|field| (item.title.as_str(), field.property.as_str()))
        })
        .collect();
    PROPERTIES
        .iter()
        .filter(|(owner, path, _)| {
            let name = path.trim_end_matches("[]").trim_end_matches("{}");
            let known = types.iter().any(|it| owner.starts_with(it.name.as_str()));
            known && !titles.contains(&(*owner, name))
        })
        .map(|(owner, path, _)| format!("{owner}/{path}"))
        .collect()
}
