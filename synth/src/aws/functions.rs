//! What the functions' own clients are made from, with the credentials of whoever runs this.

use std::time::SystemTime;

use aws_credential_types::provider::ProvideCredentials as _;
use aws_types::service_config::ServiceConfigKey;
use runtime::settings::Environment;

use super::{Aws, AwsError};

/// An environment as functions have it.
#[derive(Debug)]
pub struct FunctionEnvironment {
    /// The variables.
    pub environment: Environment,
    /// When its credentials end, if they do.
    pub ends: Option<SystemTime>,
}

impl Aws {
    /// The environment that the functions' clients of some services read, each by its ID and its name in
    /// variables: `("DynamoDB", "DYNAMODB")`. `operation` is what they are for.
    pub(crate) async fn function_environment(
        &self,
        operation: &'static str,
        services: &[(&str, &str)],
    ) -> Result<FunctionEnvironment, AwsError> {
        let provider = self
            .config()
            .credentials_provider()
            .ok_or_else(|| AwsError::without_credentials(operation))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| AwsError::unanswered(operation, &error))?;
        let own = [
            ("AWS_REGION", Some(self.region())),
            ("AWS_ACCESS_KEY_ID", Some(credentials.access_key_id())),
            (
                "AWS_SECRET_ACCESS_KEY",
                Some(credentials.secret_access_key()),
            ),
            ("AWS_SESSION_TOKEN", credentials.session_token()),
        ];
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let endpoints = services.iter().filter_map(|(id, variable)| {
            let name = format!("AWS_ENDPOINT_URL_{variable}");
            Some((name, self.endpoint_of(id)?))
        });
        Ok(FunctionEnvironment {
            environment: Environment::new(own.chain(endpoints)),
            ends: credentials.expiry(),
        })
    }

    /// The endpoint that is configured for a service, or for all of AWS, as the SDK's own clients look for
    /// it. Source: "Service-specific endpoints" in the AWS SDKs and tools reference guide.
    pub(super) fn endpoint_of(&self, service: &str) -> Option<String> {
        let config = self.config();
        let for_all = config.endpoint_url().map(str::to_owned);
        if config.get_origin("endpoint_url").is_client_config() {
            return for_all;
        }
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        config
            .service_config()
            .and_then(|it| it.load_config(key))
            .or(for_all)
    }
}
