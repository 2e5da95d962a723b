//! A key of the account's own for everything that is kept.

use crate::{
    monitor::Monitor,
    policy::{Condition, PolicyDocument, Principal, Statement},
    resources::kms_key::Key,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// What IAM policies of the account may allow: to manage the key, its aliases, its rotation and its
/// grants, and to use it. Everything that a symmetric key of KMS's own material in one region knows, but
/// what no policy of a key decides (listing keys and aliases, retiring grants). Source: "AWS KMS
/// permissions" in the KMS developer guide.
const ACCOUNT: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];

/// What CloudWatch Logs asks for. Source: "Encrypt log data in CloudWatch Logs using AWS KMS" in the
/// CloudWatch Logs user guide.
const LOGS: &[&str] = &[
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// What sending to and receiving from a queue takes. Reading and writing a table takes no more: DynamoDB
/// decrypts the table's key for whoever calls, and does the rest by the grant that it was given when the
/// table was made. Source: "DynamoDB encryption at rest usage notes" in the DynamoDB developer guide.
pub(crate) const USE: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

/// Adds the key, if the account file asks for one.
pub(crate) fn key(
    template: &mut Template,
    monitor: &Monitor,
) -> Result<Option<Handle<Key>>, DuplicateLogicalId> {
    if !monitor.hardening.customer_managed_key {
        return Ok(None);
    }
    // In the policy of a key, `*` is the key itself.
    let this_key = || [Value::from("*")];
    let logs_of_stack = Value::sub(format!(
        "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{}-*",
        monitor.stack
    ));
    let policy = PolicyDocument::new([
        Statement {
            principal: Some(Principal::Account),
            ..Statement::allow("PoliciesOfTheAccount", ACCOUNT, this_key())
        },
        Statement {
            principal: Some(Principal::RegionalService("logs")),
            conditions: vec![Condition {
                operator: "ArnLike",
                key: "kms:EncryptionContext:aws:logs:arn",
                values: vec![logs_of_stack],
            }],
            ..Statement::allow("LogsOfTheStack", LOGS, this_key())
        },
        // Without a condition: whether EventBridge fills one when it writes a dead letter is not
        // documented, and a denied one would be lost. Which rules may send, the queue's policy says.
        Statement {
            principal: Some(Principal::Service("events.amazonaws.com")),
            ..Statement::allow("DeadLettersOfRules", USE, this_key())
        },
    ]);
    let key = template.add_with(
        &["Key"],
        &Key {
            description: Some(format!("What {} keeps", monitor.stack).into()),
            enable_key_rotation: Some(true.into()),
            key_policy: Some(policy),
            tags: Some(tags(monitor)),
            ..Key::new()
        },
        Attributes::retained(),
    )?;
    Ok(Some(key))
}
