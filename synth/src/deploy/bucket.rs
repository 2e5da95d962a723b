//! The bucket of all code, as it should be: made if it is missing, and what is missing of it is added. What others
//! have added stays.

use aws_sdk_s3::{
    error::ProvideErrorMetadata as _,
    types::{
        BucketLifecycleConfiguration, BucketLocationConstraint, CreateBucketConfiguration,
        ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
        PublicAccessBlockConfiguration,
    },
};
use serde_json::Value as Json;

use super::{
    DeployEvent, Observer,
    assets::{TEMPLATES, policy},
};
use crate::aws::{AwsError, Region};

/// The rule by which large templates go once nobody needs them.
const RULE: &str = "tocsin-templates";
/// Days after which they go: a change set reads one within minutes.
const DAYS: i32 = 7;

/// Makes the bucket as it should be.
pub(super) async fn converge(
    region: &Region,
    bucket: &str,
    observer: &Observer<'_>,
) -> Result<(), AwsError> {
    let it = Bucket { region, bucket };
    let is_new = !it.exists().await?;
    if is_new {
        observer(&DeployEvent::BucketMissing { bucket });
        it.create().await?;
    }
    it.close().await?;
    let wanted = policy(bucket, region.name());
    let found = if is_new { None } else { it.policy().await? };
    if let Some(policy) = with_statements(found.as_ref(), &wanted) {
        it.put_policy(&policy).await?;
    }
    let found = if is_new {
        Vec::new()
    } else {
        it.rules().await?
    };
    if !found.iter().any(|it| it.id() == Some(RULE)) {
        it.put_rules(found).await?;
    }
    Ok(())
}

/// The policy with the statements that are wanted of it; nothing where it has them.
fn with_statements(found: Option<&Json>, wanted: &Json) -> Option<Json> {
    let Some(found) = found else {
        return Some(wanted.clone());
    };
    // A policy with one statement may have it without a list.
    let list = |policy: &Json| match &policy["Statement"] {
        Json::Array(statements) => statements.clone(),
        Json::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let (there, wanted) = (list(found), list(wanted));
    if wanted.iter().all(|it| there.contains(it)) {
        return None;
    }
    let others = there
        .into_iter()
        .filter(|it| !wanted.iter().any(|ours| ours["Sid"] == it["Sid"]));
    let mut policy = found.clone();
    policy["Statement"] = others.chain(wanted.clone()).collect();
    Some(policy)
}

/// Whether the bucket is there.
pub(crate) async fn is_there(region: &Region, bucket: &str) -> Result<bool, AwsError> {
    Bucket { region, bucket }.exists().await
}

struct Bucket<'a> {
    region: &'a Region,
    bucket: &'a str,
}

impl Bucket<'_> {
    fn s3(&self) -> aws_sdk_s3::Client {
        self.region.aws.s3()
    }

    async fn exists(&self) -> Result<bool, AwsError> {
        let (aws, s3) = (&self.region.aws, self.s3());
        let request = s3
            .head_bucket()
            .bucket(self.bucket)
            .expected_bucket_owner(&self.region.account);
        let call = aws.patiently(|| async {
            match request.clone().send().await {
                Ok(answer) => aws.own_answer("S3 HeadBucket", answer).map(|_| true),
                Err(error)
                    if error.as_service_error().is_some_and(
                        aws_sdk_s3::operation::head_bucket::HeadBucketError::is_not_found,
                    ) =>
                {
                    Ok(false)
                }
                Err(error) => Err(AwsError::head("S3 HeadBucket", error, self.bucket, None)),
            }
        });
        call.await
    }

    async fn create(&self) -> Result<(), AwsError> {
        let (aws, s3) = (&self.region.aws, self.s3());
        let mut request = s3.create_bucket().bucket(self.bucket);
        if self.region.name() != "us-east-1" {
            let location = BucketLocationConstraint::from(self.region.name());
            request = request.create_bucket_configuration(
                CreateBucketConfiguration::builder()
                    .location_constraint(location)
                    .build(),
            );
        }
        let call = aws.patiently(|| async {
            match request.clone().send().await {
                Ok(answer) => aws.own_answer("S3 CreateBucket", answer).map(drop),
                Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
                Err(error) => Err(AwsError::call("S3 CreateBucket", error)),
            }
        });
        call.await
    }

    /// Nothing in it is ever public.
    async fn close(&self) -> Result<(), AwsError> {
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        let (aws, s3) = (&self.region.aws, self.s3());
        let request = s3
            .put_public_access_block()
            .bucket(self.bucket)
            .expected_bucket_owner(&self.region.account)
            .public_access_block_configuration(closed);
        let call = aws.patiently(|| async {
            let answer = request.clone().send().await;
            let answer = answer.map_err(|it| AwsError::call("S3 PutPublicAccessBlock", it))?;
            aws.own_answer("S3 PutPublicAccessBlock", answer)
        });
        call.await.map(drop)
    }

    async fn policy(&self) -> Result<Option<Json>, AwsError> {
        const OPERATION: &str = "S3 GetBucketPolicy";
        let (aws, s3) = (&self.region.aws, self.s3());
        let request = s3
            .get_bucket_policy()
            .bucket(self.bucket)
            .expected_bucket_owner(&self.region.account);
        let text = aws.patiently(|| async {
            match request.clone().send().await {
                Ok(answer) => aws.own_answer(OPERATION, answer).map(|it| it.policy),
                Err(error) if error.code() == Some("NoSuchBucketPolicy") => Ok(None),
                Err(error) => Err(AwsError::call(OPERATION, error)),
            }
        });
        let text = text.await?.filter(|it| !it.is_empty());
        let policy = text.map(|it| serde_json::from_str(&it)).transpose();
        policy.map_err(|_| AwsError::Unreadable {
            operation: OPERATION,
            reason: format!("the policy of the bucket `{}` is not JSON", self.bucket),
        })
    }

    async fn put_policy(&self, policy: &Json) -> Result<(), AwsError> {
        let (aws, s3) = (&self.region.aws, self.s3());
        let request = s3
            .put_bucket_policy()
            .bucket(self.bucket)
            .expected_bucket_owner(&self.region.account)
            .policy(policy.to_string());
        let call = aws.patiently(|| async {
            let answer = request.clone().send().await;
            let answer = answer.map_err(|it| AwsError::call("S3 PutBucketPolicy", it))?;
            aws.own_answer("S3 PutBucketPolicy", answer)
        });
        call.await.map(drop)
    }

    async fn rules(&self) -> Result<Vec<LifecycleRule>, AwsError> {
        let (aws, s3) = (&self.region.aws, self.s3());
        let request = s3
            .get_bucket_lifecycle_configuration()
            .bucket(self.bucket)
            .expected_bucket_owner(&self.region.account);
        let call = aws.patiently(|| async {
            match request.clone().send().await {
                Ok(answer) => aws
                    .own_answer("S3 GetBucketLifecycleConfiguration", answer)
                    .map(|it| it.rules.unwrap_or_default()),
                Err(error) if error.code() == Some("NoSuchLifecycleConfiguration") => {
                    Ok(Vec::new())
                }
                Err(error) => Err(AwsError::call("S3 GetBucketLifecycleConfiguration", error)),
            }
        });
        call.await
    }

    async fn put_rules(&self, mut rules: Vec<LifecycleRule>) -> Result<(), AwsError> {
        const OPERATION: &str = "S3 PutBucketLifecycleConfiguration";
        let unreadable = |error: aws_sdk_s3::error::BuildError| AwsError::Unreadable {
            operation: OPERATION,
            reason: error.to_string(),
        };
        let rule = LifecycleRule::builder()
            .id(RULE)
            .status(ExpirationStatus::Enabled)
            .filter(LifecycleRuleFilter::builder().prefix(TEMPLATES).build())
            .expiration(LifecycleExpiration::builder().days(DAYS).build())
            .build()
            .map_err(unreadable)?;
        rules.push(rule);
        let rules = BucketLifecycleConfiguration::builder()
            .set_rules(Some(rules))
            .build()
            .map_err(unreadable)?;
        let (aws, s3) = (&self.region.aws, self.s3());
        let request = s3
            .put_bucket_lifecycle_configuration()
            .bucket(self.bucket)
            .expected_bucket_owner(&self.region.account)
            .lifecycle_configuration(rules);
        let call = aws.patiently(|| async {
            let answer = request.clone().send().await;
            let answer = answer.map_err(|it| AwsError::call(OPERATION, it))?;
            aws.own_answer(OPERATION, answer)
        });
        call.await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statements_of_others_stay() {
        let ours = policy("b", "eu-central-1");
        assert_eq!(with_statements(None, &ours), Some(ours.clone()));
        assert_eq!(with_statements(Some(&ours), &ours), None);
        let theirs = json!({ "Sid": "Read", "Effect": "Allow" });
        let weakened = json!({ "Sid": "OnlyOverTls", "Effect": "Allow" });
        let found = json!({ "Version": "2012-10-17", "Statement": [theirs, weakened] });
        let mended = with_statements(Some(&found), &ours).unwrap();
        assert_eq!(mended["Statement"], json!([theirs, ours["Statement"][0]]));
        assert_eq!(with_statements(Some(&mended), &ours), None);
        // A single statement need not be in a list.
        let alone = json!({ "Version": "2012-10-17", "Statement": theirs });
        let mended = with_statements(Some(&alone), &ours).unwrap();
        assert_eq!(mended["Statement"], json!([theirs, ours["Statement"][0]]));
    }
}
