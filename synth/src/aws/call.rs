//! Calls of services that have no client of the SDK's here: signed by its signer, sent by its HTTP client, so that
//! proxies, certificates, endpoints and clocks are the same as everywhere.

use std::{borrow::Cow, time::Duration};

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::ProvideCredentials as _};
use aws_sdk_cloudformation::{
    config::http::{HttpRequest, HttpResponse},
    error::{ErrorMetadata, SdkError},
};
use aws_sdk_s3::primitives::SdkBody;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::{
    orchestrator::OrchestratorError, stalled_stream_protection::StalledStreamProtectionConfig,
};
use contract::Partition;
use quick_xml::{Reader, events::Event};
use serde_json::{Map, Value as Json};

use super::{Aws, AwsError, patience};

/// How long one attempt of such a call may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How often a call is attempted while what goes wrong passes by itself.
const ATTEMPTS: u32 = 4;

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
}

/// What a service has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    operation: &'static str,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Json(Json),
    Xml(String),
}

impl Aws {
    /// Calls an operation, such as `ECS ListClusters`, with these parameters; those that are nothing are left out.
    /// A few attempts are made while what goes wrong passes by itself.
    pub(crate) async fn call(
        &self,
        service: &Service,
        operation: &'static str,
        parameters: &[(&str, Json)],
    ) -> Result<Answer, AwsError> {
        let mut pause = Duration::from_millis(400);
        let mut attempt = 1;
        loop {
            match self.attempt(service, operation, parameters).await {
                Err(error) if error.is_passing() && attempt < ATTEMPTS => {}
                done => return done,
            }
            self.clock().pause(pause).await;
            pause *= 2;
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        service: &Service,
        operation: &'static str,
        parameters: &[(&str, Json)],
    ) -> Result<Answer, AwsError> {
        let no_answer = |reason: String| AwsError::NoAnswer { operation, reason };
        let action = operation.rsplit(' ').next().unwrap_or_default();
        let endpoint = self.endpoint_of(service.id).unwrap_or_else(|| {
            let domain = Partition::of_any_region(self.region()).domain;
            format!("https://{}.{}.{domain}", service.host, self.region())
        });
        let provider = self.config().credentials_provider();
        let provider = provider.ok_or_else(|| AwsError::without_credentials(operation))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| AwsError::unanswered(operation, &error))?;
        let request = Request {
            url: format!("{}/", endpoint.trim_end_matches('/')),
            headers: headers(&service.protocol, action),
            body: body(&service.protocol, action, parameters),
        };
        let request = self
            .signed(request, service.host, credentials)
            .ok_or_else(|| no_answer("the request could not be signed".to_owned()))?;
        let http = self.config().http_client();
        let http = http.ok_or_else(|| no_answer("there is no HTTP client".to_owned()))?;
        let mut builder = Operation::builder()
            .service_name(service.id)
            .operation_name(action.to_owned())
            .http_client(http)
            .endpoint_url(&endpoint)
            .no_auth()
            .standard_retry(&RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(patience::CONNECT)
                    .operation_attempt_timeout(ATTEMPT)
                    .build(),
            );
        if let Some(sleep) = self.config().sleep_impl() {
            builder = builder.sleep_impl(sleep);
        }
        let operation_call = builder
            .serializer(|request: HttpRequest| Ok(request))
            .deserializer(read)
            .build();
        let answer: Result<Vec<u8>, SdkError<ErrorMetadata, HttpResponse>> =
            operation_call.invoke(request).await;
        let answer = answer.map_err(|error| AwsError::call(operation, error))?;
        Answer::read(operation, action, &service.protocol, &answer)
    }

    fn signed(
        &self,
        request: Request,
        name: &str,
        credentials: Credentials,
    ) -> Option<HttpRequest> {
        let identity = credentials.into();
        let time = self.config().time_source();
        let time = time.unwrap_or_else(|| SharedTimeSource::new(SystemTimeSource::new()));
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region())
            .name(name)
            .time(time.now())
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let headers = request.headers.iter();
        let signable = SignableRequest::new(
            "POST",
            &request.url,
            headers.map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(&request.body),
        )
        .ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        let mut signed = HttpRequest::new(SdkBody::from(request.body));
        signed.set_method("POST").ok()?;
        signed.set_uri(request.url).ok()?;
        for (name, value) in request.headers {
            signed.headers_mut().insert(name, value);
        }
        for (name, value) in instructions.headers() {
            signed
                .headers_mut()
                .insert(name.to_owned(), value.to_owned());
        }
        Some(signed)
    }
}

struct Request {
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn headers(protocol: &Protocol, action: &str) -> Vec<(&'static str, String)> {
    match protocol {
        Protocol::Json(target, version) => vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{action}")),
        ],
        Protocol::Query(_) => vec![(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )],
    }
}

/// The parameters as the protocol writes them: lists of a form are numbered by whoever names them.
fn body(protocol: &Protocol, action: &str, parameters: &[(&str, Json)]) -> Vec<u8> {
    let given = parameters.iter().filter(|(_, value)| !value.is_null());
    match protocol {
        Protocol::Json(..) => {
            let object: Map<String, Json> = given
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            Json::Object(object).to_string().into_bytes()
        }
        Protocol::Query(version) => {
            let mut form = format!("Action={action}&Version={version}");
            for (name, value) in given {
                let text = value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned);
                form.extend(["&", name, "=", &percent_encoded(&text)]);
            }
            form.into_bytes()
        }
    }
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

/// The bytes of an answer, or what the service names as the reason for there being none.
fn read(response: &HttpResponse) -> Result<Vec<u8>, OrchestratorError<ErrorMetadata>> {
    let bytes = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(bytes.to_vec());
    }
    let text = String::from_utf8_lossy(bytes);
    let mut error = ErrorMetadata::builder();
    if let Ok(json) = serde_json::from_str::<Json>(&text) {
        let text_of = |names: [&str; 2]| names.iter().find_map(|name| json[*name].as_str());
        if let Some(code) = text_of(["__type", "code"]) {
            error = error.code(code.rsplit('#').next().unwrap_or_default());
        }
        if let Some(message) = text_of(["message", "Message"]) {
            error = error.message(message);
        }
    } else {
        let text_of = |name| texts_of_xml(&text, name).into_iter().next();
        if let Some(code) = text_of("Code") {
            error = error.code(code);
        }
        if let Some(message) = text_of("Message") {
            error = error.message(message);
        }
    }
    Err(OrchestratorError::operation(error.build()))
}

impl Answer {
    fn read(
        operation: &'static str,
        action: &str,
        protocol: &Protocol,
        answer: &[u8],
    ) -> Result<Self, AwsError> {
        let text = String::from_utf8_lossy(answer);
        let content = match protocol {
            Protocol::Json(..) => serde_json::from_str(&text).ok().map(Content::Json),
            // What somebody in between answers is a page, and no answer to this action.
            Protocol::Query(_) => text
                .contains(&format!("<{action}Response"))
                .then(|| Content::Xml(text.into_owned())),
        };
        let content = content.ok_or_else(|| AwsError::Unreadable {
            operation,
            reason: "an answer that cannot be read".to_owned(),
        })?;
        Ok(Self { operation, content })
    }

    /// The texts of every element of this name, however deep; of lists of texts each text.
    fn texts(&self, name: &str) -> Vec<String> {
        match &self.content {
            Content::Xml(xml) => texts_of_xml(xml, name),
            Content::Json(json) => {
                let mut found = Vec::new();
                texts_of_json(json, name, &mut found);
                found
            }
        }
    }

    /// The members of a list, without what is nested in them: each is a text, or has one of this name.
    pub fn members(&self, list: &str, name: &str) -> Vec<String> {
        match &self.content {
            Content::Xml(xml) => members_of_xml(xml, list, name),
            Content::Json(json) => {
                let members = json[list].as_array().into_iter().flatten();
                let text = |it: &Json| {
                    if name.is_empty() { it } else { &it[name] }
                        .as_str()
                        .map(str::to_owned)
                };
                members.filter_map(text).collect()
            }
        }
    }

    /// The JSON, if it is some.
    pub fn json(&self) -> Option<&Json> {
        match &self.content {
            Content::Json(json) => Some(json),
            Content::Xml(_) => None,
        }
    }

    /// The first text of this name, if it is not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.texts(name).into_iter().find(|it| !it.is_empty())
    }

    /// An error unless the answer has this list in it, empty or not.
    pub(crate) fn check_has(&self, list: &str) -> Result<(), AwsError> {
        match &self.content {
            Content::Json(json) if !list.is_empty() && json.get(list).is_none() => {
                Err(AwsError::Unreadable {
                    operation: self.operation,
                    reason: format!("the answer has no `{list}`"),
                })
            }
            _ => Ok(()),
        }
    }
}

/// The texts of this name directly below the members of a list: an answer about a security group names others in its
/// rules.
fn members_of_xml(xml: &str, list: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) => {
                path.push(element.local_name().as_ref().to_owned());
                if !matches!(path.as_slice(), [.., of, _, own] if of == list && own == name) {
                    continue;
                }
                let end = element.to_end().into_owned();
                let Ok(text) = reader.read_text(end.name()) else {
                    return found;
                };
                found.push(unescaped(&text));
                path.pop();
            }
            Ok(Event::End(_)) => {
                path.pop();
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn texts_of_json(json: &Json, name: &str, found: &mut Vec<String>) {
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                if key == name {
                    let texts = value
                        .as_array()
                        .map_or(std::slice::from_ref(value), Vec::as_slice);
                    found.extend(texts.iter().filter_map(|it| it.as_str().map(str::to_owned)));
                }
                texts_of_json(value, name, found);
            }
        }
        Json::Array(items) => {
            for item in items {
                texts_of_json(item, name, found);
            }
        }
        _ => {}
    }
}

fn texts_of_xml(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(element)) if element.local_name().as_ref() == name => {
                let end = element.to_end().into_owned();
                let Ok(text) = reader.read_text(end.name()) else {
                    return found;
                };
                found.push(unescaped(&text));
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_both_protocols_are_read_alike() {
        let xml = "<ListTopicsResponse xmlns=\"x\"><ListTopicsResult><Topics><member><TopicArn>arn:a&amp;b</TopicArn>\
                   </member><member><TopicArn>arn:c</TopicArn></member></Topics><NextToken>2</NextToken>\
                   </ListTopicsResult></ListTopicsResponse>";
        let query = Protocol::Query("2010-03-31");
        let read = Answer::read("SNS ListTopics", "ListTopics", &query, xml.as_bytes()).unwrap();
        assert_eq!(read.members("Topics", "TopicArn"), ["arn:a&b", "arn:c"]);
        assert_eq!(read.text("NextToken").as_deref(), Some("2"));

        let json =
            json!({ "clusterArns": ["a", "b"], "more": [{ "name": "c" }], "nextToken": null });
        let of_json = Protocol::Json("T", "1.1");
        let bytes = json.to_string();
        let read = Answer::read(
            "ECS ListClusters",
            "ListClusters",
            &of_json,
            bytes.as_bytes(),
        );
        let read = read.unwrap();
        assert_eq!(read.members("clusterArns", ""), ["a", "b"]);
        assert_eq!(read.members("more", "name"), ["c"]);
        assert_eq!(read.text("nextToken"), None);
        assert!(read.check_has("clusterArns").is_ok() && read.check_has("others").is_err());
    }

    #[test]
    fn what_is_nested_in_a_member_is_no_member() {
        let xml = "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><ipPermissions><item>\
                   <groups><item><groupId>sg-peer</groupId></item></groups></item></ipPermissions></item><item>\
                   <groupId>sg-2</groupId></item></securityGroupInfo></DescribeSecurityGroupsResponse>";
        let (operation, action) = ("EC2 DescribeSecurityGroups", "DescribeSecurityGroups");
        let query = Protocol::Query("2016-11-15");
        let read = Answer::read(operation, action, &query, xml.as_bytes()).unwrap();
        assert_eq!(
            read.members("securityGroupInfo", "groupId"),
            ["sg-1", "sg-2"]
        );
    }

    /// Otherwise the page of a proxy would be an account in which nothing is.
    #[test]
    fn a_page_is_no_answer() {
        for protocol in [Protocol::Query("2010-03-31"), Protocol::Json("T", "1.1")] {
            let page = b"<html>blocked</html>";
            assert!(Answer::read("SNS ListTopics", "ListTopics", &protocol, page).is_err());
        }
    }

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
}
