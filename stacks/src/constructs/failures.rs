//! The bucket of events that functions failed on.
//!
//! Functions fail most when they cannot reach the queue of incidents: because SQS is away, or because the key that
//! encrypts what the stack keeps is disabled. So what Lambda drops goes to another service, under a key that
//! nobody can disable.

use crate::{
    constructs::Core,
    monitor::Monitor,
    policy::{PolicyDocument, Statement},
    resources::{
        lambda_event_invoke_config::{DestinationConfig, OnFailure},
        s3_bucket::{
            AbortIncompleteMultipartUpload, Bucket, BucketEncryption, LifecycleConfiguration,
            NoncurrentVersionExpiration, OwnershipControls, OwnershipControlsRule,
            OwnershipControlsRuleObjectOwnership, PublicAccessBlockConfiguration, Rule, RuleStatus,
            ServerSideEncryptionByDefault, ServerSideEncryptionByDefaultSSEAlgorithm,
            ServerSideEncryptionRule, VersioningConfiguration, VersioningConfigurationStatus,
        },
        s3_bucket_policy::BucketPolicy,
    },
    suppression::Reason,
    tag::tags,
    template::{Attributes, DuplicateLogicalId, Handle, Template},
    value::Value,
};

/// How long a record is kept, in days.
const KEPT: i64 = 30;
/// How long one that was deleted can be restored, in days.
const RESTORABLE: i64 = 7;

/// Adds the bucket. It outlives its stack, as the queues do.
pub(crate) fn failures(
    template: &mut Template,
    monitor: &Monitor,
) -> Result<Handle<Bucket>, DuplicateLogicalId> {
    let by_default =
        ServerSideEncryptionByDefault::new(ServerSideEncryptionByDefaultSSEAlgorithm::Aes256);
    let bucket = template.add_with(
        &["FailedEvents"],
        &Bucket {
            bucket_encryption: Some(BucketEncryption::new(vec![ServerSideEncryptionRule {
                server_side_encryption_by_default: Some(by_default),
                ..ServerSideEncryptionRule::new()
            }])),
            lifecycle_configuration: Some(LifecycleConfiguration::new(lifecycle())),
            ownership_controls: Some(OwnershipControls::new(vec![OwnershipControlsRule {
                object_ownership: Some(
                    OwnershipControlsRuleObjectOwnership::BucketOwnerEnforced.into(),
                ),
            }])),
            public_access_block_configuration: Some(PublicAccessBlockConfiguration {
                block_public_acls: Some(true.into()),
                block_public_policy: Some(true.into()),
                ignore_public_acls: Some(true.into()),
                restrict_public_buckets: Some(true.into()),
            }),
            versioning_configuration: Some(VersioningConfiguration::new(
                VersioningConfigurationStatus::Enabled,
            )),
            tags: Some(tags(monitor)),
            ..Bucket::new()
        },
        Attributes::retained().but([Reason::RecordsOfFailures]),
    )?;
    let tls = Statement::only_over_tls(&["s3:*"], [bucket.arn().into_text(), objects(&bucket)]);
    let policy = BucketPolicy::new(bucket.reference(), PolicyDocument::new([tls]));
    template.add(&["FailedEvents", "Policy"], &policy)?;
    Ok(bucket)
}

fn lifecycle() -> Vec<Rule> {
    let rule = |id: &str| Rule {
        id: Some(id.into()),
        ..Rule::new(RuleStatus::Enabled)
    };
    vec![
        Rule {
            expiration_in_days: Some(KEPT.into()),
            noncurrent_version_expiration: Some(NoncurrentVersionExpiration::new(RESTORABLE)),
            abort_incomplete_multipart_upload: Some(AbortIncompleteMultipartUpload::new(1)),
            ..rule("records")
        },
        // What only says that a version was deleted.
        Rule {
            expired_object_delete_marker: Some(true.into()),
            ..rule("delete-markers")
        },
    ]
}

fn objects(bucket: &Handle<Bucket>) -> Value<String> {
    Value::sub(format!("${{{}.Arn}}/*", bucket.logical_id()))
}

/// What the role of a function needs, so that Lambda can write there what it drops. Lambda asks for both on the
/// whole bucket before it takes it for a destination. Source: "Capturing records of Lambda asynchronous
/// invocations" in the Lambda developer guide.
pub(crate) fn keep_failures(core: &Core<'_>) -> [Statement; 2] {
    [
        Statement::allow(
            "KeepFailedEvents",
            &["s3:PutObject"],
            [objects(&core.failures)],
        ),
        Statement::allow(
            "FindFailedEvents",
            &["s3:ListBucket"],
            [core.failures.arn().into_text()],
        ),
    ]
}

/// Where Lambda writes what a function failed on.
pub(crate) fn destination(core: &Core<'_>) -> DestinationConfig {
    DestinationConfig {
        on_failure: Some(OnFailure::new(core.failures.arn())),
        ..DestinationConfig::new()
    }
}
