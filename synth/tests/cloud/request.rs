//! What a request to the fake is about.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;

use crate::{account, cloudformation::Form, s3};

/// REST in JSON: parameters are in the query, and the code of an error in a header.
pub(crate) const DEVOPS_AGENT: &str = "DevOpsAgent";

/// What a request is about.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub(crate) service: &'static str,
    pub(crate) operation: String,
    pub(crate) region: String,
    pub(crate) form: Form,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn parse(request: &HttpRequest) -> Parsed {
    let uri: url::Url = request.uri().parse().unwrap();
    let host = uri.host_str().unwrap_or_default().to_owned();
    let body = request.body().bytes().unwrap_or_default().to_vec();
    let parts: Vec<&str> = host.split('.').collect();
    if let Some(at) = parts.iter().position(|it| *it == "s3") {
        let region = parts[at + 1].to_owned();
        let path = uri.path().trim_start_matches('/').to_owned();
        let (bucket, key) = if at == 0 {
            let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
            (bucket.to_owned(), key.to_owned())
        } else {
            (parts[..at].join("."), path)
        };
        let query = uri.query().unwrap_or_default();
        return Parsed {
            service: "S3",
            operation: s3::operation(request.method(), &key, query).to_owned(),
            region,
            form: Form::new(),
            bucket,
            key,
            body,
        };
    }
    let mut services = account::SERVICES.iter();
    let called = services.find_map(|(it, service)| Some((*service, host.strip_prefix(it)?)));
    if let Some((service, place)) = called.filter(|(_, place)| place.starts_with('.')) {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let action = url::form_urlencoded::parse(&body).find(|(name, _)| name == "Action");
        let action = action.map(|(_, it)| it.into_owned()).unwrap_or_default();
        let operation = target.rsplit('.').next().filter(|it| !it.is_empty());
        let operation = match uri.path() {
            "/v1/agentspaces/list" => "ListAgentSpaces".to_owned(),
            _ => operation.map_or(action, str::to_owned),
        };
        let region = place.split('.').nth(1).unwrap_or_default();
        let query = uri.query_pairs();
        let body = match service {
            DEVOPS_AGENT => {
                assert!(body.is_empty(), "the parameters are in the query");
                let given: BTreeMap<String, String> = query.into_owned().collect();
                serde_json::to_vec(&given).unwrap()
            }
            _ => body,
        };
        return Parsed {
            // The SDK's own client of CloudWatch speaks CBOR, which this fake does not.
            service: if operation.is_empty() {
                "another"
            } else {
                service
            },
            operation,
            region: region.to_owned(),
            form: Form::new(),
            bucket: String::new(),
            key: String::new(),
            body,
        };
    }
    let form: Form = url::form_urlencoded::parse(&body).into_owned().collect();
    Parsed {
        service: match parts[0] {
            "sts" => "STS",
            "cloudformation" => "CloudFormation",
            _ => "another",
        },
        operation: form.get("Action").cloned().unwrap_or_default(),
        region: parts.get(1).copied().unwrap_or_default().to_owned(),
        form,
        bucket: String::new(),
        key: String::new(),
        body: Vec::new(),
    }
}
