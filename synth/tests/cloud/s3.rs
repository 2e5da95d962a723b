//! S3's answers, as far as a deploy asks.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::{
    cloud::respond,
    model::{Bucket, World},
};

pub(crate) fn operation(method: &str, key: &str, query: &str) -> &'static str {
    let has = |name: &str| {
        query
            .split('&')
            .any(|it| it == name || it.starts_with(&format!("{name}=")))
    };
    match (method, key.is_empty()) {
        ("HEAD", true) => "HeadBucket",
        ("HEAD", false) => "HeadObject",
        ("PUT", true) if has("publicAccessBlock") => "PutPublicAccessBlock",
        ("PUT", true) if has("policy") => "PutBucketPolicy",
        ("PUT", true) if has("lifecycle") => "PutBucketLifecycleConfiguration",
        ("GET", true) if has("policy") => "GetBucketPolicy",
        ("GET", true) if has("lifecycle") => "GetBucketLifecycleConfiguration",
        ("PUT", true) => "CreateBucket",
        ("PUT", false) => "PutObject",
        _ => panic!("the fake does not know {method} {key}?{query}"),
    }
}

fn no(code: &str) -> HttpResponse {
    respond(
        404,
        format!("<Error><Code>{code}</Code><Message>it is not there</Message></Error>"),
    )
}

pub(crate) fn answer(
    world: &mut World,
    operation: &str,
    name: &str,
    key: &str,
    body: &[u8],
) -> HttpResponse {
    let yes = || respond(200, String::new());
    let text = || String::from_utf8_lossy(body).into_owned();
    if operation == "CreateBucket" {
        if world.buckets.contains_key(name) {
            return respond(
                409,
                "<Error><Code>BucketAlreadyOwnedByYou</Code><Message>yours</Message></Error>"
                    .to_owned(),
            );
        }
        world.buckets.insert(name.to_owned(), Bucket::default());
        return yes();
    }
    let Some(bucket) = world.buckets.get_mut(name) else {
        // There is no body to an answer to `HEAD`.
        return match operation {
            "HeadBucket" | "HeadObject" => respond(404, String::new()),
            _ => no("NoSuchBucket"),
        };
    };
    match operation {
        "HeadBucket" => yes(),
        "HeadObject" if bucket.objects.contains_key(key) => yes(),
        "HeadObject" => respond(404, String::new()),
        "PutPublicAccessBlock" => {
            bucket.closed = true;
            yes()
        }
        "PutBucketPolicy" => {
            bucket.policy = Some(text());
            yes()
        }
        "PutBucketLifecycleConfiguration" => {
            bucket.lifecycle = Some(text());
            yes()
        }
        "GetBucketPolicy" => match &bucket.policy {
            Some(policy) => respond(200, policy.clone()),
            None => no("NoSuchBucketPolicy"),
        },
        "GetBucketLifecycleConfiguration" => match &bucket.lifecycle {
            Some(rules) => respond(200, rules.clone()),
            None => no("NoSuchLifecycleConfiguration"),
        },
        _ => {
            bucket.objects.insert(key.to_owned(), body.to_vec());
            yes()
        }
    }
}
