//! Code in S3, under the hash of its content: what is there already is not sent again.

use aws_sdk_s3::{
    Client,
    error::ProvideErrorMetadata as _,
    primitives::ByteStream,
    types::{BucketLocationConstraint, CreateBucketConfiguration, PublicAccessBlockConfiguration},
};
use contract::Partition;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::{DeployEvent, Observer};
use crate::{
    aws::{Aws, AwsError, Region},
    package::Package,
};

/// The bucket of all code of an account in a region.
pub fn bucket(account: &str, region: &str) -> String {
    format!("tocsin-assets-{account}-{region}")
}

/// Where a package goes in the bucket.
pub fn key(package: &Package) -> String {
    format!("{}/{}.zip", package.asset.as_str(), package.hash)
}

/// Uploads what is not there yet; makes the bucket on its first use.
pub async fn upload(
    region: &Region,
    packages: &[Package],
    observer: &Observer<'_>,
) -> Result<(), AwsError> {
    let account = region.account.as_str();
    let s3 = region.aws.s3();
    let bucket = bucket(account, region.name());
    ensure_bucket(&s3, region.name(), account, &bucket, observer).await?;
    for package in packages {
        let key = key(package);
        if exists(&s3, &bucket, &key, account).await? {
            continue;
        }
        observer(&DeployEvent::Uploading {
            key: &key,
            bytes: package.bytes.len(),
        });
        s3.put_object()
            .bucket(&bucket)
            .key(&key)
            .expected_bucket_owner(account)
            .content_type("application/zip")
            .body(ByteStream::from(package.bytes.clone()))
            .send()
            .await
            .map_err(|it| AwsError::call("S3 PutObject", it))?;
    }
    Ok(())
}

/// Uploads a template that is too large to go along with a request; returns its URL.
pub(super) async fn upload_template(
    aws: &Aws,
    bucket: &str,
    body: &str,
) -> Result<String, AwsError> {
    let hash = Sha256::digest(body.as_bytes());
    let short = hash.first_chunk::<8>().expect("SHA-256 has 32 bytes");
    let short = u64::from_be_bytes(*short);
    let key = format!("templates/{short:016x}.json");
    let s3 = aws.s3();
    s3.put_object()
        .bucket(bucket)
        .key(&key)
        .content_type("application/json")
        .body(ByteStream::from(body.as_bytes().to_vec()))
        .send()
        .await
        .map_err(|it| AwsError::call("S3 PutObject", it))?;
    Ok(if let Some(endpoint) = aws.endpoint() {
        format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/'))
    } else {
        let domain = Partition::of_any_region(aws.region()).domain;
        format!("https://{bucket}.s3.{}.{domain}/{key}", aws.region())
    })
}

async fn exists(s3: &Client, bucket: &str, key: &str, account: &str) -> Result<bool, AwsError> {
    let head = s3
        .head_object()
        .bucket(bucket)
        .key(key)
        .expected_bucket_owner(account)
        .send()
        .await;
    match head {
        Ok(_) => Ok(true),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(aws_sdk_s3::operation::head_object::HeadObjectError::is_not_found) =>
        {
            Ok(false)
        }
        Err(error) => Err(AwsError::head("S3 HeadObject", error, bucket, Some(key))),
    }
}

async fn ensure_bucket(
    s3: &Client,
    region: &str,
    account: &str,
    bucket: &str,
    observer: &Observer<'_>,
) -> Result<(), AwsError> {
    match s3
        .head_bucket()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .send()
        .await
    {
        Ok(_) => return Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(aws_sdk_s3::operation::head_bucket::HeadBucketError::is_not_found) => {
        }
        Err(error) => return Err(AwsError::head("S3 HeadBucket", error, bucket, None)),
    }
    observer(&DeployEvent::BucketMissing { bucket });
    let mut request = s3.create_bucket().bucket(bucket);
    if region != "us-east-1" {
        let location = BucketLocationConstraint::from(region);
        request = request.create_bucket_configuration(
            CreateBucketConfiguration::builder()
                .location_constraint(location)
                .build(),
        );
    }
    if let Err(error) = request.send().await
        && error.code() != Some("BucketAlreadyOwnedByYou")
    {
        return Err(AwsError::call("S3 CreateBucket", error));
    }
    let closed = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    s3.put_public_access_block()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .public_access_block_configuration(closed)
        .send()
        .await
        .map_err(|it| AwsError::call("S3 PutPublicAccessBlock", it))?;
    s3.put_bucket_policy()
        .bucket(bucket)
        .expected_bucket_owner(account)
        .policy(policy(bucket, region).to_string())
        .send()
        .await
        .map_err(|it| AwsError::call("S3 PutBucketPolicy", it))?;
    Ok(())
}

/// The policy of the bucket: nobody does anything without TLS. Who else may do what, the policies of the
/// account say.
pub fn policy(bucket: &str, region: &str) -> Json {
    let partition = Partition::of_any_region(region).name;
    let arn = format!("arn:{partition}:s3:::{bucket}");
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OnlyOverTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, format!("{arn}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
}
