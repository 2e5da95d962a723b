//! The way to AWS: whose credentials, sent how.

use aws_config::{BehaviorVersion, SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::ServiceConfigKey;

use super::{
    Access, Aws, AwsError, Configuration, Notice,
    http::{Pace, http_client_of_process, http_client_trusting},
};

/// The way to AWS.
#[derive(Clone, Debug, Default)]
pub struct Link {
    given: Option<SdkConfig>,
    access: Access,
    notice: Notice,
    /// Of all regions together.
    pace: Pace,
}

impl Link {
    /// By the standard configuration of the process: environment, profiles, SSO, web identity. `notice` is shown
    /// that AWS does not answer.
    pub fn of_process(notice: Notice) -> Self {
        Self {
            notice,
            ..Self::default()
        }
    }

    /// By this configuration, whatever the environment says.
    pub fn given(config: SdkConfig) -> Self {
        Self {
            given: Some(config),
            ..Self::default()
        }
    }

    /// The same with the credentials that an account file asks for.
    #[must_use]
    pub fn with(&self, access: &Access) -> Self {
        Self {
            access: access.clone(),
            ..self.clone()
        }
    }

    /// The role that CloudFormation works as, if it is another than that of the credentials.
    pub(super) fn cloudformation_role(&self) -> Option<String> {
        self.access.cloudformation_role.clone()
    }

    /// What the AWS configuration says of the credentials; nothing where another was given.
    pub fn configuration(&self) -> Configuration {
        if self.given.is_some() {
            return Configuration::default();
        }
        let configuration = Configuration::of_process();
        match &self.access.profile {
            Some(profile) => Configuration {
                profile: Some(profile.clone()),
                ..configuration
            },
            None => configuration,
        }
    }

    /// The same error with what to do about it, where the credentials are the problem.
    pub(super) fn explain(&self, error: AwsError) -> AwsError {
        match self.given {
            Some(_) => error,
            None => self.configuration().explain(error),
        }
    }

    /// Clients in a region, or without one in the region that the configuration names.
    pub(super) async fn to(&self, region: Option<&str>) -> Result<Aws, AwsError> {
        let config = match &self.given {
            Some(config) => match region {
                Some(region) => config
                    .clone()
                    .into_builder()
                    .region(aws_config::Region::new(region.to_owned()))
                    .build(),
                None => config.clone(),
            },
            None => load(region, self.access.profile.as_deref()).await?,
        };
        let config = match &self.access.assume_role {
            Some(role) => assuming(role, config).await,
            None => config,
        };
        let region = config.region().map(ToString::to_string);
        let region = region.ok_or(AwsError::NoRegion)?;
        let client = config.http_client();
        let client = client.map(|it| SharedHttpClient::new(self.pace.of(it)));
        let mut config = config.into_builder();
        config.set_http_client(client);
        Ok(Aws::new(config.build(), region).with_notice(self.notice.clone()))
    }
}

/// Reads the configuration of the process. Which certificates to trust is written in it, and has to be known before
/// anything is sent, so where it is written, it is read twice.
async fn load(region: Option<&str>, profile: Option<&str>) -> Result<SdkConfig, AwsError> {
    let loaded = load_with(region, profile, http_client_of_process()).await;
    match ca_bundle(&loaded) {
        Some(path) => Ok(load_with(region, profile, http_client_trusting(&path)?).await),
        None => Ok(loaded),
    }
}

async fn load_with(
    region: Option<&str>,
    profile: Option<&str>,
    client: SharedHttpClient,
) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client);
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = region {
        loader = loader.region(aws_config::Region::new(region.to_owned()));
    }
    loader.load().await
}

/// The same with the credentials of a role, which are renewed before they end.
async fn assuming(role: &str, config: SdkConfig) -> SdkConfig {
    let provider = AssumeRoleProvider::builder(role)
        .session_name("synth")
        .configure(&config)
        .build()
        .await;
    config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build()
}

/// The file of `AWS_CA_BUNDLE`, or of `ca_bundle` in the profile.
/// Source: "General configuration settings" in the AWS SDKs and Tools Reference Guide.
fn ca_bundle(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("tocsin")
        .env("AWS_CA_BUNDLE")
        .profile("ca_bundle")
        .build()
        .ok()?;
    let path = config.service_config()?.load_config(key)?;
    Some(path).filter(|it| !it.is_empty())
}
