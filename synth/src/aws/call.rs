//! Calls of services that have no client of the SDK's here: signed by its signer, sent by its HTTP client, so that
//! proxies, certificates, endpoints and clocks are the same as everywhere.

use std::time::Duration;

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
use serde_json::Value as Json;

use super::{
    Answer, Aws, AwsError, Service,
    answer::texts_of_xml,
    patience,
    protocol::{body, headers},
};

/// How long one attempt of such a call may take.
const ATTEMPT: Duration = Duration::from_secs(10);
/// How often a call is attempted while what goes wrong passes by itself.
const ATTEMPTS: u32 = 4;

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
        let endpoint = self.endpoint_of(service.id);
        let endpoint = endpoint.unwrap_or_else(|| service.endpoint(self.region()));
        let provider = self.config().credentials_provider();
        let provider = provider.ok_or_else(|| AwsError::without_credentials(operation))?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| AwsError::unanswered(operation, &error))?;
        let request = Request {
            url: format!(
                "{}{}",
                endpoint.trim_end_matches('/'),
                service.path(parameters)
            ),
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
        let code = text_of(["__type", "code"]);
        if let Some(code) = code.or_else(|| response.headers().get("x-amzn-errortype")) {
            error = error.code(code_of(code));
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

/// The code of an error, which JSON has behind a namespace, and a header before a link.
fn code_of(text: &str) -> &str {
    let text = text.rsplit('#').next().unwrap_or_default();
    text.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_behind_a_namespace_or_before_a_link() {
        for code in ["x.y#Denied", "Denied:http://x", "Denied"] {
            assert_eq!(code_of(code), "Denied");
        }
    }
}
