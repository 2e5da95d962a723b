//! How services are spoken to that have no client of the SDK's here.

use contract::Partition;
use serde_json::{Map, Value as Json};

/// A service that has no client of the SDK's here.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its ID, by which endpoints of single services are configured, such as `CodePipeline`.
    pub id: &'static str,
    /// What its hosts begin with, and what requests are signed for, such as `codepipeline`.
    pub host: &'static str,
    /// How it is spoken to.
    pub protocol: Protocol,
}

/// How a service is spoken to. Source: the service's model in botocore.
#[derive(Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON: what comes before the operation in `x-amz-target`, and the version, such as `1.1`.
    Json(&'static str, &'static str),
    /// Forms that are answered by XML: the version of the API, such as `2010-03-31`.
    Query(&'static str),
    /// Parameters in the query of a path, answered by JSON: what comes before the service in its hosts, such as `cp`, and
    /// the path.
    Rest(&'static str, &'static str),
}

impl Service {
    /// Where the service is, unless a setting says otherwise.
    pub(super) fn endpoint(&self, region: &str) -> String {
        let host = self.host;
        match &self.protocol {
            Protocol::Rest(prefix, _) => format!("https://{prefix}.{host}.{region}.api.aws"),
            Protocol::Json(..) | Protocol::Query(_) => {
                let domain = Partition::of_any_region(region).domain;
                format!("https://{host}.{region}.{domain}")
            }
        }
    }

    /// The path of a request with these parameters, and its query.
    pub(super) fn path(&self, parameters: &[(&str, Json)]) -> String {
        match &self.protocol {
            Protocol::Rest(_, path) => {
                let pairs: Vec<String> = given(parameters)
                    .map(|(name, value)| format!("{name}={}", percent_encoded(&text_of(value))))
                    .collect();
                format!("{path}?{}", pairs.join("&"))
            }
            Protocol::Json(..) | Protocol::Query(_) => "/".to_owned(),
        }
    }
}

/// The headers of a request.
pub(super) fn headers(protocol: &Protocol, action: &str) -> Vec<(&'static str, String)> {
    match protocol {
        Protocol::Json(target, version) => vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{action}")),
        ],
        Protocol::Query(_) => vec![(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )],
        Protocol::Rest(..) => vec![("content-type", "application/json".to_owned())],
    }
}

/// The parameters as the protocol writes them: lists of a form are numbered by whoever names them.
pub(super) fn body(protocol: &Protocol, action: &str, parameters: &[(&str, Json)]) -> Vec<u8> {
    match protocol {
        Protocol::Rest(..) => Vec::new(),
        Protocol::Json(..) => {
            let object: Map<String, Json> = given(parameters)
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            Json::Object(object).to_string().into_bytes()
        }
        Protocol::Query(version) => {
            let mut form = format!("Action={action}&Version={version}");
            for (name, value) in given(parameters) {
                form.extend(["&", name, "=", &percent_encoded(&text_of(value))]);
            }
            form.into_bytes()
        }
    }
}

fn given<'a>(parameters: &'a [(&'a str, Json)]) -> impl Iterator<Item = &'a (&'a str, Json)> {
    parameters.iter().filter(|(_, value)| !value.is_null())
}

fn text_of(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_and_documents_say_the_same() {
        let parameters = [
            ("Name", json!("a b&c")),
            ("Max", json!(5)),
            ("Token", Json::Null),
        ];
        assert_eq!(
            String::from_utf8(body(&Protocol::Query("1"), "List", &parameters)).unwrap(),
            "Action=List&Version=1&Name=a%20b%26c&Max=5"
        );
        assert_eq!(
            String::from_utf8(body(&Protocol::Json("T", "1.1"), "List", &parameters)).unwrap(),
            r#"{"Max":5,"Name":"a b&c"}"#
        );
    }

    #[test]
    fn a_service_is_where_its_protocol_puts_it() {
        let service = |host, protocol| Service {
            id: "X",
            host,
            protocol,
        };
        for (service, region, expected) in [
            (
                service("ecs", Protocol::Json("T", "1.1")),
                "cn-north-1",
                "https://ecs.cn-north-1.amazonaws.com.cn/",
            ),
            (
                service("aidevops", Protocol::Rest("cp", "/v1/agentspaces/list")),
                "us-east-1",
                "https://cp.aidevops.us-east-1.api.aws/v1/agentspaces/list?Max=5&Token=a%2Fb",
            ),
        ] {
            let parameters = [
                ("Max", json!(5)),
                ("Token", json!("a/b")),
                ("X", Json::Null),
            ];
            let url = format!("{}{}", service.endpoint(region), service.path(&parameters));
            assert_eq!(url, expected);
        }
    }
}
