//! Code in S3, under the hash of its content: what is there already is not sent again.

use aws_sdk_s3::{primitives::ByteStream, types::ChecksumMode};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use contract::Partition;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

pub(crate) use super::bucket::is_there;
use super::{DeployEvent, Observer, bucket::converge};
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

/// Makes the bucket as it should be, and uploads what is not there yet.
pub(crate) async fn upload(
    region: &Region,
    packages: &[&Package],
    observer: &Observer<'_>,
) -> Result<(), AwsError> {
    let bucket = bucket(&region.account, region.name());
    converge(region, &bucket, observer).await?;
    for package in packages {
        let key = key(package);
        let object = Object {
            aws: &region.aws,
            account: &region.account,
            bucket: &bucket,
            key: &key,
            bytes: &package.bytes,
            content_type: "application/zip",
        };
        if object.exists().await? {
            continue;
        }
        observer(&DeployEvent::Uploading {
            key: &key,
            bytes: package.bytes.len(),
        });
        object.put().await?;
    }
    Ok(())
}

/// Uploads a template that is too large to go along with a request, unless it is there; returns its URL.
pub(super) async fn upload_template(
    aws: &Aws,
    account: &str,
    bucket: &str,
    body: &str,
) -> Result<String, AwsError> {
    let hash = Sha256::digest(body.as_bytes());
    let short = hash.first_chunk::<8>().expect("SHA-256 has 32 bytes");
    let short = u64::from_be_bytes(*short);
    let key = format!("{TEMPLATES}{short:016x}.json");
    let object = Object {
        aws,
        account,
        bucket,
        key: &key,
        bytes: body.as_bytes(),
        content_type: "application/json",
    };
    // What is there already may be about to expire.
    object.put().await?;
    Ok(if let Some(endpoint) = aws.endpoint() {
        format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/'))
    } else {
        let domain = Partition::of_any_region(aws.region()).domain;
        format!("https://{bucket}.s3.{}.{domain}/{key}", aws.region())
    })
}

/// What the keys of templates begin with.
pub(super) const TEMPLATES: &str = "templates/";

/// Something that is to be in the bucket.
struct Object<'a> {
    aws: &'a Aws,
    account: &'a str,
    bucket: &'a str,
    key: &'a str,
    bytes: &'a [u8],
    content_type: &'a str,
}

impl Object<'_> {
    fn checksum(&self) -> String {
        BASE64_STANDARD.encode(Sha256::digest(self.bytes))
    }

    /// Whether it is there, with the same bytes as far as S3 knows.
    async fn exists(&self) -> Result<bool, AwsError> {
        let s3 = self.aws.s3();
        let request = s3
            .head_object()
            .bucket(self.bucket)
            .key(self.key)
            .checksum_mode(ChecksumMode::Enabled)
            .expected_bucket_owner(self.account);
        self.aws
            .patiently(|| async {
                match request.clone().send().await {
                    Ok(found) => Ok(self
                        .aws
                        .own_answer("S3 HeadObject", found)?
                        .checksum_sha256()
                        .is_none_or(|it| it == self.checksum())),
                    Err(error)
                        if error.as_service_error().is_some_and(
                            aws_sdk_s3::operation::head_object::HeadObjectError::is_not_found,
                        ) =>
                    {
                        Ok(false)
                    }
                    Err(error) => Err(AwsError::head(
                        "S3 HeadObject",
                        error,
                        self.bucket,
                        Some(self.key),
                    )),
                }
            })
            .await
    }

    async fn put(&self) -> Result<(), AwsError> {
        let s3 = self.aws.s3();
        self.aws
            .patiently(|| async {
                let answer = s3
                    .put_object()
                    .bucket(self.bucket)
                    .key(self.key)
                    .expected_bucket_owner(self.account)
                    .checksum_sha256(self.checksum())
                    .content_type(self.content_type)
                    .body(ByteStream::from(self.bytes.to_vec()))
                    .send()
                    .await;
                let answer = answer.map_err(|it| AwsError::call("S3 PutObject", it))?;
                self.aws.own_answer("S3 PutObject", answer)
            })
            .await?;
        Ok(())
    }
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
