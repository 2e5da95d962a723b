//! Clients of AWS: the one place that makes them.

mod error;
mod functions;
mod queue;
mod region;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};

pub use error::AwsError;
pub use functions::FunctionEnvironment;
pub use queue::QueueDepth;
pub use region::Region;

/// AWS in one region, with the credentials of whoever runs this.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
    region: String,
}

/// What all clients send with. The provider is named: which one a default would be depends on what else is compiled in.
pub fn http_client() -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    Builder::new().tls_provider(provider).build_https()
}

impl Aws {
    /// Reads the standard configuration: environment, profiles, SSO. `region` is that of the account
    /// file; without one, the configuration's own.
    pub async fn connect(region: Option<&str>) -> Result<Self, AwsError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
        if let Some(region) = region {
            loader = loader.region(aws_config::Region::new(region.to_owned()));
        }
        let config = loader.load().await;
        let region = config
            .region()
            .map(ToString::to_string)
            .ok_or(AwsError::NoRegion)?;
        Ok(Self::new(config, region))
    }

    /// Clients that this configuration makes, in this region.
    pub fn new(config: SdkConfig, region: String) -> Self {
        Self { config, region }
    }

    /// The region that the clients talk to.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint that stands for all of AWS, if one is configured.
    pub fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// What clients are made from that are not the SDK's.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The account that the credentials belong to.
    pub async fn account(&self) -> Result<String, AwsError> {
        let identity = aws_sdk_sts::Client::new(&self.config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| AwsError::call("STS GetCallerIdentity", error))?;
        identity.account.ok_or(AwsError::NoAccount)
    }

    /// The same in a role that the credentials may take on, for an hour at most. `session` is what the role's log
    /// calls it.
    pub async fn assume(&self, role_arn: &str, session: &str) -> Result<Self, AwsError> {
        const OPERATION: &str = "STS AssumeRole";
        let assumed = aws_sdk_sts::Client::new(&self.config)
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(session)
            .send()
            .await
            .map_err(|error| AwsError::call(OPERATION, error))?;
        let of_role = assumed.credentials.ok_or_else(|| AwsError::NoAnswer {
            operation: OPERATION,
            reason: "no credentials".to_owned(),
        })?;
        let credentials = Credentials::new(
            of_role.access_key_id,
            of_role.secret_access_key,
            Some(of_role.session_token),
            None,
            "role",
        );
        let provider = SharedCredentialsProvider::new(credentials);
        let config = self.config.clone().into_builder();
        let config = config.credentials_provider(provider).build();
        Ok(Self::new(config, self.region.clone()))
    }

    /// CloudFormation.
    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    /// S3. An endpoint that is not AWS's own knows no bucket by a host of its own.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let own_endpoint = self.endpoint().is_some();
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(own_endpoint);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Secrets Manager.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// Lambda.
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.config)
    }

    /// CloudWatch.
    pub fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&self.config)
    }
}
